//! The contract of the lists, of the figures and of the reviews, the same on SQLite and PostgreSQL.

use portal::store::{
    AppListing, AppOrder, AppQuery, JobKind, Listing, MONTH_MS, NewRelease, NewReport, NewRun, NewUser, ReleasePlan,
    ReviewId, Store, StoreError, words,
};
use vision_protocol::{AppId, ReleaseId, RunId, Slug, UserId};

use crate::common::on_both;

const NOW: i64 = 1_700_000_000_000;
const HOUR: i64 = 60 * 60 * 1000;

async fn user(store: &Store, name: &str) -> UserId {
    let email = format!("{name}@example.org");
    let new = NewUser { email: &email, name, role: "consumer", password_hash: "x", keep_ms: None, now: NOW };
    UserId(store.create_user(&new, |_| Vec::new()).await.unwrap().id)
}

/// A published app.
struct App {
    id: AppId,
    release: ReleaseId,
}

async fn app(store: &Store, author: UserId, name: &str, description: &str, category: &str, now: i64) -> App {
    let new = NewRelease {
        author,
        version: "1.0.0",
        digest: "00",
        manifest: "{}",
        name,
        template: None,
        readme: None,
        icon: None,
        publish_when_proven: false,
        now,
    };
    let plan = ReleasePlan::New(Slug::from_name(name));
    let (release, slug) = store.create_release(plan, &new, None).await.unwrap();
    let lease = store.claim_job(JobKind::CheckRelease, "node", now, now + 1000).await.unwrap().unwrap();
    assert!(store.finish_check(&lease, release, "draft", "[]", "[]", None).await.unwrap());
    let listing = Listing { name, description, category, search_text: "" };
    assert!(store.publish_release(release, &listing, now).await.unwrap());
    App { id: AppId(store.app_by_slug(&slug).await.unwrap().unwrap().id), release }
}

/// Runs an app to a good end, which takes 40 ms.
async fn run(store: &Store, user: UserId, app: &App, at: i64) {
    let id = RunId::generate();
    let new = NewRun { id, user, release: app.release, inputs: b"sealed", files: &[], now: at };
    assert!(store.create_run(&new).await.unwrap());
    let lease = store.claim_job(JobKind::ExecuteRun, "node", at, at + 1000).await.unwrap().unwrap();
    assert!(store.start_run(id, at).await.unwrap());
    assert!(store.finish_run(&lease, id, ("done", b""), None, at + 40).await.unwrap());
}

fn everything(order: AppOrder) -> AppQuery<'static> {
    AppQuery { words: &[], category: None, author: None, stars: None, people: None, order }
}

fn names(apps: &[AppListing]) -> Vec<&str> {
    apps.iter().map(|app| app.name.as_str()).collect()
}

async fn found(store: &Store, text: &str, query: AppQuery<'_>) -> Vec<String> {
    let words = words::words(text);
    let (apps, total) = store.find_apps(&AppQuery { words: &words, ..query }, 10, 0).await.unwrap();
    assert_eq!(apps.len() as i64, total);
    apps.into_iter().map(|app| app.name).collect()
}

#[tokio::test]
async fn apps_are_found_by_words_and_narrowed_and_ordered() {
    on_both(async |store| {
        let (ann, bob) = (user(&store, "ann").await, user(&store, "bob").await);
        let cats = app(&store, ann, "Cat finder", "Finds cats on photos.", "Animals", NOW).await;
        let dogs = app(&store, bob, "Dog finder", "As the cat finder, for dogs.", "Animals", NOW + 1).await;
        app(&store, ann, "Élan vital", "Reads the pulse.", "Health", NOW + 2).await;

        let by = everything;
        assert_eq!(found(&store, "cat finder", by(AppOrder::Relevance)).await, ["Cat finder", "Dog finder"]);
        assert_eq!(found(&store, "dog", by(AppOrder::Relevance)).await, ["Dog finder"]);
        assert_eq!(found(&store, "ELAN", by(AppOrder::Relevance)).await, ["Élan vital"]);
        assert_eq!(found(&store, "animals", by(AppOrder::Name)).await, ["Cat finder", "Dog finder"]);
        assert_eq!(found(&store, "cat", by(AppOrder::Newest)).await, ["Dog finder", "Cat finder"]);
        assert_eq!(found(&store, "", by(AppOrder::Newest)).await, ["Élan vital", "Dog finder", "Cat finder"]);
        assert_eq!(found(&store, "", by(AppOrder::Name)).await, ["Cat finder", "Dog finder", "Élan vital"]);
        let of_ann = AppQuery { author: Some(ann), category: Some("Animals"), ..by(AppOrder::Popular) };
        assert_eq!(found(&store, "", of_ann).await, ["Cat finder"]);

        store.put_review(bob, cats.id, 5, "", NOW).await.unwrap();
        store.put_review(ann, dogs.id, 3, "", NOW).await.unwrap();
        assert_eq!(found(&store, "finder", by(AppOrder::Rating)).await, ["Cat finder", "Dog finder"]);
        assert_eq!(found(&store, "", AppQuery { stars: Some(3.5), ..by(AppOrder::Rating) }).await, ["Cat finder"]);

        let near = store.near_names(&words::grams("cta findre"), &by(AppOrder::Relevance)).await.unwrap();
        assert!(near.iter().any(|(id, name)| *id == cats.id.0 && name == "cat finder"), "{near:?}");
        assert_eq!(store.categories(9).await.unwrap(), [("Animals".to_owned(), 2), ("Health".to_owned(), 1)]);
        assert!(store.unpublish_release(dogs.release, NOW + 3).await.unwrap());
        assert!(found(&store, "dog", by(AppOrder::Relevance)).await.is_empty(), "it is off every list");
        assert!(store.near_names(&words::grams("dog"), &by(AppOrder::Relevance)).await.unwrap().is_empty());
        assert_eq!(store.categories(9).await.unwrap()[0].1, 1);
        assert!(store.apps_by_id(&[dogs.id.0]).await.unwrap().is_empty());
        assert_eq!(store.index_apps(9, NOW).await.unwrap(), 0, "what is published is in the index already");
    })
    .await;
}

#[tokio::test]
async fn figures_count_people_once_and_forget_them_after_a_month() {
    on_both(async |store| {
        let (ann, bob, eve) = (user(&store, "ann").await, user(&store, "bob").await, user(&store, "eve").await);
        let cats = app(&store, ann, "Cat finder", "", "", NOW).await;
        let dogs = app(&store, ann, "Dog finder", "", "", NOW).await;
        let birds = app(&store, ann, "Bird finder", "", "", NOW).await;
        run(&store, ann, &cats, NOW).await;
        assert_eq!(store.app_figures(cats.id).await.unwrap().unwrap().runs_total, 0, "an author's own runs");
        for app in [&cats, &cats, &dogs] {
            run(&store, bob, app, NOW + HOUR).await;
            run(&store, eve, app, NOW + HOUR).await;
        }
        run(&store, bob, &birds, NOW + 2 * HOUR).await;
        let figures = store.app_figures(cats.id).await.unwrap().unwrap();
        assert_eq!((figures.runs_total, figures.people_total, figures.people_month), (4, 2, 2));
        assert_eq!(store.app_times(cats.id).await.unwrap(), [40, 40, 40, 40]);
        assert!(store.has_run(bob, cats.id).await.unwrap() && !store.has_run(ann, cats.id).await.unwrap());
        assert_eq!(names(&store.recent_apps(bob, 2, 0).await.unwrap()), ["Bird finder", "Cat finder"]);
        assert_eq!(store.count_recent_apps(bob, 9).await.unwrap(), 3);
        assert_eq!(store.used_apps(eve, 9).await.unwrap().len(), 2);

        // Two people ran both cats and dogs; one alone ran birds, which says nothing of anybody else.
        let counted = store.recount_apps(NOW - MONTH_MS, NOW + 3 * HOUR, NOW + 3 * HOUR, 9).await.unwrap();
        assert_eq!(counted.len(), 3);
        for (app, was_run) in counted {
            assert!(was_run);
            store.pair_app(app).await.unwrap();
        }
        let pairs = store.pairs_of(&[cats.id.0, birds.id.0]).await.unwrap();
        assert_eq!(pairs.iter().map(|pair| (pair.0, pair.1)).collect::<Vec<_>>(), [(cats.id.0, dogs.id.0)]);
        store.set_favourite(bob, dogs.id, true, NOW).await.unwrap();
        store.put_review(bob, birds.id, 1, "", NOW).await.unwrap();
        let tastes = store.tastes(bob, 9).await.unwrap();
        let tastes: Vec<_> = tastes.iter().map(|(_, name, _, liked)| (name.as_str(), *liked)).collect();
        assert_eq!(tastes, [("Dog finder", true), ("Cat finder", false)], "what got one star is no taste");

        let later = NOW + MONTH_MS + 2 * HOUR;
        let again = store.recount_apps(later - MONTH_MS, later, later, 9).await.unwrap();
        assert!(again.iter().all(|(_, was_run)| !was_run), "{again:?}");
        let figures = store.app_figures(cats.id).await.unwrap().unwrap();
        assert_eq!((figures.people_total, figures.people_month), (2, 0));
        assert_eq!(store.app_figures(birds.id).await.unwrap().unwrap().people_month, 1);
        run(&store, eve, &cats, later).await;
        let figures = store.app_figures(cats.id).await.unwrap().unwrap();
        assert_eq!((figures.people_total, figures.people_month), (2, 1), "somebody came back");
    })
    .await;
}

#[tokio::test]
async fn favourites_are_kept_and_let_go() {
    on_both(async |store| {
        let (ann, bob) = (user(&store, "ann").await, user(&store, "bob").await);
        let one = app(&store, ann, "One", "", "", NOW).await;
        let two = app(&store, ann, "Two", "", "", NOW).await;
        for (app, at) in [(&one, NOW), (&two, NOW + 1), (&one, NOW + 2)] {
            store.set_favourite(bob, app.id, true, at).await.unwrap();
        }
        assert_eq!(names(&store.favourites(bob, 9, 0).await.unwrap()), ["Two", "One"]);
        assert!(store.is_favourite(bob, one.id).await.unwrap() && !store.is_favourite(ann, one.id).await.unwrap());
        store.set_favourite(bob, two.id, false, NOW).await.unwrap();
        assert_eq!(store.count_favourites(bob, 9).await.unwrap(), 1);
        assert!(store.unpublish_release(one.release, NOW).await.unwrap());
        assert!(store.favourites(bob, 9, 0).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn stars_are_counted_where_they_change() {
    on_both(async |store| {
        let (ann, bob, eve) = (user(&store, "ann").await, user(&store, "bob").await, user(&store, "eve").await);
        let app = app(&store, ann, "App", "", "", NOW).await;
        let stars = async || {
            let row = store.app_figures(app.id).await.unwrap().unwrap();
            ([row.stars_1, row.stars_2, row.stars_3, row.stars_4, row.stars_5], row.rating_count, row.rating_avg)
        };
        store.put_review(bob, app.id, 4, "good", NOW).await.unwrap();
        store.put_review(eve, app.id, 1, "bad", NOW + 1).await.unwrap();
        assert_eq!(stars().await, ([1, 0, 0, 1, 0], 2, 2.5));
        store.put_review(eve, app.id, 5, "better now", NOW + 2).await.unwrap();
        assert_eq!(stars().await, ([0, 0, 0, 1, 1], 2, 4.5));

        let rows = store.reviews(app.id, 9, 0).await.unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.stars, row.words.as_str())).collect();
        assert_eq!(told, [("eve", 5, "better now"), ("bob", 4, "good")]);
        assert_eq!((rows[0].created_at, rows[0].updated_at), (NOW + 1, NOW + 2));
        let id = ReviewId(rows[1].id);
        assert_eq!(store.app_of_review(id).await.unwrap(), Some(("app".to_owned(), ann.0)));
        store.reply(id, Some("thanks"), NOW + 3).await.unwrap();
        let row = store.review_of(bob, app.id).await.unwrap().unwrap();
        assert_eq!((row.reply.as_deref(), row.replied_at), (Some("thanks"), Some(NOW + 3)));
        store.reply(id, None, NOW + 4).await.unwrap();
        assert!(store.review_of(bob, app.id).await.unwrap().unwrap().replied_at.is_none());

        assert!(store.delete_review(bob, app.id).await.unwrap());
        assert!(!store.delete_review(bob, app.id).await.unwrap());
        assert_eq!(stars().await, ([0, 0, 0, 0, 1], 1, 5.0));
        assert!(store.delete_review(eve, app.id).await.unwrap());
        assert_eq!(stars().await, ([0; 5], 0, 0.0));
    })
    .await;
}

#[tokio::test]
async fn one_report_of_each_is_open() {
    on_both(async |store| {
        let (ann, bob) = (user(&store, "ann").await, user(&store, "bob").await);
        let app = app(&store, ann, "App", "", "", NOW).await;
        let new = NewReport { app: app.id, user: bob, reason: "broken", words: "it is", now: NOW };
        store.create_report(&new).await.unwrap();
        assert!(matches!(store.create_report(&new).await, Err(StoreError::Taken)));
        store.create_report(&NewReport { user: ann, ..new }).await.unwrap();
    })
    .await;
}

//! The contract of what admins and reviewers do in the database, the same on SQLite and PostgreSQL.

use portal::store::{
    AuthorDecision, Listing, NewAuditLine, NewRelease, NewSession, NewUser, PeopleFilter, ReleasePlan, Store,
    StoreError,
};
use vision_protocol::{AppId, ReleaseId, Slug, UserId};

use crate::common::on_both;

const NOW: i64 = 1_700_000_000_000;

fn line(actor: UserId) -> NewAuditLine {
    NewAuditLine {
        at: NOW,
        actor: Some(actor),
        act: "test",
        subject_kind: "thing",
        subject: "1".to_owned(),
        detail: String::new(),
        address: String::new(),
    }
}

async fn person(store: &Store, name: &str, role: &str) -> UserId {
    let email = format!("{name}@example.org");
    let new = NewUser { email: &email, name, role, password_hash: "x", keep_ms: Some(1), now: NOW };
    UserId(store.create_user(&new, |_| vec![1]).await.unwrap().id)
}

/// A proven release of a new app.
async fn draft(store: &Store, author: UserId) -> (ReleaseId, Slug) {
    let new = NewRelease {
        author,
        version: "1.0.0",
        digest: "00",
        manifest: "{}",
        name: "App",
        template: None,
        readme: None,
        icon: None,
        publish_when_proven: false,
        now: NOW,
    };
    let plan = ReleasePlan::New(Slug::from_name("App"));
    let (release, slug) = store.create_release(plan, &new, None).await.unwrap();
    let kind = portal::store::JobKind::CheckRelease;
    let lease = store.claim_job(kind, "test", NOW, NOW + 1).await.unwrap().unwrap();
    assert!(store.finish_check(&lease, release, "draft", "[]", "[]", None).await.unwrap());
    (release, slug)
}

async fn publish(store: &Store, release: ReleaseId, category: &str) -> bool {
    let listing = Listing { name: "App", description: "", category, search_text: "app" };
    store.publish_release(release, &listing, NOW).await.unwrap()
}

#[tokio::test]
async fn people_are_suspended_and_let_in_again() {
    on_both(|store| async move {
        let (admin, ann) = (person(&store, "root", "admin").await, person(&store, "ann", "consumer").await);
        let session = NewSession {
            digest: "digest",
            user: ann,
            csrf: "csrf",
            device: "Firefox on Linux",
            address: "::1",
            now: NOW,
            expires_at: NOW + 10,
        };
        store.create_session(&session).await.unwrap();
        assert_eq!(store.sessions_of(ann, NOW).await.unwrap()[0].device, "Firefox on Linux");
        assert!(!store.suspend_user(ann, None, &line(admin)).await.unwrap(), "she is not");
        assert!(store.suspend_user(ann, Some("spam"), &line(admin)).await.unwrap());
        assert!(!store.suspend_user(ann, Some("spam"), &line(admin)).await.unwrap(), "she is already");
        assert!(store.session("digest", NOW).await.unwrap().is_none());
        assert_eq!(store.user(ann).await.unwrap().unwrap().suspended_reason.as_deref(), Some("spam"));
        store.create_session(&session).await.unwrap();
        assert!(store.session("digest", NOW).await.unwrap().is_none(), "nor does a new one let her in");
        assert!(store.suspend_user(ann, None, &line(admin)).await.unwrap());
        assert!(store.runs_under_way_of(ann).await.unwrap().is_empty());

        store.put_password_reset(ann, "one", NOW + 10, &line(admin)).await.unwrap();
        store.put_password_reset(ann, "two", NOW + 10, &line(admin)).await.unwrap();
        assert_eq!(store.password_reset("one", NOW).await.unwrap(), None, "a later link takes the place of the first");
        assert_eq!(store.password_reset("two", NOW + 10).await.unwrap(), None, "it ends");
        assert_eq!(store.password_reset("two", NOW).await.unwrap(), Some(ann));
        assert!(store.use_password_reset("two", "new", NOW).await.unwrap());
        assert!(!store.use_password_reset("two", "newer", NOW).await.unwrap(), "once");
        assert_eq!(store.user(ann).await.unwrap().unwrap().password_hash, "new");
        store.create_session(&session).await.unwrap();
        store.touch_session("digest", NOW + 1).await.unwrap();
        store.set_password(ann, "newest", "digest").await.unwrap();
        assert!(store.session("digest", NOW).await.unwrap().is_some(), "the one that asked goes on");
        assert!(store.end_session(ann, "digest").await.unwrap() && !store.end_session(ann, "digest").await.unwrap());
        assert_eq!(store.end_other_sessions(ann, "digest").await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn invitations_and_requests_are_used_once() {
    on_both(|store| async move {
        let (admin, ann) = (person(&store, "root", "admin").await, person(&store, "ann", "consumer").await);
        store.create_invitation("one", "for Bob", admin, NOW + 10, &line(admin)).await.unwrap();
        store.create_invitation("two", "", admin, NOW + 10, &line(admin)).await.unwrap();
        assert!(store.is_invited("one", NOW).await.unwrap() && !store.is_invited("one", NOW + 10).await.unwrap());
        assert!(store.use_invitation("one", NOW).await.unwrap() && !store.use_invitation("one", NOW).await.unwrap());
        let all = store.invitations(9).await.unwrap();
        assert_eq!(all.iter().map(|row| row.used_at).collect::<Vec<_>>(), [None, Some(NOW)]);
        assert!(!store.revoke_invitation(all[1].id, &line(admin)).await.unwrap(), "what was used stays");
        assert!(store.revoke_invitation(all[0].id, &line(admin)).await.unwrap());

        store.create_author_request(ann, "please", NOW).await.unwrap();
        assert!(matches!(store.create_author_request(ann, "please", NOW).await, Err(StoreError::Taken)));
        let waiting = store.author_requests(9).await.unwrap();
        assert_eq!((waiting.len(), waiting[0].words.as_str()), (1, "please"));
        let decision = |id, role, reason| AuthorDecision { id, role, instead_of: "consumer", reason };
        let refused = decision(waiting[0].id, None, Some("no"));
        assert_eq!(store.decide_author_request(&refused, &mut line(admin)).await.unwrap(), Some(ann));
        assert_eq!(store.decide_author_request(&refused, &mut line(admin)).await.unwrap(), None);
        store.create_author_request(ann, "again", NOW).await.unwrap();
        let again = store.author_request_of(ann).await.unwrap().unwrap();
        let granted = decision(again.id, Some("developer"), None);
        store.decide_author_request(&granted, &mut line(admin)).await.unwrap();
        assert_eq!(store.user(ann).await.unwrap().unwrap().role, "developer");
        let overview = store.overview().await.unwrap();
        assert_eq!((overview.people, overview.requests, overview.runs), (2, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn releases_wait_for_a_reviewer() {
    on_both(|store| async move {
        let (admin, ann) = (person(&store, "root", "admin").await, person(&store, "ann", "developer").await);
        let (release, _) = draft(&store, ann).await;
        assert!(store.release_review(release).await.unwrap().is_none());
        assert!(
            store.ask_for_review(release, NOW).await.unwrap() && !store.ask_for_review(release, NOW).await.unwrap()
        );
        assert!(!publish(&store, release, "").await, "what waits is not published");
        assert_eq!(store.waiting_releases(9).await.unwrap()[0].release_id, release.0);
        assert!(store.decide_release(release, Some("no"), &line(admin)).await.unwrap());
        assert!(!store.decide_release(release, None, &line(admin)).await.unwrap());
        assert_eq!(store.release_review(release).await.unwrap().unwrap().reason.as_deref(), Some("no"));
        assert!(store.awaiting_publication().await.unwrap().is_empty());
        store.ask_for_review(release, NOW + 1).await.unwrap();
        assert!(store.decide_release(release, None, &line(admin)).await.unwrap());
        assert_eq!(store.awaiting_publication().await.unwrap(), [release], "approved: also after being killed now");
        assert!(publish(&store, release, "").await);
        assert!(store.earlier_release(release).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn apps_are_taken_down_featured_and_moved() {
    on_both(|store| async move {
        let (admin, ann) = (person(&store, "root", "admin").await, person(&store, "ann", "developer").await);
        let (release, slug) = draft(&store, ann).await;
        assert!(publish(&store, release, "Cats").await);
        let row = store.app_overview(&slug).await.unwrap().unwrap();
        let app = AppId(row.id);
        assert!(store.suspend_app(app, Some("spies"), &line(admin)).await.unwrap());
        assert!(!store.suspend_app(app, Some("spies"), &line(admin)).await.unwrap());
        assert!(store.app_by_slug(&slug).await.unwrap().unwrap().suspended_at.is_some());
        assert_eq!(store.release(release).await.unwrap().unwrap().suspended_reason.as_deref(), Some("spies"));
        assert!(store.suspend_app(app, None, &line(admin)).await.unwrap());
        assert!(store.runs_under_way_at(app).await.unwrap().is_empty());

        store.set_featured(&[app], &line(admin)).await.unwrap();
        assert_eq!(store.featured_apps().await.unwrap()[0].slug, slug.as_str());
        store.set_featured(&[], &line(admin)).await.unwrap();
        assert!(store.featured_apps().await.unwrap().is_empty());

        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        store.set_category_places(&names(&["Dogs", "Cats"]), &line(admin)).await.unwrap();
        assert_eq!(store.category_places().await.unwrap(), ["Dogs", "Cats"]);
        let moved = store.merge_categories("Cats", "Dogs", &names(&["Dogs"]), &line(admin)).await.unwrap();
        assert_eq!(moved, [app]);
        assert_eq!(store.category_of_alias("cats").await.unwrap().as_deref(), Some("Dogs"));
        store.merge_categories("Dogs", "Pets", &names(&["Pets"]), &line(admin)).await.unwrap();
        assert_eq!(store.category_of_alias("cats").await.unwrap().as_deref(), Some("Pets"), "however often");
        assert_eq!(store.app_overview(&slug).await.unwrap().unwrap().category, "Pets");
    })
    .await;
}

#[tokio::test]
async fn the_site_is_set_and_people_leave() {
    on_both(|store| async move {
        let (admin, ann) = (person(&store, "root", "admin").await, person(&store, "ann", "consumer").await);
        let value = |text: &str| Some(text.to_owned());
        store.set_site_settings(&[("name", value("A")), ("terms", value("T"))], NOW, &line(admin)).await.unwrap();
        store.set_site_settings(&[("name", value("B")), ("terms", None)], NOW, &line(admin)).await.unwrap();
        assert_eq!(store.site_settings().await.unwrap(), [("name".to_owned(), "B".to_owned())]);

        assert!(store.end_user(admin, "admin", NOW).await.unwrap().is_none(), "the last admin stays");
        assert_eq!(store.end_user(ann, "admin", NOW).await.unwrap().map(|runs| runs.len()), Some(0));
        assert!(store.end_user(ann, "admin", NOW).await.unwrap().is_none(), "once");
        let row = store.user(ann).await.unwrap().unwrap();
        assert!(row.data_key.is_empty() && row.password_hash.is_empty() && !row.email.contains("ann"));
        let all = PeopleFilter { before: i64::MAX, ..PeopleFilter::default() };
        assert_eq!(store.people(&all, 9).await.unwrap().len(), 1);
        assert!(store.published_of(ann).await.unwrap().is_empty());
        // The address is free again.
        person(&store, "ann", "consumer").await;
    })
    .await;
}

//! Samples of the first page, of lists of apps, of an app's page, its reviews and its report.

use vision_protocol::{fault::Fault, ids::UserId};

use super::{
    Samples, chrome,
    data::{app_view, card, cards, reviews, slug},
    nobody,
};
use crate::{
    domain::{
        Page,
        catalog::{AppCard, Category},
        finding::{Author, Found, Search, Sort},
        reviews::{NewReview, Standing},
        roles::Role,
        shelves::{Shelf, ShelfView},
    },
    web::{
        chrome::Chrome,
        pages::{
            apps::{
                report::ReportPage,
                reviews::{self, ReviewForm, ReviewsPage},
                show::{AppPage, Opinions},
            },
            find::{author::AuthorPage, search::SearchPage, shelf::ShelfPage},
            home::{self, HomePage},
        },
    },
};

/// An app's page for somebody who reviewed it.
pub(super) fn app_page(chrome: Chrome) -> AppPage {
    let standing = Standing::May(Some(data_review()));
    AppPage::new(chrome, app_view(), Opinions { is_kept: true, reviews: reviews(), standing })
}

fn data_review() -> crate::domain::reviews::ReviewView {
    reviews().remove(0)
}

fn opinions(standing: Standing) -> Opinions {
    Opinions { is_kept: false, reviews: Vec::new(), standing }
}

fn found(apps: Vec<AppCard>, pages: u32, meant: Option<&str>) -> Found {
    let total = apps.len() as u64;
    let page = Page { items: apps, page: 1, pages, total };
    Found { page, is_more: pages > 40, meant: meant.map(str::to_owned) }
}

fn home_pages(all: &mut Samples) {
    let shelf = |name: &str, apps| Category { name: name.into(), apps };
    let chips = || home::chips(&[shelf("Counting", 1), shelf("Nature", 12), shelf("Reading & writing", 2)]);
    let shelves = |shelves: &[Shelf]| -> Vec<ShelfView> {
        shelves.iter().map(|shelf| ShelfView { shelf: *shelf, apps: cards(), is_more: *shelf != Shelf::New }).collect()
    };
    let anonymous = shelves(&[Shelf::Popular, Shelf::New]);
    all.add("home", &HomePage { chrome: nobody("/"), chips: chips(), shelves: anonymous });
    let page = HomePage { chrome: chrome(Role::Developer, "/"), chips: chips(), shelves: shelves(&Shelf::ALL) };
    all.add("home-of-somebody", &page);
    all.add("home-empty", &HomePage { chrome: chrome(Role::Admin, "/"), chips: Vec::new(), shelves: Vec::new() });
    for shelf in Shelf::ALL {
        let page = |apps, pages| ShelfPage::new(chrome(Role::Consumer, "/shelves/x"), shelf, apps, 1, pages);
        all.add(&format!("shelf-{}", shelf.name()), &page(cards(), 2));
        all.add(&format!("shelf-{}-empty", shelf.name()), &page(Vec::new(), 1));
    }
}

fn search_pages(all: &mut Samples) {
    let shelves = || vec!["Counting".to_owned(), "Reading & writing".to_owned()];
    let author = || Author { id: UserId(3), name: "Ada <Lovelace>".into() };
    let search = |text: &str| Search { text: text.into(), ..Search::default() };
    let add = |all: &mut Samples, name: &str, search, author, found| {
        all.add(name, &SearchPage::new(nobody("/search"), search, author, shelves(), found));
    };
    let narrowed = Search {
        category: Some("Gone".into()),
        author: Some(UserId(3)),
        stars: Some(4),
        sort: Sort::Newest,
        ..search("finder")
    };
    add(all, "search", search("finder"), None, found(cards(), 1, None));
    add(all, "search-narrowed", narrowed.clone(), Some(author()), found(cards(), 42, None));
    add(all, "search-misspelt", search("shap findre"), None, found(cards(), 1, Some("shape finder")));
    add(all, "search-nothing-found", narrowed, Some(author()), found(Vec::new(), 1, None));
    add(all, "search-empty", Search::default(), None, found(Vec::new(), 1, None));
    let pager = crate::web::pages::find::author::pager(&author(), 1, 2);
    let page = AuthorPage { chrome: nobody("/authors/3"), author: author(), apps: cards(), total: 30, pager };
    all.add("author-apps", &page);
}

fn review_pages(all: &mut Samples) {
    let page = |role, standing, reviews| ReviewsPage {
        chrome: chrome(role, "/apps/shape-finder/reviews"),
        card: card("Shape finder", "Counting", "Finds shapes."),
        figures: app_view().figures,
        reviews,
        form: ReviewForm::new(standing),
        pager: reviews::pager(&slug("shape-finder"), 1, 4),
    };
    all.add("reviews-of-mine", &page(Role::Developer, Standing::Author, reviews()));
    all.add("reviews-must-run", &page(Role::Consumer, Standing::MustRun, Vec::new()));
    let mut refused = page(Role::Consumer, Standing::May(None), reviews());
    let wrong = vec![Fault::new("stars", "choose one to five stars"), Fault::new("words", "must be shorter")];
    refused.form.refused(&NewReview { stars: "9".into(), words: "kept <b>".into() }, wrong);
    all.add("reviews-refused", &refused);
    let report = |faults| ReportPage {
        chrome: chrome(Role::Consumer, "/apps/shape-finder/report"),
        card: card("Shape finder", "Counting", "Finds shapes."),
        reason: "broken".into(),
        words: "It <never> answers.".into(),
        faults,
    };
    all.add("report", &report(Vec::new()));
    all.add("report-refused", &report(vec![Fault::new("words", "say what is wrong"), Fault::new("", "Not twice.")]));
}

/// All of them.
pub(super) fn pages(all: &mut Samples) {
    home_pages(all);
    search_pages(all);
    review_pages(all);
    all.add("app", &app_page(chrome(Role::Consumer, "/apps/shape-finder")));
    let anonymous = AppPage::new(nobody("/apps/shape-finder"), app_view(), opinions(Standing::Visitor));
    all.add("app-anonymous", &anonymous);
    let first = AppPage::new(chrome(Role::Consumer, "/apps/shape-finder"), app_view(), opinions(Standing::May(None)));
    all.add("app-to-review", &first);
}

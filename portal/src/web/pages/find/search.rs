//! `GET /search`: apps by words, shelf, author and stars. All of it stands in the address, so that it can be kept and
//! sent around.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;
use url::form_urlencoded;
use vision_protocol::ids::UserId;

use crate::{
    domain::finding::{self, Author, Found, Search, Sort},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        respond,
        show::{self, Pager},
    },
};

/// Shelves that the form offers.
const SHELVES: u32 = 100;
/// Characters of a search that are looked at.
const LONGEST: usize = 200;

/// What the form sends. Every field may be anything: what makes no sense counts as not given.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    q: String,
    category: String,
    author: String,
    stars: String,
    sort: String,
    page: String,
}

impl Params {
    /// Whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        [&self.q, &self.category, &self.author, &self.stars, &self.sort, &self.page].iter().all(|text| text.is_empty())
    }

    fn search(&self) -> Search {
        Search {
            text: self.q.trim().chars().take(LONGEST).collect(),
            category: Some(self.category.clone()).filter(|category| !category.is_empty()),
            author: self.author.parse::<UserId>().ok(),
            stars: self.stars.parse().ok().filter(|stars| (1..=5).contains(stars)),
            sort: Sort::by_name(&self.sort).unwrap_or_default(),
            page: self.page.parse().unwrap_or(1),
        }
    }
}

/// Where a search stands.
pub(crate) fn address(search: &Search) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if !search.text.is_empty() {
        query.append_pair("q", &search.text);
    }
    if let Some(category) = &search.category {
        query.append_pair("category", category);
    }
    if let Some(author) = search.author {
        query.append_pair("author", &author.to_string());
    }
    if let Some(stars) = search.stars {
        query.append_pair("stars", &stars.to_string());
    }
    if search.sort != Sort::default() {
        query.append_pair("sort", search.sort.name());
    }
    if search.page > 1 {
        query.append_pair("page", &search.page.to_string());
    }
    show::with_query("/search", &query.finish())
}

/// The pages of a list.
pub(crate) fn pager(search: &Search, page: u32, pages: u32) -> Pager {
    let search = search.clone();
    Pager::new(page, pages, move |page| address(&Search { page, ..search.clone() }))
}

/// Something to choose.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) title: String,
    pub(crate) chosen: bool,
}

/// `search.html`.
#[derive(Template)]
#[template(path = "search.html")]
pub(crate) struct SearchPage {
    pub(crate) chrome: Chrome,
    pub(crate) search: Search,
    pub(crate) author: Option<Author>,
    /// The names of the shelves that the form offers.
    pub(crate) shelves: Vec<String>,
    pub(crate) found: Found,
    pub(crate) pager: Pager,
}

impl SearchPage {
    /// The page of what was found.
    pub(crate) fn new(
        chrome: Chrome,
        search: Search,
        author: Option<Author>,
        shelves: Vec<String>,
        found: Found,
    ) -> Self {
        let pager = pager(&search, found.page.page, found.page.pages);
        Self { chrome, search, author, shelves, found, pager }
    }

    fn title(&self) -> String {
        match (&self.search.category, self.search.text.as_str()) {
            (Some(category), "") => category.clone(),
            (None, "") => "All apps".to_owned(),
            (_, text) => format!("“{text}”"),
        }
    }

    fn count(&self) -> String {
        let total = self.found.page.total;
        let more = if self.found.is_more { "More than " } else { "" };
        format!("{more}{}", show::counted(&total, "app", "apps"))
    }

    fn categories(&self) -> Vec<Choice> {
        let current = self.search.category.as_deref();
        let mut names: Vec<&str> = self.shelves.iter().map(String::as_str).collect();
        // One that is not among those with most apps, or has no app any more, is still what the list shows.
        if let Some(name) = current.filter(|name| !names.contains(name)) {
            names.push(name);
        }
        let all = Choice { value: String::new(), title: "Every category".to_owned(), chosen: current.is_none() };
        let choice = |name: &str| Choice { value: name.into(), title: name.into(), chosen: current == Some(name) };
        std::iter::once(all).chain(names.into_iter().map(choice)).collect()
    }

    fn stars(&self) -> Vec<Choice> {
        let chosen = self.search.stars;
        let any = Choice { value: String::new(), title: "Any rating".to_owned(), chosen: chosen.is_none() };
        let choice = |stars: u8| Choice {
            value: stars.to_string(),
            title: format!("{stars} stars or more"),
            chosen: chosen == Some(stars),
        };
        std::iter::once(any).chain([4, 3, 2].into_iter().map(choice)).collect()
    }

    fn sorts(&self) -> Vec<Choice> {
        let words = !self.search.text.is_empty();
        let sorts = Sort::ALL.into_iter().filter(|sort| words || *sort != Sort::Relevance);
        let current = if words || self.search.sort != Sort::Relevance { self.search.sort } else { Sort::Popular };
        let choice = |sort: Sort| {
            let title = match sort {
                Sort::Relevance => "Best match",
                Sort::Popular => "Most used",
                Sort::Rating => "Best rated",
                Sort::Newest => "Newest",
                Sort::Name => "Name",
            };
            Choice { value: sort.name().to_owned(), title: title.to_owned(), chosen: sort == current }
        };
        sorts.map(choice).collect()
    }

    /// The same search for what was probably meant.
    fn meant_url(&self, meant: &str) -> String {
        address(&Search { text: meant.to_owned(), page: 1, ..self.search.clone() })
    }

    /// The same search without its filters.
    fn unfiltered_url(&self) -> Option<String> {
        let filtered = self.search.category.is_some() || self.search.author.is_some() || self.search.stars.is_some();
        let text = self.search.text.clone();
        (filtered && !text.is_empty()).then(|| address(&Search { text, ..Search::default() }))
    }
}

/// The handler.
pub(crate) async fn show(
    portal: Data<Portal>,
    chrome: Chrome,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    page(&portal, chrome, &params).await
}

/// The answer to a search.
pub(crate) async fn page(portal: &Portal, chrome: Chrome, params: &Params) -> Result<HttpResponse, WebError> {
    let mut search = params.search();
    let found = finding::search(portal, &search).await?;
    search.page = found.page.page;
    let author = match search.author {
        Some(id) => finding::author(portal, id).await.ok(),
        None => None,
    };
    let shelves = finding::categories(portal, SHELVES).await?.into_iter().map(|shelf| shelf.name).collect();
    let page = SearchPage::new(chrome, search, author, shelves, found);
    respond::page(StatusCode::OK, &page.chrome, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_stands_in_its_address() {
        let search = Search {
            text: "a&b".into(),
            category: Some("Schöne Dinge".into()),
            author: Some(UserId(7)),
            stars: Some(4),
            sort: Sort::Newest,
            page: 2,
        };
        let address = address(&search);
        assert_eq!(address, "/search?q=a%26b&category=Sch%C3%B6ne+Dinge&author=7&stars=4&sort=newest&page=2");
        let params = Query::<Params>::from_query(address.split_once('?').unwrap().1).unwrap();
        let again = params.search();
        assert_eq!((again.text, again.category, again.stars), (search.text, search.category, search.stars));
        assert_eq!((again.author, again.sort, again.page), (search.author, search.sort, search.page));
        assert_eq!(super::address(&Search::default()), "/search");
    }

    #[test]
    fn what_makes_no_sense_counts_as_not_given() {
        let params = Query::<Params>::from_query("q=++&author=x&stars=9&sort=up&page=-1").unwrap();
        assert!(params.search().is_everything() && !params.is_empty());
        assert_eq!(params.search().page, 1);
    }
}

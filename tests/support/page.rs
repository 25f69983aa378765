//! A page as it came, with questions a test asks of it.

use reqwest::StatusCode;
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::forms::Form;

/// A page, or any other answer.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Where it came from, redirects followed.
    pub(crate) url: Url,
    /// How it was answered.
    pub(crate) status: StatusCode,
    /// Its bytes.
    pub(crate) body: Vec<u8>,
}

impl Page {
    /// The same page, if all went well.
    ///
    /// # Panics
    /// With the text of the page, if not.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.status.is_success(), "{} answered {}:\n{}", self.url, self.status, self.visible_text());
        self
    }

    /// The page as text.
    pub(crate) fn html(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What a person reads, on one line per element.
    pub(crate) fn visible_text(&self) -> String {
        let parsed = Html::parse_document(&self.html());
        let root = parsed.select(&selector("main")).next().unwrap_or_else(|| parsed.root_element());
        let lines = root.text().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What a function makes of each element that fits a selector.
    pub(crate) fn each<T>(&self, css: &str, read: impl Fn(ElementRef<'_>) -> T) -> Vec<T> {
        Html::parse_document(&self.html()).select(&selector(css)).map(read).collect()
    }

    /// The text of each element that fits a selector, white space made single.
    pub(crate) fn texts(&self, css: &str) -> Vec<String> {
        self.each(css, |element| element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" "))
    }

    /// The text of the first element that fits.
    pub(crate) fn text(&self, css: &str) -> Option<String> {
        self.texts(css).into_iter().next()
    }

    /// An attribute of the first element that fits.
    pub(crate) fn attribute(&self, css: &str, name: &str) -> Option<String> {
        self.each(css, |element| element.attr(name).map(str::to_owned)).into_iter().next().flatten()
    }

    /// The first form that fits a selector, as a browser would send it untouched.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub(crate) fn form(&self, css: &str) -> Form {
        match self.each(css, |element| Form::read(element, &self.url)).into_iter().next() {
            Some(form) => form,
            None => panic!("{} ({}) has no form {css}:\n{}", self.url, self.status, self.visible_text()),
        }
    }

    /// The forms inside those elements that fit a selector and show a text.
    pub(crate) fn forms_beside(&self, css: &str, text: &str) -> Vec<Form> {
        let forms = selector("form");
        self.each(css, |element| {
            let shown: String = element.text().collect();
            let forms = element.select(&forms).map(|form| Form::read(form, &self.url));
            if shown.contains(text) { forms.collect() } else { Vec::new() }
        })
        .concat()
    }
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("selector {css}: {error}"))
}

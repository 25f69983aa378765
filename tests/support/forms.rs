//! Forms: read from a page, filled in, and sent as a browser sends them.

use reqwest::multipart;
use scraper::{ElementRef, Selector};
use url::Url;

/// A form with what its fields hold.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    /// Where it goes.
    pub(crate) action: Url,
    /// Whether it is sent by POST.
    pub(crate) post: bool,
    /// Whether it is sent as `multipart/form-data`.
    pub(crate) multipart: bool,
    fields: Vec<(String, Field)>,
}

#[derive(Clone, Debug)]
enum Field {
    Text(String),
    /// A checkbox that is not ticked.
    Off,
    File {
        name: String,
        media_type: String,
        bytes: Vec<u8>,
    },
}

impl Form {
    pub(crate) fn read(form: ElementRef<'_>, page: &Url) -> Self {
        let action = form.attr("action").unwrap_or_default();
        let is = |name: &str, value: &str| form.attr(name).is_some_and(|found| found.eq_ignore_ascii_case(value));
        let fields = Selector::parse("input[name], select[name], textarea[name]").expect("a valid selector");
        Self {
            action: if action.is_empty() { page.clone() } else { page.join(action).expect("a valid action") },
            post: is("method", "post"),
            multipart: is("enctype", "multipart/form-data"),
            fields: form.select(&fields).filter_map(Field::read).collect(),
        }
    }

    /// The same form with a text in a field.
    ///
    /// # Panics
    /// If there is no such field.
    #[track_caller]
    #[must_use]
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        *self.field(name) = Field::Text(value.to_owned());
        self
    }

    /// The same form with a box ticked, or not.
    ///
    /// # Panics
    /// If there is no such field.
    #[track_caller]
    #[must_use]
    pub(crate) fn tick(mut self, name: &str, on: bool) -> Self {
        *self.field(name) = if on { Field::Text("on".to_owned()) } else { Field::Off };
        self
    }

    /// The same form with a file chosen in a field.
    #[track_caller]
    #[must_use]
    pub(crate) fn attach(mut self, name: &str, file_name: &str, media_type: &str, bytes: &[u8]) -> Self {
        let (name_of_file, media_type) = (file_name.to_owned(), media_type.to_owned());
        *self.field(name) = Field::File { name: name_of_file, media_type, bytes: bytes.to_vec() };
        self
    }

    /// The same form with one more file in a field that takes several.
    #[must_use]
    pub(crate) fn attach_more(mut self, name: &str, file_name: &str, media_type: &str, bytes: &[u8]) -> Self {
        let (name_of_file, media_type) = (file_name.to_owned(), media_type.to_owned());
        self.fields.push((name.to_owned(), Field::File { name: name_of_file, media_type, bytes: bytes.to_vec() }));
        self
    }

    /// The names and texts of a form without files.
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        let texts = self.fields.iter().filter_map(|(name, field)| match field {
            Field::Text(text) => Some((name.as_str(), text.as_str())),
            Field::Off | Field::File { .. } => None,
        });
        texts.collect()
    }

    /// The form as `multipart/form-data`, fields in the page's order.
    pub(crate) fn parts(&self) -> multipart::Form {
        let mut parts = multipart::Form::new();
        for (name, field) in &self.fields {
            parts = match field {
                Field::Text(text) => parts.text(name.clone(), text.clone()),
                Field::Off => parts,
                Field::File { name: file_name, media_type, bytes } => {
                    let part = multipart::Part::bytes(bytes.clone()).file_name(file_name.clone());
                    parts.part(name.clone(), part.mime_str(media_type).expect("a valid media type"))
                }
            };
        }
        parts
    }

    #[track_caller]
    fn field(&mut self, name: &str) -> &mut Field {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name.clone()).collect();
        let found = self.fields.iter_mut().find(|(field, _)| field == name);
        match found {
            Some((_, field)) => field,
            None => panic!("the form for {} has no field {name}, but {names:?}", self.action),
        }
    }
}

impl Field {
    fn read(element: ElementRef<'_>) -> Option<(String, Self)> {
        let name = element.attr("name")?.to_owned();
        let value = element.attr("value").unwrap_or_default().to_owned();
        let field = match (element.value().name(), element.attr("type").unwrap_or("text")) {
            ("select", _) => Self::Text(selected(element)),
            ("textarea", _) => Self::Text(element.text().collect()),
            (_, "file") => {
                let media_type = "application/octet-stream".to_owned();
                Self::File { name: String::new(), media_type, bytes: Vec::new() }
            }
            (_, "checkbox" | "radio") if element.attr("checked").is_none() => Self::Off,
            (_, "checkbox" | "radio") if value.is_empty() => Self::Text("on".to_owned()),
            _ => Self::Text(value),
        };
        Some((name, field))
    }
}

fn selected(select: ElementRef<'_>) -> String {
    let options = Selector::parse("option").expect("a valid selector");
    let mut options: Vec<_> = select.select(&options).collect();
    // Stable: the first option stands for a list in which none is marked.
    options.sort_by_key(|option| option.attr("selected").is_none());
    let Some(option) = options.first() else { return String::new() };
    option.attr("value").map_or_else(|| option.text().collect(), str::to_owned)
}

//! `GET` and `POST /author/drafts/{draft}/publish`: version, notes and terms, and then a release.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use vision_protocol::fault::Fault;

use super::{Action, Fields, Frame, onward};
use crate::{
    domain::{
        DomainError,
        drafting::{self, Draft, DraftId, Publication, Step},
        versions::Suggestion,
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{CsrfForm, wrong_at},
        identity::{May, PublishApps},
        respond,
    },
};

/// `author/editor/publish.html`.
#[derive(Template)]
#[template(path = "author/editor/publish.html")]
pub(crate) struct PublishPage {
    pub(crate) chrome: Chrome,
    pub(crate) frame: Frame,
    pub(crate) version: String,
    pub(crate) notes: String,
    pub(crate) suggestion: Option<Suggestion>,
    /// What is wrong, by step.
    pub(crate) wrong: Vec<(Step, Vec<Fault>)>,
    pub(crate) terms_wrong: Option<String>,
    /// Whether the whole package was just checked and found good.
    pub(crate) is_checked: bool,
    pub(crate) files: usize,
    pub(crate) bytes: u64,
}

impl PublishPage {
    /// The page of a draft; `found` is what a check of the whole package found.
    pub(crate) fn new(chrome: Chrome, draft: &Draft, found: Option<Vec<Fault>>) -> Self {
        let mut frame = Frame::of(draft, Step::Publish);
        frame.faults.clear();
        let is_checked = found.as_ref().is_some_and(Vec::is_empty);
        let mut faults = match found {
            Some(found) => found.into_iter().map(|fault| (Step::of_place(&fault.place), fault)).collect(),
            None => draft.faults(),
        };
        let terms: Vec<Fault> =
            faults.extract_if(.., |(_, fault)| fault.place == "terms").map(|(_, fault)| fault).collect();
        let at = |step| faults.iter().filter(|(at, _)| *at == step).map(|(_, fault)| fault.clone()).collect::<Vec<_>>();
        let wrong = Step::ALL.into_iter().map(|step| (step, at(step))).filter(|(_, list)| !list.is_empty()).collect();
        Self {
            chrome,
            version: draft.document.text("Version"),
            notes: draft.notes.clone(),
            suggestion: None,
            terms_wrong: wrong_at(&terms, "terms"),
            wrong,
            is_checked,
            files: draft.files.len(),
            bytes: draft.files.iter().map(|file| file.size).sum(),
            frame,
        }
    }

    /// How much is wrong altogether.
    pub(crate) fn faults(&self) -> usize {
        self.wrong.iter().map(|(_, list)| list.len()).sum()
    }
}

/// The page.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<DraftId>,
) -> Result<HttpResponse, WebError> {
    let draft = drafting::open(&portal, &may.user, *id).await?;
    let suggestion = drafting::suggestion(&portal, &may.user, &draft).await?;
    let page = PublishPage { suggestion, ..PublishPage::new(chrome, &draft, None) };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// The step, filled in.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<DraftId>,
    form: CsrfForm<Fields>,
) -> Result<HttpResponse, WebError> {
    let mut draft = drafting::open(&portal, &may.user, *id).await?;
    draft.document.set_text("Version", form.0.text("Version"));
    draft.notes = form.0.text("Notes").to_owned();
    drafting::save(&portal, &draft).await?;
    let action = form.0.action();
    let word = match &action {
        Action::Other(word) => word.as_str(),
        _ => return Ok(onward(&request, draft.id, Step::Publish, &action, "")),
    };
    let found = match word {
        "check" => drafting::check(&portal, &draft).await,
        _ => {
            let how = Publication { accepts_terms: form.0.has("Terms"), at_once: word == "publish" };
            match drafting::publish(&portal, &may.user, &draft, &how).await {
                Ok(release) => {
                    return Ok(respond::see_other(&request, &format!("/author/releases/{release}"), None));
                }
                Err(error) => Err(error),
            }
        }
    };
    let faults = match found {
        Ok(()) => Vec::new(),
        Err(DomainError::Invalid(faults)) => faults,
        Err(error @ DomainError::TooLarge { .. }) => vec![Fault::new("", format!("The package {error}."))],
        Err(error) => return Err(error.into()),
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let suggestion = drafting::suggestion(&portal, &may.user, &draft).await?;
    let page = PublishPage { suggestion, ..PublishPage::new(chrome, &draft, Some(faults)) };
    respond::page(status, &page.chrome, &page)
}

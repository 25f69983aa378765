//! The editor: an app is written in five steps. Every step is one plain form; scripts only add comfort.

pub(crate) mod code;
pub(crate) mod delete;
mod fields;
pub(crate) mod files;
pub(crate) mod frame;
pub(crate) mod general;
pub(crate) mod parameters;
pub(crate) mod publish;
pub(crate) mod rows;
pub(crate) mod start;
pub(crate) mod template;
pub(crate) mod uploads;

use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use vision_protocol::{fault::Fault, ids::Slug};

pub(crate) use fields::{Action, Fields, Row, arrange};

use crate::{
    domain::drafting::{Draft, DraftId, Step},
    web::{notices::Notice, respond},
};

/// What surrounds each step.
pub(crate) struct Frame {
    /// The draft; none before it was saved for the first time.
    pub(crate) draft: Option<DraftId>,
    /// What the app is called so far.
    pub(crate) name: String,
    /// The app that gets a new release.
    pub(crate) app: Option<Slug>,
    /// When the draft was changed last.
    pub(crate) updated_at: Option<Timestamp>,
    /// This step.
    pub(crate) step: Step,
    /// All steps.
    pub(crate) tabs: Vec<Tab>,
    /// What is wrong at this step, but at none of its rows.
    pub(crate) faults: Vec<Fault>,
}

/// A step in the list of steps.
pub(crate) struct Tab {
    /// The step.
    pub(crate) step: Step,
    /// Its place, from 1.
    pub(crate) number: usize,
    /// How much is wrong there.
    pub(crate) faults: usize,
}

impl Frame {
    /// The surroundings of a step of a draft.
    pub(crate) fn of(draft: &Draft, step: Step) -> Self {
        let faults = draft.faults();
        let tab = |(index, step): (usize, Step)| Tab {
            step,
            number: index + 1,
            faults: faults.iter().filter(|(at, _)| *at == step).count(),
        };
        let tabs = Step::ALL.into_iter().enumerate().map(tab).collect();
        Self {
            draft: Some(draft.id),
            name: draft.document.text("Name"),
            app: draft.app.as_ref().map(|(_, slug)| slug.clone()),
            updated_at: Some(draft.updated_at),
            step,
            tabs,
            faults: faults.into_iter().filter(|(at, _)| *at == step).map(|(_, fault)| fault).collect(),
        }
    }

    /// The surroundings of the first step of an app that nobody has saved yet.
    pub(crate) fn blank() -> Self {
        let tabs = Step::ALL.into_iter().enumerate();
        Self {
            draft: None,
            name: String::new(),
            app: None,
            updated_at: None,
            step: Step::General,
            tabs: tabs.map(|(index, step)| Tab { step, number: index + 1, faults: 0 }).collect(),
            faults: Vec::new(),
        }
    }

    /// The title of the page.
    pub(crate) fn title(&self) -> &str {
        if self.name.is_empty() { "New app" } else { &self.name }
    }

    /// Where a step stands.
    pub(crate) fn url(&self, step: &Step) -> String {
        self.draft.map_or_else(|| "/author/new".to_owned(), |draft| step_url(draft, *step))
    }
}

/// Where a step of a draft stands.
pub(crate) fn step_url(draft: DraftId, step: Step) -> String {
    format!("/author/drafts/{draft}/{}", step.name())
}

/// After a step was saved: where its button leads.
fn onward(request: &HttpRequest, draft: DraftId, step: Step, action: &Action, query: &str) -> HttpResponse {
    let (to, notice) = match action {
        Action::Next => (step.next().unwrap_or(step), None),
        Action::Previous => (step.previous().unwrap_or(step), None),
        Action::Go(to) => (*to, None),
        Action::Save => (step, Some(Notice::DraftSaved)),
        _ => (step, None),
    };
    let mut location = step_url(draft, to);
    if to == step {
        location.push_str(query);
    }
    if let Some(row) = action.row() {
        location.push_str(&format!("#row-{row}"));
    }
    respond::see_other(request, &location, notice)
}

//! `GET /runs/compare?a=…&b=…`: two runs side by side; with one run, those that it can be compared with.
//! `POST /runs/compare` leads there from the boxes that were ticked in the history.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::LOCATION},
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;
use vision_protocol::ids::RunId;

use super::delete_many::FIELD;
use crate::{
    domain::{
        DomainError, layouts,
        running::{
            self, RunLine, RunView,
            table::{self, Part},
        },
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{self, CsrfForm},
        identity::CurrentUser,
        respond,
        results::{InputLine, Place, StandardResult, file_url},
        show,
    },
};

/// Which runs.
#[derive(Deserialize)]
pub(crate) struct Params {
    #[serde(default)]
    a: String,
    #[serde(default)]
    b: String,
}

/// `runs/compare.html`.
#[derive(Template)]
#[template(path = "runs/compare.html")]
pub(crate) struct ComparePage {
    pub(crate) chrome: Chrome,
    pub(crate) sides: [Side; 2],
    pub(crate) inputs: Vec<InputRow>,
    pub(crate) results: Vec<ResultRow>,
}

/// One of the two runs.
pub(crate) struct Side {
    /// A or B.
    pub(crate) letter: &'static str,
    pub(crate) run: RunView,
    pub(crate) status: &'static str,
    pub(crate) timing: Option<String>,
    /// What was found, to be drawn on the photo.
    pub(crate) drawn: Option<StandardResult>,
}

/// One input in both runs.
pub(crate) struct InputRow {
    pub(crate) title: String,
    pub(crate) cells: [Option<InputLine>; 2],
    pub(crate) differs: bool,
}

/// One result in both runs.
pub(crate) struct ResultRow {
    pub(crate) title: String,
    pub(crate) cells: [Option<ResultCell>; 2],
    pub(crate) differs: bool,
}

/// One result in one run.
pub(crate) struct ResultCell {
    pub(crate) picture: Option<String>,
    pub(crate) part: Part,
}

/// `runs/compare_with.html`.
#[derive(Template)]
#[template(path = "runs/compare_with.html")]
pub(crate) struct CompareWithPage {
    pub(crate) chrome: Chrome,
    pub(crate) run: RunView,
    pub(crate) others: Vec<RunLine>,
}

impl ComparePage {
    pub(crate) fn new(chrome: Chrome, a: RunView, b: RunView) -> Self {
        let inputs = input_rows(&a, &b);
        let results = result_rows(&a, &b);
        let side = |letter, run: RunView| Side {
            letter,
            status: show::run_status(&run.status),
            timing: run.timings.as_ref().map(|timings| show::milliseconds(timings.total_ms)),
            drawn: drawn(&run),
            run,
        };
        Self { chrome, sides: [side("A", a), side("B", b)], inputs, results }
    }

    fn is_drawn(&self) -> bool {
        self.sides.iter().any(|side| side.drawn.is_some())
    }
}

fn drawn(run: &RunView) -> Option<StandardResult> {
    let view = layouts::standard(run);
    let is_drawn = !(view.boxes.is_empty() && view.points.is_empty() && view.polygons.is_empty());
    is_drawn.then(|| StandardResult::new(&Place::of_run(run.id), view))
}

/// The names of both, without repetition, in the order of the first.
fn names<'a>(a: impl Iterator<Item = &'a String>, b: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut names: Vec<&String> = Vec::new();
    for name in a.chain(b) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn input_rows(a: &RunView, b: &RunView) -> Vec<InputRow> {
    let of = |run: &RunView, name: &str| {
        let index = run.inputs.iter().position(|input| input.parameter.name == name)?;
        InputLine::of(&Place::of_run(run.id), &run.inputs[index..=index]).pop()
    };
    let named = |run: &'_ RunView, name: &str| run.inputs.iter().find(|i| i.parameter.name == name).cloned();
    let title = |name: &str| {
        let input = named(a, name).or_else(|| named(b, name));
        input.map_or_else(|| name.to_owned(), |input| input.parameter.title().to_owned())
    };
    let parameter_names = |run: &'_ RunView| run.inputs.iter().map(|i| i.parameter.name.clone()).collect::<Vec<_>>();
    let (in_a, in_b) = (parameter_names(a), parameter_names(b));
    names(in_a.iter(), in_b.iter())
        .into_iter()
        .map(|name| {
            let cells = [of(a, name), of(b, name)];
            // Whether two photos are the same is for the eye: each run has a file of its own.
            let text = |line: &Option<InputLine>| line.as_ref().map(|line| line.text.clone());
            InputRow { title: title(name), differs: text(&cells[0]) != text(&cells[1]), cells }
        })
        .collect()
}

fn result_rows(a: &RunView, b: &RunView) -> Vec<ResultRow> {
    let parts = [table::parts(&a.results), table::parts(&b.results)];
    let of = |index: usize, name: &str| {
        let part = parts[index].iter().find(|part| part.name == name)?.clone();
        let run = [a.id, b.id][index];
        Some(ResultCell { picture: part.file.as_ref().map(|file| file_url(run, file.blob)), part })
    };
    names(parts[0].iter().map(|part| &part.name), parts[1].iter().map(|part| &part.name))
        .into_iter()
        .map(|name| {
            let cells = [of(0, name), of(1, name)];
            let title = cells.iter().flatten().next().map_or_else(|| name.clone(), |cell| cell.part.title.clone());
            let rows = |cell: &Option<ResultCell>| {
                cell.as_ref().map(|cell| if cell.part.file.is_some() { Vec::new() } else { cell.part.rows.clone() })
            };
            ResultRow { title, differs: rows(&cells[0]) != rows(&cells[1]), cells }
        })
        .collect()
}

/// The page.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    chrome: Chrome,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    if params.a.is_empty() {
        // Nothing to begin with: the history is where runs are ticked.
        return Ok(HttpResponse::SeeOther().insert_header((LOCATION, "/runs")).finish());
    }
    let id = |text: &str| text.parse::<RunId>().map_err(|_| DomainError::NotFound);
    let a = running::view(&portal, &user, id(&params.a)?).await?;
    if params.b.is_empty() {
        let others = running::runs_of_app(&portal, &user, &a.slug).await?;
        let others = others.into_iter().filter(|line| line.id != a.id).collect();
        let page = CompareWithPage { chrome, run: a, others };
        return respond::page(StatusCode::OK, &page.chrome, &page);
    }
    let b = running::view(&portal, &user, id(&params.b)?).await?;
    let page = ComparePage::new(chrome, a, b);
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// From the history.
pub(crate) async fn submit(
    CurrentUser(_): CurrentUser,
    request: HttpRequest,
    CsrfForm(form): CsrfForm<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    match forms::all_ids::<RunId>(&form, FIELD)[..] {
        // The list is newest first: the older one stands on the left.
        [newer, older] => Ok(respond::see_other(&request, &format!("/runs/compare?a={older}&b={newer}"), None)),
        _ => Err(DomainError::Conflict("Tick exactly two runs to compare them.".to_owned()).into()),
    }
}

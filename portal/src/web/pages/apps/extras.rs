//! What stands around the form on an app's page: its examples, and its releases.

use vision_protocol::ids::Slug;

use crate::{
    domain::{
        DomainError,
        accounts::User,
        catalog::AppView,
        examples::{self, ExampleCard},
        running::{InputView, Shown},
        versions::{self, Version},
    },
    state::Portal,
    web::{
        error::WebError,
        fields::{FIELD_PREFIX, Typed, as_typed},
        markdown,
        results::{InputLine, Place, ResultPart},
        show,
    },
};

/// Examples and releases of an app.
#[derive(Default)]
pub(crate) struct Extras {
    pub(crate) examples: Vec<ExampleLink>,
    /// The one that is looked at.
    pub(crate) example: Option<ShownExample>,
    pub(crate) versions: Vec<VersionLine>,
    /// Why the release that the page runs should no longer be used.
    pub(crate) deprecated: Option<String>,
}

/// An example to click on.
pub(crate) struct ExampleLink {
    pub(crate) url: String,
    pub(crate) title: String,
    pub(crate) picture: Option<String>,
    pub(crate) current: bool,
}

/// An example with what the app made of it.
pub(crate) struct ShownExample {
    pub(crate) title: String,
    pub(crate) inputs: Vec<InputLine>,
    pub(crate) result: ResultPart,
    /// Name of each file field of the form, and the address of the photo that a script puts there.
    pub(crate) photos: Vec<(String, String)>,
    /// What the other fields begin with.
    pub(crate) typed: Typed,
}

/// A release, as everybody sees it.
pub(crate) struct VersionLine {
    pub(crate) version: Version,
    /// HTML, cleaned.
    pub(crate) notes: String,
}

impl Extras {
    /// Those of an app, with one of its examples if it is there.
    pub(crate) async fn of(
        portal: &Portal,
        viewer: Option<&User>,
        view: &AppView,
        example: Option<u32>,
    ) -> Result<Self, WebError> {
        let slug = &view.card.slug;
        let cards = examples::list(portal, view.release).await?;
        let shown = match cards.iter().find(|card| Some(card.position) == example) {
            Some(card) => ShownExample::of(portal, viewer, slug, card).await?,
            None => None,
        };
        let versions = versions::list(portal, view.app).await?;
        let current = versions.iter().find(|version| version.release == view.release);
        Ok(Self {
            examples: cards.iter().map(|card| ExampleLink::new(slug, card, example)).collect(),
            example: shown,
            deprecated: current.and_then(|version| version.deprecated.clone()),
            versions: versions.into_iter().map(VersionLine::new).collect(),
        })
    }
}

impl ExampleLink {
    pub(crate) fn new(slug: &Slug, card: &ExampleCard, current: Option<u32>) -> Self {
        let place = Place::of_example(slug, card.position);
        Self {
            url: format!("/apps/{slug}?example={}#example", card.position),
            title: card.title.clone(),
            picture: card.picture.map(|blob| place.file(blob)),
            current: current == Some(card.position),
        }
    }
}

impl ShownExample {
    /// `None` if it went away meanwhile.
    async fn of(
        portal: &Portal,
        viewer: Option<&User>,
        slug: &Slug,
        card: &ExampleCard,
    ) -> Result<Option<Self>, WebError> {
        let run = match examples::show(portal, viewer, slug, card.position).await {
            Ok(run) => run,
            Err(DomainError::NotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let place = Place::of_example(slug, card.position);
        let result = ResultPart::of(&run, &place)?;
        Ok(Some(Self::new(card.title.clone(), &place, &run.inputs, result)))
    }

    pub(crate) fn new(title: String, place: &Place, inputs: &[InputView], result: ResultPart) -> Self {
        let mut photos = Vec::new();
        let mut typed = Typed::new();
        for input in inputs {
            match &input.value {
                Some(Shown::File(file)) => {
                    photos.push((format!("{FIELD_PREFIX}{}", input.parameter.name), place.file(file.blob)));
                }
                Some(Shown::Plain(value)) => {
                    typed.insert(input.parameter.name.clone(), as_typed(value));
                }
                None => {
                    typed.insert(input.parameter.name.clone(), String::new());
                }
            }
        }
        Self { title, inputs: InputLine::of(place, inputs), result, photos, typed }
    }

    /// For the template, which takes it by reference.
    pub(crate) fn part(&self) -> &ResultPart {
        &self.result
    }
}

impl VersionLine {
    pub(crate) fn new(version: Version) -> Self {
        Self { notes: markdown::render(&version.notes), version }
    }

    /// When it was published.
    pub(crate) fn published(&self) -> String {
        show::time(&self.version.published_at)
    }
}

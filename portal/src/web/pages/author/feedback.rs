//! `GET /author/apps/{slug}/feedback`: what people say of an app, for its author.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use askama::Template;
use serde::Deserialize;
use url::form_urlencoded;
use vision_protocol::ids::{ReleaseId, RunId, Slug};

use crate::{
    domain::feedback::{
        Truth, Verdict,
        authors::{self, Entry, Place, Release, Wanted},
        export::Format,
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        feedback::words,
        identity::{May, PublishApps},
        respond, show,
    },
};

/// Which entries; what cannot be read is as if left out.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    release: String,
    verdict: String,
    after: String,
}

impl Params {
    fn wanted(&self) -> Wanted {
        Wanted {
            release: self.release.parse().ok(),
            verdict: Verdict::by_name(&self.verdict),
            after: self.after.parse().ok(),
            limit: None,
        }
    }
}

/// `author/feedback.html`.
#[derive(Template)]
#[template(path = "author/feedback.html")]
pub(crate) struct FeedbackPage {
    pub(crate) chrome: Chrome,
    pub(crate) slug: Slug,
    pub(crate) releases: Vec<Release>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) wanted: Wanted,
    pub(crate) next: Option<Place>,
}

impl FeedbackPage {
    fn url(&self, release: Option<ReleaseId>, verdict: Option<Verdict>, after: Option<Place>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(release) = release {
            query.append_pair("release", &release.to_string());
        }
        if let Some(verdict) = verdict {
            query.append_pair("verdict", verdict.name());
        }
        if let Some(after) = after {
            query.append_pair("after", &after.to_string());
        }
        show::with_query(&format!("/author/apps/{}/feedback", self.slug), &query.finish())
    }

    fn release_url(&self, release: Option<&Release>) -> String {
        self.url(release.map(|release| release.id), self.wanted.verdict, None)
    }

    fn next_url(&self) -> Option<String> {
        self.next.map(|next| self.url(self.wanted.release, self.wanted.verdict, Some(next)))
    }

    /// Links that narrow the list: title, address, and whether one is there.
    fn chips(&self) -> Vec<(&'static str, String, bool)> {
        let chip =
            |title, verdict| (title, self.url(self.wanted.release, verdict, None), self.wanted.verdict == verdict);
        let all = std::iter::once(chip("All", None));
        all.chain(Verdict::ALL.iter().map(|verdict| chip(words(verdict).0, Some(*verdict)))).collect()
    }

    fn photo(&self, run: &RunId) -> String {
        format!("/author/apps/{}/feedback/{run}/photo", self.slug)
    }

    fn is_wanted(&self, release: &ReleaseId) -> bool {
        self.wanted.release == Some(*release)
    }

    fn total(&self) -> u64 {
        self.releases.iter().flat_map(|release| release.verdicts).sum()
    }
}

/// A correction in words: the result, and what would have been right.
pub(crate) fn lines(entry: &Entry) -> Vec<(String, String)> {
    let line = |(name, truth): (&String, &Truth)| {
        let text = match truth {
            Truth::Label(text) | Truth::Text(text) => text.clone(),
            Truth::Number(number) => show::number(*number),
            Truth::Boxes(boxes) if boxes.is_empty() => "nothing is to be found".to_owned(),
            Truth::Boxes(boxes) => {
                let labels = boxes.iter().map(|one| one.label.as_str()).collect::<Vec<_>>().join(", ");
                format!("{} box{}: {labels}", boxes.len(), if boxes.len() == 1 { "" } else { "es" })
            }
        };
        (name.clone(), text)
    };
    entry.correction.iter().map(line).collect()
}

/// The handler.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let wanted = params.wanted();
    let releases = authors::releases(&portal, &may.user, &slug).await?;
    let (entries, next) = authors::list(&portal, &may.user, &slug, &wanted).await?;
    let page = FeedbackPage { chrome, slug: slug.into_inner(), releases, entries, wanted, next };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

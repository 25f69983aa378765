//! Samples of the editor.

use serde_json::json;
use vision_protocol::{fault::Fault, results::StandardLayout};

use super::{
    Samples, chrome,
    data::{at, faults, run_id, slug, standard_view},
};
use crate::{
    domain::{
        drafting::{Document, Draft, DraftFile, DraftId, Progress, Step, UploadId},
        roles::Role,
        versions::{self, Suggestion},
    },
    web::{
        pages::author::editor::{
            Frame,
            code::CodePage,
            frame::LayoutPreview,
            general::GeneralPage,
            parameters::{FormPreview, ParametersPage},
            publish::PublishPage,
            template::TemplatePage,
        },
        results::{BrokenLayout, Place, ResultPart, StandardResult},
    },
};

/// A draft with something of everything, and something wrong.
fn draft() -> Draft {
    let mut document = Document::blank();
    document.set_text("Name", "Shape <finder>");
    document.set_text("Task", "detection");
    let parameters = super::data::every_parameter();
    let mut parameters = parameters.as_array().unwrap().clone();
    parameters.push(json!({"ParameterType": "Number", "Name": "2bad", "Min": "low"}));
    document.set_value("AppParameters", parameters.into());
    document.set_value("ResultVariables", json!([{"ResultType": "Boxes", "Name": "boxes", "Label": "Objects"}]));
    document.set_value("Models", json!([{"Name": "shapes", "File": "models/gone.onnx", "Input": {"Channels": "BGR"}}]));
    Draft {
        id: DraftId(3),
        app: Some((vision_protocol::ids::AppId(1), slug("shape-finder"))),
        document,
        template: "<p>{{ result.boxes.boxes|length }} found</p>".into(),
        readme: "# About\n\n<b>Drawn</b> shapes.".into(),
        notes: "Finds stars, too.".into(),
        files: vec![DraftFile::sample("assets/labels.txt", 41), DraftFile::sample("models/shapes.onnx", 5_600_000)],
        release: None,
        updated_at: at(0),
        archive: None,
    }
}

/// The pages.
pub(super) fn pages(all: &mut Samples) {
    let author = || chrome(Role::Developer, "/author/drafts/3/general");
    let blank = GeneralPage::new(author(), Frame::blank(), &Document::blank(), String::new());
    all.add("editor-new", &blank);
    let draft = draft();
    let frame = |step| Frame::of(&draft, step);
    all.add("editor-general", &GeneralPage::new(author(), frame(Step::General), &draft.document, draft.readme.clone()));
    all.add("editor-parameters", &ParametersPage::new(author(), &draft, None));
    let json = draft.document.parameters_json();
    all.add("editor-parameters-json", &ParametersPage::new(author(), &draft, Some(json)));
    let mut empty = draft.clone();
    empty.document.set_value("AppParameters", json!([]));
    empty.document.set_value("ResultVariables", json!([]));
    empty.document.set_value("Models", json!([]));
    empty.files.clear();
    all.add("editor-parameters-empty", &ParametersPage::new(author(), &empty, None));
    all.add("editor-template", &TemplatePage::new(author(), &draft));
    all.add("editor-template-empty", &TemplatePage::new(author(), &empty));
    let upload = Progress {
        id: UploadId(uuid::Uuid::from_u128(9)),
        draft: draft.id,
        name: "large.onnx".into(),
        offset: 4_194_304,
        length: 40_000_000,
    };
    all.add("editor-code", &CodePage::new(author(), &draft, vec![upload], 50));
    all.add("editor-code-empty", &CodePage { refused: faults(), ..CodePage::new(author(), &empty, Vec::new(), 50) });
    let suggestion = Some(Suggestion {
        version: semver::Version::new(1, 3, 0),
        step: versions::Step::Minor,
        reasons: vec!["The parameter Title is new.".into()],
    });
    all.add("editor-publish", &PublishPage { suggestion, ..PublishPage::new(author(), &draft, None) });
    let mut refused = faults();
    refused.push(Fault::new("terms", "must be accepted before anything is published"));
    all.add("editor-publish-refused", &PublishPage::new(author(), &draft, Some(refused)));
    all.add("editor-publish-checked", &PublishPage::new(author(), &draft, Some(Vec::new())));
    let view = StandardResult::new(&Place::of_run(run_id()), standard_view(StandardLayout::Boxes));
    let preview = LayoutPreview::standard(view, Some("data:image/png;base64,".into()), Vec::new());
    all.add("editor-layout", &preview);
    all.add(
        "editor-layout-broken",
        &LayoutPreview { result: ResultPart::Broken(BrokenLayout { faults: faults(), values: Vec::new() }) },
    );
    let form = ParametersPage::new(author(), &draft, None).form;
    let fragment = FormPreview { chrome: author(), form };
    all.add_fragment("editor-form-preview", &fragment);
}

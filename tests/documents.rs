//! The pictures in the documents: what a person sees who runs a sample app on a photo of ours, and what the guide to
//! parameters and layouts shows.

use serde_json::{Value, json};
use vision_protocol::results::StandardLayout;

use crate::{
    browser::{log_in, run_in},
    support::{
        archives::archive,
        browser::Browser,
        glue::{self, Answer},
        guide, packages,
        portal::{Portal, Setup},
        python::tests_folder,
        require,
        visitor::{PASSWORD, Visitor, email},
    },
};

const PHOTO: &str = "../sample-apps/shape-finder/examples/paper-cut-outs/photo.jpg";
const GUIDE: &str = "parameters.md";

/// The heart and the star on the photo: left, top, width and height.
const HEART: [f32; 4] = [52.0, 102.0, 269.0, 258.0];
const STAR: [f32; 4] = [384.0, 203.0, 152.0, 152.0];

#[tokio::test]
async fn a_sample_app_finds_the_shapes_on_its_example() {
    let portal = Setup::new().with_sample_apps().start().await;
    let browser = require!(Browser::open(&portal.url).await);
    portal.home_with_sample_apps().await;
    browser.goto("/").await;
    browser.screenshot("home").await;
    let (account, password) = portal.admin_account();
    log_in(&browser, account, password).await;

    browser.goto("/apps/shape-finder").await;
    run_in(&browser, &tests_folder().join(PHOTO)).await;
    for shape in ["heart", "star"] {
        assert!(browser.has(&format!("svg rect[data-label='{shape}']")).await, "no {shape} was found");
    }
    browser.picture_for_documents("run").await;
}

#[tokio::test]
async fn each_layout_shows_what_the_guide_says() {
    let (text, mut shown) = (guide::text(GUIDE), Vec::new());
    let (browser, author, _portal) = require!(author_at_a_browser().await);
    for part in guide::section(&text, "## Layouts").split("\n### ").skip(1) {
        let layout = part.lines().next().expect("a heading");
        let block: Value = serde_json::from_str(guide::blocks(part, "json")[0]).expect("JSON");
        run_app(&browser, &author, &app(layout, &block, None)).await;
        let page = browser.script("return document.querySelector('[data-test=result]').innerHTML").await;
        let page = page.as_str().expect("a page");
        for word in words(&block["result"]) {
            assert!(page.contains(word), "{layout} does not show {word}: {page}");
        }
        browser.part_for_documents("[data-test='result']", &format!("layout-{layout}")).await;
        shown.push(layout.to_owned());
    }
    let mut all = StandardLayout::ALL.map(|(name, _)| name.to_owned());
    all.sort();
    shown.sort();
    assert_eq!(shown, all, "each layout has its part in the guide");
}

#[tokio::test]
async fn the_form_and_the_template_are_those_of_the_guide() {
    let text = guide::text(GUIDE);
    let (browser, author, _portal) = require!(author_at_a_browser().await);
    let parameters: Value =
        serde_json::from_str(guide::blocks(guide::section(&text, "## Parameters"), "json")[0]).expect("JSON");
    let package = package(
        "Leaves",
        &parameters,
        &json!([{ "ResultType": "Text", "Name": "answer" }]),
        "text",
        None,
        &glue::instant(),
    );
    browser.goto(&author.publish(&package).await).await;
    for parameter in parameters.as_array().expect("a list") {
        let name = parameter["Name"].as_str().expect("a name");
        assert!(browser.has(&format!("[data-test='run-form'] [name='p.{name}']")).await, "no field for {name}");
    }
    browser.part_for_documents("section:has(#run-form)", "parameters-form").await;

    let boxes = guide::blocks(guide::section(&text, "### boxes"), "json")[0];
    let boxes: Value = serde_json::from_str(boxes).expect("JSON");
    let template = text.split("template.html <<'END'\n").nth(1).and_then(|rest| rest.split("END\n").next());
    run_app(&browser, &author, &app("template.html", &boxes, template)).await;
    let inside = "return document.querySelector('iframe').contentDocument.body.innerText";
    let inside = browser.script(inside).await;
    let inside = inside.as_str().expect("a page");
    assert!(inside.contains("2 in the street") && inside.contains("97 %"), "{inside}");
    browser.part_for_documents("[data-test='result']", "template").await;
}

/// An author who is logged in at a browser, and may publish.
pub(crate) async fn author_at_a_browser() -> Result<(Browser, Visitor, Portal), crate::support::Missing> {
    let portal = Portal::start().await;
    let browser = Browser::open(&portal.url).await?;
    let author = portal.author("ada").await;
    log_in(&browser, &email("ada"), PASSWORD).await;
    Ok((browser, author, portal))
}

/// Publishes an app, runs it in the browser, and waits for all its pictures.
pub(crate) async fn run_app(browser: &Browser, author: &Visitor, package: &[u8]) {
    browser.goto(&author.publish(package).await).await;
    run_in(browser, &tests_folder().join(PHOTO)).await;
    let pictures = "const inside = [...document.querySelectorAll('iframe')].map(e => e.contentDocument);
        const pictures = [document, ...inside].flatMap(page => [...page.images]);
        return Promise.all(pictures.map(e => e.decode().then(() => e.naturalWidth)))";
    let widths = browser.script(pictures).await;
    assert!(widths.as_array().expect("a list").iter().all(|width| *width != 0), "{widths}");
}

/// The package of an app that answers as the guide says.
fn app(layout: &str, block: &Value, template: Option<&str>) -> Vec<u8> {
    let variables = block["ResultVariables"].as_array().expect("a list");
    let answers: Vec<_> = variables
        .iter()
        .map(|variable| {
            let name = variable["Name"].as_str().expect("a name");
            (name, answer(name, &variable["ResultType"], &block["result"][name]))
        })
        .collect();
    let photo = json!([{ "ParameterType": "Image", "Name": "Image", "Label": "Photo" }]);
    package("Shapes", &photo, &block["ResultVariables"], layout, template, &glue::answering(&answers))
}

/// Pictures are not in the guide's text: here they are made of the photo.
fn answer(name: &str, kind: &Value, value: &Value) -> Answer {
    match (kind.as_str(), name) {
        (Some("Image"), "first") => Answer::Part(HEART),
        (Some("Image"), "second") => Answer::Part(STAR),
        (Some("Image"), _) => {
            let [x, y, width, height] = HEART;
            Answer::Outlined(vec![[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
        }
        (Some("Text"), _) => Answer::Text(value.as_str().expect("a text").to_owned()),
        (Some("Number"), _) => Answer::Number(value.as_f64().expect("a number")),
        (Some("Boolean"), _) => Answer::Boolean(value.as_bool().expect("yes or no")),
        _ => Answer::Json(value.clone()),
    }
}

pub(crate) fn package(
    name: &str,
    parameters: &Value,
    results: &Value,
    layout: &str,
    template: Option<&str>,
    component: &[u8],
) -> Vec<u8> {
    let manifest = json!({
        "Name": name, "Category": "Tests", "Version": "1.0.0",
        "AppParameters": parameters, "ResultVariables": results, "ResultLayout": layout,
    });
    let manifest = packages::bytes(&manifest);
    let mut files: Vec<(&str, &[u8])> = vec![("app.json", &manifest), ("app.wasm", component)];
    files.extend(template.map(|template| ("template.html", template.as_bytes())));
    archive(&files)
}

/// All texts in a result but for what stands for a picture.
fn words(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) if text == "a picture" => Vec::new(),
        Value::String(text) => vec![text.as_str()],
        Value::Array(list) => list.iter().flat_map(words).collect(),
        Value::Object(object) => object.values().flat_map(words).collect(),
        _ => Vec::new(),
    }
}

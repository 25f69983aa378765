//! What a result's layout lets people do: hide and pick marks, look closely, compare, leaf through, sort.

use serde_json::{Value, json};

use crate::{
    documents::{author_at_a_browser, package, run_app},
    support::{
        browser::Browser,
        glue::{self, Answer},
        require,
        visitor::Visitor,
    },
};

/// Runs an app that answers so.
async fn show(browser: &Browser, author: &Visitor, layout: &str, results: &Value, answers: &[(&str, Answer)]) {
    let photo = json!([{ "ParameterType": "Image", "Name": "Image", "Label": "Photo" }]);
    let name = format!("Shown as {layout}");
    let package = package(&name, &photo, results, layout, None, &glue::answering(answers));
    run_app(browser, author, &package).await;
}

async fn texts(browser: &Browser, css: &str) -> Value {
    let script = format!("return [...document.querySelectorAll(\"{css}\")].map(e => e.innerText.trim())");
    browser.script(&script).await
}

fn found(label: &str, score: f64, x: f64) -> Value {
    json!({ "label": label, "score": score, "x": x, "y": 100.0, "width": 150.0, "height": 150.0 })
}

#[tokio::test]
async fn marks_on_a_photo_are_hidden_picked_and_looked_at_closely() {
    let (browser, author, _portal) = require!(author_at_a_browser().await);
    let boxes = json!({ "width": 640.0, "height": 480.0, "boxes": [
        found("heart", 0.9, 50.0), found("star", 0.8, 380.0), found("heart", 0.3, 220.0),
    ]});
    let results = json!([{ "ResultType": "Boxes", "Name": "boxes" }]);
    show(&browser, &author, "boxes", &results, &[("boxes", Answer::Json(boxes))]).await;
    let shown =
        "return [...document.querySelectorAll('.shape')].filter(e => getComputedStyle(e).display !== 'none').length";
    assert_eq!(browser.script(shown).await, 3);

    browser.click(".toggle:nth-of-type(2)").await;
    assert_eq!(browser.script(shown).await, 2, "the star is hidden");
    assert_eq!(browser.text("[data-hidden-note]").await, "2 of 3 shown");
    // As by the keyboard: the arrow key moves the slider from its place.
    browser.script("document.querySelector('.slider input').focus()").await;
    browser.press(&["ArrowRight"]).await;
    assert_eq!(browser.text(".slider output").await, "31 %");
    assert_eq!(browser.script(shown).await, 1, "a heart below the score is hidden");
    assert_eq!(texts(&browser, "[data-list] li:not([hidden])").await, json!(["heart\n90 %"]));

    browser.press(&["Tab"]).await;
    let picked = "return document.querySelector('.shape.picked')?.dataset.index";
    assert_eq!(browser.script(picked).await, "0", "the line that has the focus picks its box");

    browser.click("[data-zoom] [data-by='1.5']").await;
    assert_eq!(browser.text("[data-level]").await, "150 %");
    let sizes = "const s = document.querySelector('.stage'); return s.scrollWidth / s.clientWidth";
    let ratio = browser.script(sizes).await.as_f64().expect("a number");
    assert!((ratio - 1.5).abs() < 0.02, "{ratio}");
    browser.click("[data-zoom] [data-by='0']").await;
    assert_eq!(browser.text("[data-level]").await, "100 %");
    assert_eq!(browser.console().await, Vec::<String>::new());
}

#[tokio::test]
async fn before_and_after_lie_behind_a_slider() {
    let (browser, author, _portal) = require!(author_at_a_browser().await);
    let results = json!([{ "ResultType": "Image", "Name": "framed", "Label": "Framed" }]);
    let line = vec![[10.0, 10.0], [600.0, 10.0], [600.0, 400.0]];
    show(&browser, &author, "before-after", &results, &[("framed", Answer::Outlined(line))]).await;
    browser.wait_for(".compare input[type=range]").await;
    browser.script("document.querySelector('.compare input').focus()").await;
    browser.press(&["ArrowRight", "ArrowRight"]).await;
    let clip = "return document.querySelector('.compare .after').style.clipPath";
    assert_eq!(browser.script(clip).await, "inset(0px 0px 0px 52%)");
    assert_eq!(browser.console().await, Vec::<String>::new());
}

#[tokio::test]
async fn pictures_are_leafed_through_and_tables_sorted() {
    let (browser, author, _portal) = require!(author_at_a_browser().await);
    let results = json!([
        { "ResultType": "Image", "Name": "first", "Label": "Heart" },
        { "ResultType": "Image", "Name": "second", "Label": "Star" },
        { "ResultType": "Table", "Name": "parts" },
    ]);
    let table = json!([{ "name": "b", "size": 9.0 }, { "name": "a", "size": 10.0 }, { "name": "c", "size": 1.5 }]);
    let pictures =
        [("first", Answer::Part([52.0, 102.0, 269.0, 258.0])), ("second", Answer::Part([384.0, 203.0, 152.0, 152.0]))];
    let answers: Vec<_> = pictures.into_iter().chain([("parts", Answer::Json(table))]).collect();
    show(&browser, &author, "gallery", &results, &answers).await;

    browser.click(".gallery a").await;
    assert_eq!(browser.text(".lightbox p").await, "Heart · 1 of 2");
    browser.press(&["ArrowRight"]).await;
    assert_eq!(browser.text(".lightbox p").await, "Star · 2 of 2");
    browser.press(&["ArrowRight", "Escape"]).await;
    let closed =
        "return [document.querySelector('dialog'), document.activeElement.innerText, document.activeElement.tagName]";
    assert_eq!(browser.script(closed).await, json!([null, "", "A"]), "the focus is back in the gallery");

    let names = "table tbody td:first-child";
    assert_eq!(texts(&browser, names).await, json!(["b", "a", "c"]), "as they were given");
    browser.click("th:nth-child(2) button").await;
    assert_eq!(texts(&browser, names).await, json!(["c", "b", "a"]), "by number, not by letter");
    assert_eq!(browser.script("return document.querySelector('[aria-sort]').ariaSort").await, "ascending");
    browser.click("th:nth-child(2) button").await;
    assert_eq!(texts(&browser, names).await, json!(["a", "b", "c"]));
    browser.click("th:nth-child(2) button").await;
    assert_eq!(texts(&browser, names).await, json!(["b", "a", "c"]), "back to the order that was given");
    assert_eq!(browser.console().await, Vec::<String>::new());
}

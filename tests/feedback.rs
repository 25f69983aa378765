//! Feedback in a real browser, and its exports in the hands of those who train with them.

use serde_json::{Value, json};

use crate::{
    browser::{log_in, run_in},
    publishing::new_key,
    support::{
        browser::Browser,
        command::Vision,
        data::{TestData, read},
        packages,
        page::Page,
        portal::Portal,
        python::Reference,
        require,
        visitor::{PASSWORD, Visitor, email},
    },
};

/// Says something of a run, and lets the author use the photo.
pub(crate) async fn judge(person: &Visitor, run: &Page, verdict: &str, changes: &[(&str, &str)]) {
    let form = run.form("[data-test='feedback-form']").set("verdict", verdict).tick("consent", true);
    let form = changes.iter().fold(form, |form, (name, text)| form.set(name, text));
    person.submit(&form).await.ok();
}

#[tokio::test]
async fn boxes_are_drawn_moved_and_removed_on_the_photo() {
    let data = require!(TestData::find());
    let portal = Portal::start().await;
    let browser = require!(Browser::open(&portal.url).await);
    let app = portal.author("ada").await.publish(&packages::yolox(&data)).await;
    portal.consumer("grace").await;
    log_in(&browser, &email("grace"), PASSWORD).await;
    browser.goto(&app).await;
    run_in(&browser, &data.image("darknet_dog.jpg")).await;
    let run = browser.path().await;

    browser.click("[name=verdict][value=partly]").await;
    let found = boxes(&browser).await;
    assert!(found.len() >= 3, "dog, bicycle and car: {found:?}");
    // With the keyboard: the first box is moved, made larger, and removed.
    browser.script("document.querySelector('[data-canvas] g').focus()").await;
    press(&browser, "ArrowRight", 0).await;
    press(&browser, "ArrowDown", SHIFT).await;
    press(&browser, "ArrowLeft", ALT).await;
    let moved = boxes(&browser).await;
    let step = 8.0; // A hundredth of 768 pixels.
    assert!(near(side(&moved[0], "x"), side(&found[0], "x") + step - 1.0), "{} after {}", moved[0], found[0]);
    assert!(near(side(&moved[0], "height"), side(&found[0], "height") + step), "{} after {}", moved[0], found[0]);
    press(&browser, "Delete", 0).await;
    assert_eq!(boxes(&browser).await.len(), found.len() - 1);

    // With the mouse: a new one is drawn in the upper left corner, where nothing is.
    drag(&browser, (0.02, 0.02), (0.12, 0.1), false).await;
    let drawn = boxes(&browser).await;
    assert_eq!(drawn.len(), found.len(), "{drawn:?}");
    let new = drawn.last().expect("a box");
    assert!((side(new, "x") - 15.4).abs() < 3.0 && (side(new, "width") - 76.8).abs() < 3.0, "{new}");
    browser.script("document.querySelector('[data-rows] li:last-child [data-part=label]').value = 'lamp'").await;
    browser.screenshot("box-editor").await;
    browser.click("[data-test='feedback-form'] [type=submit]").await;
    browser.wait_for("[data-test='notice']").await;
    assert_eq!(boxes(&browser).await.last().expect("a box")["label"], "lamp");

    // On a phone, with a finger: one more, and no sideways scroll.
    browser.emulate_phone().await;
    browser.goto(&run).await;
    let script = "document.querySelector('[data-canvas]').scrollIntoView({ block: 'center' })";
    browser.script(script).await;
    drag(&browser, (0.8, 0.85), (0.95, 0.98), true).await;
    assert_eq!(boxes(&browser).await.len(), found.len() + 1);
    let script = "const e = document.documentElement; return e.scrollWidth - e.clientWidth";
    assert_eq!(browser.script(script).await, 0, "the page is wider than the phone");
    browser.screenshot("box-editor-on-phone").await;
    browser.click("[data-test='feedback-form'] [type=submit]").await;
    browser.wait_for("[data-test='notice']").await;
    assert_eq!(boxes(&browser).await.len(), found.len() + 1);
    assert_eq!(browser.console().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_are_loaded_by_those_who_train() {
    let (data, vision) = (require!(TestData::find()), require!(Vision::find()));
    let reference = require!(Reference::of_trainers());
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let app = author.publish(&packages::yolox(&data)).await;
    let slug = app.trim_start_matches("/apps/");
    let (grace, eve) = (portal.consumer("grace").await, portal.consumer("eve").await);
    let photo = |name: &str| read(&data.image(name));
    let dog = grace.run_and_wait(&app, &photo("darknet_dog.jpg"), "image/jpeg").await;
    judge(&grace, &dog, "right", &[("comment", "=all of it")]).await;
    // Somebody else says that nothing is on it, and is believed.
    let horses = eve.run_and_wait(&app, &photo("darknet_horses.jpg"), "image/jpeg").await;
    let form = horses.form("[data-test='feedback-form']").set("verdict", "wrong").tick("consent", true);
    let names = form.pairs().into_iter().map(|(name, _)| name.to_owned());
    let labels: Vec<String> = names.filter(|name| name.starts_with("b.") && name.ends_with(".label")).collect();
    let form = labels.iter().fold(form.clone(), |form, name| form.set(name, ""));
    eve.submit(&form).await.ok();

    vision.log_in(&portal.url, &new_key(&author, &["feedback"]).await);
    let export = |format: &str, folder: &str| {
        vision.run(&["feedback", "export", slug, "--format", format, "--out", folder, "--json"])
    };
    for format in ["coco", "csv", "yolo", "voc", "jsonl"] {
        assert_eq!(export(format, format).json()["photos"], 2, "{format}");
    }
    let again = export("coco", "coco");
    assert!(again.code == 2 && again.err.contains("not empty"), "{again:?}");
    let told = reference.ask("exports.py", &[&vision.home().join("coco"), &vision.home().join("csv")]);
    let images = told["images"].as_array().expect("a list");
    assert!(images.iter().all(|image| image["fits"] == true), "{told}");
    assert!(images[0]["labels"].as_array().is_some_and(|labels| labels.contains(&json!("dog"))), "{told}");
    assert_eq!(images[1]["labels"], json!([]), "a negative");
    assert!(
        told["scores"].as_array().is_some_and(|scores| scores.iter().any(|score| (0.8..0.9).contains(&number(score))))
    );
    assert_eq!((&told["verdicts"], &told["kinds"]), (&json!(["right", "wrong"]), &json!(["predicted", "truth"])));
    assert_eq!((&told["photos"], &told["comments"]), (&json!([true, true]), &json!(["'=all of it"])));

    // What the runner tells of photos, and what the author sees of all runs together.
    let figures = author.get(&format!("/author{app}")).await.ok();
    let drift = figures.text("[data-test='drift']").expect("a part about drift");
    assert!(drift.contains("Brightness of the photo") && drift.contains("Best score"), "{drift}");
    assert!(figures.text("[data-test='stages']").is_some_and(|stages| stages.contains("Running the model")));

    // Grace takes hers back: the next export of every format has one photo, and not hers.
    let consents = grace.get("/settings/consents").await.ok();
    grace.submit(&consents.form("form[action='/settings/consents/withdraw']")).await.ok();
    for format in ["coco", "csv", "yolo", "voc", "jsonl"] {
        let folder = format!("{format}-later");
        assert_eq!(export(format, &folder).json()["photos"], 1, "{format}");
        let hers = dog.url.path().trim_start_matches("/runs/").to_owned();
        let holds = crate::support::processes::files_with(&vision.home().join(&folder), hers.as_bytes());
        let named = crate::support::processes::files_below(&vision.home().join(&folder));
        assert!(holds.is_empty() && !named.iter().any(|file| file.contains(&hers)), "{format}: {holds:?} {named:?}");
    }
}

const ALT: u32 = 1;
const SHIFT: u32 = 8;

/// The boxes as they stand in the fields.
async fn boxes(browser: &Browser) -> Vec<Value> {
    let script = "return [...document.querySelectorAll('[data-rows] [data-row]')].map(row =>
        Object.fromEntries([...row.querySelectorAll('[data-part]')].map(input => [input.dataset.part, input.value])))";
    browser.script(script).await.as_array().expect("a list").clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{value} is no number"))
}

fn side(found: &Value, side: &str) -> f64 {
    number(&found[side])
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.11
}

async fn press(browser: &Browser, key: &str, modifiers: u32) {
    for kind in ["rawKeyDown", "keyUp"] {
        let event = json!({ "type": kind, "key": key, "code": key, "modifiers": modifiers });
        browser.devtools("Input.dispatchKeyEvent", event).await;
    }
}

/// From one part of the photo to another, with a mouse or a finger.
async fn drag(browser: &Browser, from: (f64, f64), to: (f64, f64), finger: bool) {
    let script = "document.querySelector('[data-canvas]').scrollIntoView({ block: 'center' });
        const e = document.querySelector('[data-canvas]').getBoundingClientRect(); return [e.x, e.y, e.width, e.height]";
    let photo = browser.script(script).await;
    let at =
        |(x, y): (f64, f64)| (number(&photo[0]) + x * number(&photo[2]), number(&photo[1]) + y * number(&photo[3]));
    let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
    let steps =
        [("mousePressed", "touchStart", from), ("mouseMoved", "touchMove", middle), ("mouseMoved", "touchMove", to)];
    for (mouse, touch, place) in steps {
        let (x, y) = at(place);
        if finger {
            let event = json!({ "type": touch, "touchPoints": [{ "x": x, "y": y }] });
            browser.devtools("Input.dispatchTouchEvent", event).await;
        } else {
            let event = json!({ "type": mouse, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
            browser.devtools("Input.dispatchMouseEvent", event).await;
        }
    }
    let (x, y) = at(to);
    if finger {
        browser.devtools("Input.dispatchTouchEvent", json!({ "type": "touchEnd", "touchPoints": [] })).await;
    } else {
        let event = json!({ "type": "mouseReleased", "x": x, "y": y, "button": "left", "buttons": 0, "clickCount": 1 });
        browser.devtools("Input.dispatchMouseEvent", event).await;
    }
}

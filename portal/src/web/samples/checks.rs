//! What the sample of every template must show. With `VISION_SAMPLES` naming a folder, the pages are written there, to
//! be looked at.

use std::collections::BTreeSet;

use scraper::{Html, Selector};

use super::samples;

fn select(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

fn count(page: &Html, selector: &str) -> usize {
    page.select(&select(selector)).count()
}

#[test]
fn every_template_renders_and_is_sound() {
    let all = samples();
    let folder = std::env::var_os("VISION_SAMPLES");
    for sample in &all.0 {
        let page = Html::parse_document(&sample.html);
        assert_eq!(page.errors.as_slice(), &[] as &[String], "{}: parses without faults", sample.name);
        assert_eq!(count(&page, "[style], script:not([src])"), 0, "{}: nothing inline", sample.name);
        assert_eq!(count(&page, "[onclick], [onload], [onerror]"), 0, "{}: no inline handlers", sample.name);
        assert_eq!(count(&page, "img:not([alt])"), 0, "{}: every picture has a text", sample.name);
        for form in page.select(&select("form[method=post]")) {
            let first = form.select(&select("input, select, textarea, button")).next().unwrap();
            assert_eq!(first.value().attr("name"), Some("csrf"), "{}: the token comes first", sample.name);
        }
        let mut ids = BTreeSet::new();
        for element in page.select(&select("[id]")) {
            let id = element.value().attr("id").unwrap();
            assert!(ids.insert(id.to_owned()), "{}: the id {id} stands twice", sample.name);
        }
        for label in page.select(&select("label[for]")) {
            let target = label.value().attr("for").unwrap();
            assert!(ids.contains(target), "{}: a label for {target}, which is not there", sample.name);
        }
        if let Some(folder) = &folder {
            std::fs::write(std::path::Path::new(folder).join(format!("{}.html", sample.name)), &sample.html).unwrap();
        }
    }
}

#[test]
fn every_template_has_a_sample() {
    // What is not included by another template must be named in the source of this crate's pages.
    let templates = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates");
    let mut all = BTreeSet::new();
    let mut folders = vec![std::path::PathBuf::from(templates)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path();
                all.insert(path.strip_prefix(templates).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let texts: Vec<String> = all.iter().map(|t| std::fs::read_to_string(format!("{templates}/{t}")).unwrap()).collect();
    let is_used = |template: &str| texts.iter().any(|text| text.contains(&format!("\"{template}\"")));
    let pages: Vec<&str> = all.iter().map(String::as_str).filter(|template| !is_used(template)).collect();
    let sampled = [
        "admin/app.html",
        "admin/audit.html",
        "admin/catalog.html",
        "admin/categories.html",
        "admin/featured.html",
        "admin/install.html",
        "admin/invitations.html",
        "admin/overview.html",
        "admin/people.html",
        "admin/person.html",
        "admin/reports.html",
        "admin/requests.html",
        "admin/review.html",
        "admin/reviews.html",
        "admin/runners.html",
        "admin/site.html",
        "app.html",
        "author.html",
        "author/apps.html",
        "author/editor/code.html",
        "author/editor/general.html",
        "author/editor/layout_preview.html",
        "author/editor/parameters.html",
        "author/editor/publish.html",
        "author/editor/template.html",
        "author/feedback.html",
        "author/figures.html",
        "author/live.html",
        "author/release.html",
        "author/releases.html",
        "author/tests.html",
        "author/upload.html",
        "error.html",
        "history.html",
        "home.html",
        "layout_document.html",
        "login.html",
        "offline.html",
        "report.html",
        "reset.html",
        "reviews.html",
        "run.html",
        "runs/batch.html",
        "runs/compare.html",
        "runs/compare_with.html",
        "runs/delete_all.html",
        "search.html",
        "settings/account.html",
        "settings/author.html",
        "settings/consents.html",
        "settings/data.html",
        "settings/keep.html",
        "settings/keys.html",
        "settings/sessions.html",
        "shelf.html",
        "signup.html",
        "terms.html",
    ];
    assert_eq!(pages, sampled, "a template without a sample, or a sample without a template");
}

#[test]
fn boxes_carry_what_was_found() {
    let page = samples().page("run-boxes");
    assert_eq!(count(&page, "[data-test=result] .stage[data-boxes] svg[viewBox='0 0 768 576']"), 1);
    let dog = page.select(&select("rect[data-label=dog]")).next().unwrap().value();
    assert_eq!(dog.attr("data-score"), Some("0.83"));
    assert_eq!((dog.attr("data-x"), dog.attr("data-width")), (Some("131"), Some("180")));
    assert_eq!(count(&page, "rect[data-label]"), 3);
    assert_eq!(count(&page, "[data-test=run-status]"), 1);
}

#[test]
fn an_example_shows_its_result_and_fills_the_form() {
    let page = samples().page("app-example");
    assert_eq!(count(&page, "[data-test=example] rect[data-label=dog]"), 1);
    let photo = page.select(&select("[data-test=example] .stage img")).next().unwrap().value().attr("src").unwrap();
    assert!(photo.starts_with("/apps/shape-finder/examples/1/files/"), "{photo}");
    let age = page.select(&select("input[name='p.Age']")).next().unwrap().value();
    assert_eq!(age.attr("value"), Some("42"));
    assert_eq!(count(&page, "input[name='p.Careful'][checked]"), 1);
    let link = page.select(&select("[data-fill=run-form] a[data-field='p.Image']")).next().unwrap();
    assert_eq!(link.value().attr("href"), Some(photo));
    assert_eq!(count(&page, "[data-test=examples] a"), 2);
    assert_eq!(count(&page, "[data-test=versions] > li"), 2);
    assert_eq!(count(&page, "[data-test=versions] .prose strong"), 1);
    assert_eq!(count(&page, "[data-test=deprecated]"), 1);
}

#[test]
fn points_and_outlines_lie_on_the_photo() {
    let points = samples().page("run-points");
    let on_photo = select(".stage svg[viewBox='0 0 768 576'] path.dot[data-label]");
    let mut dots = points.select(&on_photo);
    let nose = dots.next().unwrap();
    assert_eq!((nose.attr("d"), nose.text().collect::<String>().as_str()), (Some("M190.5 250h0"), "nose, 97 %"));
    assert_eq!(dots.next().unwrap().attr("data-label"), Some("left <ear>"));
    let polygons = samples().page("run-polygons");
    let text = polygons.select(&select(".stage polygon.outline")).next().unwrap();
    assert_eq!(text.attr("points"), Some("10.5,20 110,24 109,44 9.5,40"));
    assert_eq!((text.attr("data-label"), text.attr("data-score")), (Some("text"), Some("0.88")));
    assert_eq!(count(&samples().page("run-boxes"), "g.box path.dot"), 3);
}

#[test]
fn labels_carry_their_scores() {
    let page = samples().page("run-labels");
    let labels: Vec<_> = page
        .select(&select("[data-test=labels] li[data-label]"))
        .map(|li| {
            (li.value().attr("data-label").unwrap().to_owned(), li.value().attr("data-score").unwrap().to_owned())
        })
        .collect();
    assert_eq!(labels[0], ("tabby cat".to_owned(), "0.713".to_owned()));
    assert_eq!(labels.len(), 3);
}

#[test]
fn a_refused_form_keeps_what_was_typed_beside_what_is_wrong() {
    let page = samples().page("app-refused");
    let age = page.select(&select("input[name='p.Age']")).next().unwrap().value();
    assert_eq!(
        (age.attr("value"), age.attr("aria-invalid"), age.attr("max")),
        (Some("121"), Some("true"), Some("120"))
    );
    let wrong = page.select(&select("[data-wrong=Age]")).next().unwrap();
    assert_eq!(wrong.text().collect::<String>(), "must be from 0 to 120");
    let note = page.select(&select("textarea[name='p.Note']")).next().unwrap();
    assert_eq!(note.text().collect::<String>(), "kept <b>");
    let other = page.select(&select("[data-test=fault]")).next().unwrap();
    assert!(other.text().collect::<String>().contains("no such parameter"));
}

#[test]
fn every_kind_of_parameter_has_its_field() {
    let page = samples().page("app");
    for selector in [
        "[data-test=run-form] input[type=hidden][name=csrf]",
        "input[type=file][name='p.Image'][required]",
        "input[type=number][name='p.Age'][min='0'][max='120'][step='0.5']",
        "textarea[name='p.Note']:not([required])",
        "input[type=text][name='p.Title'][maxlength='40'][value='My \"object\"']",
        "input[type=date][name='p.Day'][min='2020-01-01']",
        "select[name='p.Colour'] option[value='']",
        "input[type=checkbox][name='p.Careful']",
    ] {
        assert_eq!(count(&page, selector), 1, "{selector}");
    }
    assert_eq!(count(&page, "select[name='p.Colour'] option"), 4);
}

#[test]
fn waiting_pages_look_again_without_scripts() {
    for name in ["run-is-queued", "run-is-running", "release-checking"] {
        let sample = samples();
        let html = &sample.0.iter().find(|sample| sample.name == name).unwrap().html;
        assert!(html.contains(r#"<noscript><meta http-equiv="refresh" content="2"></noscript>"#), "{name}");
        assert_eq!(count(&sample.page(name), "[aria-live=polite][data-events]"), 1, "{name}");
    }
}

#[test]
fn a_key_is_shown_once_and_its_beginning_ever_after() {
    let all = samples();
    let made = all.page("keys-made");
    assert_eq!(count(&made, "[data-test=new-key]"), 1);
    let list = all.page("keys");
    assert_eq!((count(&list, "[data-test=new-key]"), count(&list, "[data-test=key]")), (0, 2));
    assert_eq!(count(&list, "[data-test=key-form] input[type=checkbox][checked]"), 3);
    assert_eq!(count(&all.page("keys-of-a-consumer"), "[data-test=key-form]"), 0, "a consumer has no use for a key");
    let refused = all.page("keys-refused");
    assert_eq!(count(&refused, "#name[aria-invalid=true]"), 1);
}

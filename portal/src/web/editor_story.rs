//! What authors do in the editor, request by request, with forms alone.

use actix_web::{
    http::{Method, StatusCode, header::ACCEPT},
    test::{self, TestRequest},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::testing::{Answer, Browser, PNG, World, package};

const HTML: &str = "text/html";

/// A browser with its token.
macro_rules! author {
    ($app:expr, $browser:ident, $csrf:ident) => {
        let $browser = Browser::of(&$app, "author").await;
        let $csrf = $browser.csrf().await;
    };
}

fn texts(answer: &Answer, selector: &str) -> Vec<String> {
    let page = answer.page();
    let selector = scraper::Selector::parse(selector).unwrap();
    page.select(&selector).map(|element| element.text().collect::<String>().trim().to_owned()).collect()
}

/// The draft of `/author/drafts/7/general`.
fn draft_of(location: &str) -> String {
    location.rsplit_once('/').unwrap().0.to_owned()
}

#[actix_web::test]
async fn an_app_is_written_step_by_step_and_becomes_a_release() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    author!(app, browser, csrf);
    let csrf = csrf.as_str();

    assert!(browser.get("/author/new").await.has("[data-test=general-form] input[name=Name]"));
    let form = [("csrf", csrf), ("Name", "Dog finder"), ("Readme", "# Dogs"), ("action", "next")];
    let begun = browser.post("/author/new", &form).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
    let draft = draft_of(&begun.location.unwrap());
    assert!(browser.get("/author").await.text("[data-test=draft-line]").contains("Dog finder"));

    // Parameters, row by row.
    let parameters = format!("{draft}/parameters");
    let added = browser.post(&parameters, &[("csrf", csrf), ("action", "add")]).await;
    assert_eq!(added.location.as_deref(), Some(parameters.as_str()));
    let rows = [
        ("csrf", csrf),
        ("row.0.ParameterType", "Number"),
        ("row.0.Name", "Age"),
        ("row.0.Min", "none"),
        ("row.1.ParameterType", "Image"),
        ("row.1.Name", "Image"),
        ("row.1.Required", "on"),
        ("action", "up:1"),
    ];
    let moved = browser.post(&parameters, &rows).await;
    assert_eq!(moved.location, Some(format!("{parameters}#row-0")));
    let page = browser.get(&parameters).await;
    assert_eq!(texts(&page, "[data-test=parameter-row] legend"), ["Image", "Age"]);
    assert_eq!(texts(&page, "#row-1 [data-test=fault]"), ["Minmust be a number"]);
    assert!(page.has("[data-test=form-preview] input[type=file][name='p.Image']"));
    let typed = [("csrf", csrf), ("row.0.ParameterType", "Date"), ("row.0.Name", "Day")];
    let preview = browser.post(&format!("{parameters}/preview"), &typed).await;
    assert!(preview.has("input[type=date][name='p.Day']") && !preview.has("header"));

    // The same as JSON: what is no JSON is kept as it was typed, and not saved.
    let json = browser.get(&format!("{parameters}?view=json")).await;
    let shown: serde_json::Value = serde_json::from_str(&json.text("textarea[name=Json]")).unwrap();
    assert_eq!(shown[1]["Min"], "none");
    let broken = browser.post(&parameters, &[("csrf", csrf), ("Json", "[{]"), ("action", "save")]).await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(broken.text("textarea[name=Json]"), "[{]");
    assert!(broken.text("[data-test=step-faults]").contains("line 1"));
    let good = r#"[{"ParameterType": "Image", "Name": "Image"}]"#;
    let saved = browser.post(&parameters, &[("csrf", csrf), ("Json", good), ("action", "view:form")]).await;
    assert_eq!(saved.location.as_deref(), Some(parameters.as_str()));
    assert_eq!(texts(&browser.get(&parameters).await, "[data-test=parameter-row] legend"), ["Image"]);

    // Code: a model in the plain way, and labels piece by piece.
    let model =
        [("csrf", None, csrf.as_bytes()), ("kind", None, b"model"), ("file", Some("dogs.onnx"), b"\x08\x08\x3a\x00")];
    let taken = browser.post_parts(&format!("{draft}/files"), HTML, &model).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    let wrong = [("csrf", None, csrf.as_bytes()), ("kind", None, b"model"), ("file", Some("dogs.png"), PNG)];
    let refused = browser.post_parts(&format!("{draft}/files"), HTML, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text("[data-test=fault]").contains(".onnx"));
    let code = browser.get(&format!("{draft}/code")).await;
    assert!(code.has("[data-test=model-row] input[value='models/dogs.onnx']"));
    let task = [
        ("csrf", csrf),
        ("Task", "classification"),
        ("row.0.Name", "dogs"),
        ("row.0.File", "models/dogs.onnx"),
        ("action", "next"),
    ];
    browser.post(&format!("{draft}/code"), &task).await;

    // The example shows what the task answers with.
    let frame = browser.get(&format!("{draft}/template/frame")).await;
    assert!(frame.has("[data-test=labels] li[data-label=first]"), "{}", frame.body);
    let own = [
        ("csrf", csrf),
        ("ResultLayout", "template.html"),
        ("Template", "<b>{{ result.labels[0].label }}</b><script>x</script>"),
    ];
    let typed = browser.post(&format!("{draft}/template/frame"), &own).await;
    assert_eq!(texts(&typed, "body > b"), ["first"]);
    assert!(!typed.has("script") && typed.header("content-security-policy").unwrap().contains("sandbox"));
    let faulty = [("csrf", csrf), ("ResultLayout", "template.html"), ("Template", "{% for %}"), ("action", "save")];
    browser.post(&format!("{draft}/template"), &faulty).await;
    let page = browser.get(&format!("{draft}/publish")).await;
    assert!(texts(&page, "[data-test=fault]").iter().any(|fault| fault.contains("template.html: line 1")));
    browser.post(&format!("{draft}/template"), &[("csrf", csrf), ("ResultLayout", ""), ("action", "save")]).await;

    // Publishing.
    let publish = format!("{draft}/publish");
    let check = [("csrf", csrf), ("Version", "0.1.0"), ("action", "check")];
    let checked = browser.post(&publish, &check).await;
    assert!(checked.has("[data-test=checked]"), "{}", checked.body);
    let without_terms = [("csrf", csrf), ("Version", "0.1.0"), ("action", "release")];
    let refused = browser.post(&publish, &without_terms).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text("[data-test=terms-wrong]").contains("accepted"));
    let form = [("csrf", csrf), ("Version", "0.1.0"), ("Terms", "on"), ("Notes", "First."), ("action", "release")];
    let released = browser.post(&publish, &form).await;
    assert_eq!(released.status, StatusCode::SEE_OTHER, "{}", released.body);
    let release = browser.get(&released.location.unwrap()).await;
    assert!(release.text("h1").contains("Dog finder") && release.text("[data-test=release-status]") == "Checking");
    let again = browser.post(&publish, &form).await;
    assert!(texts(&again, "[data-test=fault]").iter().any(|fault| fault.contains("is there already")));
    assert!(browser.get(&format!("{draft}/general")).await.has("a[href='/apps/dog-finder']"));

    browser.post(&format!("{draft}/delete"), &[("csrf", csrf)]).await;
    assert_eq!(browser.get(&publish).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_zip_fills_in_the_steps_and_a_release_can_be_edited() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    author!(app, browser, csrf);
    let begun = browser.post("/author/new", &[("csrf", &csrf), ("Name", "x")]).await;
    let draft = draft_of(&begun.location.unwrap());
    let zip = package("3.0.0");
    let parts = [("csrf", None, csrf.as_bytes()), ("kind", None, b"zip"), ("file", Some("a.zip"), &zip[..])];
    browser.post_parts(&format!("{draft}/files"), HTML, &parts).await;
    assert!(browser.get(&format!("{draft}/general")).await.has("input[name=Name][value='Cat finder']"));
    let page = browser.get(&format!("{draft}/parameters")).await;
    assert_eq!(texts(&page, "[data-test=parameter-row] legend"), ["Image", "Age", "Careful"]);
    assert!(browser.get(&format!("{draft}/publish")).await.has("input[name=Version][value='3.0.0']"));

    let edit = browser.post("/author/apps/cat-finder/edit", &[("csrf", &csrf), ("afresh", "on")]).await;
    let draft = draft_of(&edit.location.unwrap());
    let page = browser.get(&format!("{draft}/publish")).await;
    assert!(page.has("input[name=Version][value='1.1.1']"), "the next free version");
    let files = texts(&browser.get(&format!("{draft}/code")).await, "[data-test=files] code");
    assert_eq!(files, ["models/cats.onnx"], "the standard glue is the portal's own");
    let checked =
        browser.post(&format!("{draft}/publish"), &[("csrf", &csrf), ("Version", "1.1.1"), ("action", "check")]).await;
    assert!(checked.has("[data-test=checked]"), "{}", checked.body);
    let removed = [("csrf", csrf.as_str()), ("path", "models/cats.onnx")];
    browser.post(&format!("{draft}/files/remove"), &removed).await;
    let refused =
        browser.post(&format!("{draft}/publish"), &[("csrf", &csrf), ("Version", "1.1.1"), ("action", "check")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[actix_web::test]
async fn an_upload_that_broke_off_goes_on_where_it_was() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    author!(app, browser, csrf);
    let draft = world.written;
    let (url, zip) = (format!("/author/drafts/{draft}/uploads"), package("4.0.0"));
    let begin = |length: usize, kind: &str, token: &str| {
        let metadata = format!("filename {},kind {}", STANDARD.encode("big.zip"), STANDARD.encode(kind));
        TestRequest::post()
            .uri(&url)
            .insert_header((ACCEPT, "application/json"))
            .insert_header(("x-csrf-token", token))
            .insert_header(("upload-length", length))
            .insert_header(("upload-metadata", metadata))
    };
    assert_eq!(browser.send(begin(9, "zip", "wrong")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.send(begin(9, "film", &csrf)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.send(begin(1 << 40, "zip", &csrf)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let begun = browser.send(begin(zip.len(), "zip", &csrf)).await;
    assert_eq!((begun.status, begun.header("tus-resumable")), (StatusCode::CREATED, Some("1.0.0")));
    let upload = begun.location.unwrap();

    let piece = |offset: usize, bytes: &[u8]| {
        TestRequest::patch()
            .uri(&upload)
            .insert_header((ACCEPT, "application/json"))
            .insert_header(("x-csrf-token", csrf.as_str()))
            .insert_header(("content-type", "application/offset+octet-stream"))
            .insert_header(("upload-offset", offset))
            .set_payload(bytes.to_vec())
    };
    let sent = browser.send(piece(0, &zip[..100])).await;
    assert_eq!((sent.status, sent.header("upload-offset")), (StatusCode::NO_CONTENT, Some("100")));
    assert_eq!(browser.send(piece(90, &zip[90..])).await.status, StatusCode::CONFLICT);
    let far = browser.ask(Method::HEAD, &upload).await;
    assert_eq!((far.header("upload-offset"), far.header("cache-control")), (Some("100"), Some("no-store")));
    assert!(browser.get(&format!("/author/drafts/{draft}/code")).await.has(&format!("[data-upload='{upload}']")));
    let too_much = [&zip[100..], b"more"].concat();
    assert_eq!(browser.send(piece(100, &too_much)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(browser.ask(Method::HEAD, &upload).await.header("upload-offset"), Some("100"), "nothing of it was kept");
    assert_eq!(browser.send(piece(100, &zip[100..])).await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.ask(Method::HEAD, &upload).await.status, StatusCode::NOT_FOUND, "it has ended");
    assert!(browser.get(&format!("/author/drafts/{draft}/publish")).await.has("input[name=Version][value='4.0.0']"));

    let bad = browser.send(begin(PNG.len(), "zip", &csrf)).await.location.unwrap();
    let sent = piece(0, PNG).uri(&bad);
    let refused = browser.send(sent).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("not a zip"), "{}", refused.body);
}

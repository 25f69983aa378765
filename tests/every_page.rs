//! Every page of the route table, looked at as the person who may see it: large and on a telephone, by day and by
//! night. It must be free of faults that axe-core calls serious, scroll in one direction only, keep to its content
//! security policy, and leave nothing in the browser's console. A picture of each stays below `target/screenshots/pages`.

use std::collections::{BTreeMap, BTreeSet};

use portal::web::routes::{Access, table};
use tempfile::TempDir;

use crate::{
    browser::log_in,
    support::{
        axe::Axe,
        browser::Browser,
        data::read,
        eventually,
        portal::{Portal, Setup},
        python::tests_folder,
        require,
        visitor::{PASSWORD, PATIENCE, Visitor, email},
    },
};

/// Addresses that no person opens; what else is not HTML is found out by asking.
const NO_PAGES: &[&str] = &["/static/", "/health/", "/schema/", "/sw.js", "/manifest.webmanifest"];

/// Documents that stand in a frame and run no script, not even one that looks for faults.
const LOCKED: &[&str] = &["/layout", "/frame"];

/// Somebody, and what stands for the parameters in the addresses of the pages that they may see.
struct Person {
    name: &'static str,
    account: Option<(String, String)>,
    parameters: BTreeMap<&'static str, String>,
}

impl Person {
    /// The address of a route.
    fn address(&self, path: &str) -> Result<String, String> {
        let filled = self.parameters.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        match filled.split_once('{').and_then(|(_, rest)| rest.split_once('}')) {
            None => Ok(filled),
            Some((name, _)) => Err(format!(
                "{path}: {} has nothing for {{{name}}}: give it a line in `World::make` of tests/every_page.rs",
                self.name
            )),
        }
    }
}

/// Whoever looks at pages, and pages beside the table's: other states of them, and other layouts.
struct World {
    people: Vec<Person>,
    more: Vec<(&'static str, String)>,
    portal: Portal,
    _mirror: TempDir,
}

impl World {
    /// A marketplace in which every page has something to show.
    async fn make() -> Self {
        let mirror = TempDir::new().expect("a folder");
        // An install that fails at once, and asks nobody.
        std::fs::write(mirror.path().join("squeezenet_fp32_from_fp16.onnx"), b"something else").expect("written");
        let portal = Setup::new().with_sample_apps().with("VISION_MODEL_MIRROR", mirror.path()).start().await;
        portal.home_with_sample_apps().await;
        let admin = portal.admin().await;
        let consumer = portal.consumer("grace").await;

        let site = admin.get("/admin/site").await.ok().form("[data-test=site-form]").set("terms", "Be kind.");
        admin.submit(&site).await.ok();
        let catalog = admin.get("/admin/catalog").await.ok();
        let install = admin.submit(&catalog.form("#squeezenet-1\\.0 form")).await.ok();
        let app = "/apps/shape-finder";
        // An app with a layout of its author's own, which stands alone at an address of its own.
        let own_layout = "/apps/colours-and-edges";
        let examples =
            [examples(&portal.visitor(), app, 4).await, examples(&portal.visitor(), own_layout, 3).await].concat();
        let runs = run_samples(&consumer).await;
        let batch = batch(&consumer, app).await;
        let runs_of_admin = run(&admin, app, "shape-finder/examples/paper-cut-outs/photo.jpg").await;
        let own = admin
            .upload(&crate::support::packages::glue_only("Draft", &crate::support::glue::instant(), 1000))
            .await
            .ok();
        let written = admin.get("/author/new").await.ok().form("[data-test=general-form]").set("Name", "Being written");
        let written = admin.submit(&written).await.ok().url.path().trim_end_matches("/general").to_owned();

        let people = admin.get("/admin/people?q=grace").await.ok();
        let grace = people.attribute("main a[href^='/admin/people/']", "href").expect("grace is listed");
        let form = admin.get(&grace).await.ok().form("form[action$='/password-link']");
        let link = admin.submit(&form).await.text("[data-test=password-link]").expect("a link");

        let (judged, judgement) = judged(&admin, &consumer).await;
        let house = portal.visitor().get(app).await.ok().attribute("a[href^='/authors/']", "href").expect("its author");

        // A line for each parameter in the table's addresses.
        let parameters = |slug: &str, run: &str| {
            BTreeMap::from([
                ("{slug}", slug.to_owned()),
                ("{link}", last(&link)),
                ("{consented}", last(&judgement)),
                ("{run}", last(run)),
                ("{batch}", last(&batch)),
                ("{release}", last(own.url.path())),
                ("{install}", last(install.url.path())),
                ("{example}", "1".to_owned()),
                ("{person}", last(&grace)),
                ("{author}", last(&house)),
                ("{shelf}", "new".to_owned()),
                ("{runner}", "1".to_owned()),
                ("{draft}", last(&written)),
                // Leads on to the app, and is no page itself.
                ("{token}", "00000000-none".to_owned()),
                ("{entry}", "squeezenet-1.0".to_owned()),
                ("{key}", "1".to_owned()),
                ("{name}", "site.css".to_owned()),
                ("{blob}", "00000000-0000-0000-0000-000000000000".to_owned()),
            ])
        };
        let (account, password) = portal.admin_account();
        let mut more = more(app, &examples, &runs);
        more.push(("consumer", judgement.clone()));
        let people = vec![
            Person { name: "nobody", account: None, parameters: parameters(&last(own_layout), &runs[3]) },
            Person {
                name: "consumer",
                account: Some((email("grace"), PASSWORD.to_owned())),
                parameters: parameters("shape-finder", &runs[3]),
            },
            Person {
                name: "admin",
                account: Some((account.to_owned(), password.to_owned())),
                parameters: parameters(&judged, &runs_of_admin),
            },
        ];
        Self { people, more, portal, _mirror: mirror }
    }

    /// Who sees which of the table's pages.
    fn of_table(&self) -> Vec<(&'static str, &'static str)> {
        let gets = table().into_iter().filter(|entry| entry.method == "GET");
        gets.filter(|entry| !NO_PAGES.iter().any(|prefix| entry.path.starts_with(prefix)))
            .filter_map(|entry| match entry.access {
                Access::Everybody => Some(("nobody", entry.path)),
                Access::LoggedIn => Some(("consumer", entry.path)),
                Access::Permitted(_) => Some(("admin", entry.path)),
                Access::SignedLink | Access::AnyKey | Access::Key(_) => None,
            })
            .collect()
    }
}

/// An app of somebody's own with a run that somebody else has judged: the end of its address, and the run's address.
async fn judged(author: &Visitor, person: &Visitor) -> (String, String) {
    let package = crate::support::packages::glue_only("Judged", &crate::support::glue::instant(), 1000);
    let app = author.publish(&package).await;
    let run = person.run_and_wait(&app, &crate::support::packages::small_photo(), "image/png").await;
    crate::feedback::judge(person, &run, "partly", &[("comment", "Nearly.")]).await;
    (last(&app), run.url.path().to_owned())
}

/// Pages beside the table's, with who looks at them: other states, and other layouts.
fn more(app: &str, examples: &[String], runs: &[String]) -> Vec<(&'static str, String)> {
    let of_consumer = [
        examples[0].clone(),
        format!("/runs/compare?a={}&b={}", last(&runs[0]), last(&runs[1])),
        format!("/runs/compare?a={}", last(&runs[0])),
        format!("{app}?from={}", last(&runs[0])),
        "/runs?q=nothing-of-that-name".to_owned(),
        "/shelves/recent".to_owned(),
        "/shelves/favourites".to_owned(),
        "/shelves/recommended".to_owned(),
    ];
    let of_nobody = [
        "/search?q=nothing-of-that-name",
        "/search?q=shap+findr&sort=name",
        "/shelves/popular",
        app,
        &examples[0],
        &examples[4],
        "/nowhere",
    ];
    let of_consumer = of_consumer.into_iter().chain(runs.iter().cloned()).map(|address| ("consumer", address));
    of_nobody.into_iter().map(|address| ("nobody", address.to_owned())).chain(of_consumer).collect()
}

/// The last part of an address.
fn last(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The addresses of an app's examples, once their results are there.
async fn examples(visitor: &Visitor, app: &str, count: usize) -> Vec<String> {
    eventually("the examples to be run", PATIENCE, async || {
        let page = visitor.get(app).await.ok();
        let links = page.each("[data-test=examples] a", |link| link.value().attr("href").map(ToOwned::to_owned));
        let links: Vec<String> = links.into_iter().flatten().collect();
        (links.len() == count).then_some(links)
    })
    .await
}

/// Runs an app on a photo of the samples': the address of the run.
async fn run(visitor: &Visitor, app: &str, photo: &str) -> String {
    eventually(&format!("{app} to be published"), PATIENCE, async || {
        visitor.get(app).await.status.is_success().then_some(())
    })
    .await;
    let photo = read(&tests_folder().join("../sample-apps").join(photo));
    visitor.run_and_wait(app, &photo, "image/jpeg").await.url.path().to_owned()
}

/// Two photos in one go, once both are done: the address of the batch.
async fn batch(visitor: &Visitor, app: &str) -> String {
    let photo = read(&tests_folder().join("../sample-apps/shape-finder/examples/paper-cut-outs/photo.jpg"));
    let form = visitor.get(app).await.ok().form("[data-test='run-form']");
    let form =
        form.attach("p.Image", "a.jpg", "image/jpeg", &photo).attach_more("p.Image", "b.jpg", "image/jpeg", &photo);
    let batch = visitor.submit(&form).await.ok().url.path().to_owned();
    eventually("the batch to be done", PATIENCE, async || {
        let page = visitor.get(&batch).await.ok();
        (page.text("[data-test=batch-status]").as_deref() == Some("Done")).then_some(())
    })
    .await;
    batch
}

/// A run of every sample app that takes a photo: between them they have most layouts.
async fn run_samples(visitor: &Visitor) -> Vec<String> {
    let mut runs = Vec::new();
    for (app, example) in [
        ("shape-finder", "paper-cut-outs"),
        ("digit-reader", "pen-on-paper"),
        ("silhouettes", "fern-shadow"),
        ("palette", "coffee-time"),
        ("stylizer", "portrait"),
        ("text-reader", "receipt"),
        ("product-finder", "shop-shelf"),
    ] {
        let manifest = read(&tests_folder().join(format!("../sample-apps/{app}/app.json")));
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
        let name = manifest["Name"].as_str().expect("a name");
        let app_page = format!("/apps/{}", vision_protocol::Slug::from_name(name));
        runs.push(run(visitor, &app_page, &format!("{app}/examples/{example}/photo.jpg")).await);
    }
    runs
}

#[tokio::test]
async fn every_page_is_for_everybody() {
    let axe = require!(Axe::find());
    let world = World::make().await;
    let browser = require!(Browser::open(&world.portal.url).await);
    let (mut faults, mut seen) = (BTreeSet::new(), 0);
    for person in &world.people {
        browser.goto("/").await;
        if let Some((account, password)) = &person.account {
            browser.devtools("Network.clearBrowserCookies", serde_json::json!({})).await;
            log_in(&browser, account, password).await;
        }
        let of_table = world.of_table().into_iter().filter(|(name, _)| *name == person.name);
        let mut addresses: Vec<(String, String)> = Vec::new();
        for (_, path) in of_table {
            match person.address(path) {
                Ok(address) => addresses.push((path.to_owned(), address)),
                Err(unknown) => drop(faults.insert(unknown)),
            }
        }
        let more = world.more.iter().filter(|(name, _)| *name == person.name);
        addresses.extend(more.map(|(_, address)| (address.clone(), address.clone())));
        for (path, address) in addresses {
            match kind(&browser, &address).await {
                Kind::Page => {}
                Kind::Other => continue,
                Kind::Refused(status) if path != "/nowhere" => {
                    faults.insert(format!("{path} as {}: answers {status} at {address}", person.name));
                    continue;
                }
                Kind::Refused(_) => {}
            }
            seen += 1;
            look(&browser, &axe, person.name, &address, &mut faults).await;
        }
    }
    assert!(seen >= 25, "only {seen} pages were looked at");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.into_iter().collect::<Vec<_>>().join("\n"));
}

/// What stands at an address.
enum Kind {
    Page,
    /// A picture, events, or the way to another page.
    Other,
    Refused(u64),
}

async fn kind(browser: &Browser, address: &str) -> Kind {
    let script = format!(
        "const stop = new AbortController();
         return fetch('{address}', {{ headers: {{ Accept: 'text/html' }}, signal: stop.signal }}).then((answer) => {{
             const told = [answer.status, answer.headers.get('content-type') ?? '', answer.redirected];
             stop.abort();
             return told;
         }})"
    );
    let told = browser.script(&script).await;
    let (status, kind) = (told[0].as_u64().unwrap_or_default(), told[1].as_str().unwrap_or_default());
    match (status, kind.starts_with("text/html"), told[2] == true) {
        (200, true, false) => Kind::Page,
        (200, _, _) => Kind::Other,
        (status, true, _) if status != 404 || !address.contains("/00000000-") && !address.ends_with("/icon") => {
            Kind::Refused(status)
        }
        _ => Kind::Other,
    }
}

/// Looks at one page in each of its four looks.
async fn look(browser: &Browser, axe: &Axe, person: &str, address: &str, faults: &mut BTreeSet<String>) {
    browser.console().await;
    for (size, colors) in [("large", "light"), ("large", "dark"), ("phone", "light"), ("phone", "dark")] {
        match size {
            "phone" => browser.emulate_phone().await,
            _ => browser.emulate_screen(1280, 900).await,
        }
        browser.emulate_colors(colors).await;
        let mut told = |fault: String| faults.insert(format!("{address} as {person}, {size}, {colors}: {fault}"));
        let locked = LOCKED.iter().any(|end| address.ends_with(end));
        let visits: &[bool] = if locked { &[true, false] } else { &[false] };
        for &unlocked in visits {
            browser.devtools("Page.setBypassCSP", serde_json::json!({ "enabled": unlocked })).await;
            browser.goto(address).await;
            browser.script("return document.fonts.ready.then(() => null)").await;
            if unlocked == locked {
                for fault in axe.faults(browser).await {
                    told(fault);
                }
            }
        }
        let widths = browser
            .script("const e = document.documentElement; return [e.scrollWidth, e.clientWidth].map(Math.round)")
            .await;
        if widths[0].as_u64() > widths[1].as_u64() {
            told(format!("scrolls sideways: {} in {}", widths[0], widths[1]));
        }
        for line in browser.console().await {
            // That a page is not there is what its own test asks for.
            if !(address == "/nowhere" && line.contains("404")) {
                told(format!("says in the console: {line}"));
            }
        }
        let name = format!("{person}{}", address.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
        browser.whole_page("pages", &format!("{name}-{size}-{colors}")).await;
    }
    // From where a page may be asked for.
    browser.goto("/").await;
}

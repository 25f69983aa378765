//! The way of somebody who was never here: from a model to an app that answers on a portal. One command a step, no file
//! edited; each command is one of the documents'. `just stranger` prints what each step takes.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    time::{Duration, Instant},
};

use crate::{
    publishing::new_key,
    support::{
        command::{Said, Vision},
        data::{TestData, read},
        guide,
        portal::Setup,
        require,
        visitor::run_status,
    },
};

/// What all steps may take together.
const WHOLE: Duration = Duration::from_secs(300);

/// What was done, and how long it took.
#[derive(Default)]
struct Path(Vec<(&'static str, String, Duration)>);

impl Path {
    /// A step that is done by `doing`, and called `how` in the table.
    async fn step<T>(&mut self, what: &'static str, how: &str, doing: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let done = doing.await;
        self.0.push((what, how.to_owned(), began.elapsed()));
        done
    }

    /// A command, which must stand in that document and go well.
    async fn command(&mut self, vision: &Vision, what: &'static str, line: &str, document: &str) -> Said {
        assert!(guide::text(document).contains(line), "{document} does not say {line}");
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        let said = self.step(what, &format!("`{line}`"), async { vision.run(&words) }).await;
        assert_eq!(said.code, 0, "{line}: {said:?}");
        said
    }

    fn whole(&self) -> Duration {
        self.0.iter().map(|(.., took)| took).sum()
    }

    fn table(&self) -> String {
        let mut table = "| step | | seconds |\n|---|---|---|\n".to_owned();
        for (what, how, took) in &self.0 {
            writeln!(table, "| {what} | {how} | {:.1} |", took.as_secs_f64()).expect("a string takes text");
        }
        writeln!(table, "| **all of it** | | **{:.1}** |", self.whole().as_secs_f64()).expect("a string takes text");
        table
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_goes_from_a_model_to_an_app_that_answers() {
    let (data, vision) = (require!(TestData::find()), require!(Vision::find()));
    guide::lay_out(&vision, &data);
    let mut path = Path::default();
    let portal = path.step("start a portal", "`portal`", Setup::new().with_sample_apps().start()).await;

    let app = "first-app.md";
    path.command(&vision, "look at the model", "vision inspect yolox_nano.onnx", app).await;
    let new = "vision new everyday-objects --model yolox_nano.onnx --labels coco.names --photo dog.jpg";
    let said = path.command(&vision, "make the app", new, app).await;
    assert!(said.out.contains("dog"), "{said:?}");
    path.command(&vision, "check it", "vision check everyday-objects", app).await;
    path.command(&vision, "test it", "vision test everyday-objects", app).await;
    let run = "vision run everyday-objects --image horses.jpg --out horses-result";
    let said = path.command(&vision, "run it on another photo", run, app).await;
    assert!(said.out.contains("horse"), "{said:?}");

    let admin = portal.admin().await;
    let making = new_key(&admin, &["read", "publish"]);
    let key = path.step("get a key", "in the browser: **API keys**", making).await;
    let login = format!("`vision login --portal {}`", portal.url);
    path.step("log in", &login, async { vision.log_in(&portal.url, &key) }).await;
    let said = path.command(&vision, "publish it", "vision publish everyday-objects", app).await;
    assert!(said.out.contains("is published: "), "{said:?}");
    let photo = read(&data.image("darknet_dog.jpg"));
    let running = admin.run_and_wait("/apps/everyday-objects", &photo, "image/jpeg");
    let page = path.step("run it there on `dog.jpg`", "in the browser: **Run**", running).await;

    assert_eq!(run_status(&page), "Done", "{}", page.visible_text());
    assert!(page.attribute("[data-test='result'] rect[data-label='dog']", "data-score").is_some(), "no dog was found");
    // Not by `println!`, which the test harness keeps to itself when a test passes.
    writeln!(io::stdout(), "\n{}", path.table()).expect("somebody listens");
    assert!(path.whole() < WHOLE, "it takes more than five minutes");
}

//! Packages that must be refused, each with words that say what is wrong and where, quickly and in little memory.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{
    archives::{Headers, archive, bomb},
    data::TestData,
    glue, packages,
    page::Page,
    portal::Portal,
    processes::{forget_peak, memory},
    require,
    visitor::Visitor,
};

const LONGEST: Duration = Duration::from_secs(1);
const MOST_MEMORY: u64 = 100 << 20;

/// An upload that must be refused.
struct Wrong {
    what: &'static str,
    package: Vec<u8>,
    /// Each must occur in the faults: at least one word for the place, and one for what is wrong.
    words: &'static [&'static str],
}

#[tokio::test]
async fn every_wrong_upload_is_refused_with_what_and_where() {
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    // The first upload pays for what is set up once.
    author.upload(b"warm up").await;
    for wrong in wrong_uploads() {
        // The machine may be busy with other tests: the best of three counts.
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let took = refuse(&portal, &author, &wrong).await;
            best = best.min(took);
            if best < LONGEST {
                break;
            }
        }
        eprintln!("{}: refused after {best:?}", wrong.what);
        assert!(best < LONGEST, "{}: refused only after {best:?}", wrong.what);
    }
    let apps = author.get("/author").await.ok();
    assert!(apps.texts("a[href^='/author/releases/']").is_empty(), "a refused upload left a release behind");
}

/// Uploads it, and checks the words and the memory: how long it took.
async fn refuse(portal: &Portal, author: &Visitor, wrong: &Wrong) -> Duration {
    let form = author.upload_form(&wrong.package).await;
    forget_peak(portal.pid());
    let before = memory(portal.pid(), "VmRSS");
    let begun = Instant::now();
    let page = author.submit(&form).await;
    let took = begun.elapsed();
    let grown = memory(portal.pid(), "VmHWM").saturating_sub(before);
    assert!(
        page.status.is_client_error(),
        "{} was answered with {}:\n{}",
        wrong.what,
        page.status,
        page.visible_text()
    );
    assert_says(&page, wrong.what, wrong.words);
    assert!(grown < MOST_MEMORY, "{}: took {} MiB", wrong.what, grown >> 20);
    took
}

fn assert_says(page: &Page, what: &str, words: &[&str]) {
    let faults = page.texts("[data-test='fault']").join("\n");
    for word in words {
        let said = faults.to_lowercase().contains(&word.to_lowercase());
        assert!(said, "{what}: “{word}” is missing in:\n{faults}\n---\n{}", page.visible_text());
    }
}

fn wrong_uploads() -> Vec<Wrong> {
    let manifest = packages::bytes(&packages::classifier_manifest("Wrong", "net.onnx"));
    let png = packages::small_photo();
    let good = packages::classifier("Wrong", "net.onnx", &[8, 3], b"cat\ndog\n");
    let mut bombs = packages::classifier_manifest("Bomb", "0.onnx");
    bombs["Models"] = (0..3)
        .map(|n| json!({ "Name": format!("m{n}"), "File": format!("models/{n}.onnx"), "Labels": "assets/labels.txt" }))
        .collect();
    let bombs = packages::bytes(&bombs);
    let broken = String::from_utf8_lossy(&manifest).replace("\"Category\"", "\"Categroy\"").into_bytes();
    let cut = String::from_utf8_lossy(&manifest)[..40].as_bytes().to_vec();
    vec![
        Wrong { what: "text", package: b"no zip at all".to_vec(), words: &["not a zip"] },
        Wrong { what: "a picture", package: png.clone(), words: &["PNG", "not a zip"] },
        Wrong { what: "a bomb", package: bomb(&bombs, Headers::Honest), words: &["unpacked", "at most"] },
        Wrong {
            what: "a bomb with lying headers",
            package: bomb(&bombs, Headers::Lying),
            words: &["models/0.onnx", "the archive says"],
        },
        Wrong {
            what: "a way out of the folder",
            package: archive(&[("app.json", &manifest), ("../outside.txt", b"x")]),
            words: &["../outside.txt", ".."],
        },
        Wrong { what: "half a zip", package: good[..good.len() / 2].to_vec(), words: &["cut off"] },
        Wrong {
            what: "a missing model",
            package: archive(&[("app.json", &manifest), ("assets/labels.txt", b"cat")]),
            words: &["app.json: Models[0].File", "models/net.onnx"],
        },
        Wrong {
            what: "a manifest with an unknown key",
            package: archive(&[("app.json", &broken), ("models/net.onnx", &[8, 3]), ("assets/labels.txt", b"cat")]),
            words: &["app.json", "Categroy"],
        },
        Wrong {
            what: "half a manifest",
            package: archive(&[("app.json", &cut), ("models/net.onnx", &[8, 3])]),
            words: &["app.json", "not valid JSON"],
        },
        Wrong {
            what: "a PNG named .onnx",
            package: archive(&[("app.json", &manifest), ("models/net.onnx", &png), ("assets/labels.txt", b"cat")]),
            words: &["models/net.onnx", "PNG"],
        },
        Wrong {
            what: "glue that imports sockets",
            package: packages::glue_only("Talker", &glue::connected(), 5_000),
            words: &["app.wasm", "wasi:sockets/tcp"],
        },
    ]
}

#[tokio::test]
async fn a_model_that_the_engine_cannot_load_is_refused_with_operator_and_node() {
    let data = require!(TestData::find());
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let release = author.upload_and_wait(&packages::shufflenet_int8(&data)).await;
    let status = release.text("[data-test='release-status']");
    assert_eq!(status.as_deref(), Some("Rejected"), "{}", release.visible_text());
    // Nodes of this model are called after what they were before they were quantised.
    assert_says(&release, "int8", &["models/shufflenet.onnx", "QLinearAdd", "_quant"]);
}

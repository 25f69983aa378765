//! What fuzzing found once, and what it started from, through the same functions again: see `fuzz/README.md`.

use std::{fs, path::Path};

#[expect(unreachable_pub, reason = "the fuzz targets are programs of their own")]
#[path = "../../fuzz/src/engines.rs"]
mod engines;
#[expect(unreachable_pub, reason = "the fuzz targets are programs of their own")]
#[path = "../../fuzz/src/targets.rs"]
mod targets;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 8] = [
    ("archive", targets::archive),
    ("files", targets::files),
    ("manifest", targets::manifest),
    ("component", targets::component),
    ("body", targets::body),
    ("url", targets::url),
    ("image", engines::image),
    ("onnx", engines::onnx),
];

#[test]
fn what_was_found_stays_mended() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    for (name, target) in TARGETS {
        let mut replayed = 0;
        for kind in ["seeds", "regressions"] {
            let Ok(files) = fs::read_dir(fuzz.join(kind).join(name)) else { continue };
            for file in files {
                let file = file.expect("a folder that can be listed").path();
                // A failing test shows the last line.
                println!("{}", file.display());
                target(&fs::read(&file).expect("a file that can be read"));
                replayed += 1;
            }
        }
        assert!(replayed > 0, "nothing is kept for {name}");
    }
}

//! Lists the files of every template and kit, links followed.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

const LANGUAGES: [&str; 3] = ["rust", "javascript", "python"];
/// What building and testing leave behind.
const LEFT_OVER: [&str; 5] = ["target", "node_modules", "__pycache__", "app.wasm", ".DS_Store"];

fn main() -> Result<(), Box<dyn Error>> {
    let sdk = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..").canonicalize()?;
    let mut code = String::from("[\n");
    for language in LANGUAGES {
        let mut files = Vec::new();
        for (folder, prefix) in [("template", ""), ("kit", "kit/")] {
            let folder = sdk.join(language).join(folder);
            println!("cargo::rerun-if-changed={}", folder.display());
            collect(&folder, prefix, &mut files)?;
        }
        println!("cargo::rerun-if-changed={}", sdk.join("../wit").display());
        files.sort();
        code.push_str("    &[\n");
        for (name, path) in files {
            writeln!(code, "        ({name:?}, include_bytes!({:?})),", path.to_str().ok_or("an odd name")?)?;
        }
        code.push_str("    ],\n");
    }
    code.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("files.rs"), code)?;
    Ok(())
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a file has an odd name")?;
        if LEFT_OVER.contains(&name) {
            continue;
        }
        let inside = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{inside}/"), files)?;
        } else {
            files.push((inside, path));
        }
    }
    Ok(())
}

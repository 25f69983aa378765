//! Builds the sample apps into the program: every folder of `sample-apps` that holds an `app.json`, as a list of its
//! files. What does not belong into a package (training scripts, sources) stays out.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

/// What a package may hold; see the crate `vision-package`.
const FILES: &[&str] = &["app.json", "app.wasm", "template.html", "icon.png", "icon.svg", "README.md"];
const FOLDERS: &[&str] = &["models", "assets", "examples"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../sample-apps").canonicalize()?;
    println!("cargo::rerun-if-changed={}", root.display());
    let mut code = String::from("&[\n");
    for app in children(&root)? {
        if !app.join("app.json").is_file() {
            continue;
        }
        let mut files = Vec::new();
        for name in FILES.iter().map(|name| app.join(name)).filter(|path| path.is_file()) {
            files.push(name);
        }
        for folder in FOLDERS.iter().map(|name| app.join(name)).filter(|path| path.is_dir()) {
            collect(&folder, &mut files)?;
        }
        let name = app.file_name().and_then(|name| name.to_str()).ok_or("a sample app has an odd name")?;
        code.push_str(&format!("    Sample {{ name: {name:?}, files: &[\n"));
        for file in files {
            let inside = file.strip_prefix(&app)?.to_str().ok_or("a sample app's file has an odd name")?;
            let path = file.to_str().ok_or("the sources lie in a folder with an odd name")?;
            code.push_str(&format!("        ({inside:?}, include_bytes!({path:?})),\n"));
        }
        code.push_str("    ] },\n");
    }
    code.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("samples.rs"), code)?;
    Ok(())
}

fn children(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut children =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    children.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    children.sort();
    Ok(children)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for path in children(folder)? {
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

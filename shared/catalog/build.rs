//! Builds the entries and the lists of labels of `sample-apps/catalog` into the program, each as name and text.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../sample-apps/catalog").canonicalize()?;
    println!("cargo::rerun-if-changed={}", root.display());
    let code = format!("({}, {})", texts(&root, "json")?, texts(&root.join("labels"), "txt")?);
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("texts.rs"), code)?;
    Ok(())
}

fn texts(folder: &Path, extension: &str) -> Result<String, Box<dyn Error>> {
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    let mut code = String::from("&[");
    for file in files {
        let name = file.file_stem().and_then(|name| name.to_str()).ok_or("a file has an odd name")?;
        let path = file.to_str().ok_or("the sources lie in a folder with an odd name")?;
        code.push_str(&format!("({name:?}, include_str!({path:?})),\n"));
    }
    code.push(']');
    Ok(code)
}

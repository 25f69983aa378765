//! Mirror folders, which make the internet needless.

use std::fs;

use tempfile::TempDir;

use crate::{
    bytes, depot,
    server::{Reply, Server},
    wanted,
};

#[tokio::test]
async fn a_mirror_has_files_under_their_name_or_their_sha_256() {
    let wanted = wanted(&[]);
    for name in ["classification/model.onnx".to_owned(), wanted.digest.to_string()] {
        let (cache, mirror) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let path = mirror.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes()).unwrap();
        let found = depot(&cache, Some(mirror.path())).fetch(&wanted, |_| {}).await.unwrap();
        assert_eq!(found, path);
        assert!(!cache.path().join("models").exists(), "what a mirror has is not copied");
    }
}

#[tokio::test]
async fn a_file_of_that_name_with_other_bytes_is_not_taken() {
    let (cache, mirror) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(mirror.path().join("model.onnx"), b"something else").unwrap();
    let mut nowhere = wanted(&[]);
    nowhere.hint = Some("it is no download: cast to fp32".to_owned());
    let error = depot(&cache, Some(mirror.path())).fetch(&nowhere, |_| {}).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("model.onnx has other bytes") && told.contains("cast to fp32"), "{told}");
    assert!(told.contains(&nowhere.digest.to_string()) && !error.is_passing(), "{told}");

    let server = Server::start(|_, _| Reply::whole(&bytes())).await;
    let file = depot(&cache, Some(mirror.path())).fetch(&wanted(&[server.url("model")]), |_| {}).await.unwrap();
    assert_eq!(fs::read(file).unwrap(), bytes());
}

#[tokio::test]
async fn a_mirror_that_is_no_folder_is_told() {
    let cache = TempDir::new().unwrap();
    let error = depot(&cache, Some("/nowhere/models".as_ref())).fetch(&wanted(&[]), |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/models is no folder"), "{error}");
}

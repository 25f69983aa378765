//! What a runner fetches and puts, beyond the photos of its runs.

use serde_json::{Value, json};

use crate::{
    conform::{
        app::PHOTO,
        bench::{Bench, Verdict},
        report::Trouble,
    },
    local::{Place, Portal},
};

/// Starts of picture files: PNG, JPEG, GIF, WebP.
const PICTURES: [&[u8]; 4] = [b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF"];

pub(super) async fn uploads(bench: &Bench) -> Verdict {
    if !bench.built_in {
        return Err(Trouble::not_offered("shown with the built-in app only"));
    }
    bench.executes_glue().await?;
    let room = bench.portal.offer(Place::Room);
    let run = bench.run_body(&json!({ "data": bench.inputs().data, "uploads": [room] })).await;
    let picture = run.result()?.get("Image").and_then(Value::as_str).unwrap_or_default().to_owned();
    match bench.portal.stored(&room) {
        None if picture.starts_with("data:") => Err(Trouble::not_offered("the picture stands in the answer")),
        None => Err(run.fails("the picture is neither in the answer nor at the upload URL")),
        Some(bytes) if !PICTURES.iter().any(|start| bytes.starts_with(start)) => {
            Err(run.fails("what was put to the upload URL is no picture"))
        }
        Some(_) if picture != room.as_str() => Err(run.fails("expected the upload URL as the picture's value")),
        Some(_) => Ok(()),
    }
}

pub(super) async fn redirects(bench: &Bench) -> Verdict {
    let elsewhere = bench.portal.offer(Place::Photo(PHOTO.into()));
    let run = bench.run(&bench.inputs_at(|_| Place::Moved(elsewhere.clone()))).await;
    if !bench.portal.methods(&elsewhere).is_empty() {
        return Err(Trouble::not_offered(
            "it follows redirects: whoever can answer for the portal can send it elsewhere",
        ));
    }
    run.refuses()
}

pub(super) async fn other_origins(bench: &Bench) -> Verdict {
    let not_offered = |why: String| Trouble::not_offered(why);
    let mut listen = bench.portal.address();
    listen.set_port(0);
    let mut base = bench.portal.base().clone();
    let stranger = Portal::start(listen, None).await.map_err(|error| not_offered(error.to_string()))?;
    if base.set_port(stranger.base().port()).is_err() {
        return Err(not_offered(format!("{base} takes no port")));
    }
    let mut photos = Vec::new();
    let mut inputs = bench.inputs();
    for input in &mut inputs.data {
        if inputs.photos.iter().any(|photo| input["Value"] == photo.as_str()) {
            let photo = stranger.offer(Place::Photo(PHOTO.into()));
            let mut address = base.clone();
            address.set_path(photo.path());
            address.set_query(photo.query());
            input["Value"] = Value::from(address.to_string());
            photos.push(photo);
        }
    }
    let run = bench.run(&inputs).await;
    if photos.iter().any(|photo| !stranger.methods(photo).is_empty()) {
        return Err(not_offered("it fetches from anywhere: a firewall must keep it to the portal".to_owned()));
    }
    run.refuses()
}

//! `POST /publish`.

use crate::conform::{
    app::release_of,
    bench::{Bench, Verdict},
};

const NO_ZIP: &[u8] = b"this is no zip";

pub(super) async fn sound(bench: &Bench) -> Verdict {
    bench.runner.publish(Some(&bench.release.to_string()), Some(&bench.app.zip), None).await.publishes()
}

pub(super) async fn again(bench: &Bench) -> Verdict {
    sound(bench).await
}

pub(super) async fn extra_field(bench: &Bench) -> Verdict {
    let id = bench.release.to_string();
    bench.runner.publish(Some(&id), Some(&bench.app.zip), Some("Remark")).await.publishes()
}

pub(super) async fn no_package(bench: &Bench) -> Verdict {
    let id = release_of(NO_ZIP).to_string();
    bench.runner.publish(Some(&id), Some(NO_ZIP), None).await.refuses()
}

pub(super) async fn without_id(bench: &Bench) -> Verdict {
    bench.runner.publish(None, Some(&bench.app.zip), None).await.refuses()
}

pub(super) async fn without_file(bench: &Bench) -> Verdict {
    let id = release_of(NO_ZIP).to_string();
    bench.runner.publish(Some(&id), None, None).await.refuses()
}

pub(super) async fn odd_ids(bench: &Bench) -> Verdict {
    for id in ["seven", "1.5", ""] {
        bench.runner.publish(Some(id), Some(&bench.app.zip), None).await.refuses()?;
    }
    Ok(())
}

//! `POST /run?cvappid=`.

use serde_json::{Value, json};

use crate::{
    conform::{
        app::release_of,
        bench::{Bench, Inputs, Verdict},
    },
    local::{Exchange, Place},
};

pub(super) async fn sound(bench: &Bench) -> Verdict {
    bench.run(&bench.inputs()).await.result().map(drop)
}

pub(super) async fn fetches(bench: &Bench) -> Verdict {
    let inputs = bench.inputs();
    let run = bench.run(&inputs).await;
    run.result()?;
    fetched(bench, &inputs, &run)?;
    match bench.portal.strays().first() {
        Some(stray) => Err(run.fails(format!("it asked for an address that nobody gave it: {stray}"))),
        None => Ok(()),
    }
}

fn fetched(bench: &Bench, inputs: &Inputs, run: &Exchange) -> Verdict {
    for photo in &inputs.photos {
        let methods = bench.portal.methods(photo);
        if methods.is_empty() {
            let strays = bench.portal.strays().join(", ");
            let instead = if strays.is_empty() { "nothing".to_owned() } else { strays };
            return Err(run.fails(format!("{photo} was not asked for; instead: {instead}")));
        }
        if let Some(other) = methods.iter().find(|method| *method != "GET") {
            return Err(run.fails(format!("{photo} was asked for with {other}")));
        }
    }
    Ok(())
}

pub(super) async fn side_by_side(bench: &Bench) -> Verdict {
    let (one, other) = (bench.inputs(), bench.other_inputs());
    let (run, other_run) = futures_util::future::join(bench.run(&one), bench.run(&other)).await;
    for (inputs, run) in [(&one, &run), (&other, &other_run)] {
        run.result()?;
        fetched(bench, inputs, run)?;
    }
    Ok(())
}

pub(super) async fn extra_fields(bench: &Bench) -> Verdict {
    let mut data = bench.inputs().data;
    for input in &mut data {
        input["Remark"] = Value::from("a field that may be ignored");
    }
    bench.run_body(&json!({ "data": data, "remark": { "why": ["may", "be", "ignored"] } })).await.result().map(drop)
}

pub(super) async fn unknown_release(bench: &Bench) -> Verdict {
    let query = format!("?cvappid={}", release_of(b"nothing is published under the number of this"));
    let body = json!({ "data": bench.inputs().data }).to_string();
    bench.runner.run(&query, body).await.refuses()
}

pub(super) async fn odd_ids(bench: &Bench) -> Verdict {
    for query in ["", "?cvappid=", "?cvappid=seven", "?cvappid=1.5"] {
        let body = json!({ "data": bench.inputs().data }).to_string();
        bench.runner.run(query, body).await.refuses()?;
    }
    Ok(())
}

pub(super) async fn no_json(bench: &Bench) -> Verdict {
    for body in ["{\"data\": [", "data=1", "{}"] {
        bench.runner.run(&bench.query(), body.to_owned()).await.refuses()?;
    }
    Ok(())
}

pub(super) async fn missing_input(bench: &Bench) -> Verdict {
    bench.run_body(&json!({ "data": [] })).await.refuses()
}

pub(super) async fn wrong_input(bench: &Bench) -> Verdict {
    let inputs = bench.inputs();
    let mut data = inputs.data;
    for input in &mut data {
        let is_photo = |value: &Value| inputs.photos.iter().any(|photo| value == photo.as_str());
        if is_photo(&input["Value"]) {
            input["Value"] = Value::from("no address at all");
        }
    }
    bench.run_body(&json!({ "data": data })).await.refuses()
}

pub(super) async fn refused_photo(bench: &Bench) -> Verdict {
    bench.run(&bench.inputs_at(|_| Place::Refused)).await.refuses()
}

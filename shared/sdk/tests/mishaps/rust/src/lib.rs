//! An app that fails in the way that it is told to. The lines at which it does are named by their words.

use serde_json::{Value, json};
use vision_app::{
    Date, Error, Format, Image, Json, Model, Normalization, Result, Tensor, assets, bail, debug, error, info, println,
    warn,
};

#[derive(vision_app::Inputs)]
struct Inputs {
    mode: String,
    image: Option<Image>,
    share: Option<f64>,
    yes: Option<bool>,
    day: Option<Date>,
}

#[derive(vision_app::Outputs)]
struct Outputs {
    answer: Json<Value>,
}

#[vision_app::main]
fn run(inputs: Inputs) -> Result<Outputs> {
    let answer = match inputs.mode.as_str() {
        "log" => {
            debug!("a {}", "debug");
            info!("an {}", "info");
            println!("a line");
            warn!("a warning");
            error!("an error");
            Value::Null
        }
        "failure" => bail!("hold the camera closer"),
        "exception" => json!("seven".parse::<u32>()?), // here it fails
        "missing" => json!(assets::text("assets/none.txt")?), // here the host fails
        "model" => json!(Model::load("none")?.inputs().len()), // here the model fails
        "crash" => json!([1, 2, 3][inputs.mode.len() * 2]), // here it crashes
        "deep" => json!(deeper(&|n| n + 1, 1)),
        "stack" => stack()?,
        "inputs" => json!({
            "share": inputs.share, "yes": inputs.yes, "day": inputs.day.map(|day| day.to_string()),
            "image": inputs.image.is_some(),
        }),
        "images" => images(&inputs.image.ok_or_else(|| Error::new("no image"))?)?,
        other => bail!("no mode “{other}”"),
    };
    Ok(Outputs { answer: Json(answer) })
}

fn deeper(next: &dyn Fn(u64) -> u64, n: u64) -> u64 {
    if n == u64::MAX {
        return n;
    }
    let more = move |n| next(n) + n;
    deeper(&more, n) + more(n)
}

fn stack() -> Result<Value> {
    let row = |n: f32| Tensor::new(&[1, 2], &[n, n + 0.5]);
    let stacked = Tensor::stack(&[row(1.0)?, row(2.0)?, row(3.0)?])?;
    let top = stacked.top_k(1)?;
    let last = stacked.slice(0, 2..3)?;
    Ok(json!({
        "shape": stacked.shape(), "top": top[0].index, "last": last.numbers::<f32>()?,
        "argmax": stacked.argmax(1)?.numbers::<i32>()?, "flat": stacked.reshape(&[6])?.shape(),
        "sums": Tensor::new(&[2], &[1_i64, -1])?.numbers::<i64>()?,
    }))
}

fn images(image: &Image) -> Result<Value> {
    let normalization = Normalization { divisor: 1.0, ..Normalization::default() };
    let tensor = image.resize(2, 2)?.to_tensor(&normalization)?;
    let back = Image::from_tensor(&tensor, &normalization)?;
    let again = Image::decode(&back.encode(Format::Png)?)?;
    let warped = again.warp(&[1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], 2, 2)?;
    Ok(json!({
        "size": [image.width(), image.height()], "tensor": tensor.shape(), "again": [again.width(), again.height()],
        "warped": warped.to_tensor(&normalization)?.numbers::<f32>()?,
    }))
}

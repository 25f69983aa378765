//! What `vision new` recognises: every model of the catalogue that is at hand becomes the app that its entry describes,
//! without a word about how it is used but where the table below says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::support::{Data, Room, data, onnx_runtime, vision};

/// A photo of what a model knows.
enum Photo {
    Of(&'static str),
    /// The face on the photo of the astronaut: such models are given faces that were cut out.
    Face,
    Digit,
}

/// Entries of the catalogue, what they are tried on, and the options that their files do not make superfluous, each with
/// the reason.
const CASES: [(&str, Photo, &[&str]); 22] = [
    // A graph does not name classes, and labels would be those of one output.
    ("age-gender", Photo::Face, &["--attribute", "gender=male,female"]),
    ("deeplab-v3", Photo::Of("darknet_dog.jpg"), &[]),
    ("face-expression", Photo::Face, &[]),
    ("face-landmarks", Photo::Face, &[]),
    ("face-landmarks-tiny", Photo::Face, &[]),
    ("fastestdet", Photo::Of("darknet_dog.jpg"), &[]),
    ("mnist-digits", Photo::Digit, &[]),
    ("nanodet-m", Photo::Of("darknet_dog.jpg"), &[]),
    ("person-detector", Photo::Of("darknet_person.jpg"), &[]),
    ("person-reid", Photo::Of("darknet_person.jpg"), &[]),
    ("ppocr-text-detection", Photo::Of("skimage_page.png"), &[]),
    ("selfie-segmentation", Photo::Of("skimage_astronaut.png"), &[]),
    ("shufflenet-v2", Photo::Of("winml_dog.jpg"), &[]),
    // The runner of every portal lacks its operators.
    ("shufflenet-v2-int8", Photo::Of("winml_dog.jpg"), &["--engine", "onnxruntime"]),
    ("squeezenet-1.0", Photo::Of("winml_cat.jpg"), &[]),
    ("super-resolution", Photo::Of("winml_cat.jpg"), &[]),
    ("tbefn", Photo::Of("winml_cat.jpg"), &[]),
    ("tiny-face-detector", Photo::Of("skimage_astronaut.png"), &[]),
    ("ultraface-320", Photo::Of("skimage_astronaut.png"), &[]),
    ("ultraface-640", Photo::Of("skimage_astronaut.png"), &[]),
    ("yolox-nano", Photo::Of("darknet_dog.jpg"), &[]),
    ("yunet", Photo::Of("skimage_astronaut.png"), &[]),
];
/// Models with one channel, whose entries need not say that.
const GRAY: [&str; 2] = ["mnist-digits", "super-resolution"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All entries of the catalogue, by name.
fn catalogue() -> BTreeMap<String, Value> {
    let files = fs::read_dir(repository().join("sample-apps/catalog")).expect("the catalogue").flatten();
    let entries = files.filter_map(|file| {
        let name = file.file_name().into_string().ok()?.strip_suffix(".json")?.to_owned();
        Some((name, serde_json::from_slice(&fs::read(file.path()).expect("an entry")).expect("JSON")))
    });
    entries.collect()
}

/// Where the model of an entry lies, if it is at hand.
fn model(entry: &Value, data: &Data) -> Option<String> {
    let path = entry["Models"][0]["Path"].as_str().expect("a path");
    let name = Path::new(path).file_name().expect("a name");
    let folders = fs::read_dir(data.model("")).expect("the models").flatten();
    let found = folders.map(|folder| folder.path().join(name)).find(|file| file.is_file());
    found.map(|file| file.to_str().expect("a UTF-8 path").to_owned())
}

fn photo(photo: &Photo, data: &Data, room: &Room) -> String {
    match photo {
        Photo::Of(name) => data.image(name),
        Photo::Face => {
            let picture = image::open(data.image("skimage_astronaut.png")).expect("a photo");
            let file = room.path("face.png");
            picture.crop_imm(160, 60, 130, 130).save(&file).expect("written");
            file
        }
        Photo::Digit => {
            let file = repository().join("sample-apps/digit-reader/examples/chalk-on-slate/photo.jpg");
            file.to_str().expect("a UTF-8 path").to_owned()
        }
    }
}

/// How a manifest uses its model, with what it leaves to be implied.
fn used(manifest: &Value, gray: bool) -> Value {
    let (task, model) = (manifest["Task"].as_str().expect("a task"), &manifest["Models"][0]);
    let (input, output) = (&model["Input"], &model["Output"]);
    let or = |value: &Value, implied: Value| if value.is_null() { implied } else { value.clone() };
    let implied_head = match task {
        "detection" => "YOLOX",
        "image-to-image" => "Picture",
        "keypoints" => "Landmarks",
        "segmentation" => "Sigmoid",
        _ => "Logits",
    };
    let implied_fit = match task {
        "classification" => "Crop",
        "detection" | "text-detection" | "text-recognition" => "Letterbox",
        _ => "Stretch",
    };
    let fit = or(&input["Fit"], implied_fit.into());
    let padding = (fit == "Letterbox").then(|| (or(&input["Anchor"], "TopLeft".into()), or(&input["Pad"], 114.into())));
    let list = |key: &str, implied: f64| {
        let numbers: Vec<f64> = input[key].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        [0, 1, 2].map(|channel| numbers.get(channel).or(numbers.first()).copied().unwrap_or(implied))
    };
    let (divisor, mean, std) = (input["Divisor"].as_f64().unwrap_or(1.0), list("Mean", 0.0), list("Std", 1.0));
    // What black and white become.
    let ends = [0.0, 255.0].map(|pixel| {
        [0, 1, 2].map(|channel| (((pixel / divisor - mean[channel]) / std[channel]) * 1e3_f64).round() / 1e3)
    });
    let attributes: BTreeMap<String, Value> = output["Attributes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            let head = or(&one["Head"], if one["Classes"].is_null() { "Value" } else { "Logits" }.into());
            (one["Name"].as_str().expect("a name").to_owned(), json!([head, one["Classes"], one["Scale"]]))
        })
        .collect();
    json!({
        "task": task,
        "head": or(&output["Head"], implied_head.into()),
        "size": [input["Width"], input["Height"]],
        "layout": input["Layout"],
        "channels": or(&input["Channels"], if gray { "GRAY" } else { "RGB" }.into()),
        "black and white": ends,
        "fit": [fit, padding],
        "anchors": output["Anchors"],
        "attributes": attributes,
    })
}

/// Makes the app of an entry, which must be good, and used as the entry says.
fn becomes_its_entry(name: &str, entry: &Value, model: &str, data: &Data, (shown, flags): (&Photo, &[&str])) {
    let room = Room::new();
    let (app, shown) = (room.path("made"), photo(shown, data, &room));
    let mut arguments = vec!["new", &app, "--model", model, "--photo", &shown, "--json"];
    let labels = entry["Labels"].as_object().and_then(|labels| labels.values().next()).and_then(Value::as_str);
    let labels = labels.map(|labels| repository().join(format!("sample-apps/catalog/labels/{labels}.txt")));
    if let Some(labels) = &labels {
        arguments.extend(["--labels", labels.to_str().expect("a UTF-8 path")]);
    }
    arguments.extend(flags);
    let said = vision(&arguments).ends(0).json();
    let manifest: Value = serde_json::from_slice(&room.read("made/app.json")).expect("a manifest");
    let gray = GRAY.contains(&name);
    assert_eq!(used(&manifest, gray), used(&entry["App"], gray), "{name}: {said:#}");
    vision(&["check", &app]).ends(0);
    let engine: &[&str] = if flags.contains(&"--engine") { flags } else { &[] };
    vision(&[&["test", &app], engine].concat()).ends(0);
}

#[test]
fn every_model_of_the_catalogue_is_used_as_its_entry_says() {
    let Some(data) = data() else { return };
    let catalogue = catalogue();
    let at_hand: BTreeSet<&str> =
        catalogue.iter().filter(|(_, entry)| model(entry, &data).is_some()).map(|(name, _)| name.as_str()).collect();
    let known: BTreeSet<&str> = CASES.iter().map(|(name, ..)| *name).collect();
    assert!(at_hand.is_subset(&known), "without a case: {:?}", at_hand.difference(&known));
    let has_onnx_runtime = onnx_runtime().is_some();
    for (name, photo, flags) in &CASES {
        let entry = &catalogue[*name];
        let Some(model) = model(entry, &data) else { continue };
        if has_onnx_runtime || !flags.contains(&"--engine") {
            becomes_its_entry(name, entry, &model, &data, (photo, flags));
        }
    }
}

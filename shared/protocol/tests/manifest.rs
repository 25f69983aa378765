//! Reading manifests: good ones as they are, faulty ones with every fault at once.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made ends its test")]

use serde_json::{Value, json};
use vision_protocol::{
    Manifest,
    manifest::{Head, Task},
    parameters::{Parameter, ParameterType},
    results::ResultType,
};

fn faults(manifest: &Value) -> Vec<String> {
    faults_of(manifest.to_string().as_bytes())
}

fn faults_of(text: &[u8]) -> Vec<String> {
    Manifest::parse(text).expect_err("has faults").iter().map(ToString::to_string).collect()
}

fn assert_faults(manifest: &Value, expected: &[&str]) {
    let found = faults(manifest);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for start in expected {
        assert!(found.iter().any(|fault| fault.starts_with(start)), "{start} is not in {found:#?}");
    }
}

fn good() -> Value {
    json!({
        "Name": "Cats", "Version": "1.0.0",
        "AppParameters": [{"ParameterType": "Image", "Name": "Image"}],
        "ResultVariables": [{"ResultType": "Text", "Name": "cat"}],
        "Models": [{"Name": "cats", "File": "models/cats.onnx"}],
    })
}

fn with(changes: &[(&str, Value)]) -> Value {
    let mut manifest = good();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match manifest.pointer_mut(parent).unwrap() {
            Value::Array(list) => {
                list.truncate(key.parse().unwrap());
                list.push(value.clone());
            }
            object => object[key] = value.clone(),
        }
    }
    manifest
}

#[test]
fn the_sample_parameters_load_as_they_are() {
    let sample = r#"[{"ParameterType":"Image","Name":"Image","Label":"Image","Description":"Upload or take a picture of your object"},
 {"ParameterType":"Number","Name":"Age","Label":"Age","Description":"Enter the age of your object"}]"#;
    let parameters: Vec<Parameter> = serde_json::from_str(sample).unwrap();
    assert_eq!(parameters.len(), 2);
    assert!(parameters.iter().all(|parameter| parameter.required));
    assert_eq!(parameters[1].parameter_type, ParameterType::Number);
    let manifest = with(&[("/AppParameters", serde_json::from_str(sample).unwrap())]);
    let manifest = Manifest::parse(manifest.to_string().as_bytes()).unwrap();
    assert_eq!(manifest.app_parameters, parameters);
}

#[test]
fn a_manifest_survives_writing_and_reading() {
    let manifest = with(&[
        ("/Task", json!("detection")),
        ("/AppParameters", json!([])),
        ("/ResultVariables", json!([])),
        ("/Models/0/Input", json!({"Width": 416, "Height": 416, "Channels": "BGR", "Fit": "Letterbox"})),
        ("/Models/0/Output", json!({"Head": "YOLOX", "Strides": [8, 16, 32], "ScoreThreshold": 0.5})),
        ("/Limits", json!({"DeadlineMs": 5000, "MemoryMiB": 32})),
        ("/Runner", json!({"Engine": "tract", "Compute": "cpu"})),
        ("/Deterministic", json!(true)),
    ]);
    let manifest = Manifest::parse(manifest.to_string().as_bytes()).unwrap();
    assert_eq!(manifest.task, Some(Task::Detection));
    assert_eq!(manifest.app_parameters, Task::Detection.parameters());
    assert_eq!(manifest.model("cats").unwrap().output.as_ref().unwrap().head, Some(Head::Yolox));
    assert!(manifest.deterministic);
    assert_eq!(Manifest::parse(manifest.to_json().as_bytes()).unwrap(), manifest);
    let schema = Manifest::json_schema();
    assert!(schema["properties"]["AppParameters"].is_object(), "{schema:#}");
}

#[test]
fn what_is_no_manifest_at_all() {
    assert!(faults_of(b"")[0].starts_with("app.json: is not valid JSON"));
    assert!(faults_of(b"{\"Name\": \"x\"\n \"Version\": 1}")[0].contains("line 2"));
    for text in ["[]", "\"x\"", "null", "[\"Cats\", \"\", \"\", \"1.0.0\"]"] {
        assert_eq!(faults_of(text.as_bytes()), ["app.json: must be a JSON object, { … }"]);
    }
    Manifest::parse(format!("\u{feff}{}", good()).as_bytes()).unwrap();
}

#[test]
fn keys_that_are_missing_or_unknown_are_all_named() {
    assert_faults(
        &json!({"Nmae": "Cats", "Extra": 1}),
        &[
            "app.json: Nmae: unknown field `Nmae`, expected one of `Name`",
            "app.json: Extra: unknown field",
            "app.json: Name: is missing",
            "app.json: Version: is missing",
            "app.json: ResultVariables: an app needs at least one result",
        ],
    );
    assert_faults(
        &with(&[("/Models/0", json!({"Colour": 1})), ("/AppParameters/0", json!({"Name": "Image", "label": "x"}))]),
        &[
            "app.json: Models[0].Colour: unknown field",
            "app.json: Models[0].Name: is missing",
            "app.json: Models[0].File: is missing",
            "app.json: AppParameters[0].label: unknown field",
            "app.json: AppParameters[0].ParameterType: is missing",
        ],
    );
}

#[test]
fn one_fault_does_not_hide_the_next() {
    assert_faults(
        &with(&[
            ("/Name", json!(5)),
            ("/Version", json!("one")),
            ("/Task", json!("classify")),
            ("/AppParameters/0/ParameterType", json!("Picture")),
            ("/AppParameters/0/Required", json!("yes")),
            ("/AppParameters/1", json!("Age")),
            ("/ResultVariables/0/ResultType", json!(1)),
            ("/ResultLayout", json!("pie")),
            ("/Models/0/File", json!("cats.onnx")),
            ("/Models/0/Input", json!({"Width": -1, "Mean": ["x"], "Std": [0.0], "Layout": "CHW"})),
        ]),
        &[
            "app.json: Name: invalid type: integer `5`, expected a string",
            "app.json: Version: unexpected character",
            "app.json: Task: unknown variant `classify`, expected one of `classification`",
            "app.json: AppParameters[0].ParameterType: unknown variant `Picture`, expected one of `Number`",
            "app.json: AppParameters[0].Required: invalid type: string \"yes\", expected a boolean",
            "app.json: AppParameters[1]: invalid type",
            "app.json: ResultVariables[0].ResultType: ",
            "app.json: ResultLayout: must be template.html or one of",
            "app.json: Models[0].File: must lie under models/",
            "app.json: Models[0].Input.Width: invalid value",
            "app.json: Models[0].Input.Mean[0]: invalid type",
            "app.json: Models[0].Input.Layout: unknown variant",
            "app.json: Models[0].Input.Std: must not be 0",
        ],
    );
}

#[test]
fn lists_of_the_wrong_kind_do_not_hide_other_faults() {
    assert_faults(
        &with(&[("/Models", json!("x")), ("/ResultVariables", json!({})), ("/Version", json!(1))]),
        &[
            "app.json: Models: invalid type",
            "app.json: ResultVariables: invalid type",
            "app.json: Version: invalid type",
        ],
    );
}

#[test]
fn a_flood_of_faults_ends() {
    let manifest: serde_json::Map<String, Value> = (0..20_000).map(|i| (format!("Key{i}"), json!([{}]))).collect();
    assert_eq!(faults(&Value::Object(manifest)).len(), 100);
}

#[test]
fn values_must_make_sense() {
    assert_faults(
        &with(&[
            ("/Name", json!(" ")),
            ("/Category", json!("x".repeat(41))),
            ("/Description", json!("a\u{7}b")),
            ("/AppParameters/0/Default", json!("http://localhost/")),
            ("/AppParameters/1", json!({"ParameterType": "Number", "Name": "Image", "Min": 5, "Max": 1, "Step": 0})),
            ("/AppParameters/2", json!({"ParameterType": "Select", "Name": "2nd"})),
            ("/AppParameters/3", json!({"ParameterType": "Date", "Name": "Day", "Min": "1.5.2024", "Options": ["a"]})),
            ("/AppParameters/4", json!({"ParameterType": "Text", "Name": "Note", "MaxLength": 2, "Default": "abc"})),
            ("/ResultVariables/0/Name", json!("the cat")),
            ("/Models/0/Labels", json!("labels.txt")),
            ("/Models/0/Output", json!({"Strides": [0], "ScoreThreshold": 1.5, "Top": 0})),
            ("/Limits", json!({"DeadlineMs": 0})),
        ]),
        &[
            "app.json: Name: must not be empty",
            "app.json: Category: must have at most 40",
            "app.json: Description: must not hold control",
            "app.json: AppParameters[0].Default: an Image has no default",
            "app.json: AppParameters[1].Name: “Image” stands here twice",
            "app.json: AppParameters[1].Min: must not be larger than Max",
            "app.json: AppParameters[1].Step: must be larger than 0",
            "app.json: AppParameters[2].Name: must start with a letter",
            "app.json: AppParameters[2].Options: a Select needs",
            "app.json: AppParameters[3].Min: must be a day",
            "app.json: AppParameters[3].Options: has no meaning",
            "app.json: AppParameters[4].Default: must have at most 2",
            "app.json: ResultVariables[0].Name: must start with a letter",
            "app.json: Models[0].Labels: must lie under assets/",
            "app.json: Models[0].Output.Strides: must be larger than 0",
            "app.json: Models[0].Output.ScoreThreshold: must be from 0 to 1",
            "app.json: Models[0].Output.Top: must be at least 1",
            "app.json: Limits.DeadlineMs: must be at least 1",
        ],
    );
}

fn of_task(task: Task, output: &Value) -> Value {
    json!({
        "Name": "Cats", "Version": "1.0.0", "Task": task,
        "Models": [{"Name": "cats", "File": "models/cats.onnx", "Labels": "assets/labels.txt", "Output": output}],
    })
}

#[test]
fn every_task_fills_in_what_it_reads_and_answers_with() {
    for task in Task::ALL {
        let needed = match task {
            Task::Attributes => json!({"Attributes": [{"Name": "age"}]}),
            _ => json!({}),
        };
        let manifest = Manifest::parse(of_task(task, &needed).to_string().as_bytes()).unwrap();
        assert_eq!(serde_json::to_value(task).unwrap(), task.name());
        assert_eq!(manifest.app_parameters, task.parameters());
        assert_eq!(manifest.result_variables, task.results(manifest.models.first()));
        for head in task.heads() {
            let mut output = needed.clone();
            output["Head"] = json!(head.name());
            output["Anchors"] = json!([[1.0, 2.5]]);
            let manifest = Manifest::parse(of_task(task, &output).to_string().as_bytes()).unwrap();
            assert_eq!(manifest.models[0].output.as_ref().unwrap().head, Some(*head));
        }
    }
}

#[test]
fn a_gallery_turns_a_vector_into_labels() {
    let results = |output: &Value| {
        let manifest = Manifest::parse(of_task(Task::Embedding, output).to_string().as_bytes()).unwrap();
        manifest.result_variables.into_iter().map(|one| (one.name, one.result_type)).collect::<Vec<_>>()
    };
    assert_eq!(results(&json!({})), [("embedding".to_owned(), ResultType::Json)]);
    assert_eq!(results(&json!({"Gallery": "assets/g.f32"})), [("labels".to_owned(), ResultType::Labels)]);
}

#[test]
fn what_belongs_to_another_task_is_refused() {
    assert_faults(
        &of_task(Task::Embedding, &json!({"Head": "Logits", "Class": 1, "Blank": "Last", "Unclip": 2})),
        &[
            "app.json: Models[0].Output.Head: does not belong to the task embedding: leave it out",
            "app.json: Models[0].Output.Class: has no meaning for the task embedding",
            "app.json: Models[0].Output.Blank: has no meaning",
            "app.json: Models[0].Output.Unclip: has no meaning",
        ],
    );
    assert_faults(
        &of_task(Task::Detection, &json!({"Head": "YOLOv2", "Gallery": "gallery.f32", "Attributes": [{"Name": "x"}]})),
        &[
            "app.json: Models[0].Output.Anchors: is missing",
            "app.json: Models[0].Output.Gallery: must lie under assets/",
            "app.json: Models[0].Output.Gallery: has no meaning",
            "app.json: Models[0].Output.Attributes: has no meaning",
        ],
    );
    assert_faults(
        &of_task(Task::Keypoints, &json!({"Head": "YOLOX"})),
        &["app.json: Models[0].Output.Head: does not belong to the task keypoints: it has Landmarks, Heatmaps"],
    );
}

#[test]
fn attributes_must_make_sense() {
    assert_faults(
        &of_task(Task::Attributes, &json!({})),
        &["app.json: Models[0].Output.Attributes: is missing: say what"],
    );
    let attributes = json!([
        {"Name": " "},
        {"Name": "age", "Head": "Value", "Classes": ["young"]},
        {"Name": "mood", "Head": "Softmax"},
        {"Name": "place", "Head": "YOLOX", "Classes": ["left"]},
        {"Classes": ["a"]},
    ]);
    let place = |index: usize, rest: &str| format!("app.json: Models[0].Output.Attributes[{index}].{rest}");
    let expected = [
        place(0, "Name: must not be empty"),
        place(1, "Classes: has no meaning"),
        place(2, "Classes: is missing"),
        place(3, "Head: must be Value, Logits, Softmax"),
        place(4, "Name: is missing"),
    ];
    let manifest = of_task(Task::Attributes, &json!({"Attributes": attributes}));
    assert_faults(&manifest, &expected.each_ref().map(String::as_str));
}

#[test]
fn a_generator_is_given_a_seed_and_perhaps_a_class() {
    let with_parameters = |parameters: &Value| {
        let mut manifest = of_task(Task::Generation, &json!({}));
        manifest["AppParameters"] = parameters.clone();
        manifest
    };
    let seed = json!({"ParameterType": "Number", "Name": "Seed"});
    let select = json!({"ParameterType": "Select", "Name": "Class", "Options": ["cat", "dog"]});
    for good in [json!([seed]), json!([select, seed])] {
        Manifest::parse(with_parameters(&good).to_string().as_bytes()).unwrap();
    }
    let date = json!({"ParameterType": "Date", "Name": "Class"});
    assert_faults(
        &with_parameters(&json!([date])),
        &[
            "app.json: AppParameters: the standard glue for generation reads a Number named “Seed”",
            "app.json: AppParameters: the standard glue for generation reads “Class”",
        ],
    );
}

#[test]
fn a_recogniser_of_text_needs_its_characters() {
    let mut manifest = of_task(Task::TextRecognition, &json!({}));
    manifest["Models"][0].as_object_mut().unwrap().remove("Labels");
    assert_faults(&manifest, &["app.json: Models[0].Labels: is missing: name a file with the characters"]);
}

#[test]
fn a_task_asks_for_what_its_glue_reads() {
    assert_faults(
        &with(&[("/Task", json!("classification")), ("/AppParameters/0/Name", json!("Photo")), ("/Models", json!([]))]),
        &[
            "app.json: Models: the standard glue",
            "app.json: AppParameters: the standard",
            "app.json: ResultVariables: the",
        ],
    );
    assert_faults(
        &with(&[
            ("/Task", json!("classification")),
            ("/ResultVariables", json!([])),
            ("/Models/0/Output", json!({"Head": "YOLOX"})),
        ]),
        &["app.json: Models[0].Output.Head: does not belong"],
    );
}

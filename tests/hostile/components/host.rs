//! Glue that hands its host what makes no sense.

use super::{Case, DONE, IMAGE, LOAD, PASS_ON, PLAIN, Parts, READ, TENSOR, crashes, exceeds};

pub(super) fn all() -> Vec<Case> {
    let groups = [handles(), calls(), answers()];
    groups.into_iter().flatten().collect()
}

/// Handles that are too many, or are none.
fn handles() -> Vec<Case> {
    // A tensor of no elements: shape [0], float32, no bytes.
    let make = "(call $tensor (i32.const 512) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 256))";
    let handle = "(i32.load (i32.const 260))";
    let shape = |shape: &str, run: &str| format!("(data (i32.const 512) \"{shape}\") {run}");
    let flood = format!("(loop $again {make} (br $again))");
    let twice = format!("{make} (call $drop {handle}) (call $drop {handle})");
    let after = format!("{make} (call $drop {handle}) (call $top {handle} (i32.const 1) (i32.const 256))");
    let tensor = |name, run: &str, words| crashes(name, Parts { imports: TENSOR, run, ..PLAIN }, words);
    let large = "(loop $again (drop (memory.grow (i32.const 1)))
        (call $tensor (i32.const 512) (i32.const 1) (i32.const 1) (i32.const 0) (i32.const 33554432) (i32.const 256)) (br $again))";
    vec![
        exceeds("handles without end", Parts { imports: TENSOR, run: &flood, ..PLAIN }, &["more than 4096"]),
        exceeds(
            "tensors without end",
            Parts {
                imports: TENSOR,
                memory: "(memory (export \"memory\") 600)",
                // 32 Mi elements of one byte.
                fields: &shape("\\00\\00\\00\\02", ""),
                run: &large.replace("(drop (memory.grow (i32.const 1)))", ""),
                ..PLAIN
            },
            &["more than 1024 MiB"],
        ),
        tensor("a handle let go twice", &twice, &["the app crashed", "handle"]),
        tensor("a handle used after its end", &after, &["the app crashed", "handle"]),
        tensor("a handle of nobody", "(call $drop (i32.const 77))", &["the app crashed", "handle"]),
        crashes(
            "a picture of nobody",
            Parts { imports: IMAGE, run: "(drop (call $width (i32.const -1)))", ..PLAIN },
            &["the app crashed", "handle"],
        ),
    ]
}

/// Host calls with arguments that make no sense: the host's own words come back.
fn calls() -> Vec<Case> {
    let call = |name, imports, fields: &str, run: &str, words| {
        crashes(name, Parts { imports, fields, run: &format!("{run} {PASS_ON}"), ..PLAIN }, words)
    };
    let read = |name, path: &'static str, words| {
        let fields = format!("(data (i32.const 512) \"{path}\")");
        let length = path.replace("\\00", "0").len();
        call(name, READ, &fields, &format!("(call $read (i32.const 512) (i32.const {length}) (i32.const 256))"), words)
    };
    let tensor = |name, shape: &str, sides: usize, words| {
        let run = format!(
            "(call $tensor (i32.const 512) (i32.const {sides}) (i32.const 0) (i32.const 0) (i32.const 16) (i32.const 256))"
        );
        call(name, TENSOR, &format!("(data (i32.const 512) \"{shape}\")"), &run, words)
    };
    vec![
        read("a file of the machine", "/etc/passwd", &["/etc/passwd"]),
        read("a file above", "../../../etc/passwd", &["../../../etc/passwd"]),
        read("a file with a nul", "app.json\\00.txt", &["app.json"]),
        read("the compiled component", ".compiled/app.cwasm", &[".compiled/app.cwasm"]),
        call(
            "a model of nobody",
            LOAD,
            "(data (i32.const 512) \"ghost\")",
            "(call $load (i32.const 512) (i32.const 5) (i32.const 256))",
            &["ghost"],
        ),
        tensor("a shape that overflows", "\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff", 3, &["shape"]),
        tensor("a shape that differs", "\\09\\00\\00\\00", 1, &["9"]),
        call(
            "a picture that is none",
            IMAGE,
            "",
            "(call $decode (i32.const 0) (i32.const 2000) (i32.const 256))",
            &["not a picture"],
        ),
        crashes(
            "bytes outside of memory",
            Parts { imports: IMAGE, run: "(call $decode (i32.const 0) (i32.const -1) (i32.const 256))", ..PLAIN },
            &["the app crashed", "out of bounds"],
        ),
    ]
}

/// Answers that are not what the manifest promises.
fn answers() -> Vec<Case> {
    let pair = |value: &str, more: &str| {
        format!(
            r#"(data (i32.const 64) "\00\00\00\00\50\00\00\00\01\00\00\00")
               (data (i32.const 80) "\70\00\00\00\06\00\00\00{value}") (data (i32.const 112) "answer") {more}"#
        )
    };
    let answer = |name, result, answer: &str, words| {
        let parts = Parts { answer, ..PLAIN };
        Case { result, ..crashes(name, parts, words) }
    };
    let json = |text: &str| {
        let length = text.len();
        let length: String = (length as u32).to_le_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
        pair(
            &format!("\\05\\00\\00\\00\\00\\00\\00\\00\\00\\04\\00\\00{length}"),
            &format!("(data (i32.const 1024) \"{}\")", text.replace('"', "\\22")),
        )
    };
    vec![
        answer(
            "no number",
            "Number",
            &pair("\\01\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\f8\\7f", ""),
            &["answer", "NaN"],
        ),
        answer("another type", "Number", DONE, &["answer", "expected a number"]),
        answer("a picture as text", "Image", DONE, &["answer", "expected an image"]),
        answer(
            "a picture of nobody as answer",
            "Image",
            &pair("\\04\\00\\00\\00\\00\\00\\00\\00\\4d\\00\\00\\00\\00\\00\\00\\00", ""),
            &["the app crashed", "handle"],
        ),
        answer("a kind of value of nobody", "Text", &pair("\\63", ""), &["the app crashed"]),
        answer("no answer", "Text", "", &["answer", "is missing"]),
        answer(
            "an answer outside of memory",
            "Text",
            r#"(data (i32.const 64) "\00\00\00\00\f0\ff\ff\ff\01\00\00\00")"#,
            &["the app crashed"],
        ),
        answer(
            "two billion answers",
            "Text",
            r#"(data (i32.const 64) "\00\00\00\00\50\00\00\00\ff\ff\ff\7f")"#,
            &["the app crashed"],
        ),
        answer("JSON that is none", "Json", &json("{oops"), &["answer", "not valid JSON"]),
        answer("deep JSON", "Json", &json(&"[".repeat(60_000)), &["answer", "recursion limit"]),
        answer("labels that are none", "Labels", &json(r#"[{"label": 7}]"#), &["answer", "label"]),
        answer(
            "a date of nobody",
            "Date",
            &pair(
                "\\03\\00\\00\\00\\00\\00\\00\\00\\80\\00\\00\\00\\04\\00\\00\\00",
                "(data (i32.const 128) \"soon\")",
            ),
            &["answer", "YYYY-MM-DD"],
        ),
    ]
}

//! Files that are no good component.

use super::{Case, End, PLAIN, Parts, case, module};
use crate::support::glue::{connected, encode};

/// Files that are no good component.
pub(super) fn all() -> Vec<Case> {
    let file = |name, component, words| Case { name, component, result: "Text", end: End::Refused(words) };
    let good = encode(&module(PLAIN), "app");
    let plain = |text: &str| wat::parse_str(text).expect("the text is WebAssembly");
    let blocks = format!("{}{}", "(block ".repeat(2_000), ")".repeat(2_000));
    let many = (0..5_000).map(|n| format!("(func (param i32) (result i32) (i32.add (local.get 0) (i32.const {n})))"));
    // Section 4 holds a component; its length is written in seven bits per byte.
    let nested = (0..300).fold(b"\0asm\x0d\0\x01\0".to_vec(), |inner, _| {
        let length = [inner.len() as u8 & 0x7f | 0x80, (inner.len() >> 7) as u8 & 0x7f];
        [b"\0asm\x0d\0\x01\0\x04".as_slice(), &length, &inner].concat()
    });
    let mut bent = good.clone();
    let middle = bent.len() / 2;
    bent[middle..middle + 40].fill(0xff);
    vec![
        file("nothing", Vec::new(), &["app.wasm", "is empty"]),
        file(
            "a script",
            b"export function run() {}".to_vec(),
            &["app.wasm", "text file", "not a WebAssembly component"],
        ),
        file("a library", b"\x7fELF\x02\x01\x01\0".to_vec(), &["app.wasm", "Linux program"]),
        file("half a component", good[..good.len() / 2].to_vec(), &["app.wasm", "is damaged"]),
        file("a bent component", bent, &["app.wasm"]),
        file(
            "a core module",
            plain("(module (func (export \"run\")))"),
            &["app.wasm", "core module", "wasm-tools component new"],
        ),
        file("an empty component", plain("(component)"), &["app.wasm", "does not export the function “run”"]),
        file("nested three hundred deep", nested, &["app.wasm"]),
        file("a network", connected(), &["app.wasm", "wasi:sockets/tcp", "--stub-wasi"]),
        file(
            "an interface of nobody",
            plain("(component (import \"vision:app/secrets@0.1.0\" (instance)))"),
            &["app.wasm", "vision:app/secrets@0.1.0", "not an interface"],
        ),
        file(
            "an interface of tomorrow",
            plain("(component (import \"vision:app/images@9.0.0\" (instance)))"),
            &["app.wasm", "vision:app/images@9.0.0", "0.1."],
        ),
        file("run of another form", plain(WRONG_RUN), &["app.wasm", "does not fit the interface"]),
        file("shared memory", plain("(component (core module (memory 1 2 shared)))"), &["app.wasm"]),
        case("two thousand blocks deep", Parts { run: &blocks, ..PLAIN }, End::Good),
        case("five thousand functions", Parts { fields: &many.collect::<String>(), ..PLAIN }, End::Good),
    ]
}

const WRONG_RUN: &str = r#"(component
    (core module $m (func (export "run") (result i32) (i32.const 7)))
    (core instance $i (instantiate $m))
    (func $run (result u32) (canon lift (core func $i "run")))
    (export "run" (func $run)))"#;

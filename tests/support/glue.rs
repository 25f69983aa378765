//! Glue written as WebAssembly text, for apps whose behaviour a test must know to the instruction.

use serde_json::Value;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const INTERFACE: &str = include_str!("../../shared/wit/app.wit");

/// Glue that answers at once: `answer` is the text “done”.
pub(crate) fn instant() -> Vec<u8> {
    encode(&module("", ""), "app")
}

/// Glue that answers after `rounds` rounds of a loop, about a nanosecond each.
pub(crate) fn slow(rounds: u64) -> Vec<u8> {
    let body = format!(
        "(local $left i64)
         (local.set $left (i64.const {rounds}))
         (loop $again
           (local.set $left (i64.sub (local.get $left) (i64.const 1)))
           (br_if $again (i64.ne (local.get $left) (i64.const 0))))"
    );
    encode(&module("", &body), "app")
}

/// Glue that never answers.
pub(crate) fn endless() -> Vec<u8> {
    encode(&module("", "(loop $again (br $again))"), "app")
}

/// Glue that takes memory until it gets no more, and then gives up as an allocator does.
pub(crate) fn hungry() -> Vec<u8> {
    let body = "(loop $again
        (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
        (br $again))";
    encode(&module("", body), "app")
}

/// What [`answering`] gives for a result variable.
pub(crate) enum Answer {
    Text(String),
    Number(f64),
    Boolean(bool),
    Json(Value),
    /// A part of the photo: left, top, width and height in pixels.
    Part([f32; 4]),
    /// The photo with a line around these points.
    Outlined(Vec<[f32; 2]>),
}

/// Glue that has its answers written in it. Its pictures are made of the first input, which must be a photo.
pub(crate) fn answering(answers: &[(&str, Answer)]) -> Vec<u8> {
    // At 64 the answer, as in `module`; at 96 what a call of the host gives; from 128 the list, 24 bytes an entry: name, tag
    // and, at 16, the value.
    const LIST: usize = 128;
    let mut memory = Memory(vec![0; LIST + 24 * answers.len()]);
    memory.put(68, LIST as u32);
    memory.put(72, answers.len() as u32);
    let mut body = String::new();
    for (index, (name, answer)) in answers.iter().enumerate() {
        let at = LIST + 24 * index;
        memory.put_bytes(at, name.as_bytes());
        let (tag, value) = (at + 8, at + 16);
        let picture = |call: String| {
            format!(
                "{call}
                 (if (i32.load8_u (i32.const 96)) (then unreachable))
                 (i32.store (i32.const {value}) (i32.load (i32.const 100)))"
            )
        };
        // The tags stand in the order of the interface's `value`.
        match answer {
            Answer::Text(text) => memory.put_bytes(value, text.as_bytes()),
            Answer::Number(number) => {
                memory.put(tag, 1);
                memory.0[value..value + 8].copy_from_slice(&number.to_le_bytes());
            }
            Answer::Boolean(yes) => {
                memory.put(tag, 2);
                memory.put(value, u32::from(*yes));
            }
            Answer::Json(json) => {
                memory.put(tag, 5);
                memory.put_bytes(value, json.to_string().as_bytes());
            }
            Answer::Part([x, y, width, height]) => {
                memory.put(tag, 4);
                let area = format!("(f32.const {x}) (f32.const {y}) (f32.const {width}) (f32.const {height})");
                body += &picture(format!("(call $crop (local.get $photo) {area} (i32.const 96))"));
            }
            Answer::Outlined(points) => {
                memory.put(tag, 4);
                let numbers: Vec<u8> = points.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
                let (at, count) = (memory.add(&numbers), points.len());
                let line = "(i32.const 1) (i32.const 20) (i32.const 220) (i32.const 200) (i32.const 8)";
                let line = format!("(i32.const {at}) (i32.const {count}) {line}");
                body += &picture(format!("(call $outline (local.get $photo) {line} (i32.const 96))"));
            }
        }
    }
    encode(&memory.module(&body), "app")
}

/// What lies in the memory of [`answering`] when it begins.
struct Memory(Vec<u8>);

impl Memory {
    fn put(&mut self, at: usize, number: u32) {
        self.0[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }

    /// Puts bytes behind all others, and says where they lie.
    fn add(&mut self, bytes: &[u8]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let at = self.0.len();
        self.0.extend_from_slice(bytes);
        at as u32
    }

    /// Puts bytes behind all others, and their address and number at `at`.
    fn put_bytes(&mut self, at: usize, bytes: &[u8]) {
        let address = self.add(bytes);
        self.put(at, address);
        self.put(at + 4, bytes.len() as u32);
    }

    fn module(&self, body: &str) -> String {
        let data: String = self.0.iter().map(|byte| format!("\\{byte:02x}")).collect();
        format!(
            r#"(module
                (import "vision:app/images@0.1.0" "[method]image.crop"
                  (func $crop (param i32 f32 f32 f32 f32 i32)))
                (import "vision:app/images@0.1.0" "[method]image.draw-polyline"
                  (func $outline (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))
                (memory (export "memory") 32)
                (data (i32.const 0) "{data}")
                (global $next (mut i32) (i32.const 1048576))
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                  (local $at i32)
                  (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
                  (global.set $next (i32.add (local.get $at) (local.get 3)))
                  (local.get $at))
                (func (export "run") (param $inputs i32) (param i32) (result i32)
                  (local $photo i32)
                  (local.set $photo (i32.load (i32.add (local.get $inputs) (i32.const 16))))
                  {body}
                  (i32.const 64)))"#
        )
    }
}

/// Glue that wants the network.
pub(crate) fn connected() -> Vec<u8> {
    let import = r#"(import "wasi:sockets/tcp@0.2.0" "connect" (func $connect))"#;
    encode(&module(import, "(call $connect)"), "connected")
}

/// `run` of the world, in core WebAssembly: the body, and then a list of one result at fixed addresses.
fn module(imports: &str, body: &str) -> String {
    // At 64 the answer: tag 0 (ok), pointer 80, length 1. At 80 the pair: name at 112 (6 bytes), then the value:
    // tag 0 (text), pointer 128, length 4.
    format!(
        r#"(module
            {imports}
            (memory (export "memory") 2)
            (data (i32.const 64) "\00\00\00\00\50\00\00\00\01\00\00\00")
            (data (i32.const 80) "\70\00\00\00\06\00\00\00\00\00\00\00\00\00\00\00\80\00\00\00\04\00\00\00")
            (data (i32.const 112) "answer")
            (data (i32.const 128) "done")
            (global $next (mut i32) (i32.const 1024))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
              (local $at i32)
              (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
              (global.set $next (i32.add (local.get $at) (local.get 3)))
              (local.get $at))
            (func (export "run") (param i32 i32) (result i32)
              {body}
              (i32.const 64)))"#
    )
}

/// The component of a module in text.
pub(crate) fn encode(text: &str, world: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text).expect("the text is WebAssembly");
    let mut resolve = Resolve::default();
    let mut package = resolve.push_str("app.wit", INTERFACE).expect("the interface is sound");
    if world == "connected" {
        let sockets = "package wasi:sockets@0.2.0; interface tcp { connect: func(); }";
        resolve.push_str("tcp.wit", sockets).expect("the interface is sound");
        let fixture = "package test:fixture; world connected {
            include vision:app/app@0.1.0; import wasi:sockets/tcp@0.2.0; }";
        package = resolve.push_str("fixture.wit", fixture).expect("the world is sound");
    }
    let world = resolve.select_world(&[package], Some(world)).expect("the world is there");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("metadata fits");
    let encoder = ComponentEncoder::default().validate(true);
    encoder.module(&module).expect("the module fits the world").encode().expect("a component")
}

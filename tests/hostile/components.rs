//! Glue that was made to do harm, written as WebAssembly text.

mod code;
mod files;
mod host;

use crate::support::glue::encode;

/// How an app of some glue ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// It does what it should.
    Good,
    /// Its publication is refused as `invalid-package`, in these words.
    Refused(&'static [&'static str]),
    /// Its run fails with this status and code, in these words.
    Fails(u16, &'static str, &'static [&'static str]),
}

/// One app.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) component: Vec<u8>,
    /// The type of its result.
    pub(super) result: &'static str,
    pub(super) end: End,
}

/// The parts of a module; what is left empty is harmless.
#[derive(Clone, Copy)]
struct Parts<'a> {
    imports: &'a str,
    memory: &'a str,
    fields: &'a str,
    /// What `cabi_realloc` does before it hands out memory.
    realloc: &'a str,
    run: &'a str,
    answer: &'a str,
}

/// At 64 the answer: tag 0 (ok), pointer 80, length 1. At 80 the pair: name at 112 (6 bytes), then the value: tag 0
/// (text), pointer 128, length 4.
const DONE: &str = r#"(data (i32.const 64) "\00\00\00\00\50\00\00\00\01\00\00\00")
    (data (i32.const 80) "\70\00\00\00\06\00\00\00\00\00\00\00\00\00\00\00\80\00\00\00\04\00\00\00")
    (data (i32.const 112) "answer") (data (i32.const 128) "done")"#;
const PLAIN: Parts<'_> =
    Parts { imports: "", memory: "(memory (export \"memory\") 2)", fields: "", realloc: "", run: "", answer: DONE };

const LOG: &str = r#"(import "vision:app/logging@0.1.0" "log" (func $log (param i32 i32 i32)))"#;
const TENSOR: &str = r#"(import "vision:app/tensors@0.1.0" "[static]tensor.from-bytes"
    (func $tensor (param i32 i32 i32 i32 i32 i32)))
    (import "vision:app/tensors@0.1.0" "[resource-drop]tensor" (func $drop (param i32)))
    (import "vision:app/tensors@0.1.0" "[method]tensor.top-k" (func $top (param i32 i32 i32)))
    (import "vision:app/tensors@0.1.0" "[method]tensor.slice" (func $slice (param i32 i32 i32 i32 i32)))"#;
const IMAGE: &str = r#"(import "vision:app/images@0.1.0" "[static]image.decode" (func $decode (param i32 i32 i32)))
    (import "vision:app/images@0.1.0" "[method]image.width" (func $width (param i32) (result i32)))
    (import "vision:app/images@0.1.0" "[method]image.resize" (func $resize (param i32 i32 i32 i32)))"#;
const READ: &str = r#"(import "vision:app/assets@0.1.0" "read" (func $read (param i32 i32 i32)))"#;
const LOAD: &str =
    r#"(import "vision:app/inference@0.1.0" "[static]model.load-by-name" (func $load (param i32 i32 i32)))"#;
/// Answers with the error that a host call left at 256: tag, pointer, length.
const PASS_ON: &str =
    "(if (i32.load8_u (i32.const 256)) (then (memory.copy (i32.const 64) (i32.const 256) (i32.const 12))))";
const FOREVER: &str = "(loop $again (br $again))";

const CRASHED: (u16, &str) = (500, "app-failed");
const LIMIT: (u16, &str) = (500, "limit-exceeded");

/// Good glue that looks at its picture, and passes on what the host says of it.
pub(super) fn looks() -> Vec<u8> {
    // Of the first input: its name (8 bytes), then the value's tag, then at 16 the picture's handle.
    let run = format!(
        "(call $resize (i32.load offset=16 (local.get 0)) (i32.const 8) (i32.const 8) (i32.const 256)) {PASS_ON}"
    );
    encode(&module(Parts { imports: IMAGE, run: &run, ..PLAIN }), "app")
}

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let groups = [code::all(), host::all(), files::all()];
    groups.into_iter().flatten().collect()
}

fn module(parts: Parts<'_>) -> String {
    let Parts { imports, memory, fields, realloc, run, answer } = parts;
    format!(
        r#"(module {imports} {memory} {answer}
            (global $next (mut i32) (i32.const 65536))
            {fields}
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
              (local $at i32)
              {realloc}
              (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
              (global.set $next (i32.add (local.get $at) (local.get 3)))
              (block $enough
                (br_if $enough (i32.le_u (global.get $next) (i32.shl (memory.size) (i32.const 16))))
                (drop (memory.grow (i32.shr_u (i32.add (local.get 3) (i32.const 131071)) (i32.const 16)))))
              (local.get $at))
            (func (export "run") (param i32 i32) (result i32) {run} (i32.const 64)))"#
    )
}

fn case(name: &'static str, parts: Parts<'_>, end: End) -> Case {
    Case { name, component: encode(&module(parts), "app"), result: "Text", end }
}

fn crashes(name: &'static str, parts: Parts<'_>, words: &'static [&'static str]) -> Case {
    case(name, parts, End::Fails(CRASHED.0, CRASHED.1, words))
}

fn exceeds(name: &'static str, parts: Parts<'_>, words: &'static [&'static str]) -> Case {
    case(name, parts, End::Fails(LIMIT.0, LIMIT.1, words))
}

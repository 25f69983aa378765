//! Glue written as WebAssembly text, for apps whose behaviour must be known to the instruction.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const INTERFACE: &str = include_str!("../../../shared/wit/app.wit");

/// A module that runs `body` and answers with one text, `answer` = `done`.
pub(crate) fn answer(body: &str) -> String {
    // At 64 the answer: tag 0 (ok), pointer 80, length 1. At 80 the pair: name at 112 (6 bytes), then the value: tag 0
    // (text), pointer 128, length 4.
    module(
        body,
        r#"(data (i32.const 64) "\00\00\00\00\50\00\00\00\01\00\00\00")
           (data (i32.const 80) "\70\00\00\00\06\00\00\00\00\00\00\00\00\00\00\00\80\00\00\00\04\00\00\00")
           (data (i32.const 112) "answer")
           (data (i32.const 128) "done")"#,
    )
}

/// A module that answers with an error.
pub(crate) fn refusal(message: &str) -> String {
    let length = u8::try_from(message.len()).expect("a short message");
    module(
        "",
        &format!(
            r#"(data (i32.const 64) "\01\00\00\00\80\00\00\00\{length:02x}\00\00\00") (data (i32.const 128) "{message}")"#
        ),
    )
}

fn module(body: &str, data: &str) -> String {
    format!(
        r#"(module
            (memory (export "memory") 2)
            {data}
            (global $next (mut i32) (i32.const 1024))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
              (local $at i32)
              (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
              (global.set $next (i32.add (local.get $at) (local.get 3)))
              (local.get $at))
            (;functions;)
            (func (export "run") (param i32 i32) (result i32) {body} (i32.const 64)))"#
    )
}

/// The component of a module, with more functions laid into it.
pub(crate) fn component(module: &str, functions: &str) -> Vec<u8> {
    let mut module = wat::parse_str(module.replace("(;functions;)", functions)).expect("the text is WebAssembly");
    let mut resolve = Resolve::default();
    let package = resolve.push_str("app.wit", INTERFACE).expect("the interface is sound");
    let world = resolve.select_world(&[package], Some("app")).expect("the world is there");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("metadata fits");
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .expect("the module fits the world")
        .encode()
        .expect("the module fits the world")
}

//! Glue written as WebAssembly text, for apps whose behaviour a test must know to the instruction.

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

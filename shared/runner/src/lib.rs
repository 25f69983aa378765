#![doc = include_str!("../README.md")]

pub mod engine;
pub mod ipc;
pub mod program;
pub mod supervisor;
pub mod worker;

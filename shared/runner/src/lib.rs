#![doc = include_str!("../README.md")]

mod addresses;
pub mod cell;
pub mod engine;
mod firewall;
pub mod ipc;
pub mod learned;
pub mod program;
pub mod supervisor;
pub mod worker;

#![doc = include_str!("../README.md")]

pub mod blobs;
pub mod config;
pub mod domain;
pub mod jobs;
pub mod runners;
pub mod serve;
pub mod state;
pub mod store;
pub mod traces;
pub mod web;

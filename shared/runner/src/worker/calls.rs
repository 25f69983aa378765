//! What the glue can call: one module per interface of `shared/wit`. Each turns the interface's types into those that
//! do the work, and asks for room first.

mod images;
mod inference;
mod package;
mod tensors;

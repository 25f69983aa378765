//! `vision schema`: the JSON Schema of `app.json`.

use std::{io::Write, process::ExitCode};

use vision_protocol::Manifest;

pub(crate) fn run(out: &mut impl Write) -> anyhow::Result<ExitCode> {
    writeln!(out, "{}", serde_json::to_string_pretty(&Manifest::json_schema())?)?;
    Ok(ExitCode::SUCCESS)
}

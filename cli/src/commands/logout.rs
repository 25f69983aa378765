//! `vision logout`: forgets portal and key.

use std::{fs, io::Write, process::ExitCode};

use anyhow::Context;

use crate::account::{self, Account};

pub(crate) fn run(out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let file = account::file()?;
    // One that cannot be read is forgotten too.
    let portal = Account::stored(&file).ok().flatten().map(|account| account.portal);
    if file.exists() {
        fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    match portal {
        Some(portal) => writeln!(out, "Logged out. The key stays good until you revoke it at {portal}settings/keys")?,
        None => writeln!(out, "You were not logged in.")?,
    }
    Ok(ExitCode::SUCCESS)
}

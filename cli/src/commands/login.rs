//! `vision login`: keeps a portal's address and an API key for it.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use console::Term;
use secrecy::{ExposeSecret, SecretString};

use crate::account::{self, Account, Client, Target};

/// What `login` is told.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(options: Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let portal = match options.target.portal {
        Some(portal) => portal,
        None => ask("Address of the portal", false)?.expose_secret().parse().context("that is no address")?,
    };
    let portal = account::checked(portal)?;
    if account::is_readable_on_the_way(&portal) {
        writeln!(io::stderr(), "vision: {portal} is not https: whoever is on the way can read the key")?;
    }
    let key = match options.target.key {
        Some(key) => key,
        None => ask(&format!("API key (made at {portal}settings/keys)"), true)?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = Client::new(Account { portal: portal.clone(), key: key.clone() })?;
    let me = runtime.block_on(client.me())?;
    let file = account::file()?;
    Account { portal: portal.clone(), key }.store(&file)?;
    let scopes = if me.key.scopes.is_empty() { "no scope".to_owned() } else { me.key.scopes.join(", ") };
    writeln!(out, "Logged in to {portal} as {} ({}) with the key “{}”: {scopes}", me.name, me.role, me.key.name)?;
    Ok(ExitCode::SUCCESS)
}

/// One line from whoever sits there; a secret is not shown, and may come from a file.
fn ask(what: &str, secret: bool) -> anyhow::Result<SecretString> {
    let line = if io::stdin().is_terminal() {
        let term = Term::stderr();
        term.write_str(&format!("{what}: "))?;
        if secret { term.read_secure_line()? } else { term.read_line()? }
    } else if secret {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        line
    } else {
        bail!("give --portal, or set VISION_PORTAL");
    };
    match line.trim() {
        "" => bail!("{what}: nothing was given"),
        line => Ok(SecretString::from(line.to_owned())),
    }
}

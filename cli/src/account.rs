//! Which portal this machine publishes to, and with which key: from the command line, the environment, or a file that
//! only its owner can read.

mod client;

use std::{
    fs::{self, DirBuilder},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;
use etcetera::BaseStrategy;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

pub(crate) use client::{Answered, Client, Release};

/// Which portal, and which key.
#[derive(Args)]
pub(crate) struct Target {
    /// Address of the portal; the one that you logged in to if left out.
    #[arg(long, env = "VISION_PORTAL")]
    pub(crate) portal: Option<Url>,
    /// API key of the portal. Better set in the environment, which other users cannot read.
    #[arg(long, env = "VISION_API_KEY", hide_env_values = true)]
    pub(crate) key: Option<SecretString>,
}

/// A portal with a key for it.
pub(crate) struct Account {
    pub(crate) portal: Url,
    pub(crate) key: SecretString,
}

/// The file, as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    portal: Url,
    key: String,
}

impl Target {
    /// The account that is meant. A stored key goes to the portal that it was stored for, and to no other.
    pub(crate) fn account(self) -> anyhow::Result<Account> {
        let stored = || Account::stored(&file()?);
        let account = match (self.portal, self.key) {
            (Some(portal), Some(key)) => Some(Account { portal: checked(portal)?, key }),
            (Some(portal), None) => {
                let portal = checked(portal)?;
                stored()?.filter(|account| account.portal == portal)
            }
            (None, Some(key)) => stored()?.map(|account| Account { key, ..account }),
            (None, None) => stored()?,
        };
        account.context("log in first: `vision login`, or set VISION_PORTAL and VISION_API_KEY")
    }
}

/// An address that a key may be sent to, in one way of writing it.
pub(crate) fn checked(mut portal: Url) -> anyhow::Result<Url> {
    if !matches!(portal.scheme(), "http" | "https") || portal.cannot_be_a_base() {
        bail!("{portal}: must be an http or https address, such as https://vision.example");
    }
    portal.set_query(None);
    portal.set_fragment(None);
    if !portal.path().ends_with('/') {
        let path = format!("{}/", portal.path());
        portal.set_path(&path);
    }
    Ok(portal)
}

/// Whether a key sent there can be read on the way.
pub(crate) fn is_readable_on_the_way(portal: &Url) -> bool {
    let local = match portal.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    portal.scheme() == "http" && !local
}

/// Where the account is kept.
pub(crate) fn file() -> anyhow::Result<PathBuf> {
    Ok(etcetera::choose_base_strategy()?.config_dir().join("vision/account.json"))
}

/// Where downloads are kept.
pub(crate) fn cache() -> anyhow::Result<PathBuf> {
    Ok(etcetera::choose_base_strategy()?.cache_dir().join("vision/models"))
}

impl Account {
    /// The account in a file, if there is one.
    pub(crate) fn stored(file: &Path) -> anyhow::Result<Option<Self>> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        // What is wrong in it is not told: the words could quote the key.
        let Ok(Stored { portal, key }) = serde_json::from_str(&text) else {
            bail!("{}: is not what `vision login` writes; log in again", file.display());
        };
        Ok(Some(Self { portal, key: SecretString::from(key) }))
    }

    /// Writes the account for its owner's eyes, all of it or nothing.
    pub(crate) fn store(&self, file: &Path) -> anyhow::Result<()> {
        let write = || {
            let folder = file.parent().unwrap_or(Path::new("."));
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let stored = Stored { portal: self.portal.clone(), key: self.key.expose_secret().to_owned() };
            let new = file.with_extension("new");
            // One that was left behind could have another mode.
            match fs::remove_file(&new) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut out = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            out.write_all(serde_json::to_string_pretty(&stored)?.as_bytes())?;
            out.sync_all()?;
            fs::rename(&new, file)
        };
        write().with_context(|| format!("cannot write {}", file.display()))
    }
}

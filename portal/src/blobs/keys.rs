//! Keys: one master key, which wraps a data key per person, the tokens of runners and the keys that sign links.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;
use vision_protocol::ids::{AppId, RunnerId, UserId};

use super::{BlobError, seal};
use crate::state::Random;

/// Bytes of every key.
pub const KEY_BYTES: usize = 32;

/// The key that wraps all others. It never leaves the portal and is never logged.
pub struct MasterKey(SecretBox<[u8; KEY_BYTES]>);

/// The key of one person's files.
pub struct UserKey(SecretBox<[u8; KEY_BYTES]>);

/// What a wrapped secret is for; a secret opens only under the purpose that it was wrapped for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// A person's data key.
    User(UserId),
    /// A runner's token.
    RunnerToken,
    /// The key with this number that signs links.
    Signing(i64),
}

impl Purpose {
    fn context(self) -> String {
        match self {
            Self::User(id) => format!("user-key/{id}"),
            Self::RunnerToken => "runner-token".to_owned(),
            Self::Signing(number) => format!("signing-key/{number}"),
        }
    }
}

impl MasterKey {
    /// Takes the key that was configured, or the one in `folder/master.key`, which is made if it is not there.
    ///
    /// # Errors
    /// If it has the wrong form, or the file cannot be read or written.
    pub fn load(configured: Option<&SecretString>, folder: &Path, random: &dyn Random) -> Result<Self, BlobError> {
        if let Some(text) = configured {
            return Self::parse(text.expose_secret())
                .ok_or_else(|| BlobError::Key("VISION_MASTER_KEY must be 64 hexadecimal digits".to_owned()));
        }
        let path = folder.join("master.key");
        match fs::File::open(&path) {
            Ok(file) => {
                let mut text = String::new();
                file.take(1024).read_to_string(&mut text)?;
                Self::parse(&text)
                    .ok_or_else(|| BlobError::Key(format!("{} must hold 64 hexadecimal digits", path.display())))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Self::create(folder, &path, random),
            Err(error) => Err(error.into()),
        }
    }

    /// Written beside its place and moved there: a portal killed meanwhile leaves no half a key.
    fn create(folder: &Path, path: &Path, random: &dyn Random) -> Result<Self, BlobError> {
        let mut key = [0; KEY_BYTES];
        random.fill(&mut key);
        let fresh = folder.join("master.key.new");
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        writeln!(file, "{}", hex::encode(key))?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        fs::File::open(folder)?.sync_all()?;
        Ok(Self(SecretBox::new(Box::new(key))))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut key = Box::new([0; KEY_BYTES]);
        hex::decode_to_slice(text.trim(), &mut *key).ok()?;
        Some(Self(SecretBox::new(key)))
    }

    /// Wraps a secret.
    pub fn wrap(&self, purpose: Purpose, secret: &[u8], random: &dyn Random) -> Vec<u8> {
        seal::seal_small(self.0.expose_secret(), &purpose.context(), secret, random)
    }

    /// Opens a wrapped secret.
    ///
    /// # Errors
    /// `Tampered`: changed, or wrapped by another key or for another purpose.
    pub fn unwrap(&self, purpose: Purpose, wrapped: &[u8]) -> Result<Vec<u8>, BlobError> {
        seal::open_small(self.0.expose_secret(), &purpose.context(), wrapped)
    }

    /// The name under which a runner knows a person: the same every time, another one at each runner, and nothing that
    /// leads back to the person without this key.
    pub fn pseudonym(&self, person: UserId, runner: RunnerId) -> String {
        // A key of its own, so that what is sealed and what is told never share one.
        let key = mac(self.0.expose_secret(), b"pseudonyms");
        hex::encode(mac(&key, format!("runner {runner}, person {person}").as_bytes()))
    }

    /// The secret part of the link of an app; another one for each generation.
    pub fn share_token(&self, app: AppId, generation: i64) -> String {
        let key = mac(self.0.expose_secret(), b"share links");
        let token = mac(&key, format!("app {app}, generation {generation}").as_bytes());
        hex::encode(&token[..16])
    }

    /// A new data key for a person, wrapped.
    pub fn new_user_key(&self, user: UserId, random: &dyn Random) -> Vec<u8> {
        let mut key = [0; KEY_BYTES];
        random.fill(&mut key);
        self.wrap(Purpose::User(user), &key, random)
    }

    /// A person's data key.
    ///
    /// # Errors
    /// As [`MasterKey::unwrap`].
    pub fn user_key(&self, user: UserId, wrapped: &[u8]) -> Result<UserKey, BlobError> {
        let key = self.unwrap(Purpose::User(user), wrapped)?;
        let key: [u8; KEY_BYTES] = key.try_into().map_err(|_| BlobError::Tampered)?;
        Ok(UserKey(SecretBox::new(Box::new(key))))
    }
}

fn mac(key: &[u8; KEY_BYTES], text: &[u8]) -> [u8; KEY_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

impl UserKey {
    pub(super) fn secret(&self) -> &[u8; KEY_BYTES] {
        self.0.expose_secret()
    }

    /// Seals a column. `context` says which: a sealed text opens nowhere else.
    pub fn seal_column(&self, context: &str, text: &[u8], random: &dyn Random) -> Vec<u8> {
        seal::seal_small(self.secret(), context, text, random)
    }

    /// Opens a column.
    ///
    /// # Errors
    /// `Tampered`.
    pub fn open_column(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, BlobError> {
        seal::open_small(self.secret(), context, sealed)
    }
}

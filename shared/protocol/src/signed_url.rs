//! Signed URLs: the only way in which a runner reaches a file.
//!
//! A signature covers method, file, release, run and expiry, so a link is good for one file of one run, and
//! the portal refuses it once that run has ended. The form follows the presigned URLs of object stores:
//! HMAC-SHA-256 (RFC 2104) over the fields, one per line, compared in constant time.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use url::Url;

use crate::ids::{BlobId, ReleaseId, RunId};

/// What a link allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Fetch it, or put it there.
    pub method: Method,
    /// The file.
    pub blob: BlobId,
    /// The release that runs.
    pub release: ReleaseId,
    /// The run.
    pub run: RunId,
    /// Milliseconds since 1970, UTC, after which the link is dead.
    pub expires_at: i64,
}

/// What may be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read it.
    Get,
    /// Write it, once.
    Put,
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
        }
    }
}

/// The query of a signed URL, as it comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedQuery {
    /// The release.
    pub release: ReleaseId,
    /// The run.
    pub run: RunId,
    /// Milliseconds since 1970, UTC.
    pub expires: i64,
    /// The key that signed.
    pub key: u32,
    /// 64 hexadecimal digits.
    pub signature: String,
}

/// Why a link was refused; for the log, never for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The key is unknown, or was retired.
    #[error("signed with a key that is not in use")]
    UnknownKey,
    /// Something in the link was changed.
    #[error("the signature does not match")]
    BadSignature,
    /// Too late.
    #[error("the link has expired")]
    Expired,
}

/// A key, with the number that links carry so that keys can rotate.
#[derive(Clone)]
pub struct SigningKey {
    number: u32,
    secret: [u8; 32],
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({}, hidden)", self.number)
    }
}

impl SigningKey {
    /// A key from its secret.
    pub fn new(number: u32, secret: [u8; 32]) -> Self {
        Self { number, secret }
    }

    /// The link for `grant` below `base`: `<base>/files/<blob>?release=…&run=…&expires=…&key=…&signature=…`.
    pub fn sign(&self, base: &Url, grant: &Grant) -> Url {
        let mut url = base.clone();
        url.set_path(&format!("{}/files/{}", base.path().trim_end_matches('/'), grant.blob));
        url.set_fragment(None);
        url.query_pairs_mut()
            .clear()
            .append_pair("release", &grant.release.to_string())
            .append_pair("run", &grant.run.to_string())
            .append_pair("expires", &grant.expires_at.to_string())
            .append_pair("key", &self.number.to_string())
            .append_pair("signature", &hex::encode(self.mac(grant).finalize().into_bytes()));
        url
    }

    fn mac(&self, grant: &Grant) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        let Grant { method, blob, release, run, expires_at } = grant;
        mac.update(
            format!("vision-signed-url-1\n{}\n{blob}\n{release}\n{run}\n{expires_at}\n", method.name()).as_bytes(),
        );
        mac
    }
}

/// Checks a link against the keys in use, at the time `now` (milliseconds since 1970, UTC).
///
/// # Errors
/// Why it is refused; the signature is looked at before the expiry, so that a forger learns nothing.
pub fn verify(
    keys: &[SigningKey],
    method: Method,
    blob: BlobId,
    query: &SignedQuery,
    now: i64,
) -> Result<Grant, Refusal> {
    let key = keys.iter().find(|key| key.number == query.key).ok_or(Refusal::UnknownKey)?;
    let grant = Grant { method, blob, release: query.release, run: query.run, expires_at: query.expires };
    let given = hex::decode(&query.signature).map_err(|_| Refusal::BadSignature)?;
    let expected = key.mac(&grant).finalize().into_bytes();
    if !bool::from(expected.as_slice().ct_eq(&given)) {
        return Err(Refusal::BadSignature);
    }
    if now > grant.expires_at {
        return Err(Refusal::Expired);
    }
    Ok(grant)
}

//! The keys that sign links: made here, wrapped in the database, changed every day.

use std::sync::{PoisonError, RwLock};

use url::Url;
use vision_protocol::{
    ids::BlobId,
    signed_url::{self, Grant, Method, Refusal, SignedQuery, SigningKey},
};

use crate::{blobs::keys::Purpose, domain::DomainError, state::Portal};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The keys in use, the newest first.
#[derive(Default)]
pub struct Signing(RwLock<Vec<SigningKey>>);

impl Signing {
    /// Makes a new key if the newest is a day old, forgets those older than two days, and loads the rest.
    ///
    /// # Errors
    /// The database's, or a key that does not open.
    pub async fn refresh(&self, portal: &Portal) -> Result<(), DomainError> {
        let now = portal.now();
        let wrap = |number| portal.master.wrap(Purpose::Signing(number), &portal.random_bytes::<32>(), &*portal.random);
        portal.store.rotate_signing_key(now - DAY_MS, now - 2 * DAY_MS, now, wrap).await?;
        let mut keys = Vec::new();
        for row in portal.store.signing_keys(now - 2 * DAY_MS).await? {
            let secret = portal.master.unwrap(Purpose::Signing(row.number), &row.secret)?;
            let secret = secret.try_into().map_err(|_| DomainError::internal("a signing key has the wrong length"))?;
            keys.push(SigningKey::new(u32::try_from(row.number).map_err(DomainError::internal)?, secret));
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Signs a link with the newest key.
    ///
    /// # Errors
    /// If no key has been loaded.
    pub fn sign(&self, base: &Url, grant: &Grant) -> Result<Url, DomainError> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let newest = keys.first().ok_or_else(|| DomainError::internal("no signing key is loaded"))?;
        Ok(newest.sign(base, grant))
    }

    /// Checks a link.
    ///
    /// # Errors
    /// The outer error is the database's, the inner one says why the link is refused.
    pub async fn verify(
        &self,
        portal: &Portal,
        method: Method,
        blob: BlobId,
        query: &SignedQuery,
    ) -> Result<Result<Grant, Refusal>, DomainError> {
        let check = || {
            let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
            signed_url::verify(&keys, method, blob, query, portal.now())
        };
        match check() {
            // Another portal may have made it.
            Err(Refusal::UnknownKey) => {
                self.refresh(portal).await?;
                Ok(check())
            }
            checked => Ok(checked),
        }
    }
}

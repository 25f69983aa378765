//! Passwords: argon2id, hashed off the request threads and a few at a time.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use super::super::{DomainError, Result};
use crate::state::Portal;

/// Letters and digits that look like no other.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789A";

fn argon2(memory_kib: u32) -> Result<Argon2<'static>> {
    let params = Params::new(memory_kib.max(Params::MIN_M_COST), 2, 1, None).map_err(DomainError::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

pub(super) async fn hash(portal: &Portal, password: &str) -> Result<String> {
    let argon2 = argon2(portal.config.accounts.password_memory_kib)?;
    let password = password.to_owned();
    let salt = portal.random_bytes::<16>();
    let _permit = portal.hashing.acquire().await.map_err(DomainError::internal)?;
    tokio::task::spawn_blocking(move || {
        let hash: PasswordHash = argon2.hash_password_with_salt(password.as_bytes(), &salt)?;
        Ok::<_, argon2::password_hash::Error>(hash.to_string())
    })
    .await
    .map_err(DomainError::internal)?
    .map_err(DomainError::internal)
}

/// Without a hash, the same work for nothing.
pub(super) async fn verify(portal: &Portal, password: &str, hash: Option<&str>) -> Result<bool> {
    let Some(hash) = hash else {
        self::hash(portal, password).await?;
        return Ok(false);
    };
    let (password, hash) = (password.to_owned(), hash.to_owned());
    let _permit = portal.hashing.acquire().await.map_err(DomainError::internal)?;
    tokio::task::spawn_blocking(move || {
        let hash = PasswordHash::new(&hash).map_err(DomainError::internal)?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .map_err(DomainError::internal)?
}

/// 80 bits, in groups that can be typed.
pub(super) fn generate(portal: &Portal) -> String {
    let letters: Vec<u8> = portal.random_bytes::<16>().iter().map(|byte| ALPHABET[usize::from(byte & 31)]).collect();
    letters.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect::<Vec<_>>().join("-")
}

//! Sealing: AES-256-GCM in chunks of 64 KiB, the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár
//! ("Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015).
//!
//! A sealed file is a header (`VSN1` and a random salt) and its chunks, each with its 16-byte tag behind it. Every
//! sealing has its own key, HMAC-SHA-256 of the salt and the file's id under the person's key, so nonces never meet.
//! A nonce is the first 7 bytes of the salt, the chunk's number, and 1 for the last chunk: chunks that were changed,
//! swapped, dropped, cut off or moved between files do not open.

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{AeadInOut, KeyInit},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use vision_protocol::ids::BlobId;

use super::{
    BlobError,
    keys::{KEY_BYTES, UserKey},
};
use crate::state::Random;

/// Opened bytes of every chunk but the last.
pub const CHUNK_BYTES: usize = 64 << 10;
/// Sealed bytes of every chunk but the last.
pub const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;
/// Random bytes in every header.
pub const SALT_BYTES: usize = 32;
/// Bytes of the header.
pub const HEADER_BYTES: usize = MAGIC.len() + SALT_BYTES;

const MAGIC: &[u8; 4] = b"VSN1";
const TAG_BYTES: usize = 16;
const PREFIX_BYTES: usize = 7;

/// The counter and cipher of one sealed file.
struct Chunks {
    cipher: Aes256Gcm,
    prefix: [u8; PREFIX_BYTES],
    number: u32,
    id: BlobId,
}

impl Chunks {
    fn new(key: &UserKey, id: BlobId, salt: &[u8]) -> Self {
        let mut prefix = [0; PREFIX_BYTES];
        prefix.copy_from_slice(&salt[..PREFIX_BYTES]);
        Self { cipher: cipher(key.secret(), "file", id.0.as_bytes(), salt), prefix, number: 0, id }
    }

    fn nonce(&mut self, last: bool) -> Result<[u8; 12], BlobError> {
        let mut nonce = [0; 12];
        nonce[..PREFIX_BYTES].copy_from_slice(&self.prefix);
        nonce[PREFIX_BYTES..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(last);
        self.number = self.number.checked_add(1).ok_or(BlobError::TooLarge { limit: u64::from(u32::MAX) << 16 })?;
        Ok(nonce)
    }
}

/// Seals one file.
pub struct Sealer {
    chunks: Chunks,
    header: [u8; HEADER_BYTES],
    waiting: Vec<u8>,
}

impl Sealer {
    /// A sealer for the file `id`; `salt` must be fresh.
    pub fn new(key: &UserKey, id: BlobId, salt: [u8; SALT_BYTES]) -> Self {
        let mut header = [0; HEADER_BYTES];
        header[..MAGIC.len()].copy_from_slice(MAGIC);
        header[MAGIC.len()..].copy_from_slice(&salt);
        Self { chunks: Chunks::new(key, id, &salt), header, waiting: Vec::with_capacity(CHUNK_BYTES) }
    }

    /// What stands before the first chunk.
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// Takes more of the file; sealed chunks are appended to `sealed`.
    ///
    /// # Errors
    /// `TooLarge` beyond 256 TiB.
    pub fn push(&mut self, mut piece: &[u8], sealed: &mut Vec<u8>) -> Result<(), BlobError> {
        while !piece.is_empty() {
            // A full chunk waits for what comes next: it may be the last.
            if self.waiting.len() == CHUNK_BYTES {
                self.seal(false, sealed)?;
            }
            let (now, later) = piece.split_at(piece.len().min(CHUNK_BYTES - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            piece = later;
        }
        Ok(())
    }

    /// Ends the file; its last chunk is appended to `sealed`.
    ///
    /// # Errors
    /// As [`Sealer::push`].
    pub fn finish(mut self, sealed: &mut Vec<u8>) -> Result<(), BlobError> {
        self.seal(true, sealed)
    }

    fn seal(&mut self, last: bool, sealed: &mut Vec<u8>) -> Result<(), BlobError> {
        let nonce = Nonce::from(self.chunks.nonce(last)?);
        let tag = self
            .chunks
            .cipher
            .encrypt_inout_detached(&nonce, self.chunks.id.0.as_bytes(), self.waiting.as_mut_slice().into())
            .map_err(|_| BlobError::TooLarge { limit: CHUNK_BYTES as u64 })?;
        sealed.extend_from_slice(&self.waiting);
        sealed.extend_from_slice(&tag);
        self.waiting.clear();
        Ok(())
    }
}

/// Opens one file.
pub struct Opener(Chunks);

impl Opener {
    /// An opener for the file `id`, from its header.
    ///
    /// # Errors
    /// `Tampered` if the header is none.
    pub fn new(key: &UserKey, id: BlobId, header: &[u8]) -> Result<Self, BlobError> {
        match header.strip_prefix(MAGIC) {
            Some(salt) if salt.len() == SALT_BYTES => Ok(Self(Chunks::new(key, id, salt))),
            _ => Err(BlobError::Tampered),
        }
    }

    /// Opens the next chunk in place.
    ///
    /// # Errors
    /// `Tampered`.
    pub fn open(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), BlobError> {
        let nonce = Nonce::from(self.0.nonce(last)?);
        self.0.cipher.decrypt_in_place(&nonce, self.0.id.0.as_bytes(), chunk).map_err(|_| BlobError::Tampered)
    }
}

/// Seals something small in one piece: a salt, then ciphertext and tag.
pub(super) fn seal_small(key: &[u8; KEY_BYTES], context: &str, text: &[u8], random: &dyn Random) -> Vec<u8> {
    let mut sealed = vec![0; SALT_BYTES];
    random.fill(&mut sealed);
    let cipher = cipher(key, "column", context.as_bytes(), &sealed);
    let mut body = text.to_vec();
    cipher
        .encrypt_in_place(&Nonce::from([0; 12]), context.as_bytes(), &mut body)
        .expect("a row is far smaller than 64 GiB");
    sealed.append(&mut body);
    sealed
}

/// Opens what [`seal_small`] sealed.
pub(super) fn open_small(key: &[u8; KEY_BYTES], context: &str, sealed: &[u8]) -> Result<Vec<u8>, BlobError> {
    let (salt, body) = sealed.split_at_checked(SALT_BYTES).ok_or(BlobError::Tampered)?;
    let mut text = body.to_vec();
    cipher(key, "column", context.as_bytes(), salt)
        .decrypt_in_place(&Nonce::from([0; 12]), context.as_bytes(), &mut text)
        .map_err(|_| BlobError::Tampered)?;
    Ok(text)
}

/// The cipher of one sealing: its key is derived from the salt and from what is sealed.
fn cipher(key: &[u8; KEY_BYTES], label: &str, context: &[u8], salt: &[u8]) -> Aes256Gcm {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(format!("vision-seal-1/{label}/{}/", context.len()).as_bytes());
    mac.update(context);
    mac.update(salt);
    Aes256Gcm::new(&mac.finalize().into_bytes())
}

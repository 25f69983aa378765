//! Sealing and opening, and what must not open.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{keys::MasterKey, seal::*, *};
use crate::state::{Random, SystemRandom};

struct Fixture {
    folder: tempfile::TempDir,
    objects: ObjectStore,
    key: UserKey,
}

async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let objects = ObjectStore::open_folder(folder.path(), true).await.unwrap();
    let master = MasterKey::load(None, folder.path(), &SystemRandom).unwrap();
    let user = vision_protocol::UserId(1);
    let key = master.user_key(user, &master.new_user_key(user, &SystemRandom)).unwrap();
    Fixture { folder, objects, key }
}

impl Fixture {
    async fn seal(&self, id: BlobId, plain: &[u8], piece: usize) -> Sealed {
        let pieces = plain.chunks(piece).map(|p| Ok::<_, String>(Bytes::copy_from_slice(p))).collect::<Vec<_>>();
        let mut salt = [0; SALT_BYTES];
        SystemRandom.fill(&mut salt);
        seal_stream(&self.objects, &self.key, id, 1 << 30, salt, stream::iter(pieces)).await.unwrap()
    }

    async fn open(&self, id: BlobId) -> Result<Vec<u8>, BlobError> {
        let chunks: Vec<Bytes> = open_stream(&self.objects, &self.key, id).await?.try_collect().await?;
        Ok(chunks.concat())
    }

    fn path(&self, id: BlobId) -> std::path::PathBuf {
        let id = id.0.simple().to_string();
        self.folder.path().join("blobs").join(&id[30..]).join(id)
    }
}

fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i as u32).wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}

#[tokio::test]
async fn what_was_sealed_opens_again_whatever_its_length() {
    let fixture = fixture().await;
    for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 200_000] {
        for piece in [1000, CHUNK_BYTES, 1 << 20] {
            let (id, plain) = (BlobId::generate(), noise(length));
            let sealed = fixture.seal(id, &plain, piece).await;
            assert_eq!(sealed, Sealed { size: length as u64, picture: None });
            assert_eq!(fixture.open(id).await.unwrap(), plain, "{length} bytes in pieces of {piece}");
        }
    }
}

#[tokio::test]
async fn nothing_of_the_plain_text_is_on_disk() {
    let fixture = fixture().await;
    let id = BlobId::generate();
    fixture.seal(id, b"a secret that must not be seen", 7).await;
    let raw = std::fs::read(fixture.path(id)).unwrap();
    assert!(!raw.windows(6).any(|window| window == b"secret"));
}

#[tokio::test]
async fn a_changed_file_does_not_open() {
    let fixture = fixture().await;
    let plain = noise(3 * CHUNK_BYTES + 10);
    let id = BlobId::generate();
    fixture.seal(id, &plain, 8192).await;
    let good = std::fs::read(fixture.path(id)).unwrap();
    let chunk = |n: usize| HEADER_BYTES + n * SEALED_CHUNK_BYTES;
    let mut swapped = good.clone();
    swapped[chunk(0)..chunk(1)].copy_from_slice(&good[chunk(1)..chunk(2)]);
    swapped[chunk(1)..chunk(2)].copy_from_slice(&good[chunk(0)..chunk(1)]);
    let mut flipped = good.clone();
    flipped[chunk(2) + 5] ^= 1;
    let mut salted = good.clone();
    salted[6] ^= 1;
    let dropped = [&good[..chunk(1)], &good[chunk(2)..]].concat();
    let mut longer = good.clone();
    longer.extend_from_slice(&good[chunk(3)..]);
    let attacks = [
        ("swapped chunks", swapped),
        ("a flipped bit", flipped),
        ("another salt", salted),
        ("a dropped chunk", dropped),
        ("cut between chunks", good[..chunk(2)].to_vec()),
        ("cut within a chunk", good[..chunk(2) + 100].to_vec()),
        ("cut in the header", good[..10].to_vec()),
        ("only the header", good[..HEADER_BYTES].to_vec()),
        ("something behind it", longer),
        ("nothing", Vec::new()),
    ];
    for (name, bad) in attacks {
        std::fs::write(fixture.path(id), bad).unwrap();
        assert!(matches!(fixture.open(id).await, Err(BlobError::Tampered)), "{name}");
    }
    std::fs::write(fixture.path(id), good).unwrap();
    assert_eq!(fixture.open(id).await.unwrap(), plain);
}

#[tokio::test]
async fn a_file_does_not_open_under_another_name_or_key() {
    let fixture = fixture().await;
    let (one, other) = (BlobId::generate(), BlobId::generate());
    fixture.seal(one, b"one", 10).await;
    fixture.seal(other, b"other", 10).await;
    std::fs::copy(fixture.path(one), fixture.path(other)).unwrap();
    assert!(matches!(fixture.open(other).await, Err(BlobError::Tampered)));
    let stranger = self::fixture().await.key;
    let opened = open_stream(&fixture.objects, &stranger, one).await.unwrap().try_collect::<Vec<_>>().await;
    assert!(matches!(opened, Err(BlobError::Tampered)));
}

#[tokio::test]
async fn what_is_too_large_or_breaks_off_leaves_nothing() {
    let fixture = fixture().await;
    let id = BlobId::generate();
    let large = stream::repeat_with(|| Ok::<_, String>(Bytes::from(vec![0; 1000]))).take(100);
    let result = seal_stream(&fixture.objects, &fixture.key, id, 50_000, [0; SALT_BYTES], large).await;
    assert!(matches!(result, Err(BlobError::TooLarge { limit: 50_000 })));
    let broken = stream::iter([Ok(Bytes::from_static(b"x")), Err("gone")]);
    let result = seal_stream(&fixture.objects, &fixture.key, id, 50_000, [0; SALT_BYTES], broken).await;
    assert!(matches!(result, Err(BlobError::Source(_))));
    assert!(matches!(fixture.open(id).await, Err(BlobError::Missing)));
    assert_eq!(std::fs::read_dir(fixture.folder.path().join("unfinished")).unwrap().count(), 0);
}

#[test]
fn a_wrapped_secret_opens_only_for_its_purpose() {
    let folder = tempfile::tempdir().unwrap();
    let master = MasterKey::load(None, folder.path(), &SystemRandom).unwrap();
    let wrapped = master.wrap(keys::Purpose::Signing(1), b"secret", &SystemRandom);
    assert_eq!(master.unwrap(keys::Purpose::Signing(1), &wrapped).unwrap(), b"secret");
    assert!(master.unwrap(keys::Purpose::Signing(2), &wrapped).is_err());
    let same = MasterKey::load(None, folder.path(), &SystemRandom).unwrap();
    assert_eq!(same.unwrap(keys::Purpose::Signing(1), &wrapped).unwrap(), b"secret");
}

#[test]
fn a_pseudonym_is_the_same_for_one_person_at_one_runner_and_nowhere_else() {
    use vision_protocol::{RunnerId, UserId};
    let folder = tempfile::tempdir().unwrap();
    let master = MasterKey::load(None, folder.path(), &SystemRandom).unwrap();
    let name = |person, runner| master.pseudonym(UserId(person), RunnerId(runner));
    assert_eq!(name(1, 2), name(1, 2));
    assert!(name(1, 2).len() == 64 && name(1, 2).bytes().all(|b| b.is_ascii_hexdigit()));
    for other in [name(2, 1), name(1, 1), name(2, 2), name(12, 0)] {
        assert_ne!(name(1, 2), other);
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let other = MasterKey::load(None, elsewhere.path(), &SystemRandom).unwrap();
    assert_ne!(name(1, 2), other.pseudonym(UserId(1), RunnerId(2)));
}

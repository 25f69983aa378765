//! Links are good for what they were made for, and nothing else.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made ends its test")]

use url::Url;
use vision_protocol::{
    BlobId, ReleaseId, RunId,
    signed_url::{Grant, Method, Refusal, SignedQuery, SigningKey, verify},
};

const NOW: i64 = 1_700_000_000_000;

fn grant() -> Grant {
    let (blob, run) = (BlobId::generate(), RunId::generate());
    Grant { method: Method::Get, blob, release: ReleaseId(7), run, expires_at: NOW + 1000 }
}

fn query(url: &Url) -> SignedQuery {
    let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    SignedQuery {
        release: value("release").parse().unwrap(),
        run: value("run").parse().unwrap(),
        expires: value("expires").parse().unwrap(),
        key: value("key").parse().unwrap(),
        signature: value("signature"),
    }
}

fn sign(key: &SigningKey, grant: &Grant) -> SignedQuery {
    query(&key.sign(&Url::parse("http://127.0.0.1:8080/").unwrap(), grant))
}

#[test]
fn a_link_opens_what_it_was_made_for() {
    let key = SigningKey::new(3, [1; 32]);
    let grant = grant();
    let query = sign(&key, &grant);
    assert_eq!(verify(std::slice::from_ref(&key), Method::Get, grant.blob, &query, NOW), Ok(grant));
    assert_eq!(verify(&[key], Method::Get, grant.blob, &query, grant.expires_at), Ok(grant));
}

#[test]
fn the_address_is_below_the_base() {
    let key = SigningKey::new(3, [1; 32]);
    let grant = grant();
    for (base, path) in [("http://portal:8080", "/files"), ("https://example.org/vision/?x=1#y", "/vision/files")] {
        let url = key.sign(&Url::parse(base).unwrap(), &grant);
        assert_eq!(url.path(), format!("{path}/{}", grant.blob));
        assert_eq!((url.fragment(), url.query_pairs().count()), (None, 5));
    }
}

#[test]
fn whatever_is_changed_is_noticed() {
    let keys = [SigningKey::new(3, [1; 32])];
    let grant = grant();
    let good = sign(&keys[0], &grant);
    let refused = |query: &SignedQuery| verify(&keys, Method::Get, grant.blob, query, NOW).unwrap_err();
    assert_eq!(verify(&keys, Method::Put, grant.blob, &good, NOW), Err(Refusal::BadSignature));
    assert_eq!(verify(&keys, Method::Get, BlobId::generate(), &good, NOW), Err(Refusal::BadSignature));
    assert_eq!(refused(&SignedQuery { release: ReleaseId(8), ..good.clone() }), Refusal::BadSignature);
    assert_eq!(refused(&SignedQuery { run: RunId::generate(), ..good.clone() }), Refusal::BadSignature);
    assert_eq!(refused(&SignedQuery { expires: good.expires + 1, ..good.clone() }), Refusal::BadSignature);
    for signature in ["", "00", "no hex", &good.signature[..62], &format!("{}00", good.signature)] {
        assert_eq!(refused(&SignedQuery { signature: signature.to_owned(), ..good.clone() }), Refusal::BadSignature);
    }
}

#[test]
fn keys_rotate() {
    let (old, new) = (SigningKey::new(1, [1; 32]), SigningKey::new(2, [2; 32]));
    let grant = grant();
    let query = sign(&old, &grant);
    let both = [new.clone(), old];
    assert_eq!(verify(&both, Method::Get, grant.blob, &query, NOW), Ok(grant));
    assert_eq!(verify(&both[..1], Method::Get, grant.blob, &query, NOW), Err(Refusal::UnknownKey));
    let forged = SignedQuery { key: 2, ..query };
    assert_eq!(verify(&both, Method::Get, grant.blob, &forged, NOW), Err(Refusal::BadSignature));
    assert_eq!(format!("{new:?}"), "SigningKey(2, hidden)");
}

#[test]
fn late_is_too_late_and_a_forger_does_not_learn_it() {
    let keys = [SigningKey::new(3, [1; 32])];
    let grant = grant();
    let query = sign(&keys[0], &grant);
    let late = grant.expires_at + 1;
    assert_eq!(verify(&keys, Method::Get, grant.blob, &query, late), Err(Refusal::Expired));
    assert_eq!(verify(&keys, Method::Put, grant.blob, &query, late), Err(Refusal::BadSignature));
}

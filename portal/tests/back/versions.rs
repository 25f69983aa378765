//! What authors say of their releases: notes, deprecation, going back, and the version that comes next.

use portal::{
    domain::{
        DomainError,
        accounts::User,
        publishing,
        roles::Role,
        versions::{self, Step},
    },
    state::Portal,
    store::JobKind,
};
use tempfile::TempDir;
use vision_protocol::{AppId, ReleaseId, Slug, manifest::Manifest};

use crate::{
    common::{TestPostgres, person, portal_with},
    domain::{manifest, pieces, zip},
};

/// Runs a test on a portal with SQLite, and on one with PostgreSQL if there is one. No job is worked on by itself.
async fn on_both<F: Future<Output = ()>>(test: impl Fn(Portal) -> F) {
    let folder = TempDir::new().unwrap();
    test(portal_with(folder.path(), |_| {}, None).await).await;
    if let Some(postgres) = TestPostgres::create().await {
        let folder = TempDir::new().unwrap();
        test(portal_with(folder.path(), |config| config.storage.database_url = Some(postgres.url()), None).await).await;
        postgres.drop().await;
    }
}

/// A proven release.
async fn proven(portal: &Portal, author: &User, app: Option<&Slug>, version: &str) -> ReleaseId {
    let id = publishing::upload(portal, author, app, pieces(&zip(&manifest(version)))).await.unwrap();
    let now = portal.now();
    let lease = portal.store.claim_job(JobKind::CheckRelease, "node", now, now + 1000).await.unwrap().unwrap();
    assert!(portal.store.finish_check(&lease, id, "draft", "[]", "[]", None).await.unwrap());
    id
}

#[actix_web::test]
async fn a_release_has_notes_is_deprecated_and_comes_back() {
    on_both(|portal| async move {
        let author = person(&portal, "author", Role::Developer).await;
        let rival = person(&portal, "rival", Role::Developer).await;
        let first = proven(&portal, &author, None, "1.0.0").await;
        let never = versions::deprecate(&portal, &author, first, Some("Old")).await;
        assert!(matches!(never, Err(DomainError::Conflict(_))), "nobody used it yet");
        let slug = publishing::publish(&portal, &author, first).await.unwrap();
        let app = AppId(portal.store.app_by_slug(&slug).await.unwrap().unwrap().id);
        let second = proven(&portal, &author, Some(&slug), "1.1.0").await;
        versions::set_notes(&portal, &author, second, " Finds **cats** too.\r\nAnd\0 dogs. ").await.unwrap();
        let seen = versions::list(&portal, app).await.unwrap();
        assert_eq!(seen.len(), 1, "a draft is its author's own business");
        publishing::publish(&portal, &author, second).await.unwrap();

        versions::deprecate(&portal, &author, first, Some("Misses cats: use 1.1.0")).await.unwrap();
        let seen = versions::list(&portal, app).await.unwrap();
        let told: Vec<_> = seen.iter().map(|v| (v.version.as_str(), v.current, v.notes.as_str())).collect();
        assert_eq!(told, [("1.1.0", true, "Finds **cats** too.\nAnd dogs."), ("1.0.0", false, "")]);
        assert_eq!(seen[1].deprecated.as_deref(), Some("Misses cats: use 1.1.0"));

        let back = versions::roll_back(&portal, &author, first).await;
        assert!(matches!(back, Err(DomainError::Conflict(_))), "it is deprecated");
        versions::deprecate(&portal, &author, first, None).await.unwrap();
        let current = versions::roll_back(&portal, &author, second).await;
        assert!(matches!(current, Err(DomainError::Conflict(_))), "it is current already");
        assert_eq!(versions::roll_back(&portal, &author, first).await.unwrap(), slug);
        let seen = versions::list(&portal, app).await.unwrap();
        assert_eq!(seen.iter().find(|version| version.current).unwrap().release, first);

        let empty = versions::deprecate(&portal, &author, first, Some("  ")).await;
        assert!(matches!(empty, Err(DomainError::Invalid(_))), "a reason is needed");
        let long = "x".repeat(versions::LONGEST_NOTES + 1);
        assert!(matches!(versions::set_notes(&portal, &author, first, &long).await, Err(DomainError::Invalid(_))));
        for theirs in [
            versions::set_notes(&portal, &rival, first, "Mine").await,
            versions::deprecate(&portal, &rival, first, Some("Mine")).await,
            versions::roll_back(&portal, &rival, second).await.map(drop),
        ] {
            assert!(matches!(theirs, Err(DomainError::NotFound)));
        }
    })
    .await;
}

#[actix_web::test]
async fn the_next_version_is_suggested_by_what_everybody_runs() {
    on_both(|portal| async move {
        let author = person(&portal, "author", Role::Developer).await;
        let first = proven(&portal, &author, None, "1.0.0").await;
        let slug = publishing::publish(&portal, &author, first).await.unwrap();
        proven(&portal, &author, Some(&slug), "1.1.0").await;
        let same = Manifest::parse(manifest("1.0.0").to_string().as_bytes()).unwrap();
        let patch = versions::next(&portal, &author, &slug, &same, false).await.unwrap();
        assert_eq!((patch.version.to_string().as_str(), patch.step), ("1.0.1", Step::Patch));
        let minor = versions::next(&portal, &author, &slug, &same, true).await.unwrap();
        assert_eq!((minor.version.to_string().as_str(), minor.step), ("1.2.0", Step::Minor), "1.1.0 is a draft");
        let mut fewer = same.clone();
        fewer.app_parameters.pop();
        let major = versions::next(&portal, &author, &slug, &fewer, false).await.unwrap();
        assert_eq!((major.version.to_string().as_str(), major.step), ("2.0.0", Step::Major));
        assert_eq!(major.reasons, ["The parameter Age is gone."]);
        let rival = person(&portal, "rival", Role::Developer).await;
        let theirs = versions::next(&portal, &rival, &slug, &same, false).await;
        assert!(matches!(theirs, Err(DomainError::NotFound)));
    })
    .await;
}

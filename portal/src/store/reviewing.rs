//! Releases that wait for a reviewer, and what was decided about them.

use vision_protocol::ids::ReleaseId;

use super::{NewAuditLine, Result, Store};

/// A release that waits.
#[derive(Clone, sqlx::FromRow)]
pub struct WaitingRow {
    /// The release.
    pub release_id: i64,
    /// The app's address.
    pub slug: String,
    /// The manifest, JSON.
    pub manifest: String,
    /// Who made it.
    pub author_id: i64,
    /// The author's name.
    pub author: String,
    /// Since when; milliseconds.
    pub asked_at: i64,
}

/// What was last decided about a release, or is to be.
#[derive(Clone, sqlx::FromRow)]
pub struct ReleaseReviewRow {
    /// Milliseconds.
    pub asked_at: i64,
    /// Milliseconds; none while it waits.
    pub decided_at: Option<i64>,
    /// 1 or 0; none while it waits.
    pub approved: Option<i64>,
    /// Why it was returned.
    pub reason: Option<String>,
}

/// What a release is held against: the one that was published last before it.
#[derive(Clone, sqlx::FromRow)]
pub struct EarlierRow {
    /// The release.
    pub id: i64,
    /// Its version.
    pub version: String,
    /// SHA-256 of its package.
    pub digest: String,
    /// Its manifest, JSON.
    pub manifest: String,
    /// The author's layout.
    pub template: Option<String>,
}

impl Store {
    /// Puts a draft into the queue of the reviewers. Says whether it was a draft.
    ///
    /// # Errors
    /// The database's.
    pub async fn ask_for_review(&self, release: ReleaseId, now: i64) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "update releases set status = 'waiting', publish_when_proven = 0 where id = $1 and status = 'draft'",
        )
        .bind(release.0)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        sqlx::query("insert into release_reviews (release_id, asked_at) values ($1, $2)")
            .bind(release.0)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Releases that wait for a reviewer, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn waiting_releases(&self, limit: i64) -> Result<Vec<WaitingRow>> {
        Ok(sqlx::query_as(
            "select w.release_id, a.slug, r.manifest, a.author_id, u.name as author, w.asked_at \
             from release_reviews w join releases r on r.id = w.release_id join apps a on a.id = r.app_id \
             join users u on u.id = a.author_id where w.decided_at is null order by w.id limit $1",
        )
        .bind(limit)
        .fetch_all(&self.pool)
        .await?)
    }

    /// What was last decided about a release, or is to be; none if nobody was ever asked.
    ///
    /// # Errors
    /// The database's.
    pub async fn release_review(&self, release: ReleaseId) -> Result<Option<ReleaseReviewRow>> {
        Ok(sqlx::query_as(
            "select asked_at, decided_at, approved, reason from release_reviews where release_id = $1 \
             order by id desc limit 1",
        )
        .bind(release.0)
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Decides about a release that waits. It is a draft again; an approved one is one that waits for nothing but being
    /// published, also if the portal is killed right now. Says whether it waited.
    ///
    /// # Errors
    /// The database's.
    pub async fn decide_release(
        &self,
        release: ReleaseId,
        returned: Option<&str>,
        line: &NewAuditLine,
    ) -> Result<bool> {
        let mut transaction = self.write().await?;
        let approved = i64::from(returned.is_none());
        let done = sqlx::query(
            "update release_reviews set decided_at = $1, decided_by = $2, approved = $3, reason = $4 \
             where release_id = $5 and decided_at is null",
        )
        .bind(line.at)
        .bind(line.actor.map(|actor| actor.0))
        .bind(approved)
        .bind(returned)
        .bind(release.0)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        sqlx::query(
            "update releases set status = 'draft', publish_when_proven = $1 where id = $2 and status = 'waiting'",
        )
        .bind(approved)
        .bind(release.0)
        .execute(&mut *transaction)
        .await?;
        Self::write_audit(&mut transaction, line).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The release of the same app that was published last before this one.
    ///
    /// # Errors
    /// The database's.
    pub async fn earlier_release(&self, release: ReleaseId) -> Result<Option<EarlierRow>> {
        Ok(sqlx::query_as(
            "select o.id, o.version, o.digest, o.manifest, o.template from releases o \
             where o.app_id = (select app_id from releases where id = $1) and o.id <> $1 \
             and o.published_at is not null order by o.published_at desc, o.id desc limit 1",
        )
        .bind(release.0)
        .fetch_optional(&self.pool)
        .await?)
    }
}

//! A person's runs as lists: their history, batches, and what is to be forgotten.

use vision_protocol::ids::{AppId, BlobId, RunId, UserId};

use super::{BatchId, Result, Store, first, parsed};

/// A run in a list.
#[derive(Clone, sqlx::FromRow)]
pub struct RunLineRow {
    /// The id.
    pub id: String,
    /// The status's name.
    pub status: String,
    /// The manifest of its release, JSON.
    pub manifest: String,
    /// The app's address.
    pub slug: String,
    /// Milliseconds.
    pub created_at: i64,
    /// When it is gone.
    pub keep_until: Option<i64>,
    /// The batch that it belongs to.
    pub batch: Option<String>,
    /// The first photo that it was given.
    pub photo: Option<String>,
    /// Sealed JSON, once it has ended; only in a batch.
    pub outcome: Option<Vec<u8>>,
}

/// An app that a person has runs of.
#[derive(Clone, sqlx::FromRow)]
pub struct AppCountRow {
    /// The app.
    pub app_id: i64,
    /// Its address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// How many.
    pub runs: i64,
}

/// Which runs of a person are listed.
pub struct HistoryQuery<'a> {
    /// Whose.
    pub user: UserId,
    /// Of these apps; of all without.
    pub apps: Option<&'a [AppId]>,
    /// With this status.
    pub status: Option<&'a str>,
    /// Accepted before this time or, at this time, with a smaller id.
    pub before: Option<(i64, RunId)>,
    /// How many at most.
    pub limit: i64,
    /// Milliseconds: what is gone by now is not listed.
    pub now: i64,
}

const PHOTO: &str = "(select b.id from blobs b where b.run_id = r.id and b.role = 'input' and b.stored = 1 \
     order by b.created_at, b.id limit 1) as photo";

impl Store {
    /// A person's runs, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn history(&self, wanted: &HistoryQuery<'_>) -> Result<Vec<RunLineRow>> {
        // Ids are numbers: they can stand in the text.
        let apps = wanted.apps.map(|apps| apps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
        let of_apps = apps.map(|apps| format!(" and r.app_id in ({apps})")).unwrap_or_default();
        let with_status = if wanted.status.is_some() { " and r.status = $6" } else { "" };
        let sql = format!(
            "select r.id, r.status, l.manifest, a.slug, r.created_at, r.keep_until, r.batch, {PHOTO}, \
             cast(null as {blob}) as outcome from runs r \
             join releases l on l.id = r.release_id join apps a on a.id = l.app_id \
             where r.user_id = $1 and (r.created_at, r.id) < ($2, $3) \
             and (r.keep_until is null or r.keep_until > $4){of_apps}{with_status} \
             order by r.created_at desc, r.id desc limit $5",
            blob = self.blob_type(),
        );
        // Every id begins with a digit or a letter up to f.
        let (time, id) = wanted.before.map_or((i64::MAX, "g".to_owned()), |(time, id)| (time, id.to_string()));
        let query = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(wanted.user.0)
            .bind(time)
            .bind(id)
            .bind(wanted.now)
            .bind(wanted.limit);
        let query = match wanted.status {
            Some(status) => query.bind(status.to_owned()),
            None => query,
        };
        Ok(query.fetch_all(&self.pool).await?)
    }

    fn blob_type(&self) -> &'static str {
        match self.backend {
            super::Backend::Sqlite => "blob",
            super::Backend::Postgres => "bytea",
        }
    }

    /// The apps that a person has runs of, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn apps_run(&self, user: UserId) -> Result<Vec<AppCountRow>> {
        Ok(sqlx::query_as(
            "select c.app_id, a.slug, a.name, c.runs from run_counts c join apps a on a.id = c.app_id \
             where c.user_id = $1 and c.runs > 0 order by a.name, a.id limit 1000",
        )
        .bind(user.0)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The runs of a batch of this person, in the order of its photos.
    ///
    /// # Errors
    /// The database's.
    pub async fn batch(&self, user: UserId, batch: BatchId, now: i64) -> Result<Vec<RunLineRow>> {
        let sql = format!(
            "select r.id, r.status, l.manifest, a.slug, r.created_at, r.keep_until, r.batch, {PHOTO}, r.outcome \
             from runs r join releases l on l.id = r.release_id join apps a on a.id = l.app_id \
             where r.batch = $1 and r.user_id = $2 and (r.keep_until is null or r.keep_until > $3) order by r.id"
        );
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(batch.to_string())
            .bind(user.0)
            .bind(now)
            .fetch_all(&self.pool)
            .await?)
    }

    /// Id and status of the runs of a batch of this person.
    ///
    /// # Errors
    /// The database's.
    pub async fn batch_statuses(&self, user: UserId, batch: BatchId) -> Result<Vec<(String, String)>> {
        Ok(sqlx::query_as("select id, status from runs where batch = $1 and user_id = $2 order by id")
            .bind(batch.to_string())
            .bind(user.0)
            .fetch_all(&self.pool)
            .await?)
    }

    /// How long a person's runs are kept once they have ended, in milliseconds; for ever without.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep_ms(&self, user: UserId) -> Result<Option<i64>> {
        let row: Option<(Option<i64>,)> =
            sqlx::query_as("select keep_ms from users where id = $1").bind(user.0).fetch_optional(&self.pool).await?;
        Ok(row.and_then(|(keep,)| keep))
    }

    /// Chooses how long a person's runs are kept from now on; those that are there already too, if they `shorten`.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_keep_ms(&self, user: UserId, keep_ms: Option<i64>, shorten: bool, now: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("update users set keep_ms = $1 where id = $2")
            .bind(keep_ms)
            .bind(user.0)
            .execute(&mut *transaction)
            .await?;
        if let (Some(keep_ms), true) = (keep_ms, shorten) {
            // What is not to be kept at all may still be looked at for as long as one that nobody has opened.
            let least = now + if keep_ms == 0 { super::runs::UNSEEN_MS } else { 0 };
            sqlx::query(
                "update runs set keep_ms = $1, keep_until = case when finished_at is null then null \
                 when finished_at + $1 < $2 then $2 else finished_at + $1 end \
                 where user_id = $3 and (keep_ms is null or keep_ms > $1)",
            )
            .bind(keep_ms)
            .bind(least)
            .bind(user.0)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// A run that is not to be kept was shown: it is gone at `until` at the latest.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_shown(&self, id: RunId, until: i64) -> Result<()> {
        sqlx::query("update runs set keep_until = $1 where id = $2 and keep_ms = 0 and keep_until > $1")
            .bind(until)
            .bind(id.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Makes all runs of a person vanish at once; their rows and files are left for [`Store::forget_runs`]. Answers
    /// with those that were under way.
    ///
    /// # Errors
    /// The database's.
    pub async fn expire_all_runs(&self, user: UserId) -> Result<Vec<RunId>> {
        let mut transaction = self.write().await?;
        let under_way: Vec<(String,)> =
            sqlx::query_as("select id from runs where user_id = $1 and status in ('queued', 'running')")
                .bind(user.0)
                .fetch_all(&mut *transaction)
                .await?;
        for sql in [
            "delete from jobs where kind = 'execute-run' and subject in \
             (select id from runs where user_id = $1 and status in ('queued', 'running'))",
            "update runs set keep_until = 0, app_id = null, \
             status = case when status in ('queued', 'running') then 'cancelled' else status end where user_id = $1",
            "delete from run_counts where user_id = $1",
        ] {
            sqlx::query(sql).bind(user.0).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        first(under_way).iter().map(|id| parsed(id, "run id")).collect()
    }

    /// Deletes up to `most` runs that were to be kept until now at the latest: how many, and their files, which are
    /// left for [`Store::delete_blob`].
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_runs(&self, now: i64, most: i64) -> Result<(usize, Vec<BlobId>)> {
        let mut transaction = self.write().await?;
        let due: Vec<(String,)> =
            sqlx::query_as("select id from runs where keep_until <= $1 order by keep_until limit $2")
                .bind(now)
                .bind(most)
                .fetch_all(&mut *transaction)
                .await?;
        let mut files = Vec::new();
        for id in &due {
            files.extend(Self::remove_run(&mut transaction, parsed(&id.0, "run id")?).await?);
        }
        transaction.commit().await?;
        Ok((due.len(), files))
    }
}

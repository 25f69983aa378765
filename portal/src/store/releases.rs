//! Releases: from upload to publication.

use vision_protocol::ids::{AppId, InstallId, ReleaseId, RunnerId, Slug, UserId};

use super::{JobKind, Lease, ReleasePlan, Result, Store, StoreError, taken};

/// A release with its app and author.
#[derive(Clone, sqlx::FromRow)]
pub struct ReleaseRow {
    /// The id.
    pub id: i64,
    /// Its app.
    pub app_id: i64,
    /// The app's address.
    pub slug: String,
    /// The app's author.
    pub author_id: i64,
    /// The author's name.
    pub author: String,
    /// The release that everybody runs.
    pub published_release: Option<i64>,
    /// The status's name.
    pub status: String,
    /// SHA-256 of the stored package.
    pub digest: String,
    /// JSON.
    pub manifest: String,
    /// The author's layout.
    pub template: Option<String>,
    /// Markdown.
    pub readme: Option<String>,
    /// JSON list of faults.
    pub faults: String,
    /// JSON list of faults.
    pub warnings: String,
    /// Whether it is published as soon as it is proven: 0 or 1.
    pub publish_when_proven: i64,
    /// Markdown: what is new.
    pub notes: String,
    /// Why people should no longer use it.
    pub deprecated: Option<String>,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds.
    pub published_at: Option<i64>,
    /// Why the app is taken down, if so.
    pub suspended_reason: Option<String>,
}

/// A release to be.
pub struct NewRelease<'a> {
    /// Who uploads.
    pub author: UserId,
    /// Semantic version.
    pub version: &'a str,
    /// SHA-256 of the stored package.
    pub digest: &'a str,
    /// JSON.
    pub manifest: &'a str,
    /// The name of the app, for its author's list.
    pub name: &'a str,
    /// The author's layout.
    pub template: Option<&'a str>,
    /// Markdown.
    pub readme: Option<&'a str>,
    /// Media type and picture.
    pub icon: Option<(&'a str, &'a [u8])>,
    /// Whether it is published as soon as it is proven.
    pub publish_when_proven: bool,
    /// Milliseconds.
    pub now: i64,
}

/// What the catalogue shows of a release.
pub struct Listing<'a> {
    /// Its name.
    pub name: &'a str,
    /// A sentence or two.
    pub description: &'a str,
    /// The shelf.
    pub category: &'a str,
    /// Lower-case, all that a search looks at.
    pub search_text: &'a str,
}

const SELECT: &str = "select r.id, r.app_id, a.slug, a.author_id, u.name as author, a.published_release, r.status, \
     r.digest, r.manifest, r.template, r.readme, r.faults, r.warnings, r.publish_when_proven, r.notes, \
     r.deprecated, r.created_at, r.published_at, a.suspended_reason \
     from releases r join apps a on a.id = r.app_id join users u on u.id = a.author_id";

impl Store {
    /// Adds a release, its app if it is new, and the job that proves it. An install that it came of, with its job, ends
    /// in the same transaction: there is one release of it, whatever is killed when.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the app has this version already; [`StoreError::Lost`] if the install's job is no longer
    /// held.
    pub async fn create_release(
        &self,
        plan: ReleasePlan,
        new: &NewRelease<'_>,
        install: Option<(&Lease, InstallId)>,
    ) -> Result<(ReleaseId, Slug)> {
        let mut transaction = self.write().await?;
        let (app, slug) = Self::app_of_plan(&mut transaction, plan, new).await?;
        let (release,): (i64,) = sqlx::query_as(
            "insert into releases (app_id, version, status, digest, manifest, template, readme, icon, icon_type, \
             faults, warnings, publish_when_proven, created_at) \
             values ($1, $2, 'checking', $3, $4, $5, $6, $7, $8, '[]', '[]', $9, $10) returning id",
        )
        .bind(app.0)
        .bind(new.version)
        .bind(new.digest)
        .bind(new.manifest)
        .bind(new.template)
        .bind(new.readme)
        .bind(new.icon.map(|(_, bytes)| bytes.to_vec()))
        .bind(new.icon.map(|(media_type, _)| media_type))
        .bind(i64::from(new.publish_when_proven))
        .bind(new.now)
        .fetch_one(&mut *transaction)
        .await
        .map_err(taken)?;
        Self::enqueue(&mut transaction, JobKind::CheckRelease, &release.to_string(), new.now).await?;
        if let Some((lease, install)) = install
            && !Self::finish_install(&mut transaction, lease, install, ReleaseId(release)).await?
        {
            return Err(StoreError::Lost);
        }
        transaction.commit().await?;
        Ok((ReleaseId(release), slug))
    }

    /// The app of a release, made if it is new.
    async fn app_of_plan(
        connection: &mut sqlx::AnyConnection,
        plan: ReleasePlan,
        new: &NewRelease<'_>,
    ) -> Result<(AppId, Slug)> {
        Ok(match plan {
            ReleasePlan::Existing(app) => {
                let (slug,): (String,) = sqlx::query_as("update apps set updated_at = $1 where id = $2 returning slug")
                    .bind(new.now)
                    .bind(app.0)
                    .fetch_one(&mut *connection)
                    .await?;
                (app, super::parsed(&slug, "app address")?)
            }
            ReleasePlan::New(wish) => {
                let slug = Self::free_slug(&mut *connection, &wish).await?;
                let (id,): (i64,) = sqlx::query_as(
                    "insert into apps (slug, author_id, name, description, category, search_text, created_at, \
                     updated_at) values ($1, $2, $3, '', '', '', $4, $4) returning id",
                )
                .bind(slug.as_str())
                .bind(new.author.0)
                .bind(new.name)
                .bind(new.now)
                .fetch_one(&mut *connection)
                .await
                .map_err(taken)?;
                (AppId(id), slug)
            }
        })
    }

    /// A release.
    ///
    /// # Errors
    /// The database's.
    pub async fn release(&self, id: ReleaseId) -> Result<Option<ReleaseRow>> {
        let sql = format!("{SELECT} where r.id = $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&self.pool).await?)
    }

    /// Only the status of a release.
    ///
    /// # Errors
    /// The database's.
    pub async fn release_status(&self, id: ReleaseId) -> Result<Option<String>> {
        let row: Option<(String,)> =
            sqlx::query_as("select status from releases where id = $1").bind(id.0).fetch_optional(&self.pool).await?;
        Ok(row.map(|(status,)| status))
    }

    /// Whether the app has this version, not counting rejected ones.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_version(&self, app: AppId, version: &str) -> Result<bool> {
        let row: Option<(i64,)> = sqlx::query_as(
            "select cast(1 as bigint) from releases where app_id = $1 and version = $2 and status <> 'rejected'",
        )
        .bind(app.0)
        .bind(version)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.is_some())
    }

    /// All releases of an author's apps, newest first: app, id, version, status, creation.
    ///
    /// # Errors
    /// The database's.
    pub async fn releases_of(&self, author: UserId) -> Result<Vec<(i64, i64, String, String, i64)>> {
        Ok(sqlx::query_as(
            "select r.app_id, r.id, r.version, r.status, r.created_at from releases r \
             join apps a on a.id = r.app_id where a.author_id = $1 order by r.id desc",
        )
        .bind(author.0)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The icon of a release.
    ///
    /// # Errors
    /// The database's.
    pub async fn icon(&self, id: ReleaseId) -> Result<Option<(String, Vec<u8>)>> {
        Ok(sqlx::query_as("select icon_type, icon from releases where id = $1 and icon is not null")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Ends a check: `faults` and `warnings` are JSON lists, `on` is the runner that has the package now.
    /// Says whether the lease was still held; if not, nothing was changed.
    ///
    /// # Errors
    /// The database's.
    pub async fn finish_check(
        &self,
        lease: &Lease,
        release: ReleaseId,
        status: &str,
        faults: &str,
        warnings: &str,
        on: Option<(RunnerId, i64)>,
    ) -> Result<bool> {
        let mut transaction = self.write().await?;
        if !Self::end_job(&mut transaction, lease).await? {
            return Ok(false);
        }
        sqlx::query(
            "update releases set status = $1, faults = $2, warnings = $3 where id = $4 and status = 'checking'",
        )
        .bind(status)
        .bind(faults)
        .bind(warnings)
        .bind(release.0)
        .execute(&mut *transaction)
        .await?;
        if let Some((runner, now)) = on {
            Self::insert_publication(&mut transaction, runner, release, now).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Proven releases that wait for nothing but being published.
    ///
    /// # Errors
    /// The database's.
    pub async fn awaiting_publication(&self) -> Result<Vec<ReleaseId>> {
        let rows: Vec<(i64,)> =
            sqlx::query_as("select id from releases where publish_when_proven = 1 and status = 'draft' order by id")
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().map(|(id,)| ReleaseId(id)).collect())
    }

    /// Publishes a release that is a draft or was published once. Says whether it was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn publish_release(&self, release: ReleaseId, listing: &Listing<'_>, now: i64) -> Result<bool> {
        let mut transaction = self.write().await?;
        let app: Option<(i64,)> = sqlx::query_as(
            "update releases set status = 'published', published_at = $1 \
             where id = $2 and status in ('draft', 'retired') returning app_id",
        )
        .bind(now)
        .bind(release.0)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some((app,)) = app else { return Ok(false) };
        let shelf = Self::shelf_of(&mut transaction, app).await?;
        sqlx::query("update releases set status = 'retired' where app_id = $1 and status = 'published' and id <> $2")
            .bind(app)
            .bind(release.0)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "update apps set published_release = $1, name = $2, description = $3, category = $4, search_text = $5, \
             updated_at = $6 where id = $7",
        )
        .bind(release.0)
        .bind(listing.name)
        .bind(listing.description)
        .bind(listing.category)
        .bind(listing.search_text)
        .bind(now)
        .bind(app)
        .execute(&mut *transaction)
        .await?;
        Self::enqueue_examples(&mut transaction, release.0, now).await?;
        self.relist(&mut transaction, app, &shelf, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Takes a published release back. Says whether it was published.
    ///
    /// # Errors
    /// The database's.
    pub async fn unpublish_release(&self, release: ReleaseId, now: i64) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query("update releases set status = 'retired' where id = $1 and status = 'published'")
            .bind(release.0)
            .execute(&mut *transaction)
            .await?;
        let app: Option<(i64, String)> = sqlx::query_as(
            "update apps set published_release = null, updated_at = $1 where published_release = $2 \
             returning id, category",
        )
        .bind(now)
        .bind(release.0)
        .fetch_optional(&mut *transaction)
        .await?;
        if let Some((app, shelf)) = app {
            self.relist(&mut transaction, app, &shelf, now).await?;
        }
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

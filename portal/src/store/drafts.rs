//! Drafts: apps that are being written in the browser, their files, and files on their way.

mod uploads;

use std::{fmt, str::FromStr};

use uuid::Uuid;
use vision_protocol::ids::{AppId, ParseIdError, ReleaseId, UserId};

use super::{Result, Store, first, parsed};

pub use uploads::{NewUpload, UploadRow};

/// An app that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DraftId(pub i64);

/// A file on its way into a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UploadId(pub Uuid);

/// An object that belongs to drafts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DraftObject(pub Uuid);

impl fmt::Display for DraftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> serde::Deserialize<'de> for DraftId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self)
    }
}

macro_rules! uuid_text {
    ($name:ident, $what:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.simple().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self).map_err(|_| ParseIdError($what))
            }
        }
    };
}

uuid_text!(UploadId, "upload id");
uuid_text!(DraftObject, "object of a draft");

impl<'de> serde::Deserialize<'de> for UploadId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A draft.
#[derive(Clone, sqlx::FromRow)]
pub struct DraftRow {
    /// The id.
    pub id: i64,
    /// Whose it is.
    pub user_id: i64,
    /// The app that gets a new release.
    pub app_id: Option<i64>,
    /// That app's address.
    pub slug: Option<String>,
    /// A JSON object.
    pub manifest: String,
    /// `template.html`; may be empty.
    pub template: String,
    /// `README.md`; may be empty.
    pub readme: String,
    /// What is new.
    pub notes: String,
    /// The zip that files without an object of their own lie in.
    pub archive: Option<String>,
    /// The release last made of it.
    pub release_id: Option<i64>,
    /// Milliseconds.
    pub updated_at: i64,
}

/// A file of a draft.
#[derive(Clone, sqlx::FromRow)]
pub struct DraftFileRow {
    /// Its path in the package.
    pub path: String,
    /// Bytes, inflated.
    pub size: i64,
    /// Where it lies; without one, in the draft's archive.
    pub object: Option<String>,
}

/// A draft to be.
pub struct NewDraft<'a> {
    /// Whose.
    pub user: UserId,
    /// The app that gets a new release.
    pub app: Option<AppId>,
    /// A JSON object.
    pub manifest: &'a str,
    /// `template.html`.
    pub template: &'a str,
    /// `README.md`.
    pub readme: &'a str,
    /// Milliseconds.
    pub now: i64,
}

/// The texts of a draft, as they are to be.
pub struct DraftTexts<'a> {
    /// A JSON object.
    pub manifest: &'a str,
    /// `template.html`.
    pub template: &'a str,
    /// `README.md`.
    pub readme: &'a str,
    /// What is new.
    pub notes: &'a str,
}

const SELECT: &str = "select d.id, d.user_id, d.app_id, a.slug, d.manifest, d.template, d.readme, d.notes, d.archive, \
     d.release_id, d.updated_at from drafts d left join apps a on a.id = d.app_id";

/// Notes an object as one that nothing refers to any more.
const LOOSEN: &str = "insert into loose_objects (object, created_at) values ($1, $2) on conflict do nothing";

impl Store {
    /// Adds a draft.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_draft(&self, new: &NewDraft<'_>) -> Result<DraftId> {
        let (id,): (i64,) = sqlx::query_as(
            "insert into drafts (user_id, app_id, manifest, template, readme, notes, created_at, updated_at) \
             values ($1, $2, $3, $4, $5, '', $6, $6) returning id",
        )
        .bind(new.user.0)
        .bind(new.app.map(|app| app.0))
        .bind(new.manifest)
        .bind(new.template)
        .bind(new.readme)
        .bind(new.now)
        .fetch_one(&self.pool)
        .await?;
        Ok(DraftId(id))
    }

    /// A draft of this person.
    ///
    /// # Errors
    /// The database's.
    pub async fn draft(&self, user: UserId, id: DraftId) -> Result<Option<DraftRow>> {
        let sql = format!("{SELECT} where d.id = $1 and d.user_id = $2");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id.0).bind(user.0).fetch_optional(&self.pool).await?)
    }

    /// A person's drafts, the one changed last first.
    ///
    /// # Errors
    /// The database's.
    pub async fn drafts_of(&self, user: UserId, limit: i64) -> Result<Vec<DraftRow>> {
        let sql = format!("{SELECT} where d.user_id = $1 order by d.updated_at desc, d.id desc limit $2");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user.0).bind(limit).fetch_all(&self.pool).await?)
    }

    /// The draft of a person for this app, the one changed last.
    ///
    /// # Errors
    /// The database's.
    pub async fn draft_for(&self, user: UserId, app: AppId) -> Result<Option<DraftId>> {
        let row: Option<(i64,)> = sqlx::query_as(
            "select id from drafts where app_id = $1 and user_id = $2 order by updated_at desc, id desc limit 1",
        )
        .bind(app.0)
        .bind(user.0)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(id,)| DraftId(id)))
    }

    /// Writes the texts of a draft.
    ///
    /// # Errors
    /// The database's.
    pub async fn save_draft(&self, id: DraftId, texts: &DraftTexts<'_>, now: i64) -> Result<()> {
        sqlx::query(
            "update drafts set manifest = $1, template = $2, readme = $3, notes = $4, updated_at = $5 where id = $6",
        )
        .bind(texts.manifest)
        .bind(texts.template)
        .bind(texts.readme)
        .bind(texts.notes)
        .bind(now)
        .bind(id.0)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Notes the release that was made of a draft.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_release_of_draft(&self, id: DraftId, release: ReleaseId, app: AppId, now: i64) -> Result<()> {
        sqlx::query("update drafts set release_id = $1, app_id = $2, updated_at = $3 where id = $4")
            .bind(release.0)
            .bind(app.0)
            .bind(now)
            .bind(id.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The files of a draft, by path.
    ///
    /// # Errors
    /// The database's.
    pub async fn draft_files(&self, id: DraftId) -> Result<Vec<DraftFileRow>> {
        Ok(sqlx::query_as("select path, size, object from draft_files where draft_id = $1 order by path")
            .bind(id.0)
            .fetch_all(&self.pool)
            .await?)
    }

    /// Puts a file into a draft, in the place of one of that path.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_draft_file(
        &self,
        id: DraftId,
        path: &str,
        size: i64,
        object: DraftObject,
        now: i64,
    ) -> Result<()> {
        let mut transaction = self.write().await?;
        loosen_file(&mut transaction, id, path, now).await?;
        sqlx::query("insert into draft_files (draft_id, path, size, object) values ($1, $2, $3, $4)")
            .bind(id.0)
            .bind(path)
            .bind(size)
            .bind(object.to_string())
            .execute(&mut *transaction)
            .await?;
        touch(&mut transaction, id, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes a file out of a draft.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove_draft_file(&self, id: DraftId, path: &str, now: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        loosen_file(&mut transaction, id, path, now).await?;
        touch(&mut transaction, id, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Gives a draft an archive in the place of all its files: paths and sizes.
    ///
    /// # Errors
    /// The database's.
    pub async fn replace_draft_files(
        &self,
        id: DraftId,
        archive: Option<DraftObject>,
        files: &[(String, i64)],
        now: i64,
    ) -> Result<()> {
        let mut transaction = self.write().await?;
        loosen_all(&mut transaction, id, now).await?;
        sqlx::query("delete from draft_files where draft_id = $1").bind(id.0).execute(&mut *transaction).await?;
        sqlx::query("update drafts set archive = $1, updated_at = $2 where id = $3")
            .bind(archive.map(|object| object.to_string()))
            .bind(now)
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        for (path, size) in files {
            sqlx::query("insert into draft_files (draft_id, path, size) values ($1, $2, $3)")
                .bind(id.0)
                .bind(path)
                .bind(size)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Deletes a draft; its objects are left to the janitor.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_draft(&self, id: DraftId, now: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        loosen_all(&mut transaction, id, now).await?;
        for sql in [
            "delete from uploads where draft_id = $1",
            "delete from draft_files where draft_id = $1",
            "delete from drafts where id = $1",
        ] {
            sqlx::query(sql).bind(id.0).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Objects that nothing has referred to since a time.
    ///
    /// # Errors
    /// The database's.
    pub async fn loose_objects(&self, before: i64) -> Result<Vec<DraftObject>> {
        let rows: Vec<(String,)> =
            sqlx::query_as("select object from loose_objects where created_at < $1 order by created_at limit 500")
                .bind(before)
                .fetch_all(&self.pool)
                .await?;
        first(rows).iter().map(|text| parsed(text, "object of a draft")).collect()
    }

    /// Notes an object as loose, for when it cannot be removed at once.
    ///
    /// # Errors
    /// The database's.
    pub async fn loosen_object(&self, object: DraftObject, now: i64) -> Result<()> {
        sqlx::query(LOOSEN).bind(object.to_string()).bind(now).execute(&self.pool).await?;
        Ok(())
    }

    /// Forgets an object that has been removed.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_object(&self, object: DraftObject) -> Result<()> {
        sqlx::query("delete from loose_objects where object = $1").bind(object.to_string()).execute(&self.pool).await?;
        Ok(())
    }
}

async fn touch(connection: &mut sqlx::AnyConnection, id: DraftId, now: i64) -> Result<()> {
    sqlx::query("update drafts set updated_at = $1 where id = $2").bind(now).bind(id.0).execute(connection).await?;
    Ok(())
}

async fn loosen_file(connection: &mut sqlx::AnyConnection, id: DraftId, path: &str, now: i64) -> Result<()> {
    let gone: Vec<(Option<String>,)> =
        sqlx::query_as("delete from draft_files where draft_id = $1 and path = $2 returning object")
            .bind(id.0)
            .bind(path)
            .fetch_all(&mut *connection)
            .await?;
    for object in gone.into_iter().filter_map(|(object,)| object) {
        sqlx::query(LOOSEN).bind(object).bind(now).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn loosen_all(connection: &mut sqlx::AnyConnection, id: DraftId, now: i64) -> Result<()> {
    for sql in [
        "insert into loose_objects (object, created_at) select object, cast($2 as bigint) from draft_files \
         where draft_id = $1 and object is not null on conflict do nothing",
        "insert into loose_objects (object, created_at) select archive, cast($2 as bigint) from drafts \
         where id = $1 and archive is not null on conflict do nothing",
    ] {
        sqlx::query(sql).bind(id.0).bind(now).execute(&mut *connection).await?;
    }
    Ok(())
}

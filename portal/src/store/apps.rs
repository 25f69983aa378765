//! Apps by their address and by their author.

use vision_protocol::ids::{AppId, Slug, UserId};

use super::{Result, Store};

/// An app with its author.
#[derive(Clone, sqlx::FromRow)]
pub struct AppRow {
    /// The id.
    pub id: i64,
    /// Its address.
    pub slug: String,
    /// Who made it.
    pub author_id: i64,
    /// The release that everybody runs.
    pub published_release: Option<i64>,
    /// The author's name.
    pub author: String,
    /// Milliseconds; none for one that is not taken down.
    pub suspended_at: Option<i64>,
}

/// Which app a new release belongs to.
pub enum ReleasePlan {
    /// One that is there.
    Existing(AppId),
    /// A new one under this address, or a numbered one if it is taken.
    New(Slug),
}

impl Store {
    /// An app by its address.
    ///
    /// # Errors
    /// The database's.
    pub async fn app_by_slug(&self, slug: &Slug) -> Result<Option<AppRow>> {
        Ok(sqlx::query_as(
            "select a.id, a.slug, a.author_id, a.published_release, u.name as author, a.suspended_at \
             from apps a join users u on u.id = a.author_id where a.slug = $1",
        )
        .bind(slug.as_str())
        .fetch_optional(&self.pool)
        .await?)
    }

    /// An author's apps, the one changed last first.
    ///
    /// # Errors
    /// The database's.
    pub async fn apps_of(&self, author: UserId) -> Result<Vec<(i64, String, String)>> {
        Ok(sqlx::query_as("select id, slug, name from apps where author_id = $1 order by updated_at desc, id desc")
            .bind(author.0)
            .fetch_all(&self.pool)
            .await?)
    }

    /// The first free one of an address and its numbered kin.
    pub(super) async fn free_slug(connection: &mut sqlx::AnyConnection, wish: &Slug) -> Result<Slug> {
        let mut number = 1;
        loop {
            let slug = if number == 1 { wish.clone() } else { wish.numbered(number) };
            let used: Option<(i64,)> = sqlx::query_as("select id from apps where slug = $1")
                .bind(slug.as_str())
                .fetch_optional(&mut *connection)
                .await?;
            if used.is_none() {
                return Ok(slug);
            }
            number += 1;
        }
    }
}

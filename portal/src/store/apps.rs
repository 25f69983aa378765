//! Apps: the shelf that everybody sees.

use vision_protocol::ids::{AppId, Slug, UserId};

use super::{Result, Store, first};

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

/// A published app in a list.
#[derive(Clone, sqlx::FromRow)]
pub struct AppListing {
    /// Its address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// A sentence or two.
    pub description: String,
    /// The shelf.
    pub category: String,
    /// The author's name.
    pub author: String,
    /// Whether the release has an icon: 0 or 1.
    pub has_icon: i64,
}

/// Which app a new release belongs to.
pub enum ReleasePlan {
    /// One that is there.
    Existing(AppId),
    /// A new one under this address, or a numbered one if it is taken.
    New(Slug),
}

/// Everything after `from` that a search needs; `$1` is the shelf or '', `$2` to `$6` are LIKE patterns.
const MATCHING: &str = "apps a join users u on u.id = a.author_id join releases r on r.id = a.published_release \
     where a.suspended_at is null and ($1 = '' or a.category = $1) and a.search_text like $2 escape '!' and a.search_text like $3 escape '!' \
     and a.search_text like $4 escape '!' and a.search_text like $5 escape '!' and a.search_text like $6 escape '!'";

/// Words that a search looks at.
const WORDS: usize = 5;

impl Store {
    /// Published apps that contain all words (the first five), by name, and how many there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn search_apps(
        &self,
        words: &[String],
        category: &str,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<AppListing>, i64)> {
        let patterns: Vec<String> = words
            .iter()
            .map(|word| format!("%{}%", word.replace('!', "!!").replace('%', "!%").replace('_', "!_")))
            .chain(std::iter::repeat("%".to_owned()))
            .take(WORDS)
            .collect();
        let sql = format!(
            "select a.slug, a.name, a.description, a.category, u.name as author, \
             cast(case when r.icon is null then 0 else 1 end as bigint) as has_icon \
             from {MATCHING} order by lower(a.name), a.id limit $7 offset $8"
        );
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(category);
        for pattern in &patterns {
            query = query.bind(pattern);
        }
        let apps = query.bind(limit).bind(offset).fetch_all(&self.pool).await?;
        let sql = format!("select cast(count(*) as bigint) from {MATCHING}");
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(category);
        for pattern in &patterns {
            query = query.bind(pattern);
        }
        let (total,): (i64,) = query.fetch_one(&self.pool).await?;
        Ok((apps, total))
    }

    /// Shelves of published apps with how many stand on each, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn categories(&self) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as(
            "select category, cast(count(*) as bigint) from apps \
             where published_release is not null and suspended_at is null and category <> '' group by category order by category",
        )
        .fetch_all(&self.pool)
        .await?)
    }

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

    /// The addresses in use that begin like this one.
    pub(super) async fn slugs_like(connection: &mut sqlx::AnyConnection, slug: &Slug) -> Result<Vec<String>> {
        // A slug holds no character that LIKE treats specially.
        let rows = sqlx::query_as("select slug from apps where slug = $1 or slug like $2")
            .bind(slug.as_str())
            .bind(format!("{slug}-%"))
            .fetch_all(connection)
            .await?;
        Ok(first(rows))
    }
}

//! Which apps stand in lists, on which shelf, and under which words they are found: decided and written down in this one
//! place, always in the transaction that changed what it depends on.

use sqlx::AnyConnection;
use vision_protocol::ids::AppId;

use super::{Backend, Result, Store, words};

/// What an app must be to stand in lists. Whoever adds a state to apps that hides them adds it here, and calls
/// [`Store::relist`] where that state changes: every list, shelf and search goes by the column that it sets.
const STANDS: &str = "published_release is not null and suspended_at is null and visibility = 'public'";

/// Raised whenever what is written into the index changes: apps with an older one are put in anew at the next start.
const INDEX_VERSION: i64 = 1;

impl Store {
    /// Decides anew whether an app stands in lists, counts its shelf, and puts its words into the index. Called after
    /// whatever may have changed that, with the shelf on which it stood before.
    pub(super) async fn relist(&self, connection: &mut AnyConnection, app: i64, before: &str, now: i64) -> Result<()> {
        let sql = format!(
            "update apps set listed = case when {STANDS} then 1 else 0 end, \
             listed_at = case when listed_at = 0 and {STANDS} then $1 else listed_at end where id = $2 \
             returning listed, name, description, category"
        );
        let row: Option<(i64, String, String, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).bind(app).fetch_optional(&mut *connection).await?;
        let Some((listed, name, description, category)) = row else { return Ok(()) };
        Self::count_shelf(&mut *connection, &category).await?;
        if before != category {
            Self::count_shelf(&mut *connection, before).await?;
        }
        self.forget_words(&mut *connection, app).await?;
        if listed == 1 {
            self.learn_words(&mut *connection, app, &name, &format!("{description}\n{category}")).await?;
        }
        Ok(())
    }

    /// Decides anew for an app of which nothing but its state has changed.
    ///
    /// # Errors
    /// The database's.
    pub async fn relist_app(&self, app: AppId, now: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        let shelf = Self::shelf_of(&mut transaction, app.0).await?;
        self.relist(&mut transaction, app.0, &shelf, now).await?;
        Ok(transaction.commit().await?)
    }

    /// The shelf that an app stands on, or would.
    pub(super) async fn shelf_of(connection: &mut AnyConnection, app: i64) -> Result<String> {
        let row: Option<(String,)> =
            sqlx::query_as("select category from apps where id = $1").bind(app).fetch_optional(connection).await?;
        Ok(row.map(|(category,)| category).unwrap_or_default())
    }

    async fn count_shelf(connection: &mut AnyConnection, category: &str) -> Result<()> {
        if category.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "insert into categories (name, apps) values ($1, (select count(*) from apps where listed = 1 \
             and category = $1)) on conflict (name) do update set apps = excluded.apps",
        )
        .bind(category)
        .execute(&mut *connection)
        .await?;
        sqlx::query("delete from categories where name = $1 and apps = 0").bind(category).execute(connection).await?;
        Ok(())
    }

    async fn forget_words(&self, connection: &mut AnyConnection, app: i64) -> Result<()> {
        let words = match self.backend {
            Backend::Sqlite => "delete from app_words where rowid = $1",
            Backend::Postgres => "delete from app_words where app_id = $1",
        };
        for sql in [words, "delete from app_grams where app_id = $1"] {
            sqlx::query(sql).bind(app).execute(&mut *connection).await?;
        }
        Ok(())
    }

    async fn learn_words(&self, connection: &mut AnyConnection, app: i64, name: &str, text: &str) -> Result<()> {
        let (name_words, text_words) = (words::words(name), words::words(text));
        match self.backend {
            Backend::Sqlite => {
                sqlx::query("insert into app_words (rowid, name, words) values ($1, $2, $3)")
                    .bind(app)
                    .bind(name_words.join(" "))
                    .bind(text_words.join(" "))
                    .execute(&mut *connection)
                    .await?;
            }
            Backend::Postgres => {
                sqlx::query("insert into app_words (app_id, words) values ($1, cast(cast($2 as text) as tsvector))")
                    .bind(app)
                    .bind(vector(&name_words, &text_words))
                    .execute(&mut *connection)
                    .await?;
            }
        }
        for grams in words::grams(name).chunks(8) {
            let values: Vec<String> = (0..grams.len()).map(|index| format!("(${}, $1)", index + 2)).collect();
            let sql = format!("insert into app_grams (gram, app_id) values {}", values.join(", "));
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(app);
            for gram in grams {
                query = query.bind(gram);
            }
            query.execute(&mut *connection).await?;
        }
        sqlx::query("update apps set name_key = $1, indexed = $2 where id = $3")
            .bind(name_words.join(" "))
            .bind(INDEX_VERSION)
            .bind(app)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Puts listed apps into the index that are not in it as this version would write them, at most so many. Says how
    /// many there were.
    ///
    /// # Errors
    /// The database's.
    pub async fn index_apps(&self, at_most: i64, now: i64) -> Result<usize> {
        let mut transaction = self.write().await?;
        let apps: Vec<(i64, String)> = sqlx::query_as(
            "select id, category from apps where indexed < $1 and listed = 1 order by indexed, id limit $2",
        )
        .bind(INDEX_VERSION)
        .bind(at_most)
        .fetch_all(&mut *transaction)
        .await?;
        for (app, category) in &apps {
            self.relist(&mut transaction, *app, category, now).await?;
        }
        transaction.commit().await?;
        Ok(apps.len())
    }

    /// Shelves with how many listed apps stand on each, the fullest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn categories(&self, limit: i64) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as("select name, apps from categories order by apps desc, name limit $1")
            .bind(limit)
            .fetch_all(&self.pool)
            .await?)
    }
}

/// The words as PostgreSQL writes its vectors: each with its places, those of the name weighing most. A word holds
/// letters and digits only, so nothing needs to be quoted inside.
fn vector(name: &[String], text: &[String]) -> String {
    let named = name.iter().map(|word| (word, 'A'));
    let told = text.iter().map(|word| (word, 'C'));
    let places = named.chain(told).enumerate();
    places.map(|(place, (word, weight))| format!("'{word}':{}{weight}", place + 1)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_names_places_and_weights() {
        let words = |text: &str| words::words(text);
        assert_eq!(vector(&words("Cat finder"), &words("Finds it")), "'cat':1A 'finder':2A 'finds':3C 'it':4C");
    }
}

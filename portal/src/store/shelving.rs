//! Shelves: their order, the other names that authors give them, and the featured apps.

use sqlx::AnyConnection;
use vision_protocol::ids::AppId;

use super::{NewAuditLine, Result, Store, first};

/// A featured app.
#[derive(Clone, sqlx::FromRow)]
pub struct FeaturedRow {
    /// The app.
    pub id: i64,
    /// Its address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The release that everybody runs.
    pub published_release: Option<i64>,
}

impl Store {
    /// Featured apps in their order.
    ///
    /// # Errors
    /// The database's.
    pub async fn featured_apps(&self) -> Result<Vec<FeaturedRow>> {
        Ok(sqlx::query_as(
            "select id, slug, name, published_release from apps where featured > 0 order by featured, id",
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Features these apps in this order, and no others.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_featured(&self, apps: &[AppId], line: &NewAuditLine) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("update apps set featured = null where featured > 0").execute(&mut *transaction).await?;
        for (place, app) in (1_i64..).zip(apps) {
            sqlx::query("update apps set featured = $1 where id = $2")
                .bind(place)
                .bind(app.0)
                .execute(&mut *transaction)
                .await?;
        }
        Self::write_audit(&mut transaction, line).await?;
        Ok(transaction.commit().await?)
    }

    /// The shelves that have a place, in their order.
    ///
    /// # Errors
    /// The database's.
    pub async fn category_places(&self) -> Result<Vec<String>> {
        Ok(first(
            sqlx::query_as("select name from category_places order by position, name").fetch_all(&self.pool).await?,
        ))
    }

    /// The shelf that goes by another name, in lower case.
    ///
    /// # Errors
    /// The database's.
    pub async fn category_of_alias(&self, alias: &str) -> Result<Option<String>> {
        let row: Option<(String,)> = sqlx::query_as("select name from category_aliases where alias = $1")
            .bind(alias)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|(name,)| name))
    }

    /// Gives these shelves their places, and no others.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_category_places(&self, names: &[String], line: &NewAuditLine) -> Result<()> {
        let mut transaction = self.write().await?;
        Self::place(&mut transaction, names).await?;
        Self::write_audit(&mut transaction, line).await?;
        Ok(transaction.commit().await?)
    }

    async fn place(connection: &mut AnyConnection, names: &[String]) -> Result<()> {
        sqlx::query("delete from category_places").execute(&mut *connection).await?;
        for (position, name) in (1_i64..).zip(names) {
            sqlx::query("insert into category_places (name, position) values ($1, $2)")
                .bind(name)
                .bind(position)
                .execute(&mut *connection)
                .await?;
            // Who is a shelf is no other shelf's second name.
            sqlx::query("delete from category_aliases where alias = $1")
                .bind(name.to_lowercase())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    /// Moves all apps of a shelf to another one, which it is a second name of from here on; `names` are the shelves and
    /// their order afterwards. Answers with the apps that were moved.
    ///
    /// # Errors
    /// The database's.
    pub async fn merge_categories(
        &self,
        from: &str,
        to: &str,
        names: &[String],
        line: &NewAuditLine,
    ) -> Result<Vec<AppId>> {
        let mut transaction = self.write().await?;
        Self::place(&mut transaction, names).await?;
        sqlx::query("update category_aliases set name = $1 where name = $2")
            .bind(to)
            .bind(from)
            .execute(&mut *transaction)
            .await?;
        if from.to_lowercase() != to.to_lowercase() {
            sqlx::query(
                "insert into category_aliases (alias, name) values ($1, $2) on conflict (alias) do update set name = $2",
            )
            .bind(from.to_lowercase())
            .bind(to)
            .execute(&mut *transaction)
            .await?;
        }
        let moved: Vec<(i64,)> = sqlx::query_as("update apps set category = $1 where category = $2 returning id")
            .bind(to)
            .bind(from)
            .fetch_all(&mut *transaction)
            .await?;
        for (app,) in &moved {
            self.relist(&mut transaction, *app, from, line.at).await?;
        }
        Self::write_audit(&mut transaction, line).await?;
        transaction.commit().await?;
        Ok(first(moved).into_iter().map(AppId).collect())
    }
}

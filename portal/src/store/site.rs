//! What the site is set to: names and values.

use super::{NewAuditLine, Result, Store};

impl Store {
    /// All settings that were ever changed: name and value.
    ///
    /// # Errors
    /// The database's.
    pub async fn site_settings(&self) -> Result<Vec<(String, String)>> {
        Ok(sqlx::query_as("select name, value from site_settings order by name").fetch_all(&self.pool).await?)
    }

    /// Sets some of them; what is `None` goes back to its default.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_site_settings(
        &self,
        settings: &[(&str, Option<String>)],
        now: i64,
        line: &NewAuditLine,
    ) -> Result<()> {
        let mut transaction = self.write().await?;
        for (name, value) in settings {
            match value {
                Some(value) => {
                    sqlx::query(
                        "insert into site_settings (name, value, changed_at) values ($1, $2, $3) \
                         on conflict (name) do update set value = $2, changed_at = $3",
                    )
                    .bind(*name)
                    .bind(value)
                    .bind(now)
                    .execute(&mut *transaction)
                    .await?
                }
                None => {
                    sqlx::query("delete from site_settings where name = $1")
                        .bind(*name)
                        .execute(&mut *transaction)
                        .await?
                }
            };
        }
        Self::write_audit(&mut transaction, line).await?;
        Ok(transaction.commit().await?)
    }
}

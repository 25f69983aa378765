//! People, as those see them who look after them.

use vision_protocol::ids::{RunId, UserId};

use super::{NewAuditLine, Result, Store, first, parsed};

/// A person in a list.
#[derive(Clone, sqlx::FromRow)]
pub struct PersonRow {
    /// The id.
    pub id: i64,
    /// Lower-case.
    pub email: String,
    /// What others see.
    pub name: String,
    /// The role's name.
    pub role: String,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds; none for who is not suspended.
    pub suspended_at: Option<i64>,
    /// Why.
    pub suspended_reason: Option<String>,
}

/// Which people to look at.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    /// Lower-case; how the email or the name begins. Empty: everybody.
    pub prefix: String,
    /// Only those of this role.
    pub role: Option<&'static str>,
    /// Only those with a smaller id: where the page before has ended.
    pub before: i64,
}

/// Of those whose email or name begins in a way, so many are looked at, each.
const FOUND_AT_MOST: i64 = 500;

const SELECT: &str = "select id, email, name, role, created_at, suspended_at, suspended_reason from users \
     where id < $1 and password_hash <> '' and ended_at is null";

impl Store {
    /// The newest people that fit.
    ///
    /// # Errors
    /// The database's.
    pub async fn people(&self, filter: &PeopleFilter, limit: i64) -> Result<Vec<PersonRow>> {
        let mut sql = SELECT.to_owned();
        if filter.role.is_some() {
            sql.push_str(" and role = $2");
        }
        let number = if filter.role.is_some() { 3 } else { 2 };
        if !filter.prefix.is_empty() {
            // Two ranges of two indexes, each bounded.
            sql.push_str(&format!(
                " and id in (select id from (select id from users where email >= ${number} and email < ${next} \
                 order by email limit {FOUND_AT_MOST}) e union select id from (select id from users \
                 where name_key >= ${number} and name_key < ${next} order by name_key limit {FOUND_AT_MOST}) n)",
                next = number + 1
            ));
        }
        let last = if filter.prefix.is_empty() { number } else { number + 2 };
        sql.push_str(&format!(" order by id desc limit ${last}"));
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(filter.before);
        if let Some(role) = filter.role {
            query = query.bind(role);
        }
        if !filter.prefix.is_empty() {
            query = query.bind(&filter.prefix).bind(format!("{}\u{10FFFF}", filter.prefix));
        }
        Ok(query.bind(limit).fetch_all(&self.pool).await?)
    }

    /// Suspends a person, or lifts that (without a reason): sessions and links for a new password end with it. Says
    /// whether anything changed.
    ///
    /// # Errors
    /// The database's.
    pub async fn suspend_user(&self, id: UserId, reason: Option<&str>, line: &NewAuditLine) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "update users set suspended_at = $1, suspended_reason = $2 where id = $3 and ended_at is null \
             and (case when suspended_at is null then 0 else 1 end) <> $4",
        )
        .bind(reason.map(|_| line.at))
        .bind(reason)
        .bind(id.0)
        .bind(i64::from(reason.is_some()))
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        for sql in ["delete from sessions where user_id = $1", "delete from password_resets where user_id = $1"] {
            sqlx::query(sql).bind(id.0).execute(&mut *transaction).await?;
        }
        Self::write_audit(&mut transaction, line).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Runs of a person that wait or are being executed.
    ///
    /// # Errors
    /// The database's.
    pub async fn runs_under_way_of(&self, user: UserId) -> Result<Vec<RunId>> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "select j.subject from jobs j join runs r on r.id = j.subject where j.kind = 'execute-run' \
             and r.user_id = $1",
        )
        .bind(user.0)
        .fetch_all(&self.pool)
        .await?;
        first(rows).iter().map(|id| parsed(id, "run id")).collect()
    }

    /// Makes a link for a new password good, in the place of an earlier one.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_password_reset(
        &self,
        user: UserId,
        digest: &str,
        expires_at: i64,
        line: &NewAuditLine,
    ) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "insert into password_resets (user_id, digest, expires_at) values ($1, $2, $3) \
             on conflict (user_id) do update set digest = $2, expires_at = $3",
        )
        .bind(user.0)
        .bind(digest)
        .bind(expires_at)
        .execute(&mut *transaction)
        .await?;
        Self::write_audit(&mut transaction, line).await?;
        Ok(transaction.commit().await?)
    }

    /// Whose link this is, if it is still good.
    ///
    /// # Errors
    /// The database's.
    pub async fn password_reset(&self, digest: &str, now: i64) -> Result<Option<UserId>> {
        let row: Option<(i64,)> =
            sqlx::query_as("select user_id from password_resets where digest = $1 and expires_at > $2")
                .bind(digest)
                .bind(now)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(id,)| UserId(id)))
    }

    /// Uses a link up: the new password is set, sessions and API keys end. Says whether the link was still good.
    ///
    /// # Errors
    /// The database's.
    pub async fn use_password_reset(&self, digest: &str, password_hash: &str, now: i64) -> Result<bool> {
        let mut transaction = self.write().await?;
        let row: Option<(i64,)> =
            sqlx::query_as("delete from password_resets where digest = $1 and expires_at > $2 returning user_id")
                .bind(digest)
                .bind(now)
                .fetch_optional(&mut *transaction)
                .await?;
        let Some((user,)) = row else { return Ok(false) };
        sqlx::query("update users set password_hash = $1 where id = $2 and ended_at is null")
            .bind(password_hash)
            .bind(user)
            .execute(&mut *transaction)
            .await?;
        for sql in ["delete from sessions where user_id = $1", "delete from api_keys where user_id = $1"] {
            sqlx::query(sql).bind(user).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

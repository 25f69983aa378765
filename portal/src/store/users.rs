//! People, and the throttles that keep guessers slow.

use vision_protocol::ids::UserId;

use super::{NewAuditLine, Result, Store, StoreError, taken};

/// A person.
#[derive(Clone, sqlx::FromRow)]
pub struct UserRow {
    /// The id.
    pub id: i64,
    /// Lower-case.
    pub email: String,
    /// What others see.
    pub name: String,
    /// The role's name.
    pub role: String,
    /// Empty: nobody can log in as this user.
    pub password_hash: String,
    /// Wrapped by the master key.
    pub data_key: Vec<u8>,
    /// Milliseconds.
    pub created_at: i64,
    /// Why this person is suspended, if so.
    pub suspended_reason: Option<String>,
}

/// A person to be.
pub struct NewUser<'a> {
    /// Lower-case.
    pub email: &'a str,
    /// What others see.
    pub name: &'a str,
    /// The role's name.
    pub role: &'a str,
    /// Empty: nobody can log in as this user.
    pub password_hash: &'a str,
    /// Milliseconds that runs are kept; none for ever.
    pub keep_ms: Option<i64>,
    /// Milliseconds.
    pub now: i64,
}

const COLUMNS: &str = "id, email, name, role, password_hash, data_key, created_at, suspended_reason";

impl Store {
    /// Makes an account; `wrap_key` makes its wrapped data key once the id is known.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the email is in use.
    pub async fn create_user(&self, new: &NewUser<'_>, wrap_key: impl FnOnce(UserId) -> Vec<u8>) -> Result<UserRow> {
        let mut transaction = self.write().await?;
        let (id,): (i64,) = sqlx::query_as(
            "insert into users (email, name, name_key, role, password_hash, data_key, created_at, keep_ms) \
             values ($1, $2, $7, $3, $4, $5, $6, $8) returning id",
        )
        .bind(new.email)
        .bind(new.name)
        .bind(new.role)
        .bind(new.password_hash)
        .bind(Vec::new())
        .bind(new.now)
        .bind(new.name.to_lowercase())
        .bind(new.keep_ms)
        .fetch_one(&mut *transaction)
        .await
        .map_err(taken)?;
        let data_key = wrap_key(UserId(id));
        sqlx::query("update users set data_key = $1 where id = $2")
            .bind(data_key.clone())
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(UserRow {
            id,
            email: new.email.to_owned(),
            name: new.name.to_owned(),
            role: new.role.to_owned(),
            password_hash: new.password_hash.to_owned(),
            data_key,
            created_at: new.now,
            suspended_reason: None,
        })
    }

    /// A person by id.
    ///
    /// # Errors
    /// The database's.
    pub async fn user(&self, id: UserId) -> Result<Option<UserRow>> {
        let sql = format!("select {COLUMNS} from users where id = $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&self.pool).await?)
    }

    /// A person by email.
    ///
    /// # Errors
    /// The database's.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>> {
        let sql = format!("select {COLUMNS} from users where email = $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(email).fetch_optional(&self.pool).await?)
    }

    /// Whether anybody can log in.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_people(&self) -> Result<bool> {
        let row: Option<(i64,)> =
            sqlx::query_as("select id from users where id > 0 and password_hash <> '' order by id limit 1")
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.is_some())
    }

    /// Gives a person a role, unless that would leave nobody with `keep`. Says whether it was done. Without a line it
    /// leaves no trace.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_role(&self, id: UserId, role: &str, keep: &str, line: Option<&NewAuditLine>) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "update users set role = $1 where id = $2 and ($1 = $3 or role <> $3 or exists \
             (select 1 from users other where other.role = $3 and other.id <> $2 and other.password_hash <> '' \
             and other.suspended_at is null))",
        )
        .bind(role)
        .bind(id.0)
        .bind(keep)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        if let Some(line) = line {
            Self::write_audit(&mut transaction, line).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Sets a password and role, and ends all sessions and API keys.
    ///
    /// # Errors
    /// The database's.
    pub async fn reset_password(&self, id: UserId, password_hash: &str, role: &str) -> Result<()> {
        let mut transaction = self.write().await?;
        // Whoever sits at the machine is let in, suspended or not.
        sqlx::query("update users set password_hash = $1, role = $2, suspended_at = null, suspended_reason = null where id = $3")
            .bind(password_hash)
            .bind(role)
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("delete from sessions where user_id = $1").bind(id.0).execute(&mut *transaction).await?;
        sqlx::query("delete from api_keys where user_id = $1").bind(id.0).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Sets name and email.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the email is in use.
    pub async fn set_profile(&self, id: UserId, name: &str, email: &str) -> Result<()> {
        sqlx::query("update users set name = $1, name_key = $2, email = $3 where id = $4 and ended_at is null")
            .bind(name)
            .bind(name.to_lowercase())
            .bind(email)
            .bind(id.0)
            .execute(&self.pool)
            .await
            .map_err(taken)?;
        Ok(())
    }

    /// Sets a password, and ends all sessions but one.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_password(&self, id: UserId, password_hash: &str, keep: &str) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("update users set password_hash = $1 where id = $2 and ended_at is null")
            .bind(password_hash)
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("delete from sessions where user_id = $1 and id <> $2")
            .bind(id.0)
            .bind(keep)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("delete from password_resets where user_id = $1").bind(id.0).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Counts one more attempt under `name` in the present window of `window` milliseconds; says how many there
    /// were in it, this one included, and when it began.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_attempt(&self, name: &str, now: i64, window: i64) -> Result<(i64, i64)> {
        let row: Option<(i64, i64)> = sqlx::query_as(
            "insert into throttles (name, window_started, attempts) values ($1, $2, 1) \
             on conflict (name) do update set \
             attempts = case when throttles.window_started > $3 then throttles.attempts + 1 else 1 end, \
             window_started = case when throttles.window_started > $3 then throttles.window_started else $2 end \
             returning attempts, window_started",
        )
        .bind(name)
        .bind(now)
        .bind(now - window)
        .fetch_optional(&self.pool)
        .await?;
        row.ok_or(StoreError::Corrupt("throttle"))
    }

    /// Forgets the attempts under `name`.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_attempts(&self, name: &str) -> Result<()> {
        sqlx::query("delete from throttles where name = $1").bind(name).execute(&self.pool).await?;
        Ok(())
    }

    /// Removes throttles whose window began before `before`.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep_throttles(&self, before: i64) -> Result<()> {
        sqlx::query("delete from throttles where window_started < $1").bind(before).execute(&self.pool).await?;
        Ok(())
    }
}

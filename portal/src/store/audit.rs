//! What people did by virtue of a role. Lines are added, in the transaction of what they tell of, and never changed.

use sqlx::AnyConnection;
use vision_protocol::ids::UserId;

use super::{Result, Store};

/// A line to be.
#[derive(Clone, Debug)]
pub struct NewAuditLine {
    /// Milliseconds.
    pub at: i64,
    /// Who; none for whoever sat at the machine.
    pub actor: Option<UserId>,
    /// The name of what was done.
    pub act: &'static str,
    /// Which kind of thing it was done to.
    pub subject_kind: &'static str,
    /// Which one.
    pub subject: String,
    /// What else is worth knowing: a reason, an old and a new value.
    pub detail: String,
    /// From where.
    pub address: String,
}

/// A line, with the name that its actor goes by now.
#[derive(Clone, sqlx::FromRow)]
pub struct AuditRow {
    /// The id.
    pub id: i64,
    /// Milliseconds.
    pub at: i64,
    /// Who; none for whoever sat at the machine.
    pub actor_id: Option<i64>,
    /// The actor's name.
    pub actor: Option<String>,
    /// The name of what was done.
    pub act: String,
    /// Which kind of thing.
    pub subject_kind: String,
    /// Which one.
    pub subject: String,
    /// What else is worth knowing.
    pub detail: String,
    /// From where.
    pub address: String,
}

/// Which lines to look at.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only what this person did.
    pub actor: Option<UserId>,
    /// Only acts of this name.
    pub act: Option<&'static str>,
    /// Only what was done to this: kind and which one.
    pub subject: Option<(String, String)>,
    /// Not before; milliseconds.
    pub from: i64,
    /// Before this time and id: where the page before has ended.
    pub before: (i64, i64),
}

impl Store {
    pub(super) async fn write_audit(connection: &mut AnyConnection, line: &NewAuditLine) -> Result<()> {
        sqlx::query(
            "insert into audit (at, actor_id, act, subject_kind, subject, detail, address) \
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(line.at)
        .bind(line.actor.map(|actor| actor.0))
        .bind(line.act)
        .bind(line.subject_kind)
        .bind(&line.subject)
        .bind(&line.detail)
        .bind(&line.address)
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Adds a line about something that changes no row of this database.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_act(&self, line: &NewAuditLine) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        Self::write_audit(&mut connection, line).await
    }

    /// The newest lines that fit.
    ///
    /// # Errors
    /// The database's.
    pub async fn audit(&self, filter: &AuditFilter, limit: i64) -> Result<Vec<AuditRow>> {
        let mut sql = "select l.id, l.at, l.actor_id, u.name as actor, l.act, l.subject_kind, l.subject, l.detail, \
             l.address from audit l left join users u on u.id = l.actor_id \
             where (l.at, l.id) < ($1, $2) and l.at >= $3"
            .to_owned();
        // Only what is asked for stands in the text, so that each has its index.
        let mut number = 4;
        if filter.actor.is_some() {
            sql.push_str(&format!(" and l.actor_id = ${number}"));
            number += 1;
        }
        if filter.act.is_some() {
            sql.push_str(&format!(" and l.act = ${number}"));
            number += 1;
        }
        if filter.subject.is_some() {
            sql.push_str(&format!(" and l.subject_kind = ${number} and l.subject = ${}", number + 1));
            number += 2;
        }
        sql.push_str(&format!(" order by l.at desc, l.id desc limit ${number}"));
        let mut query =
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(filter.before.0).bind(filter.before.1).bind(filter.from);
        if let Some(actor) = filter.actor {
            query = query.bind(actor.0);
        }
        if let Some(act) = filter.act {
            query = query.bind(act);
        }
        if let Some((kind, which)) = &filter.subject {
            query = query.bind(kind).bind(which);
        }
        Ok(query.bind(limit).fetch_all(&self.pool).await?)
    }
}

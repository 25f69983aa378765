//! Which apps are run by the same people, for recommendations. Counted per app over a bounded number of its people, and
//! never told of one person alone.

use std::collections::BTreeMap;

use vision_protocol::ids::{AppId, UserId};

use super::{Result, Store, first};

/// The people who ran an app last: so many are looked at.
const PEOPLE: i64 = 300;
/// Apps that they ran: so many rows are looked at.
const ROWS: i64 = 6000;
/// A pair is kept only if so many people ran both: else it would tell what one of them does.
const FEWEST_PEOPLE: i64 = 2;
/// Pairs that are kept of each app.
const PAIRS: usize = 24;

impl Store {
    /// Counts anew which apps the people of this one ran too.
    ///
    /// # Errors
    /// The database's.
    pub async fn pair_app(&self, app: AppId) -> Result<()> {
        let shared: Vec<(i64, i64, i64)> = sqlx::query_as(
            "select o.app_id, cast(count(*) as bigint), a.people_total from \
             (select t.app_id from (select user_id from app_people where app_id = $1 order by last_at desc limit $2) s \
             cross join app_people t where t.user_id = s.user_id and t.app_id <> $1 limit $3) o \
             join apps a on a.id = o.app_id where a.listed = 1 group by o.app_id, a.people_total \
             having count(*) >= $4",
        )
        .bind(app.0)
        .bind(PEOPLE)
        .bind(ROWS)
        .bind(FEWEST_PEOPLE)
        .fetch_all(&self.pool)
        .await?;
        // What everybody runs says little of who runs it: the more people, the less each shared one weighs.
        let mut pairs: Vec<(i64, f64)> = shared
            .into_iter()
            .map(|(other, people, all)| (other, people as f64 / (all.max(1) as f64).sqrt()))
            .collect();
        pairs.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        pairs.truncate(PAIRS);
        let mut transaction = self.write().await?;
        sqlx::query("delete from app_pairs where app_id = $1").bind(app.0).execute(&mut *transaction).await?;
        for (other, weight) in pairs {
            sqlx::query("insert into app_pairs (app_id, other_id, weight) values ($1, $2, $3)")
                .bind(app.0)
                .bind(other)
                .bind(weight)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// What a person used last, at most so many: the app, its name, its shelf, and whether they liked it (a favourite,
    /// or four stars and more).
    ///
    /// # Errors
    /// The database's.
    pub async fn tastes(&self, user: UserId, limit: i64) -> Result<Vec<(i64, String, String, bool)>> {
        let used = self.used_apps(user, limit).await?;
        let liked: Vec<(i64,)> =
            sqlx::query_as("select app_id from favourites where user_id = $1 order by created_at desc limit $2")
                .bind(user.0)
                .bind(limit)
                .fetch_all(&self.pool)
                .await?;
        let rated: Vec<(i64, i64)> =
            sqlx::query_as("select app_id, stars from reviews where user_id = $1 order by id desc limit $2")
                .bind(user.0)
                .bind(limit)
                .fetch_all(&self.pool)
                .await?;
        let liked = first(liked);
        let rated: BTreeMap<i64, i64> = rated.into_iter().collect();
        let mut apps: Vec<i64> = liked.iter().chain(&used).copied().collect();
        apps.extend(rated.keys());
        apps.retain({
            let mut seen = std::collections::HashSet::new();
            move |app| seen.insert(*app)
        });
        let listed = self.apps_by_id(&apps).await?;
        Ok(listed
            .into_iter()
            // Whoever gave it few stars does not want more of the kind.
            .filter(|app| rated.get(&app.id).is_none_or(|stars| *stars > 2))
            .map(|app| {
                let is_liked = liked.contains(&app.id) || rated.get(&app.id).is_some_and(|stars| *stars >= 4);
                (app.id, app.name, app.category, is_liked)
            })
            .collect())
    }

    /// What people of these apps run too: the app it is said of, the other one, and how much it weighs.
    ///
    /// # Errors
    /// The database's.
    pub async fn pairs_of(&self, apps: &[i64]) -> Result<Vec<(i64, i64, f64)>> {
        let mut pairs = Vec::new();
        for app in apps {
            let rows: Vec<(i64, f64)> =
                sqlx::query_as("select other_id, weight from app_pairs where app_id = $1 order by weight desc")
                    .bind(app)
                    .fetch_all(&self.pool)
                    .await?;
            pairs.extend(rows.into_iter().map(|(other, weight)| (*app, other, weight)));
        }
        Ok(pairs)
    }
}

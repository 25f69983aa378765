//! Lists of apps: by words, shelf, author and stars, in five orders. Ids are chosen first, in a subquery that one index
//! serves and that is bounded; only those few rows are then looked up whole.

use vision_protocol::ids::UserId;

use super::{Backend, Result, Store};

/// A published app in a list.
#[derive(Clone, sqlx::FromRow)]
pub struct AppListing {
    /// The id.
    pub id: i64,
    /// Its address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// A sentence or two.
    pub description: String,
    /// The shelf.
    pub category: String,
    /// Who made it.
    pub author_id: i64,
    /// The author's name.
    pub author: String,
    /// Whether the release has an icon: 0 or 1.
    pub has_icon: i64,
    /// How many have rated it.
    pub rating_count: i64,
    /// With so many stars in the mean.
    pub rating_avg: f64,
    /// People who ran it in the last 30 days.
    pub people_month: i64,
}

/// What lists are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppOrder {
    /// How well the words fit; without words, as [`AppOrder::Popular`].
    Relevance,
    /// People who ran it lately.
    Popular,
    /// Stars, drawn towards the middle while there are few.
    Rating,
    /// When it was first listed.
    Newest,
    /// Its name.
    Name,
}

/// What to look for.
pub struct AppQuery<'a> {
    /// Folded words; an app has all of them, or words that begin like them.
    pub words: &'a [String],
    /// Only this shelf.
    pub category: Option<&'a str>,
    /// Only this author's.
    pub author: Option<UserId>,
    /// At least so many stars in the mean.
    pub stars: Option<f64>,
    /// Run by at least so many people in the last 30 days.
    pub people: Option<i64>,
    /// The order.
    pub order: AppOrder,
}

/// More apps than this are not counted: the pages end there.
pub const COUNTED_APPS: i64 = 1000;
/// Apps of a search that are put into an order by how well they fit, and into any other.
const BEST_HITS: i64 = 5000;
const HITS: i64 = 20_000;
/// Names that a misspelt search is held against.
const NEAR_NAMES: i64 = 300;

const COLUMNS: &str = "a.id, a.slug, a.name, a.description, a.category, a.author_id, u.name as author, \
     cast(case when r.icon_type is null then 0 else 1 end as bigint) as has_icon, a.rating_count, a.rating_avg, \
     a.people_month";
const JOINED: &str = "join users u on u.id = a.author_id join releases r on r.id = a.published_release";

impl AppOrder {
    fn sql(self) -> &'static str {
        match self {
            Self::Relevance | Self::Popular => "a.people_month desc, a.id desc",
            Self::Rating => "a.rating_rank desc, a.id desc",
            Self::Newest => "a.listed_at desc, a.id desc",
            Self::Name => "a.name_key, a.id",
        }
    }
}

/// A value for a placeholder.
enum Value {
    Text(String),
    Integer(i64),
    Real(f64),
}

/// A statement in the making, with its values.
#[derive(Default)]
struct Values(Vec<Value>);

impl Values {
    /// The placeholder of one more value.
    fn add(&mut self, value: Value) -> String {
        self.0.push(value);
        format!("${}", self.0.len())
    }

    fn text(&mut self, text: &str) -> String {
        self.add(Value::Text(text.to_owned()))
    }

    fn integer(&mut self, integer: i64) -> String {
        self.add(Value::Integer(integer))
    }

    fn bind_to<'q, O>(
        self,
        query: sqlx::query::QueryAs<'q, sqlx::Any, O, sqlx::any::AnyArguments>,
    ) -> sqlx::query::QueryAs<'q, sqlx::Any, O, sqlx::any::AnyArguments> {
        self.0.into_iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Integer(integer) => query.bind(integer),
            Value::Real(real) => query.bind(real),
        })
    }
}

impl AppQuery<'_> {
    /// What narrows a list of apps down, each part only where it is asked for: an index fits what is left.
    fn narrowed(&self, values: &mut Values) -> String {
        let mut conditions = "a.listed = 1".to_owned();
        if let Some(category) = self.category {
            conditions.push_str(&format!(" and a.category = {}", values.text(category)));
        }
        if let Some(author) = self.author {
            conditions.push_str(&format!(" and a.author_id = {}", values.integer(author.0)));
        }
        if let Some(stars) = self.stars {
            conditions.push_str(&format!(" and a.rating_avg >= {}", values.add(Value::Real(stars))));
        }
        if let Some(people) = self.people {
            conditions.push_str(&format!(" and a.people_month >= {}", values.integer(people)));
        }
        conditions
    }

    /// Everything from `from` to before `order by`. With words, those apps that hold them are found first and alone
    /// decide where to look: a walk along another index would meet them by chance. How well the words fit is worked out
    /// only for a list that is ordered by it: for a word that every app has, that takes longer than all the rest.
    fn chosen(&self, backend: Backend, ranked: bool, values: &mut Values) -> String {
        if self.words.is_empty() {
            return format!("apps a where {}", self.narrowed(values));
        }
        let (id, wanted, fits, distance) = match backend {
            Backend::Sqlite => {
                let all: Vec<String> = self.words.iter().map(|word| format!("\"{word}\"*")).collect();
                let wanted = values.text(&all.join(" "));
                ("rowid", wanted, "match", "bm25(app_words, 8.0, 1.0)".to_owned())
            }
            Backend::Postgres => {
                let all: Vec<String> = self.words.iter().map(|word| format!("'{word}':*")).collect();
                let wanted = format!("cast(cast({} as text) as tsquery)", values.text(&all.join(" & ")));
                let distance = format!("-ts_rank(words, {wanted})");
                ("app_id", wanted, "@@", distance)
            }
        };
        let column = if backend == Backend::Sqlite { "app_words" } else { "words" };
        let (ranks, order, most) = match ranked {
            true => (format!(", {distance} as distance"), " order by distance", BEST_HITS),
            false => (String::new(), "", HITS),
        };
        let narrowed = self.narrowed(values);
        format!(
            "(select {id} as id{ranks} from app_words where {column} {fits} {wanted}{order} limit {most}) hit \
             cross join apps a where a.id = hit.id and {narrowed}"
        )
    }

    fn is_by_relevance(&self) -> bool {
        self.order == AppOrder::Relevance && !self.words.is_empty()
    }
}

impl Store {
    /// Listed apps that a query fits, and how many there are, counted up to [`COUNTED_APPS`].
    ///
    /// # Errors
    /// The database's.
    pub async fn find_apps(&self, query: &AppQuery<'_>, limit: i64, offset: i64) -> Result<(Vec<AppListing>, i64)> {
        let mut values = Values::default();
        let chosen = query.chosen(self.backend, query.is_by_relevance(), &mut values);
        let (ranks, inner, outer) = if query.is_by_relevance() {
            // An app of just this name comes first, whatever else its description says.
            let exact = values.text(&query.words.join(" "));
            let ranks = format!(", case when a.name_key = {exact} then 0 else 1 end as other, hit.distance");
            (ranks, "other, distance, ", "best.other, best.distance, ")
        } else {
            (String::new(), "", "")
        };
        let order = query.order.sql();
        let (limit, offset) = (values.integer(limit), values.integer(offset));
        let sql = format!(
            "select {COLUMNS} from (select a.id{ranks} from {chosen} order by {inner}{order} limit {limit} \
             offset {offset}) best cross join apps a {JOINED} where a.id = best.id order by {outer}{order}"
        );
        let apps = values.bind_to(sqlx::query_as(sqlx::AssertSqlSafe(sql))).fetch_all(&self.pool).await?;
        let mut values = Values::default();
        let chosen = query.chosen(self.backend, false, &mut values);
        let most = values.integer(COUNTED_APPS);
        let sql = format!("select cast(count(*) as bigint) from (select a.id from {chosen} limit {most}) counted");
        let (total,): (i64,) = values.bind_to(sqlx::query_as(sqlx::AssertSqlSafe(sql))).fetch_one(&self.pool).await?;
        Ok((apps, total))
    }

    /// Listed apps whose names share threes of letters with a misspelt one, as far as the rest of the query fits: id
    /// and folded name, those that share most first.
    ///
    /// # Errors
    /// The database's.
    pub async fn near_names(&self, grams: &[String], query: &AppQuery<'_>) -> Result<Vec<(i64, String)>> {
        if grams.is_empty() {
            return Ok(Vec::new());
        }
        let mut values = Values::default();
        let wanted: Vec<String> = grams.iter().map(|gram| values.text(gram)).collect();
        let narrowed = query.narrowed(&mut values);
        let sql = format!(
            "select a.id, a.name_key from (select app_id, count(*) as shared from app_grams where gram in ({}) \
             group by app_id order by shared desc, app_id limit {NEAR_NAMES}) near cross join apps a \
             where a.id = near.app_id and {narrowed} order by near.shared desc, a.id",
            wanted.join(", ")
        );
        Ok(values.bind_to(sqlx::query_as(sqlx::AssertSqlSafe(sql))).fetch_all(&self.pool).await?)
    }

    /// Listed apps by their ids, in that order; those that are not listed are left out.
    ///
    /// # Errors
    /// The database's.
    pub async fn apps_by_id(&self, ids: &[i64]) -> Result<Vec<AppListing>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut values = Values::default();
        let wanted: Vec<String> = ids.iter().map(|id| values.integer(*id)).collect();
        let sql =
            format!("select {COLUMNS} from apps a {JOINED} where a.id in ({}) and a.listed = 1", wanted.join(", "));
        let mut apps: Vec<AppListing> =
            values.bind_to(sqlx::query_as(sqlx::AssertSqlSafe(sql))).fetch_all(&self.pool).await?;
        apps.sort_by_key(|app| ids.iter().position(|id| *id == app.id));
        Ok(apps)
    }
}

//! A PostgreSQL database for one test.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use url::Url;
use uuid::Uuid;

use super::Missing;

/// An empty database, which is dropped with this value.
pub(crate) struct Database {
    server: Url,
    name: String,
}

impl Database {
    /// A new database on the server that `VISION_TEST_POSTGRES` names, if it answers.
    pub(crate) async fn create() -> Result<Self, Missing> {
        let server = std::env::var("VISION_TEST_POSTGRES");
        let server = server.unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432".to_owned());
        let missing = |error| Missing(format!("no PostgreSQL answers at VISION_TEST_POSTGRES={server} ({error})"));
        let mut connection = PgConnection::connect(&server).await.map_err(missing)?;
        let name = format!("vision_test_{}", Uuid::new_v4().simple());
        let create = AssertSqlSafe(format!("create database {name}"));
        connection.execute(create).await.expect("a database can be created");
        Ok(Self { server: Url::parse(&server).expect("a valid address"), name })
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url.into()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.to_string(), std::mem::take(&mut self.name));
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let mut connection = PgConnection::connect(&server).await?;
                connection.execute(AssertSqlSafe(format!("drop database {name} with (force)"))).await
            })
        });
        if !matches!(dropped.join(), Ok(Ok(_))) {
            eprintln!("a test database stays behind");
        }
    }
}

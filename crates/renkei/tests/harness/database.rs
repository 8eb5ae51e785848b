//! The databases that a test runs on: SQLite always, PostgreSQL where there is one.

use std::path::Path;

use diesel::Connection as _;
use diesel::QueryableByName;
use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use diesel::query_builder::SqlQuery;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;

/// Where the tests find a PostgreSQL server whose user may create databases.
const VARIABLE: &str = "RENKEI_TEST_POSTGRES";

/// A database of one test.
pub(crate) enum Database {
    /// Files in the data folder.
    Sqlite,
    Postgres(PostgresDatabase),
}

/// A database of its own on the server; goes with the test.
pub(crate) struct PostgresDatabase {
    server: String,
    name: String,
}

impl Database {
    /// SQLite, and PostgreSQL if `RENKEI_TEST_POSTGRES` says where.
    pub(crate) fn all() -> Vec<Database> {
        let mut all = vec![Database::Sqlite];
        match std::env::var(VARIABLE) {
            Ok(server) => all.push(Database::Postgres(PostgresDatabase::create(server))),
            Err(_) => eprintln!("skipped: {VARIABLE} not set"),
        }
        all
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Database::Sqlite => "SQLite",
            Database::Postgres(_) => "PostgreSQL",
        }
    }

    /// Ends every connection to the database, as a restart of its server does. SQLite has no server.
    pub(crate) fn hang_up(&self) {
        if let Database::Postgres(database) = self {
            let name = &database.name;
            let others = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            );
            database.on_server(&others).unwrap();
        }
    }

    /// How many patients the registry knows under this CX.
    pub(crate) fn patients(&self, data: &Path, cx: &str) -> i64 {
        match self {
            Database::Sqlite => {
                let file = data.join("registry.sqlite");
                assert!(file.is_file(), "{}", file.display());
                let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
                count("patient WHERE cx = ?")
                    .bind::<Text, _>(cx)
                    .get_result::<Count>(&mut connection)
            }
            Database::Postgres(database) => {
                let mut connection = PgConnection::establish(&database.url()).unwrap();
                count("registry.patient WHERE cx = $1")
                    .bind::<Text, _>(cx)
                    .get_result::<Count>(&mut connection)
            }
        }
        .unwrap()
        .n
    }

    /// Changes the repository's rows behind its back.
    pub(crate) fn change_repository(&self, data: &Path, statement: &str) {
        match self {
            Database::Sqlite => {
                let file = data.join("repository.sqlite");
                assert!(file.is_file(), "{}", file.display());
                let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
                connection.batch_execute(statement).unwrap();
            }
            Database::Postgres(database) => {
                let mut connection = PgConnection::establish(&database.url()).unwrap();
                let statement = format!("SET search_path TO repository; {statement}");
                connection.batch_execute(&statement).unwrap();
            }
        }
    }

    /// For `--database`.
    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Database::Sqlite => None,
            Database::Postgres(database) => Some(database.url()),
        }
    }
}

impl PostgresDatabase {
    fn create(server: String) -> PostgresDatabase {
        let name = format!("renkei_{}", uuid::Uuid::new_v4().simple());
        let database = PostgresDatabase { server, name };
        database.on_server(&format!("CREATE DATABASE {}", database.name)).unwrap();
        database
    }

    /// The server's URL ends with the name of the database that it administers from.
    fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').unwrap();
        format!("{server}/{}", self.name)
    }

    fn on_server(&self, statement: &str) -> diesel::QueryResult<usize> {
        let mut connection = PgConnection::establish(&self.server).unwrap();
        diesel::sql_query(statement).execute(&mut connection)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        // A database that stays goes with the server of the test run.
        let _left = self.on_server(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// One number.
#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn count(rows: &str) -> SqlQuery {
    diesel::sql_query(format!("SELECT count(*) AS n FROM {rows}"))
}

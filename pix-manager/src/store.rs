//! The manager's database: who is known under which identifier, who is one person, and who must still be told.
//!
//! Rows exist only here. What crosses this boundary are domain values.

pub mod announcement;
pub mod decision;
pub mod domain;
pub mod lease;
pub mod merge;
pub mod patient;
pub mod person;
mod schema;
pub mod search_key;
pub mod visit;

use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use store::AnyConnection;

/// Schema changes of both back ends; same names, never edited after a release.
pub const MIGRATIONS: store::Migrations = store::Migrations { sqlite: SQLITE, postgres: POSTGRES };

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Holds off every other process that changes identities, until this transaction ends.
///
/// Two processes that each make a patient known whom the rules link would not see each other's. What notes
/// deliveries takes its turn as well, and first of all: rows that are locked in one order cannot wait for each
/// other. SQLite has one writer anyway.
///
/// # Errors
/// Those of the database.
pub fn take_turn(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(_) => Ok(()),
        AnyConnection::Postgres(connection) => {
            diesel::sql_query("SELECT pg_advisory_xact_lock(hashtext('renkei identities'))")
                .execute(connection)
                .map(|_rows| ())
        }
    }
}

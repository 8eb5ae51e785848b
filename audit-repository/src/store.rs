//! The audit repository's database: records with their chain, their texts, the index, checkpoints.

pub mod checkpoint;
pub mod event;
pub mod raw_message;
pub mod recent;
mod schema;
pub mod search;
pub mod term;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// Schema changes of both back ends; same names, never edited after a release.
pub const MIGRATIONS: store::Migrations = store::Migrations { sqlite: SQLITE, postgres: POSTGRES };

/// The schema on PostgreSQL.
pub const SCHEMA: &str = "audit_repository";

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Rows of one statement on PostgreSQL: 16 parameters each, far below its limit of 65 535.
const ROWS_PER_STATEMENT: usize = 500;

//! The registry's database: who is known, what is registered, in which words it is coded.
//!
//! Rows exist only here. What crosses this boundary are domain values and compact records.

pub mod code;
mod index_rows;
pub mod link_change;
pub mod merge;
mod moved;
pub mod object;
pub mod object_code;
pub mod object_reference;
pub mod patient;
pub mod register;
mod relocation;
pub mod resolution;
mod schema;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// Schema changes of both back ends; same names, never edited after a release.
pub const MIGRATIONS: store::Migrations = store::Migrations { sqlite: SQLITE, postgres: POSTGRES };

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

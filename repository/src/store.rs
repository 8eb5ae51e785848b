//! The repository's database: which document has which bytes, and how its submission stands.

pub mod document;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// Schema changes of both back ends; same names, never edited after a release.
pub const MIGRATIONS: store::Migrations = store::Migrations { sqlite: SQLITE, postgres: POSTGRES };

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

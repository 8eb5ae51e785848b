//! The connection enum: one type for the embedded SQLite and for PostgreSQL.
//!
//! Portable statements take `&mut AnyConnection`. Upserts and inserts of several rows do
//! not exist on the enum: `match` the back end inside one small function.

use diesel::prelude::*;

/// A connection to whichever database the URL named.
///
/// Never built by the derived `establish`: that tries the variants in order with the same
/// URL and would open `postgres://…` as an SQLite file name while the server is down.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// The embedded database.
    Sqlite(SqliteConnection),
    /// A database server.
    Postgres(PgConnection),
}

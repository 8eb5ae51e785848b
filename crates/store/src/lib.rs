//! Connections, pool, migrations and the unit of work with group commit.
//!
//! An actor opens one [`Database`] and has two verbs: [`Database::read`] runs statements
//! on one snapshot, [`Database::commit`] runs statements on the one writing connection
//! and returns when they *and* their audit record are on stable storage. What the
//! statements are is the actor's affair (`<actor>/src/store/`); this crate owns no table.
//!
//! SQLite and PostgreSQL stand behind one enum, [`AnyConnection`]; the URL chooses.

mod connection;
mod database;
mod drain;
mod error;
mod location;
mod lock;
mod migrations;
mod offline;
mod pool;
mod postgres;
mod savepoint;
mod sqlite;
mod writer;

pub use connection::{AnyConnection, MultiBackend};
pub use database::{Database, Generation, Settings, Sharing};
pub use drain::{DrainError, DrainTask, OutboxDrain};
pub use error::StoreError;
pub use migrations::Migrations;
pub use offline::read_offline;

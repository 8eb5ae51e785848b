//! Bringing a schema up to date: the outbox first, then the actor's own migrations.

use std::collections::HashSet;

use audit::outbox;
use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::postgres;

/// The migrations of one actor: the same names for both back ends.
pub struct Migrations {
    /// For the embedded database.
    pub sqlite: EmbeddedMigrations,
    /// For PostgreSQL.
    pub postgres: EmbeddedMigrations,
}

/// Makes the schema that the actor's tables lie in, if there is to be one of its own.
pub(crate) fn create_schema(
    connection: &mut AnyConnection,
    schema: Option<&'static str>,
) -> Result<(), StoreError> {
    if let (AnyConnection::Postgres(connection), Some(schema)) = (connection, schema) {
        postgres::alone(connection, |connection| {
            Ok(connection.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""))?)
        })?;
    }
    Ok(())
}

/// Runs what is pending. A schema with a migration unknown to this program is refused: it
/// was made by a newer release, or belongs to another actor.
pub(crate) fn run(
    connection: &mut AnyConnection,
    migrations: Migrations,
) -> Result<(), StoreError> {
    match connection {
        AnyConnection::Sqlite(connection) => {
            connection.batch_execute(outbox::SQLITE_DDL)?;
            run_pending(connection, migrations.sqlite)
        }
        AnyConnection::Postgres(connection) => {
            postgres::warn_unless_durable(connection)?;
            postgres::alone(connection, |connection| {
                connection.batch_execute(outbox::POSTGRES_DDL)?;
                run_pending(connection, migrations.postgres)
            })
        }
    }
}

fn run_pending<B: Backend>(
    connection: &mut impl MigrationHarness<B>,
    source: EmbeddedMigrations,
) -> Result<(), StoreError> {
    let embedded = MigrationSource::<B>::migrations(&source).map_err(StoreError::Migration)?;
    let known: HashSet<String> =
        embedded.iter().map(|migration| migration.name().version().to_string()).collect();
    let applied = connection.applied_migrations().map_err(StoreError::Migration)?;
    for version in applied {
        let version = version.to_string();
        if !known.contains(&version) {
            return Err(StoreError::UnknownMigration { version });
        }
    }
    for migration in connection.pending_migrations(source).map_err(StoreError::Migration)? {
        connection.run_migration(&migration).map_err(StoreError::Migration)?;
    }
    Ok(())
}

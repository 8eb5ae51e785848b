//! The two that are compared: an audit repository, and a table of its own under the same writer.

use std::path::Path;
use std::sync::Arc;

use ::store::{AnyConnection, Database, Settings, StoreError};
use anyhow::{Context, Result};
use audit_repository::chain::Transport;
use audit_repository::store::MIGRATIONS;
use audit_repository::store::event::Arrival;
use audit_repository::transactions::record_audit_event::record_audit_event;
use audit_repository::{AuditRepository, AuditRepositoryServer};
use benches::seeded::Community;
use config::Agreement;
use config::actor::{Actor, AuditRepositoryConfig, DatabaseUrl};
use diesel::prelude::*;
use jiff::Timestamp;
use net::Metrics;
use policy::Access;
use tokio::task::JoinSet;

use super::Options;

diesel::table! {
    raw_message (sequence) {
        sequence -> BigInt,
        raw -> Binary,
    }
}

/// Rows of one statement on PostgreSQL, as the audit repository has them.
const ROWS_PER_STATEMENT: usize = 500;

/// Who stores batches of messages.
#[derive(Clone)]
pub(super) enum Keeper {
    Repository(Arc<AuditRepository>),
    /// Number and bytes, and nothing else.
    Bare(Arc<Database>),
}

/// Messages with the number of the first.
pub(super) type Batch = (i64, Vec<Vec<u8>>);

/// Starts an audit repository in a folder of its own, as `init` configures it, without ports that others know.
pub(super) async fn start(
    folder: &Path,
    database: Option<(&str, &str)>,
) -> Result<AuditRepositoryServer> {
    let community = Community::open(folder)?;
    let file = community.data.join(Actor::AuditRepository.file_name());
    let mut config = AuditRepositoryConfig::read(&file)?;
    config.syslog.tls = Some(([127, 0, 0, 1], 0).into());
    config.listen = ([127, 0, 0, 1], 0).into();
    if let Some((url, schema)) = database {
        let url = within(url, schema);
        config.database.url = DatabaseUrl::parse(&url, folder).context("--database is no URL")?;
    }
    let agreement = Agreement::read(&community.data.join(config::agreement::FILE_NAME))?;
    let metrics = Metrics::new(&mut prometheus_client::registry::Registry::default());
    Ok(AuditRepositoryServer::start(&config, Arc::new(agreement), Access::Open, &metrics).await?)
}

/// The same writer over a table of numbers and bytes.
pub(super) fn open_bare(folder: &Path, options: &Options) -> Result<Database> {
    let file = folder.join("bare.sqlite");
    let file = file.to_str().context("the folder's name is not UTF-8")?;
    let settings = Settings { schema: Some("audit_bare"), ..Settings::default() };
    Ok(Database::open(options.database.as_deref().unwrap_or(file), MIGRATIONS, settings)?)
}

fn within(url: &str, schema: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}options=-csearch_path%3D{schema}")
}

impl Keeper {
    /// Stores all batches, so many at a time.
    pub(super) async fn keep(&self, batches: Vec<Batch>, n_senders: u32) -> Result<()> {
        let mut running = JoinSet::new();
        for batch in batches {
            if running.len() >= usize::try_from(n_senders)?
                && let Some(kept) = running.join_next().await
            {
                kept??;
            }
            let keeper = self.clone();
            running.spawn(async move { keeper.keep_batch(batch).await });
        }
        while let Some(kept) = running.join_next().await {
            kept??;
        }
        Ok(())
    }

    async fn keep_batch(&self, (first, messages): Batch) -> Result<()> {
        match self {
            Keeper::Repository(repository) => {
                let received_at = Timestamp::now().as_microsecond();
                let arrival = |raw| {
                    Arrival::new(received_at, Transport::Tls, ("registry", "192.0.2.20"), raw)
                };
                let arrivals = messages.into_iter().map(arrival).collect();
                record_audit_event(repository, arrivals).await?;
            }
            Keeper::Bare(database) => {
                let work =
                    move |connection: &mut AnyConnection| insert(connection, first, messages);
                database.commit_trail(work).await?;
            }
        }
        Ok(())
    }
}

fn insert(
    connection: &mut AnyConnection,
    first: i64,
    messages: Vec<Vec<u8>>,
) -> Result<(), StoreError> {
    let row = |(sequence, raw)| (raw_message::sequence.eq(sequence), raw_message::raw.eq(raw));
    let mut rows = (first..).zip(messages).map(row);
    match connection {
        AnyConnection::Sqlite(connection) => {
            for row in rows {
                diesel::insert_into(raw_message::table).values(row).execute(connection)?;
            }
        }
        AnyConnection::Postgres(connection) => loop {
            let some: Vec<_> = rows.by_ref().take(ROWS_PER_STATEMENT).collect();
            if some.is_empty() {
                break;
            }
            diesel::insert_into(raw_message::table).values(some).execute(connection)?;
        },
    }
    Ok(())
}

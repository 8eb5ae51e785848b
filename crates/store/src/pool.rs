//! The pool of reading connections.

use std::time::Duration;

use diesel::connection::TransactionManager;
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, Pool, PooledConnection};

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::location::Location;
use crate::{postgres, sqlite};

/// How long a read waits for a connection before the request is refused.
const WAIT: Duration = Duration::from_secs(5);

type AnyTransactions = <AnyConnection as Connection>::TransactionManager;

/// Reading connections of one database.
pub(crate) struct ReadPool(Pool<Reader>);

/// Makes reading connections. Chooses by location; see [`AnyConnection`] for the trap in
/// the derived `establish`.
struct Reader(Location);

/// A connection, and whether it failed in a way that the next reader must not inherit.
struct Pooled {
    connection: AnyConnection,
    is_broken: bool,
}

impl ReadPool {
    pub(crate) fn open(location: Location, connections: u32) -> Result<ReadPool, StoreError> {
        let pool = Pool::builder()
            .max_size(connections.max(1))
            .min_idle(Some(1))
            .connection_timeout(WAIT)
            // A ping per read would cost a round trip each; `read` notices stale
            // connections by their failing BEGIN instead.
            .test_on_check_out(false)
            .build(Reader(location))
            .map_err(|error| StoreError::Connection(error.to_string()))?;
        Ok(ReadPool(pool))
    }

    /// Runs `work` in a read transaction, which sees one state of the database.
    pub(crate) fn read<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let mut pooled = self.begin()?;
        let outcome = work(&mut pooled.connection);
        // Nothing was written, so that a rollback ends the snapshot as well as a commit.
        if AnyTransactions::rollback_transaction(&mut pooled.connection).is_err() {
            pooled.is_broken = true;
        }
        outcome
    }

    /// A connection with a transaction begun. After a restart of the server every idle
    /// connection is stale; each is tried at most once and given up.
    fn begin(&self) -> Result<PooledConnection<Reader>, StoreError> {
        for _ in 0..self.0.max_size() {
            let mut pooled = self.connection()?;
            match AnyTransactions::begin_transaction(&mut pooled.connection) {
                Ok(()) => return Ok(pooled),
                Err(_stale) => pooled.is_broken = true,
            }
        }
        let mut pooled = self.connection()?;
        AnyTransactions::begin_transaction(&mut pooled.connection)?;
        Ok(pooled)
    }

    fn connection(&self) -> Result<PooledConnection<Reader>, StoreError> {
        self.0.get().map_err(|error| StoreError::Connection(error.to_string()))
    }
}

impl ManageConnection for Reader {
    type Connection = Pooled;
    type Error = StoreError;

    fn connect(&self) -> Result<Pooled, StoreError> {
        let connection = match &self.0 {
            Location::Sqlite(path) => AnyConnection::Sqlite(sqlite::connect_reader(path)?),
            Location::Postgres(url) => AnyConnection::Postgres(postgres::connect_reader(url)?),
        };
        Ok(Pooled { connection, is_broken: false })
    }

    /// Required by the pool, not used: see `test_on_check_out` above.
    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), StoreError> {
        diesel::sql_query("SELECT 1").execute(&mut pooled.connection)?;
        Ok(())
    }

    /// An open transaction, as a panic in the middle of a read leaves it, counts as broken.
    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.is_broken
            || std::thread::panicking()
            || AnyTransactions::is_broken_transaction_manager(&mut pooled.connection)
    }
}

//! The pool of reading connections.

use std::sync::{Arc, PoisonError, RwLock};
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
pub(crate) struct ReadPool {
    pool: Pool<Reader>,
    door: Arc<Door>,
}

/// Makes reading connections. Chooses by location; see [`AnyConnection`] for the trap in
/// the derived `establish`.
struct Reader {
    location: Location,
    door: Arc<Door>,
}

/// Lets nobody connect any more once it is closed, which waits for whoever is connecting.
///
/// The pool connects on threads of its own and does not wait for them when it goes. One that still is in
/// libpq while the process ends would find what libpq uses (Kerberos, OpenSSL) torn down, and crash.
struct Door(RwLock<bool>);

impl Door {
    fn open() -> Door {
        Door(RwLock::new(true))
    }

    /// # Errors
    /// [`StoreError::Closed`] after [`Door::close`]; otherwise what `connect` says.
    fn pass<T>(&self, connect: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let is_open = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if *is_open { connect() } else { Err(StoreError::Closed) }
    }

    fn close(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

impl Drop for ReadPool {
    fn drop(&mut self) {
        self.door.close();
    }
}

impl ReadPool {
    pub(crate) fn open(location: Location, connections: u32) -> Result<ReadPool, StoreError> {
        let door = Arc::new(Door::open());
        let pool = Pool::builder()
            .max_size(connections.max(1))
            .min_idle(Some(1))
            .connection_timeout(WAIT)
            // A ping per read would cost a round trip each; `begin` notices stale
            // connections by their failing BEGIN instead.
            .test_on_check_out(false)
            .build(Reader { location, door: Arc::clone(&door) })
            .map_err(|error| StoreError::Connection(error.to_string()))?;
        Ok(ReadPool { pool, door })
    }

    /// Runs `work` in a read transaction, which sees one state of the database.
    pub(crate) fn read<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let mut connection = self.begin()?;
        let outcome = work(&mut connection);
        // Nothing was written, so that a rollback ends the snapshot as well as a commit. If
        // it fails, the transaction manager says so, and the pool drops the connection.
        let _ = AnyTransactions::rollback_transaction(&mut *connection);
        outcome
    }

    /// A connection with a transaction begun. After a restart of the server every idle
    /// connection is stale: its BEGIN fails, which the pool takes for broken, and the next
    /// one is tried.
    fn begin(&self) -> Result<PooledConnection<Reader>, StoreError> {
        for _ in 0..self.pool.max_size() {
            let mut connection = self.connection()?;
            if AnyTransactions::begin_transaction(&mut *connection).is_ok() {
                return Ok(connection);
            }
        }
        let mut connection = self.connection()?;
        AnyTransactions::begin_transaction(&mut *connection)?;
        Ok(connection)
    }

    fn connection(&self) -> Result<PooledConnection<Reader>, StoreError> {
        self.pool.get().map_err(|error| StoreError::Connection(error.to_string()))
    }
}

impl ManageConnection for Reader {
    type Connection = AnyConnection;
    type Error = StoreError;

    fn connect(&self) -> Result<AnyConnection, StoreError> {
        self.door.pass(|| {
            Ok(match &self.location {
                Location::Sqlite(path) => AnyConnection::Sqlite(sqlite::connect_reader(path)?),
                Location::Postgres(url) => AnyConnection::Postgres(postgres::connect_reader(url)?),
            })
        })
    }

    /// Required by the pool, not used: see `test_on_check_out` above.
    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        diesel::sql_query("SELECT 1").execute(connection)?;
        Ok(())
    }

    /// Broken are a lost connection, and an open transaction as a panic in the middle of a
    /// read leaves it.
    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        AnyTransactions::is_broken_transaction_manager(connection)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_door_closes_behind_whoever_is_passing() {
        let door = Door::open();
        let has_passed = AtomicBool::new(false);
        let (entered, is_inside) = channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                door.pass(|| {
                    entered.send(()).unwrap();
                    std::thread::sleep(Duration::from_millis(50));
                    has_passed.store(true, Ordering::SeqCst);
                    Ok(())
                })
            });
            is_inside.recv().unwrap();
            door.close();
            assert!(has_passed.load(Ordering::SeqCst));
        });
        assert!(matches!(door.pass(|| Ok(())), Err(StoreError::Closed)));
    }
}

//! One job inside the writer's transaction: kept whole or undone whole.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::QueryResult;
use diesel::connection::{Connection, TransactionManager};

use crate::connection::AnyConnection;
use crate::error::StoreError;

type AnyTransactions = <AnyConnection as Connection>::TransactionManager;

/// Depth of the writer's own transaction; a savepoint in it has depth 2.
const GROUP_DEPTH: u32 = 1;

/// Runs `work` in a savepoint. Work that fails or panics is undone to its last statement.
///
/// When even that is not possible, the group's transaction is lost; [`is_in_group`] tells.
pub(crate) fn in_savepoint<T, E>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<StoreError>,
{
    AnyTransactions::begin_transaction(connection).map_err(StoreError::Database)?;
    // The connection is the only state that a panic could leave half changed, and the
    // rollback restores it.
    let outcome = catch_unwind(AssertUnwindSafe(|| work(connection)))
        .unwrap_or_else(|_panic| Err(E::from(StoreError::Panicked)));
    let outcome = outcome.and_then(|value| match release(connection) {
        Ok(()) => Ok(value),
        Err(error) => Err(E::from(StoreError::Database(error))),
    });
    if outcome.is_err() {
        undo(connection);
    }
    outcome
}

/// Whether the group's transaction is open and nothing else is.
pub(crate) fn is_in_group(connection: &mut AnyConnection) -> bool {
    depth(connection) == Some(GROUP_DEPTH)
}

/// Keeps the savepoint's work. A job that left a transaction of its own open is refused:
/// nobody knows what it meant to keep.
fn release(connection: &mut AnyConnection) -> QueryResult<()> {
    if depth(connection) != Some(GROUP_DEPTH + 1) {
        return Err(diesel::result::Error::BrokenTransactionManager);
    }
    AnyTransactions::commit_transaction(connection)
}

/// Rolls back every level above the group's: a panic may have left several open.
fn undo(connection: &mut AnyConnection) {
    while depth(connection).is_some_and(|depth| depth > GROUP_DEPTH) {
        if AnyTransactions::rollback_transaction(connection).is_err() {
            // Diesel went one level down but the database may not have; only giving up
            // the whole group is certain.
            AnyTransactions::transaction_manager_status_mut(connection).set_in_error();
        }
    }
}

/// Open levels, `None` for none or for a state that Diesel itself calls broken.
fn depth(connection: &mut AnyConnection) -> Option<u32> {
    let status = AnyTransactions::transaction_manager_status_mut(connection);
    status.transaction_depth().ok().flatten().map(std::num::NonZeroU32::get)
}

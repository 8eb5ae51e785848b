//! Reading a database that this process does not own, while its owner runs or does not.

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::location::Location;
use crate::pool::ReadPool;

/// Runs `work` on one snapshot; it cannot write, no lock is taken and no migration run. Blocking.
///
/// `schema` is [`crate::Settings::schema`] of the owner.
///
/// # Errors
/// What `work` says; [`StoreError::File`] if the embedded database is not there, which is not made.
pub fn read_offline<T, E>(
    url: &str,
    schema: Option<&str>,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<StoreError>,
{
    let location = Location::parse(url)?.within(schema);
    if let Location::Sqlite(path) = &location {
        std::fs::metadata(path).map_err(StoreError::File)?;
    }
    ReadPool::open(location, 1)?.read(work)
}

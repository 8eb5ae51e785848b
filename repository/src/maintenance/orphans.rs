//! Stored bytes that no document names: what a crash leaves between their coming and their row.

use std::path::{Path, PathBuf};
use std::time::Duration;

use store::{AnyConnection, Database};

use super::MaintenanceError;
use crate::blobs::{Blobs, StoredBytes};
use crate::store::document;

/// What of a folder belongs to no document.
pub(super) struct Unnamed {
    pub(super) orphans: Vec<StoredBytes>,
    pub(super) foreign: Vec<PathBuf>,
}

/// Bytes in a folder that are older than the grace period and that no document names. Blocking.
///
/// Younger ones may belong to a submission whose rows are just being made.
pub(super) fn unnamed_in(
    database: &Database,
    blobs: &Blobs,
    folder: &Path,
    grace: Duration,
) -> Result<Unnamed, MaintenanceError> {
    // The files first: whose row comes after this look is younger than any grace period that makes sense.
    let listing = blobs.listing(folder)?;
    let old = listing.stored.into_iter().filter(|bytes| is_older(bytes, grace)).collect();
    let read = |connection: &mut AnyConnection| unnamed_of(connection, old);
    Ok(Unnamed { orphans: database.read(read)?, foreign: listing.foreign })
}

fn unnamed_of(
    connection: &mut AnyConnection,
    stored: Vec<StoredBytes>,
) -> Result<Vec<StoredBytes>, MaintenanceError> {
    let mut unnamed = Vec::new();
    for bytes in stored {
        if !document::is_named(connection, &bytes.sha256)? {
            unnamed.push(bytes);
        }
    }
    Ok(unnamed)
}

/// A time in the future is no age: the clock was changed, and nothing is concluded from it.
fn is_older(bytes: &StoredBytes, grace: Duration) -> bool {
    bytes.modified.elapsed().is_ok_and(|age| age >= grace)
}

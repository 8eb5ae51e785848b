//! Whether the bytes are those that were registered.

use client::soap::Content;
use datatypes::Sha1Hash;
use xds::{DocumentEntry, EntryType};

/// Size and hash by the registry's metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    /// Bytes.
    pub(super) size: u64,
    pub(super) hash: Sha1Hash,
}

/// In what a document differs from what was registered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mismatch {
    #[error("{received} bytes came, {registered} are registered")]
    Size { received: u64, registered: u64 },
    #[error("SHA-1 {received} came, {registered} is registered")]
    Hash { received: Sha1Hash, registered: Sha1Hash },
    #[error("it is made on demand, with no registered size and hash to compare with")]
    OnDemand,
    #[error("no size and hash are registered to compare with")]
    NothingRegistered,
}

impl Expected {
    /// # Errors
    /// Without size and hash nobody can tell whether the bytes are the right ones.
    pub(super) fn of(entry: &DocumentEntry) -> Result<Expected, Mismatch> {
        match (entry.entry_type, entry.size, entry.hash) {
            (EntryType::OnDemand, _, _) => Err(Mismatch::OnDemand),
            (EntryType::Stable, Some(size), Some(hash)) => Ok(Expected { size, hash }),
            (EntryType::Stable, _, _) => Err(Mismatch::NothingRegistered),
        }
    }

    /// # Errors
    /// [`Mismatch`] in size or hash.
    pub(super) fn compare(&self, content: &Content) -> Result<(), Mismatch> {
        let (received, registered) = (content.size(), self.size);
        if received != registered {
            return Err(Mismatch::Size { received, registered });
        }
        let sha1 = match content {
            Content::Memory(bytes) => openssl::sha::sha1(bytes),
            Content::File(file) => file.sha1,
        };
        let (received, registered) = (Sha1Hash::from_bytes(sha1), self.hash);
        if received == registered { Ok(()) } else { Err(Mismatch::Hash { received, registered }) }
    }
}

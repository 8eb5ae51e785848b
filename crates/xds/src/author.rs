//! author, ITI TF-3: 4.2.3.1.4 and 4.2.3.2.1.

use datatypes::{EntryUuid, Xcn, Xon, Xtn};

use crate::Slot;

/// One author of a document or of a submission.
///
/// There is no positional link between the values of different lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Id of the Classification that carries the author, see [`crate::Identified`].
    pub id: Option<EntryUuid>,
    /// One person by the profile; several in one Classification come from old clients.
    pub persons: Vec<Xcn>,
    pub institutions: Vec<Xon>,
    /// Plain text or `Code^^^&OID&ISO`.
    pub roles: Vec<String>,
    /// Plain text or `Code^^^&OID&ISO`.
    pub specialties: Vec<String>,
    pub telecommunications: Vec<Xtn>,
    /// Slots without a meaning of their own.
    pub extra: Vec<Slot>,
}

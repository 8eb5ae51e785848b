//! Submissions that break a rule, in the order of the checks of ITI-42.

mod attributes;
mod identity;
mod references;
mod structure;

use datatypes::{EntryUuid, ObjectId};
use xds::ErrorCode;

use super::Case;

const METADATA: ErrorCode = ErrorCode::RegistryMetadataError;

pub(super) const CASES: [&[Case]; 8] = [
    attributes::SHAPE,
    attributes::ATTRIBUTES,
    attributes::AGREEMENT,
    structure::STRUCTURE,
    references::REFERENCES,
    identity::UNIQUE_IDS,
    identity::PATIENTS,
    identity::LIMITS,
];

fn nobody() -> ObjectId {
    ObjectId::Uuid(EntryUuid::generate())
}

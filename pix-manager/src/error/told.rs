//! What a sender is told of a fault, whatever wire format it speaks: the code of HL7 table 0357 and the place.

use hl7v2::ErrorCode as Table0357;

use super::{ChangeFault, IdPlace, LinkFault, ManagementFault, MergeFault};

/// Which part of an identifier is at fault.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IdPart {
    Id,
    Authority,
}

/// One error.
pub(super) struct Told {
    pub(super) code: Table0357,
    pub(super) text: String,
    pub(super) place: Option<(IdPlace, IdPart)>,
}

fn at(place: (IdPlace, IdPart), code: Table0357, text: &str) -> Told {
    Told { code, text: text.to_owned(), place: Some(place) }
}

fn nowhere(code: Table0357, text: &str) -> Told {
    Told { code, text: text.to_owned(), place: None }
}

impl ManagementFault {
    pub(super) fn told(&self) -> Told {
        let authority = |id: &IdPlace, text| {
            at((*id, IdPart::Authority), Table0357::UnknownKeyIdentifier, text)
        };
        let unknown =
            |id: &IdPlace, text| at((*id, IdPart::Id), Table0357::UnknownKeyIdentifier, text);
        match self {
            ManagementFault::Denied(_) => {
                nowhere(Table0357::ApplicationInternalError, "not permitted")
            }
            ManagementFault::InconsistentAuthority { id } => {
                authority(id, "namespace and OID name different assigning authorities")
            }
            ManagementFault::AuthorityMissing { id } => {
                authority(id, "the identifier has no assigning authority")
            }
            ManagementFault::AuthorityUnknown { id } => {
                authority(id, "the assigning authority is not known")
            }
            ManagementFault::NotTheSource { id } => {
                authority(id, "the sender is not the identity source of this assigning authority")
            }
            ManagementFault::SeveralIds { id } => at(
                (*id, IdPart::Id),
                Table0357::DuplicateKeyIdentifier,
                "two identifiers of one assigning authority",
            ),
            ManagementFault::Id { id, .. } => at(
                (*id, IdPart::Id),
                Table0357::DataTypeError,
                "the identifier cannot stand in XDS metadata",
            ),
            ManagementFault::UnknownPatient { id } => unknown(id, "the identifier is not known"),
            ManagementFault::Subsumed { id } => {
                unknown(id, "the identifier was merged into another")
            }
            ManagementFault::Merge(fault) => merge(*fault),
            ManagementFault::Change(fault) => change(*fault),
            ManagementFault::Link(fault) => link(*fault),
            ManagementFault::Store(_) => {
                nowhere(Table0357::ApplicationInternalError, "try again later")
            }
            ManagementFault::Damaged(_) | ManagementFault::Unwritable => {
                nowhere(Table0357::ApplicationInternalError, "what is stored cannot be read")
            }
        }
    }

    /// Whether the fault is ours, so that sending the same again may help.
    pub(super) fn is_ours(&self) -> bool {
        match self {
            ManagementFault::Store(_)
            | ManagementFault::Damaged(_)
            | ManagementFault::Unwritable => true,
            ManagementFault::Denied(_)
            | ManagementFault::InconsistentAuthority { .. }
            | ManagementFault::AuthorityMissing { .. }
            | ManagementFault::AuthorityUnknown { .. }
            | ManagementFault::NotTheSource { .. }
            | ManagementFault::SeveralIds { .. }
            | ManagementFault::Id { .. }
            | ManagementFault::UnknownPatient { .. }
            | ManagementFault::Subsumed { .. }
            | ManagementFault::Merge(_)
            | ManagementFault::Change(_)
            | ManagementFault::Link(_) => false,
        }
    }
}

fn merge(fault: MergeFault) -> Told {
    let place = match fault {
        MergeFault::DifferentAuthorities => (IdPlace::Prior(1), IdPart::Authority),
        MergeFault::SamePatient | MergeFault::SubsumedUnknown | MergeFault::SubsumedAlready => {
            (IdPlace::Prior(1), IdPart::Id)
        }
        MergeFault::SurvivingUnknown | MergeFault::SurvivingSubsumed => {
            (IdPlace::Patient(1), IdPart::Id)
        }
    };
    at(place, Table0357::UnknownKeyIdentifier, &fault.to_string())
}

fn change(fault: ChangeFault) -> Told {
    let (place, code) = match fault {
        ChangeFault::DifferentAuthorities => {
            ((IdPlace::Prior(1), IdPart::Authority), Table0357::UnknownKeyIdentifier)
        }
        ChangeFault::SameId | ChangeFault::OldUnknown | ChangeFault::OldSubsumed => {
            ((IdPlace::Prior(1), IdPart::Id), Table0357::UnknownKeyIdentifier)
        }
        ChangeFault::NewExists => {
            ((IdPlace::Patient(1), IdPart::Id), Table0357::DuplicateKeyIdentifier)
        }
    };
    at(place, code, &fault.to_string())
}

fn link(fault: LinkFault) -> Told {
    match fault {
        LinkFault::SamePatient => at(
            (IdPlace::Second(1), IdPart::Id),
            Table0357::UnknownKeyIdentifier,
            &fault.to_string(),
        ),
        LinkFault::StillLinked | LinkFault::Separated => {
            nowhere(Table0357::ApplicationRecordLocked, &fault.to_string())
        }
    }
}

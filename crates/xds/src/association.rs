//! Association, ITI TF-3: 4.2.2.

use datatypes::{Code, EntryUuid, HomeCommunityId, ObjectId};

use crate::{Identified, Slot};

/// What an Association says of its two ends, ITI TF-3: Table 4.2.2-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssociationType {
    HasMember,
    Append,
    Replace,
    Transform,
    TransformAndReplace,
    Signs,
    IsSnapshotOf,
    /// Metadata Update only.
    UpdateAvailabilityStatus,
    /// Metadata Update only.
    SubmitAssociation,
}

impl AssociationType {
    /// Every type, in the order of the numbers that [`AssociationType::number`] gives.
    pub const ALL: [AssociationType; 9] = [
        AssociationType::HasMember,
        AssociationType::Append,
        AssociationType::Replace,
        AssociationType::Transform,
        AssociationType::TransformAndReplace,
        AssociationType::Signs,
        AssociationType::IsSnapshotOf,
        AssociationType::UpdateAvailabilityStatus,
        AssociationType::SubmitAssociation,
    ];

    /// The URN as the wire writes it.
    pub const fn urn(self) -> &'static str {
        match self {
            AssociationType::HasMember => {
                "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
            }
            AssociationType::Append => "urn:ihe:iti:2007:AssociationType:APND",
            AssociationType::Replace => "urn:ihe:iti:2007:AssociationType:RPLC",
            AssociationType::Transform => "urn:ihe:iti:2007:AssociationType:XFRM",
            AssociationType::TransformAndReplace => "urn:ihe:iti:2007:AssociationType:XFRM_RPLC",
            AssociationType::Signs => "urn:ihe:iti:2007:AssociationType:signs",
            AssociationType::IsSnapshotOf => "urn:ihe:iti:2010:AssociationType:IsSnapshotOf",
            AssociationType::UpdateAvailabilityStatus => {
                "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"
            }
            AssociationType::SubmitAssociation => {
                "urn:ihe:iti:2010:AssociationType:SubmitAssociation"
            }
        }
    }

    /// The type that a URN names.
    pub fn from_urn(urn: &str) -> Option<AssociationType> {
        AssociationType::ALL.into_iter().find(|kind| kind.urn() == urn)
    }

    /// A small number that never changes: stored records and typed columns use it.
    pub const fn number(self) -> u8 {
        match self {
            AssociationType::HasMember => 0,
            AssociationType::Append => 1,
            AssociationType::Replace => 2,
            AssociationType::Transform => 3,
            AssociationType::TransformAndReplace => 4,
            AssociationType::Signs => 5,
            AssociationType::IsSnapshotOf => 6,
            AssociationType::UpdateAvailabilityStatus => 7,
            AssociationType::SubmitAssociation => 8,
        }
    }

    /// The type of a number that [`AssociationType::number`] gave.
    pub fn from_number(number: u8) -> Option<AssociationType> {
        AssociationType::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Whether the target gives way to the source, ITI TF-3: 4.2.2.2.3 and 4.2.2.2.5.
    pub const fn replaces(self) -> bool {
        matches!(self, AssociationType::Replace | AssociationType::TransformAndReplace)
    }

    /// Whether both ends are documents, ITI TF-3: 4.2.2.2.
    pub const fn is_document_relationship(self) -> bool {
        matches!(
            self,
            AssociationType::Append
                | AssociationType::Replace
                | AssociationType::Transform
                | AssociationType::TransformAndReplace
                | AssociationType::Signs
                | AssociationType::IsSnapshotOf
        )
    }
}

/// Whether a member of a SubmissionSet came with it or had been registered before, ITI TF-3: 4.2.1.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubmissionSetStatus {
    Original,
    Reference,
}

impl SubmissionSetStatus {
    /// The slot value as the wire writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            SubmissionSetStatus::Original => "Original",
            SubmissionSetStatus::Reference => "Reference",
        }
    }
}

/// A directed relation between two objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    pub id: ObjectId,
    pub logical_id: Option<EntryUuid>,
    pub home: Option<HomeCommunityId>,
    pub kind: AssociationType,
    pub source: ObjectId,
    pub target: ObjectId,
    /// On SubmissionSet → DocumentEntry membership.
    pub submission_set_status: Option<SubmissionSetStatus>,
    /// Why the relation exists; on document relationships.
    pub documentation: Option<Identified<Code>>,
    pub extra: Vec<Slot>,
}

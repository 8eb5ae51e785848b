//! ITI-8 and ITI-44 Patient Identity Feed as the Document Registry receives it (ITI TF-2: 3.8.4.1.3 and
//! 3.44.4.1.3).
//!
//! The registry needs the identifiers of its own affinity domain and nothing else: identifiers of other
//! authorities and demographics are acknowledged and not stored.

use audit::{Event, EventAction, Outcome, Patient, PatientPart};
use datatypes::PatientId;
use identity::{FeedEvent, LocalId, PatientIdentityFeed, Resolution};

use policy::{Permit, Transaction};

use super::Origin;
use crate::Registry;
use crate::error::{FeedFault, FeedId, MergeFault};
use crate::in_force::InForce;
use crate::store::{merge, patient};

/// As which transaction a message about patients came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedTransaction {
    /// ITI-8, in HL7 v2.
    Iti8,
    /// ITI-44, the same in HL7 v3.
    Iti44,
    /// ITI-64, from the manager: not a feed, but it comes where ITI-8 does.
    Iti64,
}

impl FeedTransaction {
    /// As the framework numbers it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            FeedTransaction::Iti8 => "ITI-8",
            FeedTransaction::Iti44 => "ITI-44",
            FeedTransaction::Iti64 => "ITI-64",
        }
    }

    /// The number alone, for logs.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            FeedTransaction::Iti8 => 8,
            FeedTransaction::Iti44 => 44,
            FeedTransaction::Iti64 => 64,
        }
    }

    /// The right that it needs.
    #[must_use]
    pub const fn right(self) -> Transaction {
        match self {
            FeedTransaction::Iti8 => Transaction::Iti8,
            FeedTransaction::Iti44 => Transaction::Iti44,
            FeedTransaction::Iti64 => Transaction::Iti64,
        }
    }

    /// The row of the audit table.
    pub(crate) const fn event(self) -> &'static Event {
        match self {
            FeedTransaction::Iti8 => Event::FEED_V2_AT_REGISTRY,
            FeedTransaction::Iti44 => Event::FEED_V3_AT_REGISTRY,
            FeedTransaction::Iti64 => Event::LINK_CHANGE_AT_REGISTRY,
        }
    }
}

/// Makes the patient known, durably, before it is acknowledged.
///
/// # Errors
/// [`FeedFault`]; then nothing has changed.
pub async fn patient_identity_feed(
    registry: &Registry,
    transaction: FeedTransaction,
    origin: &Origin,
    feed: &PatientIdentityFeed,
) -> Result<(), FeedFault> {
    let permit = registry
        .policy
        .permit_feed(&origin.requester, transaction.right())
        .map_err(FeedFault::Denied)?;
    let ids = own_ids(&registry.in_force.load(), &feed.identifiers, FeedId::Patient)?;
    let is_new = match feed.event {
        FeedEvent::Admit | FeedEvent::Register | FeedEvent::PreAdmit => true,
        // The registry keeps no demographics; an update tells it nothing (ITI TF-2: 3.8.4.1.3).
        FeedEvent::Update => false,
        FeedEvent::Merge => {
            return merge(registry, transaction, origin, (permit, ids), feed).await;
        }
    };
    let mut record = registry.audit_record(transaction.event(), Outcome::Success, origin);
    record.action = if is_new { EventAction::Create } else { EventAction::Update };
    record.patients = ids.iter().map(|id| Patient::concerned(id.to_cx())).collect();
    let work = move |connection: &mut store::AnyConnection| {
        for id in ids.iter().filter(|_| is_new) {
            patient::insert_if_unknown(connection, &permit, id)?;
        }
        Ok(())
    };
    registry.commit(record, work).await
}

/// One identifier of the affinity domain gives way to another (ITI TF-2: 3.8.4.2 and 3.44.4.2).
async fn merge(
    registry: &Registry,
    transaction: FeedTransaction,
    origin: &Origin,
    (permit, surviving): (Permit, Vec<PatientId>),
    feed: &PatientIdentityFeed,
) -> Result<(), FeedFault> {
    let subsumed = own_ids(&registry.in_force.load(), &feed.prior_identifiers, FeedId::Subsumed)?;
    let subsumed = single(subsumed).ok_or(FeedFault::Merge(MergeFault::SubsumedAuthority))?;
    let surviving = single(surviving).ok_or(FeedFault::Merge(MergeFault::SurvivingAuthority))?;
    let mut record = registry.audit_record(transaction.event(), Outcome::Success, origin);
    record.action = EventAction::Update;
    record.patients = vec![
        Patient { id: subsumed.to_cx(), part: PatientPart::Subsumed },
        Patient { id: surviving.to_cx(), part: PatientPart::Surviving },
    ];
    let resolved_at = record.time.as_microsecond();
    let message_id = origin.message_id.as_deref().unwrap_or_default();
    let cause = format!("{} {message_id}", transaction.name());
    let work = move |connection: &mut store::AnyConnection| {
        merge::merge(connection, &permit, (&subsumed, &surviving), (resolved_at, &cause))
    };
    registry.commit(record, work).await
}

/// The only one; a merge of several at once could not say which gives way to which.
fn single(ids: Vec<PatientId>) -> Option<PatientId> {
    let mut ids = ids.into_iter();
    let first = ids.next();
    first.filter(|_| ids.next().is_none())
}

/// The identifiers that the authority of the affinity domain gave; `place` names one by its number.
fn own_ids(
    in_force: &InForce,
    identifiers: &[LocalId],
    place: fn(usize) -> FeedId,
) -> Result<Vec<PatientId>, FeedFault> {
    let own = &in_force.agreement.affinity_domain.authority.oid;
    let mut ids = Vec::new();
    let mut first_unnamed = None;
    for (number, identifier) in (1..).zip(identifiers) {
        match in_force.authorities.resolve_id(identifier) {
            Resolution::Resolved(authority) if authority.oid == *own => {
                let id = identifier.to_patient_id(own);
                ids.push(id.map_err(|source| FeedFault::Id { id: place(number), source })?);
            }
            Resolution::Resolved(_) | Resolution::Unknown => {}
            Resolution::Inconsistent => {
                return Err(FeedFault::InconsistentAuthority { id: place(number) });
            }
            Resolution::NotNamed => first_unnamed = first_unnamed.or(Some(number)),
        }
    }
    // An id without authority beside one with ours is somebody's account number; alone it is nobody's.
    match first_unnamed {
        Some(number) if ids.is_empty() => Err(FeedFault::AuthorityMissing { id: place(number) }),
        _ => Ok(ids),
    }
}

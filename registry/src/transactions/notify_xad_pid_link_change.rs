//! ITI-64 Notify XAD-PID Link Change as the Document Registry receives it (ITI TF-2: 3.64.4.1.3).
//!
//! The local patient of a hospital is linked to another patient of the affinity domain: what was registered
//! of the local patient belongs to that one from now on.

use audit::{Outcome, Patient, PatientPart};
use datatypes::{Oid, PatientId};
use identity::{LinkChange, LocalId, Resolution};

use super::Origin;
use super::patient_identity_feed::FeedTransaction;
use crate::Registry;
use crate::error::{FeedFault, FeedId, LinkFault};
use crate::in_force::InForce;
use crate::store::link_change;

/// Changes the link, durably, before it is acknowledged. `message` tells the message from every other one
/// of the same sender: it takes effect once.
///
/// # Errors
/// [`FeedFault`]; then nothing has changed.
pub async fn notify_xad_pid_link_change(
    registry: &Registry,
    origin: &Origin,
    notified: &LinkChange,
    message: String,
) -> Result<(), FeedFault> {
    let transaction = FeedTransaction::Iti64;
    let permit = registry
        .policy
        .permit_feed(&origin.requester, transaction.right())
        .map_err(FeedFault::Denied)?;
    let ids = resolve(&registry.in_force.load(), notified)?;
    let mut record = registry.audit_record(transaction.event(), Outcome::Success, origin);
    record.patients = patients(&ids);
    let message_id = origin.message_id.as_deref().unwrap_or_default();
    let change = link_change::LinkChange {
        changed_at: record.time.as_microsecond(),
        cause: format!("{} {message_id}", transaction.name()),
        message,
        ..ids
    };
    let work = move |connection: &mut store::AnyConnection| {
        link_change::change_link(connection, &permit, &change)
    };
    registry.commit(record, work).await
}

/// The previous patient is a fourth one only if the link leads elsewhere now.
fn patients(ids: &link_change::LinkChange) -> Vec<Patient> {
    let previous = (ids.previous != ids.new).then_some(&ids.previous);
    let parts = [
        (Some(&ids.local), PatientPart::Local),
        (ids.subsumed.as_ref(), PatientPart::LocalSubsumed),
        (Some(&ids.new), PatientPart::New),
        (previous, PatientPart::Previous),
    ];
    let named = parts.into_iter().filter_map(|(id, part)| Some((id?, part)));
    named.map(|(id, part)| Patient { id: id.to_cx(), part }).collect()
}

/// The identifiers with their authorities; time and cause are still to come.
fn resolve(
    in_force: &InForce,
    notified: &LinkChange,
) -> Result<link_change::LinkChange, FeedFault> {
    let new = own(in_force, &notified.new, (FeedId::Patient(1), LinkFault::NewAuthority))?;
    let local = local(in_force, &notified.local, FeedId::Patient(2))?;
    let previous =
        own(in_force, &notified.previous, (FeedId::Subsumed(1), LinkFault::PreviousAuthority))?;
    let subsumed = notified.subsumed.as_ref();
    let subsumed = subsumed.map(|id| self::local(in_force, id, FeedId::Subsumed(2))).transpose()?;
    if subsumed.as_ref().is_some_and(|subsumed| subsumed.authority() != local.authority()) {
        return Err(FeedFault::LinkChange(LinkFault::SubsumedAuthority));
    }
    let (changed_at, cause, message) = (0, String::new(), String::new());
    Ok(link_change::LinkChange { new, local, previous, subsumed, changed_at, cause, message })
}

/// An identifier of the affinity domain.
fn own(
    in_force: &InForce,
    identifier: &LocalId,
    (place, fault): (FeedId, LinkFault),
) -> Result<PatientId, FeedFault> {
    let own = &in_force.agreement.affinity_domain.authority.oid;
    match in_force.authorities.resolve_id(identifier) {
        Resolution::Resolved(authority) if authority.oid == *own => {
            patient_id(identifier, own, place)
        }
        Resolution::Inconsistent => Err(FeedFault::InconsistentAuthority { id: place }),
        Resolution::Resolved(_) | Resolution::Unknown | Resolution::NotNamed => {
            Err(FeedFault::LinkChange(fault))
        }
    }
}

/// An identifier of any authority that has an OID: documents may come from outside the agreement.
fn local(in_force: &InForce, identifier: &LocalId, place: FeedId) -> Result<PatientId, FeedFault> {
    match (in_force.authorities.resolve_id(identifier), &identifier.universal_id) {
        (Resolution::Inconsistent, _) => Err(FeedFault::InconsistentAuthority { id: place }),
        (_, None) => Err(FeedFault::AuthorityMissing { id: place }),
        (Resolution::Resolved(_) | Resolution::Unknown | Resolution::NotNamed, Some(oid)) => {
            patient_id(identifier, oid, place)
        }
    }
}

fn patient_id(identifier: &LocalId, authority: &Oid, id: FeedId) -> Result<PatientId, FeedFault> {
    identifier.to_patient_id(authority).map_err(|source| FeedFault::Id { id, source })
}

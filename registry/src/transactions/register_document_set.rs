//! ITI-42 Register Document Set-b.

use std::collections::HashSet;
use std::sync::Arc;

use audit::{Event, Object, Outcome, Patient};
use policy::Permit;
use store::AnyConnection;
use xds::{ObjectKind, RegistryError, Submission, SubmissionDraft};

use super::Origin;
use crate::Registry;
use crate::error::{self, RegistrationError, RegistrationFault};
use crate::message::{self, Facts};
use crate::rules;
use crate::store::{patient, register};

/// What a registered submission is answered with beside Success.
#[derive(Clone, Debug, Default)]
pub struct Registered {
    pub warnings: Vec<RegistryError>,
    pub n_objects: usize,
}

/// What a submission is about, as far as it can be read: for the record of its refusal.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub patients: Vec<Patient>,
    pub objects: Vec<Object>,
}

impl About {
    /// The patient and the SubmissionSet.
    #[must_use]
    pub fn of(draft: &SubmissionDraft) -> About {
        let patient = message::common_patient(&draft.outline);
        let set = draft.outline.iter().find(|object| object.kind == ObjectKind::SubmissionSet);
        let unique_id = set.and_then(|set| set.unique_id.as_deref());
        About {
            patients: patient.iter().map(|id| Patient::concerned(id.to_cx())).collect(),
            objects: unique_id.map(Object::submission_set).into_iter().collect(),
        }
    }
}

/// Registers a submission, or says everything that is wrong with it.
///
/// The answer comes after the objects and the audit record are on stable storage.
///
/// # Errors
/// [`RegistrationError`]; then nothing is registered.
pub async fn register_document_set(
    registry: &Arc<Registry>,
    origin: &Origin,
    draft: SubmissionDraft,
) -> Result<Registered, RegistrationError> {
    let permit =
        registry.policy.permit_register(&origin.requester).map_err(RegistrationError::Denied)?;
    // Before anything of another patient can be learnt from an error.
    for patient in draft.submission.iter().flat_map(Submission::patients) {
        permit.demand(patient).map_err(RegistrationError::Denied)?;
    }
    let (facts, mut faults) = message::structure(&draft);
    faults.extend(draft.faults.iter().cloned().map(RegistrationFault::Metadata));
    faults.extend(too_many_objects(registry, &draft));
    let mut warnings = not_saved(&draft);
    if let Some(submission) = &draft.submission {
        faults.extend(
            submission.missing_for_registration().into_iter().map(RegistrationFault::Metadata),
        );
        faults.extend(rules::entry_types(submission));
        faults.extend(rules::service_times(submission));
        let in_force = registry.in_force.load();
        let verdict = rules::evaluate(&in_force.agreement, &in_force.rules, submission);
        faults.extend(verdict.faults);
        warnings.extend(verdict.warnings);
    }
    let Some(submission) = draft.submission.filter(|_| faults.is_empty()) else {
        faults.extend(against_database(registry, facts).await?);
        return Err(RegistrationError::Refused(faults));
    };
    let registered = commit(registry, origin, (permit, submission), facts).await?;
    let n_objects = registered.n_objects;
    registry.learn(registered.codes);
    Ok(Registered { warnings, n_objects })
}

async fn commit(
    registry: &Registry,
    origin: &Origin,
    (permit, submission): (Permit, Submission),
    facts: Facts,
) -> Result<register::Registered42, RegistrationError> {
    let mut record = registry.audit_record(Event::REGISTER_AT_REGISTRY, Outcome::Success, origin);
    let set = &submission.submission_set;
    record.patients.push(Patient::concerned(set.patient_id.value.to_cx()));
    record.objects.push(Object::submission_set(set.unique_id.value.as_str()));
    let mut seen = HashSet::new();
    let codes = rules::coded_values(&submission).into_iter().map(|(_, code)| code);
    let codes = codes.filter(|code| seen.insert(code.clone())).collect();
    let registration = register::Registration { submission, facts, codes, now: actor::now() };
    let work = move |connection: &mut AnyConnection| {
        register::register(connection, &permit, &registration)
    };
    registry.commit(record, work).await
}

/// The rules that need the database, for a submission that is refused anyway: the sender should learn
/// everything at once. Whoever the patient is not known for gets no second error about the same end.
async fn against_database(
    registry: &Arc<Registry>,
    facts: Facts,
) -> Result<Vec<RegistrationFault>, RegistrationError> {
    let registry = Arc::clone(registry);
    let check = move || {
        registry.database.read(|connection| {
            let known = match &facts.patient {
                Some(id) => patient::find(connection, id)?,
                None => None,
            };
            Ok(register::check(connection, &facts, known.as_ref())?)
        })
    };
    tokio::task::spawn_blocking(check).await.unwrap_or(Err(RegistrationError::Interrupted))
}

fn too_many_objects(registry: &Registry, draft: &SubmissionDraft) -> Option<RegistrationFault> {
    let found = draft.outline.len().saturating_add(draft.associations.len());
    let limit = registry.max_objects_per_submission;
    (found > limit).then_some(RegistrationFault::TooManyObjects { found, limit })
}

fn not_saved(draft: &SubmissionDraft) -> Vec<RegistryError> {
    draft.not_saved.iter().map(|name| error::not_saved(name)).collect()
}

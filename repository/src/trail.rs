//! What the audit trail says of retrievals (ITI TF-2: 3.43.6.1.2).
//!
//! What was given and what was not are records apart, and so are the documents of different patients: who
//! reads the trail of one patient must not learn of another.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use audit::{AuditRecord, Event, Object, Outcome, Patient};
use ebxml::retrieve_document_set::DocumentRequest;
use net::soap_endpoint::StreamEnd;
use xds::RegistryError;

use crate::Repository;
use crate::error::RetrieveError;
use crate::transactions::Origin;
use crate::transactions::retrieve_document_set::{FoundDocument, Retrieved};

/// Documents that the record of a refused request names: more than a client asks for in good faith.
const MAX_NAMED: usize = 1_000;

/// Records a retrieval, durably, before the first byte of its answer.
///
/// # Errors
/// [`RetrieveError::Audit`]; nothing may be answered then.
pub(crate) async fn record_retrieval(
    repository: &Repository,
    origin: &Origin,
    requests: &[DocumentRequest],
    found: &Result<Retrieved, RetrieveError>,
) -> Result<(), RetrieveError> {
    let records = match found {
        Ok(retrieved) => of_retrieved(repository, origin, requests, retrieved),
        Err(error) => vec![of_failure(repository, origin, requests, error)],
    };
    Ok(repository.journal.append_all(&records).await?)
}

fn of_retrieved(
    repository: &Repository,
    origin: &Origin,
    requests: &[DocumentRequest],
    retrieved: &Retrieved,
) -> Vec<AuditRecord> {
    let given = by_patient(&retrieved.documents);
    let mut records = of_patients(repository, origin, Outcome::Success, given);
    let found: HashSet<_> = retrieved.documents.iter().map(|document| &document.request).collect();
    let refused = requests.iter().filter(|request| !found.contains(request));
    let refused: Vec<_> = refused.take(MAX_NAMED).map(object_of).collect();
    if !refused.is_empty() || records.is_empty() {
        let errors: Vec<_> = retrieved.faults.iter().map(RegistryError::from).collect();
        let mut record = blank(repository, origin, Outcome::MinorFailure);
        record.description = Some(RegistryError::summary(&errors));
        record.objects = refused;
        records.push(record);
    }
    records
}

fn by_patient(documents: &[FoundDocument]) -> BTreeMap<String, Vec<Object>> {
    let mut by_patient: BTreeMap<String, Vec<Object>> = BTreeMap::new();
    for document in documents {
        let objects = by_patient.entry(document.patient_id.clone()).or_default();
        objects.push(object_of(&document.request));
    }
    by_patient
}

/// One record for each patient.
fn of_patients(
    repository: &Repository,
    origin: &Origin,
    outcome: Outcome,
    by_patient: BTreeMap<String, Vec<Object>>,
) -> Vec<AuditRecord> {
    let records = by_patient.into_iter().map(|(patient_id, objects)| AuditRecord {
        patients: vec![Patient::concerned(patient_id)],
        objects,
        ..blank(repository, origin, outcome)
    });
    records.collect()
}

fn of_failure(
    repository: &Repository,
    origin: &Origin,
    requests: &[DocumentRequest],
    error: &RetrieveError,
) -> AuditRecord {
    let outcome = if error.is_ours() { Outcome::SeriousFailure } else { Outcome::MinorFailure };
    AuditRecord {
        description: Some(RegistryError::summary(&[RegistryError::from(error)])),
        objects: requests.iter().take(MAX_NAMED).map(object_of).collect(),
        ..blank(repository, origin, outcome)
    }
}

fn blank(repository: &Repository, origin: &Origin, outcome: Outcome) -> AuditRecord {
    repository.audit_record(Event::RETRIEVE_AT_REPOSITORY, outcome, origin)
}

fn object_of(request: &DocumentRequest) -> Object {
    Object::document(
        &request.document_unique_id,
        &request.repository_unique_id,
        request.home.as_deref(),
    )
}

/// A stream that broke is recorded: the reader of the trail must not believe that all of it was seen.
pub(crate) fn on_end(
    repository: &Arc<Repository>,
    origin: &Origin,
    documents: &[FoundDocument],
) -> impl FnOnce(StreamEnd) + Send + 'static {
    let (repository, origin) = (Arc::clone(repository), origin.clone());
    let given = by_patient(documents);
    move |end| {
        let message_id = &origin.message_id;
        match end {
            StreamEnd::Complete => return,
            StreamEnd::Unreadable(error) => {
                tracing::error!(iti = 43, ?message_id, %error, "an answer was broken off: a document cannot be read");
            }
            StreamEnd::Abandoned => {
                tracing::warn!(iti = 43, ?message_id, "an answer was broken off by its receiver");
            }
        }
        let mut records = of_patients(&repository, &origin, Outcome::SeriousFailure, given);
        for record in &mut records {
            record.description = Some("the answer was broken off".to_owned());
        }
        let append = async move {
            if let Err(error) = repository.journal.append_all(&records).await {
                tracing::error!(iti = 43, %error, "a broken answer could not be recorded");
            }
        };
        // When the process is stopping there is no runtime left to wait on; the log has said it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(append);
        }
    }
}

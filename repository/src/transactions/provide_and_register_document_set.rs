//! ITI-41 Provide and Register Document Set-b.
//!
//! Documents first, then ITI-42. A document is retrievable before the registry hears of it, because a
//! consumer may be faster than our answer; it is released only if the registry answered that it is not
//! registered.

use std::sync::Arc;

use audit::{AuditRecord, Event, Object, Outcome, Patient};
use ebxml::provide_and_register::{Amendment, ProvideAndRegister, amend_submit_objects_request};
use net::soap_endpoint::Attachment;
use policy::Permit;
use store::AnyConnection;
use xds::{RegistryError, Submission};

use super::Origin;
use crate::Repository;
use crate::documents::{self, ReceivedDocument, StorableBytes};
use crate::error::{SubmissionError, SubmissionFault};
use crate::registry_client::{Registration, new_message_id};
use crate::store::document::{self, DocumentNumbers, NewDocument, State};

/// Stores the documents, registers their metadata and gives the registry's warnings.
///
/// # Errors
/// [`SubmissionError`]; then nothing is registered and nothing kept, except [`SubmissionError::InDoubt`].
pub async fn provide_and_register_document_set(
    repository: &Arc<Repository>,
    origin: &Origin,
    text: &str,
    request: ProvideAndRegister,
    attachments: Vec<Attachment>,
) -> Result<Vec<RegistryError>, SubmissionError> {
    let permit =
        repository.policy.permit_store(&origin.requester).map_err(SubmissionError::Denied)?;
    // Before anything of another patient can be learnt from an error.
    for patient in request.draft.submission.iter().flat_map(Submission::patients) {
        permit.demand(patient).map_err(SubmissionError::Denied)?;
    }
    let documents = documents::resolve(request.documents, attachments)?;
    let faults = documents::check(&request.draft, &documents);
    let Some(submission) = request.draft.submission.filter(|_| faults.is_empty()) else {
        return Err(SubmissionError::Refused(faults));
    };
    let described = describe(&submission, &documents);
    let amended = amend(repository, text, &documents)?;
    let stored = (permit, described, documents);
    let numbers = keep_all_or_nothing(repository, origin, &submission, stored).await?;
    let sent = Sent { origin, submission: &submission, message_id: new_message_id() };
    let assertion = origin.requester.person().map(|person| person.assertion.as_ref());
    match repository.registry.register(&amended, &sent.message_id, assertion).await {
        Registration::Registered(warnings) => {
            settle(repository, &sent, (numbers, Ok(()))).await?;
            Ok(warnings)
        }
        Registration::InDoubt => {
            settle(repository, &sent, (numbers, Err(&SubmissionError::InDoubt))).await?;
            Err(SubmissionError::InDoubt)
        }
        Registration::Refused(errors) => {
            let refused = SubmissionError::RefusedByRegistry(errors);
            release(repository, &sent, (numbers, &refused)).await?;
            Err(refused)
        }
        Registration::NotReached(error) => {
            let not_reached = SubmissionError::RegistryNotReached(error);
            release(repository, &sent, (numbers, &not_reached)).await?;
            Err(not_reached)
        }
    }
}

/// A submission of which the registry is asked.
struct Sent<'a> {
    origin: &'a Origin,
    submission: &'a Submission,
    /// Of the ITI-42.
    message_id: String,
}

fn describe(submission: &Submission, documents: &[ReceivedDocument]) -> Vec<NewDocument> {
    let described = documents.iter().filter_map(|document| {
        let entry = submission.entries.iter().find(|entry| entry.id == document.entry)?;
        Some(NewDocument {
            unique_id: entry.unique_id.value.as_str().to_owned(),
            mime_type: entry.mime_type.as_str().to_owned(),
            sha1: *document.sha1.as_bytes(),
            sha256: document.sha256,
            size: document.size,
            patient_id: submission.submission_set.patient_id.value.to_cx(),
        })
    });
    described.collect()
}

/// A uniqueId stands for the same bytes for ever, ITI TF-2: 3.41.4.1.3.
fn refuse_different_bytes(
    connection: &mut AnyConnection,
    new: &[NewDocument],
) -> Result<(), SubmissionError> {
    let mut faults = Vec::new();
    for document in new {
        let stored = document::digests(connection, &document.unique_id)?;
        let unique_id = || document.unique_id.clone();
        if stored.iter().any(|(sha1, _)| sha1.as_slice() != document.sha1.as_slice()) {
            faults.push(SubmissionFault::NonIdenticalHash { unique_id: unique_id() });
        }
        if stored.iter().any(|(_, size)| u64::try_from(*size) != Ok(document.size)) {
            faults.push(SubmissionFault::NonIdenticalSize { unique_id: unique_id() });
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(SubmissionError::Refused(faults)) }
}

/// The request for the registry: the sender's own text with what the repository knows.
fn amend(
    repository: &Repository,
    text: &str,
    documents: &[ReceivedDocument],
) -> Result<String, SubmissionError> {
    let amendments: Vec<Amendment> = documents
        .iter()
        .map(|document| Amendment {
            id: document.entry.clone(),
            hash: document.sha1,
            size: document.size,
            repository_unique_id: repository.agreement.load().repository_unique_id.clone(),
        })
        .collect();
    amend_submit_objects_request(text, &amendments).map_err(SubmissionError::Amendment)
}

/// Bytes whose rows could not be made go again, unless the database may have kept the rows all the same.
async fn keep_all_or_nothing(
    repository: &Arc<Repository>,
    origin: &Origin,
    submission: &Submission,
    (permit, described, documents): (Permit, Vec<NewDocument>, Vec<ReceivedDocument>),
) -> Result<DocumentNumbers, SubmissionError> {
    let digests = described.iter().map(|document| document.sha256.to_vec()).collect();
    let kept = keep(repository, origin, submission, (permit, described, documents)).await;
    match &kept {
        Ok(_) => {}
        Err(SubmissionError::Store(error)) if error.may_be_kept() => {}
        Err(_) => forget(repository, digests).await,
    }
    kept
}

/// Bytes into the store, then rows that name them; both durable before the registry is asked.
async fn keep(
    repository: &Arc<Repository>,
    origin: &Origin,
    submission: &Submission,
    (permit, described, documents): (Permit, Vec<NewDocument>, Vec<ReceivedDocument>),
) -> Result<DocumentNumbers, SubmissionError> {
    // Nobody removes bytes between their coming and the row that names them.
    let _no_removal = repository.removal.read().await;
    let wanted = described.clone();
    let store = move |repository: &Repository| {
        repository.database.read(|connection| refuse_different_bytes(connection, &wanted))?;
        store_bytes(repository, documents)
    };
    repository.blocking(store).await??;
    let set_id = submission.submission_set.unique_id.value.as_str().to_owned();
    let record =
        record(repository, (Event::STORE_AT_REPOSITORY, Outcome::Success), origin, submission);
    let stored_at = record.time.as_microsecond();
    let work = move |connection: &mut AnyConnection| {
        // Once more under the writer: a parallel submission may have come between.
        refuse_different_bytes(connection, &described)?;
        Ok(document::insert(connection, &permit, (&set_id, stored_at), &described)?)
    };
    repository.database.commit(record, work).await
}

fn store_bytes(
    repository: &Repository,
    documents: Vec<ReceivedDocument>,
) -> Result<(), SubmissionError> {
    for document in documents {
        let sha256 = document.sha256;
        match document.into_bytes() {
            StorableBytes::File(path) => {
                let kept = repository.blobs.keep(&path, &sha256);
                if kept.is_err() {
                    // A failed removal leaves a file that the next start removes.
                    let _left_for_start_up = std::fs::remove_file(&path);
                }
                kept?;
            }
            StorableBytes::Memory(bytes) => {
                repository.blobs.put(&repository.spool, &bytes, &sha256)?
            }
        }
    }
    Ok(())
}

/// Records how the submission ended: the ITI-42 that we sent, and the ITI-41 that it was.
async fn settle(
    repository: &Repository,
    sent: &Sent<'_>,
    (numbers, ended): (DocumentNumbers, Result<(), &SubmissionError>),
) -> Result<(), SubmissionError> {
    let records = sent.records(repository, ended);
    let state = if ended.is_ok() { State::Registered } else { State::InDoubt };
    let work =
        move |connection: &mut AnyConnection| Ok(document::set_state(connection, &numbers, state)?);
    repository.database.commit_with(&records, work).await
}

/// The registry has not registered the submission: its rows go, and bytes that nobody else names.
async fn release(
    repository: &Arc<Repository>,
    sent: &Sent<'_>,
    (numbers, refused): (DocumentNumbers, &SubmissionError),
) -> Result<(), SubmissionError> {
    let _nobody_stores = repository.removal.write().await;
    let records = sent.records(repository, Err(refused));
    let work = move |connection: &mut AnyConnection| Ok(document::remove(connection, &numbers)?);
    let orphans: Result<_, SubmissionError> = repository.database.commit_with(&records, work).await;
    let orphans = orphans?;
    Ok(repository.blocking(move |repository| remove_bytes(repository, &orphans)).await?)
}

/// Removes bytes that nobody names; if the database does not tell, they stay.
async fn forget(repository: &Arc<Repository>, digests: Vec<Vec<u8>>) {
    let _nobody_stores = repository.removal.write().await;
    let forget = move |repository: &Repository| {
        let unnamed: Result<_, SubmissionError> =
            repository.database.read(|connection| Ok(document::unnamed(connection, digests)?));
        match unnamed {
            Ok(orphans) => remove_bytes(repository, &orphans),
            Err(error) => tracing::warn!(iti = 41, %error, "{UNREFERENCED}"),
        }
    };
    if let Err(error) = repository.blocking(forget).await {
        tracing::warn!(iti = 41, %error, "{UNREFERENCED}");
    }
}

/// Bytes that nobody names harm nobody; the sender's answer does not depend on them.
const UNREFERENCED: &str = "unreferenced bytes were left in the document store";

fn remove_bytes(repository: &Repository, orphans: &[[u8; 32]]) {
    for sha256 in orphans {
        if let Err(error) = repository.blobs.remove(sha256) {
            tracing::warn!(iti = 41, %error, "{UNREFERENCED}");
        }
    }
}

impl Sent<'_> {
    /// What the trail says of its end: the ITI-42 to the registry, and the ITI-41 it came by.
    fn records(
        &self,
        repository: &Repository,
        ended: Result<(), &SubmissionError>,
    ) -> [AuditRecord; 2] {
        [Event::REGISTER_AT_REPOSITORY, Event::PROVIDE_AT_REPOSITORY].map(|event| {
            let outcome = ended.err().map_or(Outcome::Success, SubmissionError::outcome);
            let mut record = record(repository, (event, outcome), self.origin, self.submission);
            record.description = ended.err().map(SubmissionError::summary);
            if event == Event::REGISTER_AT_REPOSITORY {
                record.own = repository.node.endpoint();
                record.peer = repository.registry.party();
                record.message_id = Some(self.message_id.clone());
            }
            record
        })
    }
}

fn record(
    repository: &Repository,
    (event, outcome): (&'static Event, Outcome),
    origin: &Origin,
    submission: &Submission,
) -> AuditRecord {
    let mut record = repository.audit_record(event, outcome, origin);
    let set = &submission.submission_set;
    record.patients.push(Patient::concerned(set.patient_id.value.to_cx()));
    record.objects.push(Object::submission_set(set.unique_id.value.as_str()));
    record
}

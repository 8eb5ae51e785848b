//! Submissions, and what the wire makes of them.

use anyhow::{Context, Result};
use datatypes::{Dtm, EntryUuid, ObjectId, PatientId};
use soap::Incoming;
use xds::{
    Association, AssociationType, Identified, Submission, SubmissionDraft, SubmissionSet,
    SubmissionSetStatus,
};

use super::codes;
use super::entry::{author, coded, japanese};
use super::{Generator, oid, text, valid};

/// `wsa:Action` of ITI-42.
pub const REGISTER: &str = "urn:ihe:iti:2007:RegisterDocumentSet-b";

impl Generator {
    /// A SubmissionSet with `n_entries` new documents of one patient.
    pub fn submission(&mut self, patient: &PatientId, n_entries: usize) -> Submission {
        let entries: Vec<_> = (0..n_entries).map(|_| self.entry(patient)).collect();
        let submission_set = self.submission_set(patient);
        let members: Vec<ObjectId> = entries.iter().map(|entry| entry.id.clone()).collect();
        let associations = members.into_iter().map(|member| Association {
            id: ObjectId::Uuid(self.uuid()),
            logical_id: None,
            home: None,
            kind: AssociationType::HasMember,
            source: submission_set.id.clone(),
            target: member,
            submission_set_status: Some(SubmissionSetStatus::Original),
            documentation: None,
            extra: Vec::new(),
        });
        let associations = associations.collect();
        Submission { submission_set, entries, folders: Vec::new(), associations }
    }

    fn submission_set(&mut self, patient: &PatientId) -> SubmissionSet {
        let number = self.next_number();
        let id: EntryUuid = self.uuid();
        let source_id = self.source.clone();
        let random = &mut self.random;
        SubmissionSet {
            id: ObjectId::Uuid(id),
            logical_id: None,
            home: None,
            patient_id: Identified::new(patient.clone()),
            unique_id: Identified::new(oid(&format!("2.999.1.5.{number}"))),
            source_id: Identified::new(source_id),
            submission_time: valid(Dtm::parse("20260401120000")),
            intended_recipients: Vec::new(),
            title: Some(japanese(random.pick(&text::TITLES))),
            comments: None,
            authors: vec![author(random)],
            content_type_code: coded(random, codes::CONTENT_TYPE),
            extra: Vec::new(),
        }
    }
}

/// The request of ITI-42.
#[must_use]
pub fn envelope(submission: &Submission) -> String {
    let body = ebxml::write_submit_objects_request(submission);
    soap::write_request(REGISTER, "urn:uuid:00000000-0000-4000-8000-000000000042", TO, &body)
}

const TO: &str = "http://localhost/xds/registry";

/// Reads the request as the registry's endpoint does.
///
/// # Errors
/// The envelope is no ITI-42 request.
pub fn read_envelope(text: &str) -> Result<SubmissionDraft> {
    let mut incoming = Incoming::open(text, xml::Limits::default())
        .map_err(|fault| anyhow::anyhow!("the envelope was refused: {fault}"))?;
    let draft = ebxml::read_submit_objects_request(&mut incoming.reader)
        .context("the submission cannot be read")?;
    incoming.close().map_err(|fault| anyhow::anyhow!("the envelope was refused: {fault}"))?;
    Ok(draft)
}

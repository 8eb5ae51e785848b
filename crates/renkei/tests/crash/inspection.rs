//! What must hold after a crash, whatever its moment (threats-and-faults.md 5, invariants 1, 2, 3, 6).

use std::collections::{BTreeMap, HashMap};

use super::load::{Attempt, Work};
use crate::harness::community::Community;
use crate::harness::http::Connection;
use crate::harness::submission::{ENTRY_UNIQUE_ID, Submission};
use crate::harness::transactions::{find_documents, retrieve, submit};

/// Everything that is known to be registered, by patient.
#[derive(Default)]
pub(crate) struct Inspection {
    registered: BTreeMap<String, Vec<Submission>>,
    n_acknowledged: usize,
    /// Submissions that got no answer: registered all the same, or not.
    n_unheard: usize,
    n_lost: usize,
}

impl Inspection {
    /// Holds a community that was just started again against what was done before the kill.
    pub(crate) fn inspect(&mut self, community: &Community, work: Vec<Work>) {
        assert_eq!(community.files_below("spool").len(), 0, "half-received documents");
        let mut repository = community.repository();
        for Work { patients, attempts } in work {
            let mut unanswered = Vec::new();
            for Attempt { submission, is_acknowledged } in attempts {
                if is_acknowledged {
                    self.n_acknowledged += 1;
                    self.note(submission);
                } else {
                    unanswered.push(submission);
                }
            }
            for submission in unanswered {
                self.repeat(community, &mut repository, submission);
            }
            for patient in patients {
                self.greet(&mut repository, &patient);
                self.check(community, &patient);
            }
        }
    }

    fn note(&mut self, submission: Submission) {
        self.registered.entry(submission.patient_id.clone()).or_default().push(submission);
    }

    /// A sender that got no answer sends again: either the first try is there, and the second is told
    /// so, or the second succeeds.
    fn repeat(
        &mut self,
        community: &Community,
        repository: &mut Connection,
        submission: Submission,
    ) {
        let found = entries(community, &submission.patient_id);
        let is_found = |id: &String| found.contains_key(id);
        let n_found = submission.documents.iter().filter(|d| is_found(&d.unique_id)).count();
        let reply = submit(repository, &submission).unwrap();
        if n_found == 0 {
            self.n_lost += 1;
            reply.assert_success();
        } else {
            self.n_unheard += 1;
            assert_eq!(n_found, submission.documents.len(), "half a submission was registered");
            reply.assert_failure("XDSDuplicateUniqueIdInRegistry");
            let errors = reply.errors();
            let names_set = errors.iter().any(|e| e.context.contains(&submission.unique_id));
            assert!(names_set, "{errors:?}");
        }
        self.note(submission);
    }

    /// A patient that was acknowledged is known.
    fn greet(&mut self, repository: &mut Connection, patient: &str) {
        let submission = Submission::of(patient, &[b"after the crash"]);
        submit(repository, &submission).unwrap().assert_success();
        self.note(submission);
    }

    /// The patient has all that is registered and nothing more, and every byte of it.
    fn check(&self, community: &Community, patient: &str) {
        let registered = self.registered.get(patient).map(Vec::as_slice).unwrap_or_default();
        let documents = || registered.iter().flat_map(|submission| &submission.documents);
        let found = entries(community, patient);
        let mut expected: Vec<_> = documents().map(|d| d.unique_id.clone()).collect();
        let mut seen: Vec<_> = found.keys().cloned().collect();
        expected.sort_unstable();
        seen.sort_unstable();
        assert_eq!(seen, expected, "entries of a patient");
        let ids: Vec<_> = documents().map(|d| d.unique_id.clone()).collect();
        let repository_id = community.repository_unique_id();
        let reply = retrieve(&mut community.repository(), repository_id, &ids).unwrap();
        reply.assert_success();
        for ((id, bytes), document) in reply.documents().iter().zip(documents()) {
            assert_eq!(id, &document.unique_id);
            assert!(bytes == &document.bytes, "{} bytes of {id}", bytes.len());
            let size = document.bytes.len().to_string();
            assert_eq!(found.get(id), Some(&size));
        }
    }

    /// At the end: everything of every round once more, and one record of each submission.
    pub(crate) fn conclude(&self, community: &mut Community) {
        let counts = (self.n_acknowledged, self.n_unheard, self.n_lost);
        eprintln!("submissions acknowledged, registered unheard, lost: {counts:?}");
        assert!(self.n_acknowledged > 0 && self.n_unheard + self.n_lost > 0, "no load");
        for patient in self.registered.keys() {
            self.check(community, patient);
        }
        let log = community.log();
        assert!(!log.contains("panicked"), "{log}");
        community.stop();
        for journal in ["registry.journal", "repository.journal"] {
            audit::verify(&community.data().join(journal)).unwrap();
        }
        let journal = community.data().join("registry.journal");
        let journal = std::fs::read_to_string(journal).unwrap();
        let registrations: Vec<_> =
            journal.lines().filter(|line| line.contains("\"ITI-42\"")).collect();
        let successes: Vec<_> =
            registrations.iter().filter(|line| line.contains("\"outcome\":0")).collect();
        for submission in self.registered.values().flatten() {
            let records = successes.iter().filter(|line| line.contains(&submission.unique_id));
            assert_eq!(records.count(), 1, "audit records of {}", submission.unique_id);
        }
    }
}

/// The entries of a patient: size by uniqueId.
fn entries(community: &Community, patient: &str) -> HashMap<String, String> {
    let reply = find_documents(&mut community.registry(), patient).unwrap();
    reply.assert_success();
    let entries = reply.payload().all("ExtrinsicObject").into_iter();
    entries
        .map(|entry| {
            let unique_id = entry.identifier(ENTRY_UNIQUE_ID).unwrap().to_owned();
            (unique_id, entry.slot("size").concat())
        })
        .collect()
}

//! What must hold after a crash, whatever its moment (threats-and-faults.md 5, invariants 1, 2, 3, 6).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::SUBMITTERS;
use super::load::{Attempt, Merge, Work};
use crate::harness::community::Community;
use crate::harness::http::Connection;
use crate::harness::submission::{Document, ENTRY_UNIQUE_ID, Submission};
use crate::harness::transactions::{find_documents, retrieve, submit};

/// Everything that is known to be registered, by patient.
#[derive(Default)]
pub(crate) struct Inspection {
    registered: BTreeMap<String, Vec<Submission>>,
    subsumed: Vec<String>,
    counts: Counts,
}

/// Of submissions and merges.
#[derive(Debug, Default)]
struct Counts {
    acknowledged: usize,
    merges_acknowledged: usize,
    /// Without an answer, and done all the same.
    unheard: usize,
    merges_unheard: usize,
    lost: usize,
    merges_lost: usize,
}

impl Counts {
    fn add(&mut self, more: &Counts) {
        self.acknowledged += more.acknowledged;
        self.merges_acknowledged += more.merges_acknowledged;
        self.unheard += more.unheard;
        self.merges_unheard += more.merges_unheard;
        self.lost += more.lost;
        self.merges_lost += more.merges_lost;
    }
}

impl Inspection {
    /// Holds a community that was started again against what was done before the kills. The submitters had
    /// patients of their own, so that their work can be looked at at the same time.
    pub(crate) fn inspect(&mut self, community: &Community, work: Vec<Work>) {
        let inspected = |work| {
            let mut part = Inspection::default();
            part.inspect_one(community, work);
            part
        };
        let parts: Vec<Inspection> = std::thread::scope(|scope| {
            let looks: Vec<_> =
                work.into_iter().map(|work| scope.spawn(move || inspected(work))).collect();
            looks.into_iter().map(|look| look.join().unwrap()).collect()
        });
        for part in parts {
            self.registered.extend(part.registered);
            self.subsumed.extend(part.subsumed);
            self.counts.add(&part.counts);
        }
    }

    fn inspect_one(&mut self, community: &Community, work: Work) {
        let mut repository = community.repository();
        let mut unanswered = None;
        for Attempt { submission, is_acknowledged } in work.attempts {
            if is_acknowledged {
                self.counts.acknowledged += 1;
                self.note(submission);
            } else {
                unanswered = Some(submission);
            }
        }
        for merge in work.merges {
            if merge.is_acknowledged {
                self.counts.merges_acknowledged += 1;
            } else {
                self.repeat_merge(community, &merge);
            }
            self.merge(&merge);
            self.check(community, &merge.subsumed);
        }
        if let Some(submission) = unanswered {
            self.repeat(community, &mut repository, submission);
        }
        for patient in work.patients {
            self.greet(&mut repository, &patient);
            self.check(community, &patient);
        }
    }

    /// What was the subsumed patient's is the surviving one's.
    fn merge(&mut self, merge: &Merge) {
        let moved = self.registered.remove(&merge.subsumed).unwrap_or_default();
        self.registered.entry(merge.surviving.clone()).or_default().extend(moved);
        self.subsumed.push(merge.subsumed.clone());
    }

    /// A merge without an answer took place as a whole or not at all, and can be sent again.
    fn repeat_merge(&mut self, community: &Community, merge: &Merge) {
        let [subsumed, surviving] =
            [&merge.subsumed, &merge.surviving].map(|patient| self.unique_ids(patient));
        let found = [&merge.subsumed, &merge.surviving]
            .map(|patient| entries(community, patient).into_keys().collect::<BTreeSet<_>>());
        let both = subsumed.union(&surviving).cloned().collect();
        // Of patients without documents it cannot be told.
        if found == [subsumed, surviving] {
            self.counts.merges_lost += 1;
        } else {
            assert_eq!(found, [BTreeSet::new(), both], "half a merge");
            self.counts.merges_unheard += 1;
        }
        merge.send(&mut community.mllp()).unwrap();
    }

    /// Of the documents that a patient must have.
    fn unique_ids(&self, patient: &str) -> BTreeSet<String> {
        self.documents(patient).map(|document| document.unique_id.clone()).collect()
    }

    fn documents(&self, patient: &str) -> impl Iterator<Item = &Document> {
        self.registered.get(patient).into_iter().flatten().flat_map(|s| &s.documents)
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
            self.counts.lost += 1;
            reply.assert_success();
        } else {
            self.counts.unheard += 1;
            assert_eq!(n_found, submission.documents.len(), "half a submission was registered");
            reply.assert_failure("XDSDuplicateUniqueIdInRegistry");
            let errors = reply.errors();
            let names_set = errors.iter().any(|e| e.context.contains(&submission.unique_id));
            assert!(names_set, "{errors:?}");
        }
        self.note(submission);
    }

    /// A patient that was acknowledged is known, as a submission shows if no other one did.
    fn greet(&mut self, repository: &mut Connection, patient: &str) {
        if self.documents(patient).next().is_some() {
            return;
        }
        let submission = Submission::of(patient, &[b"after the crash"]);
        submit(repository, &submission).unwrap().assert_success();
        self.note(submission);
    }

    /// The patient has all that is registered and nothing more, and every byte of it.
    fn check(&self, community: &Community, patient: &str) {
        let documents = || self.documents(patient);
        let found = entries(community, patient);
        let seen: BTreeSet<String> = found.keys().cloned().collect();
        assert_eq!(seen, self.unique_ids(patient), "entries of a patient");
        let ids: Vec<_> = documents().map(|d| d.unique_id.clone()).collect();
        if ids.is_empty() {
            return;
        }
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
        let counts = &self.counts;
        eprintln!("{counts:?}");
        assert!(counts.acknowledged > 0 && counts.unheard + counts.lost > 0, "no load");
        let patients: Vec<&String> = self.registered.keys().chain(&self.subsumed).collect();
        let running: &Community = community;
        std::thread::scope(|scope| {
            for some in patients.chunks(patients.len().div_ceil(SUBMITTERS)) {
                scope.spawn(|| some.iter().for_each(|patient| self.check(running, patient)));
            }
        });
        // What was cut off between bytes, row, registration and answer comes to an end, and every byte is there.
        for work in [
            ["reconcile", "--grace=0", "--max-orphans=1000000"].as_slice(),
            &["verify", "store", "--grace=0", "--rate=1000000"],
        ] {
            community.run(work);
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
            journal.lines().filter(|line| line.contains("\"ITI-42/registry\"")).collect();
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

//! What a merge means for submissions, queries and later feeds (pix-pdq.md 3.5, xds.md 6.6).

use std::collections::BTreeSet;

use datatypes::ObjectId;
use xds::AssociationType::{Append, Replace, Transform};
use xds::{AvailabilityStatus, Submission};

use super::ward::{ANY_STATUS, Merged, Ward, statuses};
use crate::feed::{Acknowledged, cx, patient_message};
use crate::metadata::{self, document, file, relate};
use crate::open_registry::on_each_backend;

const GET_DOCUMENTS: &str = "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4";
const GET_ALL: &str = "urn:uuid:10b545ea-725c-446d-9b95-8aeb444eddf3";
const GET_FOLDERS_FOR_DOCUMENT: &str = "urn:uuid:10cae35a-c7f9-4cf5-b61e-fc3278ffb578";
const FIND_FOLDERS: &str = "urn:uuid:958f3006-baad-4929-a4de-ff1114824431";
const FIND_SUBMISSION_SETS: &str = "urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9";

/// Both of the patients may be the one known first: keys in the database must not matter.
fn for_both_orders(test: impl Fn(&mut Ward<'_>, (char, char))) {
    on_each_backend(|place| {
        let registry = place.open();
        for roles in [('A', 'B'), ('B', 'A')] {
            test(&mut Ward::new(place, &registry), roles);
        }
    });
}

#[test]
fn submissions_go_to_the_surviving_id_only() {
    for_both_orders(|ward, (subsumed, surviving)| {
        ward.merge(subsumed, surviving);
        let merged = Merged::from([(subsumed, surviving)]);
        ward.check(&merged, "after the merge");
        assert_eq!(ward.add_document(subsumed), Err(vec!["XDSUnknownPatientId".to_owned()]));
        ward.add_document(surviving).unwrap();
        ward.check(&merged, "after a submission");
    });
}

#[test]
fn every_query_by_patient_shows_the_union_under_the_surviving_id() {
    for_both_orders(|ward, (subsumed, surviving)| {
        for letter in [subsumed, surviving] {
            let id = ward.patient(letter);
            let folder = metadata::folder(&id);
            let set = metadata::submission_set(&id);
            let submission = metadata::submission(set, Vec::new(), vec![folder]);
            ward.place.register(&ward.registry, &submission).unwrap();
        }
        // Over two steps.
        ward.merge(subsumed, 'C');
        ward.merge('C', surviving);
        for (letter, n_patients) in [(subsumed, 0), ('C', 0), (surviving, 3)] {
            let n_folders = if n_patients == 0 { 0 } else { 2 };
            let n_sets = n_patients + n_folders;
            let patient = ward.quoted(letter);
            let folders = ward
                .ask(
                    FIND_FOLDERS,
                    &[("$XDSFolderPatientId", &patient), ("$XDSFolderStatus", ANY_STATUS)],
                )
                .unwrap();
            let sets = ward
                .ask(
                    FIND_SUBMISSION_SETS,
                    &[
                        ("$XDSSubmissionSetPatientId", &patient),
                        ("$XDSSubmissionSetStatus", ANY_STATUS),
                    ],
                )
                .unwrap();
            let all = ward
                .ask(
                    GET_ALL,
                    &[
                        ("$patientId", &patient),
                        ("$XDSDocumentEntryStatus", ANY_STATUS),
                        ("$XDSSubmissionSetStatus", ANY_STATUS),
                        ("$XDSFolderStatus", ANY_STATUS),
                    ],
                )
                .unwrap();
            assert_eq!(ward.find_documents(letter).entries.len(), n_patients);
            assert_eq!((folders.folders.len(), all.folders.len()), (n_folders, n_folders));
            assert_eq!((sets.submission_sets.len(), all.submission_sets.len()), (n_sets, n_sets));
            assert_eq!((all.entries.len(), all.associations.len()), (n_patients, n_sets));
            let in_entries = all.entries.iter().map(|stored| &stored.object.patient_id.value);
            let in_sets = sets.submission_sets.iter().chain(&all.submission_sets);
            let in_sets = in_sets.map(|stored| &stored.object.patient_id.value);
            let in_folders = folders.folders.iter().chain(&all.folders);
            let in_folders = in_folders.map(|stored| &stored.object.patient_id.value);
            for shown in in_entries.chain(in_sets).chain(in_folders) {
                assert_eq!(shown.to_cx(), ward.patient(surviving).to_cx());
            }
        }
    });
}

/// What the document was when it was submitted stays as it was (xds.md 3.6).
#[test]
fn the_source_patient_id_is_history() {
    for_both_orders(|ward, (subsumed, surviving)| {
        ward.merge(subsumed, surviving);
        let entries = ward.find_documents(surviving).entries;
        let sources: BTreeSet<String> =
            entries.iter().map(|stored| stored.object.source_patient_id.to_cx()).collect();
        let both = [subsumed, surviving].map(|letter| ward.patient(letter).to_cx());
        assert_eq!(sources, BTreeSet::from(both));
    });
}

/// A document, its transformation, an appendix of that, and a folder that holds the document.
struct Filed {
    document: Submission,
    transformation: Submission,
    appendix: Submission,
    folder: ObjectId,
}

fn filed(ward: &Ward<'_>, letter: char) -> Filed {
    let id = ward.patient(letter);
    let folder = metadata::folder(&id);
    let folder_id = folder.id.clone();
    let set = metadata::submission_set(&id);
    let mut original = metadata::submission(set, vec![metadata::entry(&id)], vec![folder]);
    let original_id = original.entries[0].id.clone();
    file(&mut original, &folder_id, &original_id);
    let derived = |kind, from: &ObjectId| {
        let mut derived = document(&id);
        let derived_id = derived.entries[0].id.clone();
        relate(&mut derived, kind, (&derived_id, from));
        derived
    };
    let transformation = derived(Transform, &original_id);
    let appendix = derived(Append, &transformation.entries[0].id);
    for submission in [&original, &transformation, &appendix] {
        ward.place.register(&ward.registry, submission).unwrap();
    }
    Filed { document: original, transformation, appendix, folder: folder_id }
}

fn unique_id(submission: &Submission) -> &str {
    submission.entries[0].unique_id.value.as_str()
}

#[test]
fn a_document_of_the_subsumed_patient_is_replaced_under_the_surviving_id() {
    for_both_orders(|ward, (subsumed, surviving)| {
        let filed = filed(ward, subsumed);
        let mut replacement = document(&ward.patient(surviving));
        let (new, old) = (replacement.entries[0].id.clone(), &filed.document.entries[0].id);
        relate(&mut replacement, Replace, (&new, old));

        let refused = ward.place.register(&ward.registry, &replacement);
        assert_eq!(refused, Err(vec!["XDSPatientIdDoesNotMatch".to_owned()]));
        ward.merge(subsumed, surviving);
        ward.place.register(&ward.registry, &replacement).unwrap();

        let found = ward.find_documents(surviving);
        let statuses = statuses(&found);
        let status = |submission| statuses[unique_id(submission)];
        assert_eq!(status(&replacement), AvailabilityStatus::Approved);
        for gone in [&filed.document, &filed.transformation, &filed.appendix] {
            assert_eq!(status(gone), AvailabilityStatus::Deprecated);
        }
        // The folder of the subsumed patient holds both versions.
        for version in [&filed.document, &replacement] {
            let id = format!("'{}'", unique_id(version));
            let slots = [("$XDSDocumentEntryUniqueId", id.as_str())];
            let folders = ward.ask(GET_FOLDERS_FOR_DOCUMENT, &slots).unwrap().folders;
            assert_eq!(folders.len(), 1);
            assert_eq!(folders[0].object.id, filed.folder);
            assert_eq!(folders[0].object.patient_id.value, ward.patient(surviving));
        }
    });
}

/// New versions of a document and of its transformation, in one submission and in either order.
#[test]
fn a_document_and_its_transformation_are_replaced_together() {
    for_both_orders(|ward, (subsumed, surviving)| {
        let filings = [filed(ward, subsumed), filed(ward, subsumed)];
        ward.merge(subsumed, surviving);
        for (filed, is_reversed) in filings.iter().zip([false, true]) {
            let mut submission = new_versions(ward, surviving, filed);
            if is_reversed {
                submission.associations.reverse();
            }
            let registered = ward.place.register(&ward.registry, &submission);
            assert_eq!(registered, Ok(()), "reversed: {is_reversed}");
            let found = ward.find_documents(surviving);
            let statuses = statuses(&found);
            for gone in [&filed.document, &filed.transformation, &filed.appendix] {
                assert_eq!(statuses[unique_id(gone)], AvailabilityStatus::Deprecated);
            }
            for entry in &submission.entries {
                let status = statuses[entry.unique_id.value.as_str()];
                assert_eq!(status, AvailabilityStatus::Approved);
            }
        }
    });
}

fn new_versions(ward: &Ward<'_>, letter: char, filed: &Filed) -> Submission {
    let id = ward.patient(letter);
    let entries = vec![metadata::entry(&id), metadata::entry(&id)];
    let mut submission = metadata::submission(metadata::submission_set(&id), entries, Vec::new());
    let [new, new_transformation] = [0, 1].map(|n| submission.entries[n].id.clone());
    let [old, old_transformation] =
        [&filed.document, &filed.transformation].map(|submission| &submission.entries[0].id);
    relate(&mut submission, Replace, (&new, old));
    relate(&mut submission, Replace, (&new_transformation, old_transformation));
    relate(&mut submission, Transform, (&new_transformation, &new));
    submission
}

#[test]
fn documents_of_merged_patients_are_one_patients() {
    for_both_orders(|ward, (subsumed, surviving)| {
        let ids: Vec<String> = ward
            .documents
            .iter()
            .filter(|(_, owner)| [subsumed, surviving].contains(owner))
            .map(|(id, _)| format!("'{id}'"))
            .collect();
        let list = format!("({})", ids.join(","));
        let slots = [("$XDSDocumentEntryUniqueId", list.as_str())];
        let refused = ward.ask(GET_DOCUMENTS, &slots).unwrap_err();
        assert_eq!(refused, "XDSResultNotSinglePatient");

        ward.merge(subsumed, surviving);
        let found = ward.ask(GET_DOCUMENTS, &slots).unwrap();
        assert_eq!(found.entries.len(), 2);
        for stored in &found.entries {
            assert_eq!(stored.object.patient_id.value, ward.patient(surviving));
        }
    });
}

#[test]
fn a_feed_does_not_bring_the_subsumed_patient_back() {
    for_both_orders(|ward, (subsumed, surviving)| {
        ward.merge(subsumed, surviving);
        let merged = Merged::from([(subsumed, surviving)]);
        for event in ["A01", "A04", "A05", "A08"] {
            let message = patient_message(event, &cx(&ward.patient(subsumed)));
            let ack = ward.place.runtime.block_on(ward.feed.send(message));
            assert_eq!(ack, Acknowledged::accepted(), "{event}");
            ward.check(&merged, event);
        }
    });
}

/// An A40 is no news of its patients (ITI TF-2: 3.8.4.2): a refused one makes nobody known.
#[test]
fn a_refused_merge_makes_nobody_known() {
    for_both_orders(|ward, (known, _)| {
        let (stranger, known_id) = (ward.patient(super::ward::STRANGER), ward.patient(known));
        for (subsumed, surviving) in [(&stranger, &known_id), (&known_id, &stranger)] {
            let ack = ward.place.runtime.block_on(ward.feed.merge(subsumed, surviving));
            assert_ne!(ack, Acknowledged::accepted());
        }
        ward.check(&Merged::new(), "after refused merges");
    });
}

//! What is submitted reads back as it was meant.

use ebxml::{Content, ContentToSend};
use xml::{Limits, Reader};

use super::*;

fn code(text: &str) -> Code {
    let display = format!("{text} を表す <コード>");
    Code { code: text.to_owned(), scheme: format!("1.2.{}", text.len()), display }
}

/// A submission of invented documents, some of which replace others.
pub(crate) fn common() -> Common {
    Common {
        patient_id: PatientId::parse("JP0001^^^&1.2.3&ISO").unwrap(),
        source_patient_id: PatientId::parse("4711^^^&1.2.4&ISO").unwrap(),
        source_id: Oid::parse("1.2.3.4").unwrap(),
        submission_time: Dtm::parse("20260401093000").unwrap(),
        title: Some("退院時サマリー & more".to_owned()),
        language: LanguageCode::parse("ja-JP").unwrap(),
        author: Xcn::parse("D0042^連携^花子^^^^^^&1.2.9&ISO").ok(),
        institution: Xon::parse("連携病院^^^^^^^^^1.2.392.1").ok(),
        codes: Codes {
            class: code("c"),
            type_code: code("ty"),
            format: code("urn:format"),
            facility: code("faci"),
            practice: code("pract"),
            confidentiality: code("N"),
            content_type: code("content"),
        },
    }
}

pub(crate) fn document(replaces: Option<EntryUuid>) -> NewDocument {
    NewDocument {
        entry_uuid: EntryUuid::generate(),
        unique_id: UniqueId::parse(Oid::generate().as_str()).unwrap(),
        mime_type: MimeType::parse("application/pdf").unwrap(),
        creation_time: Dtm::parse("20260331").unwrap(),
        size: 4,
        hash: Sha1Hash::from_bytes([7; 20]),
        replaces,
    }
}

#[test]
fn the_registry_reads_what_was_meant_without_any_fault() {
    let replaced = EntryUuid::generate();
    let documents = [document(None), document(Some(replaced)), document(None)];
    let submission = submission(&common(), &documents);
    let contents: Vec<_> = submission
        .entries
        .iter()
        .map(|entry| (entry.id.clone(), ContentToSend::Base64(b"abcd")))
        .collect();
    let text = ebxml::write_provide_and_register(&submission, &contents);
    let mut reader = Reader::new(&text, Limits::default()).unwrap();
    reader.next_child().unwrap().unwrap();
    let read = ebxml::read_provide_and_register(&mut reader).unwrap();
    assert_eq!((read.draft.faults.as_slice(), read.draft.not_saved.as_slice()), (&[][..], &[][..]));
    assert_eq!(read.documents.len(), 3);
    assert!(
        read.documents.iter().all(|document| document.content == Content::Bytes(b"abcd".to_vec()))
    );
    assert_eq!(read.draft.submission.unwrap(), submission);
}

#[test]
fn every_document_is_an_original_member_of_the_set() {
    let documents = [document(None), document(None)];
    let submission = submission(&common(), &documents);
    assert_eq!(submission.associations.len(), 2);
    for (association, document) in submission.associations.iter().zip(&documents) {
        assert_eq!(association.kind, AssociationType::HasMember);
        assert_eq!(association.source, submission.submission_set.id);
        assert_eq!(association.target, ObjectId::Uuid(document.entry_uuid));
        assert_eq!(association.submission_set_status, Some(SubmissionSetStatus::Original));
    }
}

#[test]
fn a_replacement_points_from_the_new_to_the_old() {
    let replaced = EntryUuid::generate();
    let new = document(Some(replaced));
    let submission = submission(&common(), std::slice::from_ref(&new));
    let replacement = submission.associations.last().unwrap();
    assert_eq!(replacement.kind, AssociationType::Replace);
    assert_eq!(replacement.source, ObjectId::Uuid(new.entry_uuid));
    assert_eq!(replacement.target, ObjectId::Uuid(replaced));
    assert_eq!(replacement.submission_set_status, None);
}

#[test]
fn set_and_entries_are_of_one_patient_and_one_author() {
    let common = common();
    let submission = submission(&common, &[document(None), document(None)]);
    assert_eq!(submission.submission_set.patient_id.value, common.patient_id);
    assert_eq!(submission.submission_set.authors.len(), 1);
    for entry in &submission.entries {
        assert_eq!(entry.patient_id.value, common.patient_id);
        assert_eq!(entry.source_patient_id, common.source_patient_id);
        assert_eq!(entry.authors, submission.submission_set.authors);
    }
}

#[test]
fn an_author_of_whom_nothing_is_known_is_left_out() {
    let unnamed = Common { author: None, institution: None, title: None, ..common() };
    let submission = submission(&unnamed, &[document(None)]);
    assert!(submission.submission_set.authors.is_empty());
    assert!(submission.entries[0].authors.is_empty());
    assert_eq!(submission.entries[0].title, None);
    let institution = Common { author: None, ..common() };
    let submission = super::submission(&institution, &[document(None)]);
    assert!(submission.entries[0].authors[0].persons.is_empty());
    assert_eq!(submission.entries[0].authors[0].institutions.len(), 1);
}

//! Plain submissions for tests that vary a few attributes of them.

use datatypes::{
    Code, Dtm, EntryUuid, LanguageCode, MimeType, ObjectId, Oid, PatientId, RepositoryUniqueId,
    Sha1Hash, UniqueId,
};
use xds::{
    Association, AssociationType, DocumentEntry, EntryType, Folder, Identified, LocalizedText,
    Submission, SubmissionSet, SubmissionSetStatus,
};

pub(crate) fn code(code: &str) -> Identified<Code> {
    Identified::new(Code {
        code: code.to_owned(),
        scheme: "1.2.392.200250.99.3".to_owned(),
        display: format!("display of {code}"),
    })
}

/// A stable entry with fresh ids and only the attributes that must be there.
pub(crate) fn entry(patient: &PatientId) -> DocumentEntry {
    DocumentEntry {
        id: ObjectId::Uuid(EntryUuid::generate()),
        logical_id: None,
        home: None,
        entry_type: EntryType::Stable,
        mime_type: MimeType::parse("text/plain").unwrap(),
        patient_id: Identified::new(patient.clone()),
        unique_id: Identified::new(UniqueId::parse(Oid::generate().as_str()).unwrap()),
        creation_time: Some(Dtm::parse("20240401").unwrap()),
        service_start_time: None,
        service_stop_time: None,
        language_code: LanguageCode::parse("ja-JP").unwrap(),
        source_patient_id: patient.clone(),
        source_patient_info: Vec::new(),
        legal_authenticator: None,
        repository_unique_id: Some(RepositoryUniqueId::parse("1.2.392.200250.99.4").unwrap()),
        hash: Some(Sha1Hash::from_bytes([7; 20])),
        size: Some(1024),
        uri: None,
        title: None,
        comments: None,
        authors: Vec::new(),
        class_code: code("class"),
        type_code: code("type"),
        format_code: code("format"),
        healthcare_facility_type_code: code("facility"),
        practice_setting_code: code("setting"),
        confidentiality_codes: vec![code("N")],
        event_codes: Vec::new(),
        reference_ids: Vec::new(),
        extra: Vec::new(),
    }
}

pub(crate) fn folder(patient: &PatientId) -> Folder {
    Folder {
        id: ObjectId::Uuid(EntryUuid::generate()),
        logical_id: None,
        home: None,
        patient_id: Identified::new(patient.clone()),
        unique_id: Identified::new(Oid::generate()),
        title: LocalizedText { value: "紹介状".to_owned(), lang: None },
        comments: None,
        codes: vec![code("referral")],
        last_update_time: None,
        extra: Vec::new(),
    }
}

pub(crate) fn submission_set(patient: &PatientId) -> SubmissionSet {
    SubmissionSet {
        id: ObjectId::Uuid(EntryUuid::generate()),
        logical_id: None,
        home: None,
        patient_id: Identified::new(patient.clone()),
        unique_id: Identified::new(Oid::generate()),
        source_id: Identified::new(Oid::parse("1.2.392.200250.99.5").unwrap()),
        submission_time: Dtm::parse("20240402").unwrap(),
        intended_recipients: Vec::new(),
        title: None,
        comments: None,
        authors: Vec::new(),
        content_type_code: code("content"),
        extra: Vec::new(),
    }
}

pub(crate) fn association(
    kind: AssociationType,
    source: &ObjectId,
    target: &ObjectId,
) -> Association {
    Association {
        id: ObjectId::Uuid(EntryUuid::generate()),
        logical_id: None,
        home: None,
        kind,
        source: source.clone(),
        target: target.clone(),
        submission_set_status: None,
        documentation: None,
        extra: Vec::new(),
    }
}

/// A submission of these objects, each a member of the set.
pub(crate) fn submission(
    submission_set: SubmissionSet,
    entries: Vec<DocumentEntry>,
    folders: Vec<Folder>,
) -> Submission {
    let member = |id: &ObjectId| association(AssociationType::HasMember, &submission_set.id, id);
    let original = |entry: &DocumentEntry| Association {
        submission_set_status: Some(SubmissionSetStatus::Original),
        ..member(&entry.id)
    };
    let of_entries = entries.iter().map(original);
    let associations = of_entries.chain(folders.iter().map(|folder| member(&folder.id))).collect();
    Submission { submission_set, entries, folders, associations }
}

/// One document of a patient.
pub(crate) fn document(patient: &PatientId) -> Submission {
    submission(submission_set(patient), vec![entry(patient)], Vec::new())
}

/// Relates a document of the submission to another one, which may be registered already.
pub(crate) fn relate(
    submission: &mut Submission,
    kind: AssociationType,
    (source, target): (&ObjectId, &ObjectId),
) {
    submission.associations.push(association(kind, source, target));
}

/// Puts a document into a folder; either may be registered already.
pub(crate) fn file(submission: &mut Submission, folder: &ObjectId, entry: &ObjectId) {
    let filed = association(AssociationType::HasMember, folder, entry);
    let set = &submission.submission_set.id;
    let member = association(AssociationType::HasMember, set, &filed.id);
    submission.associations.extend([filed, member]);
}

/// Includes a registered document, be it another patient's, by reference.
pub(crate) fn refer(submission: &mut Submission, entry: &ObjectId) {
    let set = &submission.submission_set.id;
    submission.associations.push(Association {
        submission_set_status: Some(SubmissionSetStatus::Reference),
        ..association(AssociationType::HasMember, set, entry)
    });
}

//! A submission as `renkei submit` makes it: one SubmissionSet with one DocumentEntry per file.
//!
//! Nothing here reads a clock or a file; the files are measured by [`document_file`].

pub(crate) mod document_file;
pub(crate) mod media_type;

use datatypes::{
    Code, Dtm, EntryUuid, LanguageCode, MimeType, ObjectId, Oid, PatientId, Sha1Hash, UniqueId,
    Xcn, Xon,
};
use xds::{
    Association, AssociationType, Author, DocumentEntry, EntryType, Identified, LocalizedText,
    Submission, SubmissionSet, SubmissionSetStatus,
};

/// What all documents of the submission have in common.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) patient_id: PatientId,
    /// By what the hospital knows the patient; of the affinity domain if that is not known.
    pub(crate) source_patient_id: PatientId,
    pub(crate) source_id: Oid,
    pub(crate) submission_time: Dtm,
    pub(crate) title: Option<String>,
    pub(crate) language: LanguageCode,
    pub(crate) author: Option<Xcn>,
    pub(crate) institution: Option<Xon>,
    pub(crate) codes: Codes,
}

/// The codes that a DocumentEntry and a SubmissionSet must have (ITI TF-3: Table 4.3.1.1-3).
#[derive(Debug)]
pub(crate) struct Codes {
    pub(crate) class: Code,
    pub(crate) type_code: Code,
    pub(crate) format: Code,
    pub(crate) facility: Code,
    pub(crate) practice: Code,
    pub(crate) confidentiality: Code,
    pub(crate) content_type: Code,
}

/// What is different in each document.
#[derive(Debug)]
pub(crate) struct NewDocument {
    pub(crate) entry_uuid: EntryUuid,
    pub(crate) unique_id: UniqueId,
    pub(crate) mime_type: MimeType,
    pub(crate) creation_time: Dtm,
    pub(crate) size: u64,
    pub(crate) hash: Sha1Hash,
    /// The registered entry that gives way to this one.
    pub(crate) replaces: Option<EntryUuid>,
}

/// The SubmissionSet with all that it holds; ids that are not given are new.
pub(crate) fn submission(common: &Common, documents: &[NewDocument]) -> Submission {
    let submission_set = submission_set(common);
    let members = documents.iter().map(|document| {
        let membership = association(
            AssociationType::HasMember,
            submission_set.id.clone(),
            ObjectId::Uuid(document.entry_uuid),
        );
        let submission_set_status = Some(SubmissionSetStatus::Original);
        Association { submission_set_status, ..membership }
    });
    let replacements = documents.iter().filter_map(|document| {
        let target = ObjectId::Uuid(document.replaces?);
        let source = ObjectId::Uuid(document.entry_uuid);
        Some(association(AssociationType::Replace, source, target))
    });
    Submission {
        entries: documents.iter().map(|document| entry(common, document)).collect(),
        folders: Vec::new(),
        associations: members.chain(replacements).collect(),
        submission_set,
    }
}

fn submission_set(common: &Common) -> SubmissionSet {
    SubmissionSet {
        id: ObjectId::Uuid(EntryUuid::generate()),
        logical_id: None,
        home: None,
        patient_id: Identified::new(common.patient_id.clone()),
        unique_id: Identified::new(Oid::generate()),
        source_id: Identified::new(common.source_id.clone()),
        submission_time: common.submission_time.clone(),
        intended_recipients: Vec::new(),
        title: None,
        comments: None,
        authors: authors(common),
        content_type_code: Identified::new(common.codes.content_type.clone()),
        extra: Vec::new(),
    }
}

fn entry(common: &Common, document: &NewDocument) -> DocumentEntry {
    let codes = &common.codes;
    let coded = |code: &Code| Identified::new(code.clone());
    DocumentEntry {
        id: ObjectId::Uuid(document.entry_uuid),
        logical_id: None,
        home: None,
        entry_type: EntryType::Stable,
        mime_type: document.mime_type.clone(),
        patient_id: Identified::new(common.patient_id.clone()),
        unique_id: Identified::new(document.unique_id.clone()),
        creation_time: Some(document.creation_time.clone()),
        service_start_time: None,
        service_stop_time: None,
        language_code: common.language.clone(),
        source_patient_id: common.source_patient_id.clone(),
        source_patient_info: Vec::new(),
        legal_authenticator: None,
        repository_unique_id: None,
        // Optional for a Document Source; with them the repository finds out when it received
        // other bytes than were read here.
        hash: Some(document.hash),
        size: Some(document.size),
        uri: None,
        title: common.title.clone().map(|value| LocalizedText { value, lang: None }),
        comments: None,
        authors: authors(common),
        class_code: coded(&codes.class),
        type_code: coded(&codes.type_code),
        format_code: coded(&codes.format),
        healthcare_facility_type_code: coded(&codes.facility),
        practice_setting_code: coded(&codes.practice),
        confidentiality_codes: vec![coded(&codes.confidentiality)],
        event_codes: Vec::new(),
        reference_ids: Vec::new(),
        extra: Vec::new(),
    }
}

/// One author, if there is anything to say: an author has a person or an institution.
fn authors(common: &Common) -> Vec<Author> {
    if common.author.is_none() && common.institution.is_none() {
        return Vec::new();
    }
    vec![Author {
        id: None,
        persons: common.author.iter().cloned().collect(),
        institutions: common.institution.iter().cloned().collect(),
        roles: Vec::new(),
        specialties: Vec::new(),
        telecommunications: Vec::new(),
        extra: Vec::new(),
    }]
}

fn association(kind: AssociationType, source: ObjectId, target: ObjectId) -> Association {
    Association {
        id: ObjectId::Uuid(EntryUuid::generate()),
        logical_id: None,
        home: None,
        kind,
        source,
        target,
        submission_set_status: None,
        documentation: None,
        extra: Vec::new(),
    }
}

#[cfg(test)]
pub(crate) mod tests;

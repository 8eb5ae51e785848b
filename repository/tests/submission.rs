//! A plain submission with its documents inside the envelope.

use datatypes::{Code, Dtm, EntryUuid, LanguageCode, MimeType, ObjectId, Oid, PatientId, UniqueId};
use ebxml::{ContentToSend, ProvideAndRegister};
use xds::{
    Association, AssociationType, DocumentEntry, EntryType, Identified, Submission, SubmissionSet,
    SubmissionSetStatus,
};

/// Metadata and documents, which a test may let disagree.
pub(crate) struct Sent {
    pub(crate) submission: Submission,
    pub(crate) documents: Vec<(ObjectId, Vec<u8>)>,
}

impl Sent {
    /// A good submission of documents with these bytes.
    pub(crate) fn of(contents: &[&[u8]]) -> Sent {
        let entries: Vec<DocumentEntry> = contents.iter().map(|_| entry()).collect();
        let ids = entries.iter().map(|entry| entry.id.clone());
        let documents = ids.zip(contents.iter().map(|bytes| bytes.to_vec())).collect();
        let submission_set = submission_set();
        let member = |entry: &DocumentEntry| Association {
            id: fresh_id(),
            logical_id: None,
            home: None,
            kind: AssociationType::HasMember,
            source: submission_set.id.clone(),
            target: entry.id.clone(),
            submission_set_status: Some(SubmissionSetStatus::Original),
            documentation: None,
            extra: Vec::new(),
        };
        let associations = entries.iter().map(member).collect();
        let submission = Submission { submission_set, entries, folders: Vec::new(), associations };
        Sent { submission, documents }
    }

    /// The payload of the request.
    pub(crate) fn text(&self) -> String {
        let documents: Vec<(ObjectId, ContentToSend<'_>)> = self
            .documents
            .iter()
            .map(|(id, bytes)| (id.clone(), ContentToSend::Base64(bytes)))
            .collect();
        ebxml::write_provide_and_register(&self.submission, &documents)
    }

    /// uniqueId of the first document.
    pub(crate) fn unique_id(&self) -> String {
        self.submission.entries[0].unique_id.value.as_str().to_owned()
    }
}

/// What the repository reads from a payload.
pub(crate) fn read(text: &str) -> ProvideAndRegister {
    let mut reader = xml::Reader::new(text, xml::Limits::default()).unwrap();
    reader.next_child().unwrap().unwrap();
    ebxml::read_provide_and_register(&mut reader).unwrap()
}

pub(crate) fn patient(id: &str) -> PatientId {
    PatientId::new(id, Oid::parse("1.2.392.200250.99.1").unwrap()).unwrap()
}

fn fresh_id() -> ObjectId {
    ObjectId::Uuid(EntryUuid::generate())
}

fn code(code: &str) -> Identified<Code> {
    Identified::new(Code {
        code: code.to_owned(),
        scheme: "1.2.392.200250.99.3".to_owned(),
        display: format!("display of {code}"),
    })
}

fn entry() -> DocumentEntry {
    let patient = patient("known");
    DocumentEntry {
        id: fresh_id(),
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
        source_patient_id: patient,
        source_patient_info: Vec::new(),
        legal_authenticator: None,
        repository_unique_id: None,
        hash: None,
        size: None,
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

fn submission_set() -> SubmissionSet {
    SubmissionSet {
        id: fresh_id(),
        logical_id: None,
        home: None,
        patient_id: Identified::new(patient("known")),
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

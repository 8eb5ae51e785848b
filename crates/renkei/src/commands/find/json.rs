//! What `renkei find --json` prints: the attributes by the names of ITI TF-3: 4.2.3.

use datatypes::{Code, Dtm, HomeCommunityId, ReferenceId, RepositoryUniqueId, Xcn, Xon, Xtn};
use ebxml::{AdhocQueryResponse, Stored};
use serde_json::{Value, json};
use xds::{Author, AvailabilityStatus, DocumentEntry, EntryType, Identified, LocalizedText};

use crate::wire;

/// The whole answer. `isComplete` is false if something of it is missing.
pub(super) fn answer(answer: &AdhocQueryResponse) -> String {
    let object_refs = answer.object_refs.iter().map(ToString::to_string);
    let value = json!({
        "isComplete": answer.response.is_success() && answer.faults.is_empty(),
        "documents": answer.entries.iter().map(document).collect::<Vec<Value>>(),
        "objectRefs": object_refs.collect::<Vec<String>>(),
        "errors": answer.response.errors.iter().map(wire::error_line).collect::<Vec<String>>(),
    });
    format!("{value:#}")
}

fn document(stored: &Stored<DocumentEntry>) -> Value {
    let entry = &stored.object;
    json!({
        "entryUUID": entry.id.to_string(),
        "uniqueId": entry.unique_id.value.as_str(),
        "repositoryUniqueId": entry.repository_unique_id.as_ref().map(RepositoryUniqueId::as_str),
        "homeCommunityId": entry.home.as_ref().map(HomeCommunityId::as_urn),
        "availabilityStatus": stored.status.map(status),
        "objectType": match entry.entry_type {
            EntryType::Stable => "stable",
            EntryType::OnDemand => "on-demand",
        },
        "patientId": entry.patient_id.value.to_cx(),
        "sourcePatientId": entry.source_patient_id.to_cx(),
        "title": text(entry.title.as_ref()),
        "comments": text(entry.comments.as_ref()),
        "mimeType": entry.mime_type.as_str(),
        "size": entry.size,
        "hash": entry.hash.map(|hash| hash.to_string()),
        "creationTime": time(entry.creation_time.as_ref()),
        "serviceStartTime": time(entry.service_start_time.as_ref()),
        "serviceStopTime": time(entry.service_stop_time.as_ref()),
        "languageCode": entry.language_code.as_str(),
        "classCode": code(&entry.class_code),
        "typeCode": code(&entry.type_code),
        "formatCode": code(&entry.format_code),
        "healthcareFacilityTypeCode": code(&entry.healthcare_facility_type_code),
        "practiceSettingCode": code(&entry.practice_setting_code),
        "confidentialityCode": codes(&entry.confidentiality_codes),
        "eventCodeList": codes(&entry.event_codes),
        "author": entry.authors.iter().map(author).collect::<Vec<Value>>(),
        "legalAuthenticator": entry.legal_authenticator.as_ref().map(Xcn::as_str),
        "referenceIdList": entry.reference_ids.iter().map(ReferenceId::as_str).collect::<Vec<_>>(),
    })
}

fn status(status: AvailabilityStatus) -> &'static str {
    match status {
        AvailabilityStatus::Approved => "approved",
        AvailabilityStatus::Deprecated => "deprecated",
    }
}

fn text(text: Option<&LocalizedText>) -> Option<&str> {
    text.map(|text| text.value.as_str())
}

fn time(time: Option<&Dtm>) -> Option<&str> {
    time.map(Dtm::as_str)
}

fn code(code: &Identified<Code>) -> Value {
    let Code { code, scheme, display } = &code.value;
    json!({ "code": code, "codingScheme": scheme, "display": display })
}

fn codes(all: &[Identified<Code>]) -> Vec<Value> {
    all.iter().map(code).collect()
}

fn author(author: &Author) -> Value {
    json!({
        "authorPerson": author.persons.iter().map(Xcn::as_str).collect::<Vec<_>>(),
        "authorInstitution": author.institutions.iter().map(Xon::as_str).collect::<Vec<_>>(),
        "authorRole": author.roles,
        "authorSpecialty": author.specialties,
        "authorTelecommunication":
            author.telecommunications.iter().map(Xtn::as_str).collect::<Vec<_>>(),
    })
}

//! DocumentEntry: an ExtrinsicObject, ITI TF-3: 4.2.3.2.

use std::convert::Infallible;
use std::ops::RangeInclusive;

use datatypes::{
    Dtm, LanguageCode, MimeType, PatientId, ReferenceId, RepositoryUniqueId, Sha1Hash, UniqueId,
    Xcn,
};
use xds::{AvailabilityStatus, DocumentEntry, EntryType};
use xml::Writer;

use crate::attributes::Attributes;
use crate::findings::Findings;
use crate::object_writer::{Head, ObjectWriter, PartIds};
use crate::rim::RimObject;
use crate::scheme::document_entry as scheme;
use crate::{author, code, slots};

const REFERENCE_ID_LIST: &str = "urn:ihe:iti:xds:2013:referenceIdList";

/// Reads an entry by the column *DS* of the attribute table: what a Document Source must send.
#[expect(
    clippy::too_many_lines,
    reason = "one line an attribute: a split would hide a missing one"
)]
pub(crate) fn read(rim: RimObject<'_>, findings: &mut Findings) -> Option<DocumentEntry> {
    let mut object = Attributes::new(rim, "DocumentEntry", findings);
    let id = object.id();
    let logical_id = object.logical_id();
    let home = object.home();
    let entry_type = object.required("objectType", |urn| EntryType::from_urn(urn).ok_or(()));
    let mime_type = object.required("mimeType", MimeType::parse);
    let creation_time = match entry_type {
        Some(EntryType::OnDemand) => object.slot("creationTime", Dtm::parse),
        Some(EntryType::Stable) | None => object.required_slot("creationTime", Dtm::parse),
    };
    let hash = object.slot("hash", Sha1Hash::parse);
    let language_code = object.required_slot("languageCode", LanguageCode::parse);
    let legal_authenticator = object.slot("legalAuthenticator", Xcn::parse);
    let reference_ids = object.parsed_slot_values(REFERENCE_ID_LIST, ReferenceId::parse);
    let repository_unique_id = object.slot("repositoryUniqueId", RepositoryUniqueId::parse);
    let service_start_time = object.slot("serviceStartTime", Dtm::parse);
    let service_stop_time = object.slot("serviceStopTime", Dtm::parse);
    let size = object.slot("size", str::parse);
    let source_patient_id = object.required_slot("sourcePatientId", PatientId::parse);
    let source_patient_info = object.parsed_slot_values("sourcePatientInfo", pid_field);
    let uri = object.slot("URI", |uri| Ok::<_, Infallible>(uri.to_owned()));
    let title = object.title();
    let comments = object.comments();
    let authors = object.authors(scheme::AUTHOR);
    let class_code = object.code("classCode", scheme::CLASS_CODE);
    let confidentiality_codes =
        object.required_codes("confidentialityCode", scheme::CONFIDENTIALITY_CODE);
    let event_codes = object.codes("eventCodeList", scheme::EVENT_CODE);
    let format_code = object.code("formatCode", scheme::FORMAT_CODE);
    let healthcare_facility_type_code =
        object.code("healthcareFacilityTypeCode", scheme::HEALTHCARE_FACILITY_TYPE_CODE);
    let practice_setting_code = object.code("practiceSettingCode", scheme::PRACTICE_SETTING_CODE);
    let type_code = object.code("typeCode", scheme::TYPE_CODE);
    let patient_id = object.identifier("patientId", scheme::PATIENT_ID, PatientId::parse);
    let unique_id = object.identifier("uniqueId", scheme::UNIQUE_ID, UniqueId::parse);
    let extra = object.finish()?;
    Some(DocumentEntry {
        id: id?,
        logical_id,
        home,
        entry_type: entry_type?,
        mime_type: mime_type?,
        patient_id: patient_id?,
        unique_id: unique_id?,
        creation_time,
        service_start_time,
        service_stop_time,
        language_code: language_code?,
        source_patient_id: source_patient_id?,
        source_patient_info,
        legal_authenticator,
        repository_unique_id,
        hash,
        size,
        uri,
        title,
        comments,
        authors,
        class_code: class_code?,
        type_code: type_code?,
        format_code: format_code?,
        healthcare_facility_type_code: healthcare_facility_type_code?,
        practice_setting_code: practice_setting_code?,
        confidentiality_codes,
        event_codes,
        reference_ids,
        extra,
    })
}

/// A value of sourcePatientInfo as it came: one field of the PID segment, `PID-n|…`, ITI TF-3: 4.2.3.2.23.
fn pid_field(value: &str) -> Result<String, NoPidField> {
    let field = value.strip_prefix("PID-").and_then(|rest| rest.split_once('|'));
    let number = field.and_then(|(number, _)| number.parse().ok()).ok_or(NoPidField)?;
    if PID_FIELDS.contains(&number) { Ok(value.to_owned()) } else { Err(NoPidField) }
}

/// Fields of PID up to HL7 v2.5.
const PID_FIELDS: RangeInclusive<u8> = 1..=39;

struct NoPidField;

/// Writes an entry; `status` is that of a registered one.
pub(crate) fn write(
    entry: &DocumentEntry,
    status: Option<AvailabilityStatus>,
    writer: &mut Writer,
    ids: &mut PartIds,
) {
    let home = entry.home.as_ref();
    let head = Head { id: &entry.id, logical_id: entry.logical_id, home, status };
    let specific = [("objectType", entry.entry_type.urn()), ("mimeType", entry.mime_type.as_str())];
    let mut object = ObjectWriter::start(writer, ids, "rim:ExtrinsicObject", head, &specific);
    write_slots(entry, object.xml());
    object.texts(entry.title.as_ref(), entry.comments.as_ref());
    for value in &entry.authors {
        author::write(&mut object, scheme::AUTHOR, value);
    }
    code::write(&mut object, scheme::CLASS_CODE, &entry.class_code);
    for value in &entry.confidentiality_codes {
        code::write(&mut object, scheme::CONFIDENTIALITY_CODE, value);
    }
    for value in &entry.event_codes {
        code::write(&mut object, scheme::EVENT_CODE, value);
    }
    code::write(&mut object, scheme::FORMAT_CODE, &entry.format_code);
    let facility = &entry.healthcare_facility_type_code;
    code::write(&mut object, scheme::HEALTHCARE_FACILITY_TYPE_CODE, facility);
    code::write(&mut object, scheme::PRACTICE_SETTING_CODE, &entry.practice_setting_code);
    code::write(&mut object, scheme::TYPE_CODE, &entry.type_code);
    let patient_id = entry.patient_id.value.to_cx();
    let name = "XDSDocumentEntry.patientId";
    object.identifier(scheme::PATIENT_ID, name, &entry.patient_id, &patient_id);
    let unique_id = entry.unique_id.value.as_str();
    let name = "XDSDocumentEntry.uniqueId";
    object.identifier(scheme::UNIQUE_ID, name, &entry.unique_id, unique_id);
    object.end();
}

fn write_slots(entry: &DocumentEntry, xml: &mut Writer) {
    slots::write(xml, "creationTime", entry.creation_time.as_ref().map(Dtm::as_str));
    slots::write(xml, "hash", entry.hash.map(|hash| hash.to_string()));
    slots::write(xml, "languageCode", [entry.language_code.as_str()]);
    slots::write(xml, "legalAuthenticator", entry.legal_authenticator.as_ref().map(Xcn::as_str));
    slots::write(xml, REFERENCE_ID_LIST, entry.reference_ids.iter().map(ReferenceId::as_str));
    let repository = entry.repository_unique_id.as_ref().map(RepositoryUniqueId::as_str);
    slots::write(xml, "repositoryUniqueId", repository);
    slots::write(xml, "serviceStartTime", entry.service_start_time.as_ref().map(Dtm::as_str));
    slots::write(xml, "serviceStopTime", entry.service_stop_time.as_ref().map(Dtm::as_str));
    slots::write(xml, "size", entry.size.map(|size| size.to_string()));
    slots::write(xml, "sourcePatientId", [entry.source_patient_id.to_cx()]);
    slots::write(xml, "sourcePatientInfo", &entry.source_patient_info);
    slots::write(xml, "URI", entry.uri.as_deref());
    slots::write_extra(xml, &entry.extra);
}

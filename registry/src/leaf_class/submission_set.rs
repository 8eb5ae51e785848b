//! `RegistryPackage` of a SubmissionSet, ITI TF-3: 4.2.5.1.

use xds::ObjectKind;

use super::{
    IdentifierTemplate, RenderContext, StoredObject, VERSION_INFO, push_authors, push_code,
    push_extra_slots, push_identifier, push_list_slot, push_localized, push_package_head,
    push_package_marker, push_slot,
};
use crate::record::{Cursor, DamagedRecord};

const MARKER: &str = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd";
const AUTHOR: &str = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d";
const PATIENT_ID: IdentifierTemplate = IdentifierTemplate {
    scheme: "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",
    name: "XDSSubmissionSet.patientId",
};
const SOURCE_ID: IdentifierTemplate = IdentifierTemplate {
    scheme: "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832",
    name: "XDSSubmissionSet.sourceId",
};
const UNIQUE_ID: IdentifierTemplate = IdentifierTemplate {
    scheme: "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8",
    name: "XDSSubmissionSet.uniqueId",
};

pub(super) fn render(
    out: &mut String,
    object: &StoredObject,
    context: RenderContext<'_>,
) -> Result<(), DamagedRecord> {
    let (mut cursor, _, uuid) = Cursor::open(&object.record, ObjectKind::SubmissionSet)?;
    cursor.u64()?; // the sort key of submissionTime, for queries
    let content_type = cursor.u32()?;
    let source_id = cursor.text()?;
    let home = cursor.optional_text()?;
    push_package_head(out, object, &uuid, (uuid, home));
    push_slot(out, "submissionTime", cursor.text()?);
    push_list_slot(out, "intendedRecipient", &mut cursor)?;
    push_extra_slots(out, &mut cursor)?;
    push_localized(out, "Name", &mut cursor)?;
    push_localized(out, "Description", &mut cursor)?;
    out.push_str(VERSION_INFO);
    push_authors(out, AUTHOR, &uuid, &mut cursor)?;
    push_code(out, context.dictionary, &uuid, (content_type, cursor.uuid()?))?;
    push_package_marker(out, MARKER, &uuid, &mut cursor)?;
    push_identifier(out, &PATIENT_ID, &uuid, (cursor.uuid()?, context.patient_id));
    push_identifier(out, &SOURCE_ID, &uuid, (cursor.uuid()?, source_id));
    push_identifier(out, &UNIQUE_ID, &uuid, (cursor.uuid()?, cursor.text()?));
    out.push_str("</RegistryPackage>");
    cursor.finish()
}

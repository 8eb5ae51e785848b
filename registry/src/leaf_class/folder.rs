//! `RegistryPackage` of a Folder, ITI TF-3: 4.2.5.3.

use xds::ObjectKind;

use super::{
    IdentifierTemplate, RenderContext, StoredObject, VERSION_INFO, push_code, push_extra_slots,
    push_identifier, push_localized, push_package_head, push_package_marker, push_slot,
};
use crate::record::{Cursor, DamagedRecord};

const MARKER: &str = "urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2";
const PATIENT_ID: IdentifierTemplate = IdentifierTemplate {
    scheme: "urn:uuid:f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a",
    name: "XDSFolder.patientId",
};
const UNIQUE_ID: IdentifierTemplate = IdentifierTemplate {
    scheme: "urn:uuid:75df8f67-9973-4fbe-a900-df66cefecc5a",
    name: "XDSFolder.uniqueId",
};

pub(super) fn render(
    out: &mut String,
    object: &StoredObject,
    context: RenderContext<'_>,
) -> Result<(), DamagedRecord> {
    let (mut cursor, _, uuid) = Cursor::open(&object.record, ObjectKind::Folder)?;
    let mut codes = Vec::new();
    for _ in 0..cursor.count()? {
        codes.push(cursor.u32()?);
    }
    let logical_id = cursor.uuid()?;
    let home = cursor.optional_text()?;
    push_package_head(out, object, &uuid, (logical_id, home));
    if let Some(time) = &object.last_update_time {
        push_slot(out, "lastUpdateTime", time);
    }
    push_extra_slots(out, &mut cursor)?;
    push_localized(out, "Name", &mut cursor)?;
    push_localized(out, "Description", &mut cursor)?;
    out.push_str(VERSION_INFO);
    for number in codes {
        push_code(out, context.dictionary, &uuid, (number, cursor.uuid()?))?;
    }
    push_package_marker(out, MARKER, &uuid, &mut cursor)?;
    push_identifier(out, &PATIENT_ID, &uuid, (cursor.uuid()?, context.patient_id));
    push_identifier(out, &UNIQUE_ID, &uuid, (cursor.uuid()?, cursor.text()?));
    out.push_str("</RegistryPackage>");
    cursor.finish()
}

//! `ExtrinsicObject` of a DocumentEntry, ITI TF-3: 4.2.5.2.

use super::{
    IdentifierTemplate, RenderContext, StoredObject, VERSION_INFO, push_attribute_uuid,
    push_authors, push_code, push_extra_slots, push_hex, push_home, push_identifier,
    push_list_slot, push_localized, push_optional_slot, push_slot, push_slot_head,
};
use crate::record::entry::{EntryHead, FLAG_HASH, FLAG_LOGICAL_ID, FLAG_SIZE};
use crate::record::{Cursor, DamagedRecord};

const AUTHOR: &str = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d";
const PATIENT_ID: IdentifierTemplate = IdentifierTemplate {
    scheme: "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
    name: "XDSDocumentEntry.patientId",
};
const UNIQUE_ID: IdentifierTemplate = IdentifierTemplate {
    scheme: "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab",
    name: "XDSDocumentEntry.uniqueId",
};

pub(super) fn render(
    out: &mut String,
    object: &StoredObject,
    context: RenderContext<'_>,
) -> Result<(), DamagedRecord> {
    let head = EntryHead::read(&object.record)?;
    let mut cursor = head.body;
    let cursor = &mut cursor;
    push_head(out, object, &head, cursor)?;
    push_slots(out, object, &head, cursor)?;
    push_localized(out, "Name", cursor)?;
    push_localized(out, "Description", cursor)?;
    out.push_str(VERSION_INFO);
    push_authors(out, AUTHOR, &head.uuid, cursor)?;
    let lists = head.confidentiality.iter().chain(head.events.iter());
    for number in head.singles.into_iter().chain(lists) {
        push_code(out, context.dictionary, &head.uuid, (number, cursor.uuid()?))?;
    }
    push_identifier(out, &PATIENT_ID, &head.uuid, (cursor.uuid()?, context.patient_id));
    push_identifier(out, &UNIQUE_ID, &head.uuid, (cursor.uuid()?, cursor.text()?));
    out.push_str("</ExtrinsicObject>");
    cursor.finish()
}

fn push_head(
    out: &mut String,
    object: &StoredObject,
    head: &EntryHead<'_>,
    cursor: &mut Cursor<'_>,
) -> Result<(), DamagedRecord> {
    let logical_id = if head.flags & FLAG_LOGICAL_ID != 0 { cursor.uuid()? } else { head.uuid };
    push_attribute_uuid(out, "<ExtrinsicObject id=\"", &head.uuid);
    push_attribute_uuid(out, "\" lid=\"", &logical_id);
    push_home(out, cursor.optional_text()?);
    out.push_str("\" mimeType=\"");
    out.push_str(cursor.text()?);
    out.push_str("\" status=\"");
    out.push_str(object.status.urn());
    out.push_str("\" objectType=\"");
    let entry_type =
        if head.is_on_demand() { xds::EntryType::OnDemand } else { xds::EntryType::Stable };
    out.push_str(entry_type.urn());
    out.push_str("\">");
    Ok(())
}

fn push_slots(
    out: &mut String,
    object: &StoredObject,
    head: &EntryHead<'_>,
    cursor: &mut Cursor<'_>,
) -> Result<(), DamagedRecord> {
    push_optional_slot(out, "creationTime", cursor)?;
    push_optional_slot(out, "serviceStartTime", cursor)?;
    push_optional_slot(out, "serviceStopTime", cursor)?;
    push_slot(out, "languageCode", cursor.text()?);
    let submitted = cursor.text()?;
    push_slot(out, "sourcePatientId", object.source_patient_id.as_deref().unwrap_or(submitted));
    push_list_slot(out, "sourcePatientInfo", cursor)?;
    if head.flags & FLAG_HASH != 0 {
        push_slot_head(out, "hash");
        out.push_str("<Value>");
        for byte in cursor.hash()? {
            push_hex(out, byte);
        }
        out.push_str("</Value>");
        out.push_str(super::SLOT_TAIL);
    }
    if head.flags & FLAG_SIZE != 0 {
        push_slot(out, "size", &cursor.varint()?.to_string());
    }
    push_optional_slot(out, "repositoryUniqueId", cursor)?;
    push_optional_slot(out, "URI", cursor)?;
    push_optional_slot(out, "legalAuthenticator", cursor)?;
    push_list_slot(out, "urn:ihe:iti:xds:2013:referenceIdList", cursor)?;
    push_extra_slots(out, cursor)
}

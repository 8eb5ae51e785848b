//! `Association`, ITI TF-3: 4.2.2.

use xds::{AssociationType, ObjectKind, SubmissionSetStatus};

use super::{
    RenderContext, StoredObject, push_attribute_uuid, push_code, push_extra_slots, push_home,
    push_slot,
};
use crate::record::association::{FLAG_DOCUMENTATION, FLAG_ORIGINAL, FLAG_REFERENCE};
use crate::record::{Cursor, DamagedRecord};

pub(super) fn render(
    out: &mut String,
    object: &StoredObject,
    context: RenderContext<'_>,
) -> Result<(), DamagedRecord> {
    let (mut cursor, flags, uuid) = Cursor::open(&object.record, ObjectKind::Association)?;
    let kind = AssociationType::from_number(cursor.byte()?).ok_or(DamagedRecord)?;
    push_attribute_uuid(out, "<Association id=\"", &uuid);
    push_attribute_uuid(out, "\" lid=\"", &uuid);
    out.push_str("\" associationType=\"");
    out.push_str(kind.urn());
    push_attribute_uuid(out, "\" sourceObject=\"", &cursor.uuid()?);
    push_attribute_uuid(out, "\" targetObject=\"", &cursor.uuid()?);
    push_home(out, cursor.optional_text()?);
    out.push_str("\" status=\"");
    out.push_str(object.status.urn());
    out.push_str(
        "\" objectType=\"urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Association\">",
    );
    for (flag, status) in [
        (FLAG_ORIGINAL, SubmissionSetStatus::Original),
        (FLAG_REFERENCE, SubmissionSetStatus::Reference),
    ] {
        if flags & flag != 0 {
            push_slot(out, "SubmissionSetStatus", status.as_str());
        }
    }
    push_extra_slots(out, &mut cursor)?;
    if flags & FLAG_DOCUMENTATION != 0 {
        let number = cursor.u32()?;
        push_code(out, context.dictionary, &uuid, (number, cursor.uuid()?))?;
    }
    out.push_str("</Association>");
    cursor.finish()
}

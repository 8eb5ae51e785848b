//! The record of an Association, in ebRIM order.

use datatypes::EntryUuid;
use xds::{Association, ObjectKind};

use super::RecordWriter;
use crate::dictionary::{CodeAttribute, CodeNumbers};

/// The set's member came with the submission.
pub const FLAG_ORIGINAL: u8 = 1;
/// The set's member had been registered before.
pub const FLAG_REFERENCE: u8 = 2;
/// A documentation code is there.
pub const FLAG_DOCUMENTATION: u8 = 4;

/// An association whose ids are final.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    pub uuid: EntryUuid,
    pub source: EntryUuid,
    pub target: EntryUuid,
}

/// Writes the record of an association whose documentation code, if any, has its number.
pub fn encode(association: &Association, ends: Ends, codes: &CodeNumbers) -> Vec<u8> {
    let mut flags = match association.submission_set_status {
        None => 0,
        Some(xds::SubmissionSetStatus::Original) => FLAG_ORIGINAL,
        Some(xds::SubmissionSetStatus::Reference) => FLAG_REFERENCE,
    };
    if association.documentation.is_some() {
        flags |= FLAG_DOCUMENTATION;
    }
    let mut writer = RecordWriter::new(ObjectKind::Association, flags, ends.uuid);
    writer.byte(association.kind.number());
    writer.uuid(ends.source);
    writer.uuid(ends.target);
    writer.optional_text(association.home.as_ref().map(|home| home.as_urn()).as_deref());
    writer.slots(&association.extra);
    if let Some(documentation) = &association.documentation {
        writer.u32(codes.number(CodeAttribute::AssociationDocumentation, &documentation.value));
        writer.sub_object(documentation.id);
    }
    writer.finish()
}

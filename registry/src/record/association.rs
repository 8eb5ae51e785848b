//! The record of an Association, in ebRIM order.

use datatypes::EntryUuid;
use xds::{Association, AssociationType, ObjectKind};

use super::{Cursor, DamagedRecord, RecordWriter};
use crate::dictionary::{CodeAttribute, CodeNumbers};

/// The set's member came with the submission.
pub const FLAG_ORIGINAL: u8 = 1;
/// The set's member had been registered before.
pub const FLAG_REFERENCE: u8 = 2;
/// A documentation code is there.
pub const FLAG_DOCUMENTATION: u8 = 4;
/// The member that was included by reference was another patient's document then.
pub const FLAG_FOREIGN: u8 = 8;

/// An association whose ids are final.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    pub uuid: EntryUuid,
    pub source: EntryUuid,
    pub target: EntryUuid,
}

/// Writes the record of an association whose documentation code, if any, has its number.
pub fn encode(association: &Association, ends: Ends, codes: &CodeNumbers) -> Vec<u8> {
    write(association, ends, 0, codes)
}

/// As [`encode`], for a reference to a document of another patient.
pub fn encode_foreign(association: &Association, ends: Ends, codes: &CodeNumbers) -> Vec<u8> {
    write(association, ends, FLAG_FOREIGN, codes)
}

fn write(association: &Association, ends: Ends, flags: u8, codes: &CodeNumbers) -> Vec<u8> {
    let mut flags = flags
        | match association.submission_set_status {
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

/// What queries look at in an association.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssociationHead {
    pub kind: AssociationType,
    pub source: EntryUuid,
    pub target: EntryUuid,
    /// A SubmissionSet's member that had been registered before.
    pub is_reference: bool,
    /// Such a member that was another patient's document then.
    pub is_foreign: bool,
}

impl AssociationHead {
    /// # Errors
    /// [`DamagedRecord`].
    pub fn read(record: &[u8]) -> Result<AssociationHead, DamagedRecord> {
        let (mut cursor, flags, _) = Cursor::open(record, ObjectKind::Association)?;
        let kind = AssociationType::from_number(cursor.byte()?).ok_or(DamagedRecord)?;
        Ok(AssociationHead {
            kind,
            source: cursor.uuid()?,
            target: cursor.uuid()?,
            is_reference: flags & FLAG_REFERENCE != 0,
            is_foreign: flags & FLAG_FOREIGN != 0,
        })
    }
}

/// The number of the documentation code, if there is one.
///
/// # Errors
/// [`DamagedRecord`].
pub fn documentation(record: &[u8]) -> Result<Option<u32>, DamagedRecord> {
    let (mut cursor, flags, _) = Cursor::open(record, ObjectKind::Association)?;
    if flags & FLAG_DOCUMENTATION == 0 {
        return Ok(None);
    }
    cursor.byte()?; // type
    cursor.uuid()?; // source
    cursor.uuid()?; // target
    cursor.optional_text()?; // home
    cursor.skip_slots()?;
    cursor.u32().map(Some)
}

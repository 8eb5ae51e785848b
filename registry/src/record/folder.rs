//! The record of a Folder, in ebRIM order; its lastUpdateTime changes and stands in a column.

use datatypes::EntryUuid;
use xds::{Folder, ObjectKind};

use super::{Cursor, DamagedRecord, RecordWriter};
use crate::dictionary::{CodeAttribute, CodeNumbers};

/// Writes the record of a folder that has its final UUID and whose codes have their numbers.
pub fn encode(folder: &Folder, uuid: EntryUuid, codes: &CodeNumbers) -> Vec<u8> {
    let mut writer = RecordWriter::new(ObjectKind::Folder, 0, uuid);
    writer.count(folder.codes.len());
    for code in &folder.codes {
        writer.u32(codes.number(CodeAttribute::FolderCodeList, &code.value));
    }
    let logical_id = folder.logical_id.unwrap_or(uuid);
    writer.uuid(logical_id);
    writer.optional_text(folder.home.as_ref().map(|home| home.as_urn()).as_deref());
    writer.slots(&folder.extra);
    writer.localized(Some(&folder.title));
    writer.localized(folder.comments.as_ref());
    for code in &folder.codes {
        writer.sub_object(code.id);
    }
    writer.sub_object(None); // the Classification that marks the package as a Folder
    writer.sub_object(folder.patient_id.id);
    writer.sub_object(folder.unique_id.id);
    writer.text(folder.unique_id.value.as_str());
    writer.finish()
}

/// Numbers of the folder's codes.
///
/// # Errors
/// [`DamagedRecord`].
pub fn codes(record: &[u8]) -> Result<Vec<u32>, DamagedRecord> {
    let (mut cursor, _, _) = Cursor::open(record, ObjectKind::Folder)?;
    let count = cursor.count()?;
    (0..count).map(|_| cursor.u32()).collect()
}

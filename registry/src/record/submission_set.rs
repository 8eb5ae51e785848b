//! The record of a SubmissionSet, in ebRIM order.

use datatypes::EntryUuid;
use xds::{ObjectKind, SubmissionSet};

use super::{Cursor, DamagedRecord, RecordWriter, author};
use crate::dictionary::{CodeAttribute, CodeNumbers};

/// Writes the record of a set that has its final UUID and whose code has its number.
pub fn encode(set: &SubmissionSet, uuid: EntryUuid, codes: &CodeNumbers) -> Vec<u8> {
    let mut writer = RecordWriter::new(ObjectKind::SubmissionSet, 0, uuid);
    writer.u64(set.submission_time.sort_key());
    writer.u32(codes.number(CodeAttribute::ContentType, &set.content_type_code.value));
    writer.text(set.source_id.value.as_str());
    writer.optional_text(set.home.as_ref().map(|home| home.as_urn()).as_deref());
    writer.text(set.submission_time.as_str());
    writer.texts(set.intended_recipients.iter().map(String::as_str));
    writer.slots(&set.extra);
    writer.localized(set.title.as_ref());
    writer.localized(set.comments.as_ref());
    author::write(&mut writer, &set.authors);
    writer.sub_object(set.content_type_code.id);
    writer.sub_object(None); // the Classification that marks the package as a SubmissionSet
    writer.sub_object(set.patient_id.id);
    writer.sub_object(set.source_id.id);
    writer.sub_object(set.unique_id.id);
    writer.text(set.unique_id.value.as_str());
    writer.finish()
}

/// What queries filter by, and where the authors are found.
#[derive(Clone, Copy, Debug)]
pub struct SubmissionSetHead<'a> {
    /// Sort key of [`datatypes::Dtm`].
    pub submission_time: u64,
    pub content_type: u32,
    /// XML-escaped, as stored; an OID holds nothing to escape.
    pub source_id: &'a str,
    rest: Cursor<'a>,
}

impl<'a> SubmissionSetHead<'a> {
    /// # Errors
    /// [`DamagedRecord`].
    pub fn read(record: &'a [u8]) -> Result<SubmissionSetHead<'a>, DamagedRecord> {
        let (mut cursor, _, _) = Cursor::open(record, ObjectKind::SubmissionSet)?;
        let submission_time = cursor.u64()?;
        let content_type = cursor.u32()?;
        let source_id = cursor.text()?;
        Ok(SubmissionSetHead { submission_time, content_type, source_id, rest: cursor })
    }

    /// Cursor at the list of authors.
    ///
    /// # Errors
    /// [`DamagedRecord`].
    pub(crate) fn authors(&self) -> Result<Cursor<'a>, DamagedRecord> {
        let mut cursor = self.rest;
        cursor.optional_text()?; // home
        cursor.text()?; // submissionTime
        cursor.skip_texts()?; // intendedRecipient
        cursor.skip_slots()?;
        for _ in 0..2 {
            cursor.skip_localized()?; // title and comments
        }
        Ok(cursor)
    }
}

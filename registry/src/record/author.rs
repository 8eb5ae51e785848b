//! The authors of a DocumentEntry or a SubmissionSet inside a record.

use xds::Author;

use super::{Cursor, DamagedRecord, RecordWriter};

/// Writes the list of authors: for each its Classification id, five lists of texts, extra slots.
pub(crate) fn write(writer: &mut RecordWriter, authors: &[Author]) {
    writer.count(authors.len());
    for author in authors {
        writer.sub_object(author.id);
        writer.texts(author.persons.iter().map(datatypes::Xcn::as_str));
        writer.texts(author.institutions.iter().map(datatypes::Xon::as_str));
        writer.texts(author.roles.iter().map(String::as_str));
        writer.texts(author.specialties.iter().map(String::as_str));
        writer.texts(author.telecommunications.iter().map(datatypes::Xtn::as_str));
        writer.slots(&author.extra);
    }
}

/// Whether any authorPerson, as stored (XML-escaped), satisfies `wanted`.
///
/// # Errors
/// [`DamagedRecord`].
pub(crate) fn any_person(
    mut cursor: Cursor<'_>,
    wanted: impl Fn(&str) -> bool,
) -> Result<bool, DamagedRecord> {
    for _ in 0..cursor.count()? {
        cursor.uuid()?;
        for _ in 0..cursor.count()? {
            if wanted(cursor.text()?) {
                return Ok(true);
            }
        }
        for _ in 0..4 {
            cursor.skip_texts()?;
        }
        cursor.skip_slots()?;
    }
    Ok(false)
}

//! LeafClass answers: ebRIM XML from compact records by constant templates.
//!
//! This is the hot end of ITI-18: one walk over the record, no XML writer and no objects on the way. The
//! fragments use the default namespace, which the enclosing `RegistryObjectList` declares as ebRIM's. That
//! what is rendered here reads back as what was submitted is a property test against the `ebxml` readers;
//! that it is schema-valid is another.

mod association;
mod entry;
mod folder;
mod submission_set;

use std::collections::BTreeSet;

use bytes::Bytes;
use xds::{AvailabilityStatus, ObjectKind};

use crate::dictionary::Dictionary;
use crate::record::{self, Cursor, DamagedRecord};

/// A registry object as the store hands it out.
#[derive(Clone, Debug)]
pub struct StoredObject {
    /// `patient_no << 20 | seq`: where the object is stored.
    pub key: i64,
    /// Number of the patient to whom the object belongs now.
    pub owner_no: i64,
    pub status: AvailabilityStatus,
    /// Folders only: DTM of 14 digits.
    pub last_update_time: Option<String>,
    /// DocumentEntries: the sourcePatientId to be shown if not the record's, XML-escaped.
    pub source_patient_id: Option<Box<str>>,
    /// Shared by everybody who holds the object.
    pub record: Bytes,
}

/// The numbers of the patients to whom these objects belong, each once.
pub fn owners(objects: &[StoredObject]) -> BTreeSet<i64> {
    objects.iter().map(|object| object.owner_no).collect()
}

/// What an answer needs beside the record.
#[derive(Clone, Copy, Debug)]
pub struct RenderContext<'a> {
    pub dictionary: &'a Dictionary,
    /// The patient's id as answers show it, XML-escaped.
    pub patient_id: &'a str,
}

/// Appends one object to the answer.
///
/// # Errors
/// [`DamagedRecord`]; `out` then holds a partial object and must be thrown away.
pub fn render(
    out: &mut String,
    object: &StoredObject,
    context: RenderContext<'_>,
) -> Result<(), DamagedRecord> {
    match record::kind(&object.record)? {
        ObjectKind::DocumentEntry => entry::render(out, object, context),
        ObjectKind::SubmissionSet => submission_set::render(out, object, context),
        ObjectKind::Folder => folder::render(out, object, context),
        ObjectKind::Association => association::render(out, object, context),
    }
}

/// Appends an ObjectRef to the object; without `home`, which only a gateway needs (ITI TF-2: 3.18.4.1.2.6).
///
/// # Errors
/// [`DamagedRecord`].
pub fn render_object_ref(out: &mut String, object: &StoredObject) -> Result<(), DamagedRecord> {
    let (_, _, uuid) = Cursor::open(&object.record, record::kind(&object.record)?)?;
    out.push_str("<ObjectRef id=\"");
    push_uuid(out, &uuid);
    out.push_str("\"/>");
    Ok(())
}

/// Pairs of hexadecimal digits, one pair a byte value.
const HEX: [[u8; 2]; 256] = hex_table();

#[expect(clippy::indexing_slicing, reason = "a constant table, evaluated by the compiler")]
const fn hex_table() -> [[u8; 2]; 256] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut table = [[0; 2]; 256];
    let mut value = 0;
    while value < 256 {
        table[value] = [DIGITS[value >> 4], DIGITS[value & 15]];
        value += 1;
    }
    table
}

fn push_hex(out: &mut String, byte: u8) {
    if let Some([high, low]) = HEX.get(usize::from(byte)) {
        out.push(char::from(*high));
        out.push(char::from(*low));
    }
}

/// Appends `urn:uuid:…` in lower case, as ITI TF-3: Table 4.2.3.1.7-2 wants it.
fn push_uuid(out: &mut String, uuid: &datatypes::EntryUuid) {
    out.push_str("urn:uuid:");
    for (place, byte) in uuid.as_bytes().iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        push_hex(out, *byte);
    }
}

fn push_attribute_uuid(out: &mut String, before: &str, uuid: &datatypes::EntryUuid) {
    out.push_str(before);
    push_uuid(out, uuid);
}

/// `<Slot>` with one value that is already escaped.
fn push_slot(out: &mut String, name: &str, value: &str) {
    push_slot_head(out, name);
    push_slot_value(out, value);
    out.push_str(SLOT_TAIL);
}

const SLOT_TAIL: &str = "</ValueList></Slot>";

fn push_slot_head(out: &mut String, name: &str) {
    out.push_str("<Slot name=\"");
    out.push_str(name);
    out.push_str("\"><ValueList>");
}

fn push_slot_value(out: &mut String, value: &str) {
    out.push_str("<Value>");
    out.push_str(value);
    out.push_str("</Value>");
}

/// A list of texts as one slot; nothing for an empty list.
fn push_list_slot(
    out: &mut String,
    name: &str,
    cursor: &mut Cursor<'_>,
) -> Result<(), DamagedRecord> {
    let count = cursor.count()?;
    if count == 0 {
        return Ok(());
    }
    push_slot_head(out, name);
    for _ in 0..count {
        push_slot_value(out, cursor.text()?);
    }
    out.push_str(SLOT_TAIL);
    Ok(())
}

fn push_optional_slot(
    out: &mut String,
    name: &str,
    cursor: &mut Cursor<'_>,
) -> Result<(), DamagedRecord> {
    if let Some(value) = cursor.optional_text()? {
        push_slot(out, name, value);
    }
    Ok(())
}

/// Slots without an attribute of their own, as submitted.
fn push_extra_slots(out: &mut String, cursor: &mut Cursor<'_>) -> Result<(), DamagedRecord> {
    for _ in 0..cursor.count()? {
        push_slot_head(out, cursor.text()?);
        for _ in 0..cursor.count()? {
            push_slot_value(out, cursor.text()?);
        }
        out.push_str(SLOT_TAIL);
    }
    Ok(())
}

/// `Name` or `Description`, if the record has the text.
fn push_localized(
    out: &mut String,
    element: &str,
    cursor: &mut Cursor<'_>,
) -> Result<(), DamagedRecord> {
    let Some(value) = cursor.optional_text()? else { return Ok(()) };
    let lang = cursor.optional_text()?;
    out.push('<');
    out.push_str(element);
    out.push_str("><LocalizedString");
    if let Some(lang) = lang {
        out.push_str(" xml:lang=\"");
        out.push_str(lang);
        out.push('"');
    }
    out.push_str(" value=\"");
    out.push_str(value);
    out.push_str("\"/></");
    out.push_str(element);
    out.push('>');
    Ok(())
}

/// The first version of every object is 1 until metadata update makes others (ITI TF-3: 4.2.3.2.31).
const VERSION_INFO: &str = "<VersionInfo versionName=\"1\"/>";

/// Classifications that carry authors, ITI TF-3: 4.2.3.1.4.
fn push_authors(
    out: &mut String,
    scheme: &str,
    object: &datatypes::EntryUuid,
    cursor: &mut Cursor<'_>,
) -> Result<(), DamagedRecord> {
    for _ in 0..cursor.count()? {
        push_attribute_uuid(out, "<Classification id=\"", &cursor.uuid()?);
        push_attribute_uuid(out, "\" classifiedObject=\"", object);
        out.push_str("\" classificationScheme=\"");
        out.push_str(scheme);
        out.push_str(
            "\" nodeRepresentation=\"\" \
             objectType=\"urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Classification\">",
        );
        for name in [
            "authorPerson",
            "authorInstitution",
            "authorRole",
            "authorSpecialty",
            "authorTelecommunication",
        ] {
            push_list_slot(out, name, cursor)?;
        }
        push_extra_slots(out, cursor)?;
        out.push_str("</Classification>");
    }
    Ok(())
}

/// A coded Classification: its ids, then the tail that the dictionary rendered once.
fn push_code(
    out: &mut String,
    dictionary: &Dictionary,
    object: &datatypes::EntryUuid,
    code: (u32, datatypes::EntryUuid),
) -> Result<(), DamagedRecord> {
    let (number, id) = code;
    let tail = dictionary.tail(number).ok_or(DamagedRecord)?;
    push_attribute_uuid(out, "<Classification id=\"", &id);
    push_attribute_uuid(out, "\" classifiedObject=\"", object);
    out.push_str(tail);
    Ok(())
}

/// The Classification that says what a RegistryPackage is, ITI TF-3: 4.2.1.
fn push_package_marker(
    out: &mut String,
    node: &str,
    object: &datatypes::EntryUuid,
    cursor: &mut Cursor<'_>,
) -> Result<(), DamagedRecord> {
    push_attribute_uuid(out, "<Classification id=\"", &cursor.uuid()?);
    push_attribute_uuid(out, "\" classifiedObject=\"", object);
    out.push_str("\" classificationNode=\"");
    out.push_str(node);
    out.push_str(
        "\" objectType=\"urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Classification\"/>",
    );
    Ok(())
}

/// What tells one ExternalIdentifier of an object from another, ITI TF-3: 4.2.3.1.3.
struct IdentifierTemplate {
    scheme: &'static str,
    name: &'static str,
}

fn push_identifier(
    out: &mut String,
    template: &IdentifierTemplate,
    object: &datatypes::EntryUuid,
    identifier: (datatypes::EntryUuid, &str),
) {
    let (id, value) = identifier;
    push_attribute_uuid(out, "<ExternalIdentifier id=\"", &id);
    push_attribute_uuid(out, "\" registryObject=\"", object);
    out.push_str("\" identificationScheme=\"");
    out.push_str(template.scheme);
    out.push_str("\" value=\"");
    out.push_str(value);
    out.push_str(
        "\" objectType=\"urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:ExternalIdentifier\">\
         <Name><LocalizedString value=\"",
    );
    out.push_str(template.name);
    out.push_str("\"/></Name></ExternalIdentifier>");
}

/// `home="…"`, if the object has one.
fn push_home(out: &mut String, home: Option<&str>) {
    if let Some(home) = home {
        out.push_str("\" home=\"");
        out.push_str(home);
    }
}

/// The start of a RegistryPackage up to the end of its tag.
fn push_package_head(
    out: &mut String,
    object: &StoredObject,
    uuid: &datatypes::EntryUuid,
    ids: (datatypes::EntryUuid, Option<&str>),
) {
    let (logical_id, home) = ids;
    push_attribute_uuid(out, "<RegistryPackage id=\"", uuid);
    push_attribute_uuid(out, "\" lid=\"", &logical_id);
    push_home(out, home);
    out.push_str("\" status=\"");
    out.push_str(object.status.urn());
    out.push_str(
        "\" objectType=\"urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:RegistryPackage\">",
    );
}

//! The compact binary record: one registry object, about 1 KB, ready to be rendered.
//!
//! A record holds what never changes of an object. What does change stands in typed columns beside it
//! (availabilityStatus, a folder's lastUpdateTime) or is resolved when an answer is made (patientId).
//!
//! Texts are stored XML-escaped, codes as numbers of the [`crate::dictionary`], UUIDs as 16 bytes, and the
//! fields of the body stand in the order in which ebRIM wants them, so that an answer is rendered by one
//! walk from front to back (`leaf_class`) without building an object first. In front of the body of a
//! DocumentEntry stands what queries filter by (`record::entry::EntryHead`).
//!
//! Layout: `version: u8, kind: u8, flags: u8, uuid: [u8; 16]`, then the fields of the kind. Numbers are
//! little-endian; lengths and counts are LEB128. A record of an unknown version is refused, never guessed.

pub mod association;
pub mod author;
pub mod entry;
pub mod folder;
pub mod submission_set;

use bytes::Bytes;
use datatypes::EntryUuid;
use xds::{LocalizedText, ObjectKind, Slot};

pub use association::AssociationHead;

/// The only version so far. A new one must keep reading this one.
const VERSION: u8 = 1;

/// Version, kind, flags and UUID.
const HEAD_BYTES: usize = 19;

/// A record that cannot be read: damaged at rest or written by a newer version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored object record is damaged or of a newer version")]
pub struct DamagedRecord;

/// The number of a kind in records and in the column `kind`.
pub const fn kind_number(kind: ObjectKind) -> u8 {
    match kind {
        ObjectKind::DocumentEntry => 1,
        ObjectKind::SubmissionSet => 2,
        ObjectKind::Folder => 3,
        ObjectKind::Association => 4,
    }
}

/// The kind of a record, from its second byte.
///
/// # Errors
/// [`DamagedRecord`] for an unknown version or kind.
pub fn kind(record: &[u8]) -> Result<ObjectKind, DamagedRecord> {
    let mut cursor = Cursor::new(record);
    if cursor.byte()? != VERSION {
        return Err(DamagedRecord);
    }
    let number = cursor.byte()?;
    [
        ObjectKind::DocumentEntry,
        ObjectKind::SubmissionSet,
        ObjectKind::Folder,
        ObjectKind::Association,
    ]
    .into_iter()
    .find(|kind| kind_number(*kind) == number)
    .ok_or(DamagedRecord)
}

/// The id of an object.
///
/// # Errors
/// [`DamagedRecord`].
pub fn uuid(record: &[u8]) -> Result<EntryUuid, DamagedRecord> {
    Cursor::open(record, kind(record)?).map(|(_, _, uuid)| uuid)
}

/// The first bytes of a record: all that an ObjectRef is rendered from.
///
/// # Errors
/// [`DamagedRecord`].
pub fn reference(record: &[u8]) -> Result<Bytes, DamagedRecord> {
    Cursor::new(record).take(HEAD_BYTES).map(Bytes::copy_from_slice)
}

/// Calls `each` with the number of every code of an object.
///
/// # Errors
/// [`DamagedRecord`].
pub fn for_each_code(record: &[u8], mut each: impl FnMut(u32)) -> Result<(), DamagedRecord> {
    match kind(record)? {
        ObjectKind::DocumentEntry => {
            let head = entry::EntryHead::read(record)?;
            let lists = head.confidentiality.iter().chain(head.events.iter());
            head.singles.into_iter().chain(lists).for_each(each);
        }
        ObjectKind::SubmissionSet => {
            each(submission_set::SubmissionSetHead::read(record)?.content_type)
        }
        ObjectKind::Folder => folder::codes(record)?.into_iter().for_each(each),
        ObjectKind::Association => {
            if let Some(number) = association::documentation(record)? {
                each(number);
            }
        }
    }
    Ok(())
}

/// Appends the fields of a record in their order.
#[derive(Debug)]
pub(crate) struct RecordWriter {
    bytes: Vec<u8>,
}

impl RecordWriter {
    /// Starts a record with its fixed first 19 bytes.
    pub(crate) fn new(kind: ObjectKind, flags: u8, uuid: EntryUuid) -> RecordWriter {
        let mut writer = RecordWriter { bytes: Vec::with_capacity(1024) };
        writer.bytes.extend([VERSION, kind_number(kind), flags]);
        writer.uuid(uuid);
        writer
    }

    /// The finished record.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn uuid(&mut self, uuid: EntryUuid) {
        self.bytes.extend(uuid.as_bytes());
    }

    /// The id of a sub-object: as submitted, or a fresh one where the submission had none.
    pub(crate) fn sub_object(&mut self, id: Option<EntryUuid>) {
        self.uuid(id.unwrap_or_else(EntryUuid::generate));
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(crate) fn u32(&mut self, number: u32) {
        self.bytes.extend(number.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, number: u64) {
        self.bytes.extend(number.to_le_bytes());
    }

    /// LEB128: seven bits a byte, lowest first.
    pub(crate) fn varint(&mut self, number: u64) {
        let mut rest = number;
        loop {
            let [low, ..] = rest.to_le_bytes();
            rest >>= 7;
            if rest == 0 {
                return self.bytes.push(low & 0x7f);
            }
            self.bytes.push(low | 0x80);
        }
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.varint(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// A text, XML-escaped for use in attributes and in content.
    pub(crate) fn text(&mut self, text: &str) {
        let escaped = xml::escape_attribute(text);
        self.count(escaped.len());
        self.bytes.extend(escaped.as_bytes());
    }

    /// `0`, or `1` and the text.
    pub(crate) fn optional_text(&mut self, text: Option<&str>) {
        match text {
            None => self.byte(0),
            Some(text) => {
                self.byte(1);
                self.text(text);
            }
        }
    }

    pub(crate) fn localized(&mut self, text: Option<&LocalizedText>) {
        self.optional_text(text.map(|text| text.value.as_str()));
        if let Some(text) = text {
            self.optional_text(text.lang.as_deref());
        }
    }

    pub(crate) fn texts<'a>(&mut self, texts: impl ExactSizeIterator<Item = &'a str>) {
        self.count(texts.len());
        for text in texts {
            self.text(text);
        }
    }

    pub(crate) fn slots(&mut self, slots: &[Slot]) {
        self.count(slots.len());
        for slot in slots {
            self.text(&slot.name);
            self.texts(slot.values.iter().map(String::as_str));
        }
    }
}

/// Reads the fields of a record in their order; every read checks that the bytes are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: bytes }
    }

    /// Skips the first bytes of a record and gives its flags and its UUID.
    ///
    /// # Errors
    /// [`DamagedRecord`] if the record is of another kind or version.
    pub(crate) fn open(
        record: &'a [u8],
        kind: ObjectKind,
    ) -> Result<(Cursor<'a>, u8, EntryUuid), DamagedRecord> {
        let mut cursor = Cursor::new(record);
        if cursor.byte()? != VERSION || cursor.byte()? != kind_number(kind) {
            return Err(DamagedRecord);
        }
        let flags = cursor.byte()?;
        let uuid = cursor.uuid()?;
        Ok((cursor, flags, uuid))
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], DamagedRecord> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(DamagedRecord)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DamagedRecord> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(DamagedRecord)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DamagedRecord> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn uuid(&mut self) -> Result<EntryUuid, DamagedRecord> {
        self.array().map(EntryUuid::from_bytes)
    }

    pub(crate) fn hash(&mut self) -> Result<[u8; 20], DamagedRecord> {
        self.array()
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DamagedRecord> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, DamagedRecord> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn varint(&mut self) -> Result<u64, DamagedRecord> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(DamagedRecord)
    }

    pub(crate) fn count(&mut self) -> Result<usize, DamagedRecord> {
        usize::try_from(self.varint()?).ok().ok_or(DamagedRecord)
    }

    /// A text as stored: XML-escaped.
    pub(crate) fn text(&mut self) -> Result<&'a str, DamagedRecord> {
        let length = self.count()?;
        std::str::from_utf8(self.take(length)?).ok().ok_or(DamagedRecord)
    }

    pub(crate) fn optional_text(&mut self) -> Result<Option<&'a str>, DamagedRecord> {
        match self.byte()? {
            0 => Ok(None),
            1 => self.text().map(Some),
            _ => Err(DamagedRecord),
        }
    }

    /// Passes over a list of texts.
    pub(crate) fn skip_texts(&mut self) -> Result<(), DamagedRecord> {
        for _ in 0..self.count()? {
            self.text()?;
        }
        Ok(())
    }

    /// Passes over a localized text with its language.
    pub(crate) fn skip_localized(&mut self) -> Result<(), DamagedRecord> {
        if self.optional_text()?.is_some() {
            self.optional_text()?;
        }
        Ok(())
    }

    /// Passes over a list of slots.
    pub(crate) fn skip_slots(&mut self) -> Result<(), DamagedRecord> {
        for _ in 0..self.count()? {
            self.text()?;
            self.skip_texts()?;
        }
        Ok(())
    }

    /// Whether everything was read; a record with bytes left over is damaged.
    pub(crate) fn finish(self) -> Result<(), DamagedRecord> {
        if self.rest.is_empty() { Ok(()) } else { Err(DamagedRecord) }
    }
}

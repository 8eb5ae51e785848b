//! The record of a DocumentEntry: what queries filter by, then everything else in ebRIM order.

use datatypes::EntryUuid;
use xds::{AvailabilityStatus, DocumentEntry, EntryType, ObjectKind};

use super::{Cursor, DamagedRecord, RecordWriter, author};
use crate::dictionary::{CodeAttribute, CodeNumbers};

pub const FLAG_ON_DEMAND: u8 = 1;
/// The record holds a logicalID that differs from the entryUUID.
pub const FLAG_LOGICAL_ID: u8 = 2;
pub const FLAG_HASH: u8 = 4;
pub const FLAG_SIZE: u8 = 8;

/// The five codes that every entry has exactly once, in the order of their Classifications.
pub const SINGLE_CODES: [CodeAttribute; 5] = [
    CodeAttribute::Class,
    CodeAttribute::Type,
    CodeAttribute::Format,
    CodeAttribute::HealthcareFacilityType,
    CodeAttribute::PracticeSetting,
];

/// Writes the record of an entry that has its final UUID and whose codes have their numbers.
pub fn encode(entry: &DocumentEntry, uuid: EntryUuid, codes: &CodeNumbers) -> Vec<u8> {
    let mut flags = 0;
    if entry.entry_type == EntryType::OnDemand {
        flags |= FLAG_ON_DEMAND;
    }
    if entry.logical_id.is_some_and(|logical_id| logical_id != uuid) {
        flags |= FLAG_LOGICAL_ID;
    }
    if entry.hash.is_some() {
        flags |= FLAG_HASH;
    }
    if entry.size.is_some() {
        flags |= FLAG_SIZE;
    }
    let mut writer = RecordWriter::new(ObjectKind::DocumentEntry, flags, uuid);
    head(&mut writer, entry, codes);
    slots(&mut writer, entry, flags);
    writer.localized(entry.title.as_ref());
    writer.localized(entry.comments.as_ref());
    author::write(&mut writer, &entry.authors);
    for code in singles(entry) {
        writer.sub_object(code.id);
    }
    for code in entry.confidentiality_codes.iter().chain(&entry.event_codes) {
        writer.sub_object(code.id);
    }
    writer.sub_object(entry.patient_id.id);
    writer.sub_object(entry.unique_id.id);
    writer.text(entry.unique_id.value.as_str());
    writer.finish()
}

fn singles(entry: &DocumentEntry) -> [&xds::Identified<datatypes::Code>; 5] {
    [
        &entry.class_code,
        &entry.type_code,
        &entry.format_code,
        &entry.healthcare_facility_type_code,
        &entry.practice_setting_code,
    ]
}

fn head(writer: &mut RecordWriter, entry: &DocumentEntry, codes: &CodeNumbers) {
    for time in [&entry.creation_time, &entry.service_start_time, &entry.service_stop_time] {
        writer.u64(time.as_ref().map_or(0, datatypes::Dtm::sort_key));
    }
    for (attribute, code) in SINGLE_CODES.into_iter().zip(singles(entry)) {
        writer.u32(codes.number(attribute, &code.value));
    }
    let lists = [
        (CodeAttribute::Confidentiality, &entry.confidentiality_codes),
        (CodeAttribute::EventCodeList, &entry.event_codes),
    ];
    for (attribute, list) in lists {
        writer.count(list.len());
        for code in list {
            writer.u32(codes.number(attribute, &code.value));
        }
    }
}

fn slots(writer: &mut RecordWriter, entry: &DocumentEntry, flags: u8) {
    if let (true, Some(logical_id)) = (flags & FLAG_LOGICAL_ID != 0, entry.logical_id) {
        writer.uuid(logical_id);
    }
    writer.optional_text(entry.home.as_ref().map(|home| home.as_urn()).as_deref());
    writer.text(entry.mime_type.as_str());
    for time in [&entry.creation_time, &entry.service_start_time, &entry.service_stop_time] {
        writer.optional_text(time.as_ref().map(datatypes::Dtm::as_str));
    }
    writer.text(entry.language_code.as_str());
    writer.text(&entry.source_patient_id.to_cx());
    writer.texts(entry.source_patient_info.iter().map(String::as_str));
    if let Some(hash) = &entry.hash {
        writer.bytes(hash.as_bytes());
    }
    if let Some(size) = entry.size {
        writer.varint(size);
    }
    writer.optional_text(
        entry.repository_unique_id.as_ref().map(datatypes::RepositoryUniqueId::as_str),
    );
    writer.optional_text(entry.uri.as_deref());
    writer.optional_text(entry.legal_authenticator.as_ref().map(datatypes::Xcn::as_str));
    writer.texts(entry.reference_ids.iter().map(datatypes::ReferenceId::as_str));
    writer.slots(&entry.extra);
}

/// What queries filter by, and where the rest of the record begins.
#[derive(Clone, Copy, Debug)]
pub struct EntryHead<'a> {
    pub flags: u8,
    pub uuid: EntryUuid,
    /// Sort keys of [`datatypes::Dtm`]; 0 where the entry has no value.
    pub creation_time: u64,
    pub service_start_time: u64,
    pub service_stop_time: u64,
    /// Numbers in the order of [`SINGLE_CODES`].
    pub singles: [u32; 5],
    pub confidentiality: CodeList<'a>,
    pub events: CodeList<'a>,
    /// Stands at the first field after the head.
    pub(crate) body: Cursor<'a>,
}

/// Numbers of the codes of a repeatable attribute, still as stored.
#[derive(Clone, Copy, Debug)]
pub struct CodeList<'a> {
    bytes: &'a [u8],
}

impl<'a> CodeList<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<CodeList<'a>, DamagedRecord> {
        let length = cursor.count()?.checked_mul(4).ok_or(DamagedRecord)?;
        Ok(CodeList { bytes: cursor.take(length)? })
    }

    pub fn iter(self) -> impl Iterator<Item = u32> + use<'a> {
        self.bytes.as_chunks::<4>().0.iter().map(|chunk| u32::from_le_bytes(*chunk))
    }
}

impl<'a> EntryHead<'a> {
    /// Reads the head of an entry's record.
    ///
    /// # Errors
    /// [`DamagedRecord`].
    pub fn read(record: &'a [u8]) -> Result<EntryHead<'a>, DamagedRecord> {
        let (mut cursor, flags, uuid) = Cursor::open(record, ObjectKind::DocumentEntry)?;
        let [creation_time, service_start_time, service_stop_time] =
            [cursor.u64()?, cursor.u64()?, cursor.u64()?];
        let singles = [cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?];
        let confidentiality = CodeList::read(&mut cursor)?;
        let events = CodeList::read(&mut cursor)?;
        Ok(EntryHead {
            flags,
            uuid,
            creation_time,
            service_start_time,
            service_stop_time,
            singles,
            confidentiality,
            events,
            body: cursor,
        })
    }

    pub fn is_on_demand(&self) -> bool {
        self.flags & FLAG_ON_DEMAND != 0
    }

    /// sourcePatientId as it was submitted, XML-escaped.
    ///
    /// # Errors
    /// [`DamagedRecord`].
    pub(crate) fn source_patient_id(&self) -> Result<&'a str, DamagedRecord> {
        self.at_source_patient_id()?.text()
    }

    fn at_source_patient_id(&self) -> Result<Cursor<'a>, DamagedRecord> {
        let mut cursor = self.body;
        if self.flags & FLAG_LOGICAL_ID != 0 {
            cursor.uuid()?;
        }
        cursor.optional_text()?; // home
        cursor.text()?; // mimeType
        for _ in 0..3 {
            cursor.optional_text()?; // the three times
        }
        cursor.text()?; // languageCode
        Ok(cursor)
    }

    /// Cursor at the list of reference ids, passing over what stands before it.
    ///
    /// # Errors
    /// [`DamagedRecord`].
    pub(crate) fn reference_ids(&self) -> Result<Cursor<'a>, DamagedRecord> {
        let mut cursor = self.at_source_patient_id()?;
        cursor.text()?; // sourcePatientId
        cursor.skip_texts()?; // sourcePatientInfo
        if self.flags & FLAG_HASH != 0 {
            cursor.hash()?;
        }
        if self.flags & FLAG_SIZE != 0 {
            cursor.varint()?;
        }
        for _ in 0..3 {
            cursor.optional_text()?; // repositoryUniqueId, URI, legalAuthenticator
        }
        Ok(cursor)
    }

    /// Cursor at the list of authors.
    ///
    /// # Errors
    /// [`DamagedRecord`].
    pub(crate) fn authors(&self) -> Result<Cursor<'a>, DamagedRecord> {
        let mut cursor = self.reference_ids()?;
        cursor.skip_texts()?;
        cursor.skip_slots()?;
        for _ in 0..2 {
            cursor.skip_localized()?; // title and comments
        }
        Ok(cursor)
    }
}

/// The number of a status in the column `status`.
pub const fn status_number(status: AvailabilityStatus) -> i16 {
    match status {
        AvailabilityStatus::Approved => 0,
        AvailabilityStatus::Deprecated => 1,
    }
}

//! ITI-42 in the database: the rules that need what is registered, and the effects, in one unit of work.

use std::collections::{HashMap, HashSet};

use datatypes::{Dtm, EntryUuid, ObjectId};
use policy::Permit;
use store::AnyConnection;
use xds::{
    Association, AssociationType, AvailabilityStatus, ObjectKind, Submission, SubmissionSetStatus,
};

use super::code;
use super::index_rows::IndexRows;
use super::link_change::{self, NewEntry};
use super::object::{self, NewObject, Registered};
use super::patient::{self, KnownPatient, SEQUENCE_END};
use crate::dictionary::{AttributedCode, CodeNumbers};
use crate::error::{RegistrationError, RegistrationFault};
use crate::message::{Facts, Need, RegistryEnd, UsedUniqueId};
use crate::record;

/// A submission that passed every rule that needs no database.
#[derive(Clone, Debug)]
pub struct Registration {
    pub submission: Submission,
    pub facts: Facts,
    /// Its coded values, each once.
    pub codes: Vec<AttributedCode>,
    /// The registry's clock at the commit, UTC, 14 digits.
    pub now: Dtm,
}

/// What a registration changed beside inserting its objects.
#[derive(Clone, Debug)]
pub struct Registered42 {
    /// Numbers of the codes that the submission uses; the dictionary learns the new ones.
    pub codes: Vec<(u32, AttributedCode)>,
    pub n_objects: usize,
}

/// Checks the submission against what is registered and, if every rule holds, registers it.
///
/// # Errors
/// [`RegistrationError::Refused`] with every fault found; then nothing may be committed.
pub fn register(
    connection: &mut AnyConnection,
    _permit: &Permit,
    registration: &Registration,
) -> Result<Registered42, RegistrationError> {
    let submission = &registration.submission;
    let patient_id = &submission.submission_set.patient_id.value;
    let patient = patient::begin_change(connection, patient_id)?;
    let unique_ids = registration.facts.unique_ids.iter().map(|used| used.unique_id.as_str());
    object::hold_unique_ids(connection, unique_ids.collect())?;
    let faults = check(connection, &registration.facts, patient.as_ref())?;
    let Some(patient) = patient.filter(|_| faults.is_empty()) else {
        return Err(RegistrationError::Refused(faults));
    };
    let codes = intern(connection, &registration.codes)?;
    let mut insertion = Insertion {
        next_seq: patient.next_seq,
        first_key: patient.object_key(patient.next_seq),
        patient,
        ids: assign_ids(submission),
        codes: codes
            .iter()
            .map(|(number, code)| (code.clone(), *number))
            .collect::<CodeMap>()
            .into_numbers(),
        now: registration.now.as_str(),
        n_objects: 0,
        entries: Vec::new(),
        index: IndexRows::default(),
    };
    insertion.submission(connection, submission)?;
    let patient_no = insertion.patient.patient_no;
    patient::set_next_seq(connection, patient_no, insertion.next_seq)?;
    link_change::follow(connection, patient_no, &insertion.entries)?;
    Ok(Registered42 { codes, n_objects: insertion.n_objects })
}

/// Every rule that needs the database, without changing anything.
///
/// # Errors
/// Those of the database.
pub fn check(
    connection: &mut AnyConnection,
    facts: &Facts,
    patient: Option<&KnownPatient>,
) -> Result<Vec<RegistrationFault>, diesel::result::Error> {
    let mut faults = Vec::new();
    if let (None, Some(id)) = (patient, &facts.patient) {
        faults.push(RegistrationFault::UnknownPatientId { cx: id.to_cx() });
    }
    for uuid in &facts.uuids {
        if object::by_uuid(connection, *uuid)?.is_some() {
            faults.push(RegistrationFault::UuidInUse { uuid: *uuid });
        }
    }
    for used in &facts.unique_ids {
        unique_id(connection, used, &mut faults)?;
    }
    for end in &facts.ends {
        let found = object::by_uuid(connection, end.uuid)?;
        let owner = found.map(|found| patient::survivor(connection, found.owner_no)).transpose()?;
        let same_patient = match (patient, owner) {
            (Some(patient), Some(owner)) => patient.patient_no == owner,
            _ => true,
        };
        faults.extend(end_fault(*end, found, same_patient));
    }
    Ok(faults)
}

fn unique_id(
    connection: &mut AnyConnection,
    used: &UsedUniqueId,
    faults: &mut Vec<RegistrationFault>,
) -> Result<(), diesel::result::Error> {
    let same = object::with_unique_id(connection, &used.unique_id)?;
    let unique_id = used.unique_id.clone();
    let attribute = match used.kind {
        ObjectKind::SubmissionSet => "XDSSubmissionSet.uniqueId",
        ObjectKind::Folder => "XDSFolder.uniqueId",
        ObjectKind::Association => return Ok(()),
        ObjectKind::DocumentEntry => {
            identical(used, &same, faults);
            return Ok(());
        }
    };
    if !same.is_empty() {
        faults.push(RegistrationFault::DuplicateUniqueIdInRegistry { attribute, unique_id });
    }
    Ok(())
}

/// A document may be registered again only with the same bytes, ITI TF-2: 3.42.4.1.3.3.2.
fn identical(
    used: &UsedUniqueId,
    same: &[object::SameUniqueId],
    faults: &mut Vec<RegistrationFault>,
) {
    let Some((hash, size)) = &used.digest else { return };
    let entry_kind = i16::from(record::kind_number(ObjectKind::DocumentEntry));
    let entries = || same.iter().filter(|(kind, _, _)| *kind == entry_kind);
    if entries().any(|(_, known, _)| known.as_deref() != Some(hash.as_bytes().as_slice())) {
        faults.push(RegistrationFault::NonIdenticalHash { unique_id: used.unique_id.clone() });
    }
    if entries()
        .any(|(_, _, known)| known.and_then(|known| u64::try_from(known).ok()) != Some(*size))
    {
        faults.push(RegistrationFault::NonIdenticalSize { unique_id: used.unique_id.clone() });
    }
}

fn end_fault(
    end: RegistryEnd,
    found: Option<Registered>,
    same_patient: bool,
) -> Option<RegistrationFault> {
    let uuid = end.uuid;
    let wanted =
        if end.need == Need::Folder { ObjectKind::Folder } else { ObjectKind::DocumentEntry };
    let Some(found) = found.filter(|found| found.is(wanted)) else {
        return Some(RegistrationFault::Unresolved { reference: uuid.to_string() });
    };
    if found.status == AvailabilityStatus::Deprecated {
        return Some(match wanted {
            ObjectKind::Folder => {
                RegistrationFault::UnsuitableObject { uuid, what: "the Folder is deprecated" }
            }
            ObjectKind::DocumentEntry | ObjectKind::SubmissionSet | ObjectKind::Association => {
                RegistrationFault::DeprecatedDocument { uuid }
            }
        });
    }
    if end.need == Need::OnDemandEntry {
        // On-demand entries come with ITI-61, which this registry does not offer yet: none can be the target.
        return Some(RegistrationFault::UnsuitableObject {
            uuid,
            what: "is not an on-demand entry",
        });
    }
    (end.need != Need::ByReference && !same_patient)
        .then(|| RegistrationFault::PatientIdDoesNotMatch { object: uuid.to_string() })
}

fn intern(
    connection: &mut AnyConnection,
    codes: &[AttributedCode],
) -> Result<Vec<(u32, AttributedCode)>, diesel::result::Error> {
    codes.iter().map(|code| Ok((code::intern(connection, code)?, code.clone()))).collect()
}

/// Collects the numbers of a submission's codes.
struct CodeMap(CodeNumbers);

impl FromIterator<(AttributedCode, u32)> for CodeMap {
    fn from_iter<I: IntoIterator<Item = (AttributedCode, u32)>>(codes: I) -> CodeMap {
        let mut numbers = CodeNumbers::default();
        for (code, number) in codes {
            numbers.insert(code, number);
        }
        CodeMap(numbers)
    }
}

impl CodeMap {
    fn into_numbers(self) -> CodeNumbers {
        self.0
    }
}

/// Each id of the message with its final UUID: the same symbol gets the same fresh UUID everywhere
/// (ITI TF-2: 3.42.4.1.3.7).
fn assign_ids(submission: &Submission) -> HashMap<ObjectId, EntryUuid> {
    let objects = std::iter::once(&submission.submission_set.id)
        .chain(submission.entries.iter().map(|entry| &entry.id))
        .chain(submission.folders.iter().map(|folder| &folder.id))
        .chain(submission.associations.iter().map(|association| &association.id));
    objects.map(|id| (id.clone(), id.uuid().unwrap_or_else(EntryUuid::generate))).collect()
}

/// The state of one registration while its rows are written.
struct Insertion<'a> {
    patient: KnownPatient,
    next_seq: i64,
    /// Key of the submission's first object.
    first_key: i64,
    ids: HashMap<ObjectId, EntryUuid>,
    codes: CodeNumbers,
    now: &'a str,
    n_objects: usize,
    entries: Vec<NewEntry>,
    index: IndexRows,
}

impl Insertion<'_> {
    fn submission(
        &mut self,
        connection: &mut AnyConnection,
        submission: &Submission,
    ) -> Result<(), RegistrationError> {
        self.submission_set(connection, submission)?;
        for entry in &submission.entries {
            let uuid = self.uuid(&entry.id)?;
            let record = record::entry::encode(entry, uuid, &self.codes);
            let mut row = self.row(ObjectKind::DocumentEntry, uuid, record)?;
            row.unique_id = Some(entry.unique_id.value.as_str().to_owned());
            row.hash = entry.hash.map(|hash| hash.as_bytes().to_vec());
            row.size = entry.size.and_then(|size| i64::try_from(size).ok());
            self.insert(connection, &row)?;
            let source_patient_id = entry.source_patient_id.to_cx();
            self.entries.push(NewEntry { key: row.object_key, uuid, source_patient_id });
            self.index.entry(row.object_key, entry, &self.codes);
        }
        for folder in &submission.folders {
            let uuid = self.uuid(&folder.id)?;
            let record = record::folder::encode(folder, uuid, &self.codes);
            let mut row = self.row(ObjectKind::Folder, uuid, record)?;
            row.unique_id = Some(folder.unique_id.value.as_str().to_owned());
            row.last_update_time = Some(self.now.to_owned());
            self.insert(connection, &row)?;
            self.index.folder(row.object_key, folder, &self.codes);
        }
        for association in &submission.associations {
            self.association(connection, association)?;
        }
        self.index.insert(connection)?;
        self.effects(connection, submission)
    }

    fn submission_set(
        &mut self,
        connection: &mut AnyConnection,
        submission: &Submission,
    ) -> Result<(), RegistrationError> {
        let set = &submission.submission_set;
        let uuid = self.uuid(&set.id)?;
        let record = record::submission_set::encode(set, uuid, &self.codes);
        let mut row = self.row(ObjectKind::SubmissionSet, uuid, record)?;
        row.unique_id = Some(set.unique_id.value.as_str().to_owned());
        self.insert(connection, &row)
    }

    fn association(
        &mut self,
        connection: &mut AnyConnection,
        association: &Association,
    ) -> Result<(), RegistrationError> {
        let ends = record::association::Ends {
            uuid: self.uuid(&association.id)?,
            source: self.uuid(&association.source)?,
            target: self.uuid(&association.target)?,
        };
        let record = if self.is_foreign(connection, association, ends.target)? {
            record::association::encode_foreign(association, ends, &self.codes)
        } else {
            record::association::encode(association, ends, &self.codes)
        };
        let mut row = self.row(ObjectKind::Association, ends.uuid, record)?;
        row.association_type = Some(i16::from(association.kind.number()));
        row.source = Some(ends.source.as_bytes().to_vec());
        row.target = Some(ends.target.as_bytes().to_vec());
        self.insert(connection, &row)
    }

    /// Whether the association includes another patient's document by reference: then it is shown whatever
    /// becomes of the two patients.
    fn is_foreign(
        &self,
        connection: &mut AnyConnection,
        association: &Association,
        target: EntryUuid,
    ) -> Result<bool, RegistrationError> {
        if association.submission_set_status != Some(SubmissionSetStatus::Reference) {
            return Ok(false);
        }
        let Some(found) = object::by_uuid(connection, target)? else { return Ok(false) };
        Ok(patient::survivor(connection, found.owner_no)? != self.patient.patient_no)
    }

    /// What the associations of the submission do to objects that were registered before
    /// (ITI TF-2: 3.42.4.1.3.3.3 and .4). Their order in the message means nothing.
    fn effects(
        &mut self,
        connection: &mut AnyConnection,
        submission: &Submission,
    ) -> Result<(), RegistrationError> {
        let replacements = self.replacements(submission)?;
        // First what is replaced by name: it may be derived from something else that is replaced.
        for (_, replaced) in &replacements {
            self.deprecate_replaced(connection, *replaced)?;
        }
        for (replacement, replaced) in replacements {
            self.deprecate_derived(connection, replaced)?;
            for folder in object::sources_of(connection, replaced, &[AssociationType::HasMember])? {
                self.succeed_in_folder(connection, submission, (folder, replacement))?;
            }
        }
        for association in &submission.associations {
            if association.kind == AssociationType::HasMember {
                let source = self.uuid(&association.source)?;
                self.touch_folder(connection, source)?;
            }
        }
        Ok(())
    }

    /// The replacements of the submission, each with what it replaces.
    fn replacements(
        &self,
        submission: &Submission,
    ) -> Result<Vec<(EntryUuid, EntryUuid)>, RegistrationError> {
        let replacing = submission.associations.iter().filter(|found| found.kind.replaces());
        replacing.map(|found| Ok((self.uuid(&found.source)?, self.uuid(&found.target)?))).collect()
    }

    fn deprecate_replaced(
        &self,
        connection: &mut AnyConnection,
        replaced: EntryUuid,
    ) -> Result<(), RegistrationError> {
        let found = object::by_uuid(connection, replaced)?;
        let found = found.ok_or_else(|| {
            refused(RegistrationFault::Unresolved { reference: replaced.to_string() })
        })?;
        // Two replacements of one entry in one submission: the second finds it deprecated.
        if !object::deprecate(connection, found.object_key)? {
            return Err(refused(RegistrationFault::DeprecatedDocument { uuid: replaced }));
        }
        Ok(())
    }

    /// Deprecates what was derived from a replaced document: its transformations and its appendices, and
    /// theirs (ITI TF-2: 3.42.4.1.3.3.3). Conforming data are one level deep. What came with the
    /// submission itself is current and stays Approved.
    fn deprecate_derived(
        &self,
        connection: &mut AnyConnection,
        replaced: EntryUuid,
    ) -> Result<(), RegistrationError> {
        let derivations = [AssociationType::Append, AssociationType::Transform];
        let mut seen = HashSet::from([replaced]);
        let mut waiting = vec![replaced];
        while let Some(original) = waiting.pop() {
            for derived in object::sources_of(connection, original, &derivations)? {
                let found = object::by_uuid(connection, derived)?;
                let earlier = found.filter(|found| !self.is_new(*found));
                if let Some(found) = earlier.filter(|_| seen.insert(derived)) {
                    object::deprecate(connection, found.object_key)?;
                    waiting.push(derived);
                }
            }
        }
        Ok(())
    }

    /// Whether the object came with this submission. Keys tell inside one patient only: a document of
    /// somebody who was merged into this patient lies in another range.
    fn is_new(&self, found: Registered) -> bool {
        found.home_no() == self.patient.patient_no && found.object_key >= self.first_key
    }

    /// The replacement joins each Folder that holds what it replaces, unless it is in it already: the
    /// submission itself may say so, or the Folder may hold the replaced entry twice
    /// (ITI TF-2: 3.42.4.1.3.3.4).
    fn succeed_in_folder(
        &mut self,
        connection: &mut AnyConnection,
        submission: &Submission,
        (folder, replacement): (EntryUuid, EntryUuid),
    ) -> Result<(), RegistrationError> {
        let holder = object::by_uuid(connection, folder)?;
        let is_open = holder.is_some_and(|holder| {
            holder.is(ObjectKind::Folder) && holder.status == AvailabilityStatus::Approved
        });
        let holders = object::sources_of(connection, replacement, &[AssociationType::HasMember])?;
        if !is_open || holders.contains(&folder) {
            return Ok(());
        }
        let set = ObjectId::Uuid(self.uuid(&submission.submission_set.id)?);
        let membership = has_member(ObjectId::Uuid(folder), ObjectId::Uuid(replacement));
        let by_set = has_member(set, membership.id.clone());
        for association in [membership, by_set] {
            self.association(connection, &association)?;
        }
        self.touch_folder(connection, folder)
    }

    /// A Folder that gained a member was updated now, ITI TF-3: 4.2.3.4.6; anything else is left alone.
    fn touch_folder(
        &mut self,
        connection: &mut AnyConnection,
        uuid: EntryUuid,
    ) -> Result<(), RegistrationError> {
        let found = object::by_uuid(connection, uuid)?;
        if let Some(folder) = found.filter(|found| found.is(ObjectKind::Folder)) {
            object::touch_folder(connection, folder.object_key, self.now)?;
        }
        Ok(())
    }

    fn uuid(&self, id: &ObjectId) -> Result<EntryUuid, RegistrationError> {
        let known = self.ids.get(id).copied().or_else(|| id.uuid());
        known.ok_or_else(|| refused(RegistrationFault::Unresolved { reference: id.to_string() }))
    }

    fn row(
        &mut self,
        kind: ObjectKind,
        uuid: EntryUuid,
        record: Vec<u8>,
    ) -> Result<NewObject, RegistrationError> {
        if self.next_seq >= SEQUENCE_END {
            return Err(refused(RegistrationFault::PatientFull));
        }
        let key = self.patient.object_key(self.next_seq);
        self.next_seq = self.next_seq.saturating_add(1);
        Ok(NewObject::new(key, kind, uuid, record))
    }

    fn insert(
        &mut self,
        connection: &mut AnyConnection,
        row: &NewObject,
    ) -> Result<(), RegistrationError> {
        object::insert(connection, row)?;
        self.n_objects = self.n_objects.saturating_add(1);
        Ok(())
    }
}

fn has_member(source: ObjectId, target: ObjectId) -> Association {
    Association {
        id: ObjectId::Uuid(EntryUuid::generate()),
        logical_id: None,
        home: None,
        kind: AssociationType::HasMember,
        source,
        target,
        submission_set_status: None,
        documentation: None,
        extra: Vec::new(),
    }
}

fn refused(fault: RegistrationFault) -> RegistrationError {
    RegistrationError::Refused(vec![fault])
}

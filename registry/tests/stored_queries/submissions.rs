//! Random submissions that fit what is registered, and such that must be refused.

use std::collections::BTreeSet;

use datatypes::{
    Code, Dtm, EntryUuid, ObjectId, Oid, PatientId, ReferenceId, Sha1Hash, UniqueId, Xcn, Xon,
};
use xds::{
    AssociationType, Author, AvailabilityStatus, DocumentEntry, Folder, Identified, Submission,
    SubmissionSet,
};

use super::vocabulary::{CODES, PERSONS, REFERENCE_IDS, SOURCES, TIMES};
use super::world::World;
use crate::dice::Dice;
use crate::metadata;

/// A random submission for this patient that a correct registry accepts.
pub(super) fn submission(world: &World, dice: &mut Dice, patient: usize) -> Submission {
    let id = &world.patients[patient].id;
    let n_entries = dice.below(4);
    let n_folders = dice.below(5) / 3;
    let mut entries: Vec<DocumentEntry> = (0..n_entries).map(|_| entry(dice, id)).collect();
    for entry in &mut entries {
        entry.source_patient_id = dice.pick(&world.locals.ids).clone();
    }
    if let (Some(entry), true) = (entries.first_mut(), dice.chance(15)) {
        share_unique_id(world, dice, entry);
    }
    let folders = (0..n_folders).map(|_| folder(dice, id)).collect();
    let mut submission = metadata::submission(set(dice, id), entries, folders);
    relate(world, dice, (patient, &mut submission));
    file(world, dice, (patient, &mut submission));
    if dice.chance(30) {
        refer(world, dice, &mut submission);
    }
    for association in &mut submission.associations {
        if dice.chance(10) && association.kind.is_document_relationship() {
            association.documentation = Some(code(dice));
        }
    }
    some_symbols(dice, &mut submission);
    // The order of the objects in a message says nothing.
    dice.shuffle(&mut submission.associations);
    submission
}

fn relate(world: &World, dice: &mut Dice, (patient, submission): (usize, &mut Submission)) {
    let registered = Registered::of(world, patient);
    let mut replaced = BTreeSet::new();
    let mut latest = None;
    for place in 0..submission.entries.len() {
        let source = submission.entries[place].id.clone();
        for _ in 0..dice.below(7) / 3 {
            let kind = dice.one_of(&[
                AssociationType::Replace,
                AssociationType::Replace,
                AssociationType::TransformAndReplace,
                AssociationType::Transform,
                AssociationType::Append,
                AssociationType::Signs,
            ]);
            let target = if !kind.replaces() && dice.chance(30) {
                dice.pick(&submission.entries).id.clone()
            } else {
                let Some(target) = registered.pick(dice, latest) else { continue };
                latest = Some(target);
                ObjectId::Uuid(target)
            };
            let is_twice = kind.replaces() && !replaced.insert(target.uuid());
            if target != source && !is_twice {
                metadata::relate(submission, kind, (&source, &target));
            }
        }
    }
}

/// The documents that a submission may relate its own to.
struct Registered {
    documents: Vec<EntryUuid>,
    /// Those of them that are derived from one another.
    kin: Vec<(EntryUuid, EntryUuid)>,
}

impl Registered {
    fn of(world: &World, patient: usize) -> Registered {
        let documents = world.approved_of(patient);
        let kin = world.links.iter().filter(|link| {
            matches!(link.kind, AssociationType::Transform | AssociationType::Append)
                && documents.contains(&link.source)
                && documents.contains(&link.target)
        });
        let kin = kin.map(|link| (link.source, link.target)).collect();
        Registered { documents, kin }
    }

    /// Rather those of a family, and of one family in one submission: what happens to one of them happens
    /// to others.
    fn pick(&self, dice: &mut Dice, latest: Option<EntryUuid>) -> Option<EntryUuid> {
        let of_family = |(derived, original): &&(EntryUuid, EntryUuid)| {
            latest.is_none_or(|latest| [*derived, *original].contains(&latest))
        };
        let family: Vec<EntryUuid> =
            self.kin.iter().filter(of_family).flat_map(|(one, other)| [*one, *other]).collect();
        let related = if dice.chance(50) { dice.pick_any(&family) } else { None };
        related.or_else(|| dice.pick_any(&self.documents)).copied()
    }
}

fn file(world: &World, dice: &mut Dice, (patient, submission): (usize, &mut Submission)) {
    let mut folders: Vec<ObjectId> =
        submission.folders.iter().map(|folder| folder.id.clone()).collect();
    if let (Some(folder), true) = (dice.pick_any(&world.folders_of(patient)), dice.chance(50)) {
        folders.push(ObjectId::Uuid(*folder));
    }
    let mut documents: Vec<ObjectId> =
        world.approved_of(patient).into_iter().map(ObjectId::Uuid).collect();
    let new = submission.entries.iter().map(|entry| &entry.id);
    // New documents are filed more often than old ones.
    documents.extend(new.clone().chain(new).cloned());
    for folder in folders {
        for document in dice.distinct(&documents, 3) {
            metadata::file(submission, &folder, &document);
        }
    }
}

/// Includes any approved document, perhaps of another patient.
fn refer(world: &World, dice: &mut Dice, submission: &mut Submission) {
    let approved = world.entries.iter().filter(|e| e.status == AvailabilityStatus::Approved);
    let approved: Vec<EntryUuid> = approved.map(|entry| entry.uuid).collect();
    for uuid in dice.distinct(&approved, 2) {
        metadata::refer(submission, &ObjectId::Uuid(uuid));
    }
}

/// The same bytes once more, as a second entry.
fn share_unique_id(world: &World, dice: &mut Dice, entry: &mut DocumentEntry) {
    if let Some(other) = dice.pick_any(&world.entries) {
        entry.unique_id = other.object.unique_id.clone();
        entry.hash = other.object.hash;
        entry.size = other.object.size;
    }
}

/// Some ids become symbols, which the registry replaces by UUIDs.
fn some_symbols(dice: &mut Dice, submission: &mut Submission) {
    let symbol = |n: usize| ObjectId::parse(&format!("symbol-{n}")).unwrap();
    let objects = submission.entries.iter().map(|entry| entry.id.clone());
    let folders = submission.folders.iter().map(|folder| folder.id.clone());
    let associations = submission.associations.iter().map(|association| association.id.clone());
    let set = submission.submission_set.id.clone();
    let ids: Vec<ObjectId> = objects.chain(folders).chain(associations).chain([set]).collect();
    for (n, id) in ids.into_iter().enumerate().filter(|_| dice.chance(40)) {
        rename(submission, &id, &symbol(n));
    }
}

fn rename(submission: &mut Submission, old: &ObjectId, new: &ObjectId) {
    let objects = submission.entries.iter_mut().map(|entry| &mut entry.id);
    let folders = submission.folders.iter_mut().map(|folder| &mut folder.id);
    let ends = submission.associations.iter_mut().flat_map(|association| {
        [&mut association.id, &mut association.source, &mut association.target]
    });
    let set = &mut submission.submission_set.id;
    for id in objects.chain(folders).chain(ends).chain([set]).filter(|id| **id == *old) {
        *id = new.clone();
    }
}

fn entry(dice: &mut Dice, patient: &PatientId) -> DocumentEntry {
    let (start, stop) = service_times(dice);
    DocumentEntry {
        hash: Some(Sha1Hash::from_bytes(dice.bytes())),
        size: Some(dice.number() >> 24),
        creation_time: Some(time(dice)),
        service_start_time: start,
        service_stop_time: stop,
        authors: authors(dice),
        class_code: code(dice),
        type_code: code(dice),
        format_code: code(dice),
        healthcare_facility_type_code: code(dice),
        practice_setting_code: code(dice),
        confidentiality_codes: codes(dice),
        event_codes: if dice.chance(60) { codes(dice) } else { Vec::new() },
        reference_ids: reference_ids(dice),
        unique_id: unique_id(dice),
        ..metadata::entry(patient)
    }
}

fn set(dice: &mut Dice, patient: &PatientId) -> SubmissionSet {
    SubmissionSet {
        source_id: Identified::new(Oid::parse(dice.one_of(&SOURCES)).unwrap()),
        submission_time: time(dice),
        authors: authors(dice),
        content_type_code: code(dice),
        ..metadata::submission_set(patient)
    }
}

fn folder(dice: &mut Dice, patient: &PatientId) -> Folder {
    // The submitted time must not be believed.
    let last_update_time = dice.chance(50).then(|| time(dice));
    Folder { codes: codes(dice), last_update_time, ..metadata::folder(patient) }
}

fn code(dice: &mut Dice) -> Identified<Code> {
    let [code, scheme, one, other] = dice.one_of(&CODES);
    let display = if dice.chance(50) { one } else { other };
    let [code, scheme, display] = [code, scheme, display].map(str::to_owned);
    Identified::new(Code { code, scheme, display })
}

fn codes(dice: &mut Dice) -> Vec<Identified<Code>> {
    (0..=dice.below(3)).map(|_| code(dice)).collect()
}

fn authors(dice: &mut Dice) -> Vec<Author> {
    let author = |dice: &mut Dice| {
        let person = Xcn::parse(dice.one_of(&PERSONS)).unwrap();
        Author {
            id: None,
            persons: if dice.chance(80) { vec![person] } else { Vec::new() },
            institutions: vec![Xon::parse("Yamada clinic").unwrap()],
            roles: Vec::new(),
            specialties: Vec::new(),
            telecommunications: Vec::new(),
            extra: Vec::new(),
        }
    };
    (0..dice.below(3)).map(|_| author(dice)).collect()
}

fn time(dice: &mut Dice) -> Dtm {
    Dtm::parse(dice.one_of(&TIMES)).unwrap()
}

/// Both, one or none; the start is not after the stop.
fn service_times(dice: &mut Dice) -> (Option<Dtm>, Option<Dtm>) {
    let mut times = [dice.one_of(&TIMES), dice.one_of(&TIMES)];
    times.sort();
    let [start, stop] = times.map(|time| Dtm::parse(time).unwrap());
    (dice.chance(70).then_some(start), dice.chance(70).then_some(stop))
}

fn reference_ids(dice: &mut Dice) -> Vec<ReferenceId> {
    let ids = dice.distinct(&REFERENCE_IDS, 2);
    ids.into_iter().map(|id| ReferenceId::parse(id).unwrap()).collect()
}

/// An OID, or free text with what must be escaped somewhere.
fn unique_id(dice: &mut Dice) -> Identified<UniqueId> {
    let oid = Oid::generate();
    let text = if dice.chance(70) { oid.to_string() } else { format!("{oid}^it's <\"&amp;\">") };
    Identified::new(UniqueId::parse(&text).unwrap())
}

/// A submission that must be refused, with the code that says why. `None` if the world lacks what the
/// chosen mistake is about.
pub(super) fn mistaken(world: &World, dice: &mut Dice) -> Option<(Submission, &'static str)> {
    let active = world.active();
    let patient = *dice.pick_any(&active)?;
    let id = &world.patients[patient].id;
    let mut submission = metadata::document(id);
    let document = submission.entries[0].id.clone();
    let of_person = |entry_patient: usize| world.survivor(entry_patient) == patient;
    let of_status = |status: AvailabilityStatus, is_own: bool| {
        let entries = world.entries.iter();
        let entries = entries.filter(|e| e.status == status && of_person(e.patient) == is_own);
        entries.map(|entry| ObjectId::Uuid(entry.uuid)).collect::<Vec<_>>()
    };
    let kind = dice.one_of(&[
        AssociationType::Replace,
        AssociationType::Append,
        AssociationType::Transform,
        AssociationType::Signs,
    ]);
    let code = match dice.below(7) {
        0 => {
            let inactive: Vec<usize> =
                (0..world.patients.len()).filter(|patient| !world.is_active(*patient)).collect();
            submission = metadata::document(&world.patients[*dice.pick_any(&inactive)?].id);
            "XDSUnknownPatientId"
        }
        1 => {
            let target = dice.pick_any(&of_status(AvailabilityStatus::Deprecated, true))?.clone();
            metadata::relate(&mut submission, kind, (&document, &target));
            "XDSRegistryDeprecatedDocumentError"
        }
        2 => {
            let target = dice.pick_any(&of_status(AvailabilityStatus::Approved, false))?.clone();
            metadata::relate(&mut submission, kind, (&document, &target));
            "XDSPatientIdDoesNotMatch"
        }
        3 => {
            let target = dice.pick_any(&of_status(AvailabilityStatus::Approved, true))?.clone();
            for kind in [AssociationType::Replace, AssociationType::TransformAndReplace] {
                metadata::relate(&mut submission, kind, (&document, &target));
            }
            "XDSRegistryDeprecatedDocumentError"
        }
        4 => {
            let target = ObjectId::Uuid(EntryUuid::generate());
            metadata::relate(&mut submission, kind, (&document, &target));
            "UnresolvedReferenceException"
        }
        5 => {
            let used = dice.pick_any(&world.sets)?;
            submission.submission_set.unique_id = used.object.unique_id.clone();
            "XDSDuplicateUniqueIdInRegistry"
        }
        _ => {
            let foreign = world.folders.iter().filter(|folder| !of_person(folder.patient));
            let foreign: Vec<EntryUuid> = foreign.map(|folder| folder.uuid).collect();
            let folder = ObjectId::Uuid(*dice.pick_any(&foreign)?);
            metadata::file(&mut submission, &folder, &document);
            "XDSPatientIdDoesNotMatch"
        }
    };
    Some((submission, code))
}

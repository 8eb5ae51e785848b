//! What a registered submission does (xds.md 4.3), simulated on the submitted values.

use std::collections::{BTreeSet, HashMap};

use ::store::StoreError;
use datatypes::{EntryUuid, ObjectId, PatientId};
use diesel::prelude::*;
use policy::Permit;
use registry::Registry;
use registry::record::{self, AssociationHead};
use registry::store;
use xds::{
    AssociationType, AvailabilityStatus, Folder, ObjectKind, Submission, SubmissionSetStatus,
};

use super::world::{Held, Link, World};

diesel::table! {
    object (object_key) {
        object_key -> BigInt,
        source -> Nullable<Binary>,
        record -> Binary,
    }
}

/// An Association that must have come into being.
struct Expected {
    /// Absent if the registry had to choose the id.
    uuid: Option<EntryUuid>,
    kind: AssociationType,
    source: EntryUuid,
    target: End,
    is_reference: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Object(EntryUuid),
    /// Place among the expected Associations.
    Association(usize),
}

impl World {
    /// Registers a submission here, too. Ids that the registry chose are looked up in its tables; that
    /// also shows that it made no other Associations than it had to. Returns the folders that gained a
    /// member.
    pub(super) fn register(
        &mut self,
        registry: &Registry,
        submission: &Submission,
    ) -> BTreeSet<EntryUuid> {
        let ids = self.add_objects(registry, submission);
        let mut expected = expected(submission, &ids);
        self.deprecate(&expected);
        self.succeed_in_folders(&mut expected, ids[&submission.submission_set.id]);
        let gained = expected.iter().map(|link| link.source);
        let gained = gained.filter(|source| self.is_folder(*source)).collect();
        self.learn(registry, &expected);
        // Documents may belong to somebody else by now; packages and Associations follow.
        self.settle();
        gained
    }

    fn add_objects(
        &mut self,
        registry: &Registry,
        submission: &Submission,
    ) -> HashMap<ObjectId, EntryUuid> {
        let known = self.uuids();
        let uuid = |id: &ObjectId, kind, unique_id: &str| {
            id.uuid().unwrap_or_else(|| chosen(registry, &known, (kind, unique_id)))
        };
        let mut ids = HashMap::new();
        let set = &submission.submission_set;
        let set_uuid = uuid(&set.id, ObjectKind::SubmissionSet, set.unique_id.value.as_str());
        ids.insert(set.id.clone(), set_uuid);
        let patient = self.place(&set.patient_id.value);
        self.sets.push(held(set_uuid, patient, set));
        for entry in &submission.entries {
            let unique_id = entry.unique_id.value.as_str();
            let entry_uuid = uuid(&entry.id, ObjectKind::DocumentEntry, unique_id);
            ids.insert(entry.id.clone(), entry_uuid);
            let owner = self.owner(patient, &entry.source_patient_id);
            self.entries.push(Held { patient: owner, ..held(entry_uuid, patient, entry) });
            self.note_document(entry_uuid, &entry.source_patient_id);
        }
        for folder in &submission.folders {
            let unique_id = folder.unique_id.value.as_str();
            let folder_uuid = uuid(&folder.id, ObjectKind::Folder, unique_id);
            ids.insert(folder.id.clone(), folder_uuid);
            // The submitted time is not believed; what the registry wrote is seen later.
            let folder = Folder { last_update_time: None, ..folder.clone() };
            self.folders.push(held(folder_uuid, patient, &folder));
        }
        ids
    }

    fn place(&self, id: &PatientId) -> usize {
        self.patients.iter().position(|patient| patient.id == *id).unwrap()
    }

    /// What is replaced is deprecated, and whatever was derived from it earlier, over any number of steps.
    /// What arrives with the replacement is as new as that.
    fn deprecate(&mut self, expected: &[Expected]) {
        let derives = |kind| matches!(kind, AssociationType::Transform | AssociationType::Append);
        let derived: Vec<(EntryUuid, EntryUuid)> = (self.links.iter())
            .filter(|link| derives(link.kind))
            .map(|link| (link.source, link.target))
            .collect();
        let mut doomed: BTreeSet<EntryUuid> =
            replacements(expected).into_iter().map(|(_, replaced)| replaced).collect();
        loop {
            let n_before = doomed.len();
            let further = derived.iter().filter(|(_, original)| doomed.contains(original));
            let further: Vec<EntryUuid> = further.map(|(derived, _)| *derived).collect();
            doomed.extend(further);
            if doomed.len() == n_before {
                break;
            }
        }
        for entry in self.entries.iter_mut().filter(|entry| doomed.contains(&entry.uuid)) {
            entry.status = AvailabilityStatus::Deprecated;
        }
    }

    /// A replacement joins the folders of what it replaces, unless it is in them.
    fn succeed_in_folders(&self, expected: &mut Vec<Expected>, set: EntryUuid) {
        for (replacement, replaced) in replacements(expected) {
            for folder in &self.folders {
                let holds = |entry: EntryUuid, expected: &[Expected]| {
                    let old = self
                        .links
                        .iter()
                        .any(|link| (link.source, link.target) == (folder.uuid, entry));
                    let new = (folder.uuid, End::Object(entry));
                    old || expected.iter().any(|link| (link.source, link.target) == new)
                };
                if holds(replaced, expected) && !holds(replacement, expected) {
                    let filed = End::Association(expected.len());
                    let member = |source, target| Expected {
                        uuid: None,
                        kind: AssociationType::HasMember,
                        source,
                        target,
                        is_reference: false,
                    };
                    expected.push(member(folder.uuid, End::Object(replacement)));
                    expected.push(member(set, filed));
                }
            }
        }
    }

    /// Finds every expected Association in the registry's tables, and nothing else from their sources.
    fn learn(&mut self, registry: &Registry, expected: &[Expected]) {
        let shown = self.links.iter().map(|link| link.uuid);
        let known: BTreeSet<EntryUuid> = shown.chain(self.locals.hidden()).collect();
        let sources: BTreeSet<EntryUuid> = expected.iter().map(|link| link.source).collect();
        let mut stored: Vec<Link> =
            sources.into_iter().flat_map(|source| links_from(registry, source)).collect();
        stored.retain(|link| !known.contains(&link.uuid));
        let mut learned: HashMap<usize, Link> = HashMap::new();
        let is_object = |place: usize| matches!(expected[place].target, End::Object(_));
        let uuids: Vec<Option<EntryUuid>> =
            (0..expected.len()).map(|place| certain_uuid(expected, place, &stored)).collect();
        let mut places: Vec<usize> = (0..expected.len()).collect();
        // Ends before what ends at them; ids that are certain before those that are any.
        places.sort_by_key(|place| (!is_object(*place), uuids[*place].is_none()));
        for place in places {
            let Expected { kind, source, target, .. } = &expected[place];
            let uuid = uuids[place];
            let target = match target {
                End::Object(uuid) => *uuid,
                End::Association(end) => learned[end].uuid,
            };
            let found = stored.iter().position(|link| {
                uuid.is_none_or(|uuid| uuid == link.uuid)
                    && (link.kind, link.source, link.target) == (*kind, *source, target)
            });
            let found = found.unwrap_or_else(|| panic!("no {kind:?} {source} -> {target}"));
            learned.insert(place, stored.swap_remove(found));
        }
        assert_eq!(stored, [], "Associations that nothing asked for");
        for (place, link) in expected.iter().enumerate() {
            if link.is_reference {
                self.note_reference(learned[&place]);
            }
            self.links.push(learned[&place]);
        }
    }
}

/// The id that an Association was given, or that of which a member with a given id tells: there may be
/// several from the same source to the same target.
fn certain_uuid(expected: &[Expected], place: usize, stored: &[Link]) -> Option<EntryUuid> {
    let telling =
        expected.iter().find(|link| link.target == End::Association(place) && link.uuid.is_some());
    let told = || {
        let uuid = telling?.uuid?;
        Some(stored.iter().find(|link| link.uuid == uuid)?.target)
    };
    expected[place].uuid.or_else(told)
}

fn held<T: Clone>(uuid: EntryUuid, patient: usize, object: &T) -> Held<T> {
    Held {
        uuid,
        home: patient,
        patient,
        status: AvailabilityStatus::Approved,
        object: object.clone(),
    }
}

/// The submitted Associations with their ends resolved.
fn expected(submission: &Submission, ids: &HashMap<ObjectId, EntryUuid>) -> Vec<Expected> {
    let object = |id: &ObjectId| ids.get(id).copied().or(id.uuid()).unwrap();
    let end = |id: &ObjectId| {
        let sibling = submission.associations.iter().position(|association| association.id == *id);
        sibling.map_or_else(|| End::Object(object(id)), End::Association)
    };
    let links = submission.associations.iter().map(|association| Expected {
        uuid: association.id.uuid(),
        kind: association.kind,
        source: object(&association.source),
        target: end(&association.target),
        is_reference: association.submission_set_status == Some(SubmissionSetStatus::Reference),
    });
    links.collect()
}

/// Replacements with what they replace.
fn replacements(expected: &[Expected]) -> Vec<(EntryUuid, EntryUuid)> {
    let replaces =
        |kind| matches!(kind, AssociationType::Replace | AssociationType::TransformAndReplace);
    let links = expected.iter().filter(|link| replaces(link.kind));
    let ends = links.filter_map(|link| match link.target {
        End::Object(target) => Some((link.source, target)),
        End::Association(_) => None,
    });
    ends.collect()
}

/// The id that the registry gave to an object of the last submission.
fn chosen(
    registry: &Registry,
    known: &BTreeSet<EntryUuid>,
    (kind, unique_id): (ObjectKind, &str),
) -> EntryUuid {
    let permit = Permit::maintenance("test", "learn an id");
    let found = registry.database.read(|connection| -> Result<_, StoreError> {
        Ok(store::object::by_unique_id(connection, &permit, (kind, unique_id))?)
    });
    let mut uuids: Vec<EntryUuid> =
        found.unwrap().iter().map(|object| record::uuid(&object.record).unwrap()).collect();
    uuids.retain(|uuid| !known.contains(uuid));
    assert_eq!(uuids.len(), 1, "objects with the new uniqueId");
    uuids[0]
}

fn links_from(registry: &Registry, source: EntryUuid) -> Vec<Link> {
    let found = registry.database.read(|connection| -> Result<Vec<Vec<u8>>, StoreError> {
        // Those that are not shown, too.
        let from = object::source.eq(source.as_bytes().to_vec());
        Ok(object::table.filter(from).select(object::record).load(connection)?)
    });
    let link = |record: &[u8]| {
        let AssociationHead { kind, source, target, .. } = AssociationHead::read(record).unwrap();
        Link { uuid: record::uuid(record).unwrap(), kind, source, target }
    };
    found.unwrap().iter().map(|record| link(record)).collect()
}

/// A folder's lastUpdateTime as the registry keeps it.
pub(super) fn last_update_time(registry: &Registry, folder: EntryUuid) -> String {
    let permit = Permit::maintenance("test", "read a time");
    let found = registry.database.read(|connection| -> Result<_, StoreError> {
        Ok(store::object::stored_by_uuid(connection, &permit, (ObjectKind::Folder, folder))?)
    });
    found.unwrap().unwrap().last_update_time.unwrap()
}

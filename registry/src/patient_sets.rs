//! Patients in memory: all objects of one patient, filled on first use and bounded in bytes.
//!
//! A set is used only if it is known to be current. Every transaction that touches a patient bumps the
//! patient's version (a trigger sees to it), and a set remembers the numbers and versions that it was loaded
//! with, in one snapshot with its objects. While the database says that nothing was committed since a set was
//! last compared, even the comparison is left out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datatypes::PatientId;
use moka::sync::Cache;
use policy::Permit;
use store::{AnyConnection, Generation};
use xds::ObjectKind;

use crate::Registry;
use crate::error::QueryError;
use crate::leaf_class::StoredObject;
use crate::record::{self, DamagedRecord};
use crate::store::object;
use crate::store::patient::{self, Member};

/// Memory of one object beside its record: the struct, and the allocation that shares the record.
const OBJECT_BYTES: usize = size_of::<StoredObject>() + 32;

/// Everything that is registered of one patient, and of everybody whom the patient subsumed, as of one
/// moment. Each list is in the order of registration.
#[derive(Debug, Default)]
pub struct PatientSet {
    pub entries: Vec<StoredObject>,
    pub submission_sets: Vec<StoredObject>,
    pub folders: Vec<StoredObject>,
    pub associations: Vec<StoredObject>,
    /// What the database must still say for the set to be current.
    members: Vec<Member>,
    /// The last generation of the database in which `members` was compared; 0 for none.
    compared_in: AtomicU64,
}

impl PatientSet {
    fn new(members: Vec<Member>, objects: Vec<StoredObject>) -> Result<PatientSet, DamagedRecord> {
        let mut set = PatientSet { members, ..PatientSet::default() };
        for object in objects {
            match record::kind(&object.record)? {
                ObjectKind::DocumentEntry => set.entries.push(object),
                ObjectKind::SubmissionSet => set.submission_sets.push(object),
                ObjectKind::Folder => set.folders.push(object),
                ObjectKind::Association => set.associations.push(object),
            }
        }
        Ok(set)
    }

    fn is_current_in(&self, generation: Option<Generation>) -> bool {
        generation.is_some_and(|now| self.compared_in.load(Ordering::Relaxed) == now.number())
    }

    fn note_compared(&self, generation: Option<Generation>) {
        if let Some(now) = generation {
            self.compared_in.fetch_max(now.number(), Ordering::Relaxed);
        }
    }

    fn n_bytes(&self) -> usize {
        let lists = [&self.entries, &self.submission_sets, &self.folders, &self.associations];
        let of_object = |object: &StoredObject| object.record.len().saturating_add(OBJECT_BYTES);
        lists.into_iter().flatten().map(of_object).sum::<usize>().saturating_add(256)
    }
}

/// The sets that are kept, by patient id.
pub struct PatientSets {
    kept: Cache<String, Arc<PatientSet>>,
}

impl PatientSets {
    /// Keeps up to `max_bytes` of records; the sets that are used least go first. 0 keeps nothing.
    #[must_use]
    pub fn new(max_bytes: u64) -> PatientSets {
        let weigher = |id: &String, set: &Arc<PatientSet>| {
            u32::try_from(set.n_bytes().saturating_add(id.len())).unwrap_or(u32::MAX)
        };
        PatientSets { kept: Cache::builder().max_capacity(max_bytes).weigher(weigher).build() }
    }

    /// Bytes that are kept now.
    #[must_use]
    pub fn n_bytes(&self) -> u64 {
        self.kept.run_pending_tasks();
        self.kept.weighted_size()
    }

    /// Patients who are kept now.
    #[must_use]
    pub fn n_patients(&self) -> u64 {
        self.kept.run_pending_tasks();
        self.kept.entry_count()
    }
}

impl Registry {
    /// Everything that is registered of an active patient, as of this call, if it is in memory and known to be
    /// current. Does not block.
    pub fn current_patient_set(&self, _permit: &Permit, id: &PatientId) -> Option<Arc<PatientSet>> {
        let generation = self.database.generation();
        self.patient_sets.kept.get(&id.to_cx()).filter(|set| set.is_current_in(generation))
    }

    /// Everything that is registered of an active patient, as of this call or later; an unknown patient has
    /// nothing. The dictionary knows every code of the set afterwards. Blocking.
    ///
    /// # Errors
    /// Those of the database; a damaged record.
    pub fn patient_set(
        &self,
        permit: &Permit,
        id: &PatientId,
    ) -> Result<Arc<PatientSet>, QueryError> {
        let generation = self.database.generation();
        self.database.read(|connection| self.patient_set_on(connection, (permit, id), generation))
    }

    /// As [`Registry::patient_set`], as of the snapshot that `connection` reads; `generation` is the
    /// database's from before the snapshot was taken. Blocking.
    ///
    /// # Errors
    /// Those of the database; a damaged record.
    pub fn patient_set_on(
        &self,
        connection: &mut AnyConnection,
        (permit, id): (&Permit, &PatientId),
        generation: Option<Generation>,
    ) -> Result<Arc<PatientSet>, QueryError> {
        let members = patient::members(connection, id)?;
        if members.is_empty() {
            return Ok(Arc::default());
        }
        let cx = id.to_cx();
        if let Some(set) = self.patient_sets.kept.get(&cx)
            && set.members == members
        {
            set.note_compared(generation);
            return Ok(set);
        }
        let mut objects = Vec::new();
        for member in &members {
            objects.extend(object::all_of_patient(connection, permit, member.patient_no)?);
        }
        self.dictionary_for(connection, &objects)?;
        let set = Arc::new(PatientSet::new(members, objects)?);
        set.note_compared(generation);
        self.patient_sets.kept.insert(cx, Arc::clone(&set));
        Ok(set)
    }
}

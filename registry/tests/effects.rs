//! What a registration does to objects that were there before (ITI TF-2: 3.42.4.1.3.3.3 and .4).

use std::sync::Arc;

use datatypes::{EntryUuid, ObjectId, PatientId};
use ebxml::AdhocQueryResponse;
use registry::Registry;
use xds::{Association, AssociationType, AvailabilityStatus, DocumentEntry, Folder, Submission};

use crate::feed::Feed;
use crate::metadata::{self, document, entry, folder, submission, submission_set};
use crate::open_registry::{Place, on_each_backend};
use crate::requests::{
    answer_of, changed, patient, register_text, stored_objects, understood, written,
};
use AvailabilityStatus::{Approved, Deprecated};

/// A registry with one patient.
struct Scene<'p> {
    place: &'p Place,
    registry: Arc<Registry>,
    patient: PatientId,
}

impl<'p> Scene<'p> {
    fn new(place: &'p Place, name: &str) -> Scene<'p> {
        let registry = place.open();
        let patient = patient(name);
        Feed::new(&registry).announce(place, [&patient]);
        Scene { place, registry, patient }
    }

    fn register(&self, submission: &Submission) {
        self.place.register(&self.registry, submission).unwrap();
    }

    /// Registers a document and gives its entry.
    fn document(&self) -> DocumentEntry {
        let submission = document(&self.patient);
        self.register(&submission);
        submission.entries.into_iter().next().unwrap()
    }

    /// Registers a document that relates to another one.
    fn related(&self, kind: AssociationType, target: &DocumentEntry) -> DocumentEntry {
        let mut submission = document(&self.patient);
        let source = submission.entries[0].id.clone();
        metadata::relate(&mut submission, kind, (&source, &target.id));
        self.register(&submission);
        submission.entries.into_iter().next().unwrap()
    }

    /// Registers a folder that holds these documents; nobody touched it for a long time.
    fn folder(&self, entries: &[&DocumentEntry]) -> Folder {
        let set = submission_set(&self.patient);
        let mut submission = submission(set, Vec::new(), vec![folder(&self.patient)]);
        let id = submission.folders[0].id.clone();
        for entry in entries {
            metadata::file(&mut submission, &id, &entry.id);
        }
        self.register(&submission);
        let folder = submission.folders.remove(0);
        self.set_column(&folder, &format!("last_update_time = '{LONG_AGO}'"));
        folder
    }

    fn set_column(&self, folder: &Folder, assignment: &str) {
        let unique_id = folder.unique_id.value.as_str();
        let sql = format!("UPDATE object SET {assignment} WHERE unique_id = '{unique_id}'");
        self.place.execute(&self.registry, sql);
    }

    /// Everything of the patient, as an answer shows it.
    fn everything(&self) -> AdhocQueryResponse {
        let (patient_no, objects) = stored_objects(&self.registry, &self.patient);
        let answer = answer_of(&self.registry, (&self.patient, patient_no), objects);
        understood(&answer.whole().unwrap())
    }

    #[track_caller]
    fn check_status(&self, entry: &DocumentEntry, status: AvailabilityStatus, what: &str) {
        let answer = self.everything();
        let found = answer.entries.iter().find(|stored| stored.object.id == entry.id).unwrap();
        assert_eq!(found.status, Some(status), "{what}");
    }

    fn last_update_time(&self, folder: &Folder) -> String {
        let answer = self.everything();
        let found = answer.folders.iter().find(|stored| stored.object.id == folder.id).unwrap();
        found.object.last_update_time.as_ref().unwrap().to_string()
    }

    /// Memberships of one object in another.
    fn memberships(&self, source: &ObjectId, target: &ObjectId) -> Vec<Association> {
        let associations = self.everything().associations.into_iter().map(|stored| stored.object);
        let is_wanted = |found: &Association| {
            found.kind == AssociationType::HasMember
                && (&found.source, &found.target) == (source, target)
        };
        associations.filter(is_wanted).collect()
    }
}

const LONG_AGO: &str = "20000101000000";

#[test]
fn a_replacement_deprecates_its_target_and_what_was_derived_from_it() {
    on_each_backend(|place| {
        for kind in [AssociationType::Replace, AssociationType::TransformAndReplace] {
            let scene = Scene::new(place, kind.urn().rsplit(':').next().unwrap());
            let target = scene.document();
            let appendix = scene.related(AssociationType::Append, &target);
            let transformation = scene.related(AssociationType::Transform, &target);
            let further = scene.related(AssociationType::Append, &transformation);
            let signature = scene.related(AssociationType::Signs, &target);
            let source_of_target = scene.document();
            let replacement = scene.related(kind, &target);
            for (entry, status, what) in [
                (&target, Deprecated, "the replaced document"),
                (&appendix, Deprecated, "its appendix"),
                (&transformation, Deprecated, "its transformation"),
                (&further, Deprecated, "the appendix of its transformation"),
                (&signature, Approved, "its signature"),
                (&source_of_target, Approved, "an unrelated document"),
                (&replacement, Approved, "the replacement"),
            ] {
                scene.check_status(entry, status, what);
            }
        }
    });
}

#[test]
fn what_an_original_is_derived_from_stays() {
    let place = Place::sqlite();
    let scene = Scene::new(&place, "original");
    let original = scene.document();
    let appendix = scene.related(AssociationType::Append, &original);
    scene.related(AssociationType::Replace, &appendix);
    scene.check_status(&original, Approved, "the original of a replaced appendix");
    scene.check_status(&appendix, Deprecated, "the replaced appendix");
}

#[test]
fn other_relationships_leave_their_target() {
    let place = Place::sqlite();
    let scene = Scene::new(&place, "other");
    let target = scene.document();
    for kind in [AssociationType::Append, AssociationType::Transform, AssociationType::Signs] {
        scene.related(kind, &target);
        scene.check_status(&target, Approved, kind.urn());
    }
}

#[test]
fn what_comes_with_the_replacement_is_current() {
    let place = Place::sqlite();
    let scene = Scene::new(&place, "current");
    let target = scene.document();
    let patient = &scene.patient;
    let mut submission =
        submission(submission_set(patient), vec![entry(patient), entry(patient)], Vec::new());
    let [replacement, transformation] =
        [&submission.entries[0], &submission.entries[1]].map(|entry| entry.clone());
    // Transformed from the old document and sent together with the new one.
    let ends = (&transformation.id, &target.id);
    metadata::relate(&mut submission, AssociationType::Transform, ends);
    metadata::relate(&mut submission, AssociationType::Replace, (&replacement.id, &target.id));
    scene.register(&submission);
    scene.check_status(&transformation, Approved, "a transformation of this submission");
}

#[test]
fn one_submission_replaces_several_documents() {
    let place = Place::sqlite();
    let scene = Scene::new(&place, "several");
    let (first, second) = (scene.document(), scene.document());
    let mut submission = document(&scene.patient);
    let source = submission.entries[0].id.clone();
    for target in [&first, &second] {
        metadata::relate(&mut submission, AssociationType::Replace, (&source, &target.id));
    }
    scene.register(&submission);
    for target in [&first, &second] {
        scene.check_status(target, Deprecated, "a replaced document");
    }
}

#[test]
fn a_replacement_joins_the_folders_of_its_target() {
    on_each_backend(|place| {
        let scene = Scene::new(place, "folders");
        let (target, neighbour) = (scene.document(), scene.document());
        let open = scene.folder(&[&target, &neighbour]);
        let other = scene.folder(&[&neighbour]);
        let closed = scene.folder(&[&target]);
        scene.set_column(&closed, "status = 1");
        let mut submission = document(&scene.patient);
        let replacement = submission.entries[0].clone();
        let ends = (&replacement.id, &target.id);
        metadata::relate(&mut submission, AssociationType::Replace, ends);
        let before = jiff::Timestamp::now();
        scene.register(&submission);

        let joined = scene.memberships(&open.id, &replacement.id);
        let [membership] = joined.as_slice() else { panic!("{joined:?}") };
        let by_set = scene.memberships(&submission.submission_set.id, &membership.id);
        assert_eq!(by_set.len(), 1, "the submission set includes the new membership");
        assert_eq!(scene.memberships(&open.id, &target.id).len(), 1, "the old membership stays");
        assert!(scene.memberships(&other.id, &replacement.id).is_empty());
        assert!(scene.memberships(&closed.id, &replacement.id).is_empty());
        let earliest = before.strftime("%Y%m%d%H%M%S").to_string();
        assert!(scene.last_update_time(&open) >= earliest);
        assert_eq!(scene.last_update_time(&other), LONG_AGO);
        assert_eq!(scene.last_update_time(&closed), LONG_AGO);
    });
}

#[test]
fn a_replacement_joins_a_folder_once() {
    let place = Place::sqlite();
    let scene = Scene::new(&place, "once");
    let target = scene.document();
    let folder = scene.folder(&[&target, &target]);
    let mut submission = document(&scene.patient);
    let replacement = submission.entries[0].id.clone();
    metadata::relate(&mut submission, AssociationType::Replace, (&replacement, &target.id));
    scene.register(&submission);
    assert_eq!(scene.memberships(&folder.id, &replacement).len(), 1, "held twice");

    let next = scene.document();
    let folder = scene.folder(&[&next]);
    let mut submission = document(&scene.patient);
    let replacement = submission.entries[0].id.clone();
    metadata::relate(&mut submission, AssociationType::Replace, (&replacement, &next.id));
    metadata::file(&mut submission, &folder.id, &replacement);
    scene.register(&submission);
    assert_eq!(scene.memberships(&folder.id, &replacement).len(), 1, "said by the submission");
}

#[test]
fn a_folder_that_gains_a_member_was_updated_now() {
    on_each_backend(|place| {
        let scene = Scene::new(place, "gains");
        let folder = scene.folder(&[]);
        let untouched = scene.folder(&[]);
        let mut submission = document(&scene.patient);
        let entry = submission.entries[0].id.clone();
        metadata::file(&mut submission, &folder.id, &entry);
        let before = jiff::Timestamp::now();
        scene.register(&submission);
        let earliest = before.strftime("%Y%m%d%H%M%S").to_string();
        assert!(scene.last_update_time(&folder) >= earliest);
        assert_eq!(scene.last_update_time(&untouched), LONG_AGO);
    });
}

#[test]
fn a_submitted_status_is_not_believed() {
    let place = Place::sqlite();
    let scene = Scene::new(&place, "status");
    let submission = document(&scene.patient);
    let tag = "<rim:ExtrinsicObject ";
    let deprecated = format!("{tag}status=\"{}\" ", Deprecated.urn());
    let request = changed(written(&submission), tag, &deprecated);
    register_text(scene.place, &scene.registry, &request).unwrap();
    scene.check_status(&submission.entries[0], Approved, "a new document");
}

#[test]
fn a_symbol_is_the_same_id_everywhere() {
    let place = Place::sqlite();
    let scene = Scene::new(&place, "symbols");
    let mut submission = document(&scene.patient);
    let symbol = ObjectId::parse("the document").unwrap();
    submission.entries[0].id = symbol.clone();
    submission.associations[0].target = symbol;
    scene.register(&submission);
    let answer = scene.everything();
    let entry: EntryUuid = answer.entries[0].object.id.uuid().unwrap();
    assert_eq!(answer.associations[0].object.target, ObjectId::Uuid(entry));
    assert_eq!(answer.associations[0].object.source, submission.submission_set.id);
}

/// What came with a replacement is current even if it is derived from what was replaced; it is not once
/// the original of both is replaced, too.
#[test]
fn derivations_are_followed_through_what_is_deprecated_already() {
    on_each_backend(|place| {
        let scene = Scene::new(place, "through");
        let original = scene.document();
        let transformation = scene.related(AssociationType::Transform, &original);
        let [new, appendix] = [(); 2].map(|()| entry(&scene.patient));
        let set = submission_set(&scene.patient);
        let mut both = submission(set, vec![new.clone(), appendix.clone()], Vec::new());
        metadata::relate(&mut both, AssociationType::Replace, (&new.id, &transformation.id));
        metadata::relate(&mut both, AssociationType::Append, (&appendix.id, &transformation.id));
        scene.register(&both);
        scene.check_status(&appendix, Approved, "it came with the new version");
        scene.related(AssociationType::Replace, &original);
        scene.check_status(&appendix, Deprecated, "it is derived from the original");
        scene.check_status(&new, Approved, "it is derived from nothing");
    });
}

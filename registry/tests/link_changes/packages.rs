//! What goes along with documents, what stays, and what is not shown meanwhile.

use datatypes::ObjectId;
use xds::query::QueryId;
use xds::{AssociationType, Submission};

use super::scene::Scene;
use crate::metadata::{self, file, refer};
use crate::open_registry::on_each_backend;

/// One submission of documents `A1` and `A2` in one folder, and `A1` in a folder of its own.
struct Furnished {
    submission: Submission,
}

impl Furnished {
    fn new(scene: &mut Scene<'_>) -> Furnished {
        let patient = scene.patient('A');
        let entries = ['1', '2'].map(|digit| scene.document('A', digit).entries.remove(0)).into();
        let folders = vec![metadata::folder(&patient), metadata::folder(&patient)];
        let set = metadata::submission_set(&patient);
        let mut submission = metadata::submission(set, entries, folders);
        let [one, two] = [0, 1].map(|n| submission.entries[n].id.clone());
        let [both, own] = [0, 1].map(|n| submission.folders[n].id.clone());
        for (folder, entry) in [(&both, &one), (&both, &two), (&own, &one)] {
            file(&mut submission, folder, entry);
        }
        scene.register(&submission);
        Furnished { submission }
    }

    fn entry(&self, n: usize) -> &ObjectId {
        &self.submission.entries[n].id
    }

    /// The Associations with one of these ends that a patient's GetAll shows.
    fn links(&self, scene: &Scene<'_>, letter: char) -> usize {
        scene.get_all(letter).associations.len()
    }
}

fn count(scene: &Scene<'_>, letter: char) -> (usize, usize, usize, usize) {
    let all = scene.get_all(letter);
    let n_links = all.associations.len();
    (all.submission_sets.len(), all.folders.len(), all.entries.len(), n_links)
}

/// Set: memberships of two documents, two folders and three filings, which are three more.
const ALL_LINKS: usize = 2 + 2 + 3 + 3;

#[test]
fn packages_go_with_all_their_documents_only() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        let furnished = Furnished::new(&mut scene);
        assert_eq!(count(&scene, 'A'), (1, 2, 2, ALL_LINKS));
        scene.change("D~1", "A");
        // The set and the folder of both stay, with what they have of A2: two memberships of the set's, of
        // document and folder, the filing, and the set's membership of that.
        assert_eq!(count(&scene, 'A'), (1, 1, 1, 4));
        // The other folder moved with its only document; the set's memberships are split.
        assert_eq!(count(&scene, 'D'), (0, 1, 1, 1));
        scene.change("D~2", "A");
        assert_eq!(count(&scene, 'A'), (0, 0, 0, 0));
        assert_eq!(count(&scene, 'D'), (1, 2, 2, ALL_LINKS));
        scene.change("A~1", "D");
        assert_eq!(count(&scene, 'A'), (1, 2, 1, 7));
        assert_eq!(furnished.links(&scene, 'D'), 0);
        assert_eq!(count(&scene, 'D'), (0, 0, 1, 0));
    });
}

#[test]
fn no_answer_about_one_shows_the_other() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        let furnished = Furnished::new(&mut scene);
        scene.change("D~1", "A");
        let moved = format!("'{}'", furnished.entry(0));
        let set = format!("'{}'", furnished.submission.submission_set.id);
        let folder = format!("'{}'", furnished.submission.folders[0].id);
        let of_set = scene
            .ask(QueryId::GetSubmissionSetAndContents, &[("$XDSSubmissionSetEntryUUID", &set)]);
        let of_folder =
            scene.ask(QueryId::GetFolderAndContents, &[("$XDSFolderEntryUUID", &folder)]);
        for answer in [of_set.unwrap(), of_folder.unwrap()] {
            let ids: Vec<_> =
                answer.entries.iter().map(|stored| stored.object.id.clone()).collect();
            assert_eq!(ids, [furnished.entry(1).clone()]);
        }
        let list = format!("({moved})");
        let sets = scene.ask(QueryId::GetSubmissionSets, &[("$uuid", &list)]).unwrap();
        assert_eq!((sets.submission_sets.len(), sets.associations.len()), (0, 0));
        let folders =
            scene.ask(QueryId::GetFoldersForDocument, &[("$XDSDocumentEntryEntryUUID", &moved)]);
        let folders: Vec<_> =
            folders.unwrap().folders.iter().map(|stored| stored.object.id.clone()).collect();
        assert_eq!(folders, [furnished.submission.folders[1].id.clone()]);
    });
}

/// What a submission of another patient included by reference is shown before and after; what was the same
/// patient's is shown while it is.
#[test]
fn references_to_other_patients_stay() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        let document = scene.add('A', '1').entries[0].id.clone();
        let mut own = scene.document('A', '2');
        refer(&mut own, &document);
        scene.register(&own);
        let mut foreign = scene.document('B', '3');
        refer(&mut foreign, &document);
        scene.register(&foreign);
        let list = format!("('{document}')");
        let referring = |scene: &Scene<'_>| {
            let found = scene.ask(QueryId::GetAssociations, &[("$uuid", &list)]).unwrap();
            let ends = found.associations.iter().map(|stored| stored.object.source.clone());
            let sets = [&own, &foreign].map(|set| set.submission_set.id.clone());
            let ends: Vec<ObjectId> = ends.collect();
            sets.map(|set| ends.contains(&set))
        };
        assert_eq!(referring(&scene), [true, true]);
        scene.change("D~1", "A");
        assert_eq!(referring(&scene), [false, true]);
        // To the one who referred to it from the beginning.
        scene.change("B~1", "D");
        assert_eq!(referring(&scene), [false, true]);
        scene.change("C~1", "B");
        assert_eq!(referring(&scene), [false, true]);
        // The one who includes it comes after it.
        scene.change("C~2", "A");
        assert_eq!(referring(&scene), [true, true]);
    });
}

/// Merges in the affinity domain make one patient of two.
#[test]
fn a_merge_brings_together_what_was_parted() {
    on_each_backend(|place| {
        for (subsumed, surviving) in [('A', 'D'), ('D', 'A')] {
            let registry = place.open();
            let mut scene = Scene::new(place, &registry);
            Furnished::new(&mut scene);
            scene.change("D~1", "A");
            scene.merge(subsumed, surviving);
            assert_eq!(count(&scene, surviving), (1, 2, 2, ALL_LINKS));
            assert_eq!(count(&scene, subsumed), (0, 0, 0, 0));
        }
        // Both documents are elsewhere, and then at one place.
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        Furnished::new(&mut scene);
        scene.change("C~1", "A");
        scene.change("D~2", "A");
        assert_eq!(count(&scene, 'A'), (1, 1, 0, 1));
        scene.merge('C', 'D');
        assert_eq!(count(&scene, 'A'), (0, 0, 0, 0));
        assert_eq!(count(&scene, 'D'), (1, 2, 2, ALL_LINKS));
    });
}

/// A SubmissionSet of a folder alone, and one without anything, have no document to follow.
#[test]
fn packages_without_documents_stay() {
    on_each_backend(|place| {
        let registry = place.open();
        let mut scene = Scene::new(place, &registry);
        let patient = scene.patient('A');
        let set = metadata::submission_set(&patient);
        let empty = metadata::submission(set, Vec::new(), vec![metadata::folder(&patient)]);
        scene.register(&empty);
        let mut filing = scene.document('A', '1');
        let document = filing.entries[0].id.clone();
        file(&mut filing, &empty.folders[0].id, &document);
        scene.register(&filing);
        scene.change("D~1", "A");
        // The folder went with its document, the set that brought it stays.
        assert_eq!(count(&scene, 'A'), (1, 0, 0, 0));
        assert_eq!(count(&scene, 'D'), (1, 1, 1, 3));
        let kinds = scene.get_all('D').associations.into_iter().map(|stored| stored.object.kind);
        assert!(kinds.into_iter().all(|kind| kind == AssociationType::HasMember));
    });
}

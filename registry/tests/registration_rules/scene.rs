//! What is registered before a case begins.

use std::sync::Arc;

use config::Agreement;
use config::codes::CodeAttribute;
use datatypes::{Code, ObjectId, PatientId};
use policy::Access;
use registry::Registry;
use registry::in_force::InForce;
use xds::{AssociationType, DocumentEntry, Folder, Submission};

use crate::feed::Feed;
use crate::metadata::{self, code, document, entry, folder, submission, submission_set};
use crate::open_registry::Place;
use crate::requests::patient;

/// Objects that one submission may have here.
const MAX_OBJECTS: usize = 20;

/// Two patients with registered objects, and three others.
pub(super) struct Scene<'p> {
    pub(super) place: &'p Place,
    pub(super) registry: Arc<Registry>,
    pub(super) patient: PatientId,
    /// The patient's registered submission: two documents, the first in the folder.
    pub(super) registered: Submission,
    /// A document of the patient that was replaced.
    pub(super) deprecated: DocumentEntry,
    /// A folder of the patient that is deprecated.
    pub(super) closed: Folder,
    /// Another patient's submission: a document and a folder.
    pub(super) foreign: Submission,
    /// Who gave way to the patient.
    pub(super) subsumed: PatientId,
    /// Whose sequence numbers are used up, but for one.
    pub(super) full: PatientId,
}

impl<'p> Scene<'p> {
    pub(super) fn new(place: &'p Place) -> Scene<'p> {
        let registry = place.open_with(|registry| {
            registry.max_objects_per_submission = MAX_OBJECTS;
            let in_force = with_code_lists(&registry.in_force.load().agreement);
            registry.in_force.store(Arc::new(in_force));
        });
        // Some cases register something: each scene has its own patients.
        let number = crate::requests::number(&registry, "SELECT count(*) AS number FROM patient");
        let named = |name: &str| patient(&format!("{name}-{number}"));
        let [a, b] = [named("a"), named("b")];
        let [subsumed, full] = [named("subsumed"), named("full")];
        let feed = Feed::new(&registry);
        feed.announce(place, [&a, &b, &subsumed, &full]);
        place.runtime.block_on(feed.merge(&subsumed, &a));
        place.execute(&registry, fill(&full));

        let mut registered =
            submission(submission_set(&a), vec![entry(&a), entry(&a)], vec![folder(&a)]);
        let (held, filed) = (registered.folders[0].id.clone(), registered.entries[0].id.clone());
        metadata::file(&mut registered, &held, &filed);
        let deprecated = document(&a);
        let mut closing = submission(submission_set(&a), vec![entry(&a)], vec![folder(&a)]);
        let ends = (&closing.entries[0].id.clone(), &deprecated.entries[0].id);
        metadata::relate(&mut closing, AssociationType::Replace, ends);
        let foreign = submission(submission_set(&b), vec![entry(&b)], vec![folder(&b)]);
        for submission in [&registered, &deprecated, &closing, &foreign] {
            place.register(&registry, submission).unwrap();
        }
        let closed = closing.folders.remove(0);
        place.execute(&registry, close(&closed));
        let deprecated = deprecated.entries.into_iter().next().unwrap();
        let patient = a;
        Scene { place, registry, patient, registered, deprecated, closed, foreign, subsumed, full }
    }

    /// A submission that breaks no rule: one document.
    pub(super) fn good(&self) -> Submission {
        document(&self.patient)
    }

    /// A good submission of a document and a folder.
    pub(super) fn good_with_folder(&self) -> Submission {
        let patient = &self.patient;
        submission(submission_set(patient), vec![entry(patient)], vec![folder(patient)])
    }

    /// A good submission whose document is related to another one.
    pub(super) fn related(&self, kind: AssociationType, target: &ObjectId) -> Submission {
        let mut submission = self.good();
        let source = submission.entries[0].id.clone();
        metadata::relate(&mut submission, kind, (&source, target));
        submission
    }
}

/// Lists for two attributes; the others take any value.
fn with_code_lists(agreement: &Agreement) -> InForce {
    let mut agreement = agreement.clone();
    agreement.codes.add(CodeAttribute::ClassCode, code("class").value);
    let mime =
        Code { code: "text/plain".to_owned(), scheme: String::new(), display: String::new() };
    agreement.codes.add(CodeAttribute::MimeType, mime);
    InForce::new(Arc::new(agreement), Access::Open).unwrap()
}

/// Leaves room for one object.
fn fill(patient: &PatientId) -> String {
    let last = registry::store::patient::SEQUENCE_END - 1;
    format!("UPDATE patient SET next_seq = {last} WHERE cx = '{}'", patient.to_cx())
}

/// No transaction deprecates a folder yet.
fn close(folder: &Folder) -> String {
    format!("UPDATE object SET status = 1 WHERE unique_id = '{}'", folder.unique_id.value)
}

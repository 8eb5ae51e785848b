//! Reconciliation while submissions come in: what the registry has is kept, the rest goes, whatever races.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ebxml::adhoc_query_response::{AdhocQueryResponse, Stored, write_leaf_class};
use repository::maintenance::job::{FindingKind, Phase, Status};
use repository::maintenance::reconcile::ReconcileOptions;
use repository::maintenance::{Maintenance, Work};
use xds::{AvailabilityStatus, DocumentEntry, RegistryResponse};

use super::alone::RepositoryAlone;
use super::scripted::{
    FAILURE, REGISTERED, SUCCESS, Script, ScriptedRegistry, is_registration, response, soap,
};
use crate::harness::database::Database;
use crate::harness::submission::Submission;

const PATIENT: &str = "4711^^^&1.2.392.99.1&ISO";
const QUERIED: &str = "urn:ihe:iti:2007:RegistryStoredQueryResponse";
const DEADLINE: Duration = Duration::from_secs(60);

/// What becomes of a registration.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Answered,
    /// Registered, and nobody is told.
    AnswerLost,
    RequestLost,
    Refused,
}

/// What the registry has, by uniqueId.
pub(super) type Memory = Arc<Mutex<HashMap<String, DocumentEntry>>>;

/// A registry with a memory, whose connections are bad.
fn registry(
    memory: &Memory,
    fate: impl Fn(&str) -> Fate + Send + Sync + 'static,
) -> ScriptedRegistry {
    let memory = Arc::clone(memory);
    ScriptedRegistry::start(move |request| {
        if !is_registration(request) {
            return answer(&memory, request);
        }
        let fate = fate(request);
        if matches!(fate, Fate::Answered | Fate::AnswerLost) {
            let mut memory = memory.lock().unwrap();
            for entry in entries(request) {
                memory.insert(entry.unique_id.value.as_str().to_owned(), entry);
            }
        }
        match fate {
            Fate::Answered => Script::Say(soap(request, REGISTERED, &response(SUCCESS, &[]))),
            Fate::AnswerLost | Fate::RequestLost => Script::HangUp,
            Fate::Refused => Script::Say(soap(request, REGISTERED, &response(FAILURE, &["Error"]))),
        }
    })
}

pub(super) fn entries(request: &str) -> Vec<DocumentEntry> {
    let mut reader = xml::Reader::new(request, xml::Limits::default()).unwrap();
    soap::read_header(&mut reader).unwrap();
    reader.next_child().unwrap().unwrap();
    ebxml::read_submit_objects_request(&mut reader).unwrap().submission.unwrap().entries
}

/// GetDocuments by uniqueId.
pub(super) fn answer(memory: &Memory, request: &str) -> Script {
    let memory = memory.lock().unwrap();
    let known = memory.iter().filter(|(unique_id, _)| request.contains(&format!("'{unique_id}'")));
    let status = Some(AvailabilityStatus::Approved);
    let entries = known.map(|(_, entry)| Stored { object: entry.clone(), status }).collect();
    let empty = AdhocQueryResponse::empty(RegistryResponse::success());
    let body = write_leaf_class(&AdhocQueryResponse { entries, ..empty });
    Script::Say(soap(request, QUERIED, &body))
}

pub(super) const NOW: ReconcileOptions =
    ReconcileOptions { grace: Duration::ZERO, is_dry_run: false, max_orphans: 100 };

pub(super) fn reconcile(maintenance: &Maintenance, options: &ReconcileOptions) -> Status {
    ended(maintenance, Work::Reconcile(options.clone()))
}

/// How a job stands when it has ended.
pub(super) fn ended(maintenance: &Maintenance, work: Work) -> Status {
    maintenance.start(work).unwrap();
    let end = Instant::now() + DEADLINE;
    loop {
        let status = maintenance.status().unwrap();
        if status.phase != Phase::Running {
            return status;
        }
        assert!(Instant::now() < end, "{status:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn unique_id(submission: &Submission) -> String {
    submission.documents.first().unwrap().unique_id.clone()
}

#[test]
fn the_registry_decides_what_becomes_of_a_document_in_doubt() {
    for database in Database::all() {
        let memory = Memory::default();
        let is_lost = Arc::new(AtomicBool::new(true));
        let lost = Arc::clone(&is_lost);
        let registry = registry(&memory, move |_| match lost.load(Ordering::Relaxed) {
            true => Fate::RequestLost,
            false => Fate::AnswerLost,
        });
        let repository = RepositoryAlone::start(database, &registry.url());
        let gone = Submission::of(PATIENT, &[b"never arrived", b"shared"]);
        repository.submit(&gone).assert_failure("XDSRegistryNotAvailable");
        is_lost.store(false, Ordering::Relaxed);
        let kept = Submission::of(PATIENT, &[b"arrived", b"shared"]);
        repository.submit(&kept).assert_failure("XDSRegistryNotAvailable");
        let maintenance = repository.maintenance();
        let kinds = |status: &Status, kind| {
            status.findings.iter().filter(|finding| finding.kind == kind).count()
        };
        // Saying what would be done does nothing, and what is young stays.
        let dry_run = ReconcileOptions { is_dry_run: true, ..NOW };
        for _ in 0..2 {
            let status = reconcile(&maintenance, &dry_run);
            let n_of = |kind| kinds(&status, kind);
            assert_eq!((n_of(FindingKind::Removed), n_of(FindingKind::Registered)), (2, 2));
        }
        let patient = ReconcileOptions { grace: Duration::from_secs(3600), ..NOW };
        let status = reconcile(&maintenance, &patient);
        let n_of = |kind| kinds(&status, kind);
        assert_eq!((n_of(FindingKind::Young), n_of(FindingKind::Registered)), (2, 2));
        assert_eq!(repository.documents_of(&gone).len(), 2);
        let status = reconcile(&maintenance, &NOW);
        assert_eq!((status.phase, kinds(&status, FindingKind::Removed)), (Phase::Done, 2));
        assert!(status.counts.is_well(), "{status:?}");
        assert_eq!(repository.documents_of(&gone), Vec::<Vec<u8>>::new());
        assert_eq!(repository.documents_of(&kept), [b"arrived".to_vec(), b"shared".to_vec()]);
        assert_eq!(repository.n_stored(), 2);
    }
}

#[test]
fn an_answer_that_does_not_tell_removes_nothing() {
    let nonsense: [fn(&str) -> Script; 4] = [
        |_| Script::HangUp,
        |request| Script::Say(soap(request, QUERIED, &response(SUCCESS, &[]))),
        |request| Script::Say(soap(request, REGISTERED, &leaf_class("", ""))),
        |request| {
            // An object that cannot be read may be the one that was asked for.
            let broken = "<rim:ExtrinsicObject id=\"x\"/>";
            Script::Say(soap(request, QUERIED, &leaf_class(broken, "")))
        },
    ];
    for script in nonsense {
        let registry = ScriptedRegistry::start(move |request| {
            if is_registration(request) { Script::HangUp } else { script(request) }
        });
        let repository = RepositoryAlone::start(Database::Sqlite, &registry.url());
        let submission = Submission::of(PATIENT, &[b"who knows"]);
        repository.submit(&submission).assert_failure("XDSRegistryNotAvailable");
        let status = reconcile(&repository.maintenance(), &NOW);
        assert_eq!(status.counts.n_in_doubt, 1, "{status:?}");
        assert_eq!(repository.documents_of(&submission), [b"who knows"]);
    }
}

fn leaf_class(objects: &str, errors: &str) -> String {
    format!(
        "<q:AdhocQueryResponse xmlns:q=\"urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0\" \
         xmlns:rim=\"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0\" status=\"{SUCCESS}\">{errors}\
         <rim:RegistryObjectList>{objects}</rim:RegistryObjectList></q:AdhocQueryResponse>"
    )
}

/// Each content comes twice: once in a submission that is lost and soon removed, and again while that happens.
#[test]
fn submissions_of_the_same_bytes_and_names_lose_nothing() {
    const SUBMITTERS: usize = 64;
    const ROUNDS: usize = 8;
    for database in Database::all() {
        let memory = Memory::default();
        let registry = registry(&memory, |request| match request {
            lost if lost.contains(LOST) => Fate::RequestLost,
            refused if refused.contains(REFUSED) => Fate::Refused,
            silent if silent.contains(SILENT) => Fate::AnswerLost,
            _ => Fate::Answered,
        });
        let repository = RepositoryAlone::start(database, &registry.url());
        let maintenance = repository.maintenance();
        let is_over = AtomicBool::new(false);
        let (submissions, n_removed) = std::thread::scope(|scope| {
            let reconciling = scope.spawn(|| {
                let mut n_removed = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let status = reconcile(&maintenance, &NOW);
                    assert_eq!(status.phase, Phase::Done, "{status:?}");
                    n_removed += status.counts.n_removed;
                }
                n_removed
            });
            let submit = |place| submit_rounds(&repository, place, ROUNDS);
            let submitting: Vec<_> =
                (0..SUBMITTERS).map(|place| scope.spawn(move || submit(place))).collect();
            let submissions: Vec<_> =
                submitting.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
            is_over.store(true, Ordering::Relaxed);
            (submissions, reconciling.join().unwrap())
        });
        let status = reconcile(&maintenance, &NOW);
        assert!(status.counts.is_well(), "{status:?}");
        assert!(n_removed > 0, "the two never met");
        check_kept(&repository, &memory, &submissions);
    }
}

const LOST: &str = "the request is lost";
const REFUSED: &str = "the registry refuses";
const SILENT: &str = "the answer is lost";

/// Submissions with whether they were acknowledged.
type Submissions = Vec<(Submission, bool)>;

fn submit_rounds(repository: &RepositoryAlone, place: usize, rounds: usize) -> Submissions {
    let mut done = Vec::new();
    for round in 0..rounds {
        let bytes = format!("content {round} of {place}").into_bytes();
        let mut lost = Submission::of(PATIENT, &[&bytes]);
        lost.documents.first_mut().unwrap().title = LOST.to_owned();
        repository.submit(&lost).assert_failure("XDSRegistryNotAvailable");
        let mut again = Submission::of(PATIENT, &[&bytes]);
        let document = again.documents.first_mut().unwrap();
        match round % 4 {
            // As a source does that was told to try again.
            0 | 1 => document.unique_id = unique_id(&lost),
            2 if round % 8 == 2 => document.title = REFUSED.to_owned(),
            2 => document.title = SILENT.to_owned(),
            _ => {}
        }
        let is_acknowledged = repository.submit(&again).outcome() == "Success";
        done.extend([(lost, false), (again, is_acknowledged)]);
    }
    done
}

/// What the registry has is there, and nothing else.
fn check_kept(repository: &RepositoryAlone, memory: &Memory, submissions: &Submissions) {
    let registered: HashSet<String> = memory.lock().unwrap().keys().cloned().collect();
    let mut contents = HashSet::new();
    for (submission, is_acknowledged) in submissions {
        let is_registered = registered.contains(&unique_id(submission));
        assert!(is_registered || !is_acknowledged);
        let bytes = submission.documents.first().unwrap().bytes.clone();
        let expected = if is_registered { vec![bytes.clone()] } else { vec![] };
        assert_eq!(repository.documents_of(submission), expected);
        contents.extend(is_registered.then_some(bytes));
    }
    assert_eq!(repository.n_stored(), contents.len());
}

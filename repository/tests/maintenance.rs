//! Verification and reconciliation of a store that was damaged by hand, while no registry answers.

use std::fs;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use repository::Repository;
use repository::admin::parse_address;
use repository::blobs::hex;
use repository::maintenance::job::{FindingKind, Job, Phase, Status, Task};
use repository::maintenance::reconcile::{ReconcileOptions, reconcile};
use repository::maintenance::verify::{VerifiedStore, VerifyOptions, verify};
use repository::maintenance::{Maintenance, Work};
use repository::store::document::{self, NewDocument, State};

use crate::open_repository::{Place, maintenance, on_each_backend};

const HOUR: Duration = Duration::from_secs(3600);

/// Stores a document as ITI-41 does.
fn store(place: &Place, repository: &Repository, (unique_id, bytes): (&str, &[u8]), state: State) {
    let sha256 = openssl::sha::sha256(bytes);
    repository.blobs.put(&place.spool(), bytes, &sha256).unwrap();
    let document = NewDocument {
        unique_id: unique_id.to_owned(),
        mime_type: "text/plain".to_owned(),
        sha1: openssl::sha::sha1(bytes),
        sha256,
        size: u64::try_from(bytes.len()).unwrap(),
        patient_id: "TEST-1^^^&1.2.3&ISO".to_owned(),
    };
    let permit = maintenance();
    place.commit(&repository.database, move |connection| {
        let numbers = document::insert(connection, &permit, ("1.2.3", 0), &[document])?;
        document::set_state(connection, &numbers, state)
    });
}

fn file_of(repository: &Repository, bytes: &[u8]) -> PathBuf {
    let size = u64::try_from(bytes.len()).unwrap();
    repository.blobs.locate(&openssl::sha::sha256(bytes), size).unwrap()
}

fn options() -> VerifyOptions {
    VerifyOptions {
        bytes_per_second: NonZeroU64::new(1 << 40).unwrap(),
        from: Vec::new(),
        grace: HOUR,
    }
}

fn verified(place: &Place, repository: &Repository, options: VerifyOptions) -> Status {
    let store = VerifiedStore {
        database: Arc::clone(&repository.database),
        blobs: repository.blobs.clone(),
        journal: Arc::clone(&repository.journal),
        agreement_version: "1".to_owned(),
    };
    let job = Arc::new(Job::new(Task::VerifyStore));
    let ended = place.runtime.block_on(verify(store, options, &job));
    job.end(ended);
    job.status()
}

/// What was found: kind and uniqueId.
fn found(status: &Status) -> Vec<(FindingKind, String)> {
    let findings = status.findings.iter();
    let mut found: Vec<_> =
        findings.map(|f| (f.kind, f.unique_id.clone().unwrap_or_default())).collect();
    found.sort_by_key(|(kind, unique_id)| (format!("{kind:?}"), unique_id.clone()));
    found
}

fn make_old(file: &PathBuf) {
    let file = fs::File::options().write(true).open(file).unwrap();
    file.set_modified(SystemTime::now() - 2 * HOUR).unwrap();
}

#[test]
fn an_intact_store_is_well() {
    on_each_backend(|place| {
        let repository = place.open();
        assert!(verified(place, &repository, options()).counts.is_well(), "an empty one, too");
        store(place, &repository, ("1.1", b"one"), State::Registered);
        store(place, &repository, ("1.2", b""), State::InDoubt);
        store(place, &repository, ("1.3", b"one"), State::Registered);
        let status = verified(place, &repository, options());
        assert_eq!((status.phase, found(&status)), (Phase::Done, vec![]));
        let counts = status.counts;
        assert!(counts.is_well(), "{counts}");
        // Shared bytes are read once.
        assert_eq!((counts.n_documents, counts.n_checked, counts.n_bytes), (3, 3, 3));
        let trail = fs::read_to_string(place.folder.path().join("journal")).unwrap();
        assert_eq!(trail.matches("\"event\":\"verify\"").count(), 4, "{trail}");
        assert!(trail.contains("end: checked=3 bytes=3"), "{trail}");
    });
}

#[test]
fn every_kind_of_damage_is_found() {
    on_each_backend(|place| {
        let repository = place.open();
        let contents: [&[u8]; 6] =
            [b"dose: 10 mg", b"cut off", b"grown", b"lost", b"a folder now", b"intact"];
        for (number, bytes) in contents.into_iter().enumerate() {
            store(place, &repository, (&format!("1.{number}"), bytes), State::Registered);
        }
        store(place, &repository, ("2.0", b"dose: 10 mg"), State::InDoubt);
        store(place, &repository, ("2.1", b"on its way"), State::Sent);
        let [changed, cut, grown, lost, folder, _] =
            contents.map(|bytes| file_of(&repository, bytes));
        fs::write(changed, b"dose: 90 mg").unwrap();
        fs::write(cut, b"cut").unwrap();
        fs::write(grown, b"grown!").unwrap();
        fs::remove_file(lost).unwrap();
        fs::remove_file(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        fs::remove_file(file_of(&repository, b"on its way")).unwrap();
        for (bytes, is_old) in [(b"left", true), (b"came", false)] {
            let sha256 = openssl::sha::sha256(bytes);
            repository.blobs.put(&place.spool(), bytes, &sha256).unwrap();
            if is_old {
                make_old(&file_of(&repository, bytes));
            }
        }
        fs::write(place.documents().join("note"), "x").unwrap();
        let status = verified(place, &repository, options());
        use FindingKind::{Damaged, Foreign, Missing, Orphan, Unreadable};
        let expected = [
            (Damaged, "1.0"),
            (Damaged, "1.1"),
            (Damaged, "1.2"),
            (Damaged, "2.0"),
            (Foreign, ""),
            // The folder that lies where a document should is also no file of the store.
            (Foreign, ""),
            (Missing, "1.3"),
            (Orphan, ""),
            (Unreadable, "1.4"),
        ];
        let expected: Vec<_> =
            expected.into_iter().map(|(kind, id)| (kind, id.to_owned())).collect();
        assert_eq!(found(&status), expected);
        assert!(!status.counts.is_well());
        assert_eq!(status.counts.n_checked, 7);
        let orphan = status.findings.iter().find(|f| f.kind == Orphan).unwrap();
        assert_eq!(orphan.address, hex(&openssl::sha::sha256(b"left")));
    });
}

#[test]
fn a_row_that_contradicts_its_bytes_is_damage() {
    on_each_backend(|place| {
        let repository = place.open();
        store(place, &repository, ("1.1", b"right"), State::Registered);
        let right = NewDocument {
            unique_id: "1.2".to_owned(),
            mime_type: "text/plain".to_owned(),
            sha1: openssl::sha::sha1(b"right"),
            sha256: openssl::sha::sha256(b"right"),
            size: 5,
            patient_id: "TEST-1^^^&1.2.3&ISO".to_owned(),
        };
        let wrong = vec![
            NewDocument { size: 6, ..right.clone() },
            NewDocument { unique_id: "1.3".to_owned(), sha1: [0; 20], ..right },
        ];
        let permit = maintenance();
        place.commit(&repository.database, move |connection| {
            let numbers = document::insert(connection, &permit, ("1.2.3", 0), &wrong)?;
            document::set_state(connection, &numbers, State::Registered)
        });
        let status = verified(place, &repository, options());
        let damaged = |id: &str| (FindingKind::Damaged, id.to_owned());
        assert_eq!(found(&status), [damaged("1.2"), damaged("1.3")]);
    });
}

/// More documents than are read from the database at once, many of them with the same bytes.
#[test]
fn a_verification_reads_every_document_once_and_begins_where_it_is_told() {
    on_each_backend(|place| {
        let repository = place.open();
        let permit = maintenance();
        let contents: Vec<String> = (0..40).map(|n| format!("content {n}")).collect();
        for bytes in &contents {
            let sha256 = openssl::sha::sha256(bytes.as_bytes());
            repository.blobs.put(&place.spool(), bytes.as_bytes(), &sha256).unwrap();
        }
        let documents: Vec<_> = (0..1_200)
            .map(|number| {
                let bytes = contents[number * number % 40].as_bytes();
                NewDocument {
                    unique_id: format!("1.{number}"),
                    mime_type: "text/plain".to_owned(),
                    sha1: openssl::sha::sha1(bytes),
                    sha256: openssl::sha::sha256(bytes),
                    size: u64::try_from(bytes.len()).unwrap(),
                    patient_id: "TEST-1^^^&1.2.3&ISO".to_owned(),
                }
            })
            .collect();
        let middle = [0x80];
        let n_behind = documents.iter().filter(|d| d.sha256[0] >= middle[0]).count();
        place.commit(&repository.database, move |connection| {
            let numbers = document::insert(connection, &permit, ("1.2.3", 0), &documents)?;
            document::set_state(connection, &numbers, State::Registered)
        });
        let status = verified(place, &repository, options());
        assert_eq!((status.counts.n_documents, status.counts.n_checked), (1_200, 1_200));
        let from = VerifyOptions { from: middle.to_vec(), ..options() };
        let status = verified(place, &repository, from);
        let n_behind = u64::try_from(n_behind).unwrap();
        assert!(n_behind > 0);
        assert_eq!((status.counts.n_documents, status.counts.n_checked), (n_behind, n_behind));
    });
}

#[test]
fn a_verification_keeps_its_rate_and_can_be_taken_up_again() {
    let place = Place::sqlite();
    let repository = place.open();
    let contents: Vec<Vec<u8>> = (0..6_u8).map(|byte| vec![byte; 200_000]).collect();
    for (number, bytes) in contents.iter().enumerate() {
        store(&place, &repository, (&format!("1.{number}"), bytes), State::Registered);
    }
    fs::write(file_of(&repository, &contents[2]), b"torn").unwrap();
    let rate = VerifyOptions { bytes_per_second: NonZeroU64::new(1_000_000).unwrap(), ..options() };
    let begin = Instant::now();
    let whole = verified(&place, &repository, rate.clone());
    let taken = begin.elapsed();
    // A million bytes at a million in a second.
    assert!(taken >= Duration::from_millis(800), "{taken:?}");
    assert_eq!(found(&whole), [(FindingKind::Damaged, "1.2".to_owned())]);
    // The same in the background, stopped half way and taken up again.
    let maintenance = {
        let _in_runtime = place.runtime.enter();
        Maintenance::new(Arc::clone(&repository))
    };
    maintenance.start(Work::VerifyStore(rate)).unwrap();
    assert!(maintenance.start(Work::VerifyStore(options())).is_err(), "one at a time");
    let status = wait_for(&maintenance, |status| status.counts.n_checked >= 2);
    assert_eq!(status.phase, Phase::Running);
    maintenance.cancel();
    let stopped = wait_for(&maintenance, |status| status.phase != Phase::Running);
    assert_eq!(stopped.phase, Phase::Stopped);
    let from = VerifyOptions { from: parse_address(&stopped.address).unwrap(), ..options() };
    let rest = verified(&place, &repository, from);
    assert_eq!(stopped.counts.n_checked + rest.counts.n_checked, 6);
    assert_eq!(stopped.counts.n_damaged + rest.counts.n_damaged, 1);
}

fn wait_for(maintenance: &Maintenance, is_so: impl Fn(&Status) -> bool) -> Status {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let status = maintenance.status().unwrap();
        if is_so(&status) {
            return status;
        }
        assert!(Instant::now() < end, "{status:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_stop_ends_the_job_in_bounded_time() {
    let place = Place::sqlite();
    let repository = place.open();
    store(&place, &repository, ("1.1", &[0; 1_000_000]), State::Registered);
    let maintenance = {
        let _in_runtime = place.runtime.enter();
        Maintenance::new(Arc::clone(&repository))
    };
    let slow = VerifyOptions { bytes_per_second: NonZeroU64::new(500_000).unwrap(), ..options() };
    maintenance.start(Work::VerifyStore(slow)).unwrap();
    wait_for(&maintenance, |status| status.counts.n_bytes > 0);
    place.runtime.block_on(maintenance.stop());
    drop(maintenance);
    let end = Instant::now() + Duration::from_secs(10);
    while Arc::strong_count(&repository) > 1 {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Nobody can say whether anything is registered.
#[test]
fn without_the_registrys_answer_nothing_is_removed() {
    on_each_backend(|place| {
        let repository = place.open();
        for (unique_id, bytes) in [("1.1", b"one".as_slice()), ("1.2", b"two")] {
            store(place, &repository, (unique_id, bytes), State::InDoubt);
        }
        let left = openssl::sha::sha256(b"left");
        repository.blobs.put(&place.spool(), b"left", &left).unwrap();
        make_old(&file_of(&repository, b"left"));
        let options = ReconcileOptions { grace: HOUR, is_dry_run: false, max_orphans: 100 };
        let status = reconciled(place, &repository, &options);
        let unanswered = |id: &str| (FindingKind::Unanswered, id.to_owned());
        assert_eq!(found(&status), [unanswered("1.1"), unanswered("1.2")]);
        assert_eq!((status.phase, status.counts.n_in_doubt), (Phase::Done, 2));
        for bytes in [b"one".as_slice(), b"two", b"left"] {
            file_of(&repository, bytes);
        }
        let read = repository.database.read(|connection| -> Result<_, store::StoreError> {
            Ok(document::next_in_doubt(connection, 0)?)
        });
        assert_eq!(read.unwrap().unwrap().unique_id, "1.1");
    });
}

/// The database failed when the registry's answer was to be written down.
#[test]
fn what_was_sent_long_ago_is_in_doubt_and_what_was_just_sent_is_not() {
    on_each_backend(|place| {
        let repository = place.open();
        store(place, &repository, ("1.1", b"forgotten"), State::Sent);
        let just_sent = NewDocument {
            unique_id: "1.2".to_owned(),
            mime_type: "text/plain".to_owned(),
            sha1: [1; 20],
            sha256: [1; 32],
            size: 1,
            patient_id: "TEST-1^^^&1.2.3&ISO".to_owned(),
        };
        let since_1970 = SystemTime::UNIX_EPOCH.elapsed().unwrap() - HOUR / 2;
        let half_an_hour_ago = i64::try_from(since_1970.as_micros()).unwrap();
        let permit = maintenance();
        place.commit(&repository.database, move |connection| {
            document::insert(connection, &permit, ("1.2.4", half_an_hour_ago), &[just_sent])
        });
        let options =
            ReconcileOptions { grace: Duration::ZERO, is_dry_run: true, max_orphans: 100 };
        assert_eq!(found(&reconciled(place, &repository, &options)), []);
        let options = ReconcileOptions { is_dry_run: false, ..options };
        let status = reconciled(place, &repository, &options);
        assert_eq!(found(&status), [(FindingKind::Unanswered, "1.1".to_owned())]);
    });
}

fn reconciled(place: &Place, repository: &Arc<Repository>, options: &ReconcileOptions) -> Status {
    let job = Job::new(Task::Reconcile);
    let ended = place.runtime.block_on(reconcile(repository, options.clone(), &job));
    job.end(ended);
    job.status()
}

#[test]
fn bytes_without_a_document_are_removed_when_they_are_old_and_few() {
    on_each_backend(|place| {
        let repository = place.open();
        store(place, &repository, ("1.1", b"named"), State::Registered);
        make_old(&file_of(&repository, b"named"));
        for (bytes, is_old) in [(b"left 1", true), (b"left 2", true), (b"coming", false)] {
            let sha256 = openssl::sha::sha256(bytes);
            repository.blobs.put(&place.spool(), bytes, &sha256).unwrap();
            if is_old {
                make_old(&file_of(&repository, bytes));
            }
        }
        let options = ReconcileOptions { grace: HOUR, is_dry_run: true, max_orphans: 1 };
        let status = reconciled(place, &repository, &options);
        assert_eq!((status.phase, status.counts.n_orphans_removed), (Phase::Failed, 2));
        let options = ReconcileOptions { is_dry_run: false, ..options };
        let status = reconciled(place, &repository, &options);
        assert_eq!((status.phase, status.counts.n_orphans_removed), (Phase::Failed, 0));
        let options = ReconcileOptions { max_orphans: 2, is_dry_run: true, ..options };
        let status = reconciled(place, &repository, &options);
        assert_eq!((status.phase, status.counts.n_orphans_removed), (Phase::Done, 2));
        file_of(&repository, b"left 1");
        let options = ReconcileOptions { is_dry_run: false, ..options };
        let status = reconciled(place, &repository, &options);
        assert_eq!((status.phase, status.counts.n_orphans_removed), (Phase::Done, 2));
        for (bytes, is_there) in [(b"left 1", false), (b"left 2", false), (b"coming", true)] {
            let size = u64::try_from(bytes.len()).unwrap();
            let found = repository.blobs.locate(&openssl::sha::sha256(bytes), size);
            assert_eq!(found.is_ok(), is_there, "{}", String::from_utf8_lossy(bytes));
        }
        file_of(&repository, b"named");
        let trail = fs::read_to_string(place.folder.path().join("journal")).unwrap();
        assert!(trail.contains(&hex(&openssl::sha::sha256(b"left 1"))), "{trail}");
    });
}

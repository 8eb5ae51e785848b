//! `renkei verify store` and `renkei reconcile` on a community as an operator runs it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::harness::community::{Community, LOOK, Setup};
use crate::harness::database::Database;
use crate::harness::feed;
use crate::harness::http::post;
use crate::harness::submission::Submission;
use crate::harness::transactions::{add_patient, retrieve, submit};

const TWO_HOURS: i64 = 7_200_000_000;

/// What a command said, and its exit code.
struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn command(community: &Community, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_renkei"));
    command.args(arguments).arg("--data").arg(community.data());
    command
}

fn run(community: &Community, arguments: &[&str]) -> Said {
    let output = command(community, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[track_caller]
fn succeed(community: &Community, arguments: &[&str]) -> String {
    let said = run(community, arguments);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{}", said.stdout);
    said.stdout
}

#[track_caller]
fn fail(community: &Community, arguments: &[&str]) -> Said {
    let said = run(community, arguments);
    assert_eq!(said.code, Some(1), "{}\n{}", said.stdout, said.stderr);
    said
}

fn stored(community: &Community, patient: &str, contents: &[&[u8]]) -> Vec<String> {
    let submission = Submission::of(patient, contents);
    submit(&mut community.repository(), &submission).unwrap().assert_success();
    submission.documents.into_iter().map(|document| document.unique_id).collect()
}

fn file_of(community: &Community, bytes: &[u8]) -> PathBuf {
    let mut files = community.files_below("documents").into_iter();
    files.find(|path| fs::read(path).unwrap() == bytes).unwrap()
}

/// The arguments that name the database of a community that does not run.
fn verify_here(database: &Database) -> Vec<String> {
    let mut arguments = vec!["verify".to_owned(), "store".to_owned()];
    if let Some(url) = database.url() {
        arguments.extend(["--database".to_owned(), url]);
    }
    arguments
}

#[test]
fn a_store_is_verified_while_it_runs_and_while_it_does_not() {
    for database in Database::all() {
        let mut community = Community::start(Setup { database, ..Setup::default() });
        let patient = add_patient(&community, "verify");
        let ids = stored(&community, &patient, &[b"dose: 10 mg", b"lost", b"intact"]);
        let well = "3 documents checked, 21 bytes read: 0 damaged, 0 missing, 0 unreadable; \
                    0 orphans, 0 foreign files\n";
        assert_eq!(succeed(&community, &["verify", "store"]), well);
        fs::write(file_of(&community, b"dose: 10 mg"), b"dose: 90 mg").unwrap();
        fs::remove_file(file_of(&community, b"lost")).unwrap();
        let running = fail(&community, &["verify", "store"]);
        community.stop();
        let here = verify_here(community.database());
        let here: Vec<&str> = here.iter().map(String::as_str).collect();
        let stopped = fail(&community, &here);
        for said in [running, stopped] {
            let lines: Vec<&str> = said.stdout.lines().collect();
            assert_eq!(lines.len(), 3, "{}", said.stdout);
            let line = |id: &str| lines.iter().find(|line| line.ends_with(id)).unwrap();
            assert!(line(&ids[0]).starts_with("damaged\t"));
            assert!(line(&ids[1]).starts_with("missing\t"));
            assert!(lines[2].contains("1 damaged, 1 missing, 0 unreadable"));
            assert_eq!(said.stderr, "error: not all is well\n");
        }
        // The same bytes heal what was damaged and lost.
        community.up();
        stored(&community, &patient, &[b"dose: 10 mg", b"lost"]);
        assert!(succeed(&community, &["verify", "store"]).starts_with("5 documents checked"));
        let trail = fs::read_to_string(community.data().join("repository.journal")).unwrap();
        assert_eq!(trail.matches("\"event\":\"verify\"").count(), 8);
    }
}

#[test]
fn a_store_that_was_never_used_is_no_store() {
    let mut community = Community::plain();
    community.stop();
    fs::remove_file(community.data().join("repository.sqlite")).unwrap();
    let said = fail(&community, &["verify", "store"]);
    assert!(said.stderr.contains("there is no database"), "{}", said.stderr);
    assert!(!community.data().join("repository.sqlite").exists());
    let said = fail(&community, &["reconcile"]);
    assert!(said.stderr.contains("only a running one"), "{}", said.stderr);
}

/// Documents that stay, and others that are refused and go again.
fn submit_until(community: &Community, (place, patient): (u8, &str), is_over: &AtomicBool) {
    let unknown = format!("unknown^^^&{}&ISO", community.affinity_domain());
    let mut round = 0_u8;
    while !is_over.load(Ordering::Relaxed) {
        round = round.wrapping_add(1);
        let refused = Submission::of(&unknown, &[&[place, round]]);
        submit(&mut community.repository(), &refused).unwrap();
        stored(community, patient, &[&[place, round], &vec![round; 50_000]]);
    }
}

/// Documents come in while everything is verified: none of them is in the way, and nothing is missed.
#[test]
fn a_verification_under_load_finds_no_fault() {
    for database in Database::all() {
        let community = Community::start(Setup { database, ..Setup::default() });
        let patient = add_patient(&community, "load");
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for place in 0..4_u8 {
                let (community, is_over, patient) = (&community, &is_over, patient.as_str());
                scope.spawn(move || submit_until(community, (place, patient), is_over));
            }
            for _ in 0..8 {
                let said = run(&community, &["verify", "store", "--rate", "1000", "--grace", "1"]);
                is_over.store(said.code != Some(0), Ordering::Relaxed);
                assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
            }
            is_over.store(true, Ordering::Relaxed);
        });
    }
}

#[test]
fn a_verification_that_is_stopped_says_where_to_go_on() {
    let mut community = Community::plain();
    let patient = add_patient(&community, "stopped");
    let contents: Vec<Vec<u8>> = (0..4_u8).map(|byte| vec![byte; 1_000_000]).collect();
    let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    stored(&community, &patient, &contents);
    for is_running in [true, false] {
        if !is_running {
            community.stop();
        }
        let mut slow = command(&community, &["verify", "store", "--rate", "1"]);
        let child = slow.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        let trail = community.data().join("repository.journal");
        let n_before = if is_running { 0 } else { 4 };
        let has_begun = || {
            let trail = fs::read_to_string(&trail).unwrap();
            trail.matches("\"event\":\"verify\"").count() > n_before
        };
        while !has_begun() {
            assert!(Instant::now() < end);
            std::thread::sleep(LOOK);
        }
        std::thread::sleep(Duration::from_millis(200));
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        let (_, from) = stderr.trim().split_once("renkei verify store --from ").unwrap();
        let rest = succeed(&community, &["verify", "store", "--from", from]);
        assert!(rest.contains(" documents checked"), "{rest}");
        assert!(!rest.starts_with("0 "), "{rest}");
    }
}

/// A job is no request: nobody waits for its end.
#[test]
fn a_stop_of_the_community_ends_a_verification() {
    let mut community = Community::plain();
    let patient = add_patient(&community, "stop");
    stored(&community, &patient, &[&vec![b'x'; 5_000_000]]);
    // A megabyte in a second: five seconds more than a stop may take.
    let mut slow = command(&community, &["verify", "store", "--rate", "1"]);
    let child = slow.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let read_trail = || fs::read_to_string(community.data().join("repository.journal")).unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while !read_trail().contains("\"begin\"") {
        assert!(Instant::now() < end);
        std::thread::sleep(LOOK);
    }
    community.stop();
    let trail = fs::read_to_string(community.data().join("repository.journal")).unwrap();
    assert!(trail.contains("\"broken off: checked=0 "), "{}", community.log());
    assert!(!community.log().contains("stopped while work was still in hand"));
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.starts_with("error: the repository's admin listener does not answer"),
        "{stderr}"
    );
}

/// What a crash leaves, made by hand: documents in doubt that the registry has, and that it does not have.
#[test]
fn what_is_in_doubt_is_settled() {
    for database in Database::all() {
        let mut community = Community::start(Setup { database, ..Setup::default() });
        let patient = add_patient(&community, "doubt");
        let known = stored(&community, &patient, &[b"registered"]);
        community.stop();
        let doubt = |number: i64, unique_id: &str, age: i64| {
            format!(
                "INSERT INTO document (document_no, unique_id, mime_type, sha1, sha256, size, \
                 submission_set_id, patient_id, state, stored_at) SELECT {number}, '{unique_id}', \
                 mime_type, sha1, sha256, size, submission_set_id, patient_id, 2, stored_at - {age} \
                 FROM document \
                 WHERE document_no = 1;"
            )
        };
        let mut changes = "UPDATE document SET state = 2;".to_owned();
        changes += &doubt(2, "1.2.3.4.5", TWO_HOURS);
        changes += &doubt(3, "1.2.3.4.6", 0);
        community.database().change_repository(&community.data(), &changes);
        community.up();
        let all: Vec<String> =
            known.iter().cloned().chain(["1.2.3.4.5".to_owned(), "1.2.3.4.6".to_owned()]).collect();
        let n_there = || {
            let repository_id = community.repository_unique_id();
            let found = retrieve(&mut community.repository(), repository_id, &all).unwrap();
            found.documents().len()
        };
        assert_eq!(n_there(), 3);
        let said = fail(&community, &["reconcile", "--dry-run"]);
        assert!(said.stdout.contains("would be removed\t"), "{}", said.stdout);
        assert!(said.stdout.contains("(nothing was changed)"), "{}", said.stdout);
        assert_eq!(n_there(), 3);
        let said = fail(&community, &["reconcile"]);
        assert!(said.stdout.contains("\t1.2.3.4.5\n"), "{}", said.stdout);
        assert!(said.stdout.contains("in doubt, within the grace period\t"), "{}", said.stdout);
        assert_eq!(n_there(), 2);
        let said = run(&community, &["reconcile", "--grace", "0"]);
        assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
        assert!(said.stderr.starts_with("warning: "), "{}", said.stderr);
        assert_eq!(n_there(), 1);
        assert_eq!(
            succeed(&community, &["reconcile"]),
            "0 registered, 0 removed, 0 stay in doubt; 0 orphans removed\n"
        );
        succeed(&community, &["verify", "store"]);
    }
}

/// Nothing in an identifier, and nothing that happened to the patient, makes a registered document look as if
/// it were not.
#[test]
fn what_is_registered_is_never_taken_for_lost() {
    for database in Database::all() {
        let mut community = Community::start(Setup { database, ..Setup::default() });
        let patients = ["kept", "subsumed"].map(|id| add_patient(&community, id));
        let [kept, subsumed] = &patients;
        let odd = [
            "it's",
            "''",
            "a,b",
            "(1.2)",
            "')",
            "%",
            "_",
            "1.2^3",
            "é",
            "e\u{301}",
            "Ａ",
            " blank ",
            "a  b",
            "a&amp;b",
            "<b>",
            "urn:uuid:0A",
            "\u{200b}",
            &"9".repeat(256),
            &"髙".repeat(256),
        ];
        let mut ids = Vec::new();
        for (number, unique_id) in odd.iter().enumerate() {
            let patient = if number % 2 == 0 { kept } else { subsumed };
            let mut submission = Submission::of(patient, &[unique_id.as_bytes()]);
            submission.documents.first_mut().unwrap().unique_id = (*unique_id).to_owned();
            let reply = submit(&mut community.repository(), &submission).unwrap();
            if reply.outcome() == "Success" {
                ids.push((*unique_id).to_owned());
            }
        }
        assert!(ids.len() > 12, "{ids:?}");
        // The same document of two patients: a question about it spans both.
        let two = ["kept", "other"].map(|id| add_patient(&community, id));
        for patient in &two {
            let mut submission = Submission::of(patient, &[b"of two"]);
            submission.documents.first_mut().unwrap().unique_id = "1.2.3.2".to_owned();
            submit(&mut community.repository(), &submission).unwrap().assert_success();
        }
        ids.push("1.2.3.2".to_owned());
        let merge = feed::merge("merge", subsumed, kept);
        assert_eq!(feed::acknowledged(&mut community.mllp(), &merge).code(), "AA");
        community.stop();
        let old = format!("UPDATE document SET state = 2, stored_at = stored_at - {TWO_HOURS};");
        community.database().change_repository(&community.data(), &old);
        community.up();
        let said = run(&community, &["reconcile"]);
        assert!(said.stdout.contains(" 0 removed, "), "{}{}", said.stdout, said.stderr);
        let repository_id = community.repository_unique_id();
        let found = retrieve(&mut community.repository(), repository_id, &ids).unwrap();
        assert_eq!(found.documents().len(), ids.len(), "{}", said.stdout);
        let in_doubt: Vec<&str> =
            said.stdout.lines().filter(|line| line.starts_with("in doubt")).collect();
        assert!(in_doubt.iter().all(|line| line.ends_with("\t1.2.3.2")), "{}", said.stdout);
    }
}

/// A page in a browser on this machine must not start anything.
#[test]
fn orders_need_the_operators_header() {
    let community = Community::plain();
    let admin = community.endpoints.addresses.admin.clone().unwrap();
    let orders = [
        ("/maintenance/verify-store", "{\"bytes_per_second\":1,\"grace_seconds\":1}"),
        ("/maintenance/reconcile", "{\"grace_seconds\":1,\"is_dry_run\":false,\"max_orphans\":1}"),
        ("/maintenance/cancel", ""),
    ];
    for (path, order) in orders {
        for (operator, status) in [(false, 403), (true, 200)] {
            let mut headers = vec![("Content-Type", "application/json")];
            headers.extend(operator.then_some(("renkei-operator", "test")));
            let request = post(path, &headers, order.as_bytes());
            // One job after the other.
            let end = Instant::now() + Duration::from_secs(60);
            let answer = loop {
                let answer = community.connect(&admin).exchange(&request).unwrap();
                if answer.status != 409 || Instant::now() > end {
                    break answer;
                }
                std::thread::sleep(LOOK);
            };
            assert_eq!(answer.status, status, "{path}");
        }
    }
}

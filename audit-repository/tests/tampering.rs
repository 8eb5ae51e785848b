//! Whatever is changed behind the actor's back is found, and the first bad record named.

use audit_repository::chain::{BEGINNING, Head, Link};
use audit_repository::verify;
use audit_repository::verify::{Fault, Finding};

use crate::fixture::{Fixture, messages, on_each_backend};

const PATIENT: &str = "7^^^&amp;1.2.3&amp;ISO";

/// Two runs: 1 start, 2 to 6 messages, 7 stop, 8 start, 9 to 13 messages, 14 stop; checkpoints at 7 and 14.
fn filled(fixture: &Fixture) {
    fixture.run_with(&messages(PATIENT, 5));
    fixture.run_with(&messages(&PATIENT.replace('7', "8"), 5));
    let report = fixture.verify();
    assert!(report.is_intact(), "{:?}", report.findings);
    assert_eq!((report.n_records, report.n_behind_last_checkpoint), (14, 0));
    assert!(report.n_checkpoints >= 2);
}

/// Changes a filled store, and tells the first finding.
#[track_caller]
fn first_finding(fixture: &Fixture, sql: &str) -> Finding {
    filled(fixture);
    fixture.tamper(sql);
    *fixture.verify().findings.first().expect("nothing was found")
}

#[track_caller]
fn check(sql: &str, sequence: i64, fault: Fault) {
    on_each_backend(|fixture| {
        let expected = Finding { sequence: Some(sequence), fault };
        assert_eq!(first_finding(fixture, sql), expected, "{sql}");
    });
}

#[test]
fn a_changed_text_is_found() {
    check("UPDATE raw_message SET raw = {BYTES} WHERE sequence = 3", 3, Fault::Text);
}

#[test]
fn a_changed_column_of_the_chain_is_found() {
    for column in ["received_at = 1", "transport = 2", "sender = 'x'", "peer = 'x'"] {
        check(&format!("UPDATE event SET {column} WHERE sequence = 3"), 3, Fault::Chain);
    }
    check("UPDATE event SET hash = {BYTES} WHERE sequence = 3", 3, Fault::Chain);
    check("UPDATE event SET raw_sha256 = {BYTES} WHERE sequence = 3", 3, Fault::Chain);
}

#[test]
fn a_changed_column_of_the_text_is_found() {
    for column in
        ["outcome = 8", "event_time = 1", "event_id = NULL", "source_id = 'x'", "flags = 2"]
    {
        check(&format!("UPDATE event SET {column} WHERE sequence = 3"), 3, Fault::Columns);
    }
    check("UPDATE event SET extraction = 0 WHERE sequence = 3", 3, Fault::Extraction);
}

#[test]
fn a_record_that_is_missing_in_the_middle_is_found() {
    let sql = "DELETE FROM event WHERE sequence IN (3, 4)";
    check(sql, 3, Fault::Missing { last: 4 });
    check("DELETE FROM event WHERE sequence = 1", 1, Fault::Missing { last: 1 });
}

#[test]
fn records_that_are_missing_at_the_end_are_found() {
    on_each_backend(|fixture| {
        let finding = first_finding(
            fixture,
            "DELETE FROM event WHERE sequence > 12; DELETE FROM raw_message WHERE sequence > 12; \
             DELETE FROM event_term WHERE sequence > 12",
        );
        assert_eq!(finding.sequence, Some(13));
        assert!(matches!(finding.fault, Fault::Truncated { last: 13..=14, .. }), "{finding}");
    });
}

#[test]
fn the_file_shows_an_end_that_is_missing_with_its_checkpoints() {
    on_each_backend(|fixture| {
        let finding = first_finding(
            fixture,
            "DELETE FROM event WHERE sequence > 7; DELETE FROM raw_message WHERE sequence > 7; \
             DELETE FROM event_term WHERE sequence > 7; DELETE FROM checkpoint WHERE sequence > 7",
        );
        assert_eq!(finding.sequence, Some(8));
        assert!(matches!(finding.fault, Fault::Truncated { .. }), "{finding}");
    });
}

#[test]
fn a_copy_of_the_file_shows_what_neither_database_nor_file_do() {
    on_each_backend(|fixture| {
        filled(fixture);
        let file = &fixture.config.checkpoints.file;
        let copy = fixture.file("copy.jsonl");
        std::fs::copy(file, &copy).unwrap();
        fixture.tamper(
            "DELETE FROM event WHERE sequence > 7; DELETE FROM raw_message WHERE sequence > 7; \
             DELETE FROM event_term WHERE sequence > 7; DELETE FROM checkpoint WHERE sequence > 7",
        );
        let text = std::fs::read_to_string(file).unwrap();
        // Where checkpoints stand depends on how the records came in batches.
        let is_kept = |line: &&str| {
            let number = line.split("\"sequence\":").nth(1).unwrap();
            let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u64>().unwrap() <= 7
        };
        let kept: String = text.split_inclusive('\n').filter(is_kept).collect();
        std::fs::write(file, kept).unwrap();
        assert!(fixture.verify().is_intact());
        let mut sources = fixture.sources();
        sources.copies.push(copy);
        let finding = verify(&sources).unwrap().findings[0];
        assert_eq!(finding.sequence, Some(8));
        assert!(matches!(finding.fault, Fault::Truncated { .. }), "{finding}");
    });
}

#[test]
fn inserted_records_are_found() {
    let row = |sequence: i64| {
        format!(
            "INSERT INTO event (sequence, received_at, transport, sender, peer, raw_sha256, hash, \
             extraction, flags) VALUES ({sequence}, 1, 1, 'x', 'x', {{BYTES}}, {{BYTES}}, 1, 0)"
        )
    };
    check(&row(15), 15, Fault::Chain);
    check(&row(0), 0, Fault::Inserted);
    // In the middle, with those behind it moved.
    let moved = "UPDATE event SET sequence = -sequence WHERE sequence > 2; \
                 UPDATE event SET sequence = 1 - sequence WHERE sequence < 0; ";
    check(&format!("{moved}{}", row(3)), 3, Fault::Chain);
    let sql = "INSERT INTO raw_message VALUES (99, {BYTES})";
    check(sql, 99, Fault::TextWithoutRecord);
}

#[test]
fn swapped_records_are_found() {
    let swap = |table: &str| {
        format!(
            "UPDATE {table} SET sequence = -1 WHERE sequence = 3; \
             UPDATE {table} SET sequence = 3 WHERE sequence = 4; \
             UPDATE {table} SET sequence = 4 WHERE sequence = -1; "
        )
    };
    check(&format!("{}{}", swap("event"), swap("raw_message")), 3, Fault::Chain);
    check(&swap("raw_message"), 3, Fault::Text);
}

/// Who knows the algorithm can make a chain that follows; the signatures do not.
#[test]
fn a_chain_that_was_computed_again_is_found() {
    on_each_backend(|fixture| {
        filled(fixture);
        let mut head = BEGINNING;
        let mut sql = String::new();
        for (row, _) in fixture.records() {
            let sender = if row.sequence == 9 { "somebody else" } else { &row.sender };
            head = head.next(&Link {
                received_at: row.received_at,
                transport: row.transport,
                sender,
                peer: &row.peer,
                raw_sha256: &row.raw_sha256,
            });
            sql.push_str(&update(fixture, sender, &head));
        }
        fixture.tamper(&sql);
        let findings = fixture.verify().findings;
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert!(matches!(finding.fault, Fault::Rewritten { last: 9..=14, .. }), "{finding}");
        assert!((8..=9).contains(&finding.sequence.unwrap()), "{finding}");
    });
}

fn update(fixture: &Fixture, sender: &str, head: &Head) -> String {
    let hash = audit_repository::chain::hex(&head.hash);
    let is_sqlite = !fixture.config.database.url.as_str().starts_with("postgres");
    let hash = if is_sqlite { format!("x'{hash}'") } else { format!("'\\x{hash}'::bytea") };
    let sequence = head.sequence;
    format!("UPDATE event SET sender = '{sender}', hash = {hash} WHERE sequence = {sequence};\n")
}

#[test]
fn changes_of_the_index_are_found() {
    let missing = "DELETE FROM event_term WHERE sequence = 4 AND kind = 1";
    check(missing, 4, Fault::IndexEntryMissing);
    let added = "INSERT INTO event_term VALUES (1, '9^^^&1.2.3&ISO', 1, 5)";
    check(added, 5, Fault::IndexEntryAdded);
    let moved = "UPDATE event_term SET value = '9^^^&1.2.3&ISO' WHERE sequence = 3 AND kind = 1";
    check(moved, 3, Fault::IndexEntryMissing);
}

#[track_caller]
fn check_checkpoints(sql: &str, is_expected: impl Fn(&Fault) -> bool) {
    on_each_backend(|fixture| {
        filled(fixture);
        fixture.tamper(sql);
        let findings = fixture.verify().findings;
        assert!(!findings.is_empty(), "{sql}");
        assert!(findings.iter().any(|finding| is_expected(&finding.fault)), "{findings:?}");
        // No record is blamed for it.
        assert!(findings.iter().all(|finding| finding.sequence.is_none()), "{findings:?}");
    });
}

#[test]
fn changed_checkpoints_are_found() {
    for change in ["hash = {BYTES}", "sequence = 6", "signed_at = 1", "signature = {BYTES}"] {
        check_checkpoints(&format!("UPDATE checkpoint SET {change} WHERE sequence = 7"), |fault| {
            matches!(fault, Fault::CheckpointSignature { .. })
        });
    }
    check_checkpoints(
        "UPDATE checkpoint SET certificate_sha256 = {BYTES} WHERE sequence = 7",
        |fault| matches!(fault, Fault::CheckpointSignature { .. }),
    );
}

#[test]
fn missing_checkpoints_are_found() {
    for condition in ["sequence = 7", "sequence = 14", "number > 0"] {
        check_checkpoints(&format!("DELETE FROM checkpoint WHERE {condition}"), |fault| {
            matches!(fault, Fault::CheckpointMissing { .. })
        });
    }
}

#[test]
fn checkpoints_that_are_missing_in_the_file_are_found() {
    let fixture = Fixture::sqlite();
    filled(&fixture);
    let file = &fixture.config.checkpoints.file;
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for kept in [Vec::new(), lines[1..].to_vec(), lines[..lines.len() - 2].to_vec()] {
        std::fs::write(file, kept.concat()).unwrap();
        let findings = fixture.verify().findings;
        assert!(matches!(findings[0].fault, Fault::CheckpointMissing { .. }), "{findings:?}");
    }
    // What a crash between table and file leaves is no fault, and the next start mends it.
    std::fs::write(file, lines[..lines.len() - 1].concat()).unwrap();
    assert!(fixture.verify().is_intact());
    fixture.run_with(&[]);
    assert!(std::fs::read_to_string(file).unwrap().starts_with(&text));
    assert!(fixture.verify().is_intact());
}

#[test]
fn another_node_cannot_sign() {
    let fixture = Fixture::sqlite();
    filled(&fixture);
    let mut sources = fixture.sources();
    sources.certificates = vec![fixture.file("pki/registry.pem")];
    let findings = verify(&sources).unwrap().findings;
    assert!(matches!(findings[0].fault, Fault::CheckpointSignature { number: 1 }));
}

/// Who prevents checkpoints could cut the end off later.
#[test]
fn records_without_a_checkpoint_for_long_are_found() {
    let mut fixture = Fixture::sqlite();
    filled(&fixture);
    fixture.config.checkpoints.interval = std::time::Duration::ZERO;
    let last = fixture.config.checkpoints.file.clone();
    fixture.tamper("DELETE FROM checkpoint");
    std::fs::remove_file(last).unwrap();
    // Two minutes between the first record and the last.
    let records = fixture.records();
    let mut head = BEGINNING;
    for (row, _) in records {
        let received_at = row.received_at + 120_000_000 * i64::from(row.sequence > 7);
        head = head.next(&Link {
            received_at,
            transport: row.transport,
            sender: &row.sender,
            peer: &row.peer,
            raw_sha256: &row.raw_sha256,
        });
        fixture.tamper(&update(&fixture, &row.sender, &head));
        let sequence = row.sequence;
        fixture.tamper(&format!(
            "UPDATE event SET received_at = {received_at} WHERE sequence = {sequence}"
        ));
    }
    let findings = fixture.verify().findings;
    assert_eq!(findings, [Finding { sequence: Some(1), fault: Fault::Unsigned }]);
}

#[test]
fn a_running_store_is_verified_as_well() {
    on_each_backend(|fixture| {
        let server = fixture.start();
        fixture.store(&server.state(), &messages(PATIENT, 5));
        let report = fixture.verify();
        assert!(report.is_intact(), "{:?}", report.findings);
        assert_eq!(report.n_records, 6);
        fixture.stop(server);
    });
}

#[test]
fn a_second_process_is_refused() {
    on_each_backend(|fixture| {
        let server = fixture.start();
        assert!(matches!(
            fixture.try_start().err(),
            Some(audit_repository::StartError::Store(store::StoreError::InUse))
        ));
        fixture.stop(server);
        fixture.stop(fixture.start());
    });
}

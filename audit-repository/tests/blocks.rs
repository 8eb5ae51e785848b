//! Rows of the index come in blocks: the newest records have none yet, and are found all the same.

use std::num::NonZeroU32;
use std::sync::Arc;

use audit_repository::AuditRepository;
use audit_repository::extract::Term;
use audit_repository::retention::run_once;
use audit_repository::store::event::EventRow;
use audit_repository::store::search::{EventSearch, PageLimits, page};
use audit_repository::store::term::patients_numbered;
use audit_repository::verify::{Fault, Finding};
use config::agreement::Retention;
use jiff::{Timestamp, ToSpan as _};
use store::StoreError;

use crate::fixture::{Fixture, message, on_each_backend};

/// Beyond 512 records, a block has 32: of 705 the table has 704, of 719 as well.
const N_MESSAGES: u32 = 718;

fn patient(number: u32) -> String {
    format!("{}^^^&1.2.3&ISO", number % 7)
}

fn messages(first: u32, end: u32) -> Vec<Vec<u8>> {
    (first..end)
        .map(|n| message(&patient(n).replace('&', "&amp;"), n, &format!(".{n:06}")))
        .collect()
}

/// Start, then the messages, some at a time: the record of a message is its number and two.
fn fill(fixture: &Fixture, repository: &AuditRepository) {
    let mut first = 0;
    while first < N_MESSAGES {
        let end = N_MESSAGES.min(first + 1 + first % 13);
        fixture.store(repository, &messages(first, end));
        first = end;
    }
}

fn found(
    repository: &AuditRepository,
    number: u32,
    (from, before): (Option<i64>, Option<i64>),
) -> Vec<i64> {
    let terms = vec![vec![Term::patient(&patient(number))], vec![Term::agent("consumer")]];
    let search = EventSearch { terms, from, before, ..EventSearch::default() };
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let limits = PageLimits { records: 10, rows: 25 };
        let read = |connection: &mut store::AnyConnection| -> Result<_, StoreError> {
            Ok(page(connection, &repository.recent, &search, after, limits)?)
        };
        let page = repository.database.read(read).unwrap();
        found.extend(page.records.iter().map(|row: &EventRow| row.sequence));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

/// All records of each patient, newest first.
#[track_caller]
fn check_searches(repository: &AuditRepository) {
    for number in 0..7 {
        let expected: Vec<i64> =
            (0..N_MESSAGES).filter(|n| n % 7 == number).map(|n| i64::from(n) + 2).rev().collect();
        assert_eq!(found(repository, number, (None, None)), expected, "{number}");
    }
    let minute = |n: u32| {
        let beginning: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        (beginning + i64::from(n).minutes()).as_microsecond()
    };
    let some = found(repository, 3, (Some(minute(696)), Some(minute(717))));
    assert_eq!(some, [712, 705, 698]);
    let named = |connection: &mut store::AnyConnection| -> Result<_, StoreError> {
        Ok(patients_numbered(connection, &repository.recent, "3", 10)?)
    };
    assert_eq!(repository.database.read(named).unwrap(), [Term::patient(&patient(3))]);
}

#[test]
fn what_waits_is_found_before_and_after_a_start() {
    on_each_backend(|fixture| {
        let server = fixture.start();
        fill(fixture, &server.state());
        check_searches(&server.state());
        fixture.stop(server);
        let report = fixture.verify();
        assert!(report.is_intact(), "{:?}", report.findings);
        assert_eq!(n_waiting(fixture), 720 - 704);
        let server = fixture.start();
        check_searches(&server.state());
        fixture.stop(server);
        assert!(fixture.verify().is_intact());
    });
}

/// Records without rows in the index; each has terms.
fn n_waiting(fixture: &Fixture) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Number {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        number: i64,
    }
    let sql = "SELECT COUNT(*) AS number FROM event \
               WHERE sequence NOT IN (SELECT sequence FROM event_term)";
    let url = fixture.config.database.url.as_str();
    store::read_offline(url, None, |connection| -> Result<i64, StoreError> {
        use diesel::RunQueryDsl as _;
        let row: Number = match connection {
            store::AnyConnection::Sqlite(connection) => {
                diesel::sql_query(sql).get_result(connection)?
            }
            store::AnyConnection::Postgres(connection) => {
                diesel::sql_query(sql).get_result(connection)?
            }
        };
        Ok(row.number)
    })
    .unwrap()
}

#[test]
fn changes_at_the_end_of_the_last_block_are_found() {
    on_each_backend(|fixture| {
        let server = fixture.start();
        fill(fixture, &server.state());
        fixture.stop(server);
        let last = "sequence = 704 AND kind = 1";
        fixture.tamper(&format!("UPDATE event_term SET sequence = 705 WHERE {last}"));
        let findings = fixture.verify().findings;
        let finding = |sequence, fault| Finding { sequence: Some(sequence), fault };
        let (lacking, added) =
            (finding(704, Fault::IndexEntryMissing), finding(705, Fault::IndexEntryAdded));
        assert_eq!(findings, [lacking, added]);
    });
}

/// Texts go while the rows of their records still wait; those never come.
#[test]
fn retention_of_what_waits() {
    on_each_backend(|fixture| {
        let server = fixture.start();
        let repository = server.state();
        fill(fixture, &repository);
        let mut agreement = config::Agreement::clone(&repository.agreement.load());
        agreement.retention = Retention { audit_days: NonZeroU32::new(5) };
        repository.reload(Arc::new(agreement));
        let in_a_week = Timestamp::now() + (7 * 24).hours();
        let dropped = fixture.runtime.block_on(run_once(&repository, in_a_week)).unwrap();
        assert_eq!(dropped, 719);
        assert!(found(&repository, 3, (None, None)).is_empty());
        fixture.store(&repository, &messages(N_MESSAGES, N_MESSAGES + 40));
        assert_eq!(found(&repository, 3, (None, None)).len(), 5);
        drop(repository);
        fixture.stop(server);
        let report = fixture.verify();
        assert!(report.is_intact(), "{:?}", report.findings);
    });
}

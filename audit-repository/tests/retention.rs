//! Old texts are dropped by rule, and what is dropped otherwise is found.

use std::num::NonZeroU32;
use std::sync::Arc;

use audit_repository::retention::run_once;
use audit_repository::store::search::{EventSearch, PageLimits, page};
use audit_repository::verify::{Fault, Finding};
use audit_repository::{AuditRepository, AuditRepositoryServer};
use config::agreement::Retention;
use jiff::{Timestamp, ToSpan};

use crate::fixture::{Fixture, messages, on_each_backend};

const PATIENT: &str = "7^^^&amp;1.2.3&amp;ISO";

/// Starts with a limit of five days.
fn start(fixture: &Fixture) -> (AuditRepositoryServer, Arc<AuditRepository>) {
    let server = fixture.start();
    let repository = server.state();
    let mut agreement = config::Agreement::clone(&repository.agreement.load());
    agreement.retention = Retention { audit_days: NonZeroU32::new(5) };
    repository.reload(Arc::new(agreement));
    (server, repository)
}

fn in_days(days: i64) -> Timestamp {
    Timestamp::now() + (24 * days).hours()
}

fn n_found(repository: &AuditRepository) -> usize {
    let limits = PageLimits { records: 100, rows: 1_000 };
    repository
        .database
        .read(|connection| -> Result<usize, store::StoreError> {
            Ok(page(connection, &repository.recent, &EventSearch::default(), None, limits)?
                .records
                .len())
        })
        .unwrap()
}

#[test]
fn old_texts_go_and_the_chain_stays() {
    on_each_backend(|fixture| {
        let (server, repository) = start(fixture);
        fixture.store(&repository, &messages(PATIENT, 300));
        let run = |days| fixture.runtime.block_on(run_once(&repository, in_days(days))).unwrap();
        assert_eq!(run(4), 0);
        assert_eq!(run(6), 301);
        // Nothing but the act itself is left, and it stays.
        assert_eq!((run(7), run(8), n_found(&repository)), (0, 0, 1));
        drop(repository);
        fixture.stop(server);
        let report = fixture.verify();
        assert!(report.is_intact(), "{:?}", report.findings);
        assert_eq!((report.n_records, report.n_dropped), (303, 301));
    });
}

#[test]
fn a_run_that_was_interrupted_goes_on() {
    on_each_backend(|fixture| {
        let (server, repository) = start(fixture);
        fixture.store(&repository, &messages(PATIENT, 5));
        let run = |days| fixture.runtime.block_on(run_once(&repository, in_days(days))).unwrap();
        assert_eq!(run(6), 6);
        fixture.store(&repository, &messages(&PATIENT.replace('7', "8"), 5));
        assert_eq!(run(7), 5);
        drop(repository);
        fixture.stop(server);
        let report = fixture.verify();
        assert!(report.is_intact(), "{:?}", report.findings);
        assert_eq!(report.n_dropped, 11);
    });
}

#[test]
fn a_text_that_was_dropped_without_an_act_is_found() {
    on_each_backend(|fixture| {
        let (server, repository) = start(fixture);
        fixture.store(&repository, &messages(PATIENT, 5));
        fixture.runtime.block_on(run_once(&repository, in_days(6))).unwrap();
        fixture.store(&repository, &messages(&PATIENT.replace('7', "8"), 5));
        drop(repository);
        fixture.stop(server);
        // As retention does it, but for the act: 1 start, 2 to 6, 7 the act, 8 to 12.
        fixture.tamper(
            "DELETE FROM raw_message WHERE sequence = 9; DELETE FROM event_term WHERE sequence = 9; \
             UPDATE event SET flags = 0, event_time = NULL, raw_key = NULL, event_id = NULL, \
             event_types = NULL, action = NULL, outcome = NULL, source_id = NULL WHERE sequence = 9",
        );
        let findings = fixture.verify().findings;
        assert_eq!(findings, [Finding { sequence: Some(9), fault: Fault::Dropped }]);
    });
}

#[test]
fn an_act_allows_only_what_was_old() {
    on_each_backend(|fixture| {
        let (server, repository) = start(fixture);
        fixture.store(&repository, &messages(PATIENT, 5));
        // The act says what was received before the day before yesterday.
        fixture.runtime.block_on(run_once(&repository, in_days(6))).unwrap();
        drop(repository);
        fixture.stop(server);
        let report = fixture.verify();
        assert!(report.is_intact());
        // The time is in the chain: who makes it younger, or the act more generous, breaks it.
        fixture.tamper("UPDATE event SET received_at = received_at + 1 WHERE sequence = 2");
        let findings = fixture.verify().findings;
        assert_eq!(findings[0], Finding { sequence: Some(2), fault: Fault::Chain });
    });
}

//! Searches find what a look at every record finds, in pages, newest first.

use audit_repository::extract::Term;
use audit_repository::store::search::{
    EventSearch, Page, PageLimits, Position, count, page, stored_event,
};
use audit_repository::store::term;
use store::StoreError;

use crate::fixture::{Fixture, message, on_each_backend};

const LIMITS: PageLimits = PageLimits { records: 3, rows: 1_000 };

/// Twelve messages about two patients in turns, then one that is no audit message.
fn filled(fixture: &Fixture) -> audit_repository::AuditRepositoryServer {
    let server = fixture.start();
    let patient = |minute: u32| if minute.is_multiple_of(2) { "7" } else { "8" };
    let mut messages: Vec<Vec<u8>> = (0..12)
        .map(|minute| {
            let cx = format!("{}^^^NS&amp;1.2.3&amp;ISO^PI", patient(minute));
            message(&cx, minute, ".123")
        })
        .collect();
    messages.push(b"<85>1 2026-04-01T00:30:00Z h a 1 x - no audit message".to_vec());
    fixture.store(&server.state(), &messages);
    server
}

/// Sequence numbers of all pages.
fn pages(
    fixture: &Fixture,
    server: &audit_repository::AuditRepositoryServer,
    search: &EventSearch,
    limits: PageLimits,
) -> Vec<i64> {
    let _ = fixture;
    let repository = server.state();
    let mut found = Vec::new();
    let mut after: Option<Position> = None;
    for _ in 0..100 {
        let read = |connection: &mut store::AnyConnection| -> Result<Page, StoreError> {
            Ok(page(connection, &repository.recent, search, after, limits)?)
        };
        let page = repository.database.read(read).unwrap();
        assert!(page.records.len() <= limits.records);
        found.extend(page.records.iter().map(|row| row.sequence));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
    panic!("the pages have no end");
}

#[test]
fn a_patient_is_found_newest_first_in_pages() {
    on_each_backend(|fixture| {
        let server = filled(fixture);
        let patient = Term::patient("7^^^&1.2.3&ISO");
        let search = EventSearch { terms: vec![vec![patient.clone()]], ..EventSearch::default() };
        // 1 is the start; minutes 0, 2, 4 … are 2, 4, 6 ….
        let all = [12, 10, 8, 6, 4, 2];
        for records in 1..8 {
            let limits = PageLimits { records, rows: 1_000 };
            assert_eq!(pages(fixture, &server, &search, limits), all, "{records}");
        }
        let minute = |minute: i64| 1_775_001_600_000_000 + minute * 60_000_000;
        let between = EventSearch { from: Some(minute(4)), before: Some(minute(10)), ..search };
        assert_eq!(pages(fixture, &server, &between, LIMITS), [10, 8, 6]);
        fixture.stop(server);
    });
}

#[test]
fn alternatives_and_further_conditions_are_combined() {
    on_each_backend(|fixture| {
        let server = filled(fixture);
        let patients = vec![Term::patient("7^^^&1.2.3&ISO"), Term::patient("8^^^&1.2.3&ISO")];
        let either = EventSearch { terms: vec![patients.clone()], ..EventSearch::default() };
        assert_eq!(pages(fixture, &server, &either, LIMITS), (2..14).rev().collect::<Vec<_>>());
        let both = EventSearch {
            terms: vec![
                patients,
                vec![Term::agent("drs<drsato@https://idp.example>")],
                vec![Term::object("urn:uuid:1")],
            ],
            event_types: vec!["ITI-18".to_owned()],
            event_ids: vec!["110112".to_owned()],
            outcomes: vec![0],
            actions: vec!["E".to_owned()],
            source_ids: vec!["vendor".to_owned()],
            ..EventSearch::default()
        };
        let few = PageLimits { records: 3, rows: 5 };
        assert_eq!(pages(fixture, &server, &both, few), (2..14).rev().collect::<Vec<_>>());
        let none = EventSearch { outcomes: vec![8], ..both };
        assert_eq!(pages(fixture, &server, &none, few), Vec::<i64>::new());
        fixture.stop(server);
    });
}

#[test]
fn everything_is_found_by_time() {
    on_each_backend(|fixture| {
        let server = filled(fixture);
        let all = pages(fixture, &server, &EventSearch::default(), LIMITS);
        // The start is the newest; what is no audit message has the time of its header.
        let expected: Vec<i64> = [1, 14].into_iter().chain((2..14).rev()).collect();
        assert_eq!(all, expected);
        let starts = EventSearch { event_ids: vec!["110100".to_owned()], ..EventSearch::default() };
        let few = PageLimits { records: 3, rows: 2 };
        assert_eq!(pages(fixture, &server, &starts, few), [1]);
        fixture.stop(server);
    });
}

#[test]
fn single_records_counts_and_authorities_are_read() {
    on_each_backend(|fixture| {
        let server = filled(fixture);
        let repository = server.state();
        repository
            .database
            .read(|connection| -> Result<(), StoreError> {
                let found = stored_event(connection, 2)?.unwrap();
                assert_eq!(found.message().unwrap().objects.len(), 2);
                assert_eq!(found.row.event_types.as_deref(), Some("|ITI-18|"));
                assert!(stored_event(connection, 14)?.unwrap().message().is_none());
                assert!(stored_event(connection, 99)?.is_none());
                assert_eq!(count(connection, &repository.recent, &EventSearch::default(), 5)?, 5);
                assert_eq!(
                    count(connection, &repository.recent, &EventSearch::default(), 500)?,
                    14
                );
                let named = term::patients_numbered(connection, &repository.recent, "7", 10)?;
                assert_eq!(named, [Term::patient("7^^^&1.2.3&ISO")]);
                assert!(
                    term::patients_numbered(connection, &repository.recent, "9", 10)?.is_empty()
                );
                Ok(())
            })
            .unwrap();
        drop(repository);
        fixture.stop(server);
    });
}

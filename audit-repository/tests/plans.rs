//! How the databases look up the records of one patient: one range of the index, in its order.

use std::cell::RefCell;

use audit_repository::extract::Term;
use audit_repository::store::search::{EventSearch, PageLimits, Position, page};
use diesel::connection::{InstrumentationEvent, set_default_instrumentation};
use diesel::prelude::*;
use diesel::sql_types::Text;
use store::{AnyConnection, StoreError};

use crate::fixture::{Fixture, messages, on_each_backend};

thread_local! {
    /// Statements of this thread while it is being watched.
    static WATCHED: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

fn note(event: InstrumentationEvent<'_>) {
    let InstrumentationEvent::StartQuery { query, .. } = event else { return };
    WATCHED.with_borrow_mut(|watched| {
        if let Some(statements) = watched {
            let text = query.to_string();
            let (statement, _) = text.split_once(" -- binds:").unwrap_or((&text, ""));
            statements.push(statement.to_owned());
        }
    });
}

#[derive(QueryableByName)]
struct SqliteStep {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PostgresStep {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// The statements of a search, and their plans.
fn plans(fixture: &Fixture, after: Option<Position>) -> Vec<(String, String)> {
    set_default_instrumentation(|| Some(Box::new(note))).unwrap();
    let server = fixture.start();
    let repository = server.state();
    fixture.store(&repository, &messages("7^^^&amp;1.2.3&amp;ISO", 30));
    let terms = vec![vec![Term::patient("7^^^&1.2.3&ISO")]];
    let search = EventSearch { terms, from: Some(0), ..EventSearch::default() };
    let limits = PageLimits { records: 10, rows: 1_000 };
    let read = |connection: &mut AnyConnection| -> Result<_, StoreError> {
        WATCHED.set(Some(Vec::new()));
        let found = page(connection, &repository.recent, &search, after, limits)?;
        let statements = WATCHED.take().unwrap();
        assert_eq!(found.records.len(), 10);
        statements.into_iter().map(|statement| explained(connection, statement)).collect()
    };
    let plans = repository.database.read(read).unwrap();
    drop(repository);
    fixture.stop(server);
    plans
}

fn explained(
    connection: &mut AnyConnection,
    statement: String,
) -> Result<(String, String), StoreError> {
    let plan: Vec<String> = match connection {
        AnyConnection::Sqlite(connection) => {
            // Parameters are null here; the plan does not look at them.
            let steps: Vec<SqliteStep> =
                diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(connection)?;
            steps.into_iter().map(|step| step.detail).collect()
        }
        AnyConnection::Postgres(connection) => {
            // Small tables are planned by other rules; the way without them must exist.
            for setting in [
                "enable_seqscan = off",
                "enable_bitmapscan = off",
                "plan_cache_mode = force_generic_plan",
            ] {
                diesel::sql_query(format!("SET LOCAL {setting}")).execute(connection)?;
            }
            let n_parameters = (1..).take_while(|n| statement.contains(&format!("${n}"))).count();
            let nulls = vec!["NULL"; n_parameters].join(", ");
            diesel::sql_query(format!("PREPARE planned AS {statement}")).execute(connection)?;
            let explain = format!("EXPLAIN (COSTS OFF) EXECUTE planned({nulls})");
            let steps: Vec<PostgresStep> = diesel::sql_query(explain).load(connection)?;
            diesel::sql_query("DEALLOCATE planned").execute(connection)?;
            steps.into_iter().map(|step| step.line).collect()
        }
    };
    Ok((statement, plan.join("\n")))
}

#[test]
fn one_patient_is_one_range_of_the_index() {
    on_each_backend(|fixture| {
        let behind = Position { event_time: i64::MAX, sequence: i64::MAX };
        for after in [None, Some(behind)] {
            let plans = plans(fixture, after);
            // The places, then the records there.
            assert_eq!(plans.len(), 2, "{plans:?}");
            for (statement, plan) in &plans {
                let walks = ["SCAN ", "Seq Scan", "TEMP B-TREE", "Sort"];
                assert!(!walks.iter().any(|word| plan.contains(word)), "{statement}\n{plan}");
            }
            let (statement, plan) = &plans[0];
            let is_range = plan
                .contains("event_term USING PRIMARY KEY (kind=? AND value=? AND event_time")
                || plan.contains("Backward using event_term_pkey");
            assert!(is_range, "{statement}\n{plan}");
        }
    });
}

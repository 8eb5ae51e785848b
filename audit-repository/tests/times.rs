//! A search for a time walks the index, on both back ends.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::fixture::{Fixture, messages, on_each_backend};

#[derive(QueryableByName)]
struct SqlitePlan {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PostgresPlan {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// As `store::search` asks for a page.
const OF_A_TIME: &str = "SELECT event_time, sequence FROM event WHERE event_time IS NOT NULL \
    AND event_time >= 1 AND event_time < 9 AND event_time <= 5 AND (event_time < 5 OR sequence < 3) \
    ORDER BY event_time DESC, sequence DESC LIMIT 51";

#[track_caller]
fn check(fixture: &Fixture, statement: &str, index: &str) {
    let plan = fixture.plan(
        |connection| {
            let rows: Vec<SqlitePlan> =
                diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
                    .load(connection)
                    .unwrap();
            rows.into_iter().map(|row| row.detail).collect()
        },
        |connection| {
            connection.batch_execute("SET enable_seqscan = off").unwrap();
            let rows: Vec<PostgresPlan> =
                diesel::sql_query(format!("EXPLAIN {statement}")).load(connection).unwrap();
            rows.into_iter().map(|row| row.line).collect()
        },
    );
    let whole = plan.join("\n");
    assert!(whole.contains(index), "{whole}");
    assert!(!whole.contains("SCAN event") && !whole.contains("Seq Scan"), "{whole}");
    // In the order of the index: a page costs what it shows.
    assert!(!whole.contains("TEMP B-TREE") && !whole.contains("Sort"), "{whole}");
}

#[test]
fn a_page_is_one_range_of_an_index() {
    on_each_backend(|fixture| {
        fixture.run_with(&messages("7", 50));
        check(fixture, OF_A_TIME, "event_by_time");
    });
}

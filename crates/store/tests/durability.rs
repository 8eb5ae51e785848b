//! What was acknowledged survives a kill at any moment, whole and with its audit record.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::fixture::{Fixture, content, insert, migrations, on_each_backend, record};

const ROUNDS: i64 = 10;

/// Set in the process that is killed: the URL of the database it writes to.
const URL: &str = "RENKEI_STORE_TEST_WRITE";
/// Set in the process that is killed: the first number it writes.
const FIRST: &str = "RENKEI_STORE_TEST_FIRST";

/// Numbers that one round may use.
const PER_ROUND: i64 = 1_000_000;

#[test]
fn acknowledged_rows_survive_kill() {
    if let Ok(url) = std::env::var(URL) {
        return write_until_killed(&url, std::env::var(FIRST).unwrap().parse().unwrap());
    }
    on_each_backend(|fixture| {
        let mut acknowledged = BTreeSet::new();
        for round in 0..ROUNDS {
            acknowledged.extend(write_and_kill(fixture, round));
            let database = fixture.open();
            // One snapshot: a server may still be finishing the dead process's last commit.
            let content = content(&database);
            let kept: BTreeSet<i64> = content.items.iter().copied().collect();
            let lost: Vec<_> = acknowledged.difference(&kept).collect();
            assert!(lost.is_empty(), "round {round} lost {lost:?}");
            let recorded: BTreeSet<i64> =
                content.recorded().iter().map(|id| id.parse().unwrap()).collect();
            assert_eq!(recorded, kept, "round {round}: rows and audit records differ");
        }
    });
}

/// Starts the writing process, kills it after a number of acknowledgements that differs
/// from round to round, and returns every acknowledgement that it managed to send.
fn write_and_kill(fixture: &Fixture, round: i64) -> Vec<i64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::acknowledged_rows_survive_kill", "--nocapture"])
        .env(URL, &fixture.url)
        .env(FIRST, (round * PER_ROUND).to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let n_before_kill = usize::try_from(1 + round * 37).unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        if let Some(id) = line.unwrap().strip_prefix("acknowledged ") {
            acknowledged.push(id.parse().unwrap());
        }
        // Reading goes on to the end: what was sent before the kill counts as well.
        if acknowledged.len() == n_before_kill {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= n_before_kill, "the writing process ended by itself");
    acknowledged
}

/// Several submitters, so that the kill meets groups of several jobs.
fn write_until_killed(url: &str, first: i64) {
    let database =
        Arc::new(store::Database::open(url, migrations(), store::Settings::default()).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut submitters = JoinSet::new();
        for submitter in 0..8 {
            let database = Arc::clone(&database);
            submitters.spawn(async move {
                for id in (first + submitter..first + PER_ROUND).step_by(8) {
                    let work = move |connection: &mut _| insert(connection, id);
                    database.commit(record(&id.to_string()), work).await.unwrap();
                    // One call per line, and a line end before it: the test runner has
                    // begun a line of its own.
                    let line = format!("\nacknowledged {id}\n");
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            });
        }
        while submitters.join_next().await.is_some() {}
    });
}

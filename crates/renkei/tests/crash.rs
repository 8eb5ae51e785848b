//! SIGKILL at any moment: what was acknowledged is there, whole, and nothing is there by half.
//!
//! Several submitters work until the process is killed under them; then it is started again on the
//! same data folder, and after a few such rounds asked for everything. The moments come from a seed:
//! `RENKEI_CRASH_SEED` repeats a run, as far as the machine does, and `RENKEI_CRASH_ROUNDS` makes it longer.

mod inspection;
mod load;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::harness::community::{Community, Setup};
use crate::harness::database::Database;
use inspection::Inspection;
use load::{Submitter, Work};

/// Kills of a normal run, per database: PostgreSQL has been killed by others often enough.
const ROUNDS: u64 = 200;
const ROUNDS_ON_POSTGRES: u64 = 40;
/// Kills that one community lives through: a long run has many communities, none of which grows large.
const ROUNDS_OF_ONE_LIFE: u64 = 250;
/// Kills between two looks at everything.
const ROUNDS_BEFORE_INSPECTION: u64 = 5;

const SUBMITTERS: usize = 4;

/// The most answers before the kill, and the longest that it comes after the last of them: between two
/// answers there are many moments. A slow machine gets as much done in a round as a fast one.
const STEPS: u64 = 16;
const MOMENT_US: u64 = 40_000;
/// Enough for any number of steps.
const DEADLINE: Duration = Duration::from_secs(30);
/// The longest that a start goes on before it is killed, too.
const START_MS: u64 = 60;

/// Numbers from a seed (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    pub(crate) fn fork(&mut self) -> Chance {
        Chance(self.below(u64::MAX))
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

fn torment(database: Database, rounds: u64, seed: u64) {
    let mut chance = Chance(seed);
    let mut community = Community::start(Setup { database, ..Setup::default() });
    let mut inspection = Inspection::default();
    let mut work = Vec::new();
    for round in 1..=rounds {
        work.extend(work_until_killed(&mut community, &mut chance, round));
        if chance.below(4) == 0 {
            community.begin_up();
            std::thread::sleep(Duration::from_millis(chance.below(START_MS)));
            community.kill();
        }
        community.up();
        assert_eq!(community.files_below("spool").len(), 0, "half-received documents");
        if round % ROUNDS_BEFORE_INSPECTION == 0 || round == rounds {
            inspection.inspect(&community, std::mem::take(&mut work));
        }
    }
    inspection.conclude(&mut community);
}

/// Whatever the submitters did until the kill.
fn work_until_killed(community: &mut Community, chance: &mut Chance, round: u64) -> Vec<Work> {
    let submitters: Vec<_> = (0..SUBMITTERS)
        .map(|place| {
            let name = format!("r{round}s{place}");
            Submitter::new(community, name, chance.fork())
        })
        .collect();
    let n_steps = AtomicU64::new(0);
    let n_wanted = chance.below(STEPS);
    let moment = Duration::from_micros(chance.below(MOMENT_US));
    std::thread::scope(|scope| {
        let work = |submitter: Submitter| submitter.work(&n_steps);
        let working: Vec<_> =
            submitters.into_iter().map(|submitter| scope.spawn(move || work(submitter))).collect();
        let end = Instant::now() + DEADLINE;
        while n_steps.load(Ordering::Relaxed) < n_wanted && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(moment);
        community.kill();
        working.into_iter().map(|submitter| submitter.join().unwrap()).collect()
    })
}

/// Torments a community on each database, and another one when it has lived through enough; `rounds` are those of
/// a normal run on SQLite and PostgreSQL.
pub(crate) fn live(rounds: [u64; 2], torment: fn(Database, u64, u64)) {
    let seed = number("RENKEI_CRASH_SEED").unwrap_or(20_260_401);
    let [on_sqlite, on_postgres] = rounds;
    for life in 0.. {
        let mut n_lives = 0;
        for database in Database::all() {
            let rounds = match database {
                Database::Sqlite => on_sqlite,
                Database::Postgres(_) => on_postgres,
            };
            let rounds = number("RENKEI_CRASH_ROUNDS").unwrap_or(rounds);
            let rounds = rounds.saturating_sub(life * ROUNDS_OF_ONE_LIFE).min(ROUNDS_OF_ONE_LIFE);
            if rounds > 0 {
                n_lives += 1;
                let seed = seed + life;
                eprintln!("{rounds} kills on {}, RENKEI_CRASH_SEED={seed}", database.name());
                torment(database, rounds, seed);
            }
        }
        if n_lives == 0 {
            break;
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    live([ROUNDS, ROUNDS_ON_POSTGRES], torment);
}

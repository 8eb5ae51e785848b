//! SIGKILL at any moment while patients are fed, corrected, merged, renamed, linked and unlinked: what was
//! acknowledged holds, and in the end registry and manager agree about whose every document is.
//!
//! The moments come from a seed: `RENKEI_CRASH_SEED` repeats a run, as far as the machine does, and
//! `RENKEI_CRASH_ROUNDS` makes it longer.

mod people;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::crash::{Chance, live};
use crate::harness::community::Community;
use crate::harness::database::Database;
use crate::harness::manager::{hospitals, settle};
use people::{Counts, People};

/// Kills of a normal run. On PostgreSQL a lease that a killed process left delays each look.
const ROUNDS: u64 = 40;
const ROUNDS_ON_POSTGRES: u64 = 10;
/// Kills between two looks at everything.
const ROUNDS_BEFORE_LOOK: u64 = 10;

/// Those who send at the same time, each about patients of its own.
const SENDERS: usize = 3;

/// The most answers before the kill, and the longest that it comes after the last of them.
const STEPS: u64 = 24;
const MOMENT_US: u64 = 30_000;
/// Enough for any number of steps.
const DEADLINE: Duration = Duration::from_secs(30);

fn torment(database: Database, rounds: u64, seed: u64) {
    let mut chance = Chance(seed);
    let mut setup = hospitals(database);
    // A feed does not wait long for a registry that is killed, too.
    setup.edits.push(("pix-manager.toml", "#announce_wait_ms = 2_000", "announce_wait_ms = 50"));
    let mut community = Community::start(setup);
    let mut counts = Counts::default();
    let mut people = Vec::new();
    for round in 1..=rounds {
        if people.is_empty() {
            people = (0..SENDERS)
                .map(|place| People::new(&format!("r{round}s{place}"), chance.fork()))
                .collect();
        }
        people = work_until_killed(&mut community, &mut chance, people);
        community.up();
        if round % ROUNDS_BEFORE_LOOK == 0 || round == rounds {
            for people in &mut people {
                people.repeat(&community);
            }
            settle(&community);
            for mut people in std::mem::take(&mut people) {
                people.check(&community);
                counts.add(people.counts());
            }
        }
    }
    // Chance may leave something out of a short run.
    assert!(rounds < ROUNDS || counts.is_lively(), "no load: {counts:?}");
    conclude(&mut community, &counts);
}

fn work_until_killed(
    community: &mut Community,
    chance: &mut Chance,
    people: Vec<People>,
) -> Vec<People> {
    let n_steps = AtomicU64::new(0);
    let n_wanted = chance.below(STEPS);
    let moment = Duration::from_micros(chance.below(MOMENT_US));
    let working: Vec<_> =
        people.into_iter().map(|people| (people, people::Doors::open(community))).collect();
    std::thread::scope(|scope| {
        let work = |(mut people, mut doors): (People, people::Doors)| {
            while people.step(&mut doors).is_some() {
                n_steps.fetch_add(1, Ordering::Relaxed);
            }
            people
        };
        let working: Vec<_> =
            working.into_iter().map(|one| scope.spawn(move || work(one))).collect();
        let end = Instant::now() + DEADLINE;
        while n_steps.load(Ordering::Relaxed) < n_wanted && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(moment);
        community.kill();
        working.into_iter().map(|people| people.join().unwrap()).collect()
    })
}

fn conclude(community: &mut Community, counts: &Counts) {
    eprintln!("{counts:?}");
    assert!(!community.log().contains("panicked"), "{}", community.log());
    community.stop();
    for journal in ["registry.journal", "repository.journal", "pix-manager.journal"] {
        audit::verify(&community.data().join(journal)).unwrap();
    }
    match community.database().url() {
        Some(url) => community.run(&["verify", "audit", "--database", &url]),
        None => community.run(&["verify", "audit"]),
    }
}

#[test]
fn what_was_acknowledged_of_patients_survives_a_kill() {
    live([ROUNDS, ROUNDS_ON_POSTGRES], torment);
}

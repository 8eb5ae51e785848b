//! Each call that a submission makes on a place of the disk fails: once, or from then on.

use super::bench::{Bench, Way};
use super::is_everything;
use crate::faults::shim::{CHANGES, Errno, Fault, Operation};

/// A file or folder, and what fails there together.
struct Place {
    path: &'static str,
    operations: &'static [&'static [Operation]],
    /// In a normal run one of so many calls is taken.
    stride: usize,
}

/// How a call fails.
#[derive(Clone, Copy, Debug)]
struct Manner {
    error: Errno,
    is_lasting: bool,
    is_partial: bool,
}

const MANNERS: [Manner; 6] = [
    Manner { error: Errno::NoSpace, is_lasting: true, is_partial: false },
    Manner { error: Errno::Io, is_lasting: false, is_partial: false },
    Manner { error: Errno::NoSpace, is_lasting: true, is_partial: true },
    Manner { error: Errno::Io, is_lasting: true, is_partial: false },
    Manner { error: Errno::NoSpace, is_lasting: false, is_partial: false },
    Manner { error: Errno::Io, is_lasting: false, is_partial: true },
];

impl Manner {
    fn fault<'a>(&self, path: &'a str, operations: &'a [Operation], skip: u32) -> Fault<'a> {
        let times = match (self.is_lasting, self.is_partial) {
            (true, _) => u32::MAX,
            // The half write, and the next.
            (false, true) => 2,
            (false, false) => 1,
        };
        let Manner { error, is_partial, .. } = *self;
        Fault { operations, path, error, skip, times, is_partial }
    }
}

/// What follows a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Afterwards {
    GoOn,
    /// SIGKILL before anything else is written.
    Crash,
}

/// Which manners a pass over the calls has, in turn.
fn passes(operations: &[Operation], afterwards: Afterwards) -> Vec<Vec<Manner>> {
    let is_for = |manner: &Manner| {
        (!manner.is_partial || operations.contains(&Operation::Write))
            && (manner.is_lasting || afterwards == Afterwards::GoOn)
    };
    let mut all: Vec<Manner> = MANNERS.into_iter().filter(is_for).collect();
    if is_everything() {
        return all.into_iter().map(|manner| vec![manner]).collect();
    }
    // What has one call only is not always hit in the same way.
    let turns: u32 = operations.iter().map(|operation| operation.number()).sum();
    let n_all = all.len();
    all.rotate_left(usize::try_from(turns).unwrap() % n_all);
    vec![all]
}

/// Goes through the calls until a submission makes fewer, and tells how many faults there were.
fn fail_each(
    bench: &mut Bench,
    (place, operations): (&Place, &[Operation]),
    way: Way,
    (manners, afterwards): (&[Manner], Afterwards),
) -> usize {
    let stride = if is_everything() { 1 } else { place.stride };
    bench.next_patient();
    for n_faults in 0.. {
        let skip = u32::try_from(n_faults * stride).unwrap();
        let manner = manners.get(n_faults % manners.len()).unwrap();
        let fault = manner.fault(place.path, operations, skip);
        let (is_good, fired) = bench.during(&fault, |bench| {
            let is_good = bench.submit(way);
            if afterwards == Afterwards::Crash {
                bench.community.kill();
            }
            is_good
        });
        if afterwards == Afterwards::Crash {
            bench.community.up();
        }
        if fired.n_fired == 0 {
            assert!(is_good, "a failure without a fault");
            bench.check();
            return n_faults;
        }
        bench.recover();
    }
    unreachable!("a transaction makes a finite number of calls")
}

fn check(places: &[Place], ways: &[Way], afterwards: Afterwards) {
    let mut bench = Bench::start();
    for place in places {
        for operations in place.operations {
            let passes = passes(operations, afterwards);
            let mut n_faults = 0;
            for way in ways {
                for manners in &passes {
                    let how = (manners.as_slice(), afterwards);
                    n_faults += fail_each(&mut bench, (place, operations), *way, how);
                }
            }
            eprintln!("{n_faults} faults of {operations:?} in {}, then {afterwards:?}", place.path);
            assert!(n_faults > 0);
        }
    }
    bench.conclude();
}

use Operation::{MakeFolder, Open, Rename, Sync, Write};

const FILES: &[Place] = &[
    Place { path: "/data/spool", operations: &[&[Open], &[Write], &[Sync], CHANGES], stride: 1 },
    Place {
        path: "/data/documents",
        operations: &[&[MakeFolder], &[Open], &[Rename], &[Sync]],
        stride: 1,
    },
];

#[test]
fn a_failing_spool_or_store_harms_one_submission_only() {
    check(FILES, &[Way::Parts, Way::Inline], Afterwards::GoOn);
}

/// A database that fails in every way, and one that cannot be opened again for a while.
fn database(path: &'static str) -> [Place; 2] {
    [
        Place { path, operations: &[&[Write], &[Sync]], stride: 1 },
        Place { path, operations: &[&[Write, Open], CHANGES], stride: 9 },
    ]
}

#[test]
fn a_failing_database_of_the_repository_harms_one_submission_only() {
    check(&database("/data/repository.sqlite"), &[Way::Parts], Afterwards::GoOn);
}

#[test]
fn a_failing_database_of_the_registry_harms_one_submission_only() {
    check(&database("/data/registry.sqlite"), &[Way::Parts], Afterwards::GoOn);
}

/// What a failed commit has left in the log of the database may be there again after a crash.
#[test]
fn a_crash_after_a_failed_commit_loses_nothing_that_is_registered() {
    let places = ["/data/registry.sqlite", "/data/repository.sqlite"].map(|path| Place {
        path,
        operations: &[&[Sync], &[Write]],
        stride: 3,
    });
    check(&places, &[Way::Parts], Afterwards::Crash);
}

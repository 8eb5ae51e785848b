//! FindDocuments and GetDocuments against an oracle that filters the submitted values one by one.
//!
//! The metadata are generated, the conditions are made from them: a bound is a time that occurs with more
//! or fewer digits, a pattern is a name with holes, a code is spelled in another normal form. The order of
//! the answer counts. `RENKEI_QUERY_CASES` sets the number of queries, `RENKEI_QUERY_SEED` the first seed.

mod corpus;
mod notation;
mod oracle;
mod question;

use std::env;
use std::sync::Arc;

use registry::Registry;
use xds::query::{AdhocQueryRequest, ReturnType};

use crate::answered::{Ids, check_objects};
use crate::dice::Dice;
use crate::open_registry::{answered, ask, on_each_backend};
use corpus::{Corpus, Held};

const QUERIES_PER_CORPUS: u64 = 1_500;

fn number_of(variable: &str) -> Option<u64> {
    Some(env::var(variable).ok()?.parse().expect("a number"))
}

/// Answers of the queries so far: a test that only asks for nothing shows nothing.
#[derive(Debug, Default)]
struct Tally {
    n_asked: u64,
    n_empty: u64,
    n_refused: u64,
    /// Found some and not all.
    n_selective: u64,
}

#[test]
fn queries_find_what_a_walk_over_the_submitted_entries_finds() {
    let n_wanted = number_of("RENKEI_QUERY_CASES").unwrap_or(3_000);
    let first_seed = number_of("RENKEI_QUERY_SEED").unwrap_or(1);
    on_each_backend(|place| {
        let registry = place.open();
        let mut tally = Tally::default();
        let mut seed = first_seed;
        while tally.n_asked < n_wanted {
            let mut dice = Dice::new(seed);
            let corpus = Corpus::register(place, &registry, &mut dice, seed);
            for _ in 0..QUERIES_PER_CORPUS.min(n_wanted - tally.n_asked) {
                one_query(&registry, &corpus, &mut dice, &mut tally, seed);
            }
            seed += 1;
        }
        if n_wanted >= 2_000 {
            assert!(tally.n_selective > tally.n_asked / 5, "{tally:?}");
            assert!(tally.n_empty < tally.n_asked / 2, "{tally:?}");
            assert!(tally.n_refused > 10, "{tally:?}");
        }
    });
}

fn one_query(
    registry: &Arc<Registry>,
    corpus: &Corpus,
    dice: &mut Dice,
    tally: &mut Tally,
    seed: u64,
) {
    let question = question::random(corpus, dice);
    let return_type = if dice.chance(20) { ReturnType::LeafClass } else { ReturnType::ObjectRef };
    let request = notation::request(&question, return_type, dice);
    let expected = oracle::answer(corpus, &question, return_type);
    tally.n_asked += 1;
    match &expected {
        Err(_) => tally.n_refused += 1,
        Ok(found) if found.is_empty() => tally.n_empty += 1,
        Ok(found) if found.len() < corpus.entries.len() / corpus.patients.len() => {
            tally.n_selective += 1;
        }
        Ok(_) => {}
    }
    let context = || format!("seed {seed}, query {}: {question:?}", tally.n_asked);
    let answered = ask(registry, &request);
    match (expected, answered) {
        (Err(expected), Err(answered)) => assert_eq!(answered, expected, "{}", context()),
        (Ok(expected), Ok(answer)) => {
            let uuids: Vec<_> = expected.iter().map(|held| held.uuid).collect();
            assert_eq!(order_of_answer(registry, &request), uuids, "{}", context());
            if return_type == ReturnType::LeafClass {
                let expected = expected.iter().map(|held: &&Held| (&held.entry, held.status));
                check_objects(&mut Ids::default(), expected, &answer.entries);
            } else {
                assert_eq!(answer.object_refs, uuids, "{}", context());
            }
        }
        (expected, answered) => {
            let expected = expected.map(|found| found.len());
            let answered = answered.map(|answer| answer.object_refs.len() + answer.entries.len());
            panic!("expected {expected:?}, answered {answered:?}; {}", context());
        }
    }
}

/// Ids in the order in which the objects are sent.
fn order_of_answer(registry: &Registry, request: &AdhocQueryRequest) -> Vec<datatypes::EntryUuid> {
    let found = answered(registry, request).unwrap();
    let objects = found.objects.iter();
    objects.map(|object| registry::record::uuid(&object.record).unwrap()).collect()
}

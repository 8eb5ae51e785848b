//! What the benches rely on: the same seed makes the same data, and a registry takes them.

use registry::message;
use xds::query::{Parameter, ReturnType, StoredQuery};

use super::question::{self, Condition};
use super::{Generator, Group, Population, Random, submission};

fn population() -> Population {
    Population::new(20_000, &mut Random::new(1))
}

#[test]
fn one_seed_makes_one_submission() {
    let population = population();
    let patient = &population.patients[0].id;
    let made = |seed| submission::envelope(&Generator::new(seed).submission(patient, 3));
    assert_eq!(made(7), made(7));
    assert_ne!(made(7), made(8));
}

#[test]
fn the_wire_loses_nothing_of_a_submission() {
    let population = population();
    let made = Generator::new(1).submission(&population.patients[0].id, 50);
    let draft = submission::read_envelope(&submission::envelope(&made)).unwrap();
    assert_eq!(draft.faults, []);
    let (_facts, faults) = message::structure(&draft);
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(draft.submission.unwrap(), made);
}

#[test]
fn patients_have_all_documents_together_and_every_group_has_patients() {
    let population = population();
    let n_entries: usize = population.patients.iter().map(|patient| patient.n_entries).sum();
    assert_eq!(n_entries, 20_000);
    for group in [Group::Few, Group::Average, Group::Many, Group::Hundreds, Group::Heaviest] {
        assert!(population.of(group).next().is_some(), "{group:?}");
    }
    let planned = population.submissions(&mut Random::new(1));
    assert_eq!(planned.iter().map(|planned| planned.n_entries).sum::<usize>(), 20_000);
}

#[test]
fn every_question_is_a_stored_query() {
    let population = population();
    let patient = &population.patients[0].id;
    for condition in [Condition::All, Condition::FewCodes, Condition::ManyCodes] {
        let asked = question::find_documents(patient, condition, ReturnType::LeafClass);
        StoredQuery::parse(&asked).unwrap();
    }
    StoredQuery::parse(&question::get_documents(Parameter::DocumentEntryUniqueId, "2.999.1"))
        .unwrap();
}

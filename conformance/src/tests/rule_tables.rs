//! Tables of rules: what they give, and what is refused.

use crate::case::CaseError;
use crate::case::file::StepLibrary;
use crate::coverage::Cover;
use crate::table::rules::{cases, section};

const STEP: &str = "name = 'shared'\ntransaction = 'ITI-9'\nkind = 'mllp'\nendpoint = 'mllp'\n\
    message = 'm.hl7'\nchecks = ['answers_control_id']\n";

const TABLE: &str = "title = 'Rules'\nparagraph = 'p'\nneeds = ['mllp']\nvariables = { a = '1' }\n\
    before = [{ like = 'one', name = 'first' }]\n[[row]]\ncase = 'r'\nrules = ['1.1', '1.2 x']\n\
    requirement = 'It is so.'\nneeds = ['first_domain']\nvariables = { b = '2' }\n\
    before = [{ like = 'one', name = 'second' }]\nkept = [{ like = 'one' }]\n\
    broken = [{ like = 'one' }, { like = 'one', name = 'last' }]\n";

fn library() -> StepLibrary {
    let mut steps = StepLibrary::default();
    steps.insert("one.toml", STEP).unwrap();
    steps
}

#[test]
fn a_row_gives_a_case_that_keeps_the_rule_and_one_that_breaks_it() {
    let rows = cases("iti-9/t.toml", TABLE, &library()).unwrap();
    let ids: Vec<&str> = rows.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["iti-9/t/r", "iti-9/t/r_refused"]);
    let names: Vec<&str> = rows[1].steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["first", "second", "shared", "last"]);
    assert_eq!(rows[0].needs, ["mllp", "first_domain"]);
    assert_eq!((rows[0].variables["a"].as_str(), rows[0].variables["b"].as_str()), ("1", "2"));
    let section = section("iti-9/t.toml", TABLE).unwrap();
    assert_eq!((section.title.as_ref(), section.rows.len()), ("Rules", 1));
    assert_eq!(section.rows[0].demand, "1.1, 1.2 x: It is so.");
    let is = |cover: &Cover, id: &str| matches!(cover, Cover::Cases(ids) if ids == &[id]);
    assert!(is(&section.rows[0].positive, "iti-9/t/r"));
    assert!(is(&section.rows[0].negative, "iti-9/t/r_refused"));
}

#[test]
fn a_side_without_steps_has_a_reason() {
    let without = TABLE.split_once("broken =").unwrap().0;
    let reasoned = format!("{without}not_broken = 'nobody can break it'\n");
    assert_eq!(cases("iti-9/t.toml", &reasoned, &library()).unwrap().len(), 1);
    let section = section("iti-9/t.toml", &reasoned).unwrap();
    assert!(
        matches!(&section.rows[0].negative, Cover::None(reason) if reason == "nobody can break it")
    );
    for wrong in [
        without.to_owned(),
        format!("{without}not_broken = ''\n"),
        format!("{TABLE}not_broken = 'nobody can break it'\n"),
        TABLE.replace("rules = ['1.1', '1.2 x']", "rules = []"),
    ] {
        let fault = cases("iti-9/t.toml", &wrong, &library());
        assert!(matches!(fault, Err(CaseError::Row { .. })), "{wrong}");
    }
    let misspelt = TABLE.replace("broken =", "refused =");
    assert!(matches!(cases("iti-9/t.toml", &misspelt, &library()), Err(CaseError::Format(_))));
}

#[test]
fn keys_of_one_kind_are_refused_for_another() {
    let step = |keys: &str| {
        let table = TABLE
            .replace("kept = [{ like = 'one' }]", &format!("kept = [{{ like = 'one', {keys} }}]"));
        cases("iti-9/t.toml", &table, &library())
    };
    assert!(
        step("wire = { charset = 'iso-2022-jp', ends = 'lf', delivery = 'fragments' }").is_ok()
    );
    for wrong in [
        "wire = { charset = 'ebcdic' }",
        "wire = { delivery = 'never' }",
        "holds = ['a']",
        "wait_ms = 1",
        "kind = 'notified'",
        "kind = 'notified', holds = []",
        "kind = 'soap', action = 'urn:a', wire = { ends = 'lf' }",
    ] {
        assert!(step(wrong).is_err(), "{wrong}");
    }
    assert!(step("kind = 'notified', holds = ['a']").is_ok());
}

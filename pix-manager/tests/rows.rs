//! What stands in the manager's database, and what must hold of it whatever happened before.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text};

use pix_manager::change::{account_key, visit_key};
use pix_manager::record::{Facts, read_visit};
use store::{AnyConnection, Database, StoreError};

#[derive(Clone, Debug, QueryableByName)]
pub(crate) struct PatientRow {
    #[diesel(sql_type = BigInt)]
    pub(crate) patient_no: i64,
    #[diesel(sql_type = Text)]
    pub(crate) oid: String,
    #[diesel(sql_type = Text)]
    pub(crate) id: String,
    #[diesel(sql_type = BigInt)]
    pub(crate) surviving_no: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) person_no: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(crate) own_person_no: Option<i64>,
    #[diesel(sql_type = Text)]
    pub(crate) facts: String,
}

impl PatientRow {
    pub(crate) fn is_active(&self) -> bool {
        self.surviving_no == self.patient_no
    }
}

#[derive(Clone, Debug, QueryableByName)]
struct PersonRow {
    #[diesel(sql_type = BigInt)]
    person_no: i64,
    #[diesel(sql_type = BigInt)]
    surviving_no: i64,
}

#[derive(Clone, Debug, QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = Text)]
    key_text: String,
    #[diesel(sql_type = BigInt)]
    patient_no: i64,
}

#[derive(Clone, Debug, QueryableByName)]
struct VisitRow {
    #[diesel(sql_type = BigInt)]
    patient_no: i64,
    #[diesel(sql_type = Text)]
    visit: String,
}

#[derive(Clone, Debug, QueryableByName)]
struct DecisionRow {
    #[diesel(sql_type = BigInt)]
    low_no: i64,
    #[diesel(sql_type = BigInt)]
    high_no: i64,
    #[diesel(sql_type = SmallInt)]
    verdict: i16,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn load<T>(database: &Database, sql: &str) -> Vec<T>
where
    T: QueryableByName<diesel::pg::Pg> + QueryableByName<diesel::sqlite::Sqlite> + 'static,
{
    let read = |connection: &mut AnyConnection| -> Result<Vec<T>, StoreError> {
        match connection {
            AnyConnection::Sqlite(connection) => Ok(diesel::sql_query(sql).load(connection)?),
            AnyConnection::Postgres(connection) => Ok(diesel::sql_query(sql).load(connection)?),
        }
    };
    database.read(read).unwrap()
}

/// The only number that a statement gives, called `number`.
pub(crate) fn number(database: &Database, sql: &str) -> i64 {
    load::<Number>(database, sql)[0].number
}

/// Every identifier, the oldest first.
pub(crate) fn patients(database: &Database) -> Vec<PatientRow> {
    let sql = "SELECT p.patient_no, d.oid, p.id, p.surviving_no, p.person_no, p.own_person_no, p.facts \
               FROM patient p JOIN domain d ON d.domain_no = p.domain_no ORDER BY p.patient_no";
    load(database, sql)
}

/// Pairs and verdicts: 1 linked, 2 inherited, 3 separate.
pub(crate) fn decisions(database: &Database) -> BTreeMap<(i64, i64), i16> {
    let rows: Vec<DecisionRow> = load(database, "SELECT low_no, high_no, verdict FROM decision");
    rows.into_iter().map(|row| ((row.low_no, row.high_no), row.verdict)).collect()
}

/// Links are equivalence classes, merges have no cycle, and nobody is found by what is not true of them.
#[track_caller]
pub(crate) fn check_invariants(database: &Database) {
    let patients = patients(database);
    let persons: Vec<PersonRow> = load(database, "SELECT person_no, surviving_no FROM person");
    let persons: BTreeMap<i64, &PersonRow> =
        persons.iter().map(|row| (row.person_no, row)).collect();
    let by_number: BTreeMap<i64, &PatientRow> =
        patients.iter().map(|row| (row.patient_no, row)).collect();
    let mut owned = BTreeSet::new();
    for row in &patients {
        assert!(by_number[&row.surviving_no].is_active(), "{row:?} resolves to nobody");
        if !row.is_active() {
            assert_eq!(row.own_person_no, None, "{row:?}");
            continue;
        }
        let person = persons[&row.person_no];
        assert_eq!(person.surviving_no, person.person_no, "{row:?} is a retired person");
        if let Some(own) = row.own_person_no {
            assert!(owned.insert(own), "two have {own} to return to");
            assert_eq!(
                persons[&own].surviving_no, own,
                "{row:?} has a retired person to return to"
            );
        }
    }
    for row in patients.iter().filter(|row| row.is_active()) {
        let is_owner = |other: &&PatientRow| {
            other.is_active()
                && other.person_no == row.person_no
                && other.own_person_no == Some(row.person_no)
        };
        assert_eq!(
            patients.iter().filter(is_owner).count(),
            1,
            "the person of {row:?} has one owner"
        );
    }
    for person in persons.values() {
        let end = persons[&person.surviving_no];
        assert_eq!(end.surviving_no, end.person_no, "{person:?} resolves to nobody");
    }
    for ((low, high), verdict) in decisions(database) {
        assert!(low < high && by_number[&low].is_active() && by_number[&high].is_active());
        let are_one = by_number[&low].person_no == by_number[&high].person_no;
        assert_eq!(are_one, verdict != 3, "{low} and {high} are decided on: {verdict}");
    }
    assert_eq!(found_by(database), expected_keys(database, &patients), "search keys");
}

fn found_by(database: &Database) -> BTreeSet<(i64, String)> {
    let rows: Vec<KeyRow> = load(database, "SELECT key_text, patient_no FROM search_key");
    rows.into_iter().map(|row| (row.patient_no, row.key_text)).collect()
}

fn expected_keys(database: &Database, patients: &[PatientRow]) -> BTreeSet<(i64, String)> {
    let mut expected = BTreeSet::new();
    for row in patients.iter().filter(|row| row.is_active()) {
        let facts = Facts::read(&row.facts).unwrap();
        let mut keys = identity::search_keys(&facts.demographics);
        keys.extend(facts.strong_ids.iter().map(identity::strong_id_key));
        keys.extend(facts.demographics.account_number.iter().map(|it| account_key(&it.id)));
        expected.extend(keys.into_iter().map(|key| (row.patient_no, key)));
    }
    let visits: Vec<VisitRow> = load(database, "SELECT patient_no, visit FROM visit");
    for row in visits {
        let number = read_visit(&row.visit).unwrap().number;
        expected.extend(number.map(|number| (row.patient_no, visit_key(&number.id))));
    }
    expected
}

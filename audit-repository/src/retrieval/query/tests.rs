//! Every parameter, well-formed and not.

use proptest::prelude::*;

use super::*;

fn read(encoded: &str) -> Result<Query, RetrieveError> {
    let parameters = fhir::parameters::parse(encoded.as_bytes()).unwrap();
    Query::read(&parameters, &TimeZone::UTC)
}

fn of(encoded: &str) -> Query {
    read(&format!("date=ge2026&{encoded}")).unwrap()
}

#[track_caller]
fn check_refused(encoded: &str, name: &str) {
    match read(&format!("date=ge2026&{encoded}")) {
        Err(RetrieveError::Parameter { name: found, .. }) => assert_eq!(found, name, "{encoded}"),
        other => panic!("{encoded}: {other:?}"),
    }
}

#[test]
fn dates_are_required_and_narrow_each_other() {
    assert!(matches!(read(""), Err(RetrieveError::MissingDate)));
    assert!(matches!(read("type=110112&date="), Err(RetrieveError::MissingDate)));
    let day = 86_400_000_000;
    let first = 1_775_001_600_000_000;
    let query = read("date=ge2026-04-01&date=le2026-04-03&date=ge2026-03-01&date=lt2027").unwrap();
    assert_eq!(query.search.from, Some(first));
    assert_eq!(query.search.before, Some(first + 3 * day));
    check_refused("date=yesterday", "date");
    check_refused("date=ge2026-04-01,le2026-04-02", "date");
}

#[test]
fn patients_have_an_authority_or_any() {
    let term = |cx: &str| Wanted::Term(Term::patient(cx));
    let patients = of("patient.identifier=urn:oid:1.2.3%7C7,8,|9,5%5E%5E%5E%261.2%26ISO").patients;
    let number = Wanted::PatientNumber("8".to_owned());
    assert_eq!(patients, [[term("7^^^&1.2.3&ISO"), number, term("9"), term("5^^^&1.2&ISO")]]);
    assert_eq!(of("patient:identifier=7").patients.len(), 1);
    for value in
        ["http://example.org|7", "urn:oid:x|7", "urn:oid:1..2|7", "urn:oid:1.2|7%5E8", ",", "|"]
    {
        check_refused(&format!("patient.identifier={value}"), "patient.identifier");
    }
}

#[test]
fn entities_are_objects_or_patients() {
    let entities = of("entity.identifier=urn:ietf:rfc:3986|urn:oid:1.2.3").entities;
    let object = |id: &str| Wanted::Term(Term::object(id));
    assert_eq!(entities, [[object("1.2.3"), object("urn:oid:1.2.3")]]);
    let entities = of("entity=7").entities;
    assert_eq!(entities, [[Wanted::PatientNumber("7".to_owned()), object("7")]]);
}

#[test]
fn codes_are_compared_by_column_where_that_is_enough() {
    let query = of("type=110112,110113&subtype=ITI-18&action=E,R&outcome=0,12&source=a&_count=7");
    assert_eq!(query.search.event_ids, ["110112", "110113"]);
    assert_eq!(query.search.event_types, ["ITI-18"]);
    assert_eq!(query.search.actions, ["E", "R"]);
    assert_eq!(query.search.outcomes, [0, 12]);
    assert_eq!(query.search.source_ids, ["a"]);
    assert_eq!((query.count, query.conditions.len()), (7, 0));
    let query = of("type=http://dicom.nema.org/resources/ontology/DCM|110112&type=110112");
    assert_eq!((query.search.event_ids.len(), query.conditions.len()), (1, 2));
    assert_eq!(of("outcome=0&outcome=8").conditions, [Condition::Never]);
    for (parameter, value) in [
        ("action", "X"),
        ("action", "e"),
        ("outcome", "1"),
        ("outcome", "00"),
        ("outcome", "success"),
        ("_count", "-1"),
        ("_count", "x"),
        ("_sort", "date"),
        ("_total", "some"),
    ] {
        check_refused(&format!("{parameter}={value}"), parameter);
    }
    check_refused("address:contains=1", "address");
    check_refused("type:not=1", "type");
    assert!(of("_total=none").is_uncounted && !of("_total=accurate").is_uncounted);
    assert_eq!(of("_count=99999999999999999999999").count, MAX_COUNT);
    check_refused(&format!("type={}", "1,".repeat(50) + "1"), "type");
}

#[test]
fn what_is_not_known_is_named() {
    let query = of("policy=x&agent-name=y&_sort=-date&_format=json");
    assert_eq!(query.ignored, ["policy", "agent-name"]);
}

proptest! {
    #[test]
    fn any_value_of_any_parameter_is_read_or_refused(
        name in "date|address|agent|patient.identifier|entity|entity-type|source|type|subtype|action|outcome|altid|_count|_sort|[a-z:.]{1,9}",
        value in ".{0,30}",
    ) {
        let encoded = fhir::parameters::encode([("date", "2026"), (name.as_str(), value.as_str())]);
        let _ = read(&encoded);
    }
}

//! What is asked for on the command line, and what the answer becomes.

use clap::Parser;
use datatypes::PatientId;
use ebxml::Stored;
use serde_json::Value;
use xds::query::StoredQuery;
use xds::{ErrorCode, MetadataFault, Problem, RegistryError, RegistryResponse};

use super::*;
use crate::submission::tests::{common, document};

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    find: Find,
}

/// A folder that only says which affinity domain it is.
fn data() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let endpoints =
        config::Endpoints { affinity_domain: "1.2.3".to_owned(), ..config::Endpoints::default() };
    endpoints.write(data.path()).unwrap();
    data
}

fn request(arguments: &[&str]) -> AdhocQueryRequest {
    let data = data();
    let line = ["find", "--data", data.path().to_str().unwrap()];
    let find = Line::try_parse_from(line.iter().chain(arguments)).unwrap().find;
    let community = RunningCommunity::open(data.path()).unwrap();
    block_on(find.into_request(&community)).unwrap()
}

#[test]
fn a_patient_is_asked_for_approved_documents() {
    let request = request(&["--patient", "JP0001"]);
    assert_eq!(request.return_type, "LeafClass");
    let StoredQuery::FindDocuments(query) = StoredQuery::parse(&request).unwrap() else {
        panic!("another query");
    };
    assert_eq!(query.patient_id, PatientId::parse("JP0001^^^&1.2.3&ISO").unwrap());
    assert!(query.filter.statuses.contains(AvailabilityStatus::Approved));
    assert!(!query.filter.statuses.contains(AvailabilityStatus::Deprecated));
}

#[test]
fn conditions_reach_the_query() {
    let request = request(&[
        "--patient",
        "P^^^&1.9&ISO",
        "--status",
        "all",
        "--class",
        "a^^s",
        "--class",
        "b^^s",
        "--type",
        "t^^s",
        "--from",
        "2025",
        "--to",
        "2026",
        "--author",
        "%連携%",
        "--refs",
    ]);
    assert_eq!(request.return_type, "ObjectRef");
    let StoredQuery::FindDocuments(query) = StoredQuery::parse(&request).unwrap() else {
        panic!("another query");
    };
    assert_eq!(query.patient_id.authority().as_str(), "1.9");
    let filter = query.filter;
    assert!(filter.statuses.contains(AvailabilityStatus::Deprecated));
    assert_eq!((filter.class_codes.len(), filter.type_codes.len()), (2, 1));
    assert!(filter.creation_time.contains(20_250_101_000_000));
    assert!(!filter.creation_time.contains(20_260_101_000_000));
    assert!(filter.author_persons[0].matches("D0042^連携^花子"));
}

#[test]
fn documents_are_asked_for_by_either_id() {
    let uuids = [EntryUuid::generate().to_string(), EntryUuid::generate().to_string()];
    let by_uuid = request(&["--uuid", &uuids[0], &uuids[1]]);
    let by_unique_id = request(&["--unique-id", "1.2.7", "--unique-id", "1.2.8"]);
    for (request, parameter) in [(by_uuid, "EntryUUID"), (by_unique_id, "UniqueId")] {
        assert!(request.parameters[0].name.ends_with(parameter));
        assert_eq!(request.parameters[0].values.len(), 2);
        assert!(matches!(StoredQuery::parse(&request), Ok(StoredQuery::GetDocuments(_))));
    }
}

#[test]
fn one_way_of_asking_is_wanted() {
    let uuid = EntryUuid::generate().to_string();
    for arguments in [
        vec![],
        vec!["--patient", "P", "--uuid", &uuid],
        vec!["--uuid", &uuid, "--unique-id", "1.2"],
        vec!["--uuid", &uuid, "--from", "2025"],
        vec!["--unique-id", "1.2", "--status", "all"],
        vec!["--from", "2025"],
        vec!["--uuid", "1.2.3"],
        vec!["--patient", "P", "--class", "a"],
        vec!["--patient", "P", "--from", "yesterday"],
        vec!["--patient", "P", "--status", "submitted"],
    ] {
        let line = ["find"].iter().chain(&arguments);
        assert!(Line::try_parse_from(line).is_err(), "{arguments:?}");
    }
}

fn answer(response: RegistryResponse) -> AdhocQueryResponse {
    let entry = crate::submission::submission(&common(), &[document(None)]).entries.remove(0);
    let stored = Stored { object: entry, status: Some(AvailabilityStatus::Deprecated) };
    AdhocQueryResponse { entries: vec![stored], ..AdhocQueryResponse::empty(response) }
}

#[test]
fn json_has_the_attributes_by_their_names() {
    let answer = answer(RegistryResponse::success());
    let value: Value = serde_json::from_str(&json::answer(&answer)).unwrap();
    let (found, entry) = (&value["documents"][0], &answer.entries[0].object);
    assert_eq!(value["isComplete"], true);
    assert_eq!(found["entryUUID"], entry.id.to_string());
    assert_eq!(found["uniqueId"], entry.unique_id.value.as_str());
    assert_eq!(found["availabilityStatus"], "deprecated");
    assert_eq!(found["patientId"], "JP0001^^^&1.2.3&ISO");
    assert_eq!(found["title"], "退院時サマリー & more");
    assert_eq!(found["creationTime"], "20260331");
    assert_eq!(found["classCode"]["codingScheme"], "1.2.1");
    assert_eq!(found["confidentialityCode"][0]["code"], "N");
    assert_eq!(found["author"][0]["authorPerson"][0], "D0042^連携^花子^^^^^^&1.2.9&ISO");
    assert_eq!(found["repositoryUniqueId"], Value::Null);
}

#[test]
fn an_answer_that_is_not_complete_is_a_failure() {
    let error = RegistryError::error(ErrorCode::UnavailableCommunity, "north");
    let response = RegistryResponse { status: ResponseStatus::PartialSuccess, errors: vec![error] };
    let partial = answer(response);
    let value: Value = serde_json::from_str(&json::answer(&partial)).unwrap();
    assert_eq!(value["isComplete"], false);
    assert_eq!(value["errors"][0], "XDSUnavailableCommunity: north");
    let error = completeness(partial).unwrap_err();
    assert!(matches!(error, CommandError::Find(FindError::Partial(_))), "{error:?}");

    let fault =
        MetadataFault { object: "x".to_owned(), attribute: "mimeType", problem: Problem::Missing };
    let damaged = AdhocQueryResponse { faults: vec![fault], ..answer(RegistryResponse::success()) };
    let value: Value = serde_json::from_str(&json::answer(&damaged)).unwrap();
    assert_eq!(value["isComplete"], false);
    let error = completeness(damaged).unwrap_err().to_string();
    assert_eq!(
        error,
        "the answer is not complete: faults in its objects: 1, the first: mimeType is missing"
    );
}

#[test]
fn warnings_leave_an_answer_complete() {
    let warning = RegistryError::warning(ErrorCode::RegistryError, "slow");
    let response = RegistryResponse { status: ResponseStatus::Success, errors: vec![warning] };
    completeness(answer(response)).unwrap();
}

//! ITI-51 where the differential test does not look: transactions, limits, processes, the audit trail.

use std::path::Path;
use std::sync::Arc;

use actix_web::App;
use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use audit::Journal;
use datatypes::{Code, PatientId, ReferenceId};
use net::Metrics;
use net::soap_endpoint::BodyLimits;
use registry::Registry;
use registry::endpoint::{Endpoint, PATH};
use registry::transactions::QueryTransaction::{MultiPatientStoredQuery, RegistryStoredQuery};
use serde_json::{Value, json};
use xds::query::{AdhocQueryRequest, QueryId, ReturnType};
use xds::{AvailabilityStatus, Identified};

use crate::feed::Feed;
use crate::metadata::{self, document, entry, folder, submission, submission_set};
use crate::open_registry::{Place, ask, ask_in, on_each_backend};
use crate::requests::{patient, query, quoted};

const SCHEME: &str = "1.2.392.200250.99.3";

fn approved() -> String {
    format!("({})", quoted(AvailabilityStatus::Approved.urn()))
}

fn coded(code: &str) -> String {
    format!("('{code}^^{SCHEME}')")
}

/// Documents of all patients, with these conditions.
fn documents(return_type: ReturnType, conditions: &[(&'static str, &str)]) -> AdhocQueryRequest {
    let conditions = conditions.iter().map(|(name, value)| (*name, vec![(*value).to_owned()]));
    let status = ("$XDSDocumentEntryStatus", vec![approved()]);
    query(QueryId::FindDocumentsForMultiplePatients, return_type, conditions.chain([status]))
}

fn by_class(return_type: ReturnType, code: &str) -> AdhocQueryRequest {
    documents(return_type, &[("$XDSDocumentEntryClassCode", &coded(code))])
}

/// How many entries a LeafClass answer has, or references an ObjectRef answer.
fn n_found(registry: &Registry, request: &AdhocQueryRequest) -> Result<usize, String> {
    let answer = ask_in(MultiPatientStoredQuery, registry, request)?;
    Ok(answer.entries.len() + answer.folders.len() + answer.object_refs.len())
}

/// Patients with these ids, each with one document.
fn with_documents(place: &Place, registry: &Arc<Registry>, ids: &[&str]) -> Vec<PatientId> {
    let patients: Vec<PatientId> = ids.iter().map(|id| patient(id)).collect();
    Feed::new(registry).announce(place, &patients);
    for patient in &patients {
        place.register(registry, &document(patient)).unwrap();
    }
    patients
}

/// The least that each query needs.
fn least(id: QueryId) -> AdhocQueryRequest {
    let patient = quoted(&patient("nobody").to_cx());
    let parameters = [
        ("$XDSDocumentEntryPatientId", vec![patient.clone()]),
        ("$XDSSubmissionSetPatientId", vec![patient.clone()]),
        ("$XDSFolderPatientId", vec![patient.clone()]),
        ("$patientId", vec![patient]),
        ("$XDSDocumentEntryStatus", vec![approved()]),
        ("$XDSSubmissionSetStatus", vec![approved()]),
        ("$XDSFolderStatus", vec![approved()]),
        ("$XDSDocumentEntryUniqueId", vec!["'1.2.3'".to_owned()]),
        ("$XDSSubmissionSetUniqueId", vec!["'1.2.3'".to_owned()]),
        ("$XDSFolderUniqueId", vec!["'1.2.3'".to_owned()]),
        ("$uuid", vec!["'urn:uuid:00000000-0000-4000-8000-000000000001'".to_owned()]),
        ("$AssociationTypes", vec!["'urn:ihe:iti:2007:AssociationType:RPLC'".to_owned()]),
        ("$XDSDocumentEntryReferenceIdList", vec!["'1^^^^urn:x'".to_owned()]),
    ];
    let mut request = query(id, ReturnType::LeafClass, parameters);
    for slot in &mut request.parameters {
        // A list wants its parentheses, a single value does not mind them.
        slot.values =
            slot.values.iter().map(|v| format!("({})", v.trim_matches(['(', ')']))).collect();
    }
    request
}

#[test]
fn each_query_is_known_in_one_of_the_two_transactions() {
    let place = Place::sqlite();
    let registry = place.open();
    for id in QueryId::ALL {
        let (known, unknown) = if id.is_multi_patient() {
            (MultiPatientStoredQuery, RegistryStoredQuery)
        } else {
            (RegistryStoredQuery, MultiPatientStoredQuery)
        };
        let answer = ask_in(known, &registry, &least(id)).map(|answer| answer.entries.len());
        assert_eq!(answer, Ok(0), "{id:?}");
        // The parameters are not even looked at.
        for request in [least(id), query(id, ReturnType::LeafClass, [])] {
            let refused = ask_in(unknown, &registry, &request).unwrap_err();
            assert_eq!(refused, "XDSUnknownStoredQuery", "{id:?}");
        }
    }
    let mut stranger = least(QueryId::FindDocuments);
    stranger.query_id = "urn:uuid:00000000-0000-0000-0000-000000000000".to_owned();
    for transaction in [MultiPatientStoredQuery, RegistryStoredQuery] {
        let refused = ask_in(transaction, &registry, &stranger).unwrap_err();
        assert_eq!(refused, "XDSUnknownStoredQuery");
    }
}

#[test]
fn the_whole_registry_is_never_asked_for() {
    let place = Place::sqlite();
    let registry = place.open();
    let status =
        ["$XDSDocumentEntryStatus", "$XDSFolderStatus"].map(|name| (name, vec![approved()]));
    let others = [
        ("$XDSDocumentEntryTypeCode", vec![coded("type")]),
        ("$XDSDocumentEntryFormatCode", vec![coded("format")]),
        ("$XDSDocumentEntryAuthorPerson", vec!["('%')".to_owned()]),
        ("$XDSFolderLastUpdateTimeFrom", vec!["2000".to_owned()]),
    ];
    for id in QueryId::ALL.into_iter().filter(|id| id.is_multi_patient()) {
        let request =
            query(id, ReturnType::ObjectRef, others.clone().into_iter().chain(status.clone()));
        let refused = n_found(&registry, &request);
        assert_eq!(refused, Err("XDSStoredQueryMissingParam".to_owned()), "{id:?}");
    }
}

#[test]
fn an_answer_may_show_several_patients_each_with_its_own_id() {
    on_each_backend(|place| {
        let registry = place.open();
        let [away, one, other] = &with_documents(place, &registry, &["away", "one", "other"])[..]
        else {
            panic!()
        };
        place.runtime.block_on(Feed::new(&registry).merge(away, one));
        let shown = |request: &AdhocQueryRequest| {
            let answer = ask_in(MultiPatientStoredQuery, &registry, request).unwrap();
            let ids = answer.entries.iter().map(|stored| stored.object.patient_id.value.to_cx());
            ids.collect::<Vec<_>>()
        };
        let all = [one.to_cx(), one.to_cx(), other.to_cx()];
        assert_eq!(shown(&by_class(ReturnType::LeafClass, "class")), all);
        let list = [other, away, one, other].map(|id| quoted(&id.to_cx())).join(",");
        let named = [("$XDSDocumentEntryPatientId", &*format!("({list})"))];
        assert_eq!(shown(&documents(ReturnType::LeafClass, &named)), all);
        let merged = [("$XDSDocumentEntryPatientId", &*quoted(&away.to_cx()))];
        assert!(shown(&documents(ReturnType::LeafClass, &merged)).is_empty());
    });
}

#[test]
fn too_many_results_are_refused_as_objects_only() {
    on_each_backend(|place| {
        let registry = place.open_with(|registry| registry.max_leaf_class_results = 3);
        let too_many = Err("XDSTooManyResults".to_owned());
        for (n, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
            let [id] = &with_documents(place, &registry, &[id])[..] else { panic!() };
            let expected = if n < 3 { Ok(n + 1) } else { too_many.clone() };
            let found = n_found(&registry, &by_class(ReturnType::LeafClass, "class"));
            assert_eq!(found, expected);
            let found = n_found(&registry, &by_class(ReturnType::ObjectRef, "class"));
            assert_eq!(found, Ok(n + 1), "{id:?}");
        }
        let all = ["a", "b", "c", "d"].map(|id| quoted(&patient(id).to_cx()));
        let [three, four] = [&all[..3], &all].map(|ids| format!("({})", ids.join(",")));
        let named = |ids: &str| {
            n_found(
                &registry,
                &documents(ReturnType::LeafClass, &[("$XDSDocumentEntryPatientId", ids)]),
            )
        };
        assert_eq!((named(&three), named(&four)), (Ok(3), too_many));
    });
}

/// The rarest condition decides how many objects are looked at, not what the others would find.
#[test]
fn what_one_query_looks_at_is_bounded() {
    on_each_backend(|place| {
        let registry = place.open_with(|registry| registry.max_candidates_per_query = 3);
        let patient = patient("bounded");
        Feed::new(&registry).announce(place, [&patient]);
        for n in 0..5 {
            let mut document = document(&patient);
            document.entries[0].event_codes = vec![metadata::code("often")];
            if n > 2 {
                document.entries[0].event_codes.push(metadata::code("seldom"));
                document.entries[0].reference_ids = vec![ReferenceId::parse("1^^^^urn:x").unwrap()];
            }
            place.register(&registry, &document).unwrap();
        }
        let find = |conditions: &[(&'static str, &str)]| {
            n_found(&registry, &documents(ReturnType::ObjectRef, conditions))
        };
        let class = ("$XDSDocumentEntryClassCode", &*coded("class"));
        let facility = ("$XDSDocumentEntryHealthcareFacilityTypeCode", &*coded("facility"));
        let often = ("$XDSDocumentEntryEventCodeList", &*coded("often"));
        let seldom = ("$XDSDocumentEntryEventCodeList", &*coded("seldom"));
        let never = ("$XDSDocumentEntryEventCodeList", &*coded("never"));
        let either = format!("('often^^{SCHEME}','seldom^^{SCHEME}')");
        let either = ("$XDSDocumentEntryEventCodeList", &*either);
        let too_many = Err("XDSTooManyResults".to_owned());
        assert_eq!(find(&[class]), too_many);
        assert_eq!(find(&[class, facility, often]), too_many);
        assert_eq!(find(&[either]), too_many);
        assert_eq!(find(&[seldom]), Ok(2));
        assert_eq!(find(&[class, often, either, seldom, facility]), Ok(2));
        assert_eq!(find(&[class, never]), Ok(0));
        assert_eq!(find(&[often, never, seldom]), Ok(0));
        // Beyond the conditions that are counted, the rare one comes too late to help.
        let nine = [often; 8].into_iter().chain([seldom]).collect::<Vec<_>>();
        assert_eq!(find(&nine), too_many);
        let nine = nine.into_iter().rev().collect::<Vec<_>>();
        assert_eq!(find(&nine), Ok(2));

        let cx = quoted(&patient.to_cx());
        assert_eq!(find(&[("$XDSDocumentEntryPatientId", &cx)]), too_many);
        let by_reference = query(
            QueryId::FindDocumentsByReferenceIdForMultiplePatients,
            ReturnType::LeafClass,
            [
                (
                    "$XDSDocumentEntryReferenceIdList",
                    vec!["('1^^^^urn:x','2^^^^urn:x','%')".to_owned()],
                ),
                ("$XDSDocumentEntryClassCode", vec![coded("class")]),
                ("$XDSDocumentEntryStatus", vec![approved()]),
            ],
        );
        assert_eq!(n_found(&registry, &by_reference), Ok(2));
    });
}

/// One code is one code, whatever it is called and in whichever Unicode form it is spelled.
#[test]
fn a_code_is_found_under_all_its_numbers() {
    on_each_backend(|place| {
        let registry = place.open();
        let patient = patient("coded");
        Feed::new(&registry).announce(place, [&patient]);
        for (code, display) in [("が", "composed"), ("か\u{3099}", "decomposed"), ("が", "other")]
        {
            let code = Identified::new(Code {
                code: code.to_owned(),
                scheme: SCHEME.to_owned(),
                display: display.to_owned(),
            });
            let mut entry = entry(&patient);
            (entry.class_code, entry.event_codes) =
                (code.clone(), vec![code.clone(), code.clone()]);
            let mut folder = folder(&patient);
            folder.codes = vec![code.clone(), code];
            let both = submission(submission_set(&patient), vec![entry], vec![folder]);
            place.register(&registry, &both).unwrap();
        }
        for spelled in ["が", "か\u{3099}"] {
            assert_eq!(n_found(&registry, &by_class(ReturnType::LeafClass, spelled)), Ok(3));
            let events = [("$XDSDocumentEntryEventCodeList", &*coded(spelled))];
            assert_eq!(n_found(&registry, &documents(ReturnType::LeafClass, &events)), Ok(3));
            let folders = query(
                QueryId::FindFoldersForMultiplePatients,
                ReturnType::LeafClass,
                [
                    ("$XDSFolderCodeList", vec![coded(spelled)]),
                    ("$XDSFolderStatus", vec![approved()]),
                ],
            );
            assert_eq!(n_found(&registry, &folders), Ok(3));
        }
    });
}

/// A process finds at once what another one registered, also by a code that is new.
#[test]
fn a_code_that_another_process_interned_is_found() {
    on_each_backend(|place| {
        if !place.is_shared() {
            return;
        }
        let [here, there] = [place.open(), place.open()];
        let patient = patient("shared");
        Feed::new(&here).announce(place, [&patient]);
        for (n, (writer, reader)) in [(&here, &there), (&there, &here)].into_iter().enumerate() {
            let new = format!("new-{n}");
            assert_eq!(n_found(reader, &by_class(ReturnType::LeafClass, &new)), Ok(0));
            let mut document = document(&patient);
            document.entries[0].class_code = metadata::code(&new);
            place.register(writer, &document).unwrap();
            assert_eq!(n_found(reader, &by_class(ReturnType::LeafClass, &new)), Ok(1));
        }
    });
}

/// The endpoint of a registry, with its journal and its metrics.
struct Server {
    endpoint: Endpoint,
    metrics: prometheus_client::registry::Registry,
}

impl Server {
    fn of(registry: &Arc<Registry>) -> Server {
        let mut metrics = prometheus_client::registry::Registry::default();
        let endpoint = Endpoint {
            registry: Arc::clone(registry),
            metrics: Metrics::new(&mut metrics),
            body: BodyLimits::default(),
            xml: xml::Limits::default(),
        };
        Server { endpoint, metrics }
    }

    /// The text of the answer, which has HTTP status 200.
    fn ask(&self, action: &str, request: &AdhocQueryRequest) -> String {
        let endpoint = self.endpoint.clone();
        let body = ebxml::adhoc_query_request::write_adhoc_query_request(request);
        let envelope = soap::write_request(action, "urn:uuid:asked", "http://registry.test", &body);
        System::new().block_on(async {
            let app = init_service(App::new().configure(|s| endpoint.configure(s))).await;
            let request = TestRequest::post()
                .uri(PATH)
                .insert_header(("content-type", "application/soap+xml"))
                .set_payload(envelope);
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(response.status().as_u16(), 200);
            String::from_utf8(read_body(response).await.to_vec()).unwrap()
        })
    }

    fn metrics(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.metrics).unwrap();
        text
    }
}

/// Records of a journal, oldest first.
fn journal(file: &Path) -> Vec<Value> {
    audit::verify(file).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.map(|mut line| line["record"].take()).collect()
}

#[test]
fn the_transaction_is_named_in_answer_record_and_metrics() {
    const ACTION: &str = "urn:ihe:iti:2009:MultiPatientStoredQuery";
    let place = Place::sqlite();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal");
    let registry =
        place.open_with(|registry| registry.journal = Arc::new(Journal::open(&file).unwrap()));
    let patients = with_documents(&place, &registry, &["one", "other"]);
    let server = Server::of(&registry);
    let found = by_class(ReturnType::LeafClass, "class");
    let answer = server.ask(ACTION, &found);
    assert!(
        answer.contains("<wsa:Action") && answer.contains(&format!("{ACTION}Response<")),
        "{answer}"
    );
    assert!(answer.contains("ResponseStatusType:Success"), "{answer}");
    let refused = server.ask(ACTION, &least(QueryId::FindDocuments));
    assert!(refused.contains(&format!("{ACTION}Response<")), "{refused}");
    assert!(refused.contains("XDSUnknownStoredQuery"), "{refused}");
    server.ask("urn:ihe:iti:2007:RegistryStoredQuery", &least(QueryId::FindDocuments));

    let records = journal(&file);
    let summary = |record: &Value| (record["event"].clone(), record["outcome"].clone());
    let summaries: Vec<_> = records.iter().map(summary).collect();
    let expected = [("ITI-51/registry", 0), ("ITI-51/registry", 4), ("ITI-18/registry", 0)];
    assert_eq!(summaries, expected.map(|(name, outcome)| (name.into(), outcome.into())));
    assert_eq!(records[0]["action"], "E");
    let query = &records[0]["objects"][0];
    assert_eq!(query["id"], QueryId::FindDocumentsForMultiplePatients.urn());
    assert!(query["content"].as_str().unwrap().contains("$XDSDocumentEntryClassCode"), "{query}");
    let shown = patients.iter().map(|patient| json!({ "id": patient.to_cx() })).collect::<Vec<_>>();
    assert_eq!(records[0]["patients"], Value::from(shown));
    assert_eq!(records[0]["message_id"], "urn:uuid:asked");
    // Nothing was found, and yet somebody asked for this patient.
    assert_eq!(records[2]["patients"].as_array().map(Vec::len), Some(1));

    let metrics = server.metrics();
    for (transaction, outcome) in
        [("ITI-51", "Success"), ("ITI-51", "Refused"), ("ITI-18", "Success")]
    {
        let series = format!("transaction=\"{transaction}\",outcome=\"{outcome}\"}} 1");
        assert!(metrics.contains(&series), "{series}\n{metrics}");
    }
}

/// What the exclusion leaves out, on one entry after the other; the differential test combines them.
#[test]
fn an_entry_with_any_excluded_value_is_left_out() {
    on_each_backend(|place| {
        let registry = place.open();
        let patient = patient("excluded");
        Feed::new(&registry).announce(place, [&patient]);
        let mut document = document(&patient);
        document.entries[0].event_codes = ["first", "second"].map(metadata::code).to_vec();
        place.register(&registry, &document).unwrap();
        let find = |name: &'static str, values: &[&str]| {
            let parameters = [
                ("$XDSDocumentEntryPatientId", vec![quoted(&patient.to_cx())]),
                ("$XDSDocumentEntryStatus", vec![approved()]),
            ];
            let excluded = values.iter().map(|value| (name, vec![(*value).to_owned()]));
            let parameters = parameters.into_iter().chain(excluded);
            let request = query(QueryId::FindDocumentsExclude, ReturnType::LeafClass, parameters);
            ask(&registry, &request).map(|answer| answer.entries.len())
        };
        let [first, third] = ["first", "third"].map(coded);
        let events = "$XDSDocumentEntryEventCodeListExclude";
        assert_eq!(find(events, &[&first]), Ok(0));
        assert_eq!(find(events, &[&third]), Ok(1));
        // Each slot is a condition of its own, and each must hold.
        assert_eq!(find(events, &[&first, &third]), Ok(0));
        assert_eq!(find("$XDSDocumentEntryAuthorPersonExclude", &["('%')"]), Ok(1));
        assert_eq!(find("$XDSDocumentEntryReferenceIdListExclude", &["('%')"]), Ok(1));
        assert_eq!(find("$XDSDocumentEntryConfidentialityCodeExclude", &[&coded("N")]), Ok(0));
        let stable = "('urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1')";
        let on_demand = "('urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248')";
        assert_eq!(find("$XDSDocumentEntryTypeExclude", &[stable]), Ok(0));
        assert_eq!(find("$XDSDocumentEntryTypeExclude", &[on_demand]), Ok(1));
        let twice = Err("XDSStoredQueryParamNumber".to_owned());
        assert_eq!(find("$XDSDocumentEntryClassCodeExclude", &[&first, &third]), twice);
    });
}

//! The published messages, read as their provenance file says.

use ebxml::adhoc_query_response::read_adhoc_query_response;
use ebxml::content::Content;
use ebxml::retrieve_document_set;
use xds::query::AdhocQueryRequest;
use xds::{AvailabilityStatus, ErrorCode, ObjectKind, Problem, ResponseStatus, Submission};

use crate::support::{payload, read_provided, read_submission, sample};

/// A registration that the reader must accept.
#[track_caller]
fn registered(name: &str) -> Option<Submission> {
    let draft = read_submission(&sample(&format!("iti42/{name}.xml"))?).unwrap();
    assert_eq!(draft.faults, []);
    assert!(draft.not_saved.is_empty(), "{:?}", draft.not_saved);
    let submission = draft.submission.unwrap();
    assert_eq!(submission.missing_for_registration(), []);
    Some(submission)
}

/// The attributes at fault in a message of the folder `iti42`.
#[track_caller]
fn faults(name: &str) -> Option<Vec<(String, &'static str, Problem)>> {
    let draft = read_submission(&sample(&format!("iti42/{name}.xml"))?).unwrap();
    assert!(draft.submission.is_none());
    assert_eq!(draft.associations.len(), 2);
    Some(draft.faults.into_iter().map(|f| (f.object, f.attribute, f.problem)).collect())
}

#[test]
fn registrations_are_read() {
    let Some(first) = registered("resubmit-1-initial-body") else { return };
    assert_eq!((first.entries.len(), first.folders.len(), first.associations.len()), (1, 0, 1));
    let entry = first.entries.first().unwrap();
    assert_eq!(entry.patient_id.value.to_cx(), "test1234_1^^^&1.2.3.45.4.3.2.1&ISO");
    assert_eq!((entry.authors.len(), entry.event_codes.len()), (2, 2));
    assert_eq!(entry.source_patient_info.len(), 5);
    assert_eq!(first.submission_set.authors.len(), 1);
    let with_folder = registered("register-folder-with-document-body").unwrap();
    assert_eq!((with_folder.folders.len(), with_folder.associations.len()), (1, 4));
    // The wrong hash is wrong against the registry only.
    registered("neg-resubmit-2-wrong-hash-body").unwrap();
    let product = registered("register-soap").unwrap();
    let entry = product.entries.first().unwrap();
    assert_eq!(entry.unique_id.value.as_str(), "1.2.276.0.76.3.1.324.12.1.1^0099563");
    assert_eq!(entry.reference_ids.len(), 1);
    assert_ne!(entry.logical_id.map(|id| id.to_string()), Some(entry.id.to_string()));
    assert_eq!(product.associations.first().unwrap().id.to_string(), "association-1");
}

#[test]
fn incomplete_registrations_are_at_fault() {
    for name in [
        "neg-register-missing-hash-size-repository-body",
        "neg-register-extra-metadata-incomplete-body",
    ] {
        // Blanks inside several schemes make them unknown ones; the source is no OID.
        let Some(faults) = faults(name) else { return };
        let set = "SubmissionSet01";
        let expected = [
            ("Document01", "patientId", Problem::Missing),
            (set, "contentTypeCode", Problem::Missing),
            (set, "patientId", Problem::Missing),
            (set, "sourceId", Problem::Invalid),
            (set, "uniqueId", Problem::Missing),
        ];
        assert_eq!(
            faults,
            expected.map(|(object, name, problem)| (object.to_owned(), name, problem))
        );
    }
}

#[test]
fn an_incomplete_registration_lacks_what_a_repository_adds() {
    let name = "iti42/neg-register-extra-metadata-incomplete-body.xml";
    let Some(text) = sample(name) else { return };
    // With its schemes and its source mended, the rest of the sample shows.
    let text = text.replace("- ", "-").replace("\"3670984664\"", "\"1.2.3670984664\"");
    let submission = read_submission(&text).unwrap().submission.unwrap();
    let missing: Vec<_> =
        submission.missing_for_registration().iter().map(|fault| fault.attribute).collect();
    assert_eq!(missing, ["hash", "size", "repositoryUniqueId"]);
    let slot = submission.entries.first().unwrap().extra.first().unwrap();
    assert_eq!(slot.name, "urn:my:company:slot");
    let author = submission.submission_set.authors.first().unwrap();
    assert_eq!(author.extra.first().unwrap().name, "authorSpeciality");
}

#[test]
fn provided_documents_are_read() {
    let Some(text) = sample("iti41/pnr-inline-soap.xml") else { return };
    let inline = read_provided(&text).unwrap();
    let submission = inline.draft.submission.unwrap();
    let document = inline.documents.first().unwrap();
    assert_eq!(document.id, submission.entries.first().unwrap().id);
    let Content::Bytes(bytes) = &document.content else { panic!("not inline") };
    assert_eq!(bytes.len(), 1459);
    let packaged = read_provided(&sample("iti41/pnr-mtom-axis2.body.bin").unwrap()).unwrap();
    assert_eq!(packaged.draft.submission.unwrap(), submission);
    let Content::Xop(href) = &packaged.documents.first().unwrap().content else {
        panic!("not a reference")
    };
    assert!(href.starts_with("cid:1.") && href.ends_with("@apache.org"), "{href}");
}

#[test]
fn what_is_wrong_with_provided_documents_shows() {
    let provided =
        |name: &str| Some(read_provided(&sample(&format!("iti41/neg-{name}.xml"))?).unwrap());
    let Some(request) = provided("no-documents-soap") else { return };
    assert_eq!(request.draft.submission.unwrap().entries.len(), 2);
    assert_eq!(request.documents.len(), 0);

    let request = provided("limited-metadata-no-document-body").unwrap();
    let limited = request.draft.faults.iter().filter(|fault| fault.attribute == "limitedMetadata");
    let objects: Vec<_> = limited.map(|fault| fault.object.as_str()).collect();
    assert_eq!(objects, ["Document01", "SubmissionSet01"]);

    // Both messages name two Associations alike; the outline still shows what they are for.
    let request = provided("multidoc-duplicate-uniqueid-body").unwrap();
    let entries = request.draft.outline.iter().filter(|o| o.kind == ObjectKind::DocumentEntry);
    let unique_ids: Vec<_> = entries.map(|outline| outline.unique_id.as_deref()).collect();
    assert_eq!(unique_ids, [Some("2009.9.1.2455"), Some("2009.9.1.2455")]);
    let faults: Vec<_> = request.draft.faults.iter().map(|f| (f.attribute, f.problem)).collect();
    assert_eq!(faults, [("id", Problem::Repeated)]);

    let request = provided("document-without-entry-body").unwrap();
    let is_described = |id| request.draft.outline.iter().any(|outline| &outline.id == id);
    let described: Vec<_> = request.documents.iter().map(|d| is_described(&d.id)).collect();
    assert_eq!(described, [false, true]);

    let submission = provided("patientid-mismatch-body").unwrap().draft.submission.unwrap();
    let entry = submission.entries.first().unwrap();
    assert_ne!(entry.patient_id.value, submission.submission_set.patient_id.value);
    assert!(entry.hash.is_some());

    let submission = provided("hash-and-size-mismatch-body").unwrap().draft.submission.unwrap();
    assert_eq!(submission.entries.first().unwrap().size, Some(815));
}

#[test]
fn an_update_is_read() {
    let Some(text) = sample("iti57/update-body.xml") else { return };
    let submission = read_submission(&text).unwrap().submission.unwrap();
    let slots = |n: usize| {
        let association = submission.associations.get(n).unwrap();
        association.extra.iter().map(|slot| slot.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(slots(0), ["PreviousVersion"]);
    assert_eq!(slots(1), ["NewStatus", "OriginalStatus"]);
    let entry = submission.entries.first().unwrap();
    assert!(entry.logical_id.is_some() && entry.home.is_none());
    assert_eq!(entry.extra.first().unwrap().name, "documentAvailability");
}

#[track_caller]
fn query(name: &str) -> Option<AdhocQueryRequest> {
    let text = sample(name)?;
    let (mut reader, _) = payload(&text);
    let request = ebxml::read_adhoc_query_request(&mut reader).unwrap();
    assert_eq!(request.return_type, "LeafClass");
    assert!(!request.parameters.is_empty());
    assert!(request.parameters.iter().all(|p| p.name.starts_with('$') && !p.values.is_empty()));
    Some(request)
}

#[test]
fn queries_are_read() {
    let queries = [
        ("iti18/find-documents-body.xml", "14d4debf-8f97-4251-9a74-a90016b0af0d"),
        ("iti18/find-documents-quoting-edge-body.xml", "14d4debf-8f97-4251-9a74-a90016b0af0d"),
        ("iti18/find-submission-sets-body.xml", "f26abbcb-ac74-4422-8a30-edb644bbc1a9"),
        ("iti18/find-folders-body.xml", "958f3006-baad-4929-a4de-ff1114824431"),
        ("iti18/get-all-body.xml", "10b545ea-725c-446d-9b95-8aeb444eddf3"),
        ("iti18/get-documents-body.xml", "5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4"),
        ("iti18/get-associations-body.xml", "a7ae438b-4bc2-4642-93e9-be891f7bb155"),
        ("iti18/get-submissionset-and-contents-body.xml", "e8e3cb2c-e39c-46b9-99e4-c12f57260b83"),
        ("iti18/get-folder-and-contents-body.xml", "b909a503-523d-4517-8acf-8e5834dfc4c7"),
        (
            "iti18/neg-get-documents-and-associations-wrong-params-body.xml",
            "bab9529a-4a10-40b3-a01f-f68a615d247a",
        ),
        (
            "iti18/neg-get-related-documents-missing-id-body.xml",
            "d90e5407-b356-4d91-a89f-873917b4b0e6",
        ),
        ("iti38/query-soap.xml", "14d4debf-8f97-4251-9a74-a90016b0af0d"),
        ("iti51/find-documents-multipatient-body.xml", "3d1bdb10-39a2-11de-89c2-2f44d94eaa9f"),
    ];
    for (name, id) in queries {
        let Some(request) = query(name) else { return };
        assert_eq!(request.query_id, format!("urn:uuid:{id}"), "{name}");
    }
    // Values reach the parser of queries as they were sent.
    let request = query("iti18/find-documents-quoting-edge-body.xml").unwrap();
    let value = request.parameters.first().unwrap().values.first().unwrap();
    assert_eq!(value, "'593603^^^&2.16.756.5.33.2.5.1.5.1&ISO''%20and%20611%3d611--%20");
}

#[test]
fn answers_are_read() {
    let Some(text) = sample("iti18/response-leafclass-body.xml") else { return };
    let (mut reader, element) = payload(&text);
    let answer = read_adhoc_query_response(&mut reader, &element).unwrap();
    assert!(answer.response.is_success());
    assert_eq!(answer.faults, []);
    assert_eq!(answer.entries.len(), 2);
    for entry in &answer.entries {
        assert_eq!(entry.status, Some(AvailabilityStatus::Approved));
        assert!(entry.object.class_code.id.is_some() && entry.object.home.is_none());
    }
    let text = sample("iti18/response-objectref-body.xml").unwrap();
    let (mut reader, element) = payload(&text);
    let answer = read_adhoc_query_response(&mut reader, &element).unwrap();
    assert_eq!((answer.object_refs.len(), answer.entries.len()), (6, 0));
    let text = sample("iti38/query-response-soap.xml").unwrap();
    let (mut reader, element) = payload(&text);
    let answer = read_adhoc_query_response(&mut reader, &element).unwrap();
    assert_eq!(answer.faults, []);
    assert!(!answer.entries.is_empty() && answer.entries.iter().all(|e| e.object.home.is_some()));
}

#[test]
fn an_error_beside_success_is_no_success() {
    let Some(text) = sample("iti42/neg-registry-response-inconsistent.xml") else { return };
    let (mut reader, element) = payload(&text);
    let response = ebxml::read_registry_response(&mut reader, &element).unwrap();
    assert_eq!(response.status, ResponseStatus::Success);
    assert_eq!(response.errors.first().unwrap().code, ErrorCode::UnknownPatientId.as_str());
    assert!(!response.is_success());
    for name in ["iti42/register-response-soap.xml", "iti41/pnr-response-soap.xml"] {
        let text = sample(name).unwrap();
        let (mut reader, element) = payload(&text);
        let response = ebxml::read_registry_response(&mut reader, &element).unwrap();
        assert!(response.is_success());
    }
}

#[test]
fn retrievals_are_read() {
    let Some(text) = sample("iti43/retrieve-soap.xml") else { return };
    let (mut reader, _) = payload(&text);
    let requests = retrieve_document_set::read_request(&mut reader).unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests.first().unwrap().repository_unique_id, "1.3.6.1.4...1000");
    let text = sample("iti43/retrieve-multiple-body.xml").unwrap();
    let (mut reader, _) = payload(&text);
    let requests = retrieve_document_set::read_request(&mut reader).unwrap();
    assert_eq!(requests.last().unwrap().document_unique_id, "testId2");
    let text = sample("iti39/retrieve-soap.xml").unwrap();
    let (mut reader, _) = payload(&text);
    let requests = retrieve_document_set::read_request(&mut reader).unwrap();
    assert!(requests.iter().all(|request| request.home.is_some()));
}

#[test]
fn retrieved_documents_are_read() {
    let cases = [
        ("iti43/retrieve-response-soap.xml", true, 0),
        ("iti39/retrieve-response-soap.xml", true, 2),
        ("iti39/retrieve-response-with-error-soap.xml", false, 2),
        ("iti39/neg-retrieve-response-no-home-soap.xml", false, 1),
    ];
    for (name, is_success, n_with_home) in cases {
        let Some(text) = sample(name) else { return };
        let (mut reader, _) = payload(&text);
        let answer = retrieve_document_set::read_response(&mut reader).unwrap();
        assert_eq!(answer.response.is_success(), is_success, "{name}");
        let with_home = answer.documents.iter().filter(|d| d.request.home.is_some());
        assert_eq!((answer.documents.len(), with_home.count()), (2, n_with_home), "{name}");
        for document in answer.documents {
            assert_eq!(document.mime_type, "text/xml");
            let Content::Bytes(bytes) = document.content else { panic!("not inline") };
            assert!(bytes.starts_with(b"R0lGODlhcgGSALMAAAQCAEMmCZtuMFQxDS8b"), "{name}");
        }
    }
}

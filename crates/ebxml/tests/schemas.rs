//! Everything that is written is valid by the published schemas.

use std::path::Path;
use std::process::Command;

use datatypes::ObjectId;
use ebxml::adhoc_query_response::{self, AdhocQueryResponse, Stored};
use ebxml::content::ContentToSend;
use ebxml::retrieve_document_set::{self, DocumentRequest, DocumentResponse};
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use xds::query::{AdhocQueryRequest, RawParameter};
use xds::{AvailabilityStatus, RegistryResponse, ResponseStatus, Submission};

use crate::generate;
use crate::support::shared;

/// How many generated values of each kind are validated.
const N_VALUES: usize = 24;

/// Generated values, the same in every run.
fn generated<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    (0..N_VALUES).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Validates all `messages`, and shows that the validator finds fault with a broken one.
#[track_caller]
fn check(schema: &str, messages: &[String]) {
    let Some(schema) = shared("schemas/xds").map(|schemas| schemas.join(schema)) else { return };
    if Command::new("xmllint").arg("--version").output().is_err() {
        println!("skipped: no xmllint");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (n, message) in messages.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{n}.xml")), message).unwrap();
    }
    let errors = validate(&schema, folder.path());
    assert!(errors.is_empty(), "{errors}");
    let broken = messages.first().unwrap().replacen('>', "><unknown/>", 1);
    std::fs::write(folder.path().join("0.xml"), broken).unwrap();
    assert!(validate(&schema, folder.path()).contains("unknown"));
}

/// What `xmllint` has to say against the messages in `folder`.
#[track_caller]
fn validate(schema: &Path, folder: &Path) -> String {
    let mut command = Command::new("xmllint");
    command.args(["--nonet", "--noout", "--schema"]).arg(schema);
    for file in std::fs::read_dir(folder).unwrap() {
        command.arg(file.unwrap().path());
    }
    let output = command.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let complaints: Vec<_> = errors.lines().filter(|line| !line.ends_with(" validates")).collect();
    assert_eq!(output.status.success(), complaints.is_empty());
    complaints.join("\n")
}

#[test]
fn submissions() {
    let submissions = generated(generate::submission());
    let messages: Vec<_> = submissions.iter().map(ebxml::write_submit_objects_request).collect();
    check("ebRS/lcm.xsd", &messages);
}

#[test]
fn provided_documents() {
    let write = |submission: &Submission| {
        let id = |n: &str| ObjectId::parse(n).unwrap();
        let documents = [
            (id("document-1"), ContentToSend::Base64(b"\0\xFF<&")),
            (id("urn:uuid:0000000a-0000-4000-8000-000000000000"), ContentToSend::Base64(b"")),
        ];
        ebxml::write_provide_and_register(submission, &documents)
    };
    let messages: Vec<_> = generated(generate::submission()).iter().map(write).collect();
    check("IHE/XDS.b_DocumentRepository.xsd", &messages);
}

#[test]
fn queries() {
    let write = |text: String| {
        let parameters = vec![
            RawParameter { name: "$XDSDocumentEntryPatientId".to_owned(), values: vec![text] },
            RawParameter { name: "$MetadataLevel".to_owned(), values: Vec::new() },
        ];
        ebxml::write_adhoc_query_request(&AdhocQueryRequest {
            query_id: "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d".to_owned(),
            home: Some("urn:oid:1.2.3".to_owned()),
            return_type: "LeafClass".to_owned(),
            parameters,
        })
    };
    let messages: Vec<_> = generated(generate::text()).into_iter().map(write).collect();
    check("ebRS/query.xsd", &messages);
}

#[test]
fn answers() {
    let responses = generated(generate::registry_response());
    let submissions = generated(generate::submission());
    let status = Some(AvailabilityStatus::Approved);
    let write = |(response, submission): (RegistryResponse, Submission)| {
        let answer = AdhocQueryResponse {
            entries: stored(submission.entries, status),
            submission_sets: stored(vec![submission.submission_set], status),
            folders: stored(submission.folders, None),
            associations: stored(submission.associations, status),
            ..AdhocQueryResponse::empty(response)
        };
        adhoc_query_response::write_leaf_class(&answer)
    };
    let mut messages: Vec<_> = responses.into_iter().zip(submissions).map(write).collect();
    let home = datatypes::HomeCommunityId::parse("urn:oid:1.2.3").unwrap();
    for ids in generated(generate::entry_uuids()) {
        messages.push(adhoc_query_response::write_object_refs(&ids, Some(&home)));
    }
    for response in generated(generate::registry_response()) {
        messages.push(adhoc_query_response::write_failure(&response.errors));
    }
    check("ebRS/query.xsd", &messages);
}

fn stored<T>(objects: Vec<T>, status: Option<AvailabilityStatus>) -> Vec<Stored<T>> {
    objects.into_iter().map(|object| Stored { object, status }).collect()
}

#[test]
fn registry_responses() {
    let responses = generated(generate::registry_response());
    let messages: Vec<_> = responses.iter().map(ebxml::write_registry_response).collect();
    check("ebRS/rs.xsd", &messages);
    let bare = RegistryResponse { status: ResponseStatus::PartialSuccess, errors: Vec::new() };
    check("ebRS/rs.xsd", &[ebxml::write_registry_response(&bare)]);
}

#[test]
fn retrievals() {
    let request = |home: Option<String>, text: String| DocumentRequest {
        home,
        repository_unique_id: text.clone(),
        document_unique_id: text,
    };
    let requests: Vec<_> = generated(generate::text())
        .into_iter()
        .map(|text| [request(None, text.clone()), request(Some(text.clone()), text)])
        .collect();
    let mut messages: Vec<_> =
        requests.iter().map(|r| retrieve_document_set::write_request(r)).collect();
    for (response, requests) in generated(generate::registry_response()).iter().zip(requests) {
        let documents = requests.map(|request| DocumentResponse {
            new_repository_unique_id: request.home.clone(),
            new_document_unique_id: request.home.clone(),
            request,
            mime_type: "application/pdf".to_owned(),
            content: ContentToSend::Base64(b"content"),
        });
        messages.push(retrieve_document_set::write_response(response, &documents));
        messages.push(retrieve_document_set::write_response(response, &[]));
    }
    check("IHE/XDS.b_DocumentRepository.xsd", &messages);
}

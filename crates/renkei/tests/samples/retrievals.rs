//! ITI-43 and ITI-39: documents of other repositories, and what the standard leaves open.

use super::{TOOLKIT, community_of, sample, sample_envelope};
use crate::harness::http::post;
use crate::harness::package::Package;
use crate::harness::reply::Reply;
use crate::harness::schemas::Schemas;
use crate::harness::soap::{REPOSITORY, RETRIEVE, envelope};
use crate::harness::submission::{Submission, new_oid};
use crate::harness::transactions::{add_patient, call, document_requests, submit};

#[test]
fn documents_of_other_repositories_are_not_here() {
    if sample("xds/iti43/retrieve-soap.xml").is_none() {
        return;
    }
    let community = community_of(TOOLKIT);
    let mut schemas = Schemas::new();
    let samples = [
        ("xds/iti43/retrieve-soap.xml", ["1.3.6.1.4...2300", "1.3.6.1.4...2301"]),
        ("xds/iti43/retrieve-multiple-body.xml", ["testId1", "testId2"]),
    ];
    for (name, unique_ids) in samples {
        let (envelope, message_id) = sample_envelope(name, RETRIEVE).unwrap();
        let package = Package::new(&envelope, &[]);
        let content_type = package.content_type();
        let request = post(REPOSITORY, &[("Content-Type", &content_type)], &package.to_bytes());
        let reply = Reply::read(community.repository().exchange(&request).unwrap());
        schemas.note(&reply);
        assert_eq!(reply.relates_to(), message_id.as_deref(), "{name}");
        reply.assert_failure("XDSUnknownRepositoryId");
        let errors = reply.errors();
        let locations: Vec<_> = errors.iter().flat_map(|error| &error.location).collect();
        assert_eq!(locations, unique_ids.each_ref(), "{name}");
        assert!(errors.iter().all(|error| error.code == "XDSUnknownRepositoryId"), "{errors:?}");
        assert_eq!(reply.documents(), []);
    }
    schemas.check();
}

#[test]
fn a_repository_is_no_gateway() {
    let action = "urn:ihe:iti:2007:CrossGatewayRetrieve";
    let Some((envelope, _)) = sample_envelope("xds/iti39/retrieve-soap.xml", action) else {
        return;
    };
    let community = community_of(TOOLKIT);
    let mut schemas = Schemas::new();
    let package = Package::new(&envelope, &[]);
    let content_type = package.content_type();
    let request = post(REPOSITORY, &[("Content-Type", &content_type)], &package.to_bytes());
    let reply = Reply::read(community.repository().exchange(&request).unwrap());
    schemas.note(&reply);
    assert_eq!((reply.fault_code(), reply.subcodes()), ("Sender", vec!["ActionNotSupported"]));
    schemas.check();
}

/// The standard leaves open how often and in which order; here it is as asked, in both packagings.
#[test]
fn each_request_is_answered_once_in_its_order() {
    let community = community_of(TOOLKIT);
    let mut schemas = Schemas::new();
    let patient = add_patient(&community, "order");
    let submission = Submission::of(&patient, &[b"first", b"second\r\n"]);
    let mut connection = community.repository();
    submit(&mut connection, &submission).unwrap().assert_success();
    let [first, second] = [0, 1].map(|place| submission.documents[place].clone());
    let missing = new_oid();
    let ids = [&second.unique_id, &missing, &first.unique_id, &second.unique_id].map(Clone::clone);
    let repository = community.repository_unique_id();
    let body = document_requests(repository, &ids);
    // One of the requests names a community.
    let home = "<HomeCommunityId>urn:oid:1.2.3.4</HomeCommunityId><RepositoryUniqueId>";
    let body = body.replacen("<RepositoryUniqueId>", home, 1);
    let package = Package::new(&envelope(RETRIEVE, "urn:x:1", &body), &[]);
    let packaged =
        post(REPOSITORY, &[("Content-Type", &package.content_type())], &package.to_bytes());
    let packaged = Reply::read(connection.exchange(&packaged).unwrap());
    let simple = call(&mut connection, REPOSITORY, RETRIEVE, &body).unwrap();
    for reply in [packaged, simple] {
        schemas.note(&reply);
        assert_eq!(reply.outcome(), "PartialSuccess", "{}", reply.text);
        let errors = reply.errors();
        let locations: Vec<_> = errors.iter().flat_map(|error| &error.location).collect();
        assert_eq!(locations, [&missing]);
        let expected = [&second, &first, &second].map(|d| (d.unique_id.clone(), d.bytes.clone()));
        assert!(reply.documents() == expected, "{}", reply.text);
        let responses = reply.payload().all("DocumentResponse");
        let homes =
            responses.iter().map(|one| one.child("HomeCommunityId").map(|h| h.text.as_str()));
        assert_eq!(homes.collect::<Vec<_>>(), [Some("urn:oid:1.2.3.4"), None, None]);
    }
    schemas.check();
}

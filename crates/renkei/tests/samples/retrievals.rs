//! ITI-43 and ITI-39: documents of other repositories.

use super::{TOOLKIT, community_of, sample, sample_envelope};
use crate::harness::http::post;
use crate::harness::package::Package;
use crate::harness::reply::Reply;
use crate::harness::schemas::Schemas;
use crate::harness::soap::{REPOSITORY, RETRIEVE};

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

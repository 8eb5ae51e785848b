//! ITI-42: submissions as repositories register them.

use super::{TOOLKIT, community_of, sample, sample_envelope};
use crate::harness::community::Community;
use crate::harness::http::post;
use crate::harness::reply::Reply;
use crate::harness::schemas::Schemas;
use crate::harness::soap::{REGISTER, REGISTRY, simple};
use crate::harness::submission::ENTRY_UNIQUE_ID;
use crate::harness::transactions::{add_patient, find_documents};

/// Registers a sample; its answer relates to it.
#[track_caller]
fn register(community: &Community, schemas: &mut Schemas, name: &str) -> Reply {
    let (envelope, message_id) = sample_envelope(&format!("xds/iti42/{name}"), REGISTER).unwrap();
    let request = post(REGISTRY, &[("Content-Type", &simple(REGISTER))], envelope.as_bytes());
    let reply = Reply::read(community.registry().exchange(&request).unwrap());
    schemas.note(&reply);
    assert_eq!(reply.relates_to(), message_id.as_deref(), "{name}");
    assert_eq!(reply.action(), format!("{REGISTER}Response"), "{name}");
    reply
}

/// The uniqueIds of a patient's entries.
fn unique_ids(community: &Community, schemas: &mut Schemas, patient: &str) -> Vec<String> {
    let found = find_documents(&mut community.registry(), patient).unwrap();
    schemas.note(&found);
    found.assert_success();
    let entries = found.payload().all("ExtrinsicObject").into_iter();
    entries.map(|entry| entry.identifier(ENTRY_UNIQUE_ID).unwrap().to_owned()).collect()
}

#[test]
fn a_resubmission_with_another_hash_is_refused() {
    if sample("xds/iti42/resubmit-1-initial-body.xml").is_none() {
        return;
    }
    let community = community_of("1.2.3.45.4.3.2.1");
    let mut schemas = Schemas::new();
    let initial = "resubmit-1-initial-body.xml";
    register(&community, &mut schemas, initial).assert_failure("XDSUnknownPatientId");
    let patient = add_patient(&community, "test1234_1");
    register(&community, &mut schemas, initial).assert_success();
    let registered = unique_ids(&community, &mut schemas, &patient);
    assert_eq!(registered.len(), 1);
    let again = register(&community, &mut schemas, "neg-resubmit-2-wrong-hash-body.xml");
    again.assert_failure("XDSNonIdenticalHash");
    let error = again.errors().into_iter().find(|error| error.code == "XDSNonIdenticalHash");
    assert_eq!(Some(&error.unwrap().context), registered.first());
    assert_eq!(unique_ids(&community, &mut schemas, &patient), registered);
    schemas.check();
}

#[test]
fn a_folder_is_registered_with_its_document() {
    if sample("xds/iti42/register-folder-with-document-body.xml").is_none() {
        return;
    }
    let community = community_of("1.2.3.45.4.3.2.1");
    let mut schemas = Schemas::new();
    let patient = add_patient(&community, "test1234_1");
    let name = "register-folder-with-document-body.xml";
    register(&community, &mut schemas, name).assert_success();
    assert_eq!(unique_ids(&community, &mut schemas, &patient).len(), 1);
    register(&community, &mut schemas, name).assert_failure("XDSDuplicateUniqueIdInRegistry");
    schemas.check();
}

/// White space around the action, a MessageID that is no URN, a Classification without id.
#[test]
fn a_sloppy_sender_is_understood() {
    if sample("xds/iti42/register-soap.xml").is_none() {
        return;
    }
    let community = community_of("1.2.276.0.76.3.1.324.2.1");
    let mut schemas = Schemas::new();
    let patient = add_patient(&community, "4712");
    let reply = register(&community, &mut schemas, "register-soap.xml");
    reply.assert_success();
    let ids = unique_ids(&community, &mut schemas, &patient);
    assert_eq!(ids.len(), 1, "{ids:?}");
    schemas.check();
}

#[test]
fn incomplete_metadata_are_refused() {
    let name = "neg-register-missing-hash-size-repository-body.xml";
    if sample(&format!("xds/iti42/{name}")).is_none() {
        return;
    }
    let community = community_of(TOOLKIT);
    let mut schemas = Schemas::new();
    let patient = add_patient(&community, "SELF-5");
    let reply = register(&community, &mut schemas, name);
    reply.assert_failure("XDSRegistryMetadataError");
    // Its snapshot is of an entry that nobody knows.
    reply.assert_failure("UnresolvedReferenceException");
    let reply =
        register(&community, &mut schemas, "neg-register-extra-metadata-incomplete-body.xml");
    reply.assert_failure("XDSRegistryMetadataError");
    assert_eq!(unique_ids(&community, &mut schemas, &patient), Vec::<String>::new());
    schemas.check();
}

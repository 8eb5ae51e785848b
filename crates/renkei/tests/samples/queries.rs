//! ITI-18 and ITI-51, and the messages of transactions that this version does not offer.

use super::{TOOLKIT, community_of, sample, sample_envelope};
use crate::harness::community::Community;
use crate::harness::http::post;
use crate::harness::reply::Reply;
use crate::harness::schemas::Schemas;
use crate::harness::soap::{MULTI_PATIENT_QUERY, QUERY, REGISTRY, simple};

/// What becomes of a sample.
enum Expected {
    /// Success without objects: what is asked for is not there.
    Empty,
    Failure(&'static str),
    /// A Sender fault with this subcode.
    Fault(&'static str),
}

const CROSS_GATEWAY_QUERY: &str = "urn:ihe:iti:2007:CrossGatewayQuery";
const UPDATE: &str = "urn:ihe:iti:2010:UpdateDocumentSet";

const NO_SUCH_ACTION: Expected = Expected::Fault("ActionNotSupported");

const QUERIES: &[(&str, &str, Expected)] = &[
    ("iti18/find-documents-body.xml", QUERY, Expected::Empty),
    // The string ends inside a patient id that goes on as an injection would.
    ("iti18/find-documents-quoting-edge-body.xml", QUERY, Expected::Failure("XDSRegistryError")),
    ("iti18/find-submission-sets-body.xml", QUERY, Expected::Empty),
    ("iti18/find-folders-body.xml", QUERY, Expected::Empty),
    ("iti18/get-all-body.xml", QUERY, Expected::Empty),
    // 'Some Value' can be no UUID: nothing has it.
    ("iti18/get-documents-body.xml", QUERY, Expected::Empty),
    ("iti18/get-associations-body.xml", QUERY, Expected::Empty),
    ("iti18/get-submissionset-and-contents-body.xml", QUERY, Expected::Empty),
    ("iti18/get-folder-and-contents-body.xml", QUERY, Expected::Empty),
    (
        "iti18/neg-get-documents-and-associations-wrong-params-body.xml",
        QUERY,
        Expected::Failure("XDSStoredQueryMissingParam"),
    ),
    (
        "iti18/neg-get-related-documents-missing-id-body.xml",
        QUERY,
        Expected::Failure("XDSStoredQueryMissingParam"),
    ),
    ("iti38/query-soap.xml", CROSS_GATEWAY_QUERY, NO_SUCH_ACTION),
    ("iti51/find-documents-multipatient-body.xml", MULTI_PATIENT_QUERY, Expected::Empty),
    ("iti57/update-body.xml", UPDATE, NO_SUCH_ACTION),
];

#[test]
fn every_query_has_its_answer() {
    if sample("xds/iti18/find-documents-body.xml").is_none() {
        return;
    }
    let community = community_of(TOOLKIT);
    let mut schemas = Schemas::new();
    for (name, action, expected) in QUERIES {
        check(&community, &mut schemas, (name, action, expected));
    }
    schemas.check();
}

#[track_caller]
fn check(
    community: &Community,
    schemas: &mut Schemas,
    (name, action, expected): (&str, &str, &Expected),
) {
    let (envelope, message_id) = sample_envelope(&format!("xds/{name}"), action).unwrap();
    let request = post(REGISTRY, &[("Content-Type", &simple(action))], envelope.as_bytes());
    let reply = Reply::read(community.registry().exchange(&request).unwrap());
    schemas.note(&reply);
    assert_eq!(reply.relates_to(), message_id.as_deref(), "{name}: {}", reply.text);
    match expected {
        Expected::Empty => {
            assert_eq!(reply.outcome(), "Success", "{name}: {}", reply.text);
            assert_eq!(reply.payload().the("RegistryObjectList").children, [], "{name}");
        }
        Expected::Failure(code) => {
            assert_eq!(reply.codes(), [*code], "{name}: {}", reply.text);
            reply.assert_failure(code);
        }
        Expected::Fault(subcode) => {
            assert!(reply.is_fault(), "{name}: {}", reply.text);
            assert_eq!((reply.status, reply.fault_code()), (400, "Sender"), "{name}");
            assert_eq!(reply.subcodes(), [*subcode], "{name}");
        }
    }
}

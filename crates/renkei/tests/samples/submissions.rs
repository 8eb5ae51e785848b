//! ITI-41: the recorded Axis2 request, its inline variant, and submissions that are wrong on purpose.

use super::{TOOLKIT, community_of, sample, sample_bytes, sample_envelope};
use crate::harness::community::{Community, Setup};
use crate::harness::database::Database;
use crate::harness::http::{chunked, post};
use crate::harness::package::Package;
use crate::harness::reply::{Packaging, Reply};
use crate::harness::schemas::Schemas;
use crate::harness::soap::{PROVIDE, REPOSITORY, simple};
use crate::harness::submission::ENTRY_UNIQUE_ID;
use crate::harness::transactions::{add_patient, find_documents, retrieve};

const PATIENT: &str = "bd111537c33f4f7";
const UNIQUE_ID: &str = "1.42.20130612231546.2";
const ENTRY: &str = "urn:uuid:e91f1e55-1e27-4baa-87b4-f1839b23c247";
const SHA1: &str = "31e311402a7e717d1bede88df6b42c0b8e91ea91";
const SIZE: usize = 1459;

/// The recorded request with its recorded headers; only the path is ours.
fn recorded_request() -> Option<Vec<u8>> {
    let headers = sample("xds/iti41/pnr-mtom-axis2.headers.txt")?;
    let body = sample_bytes("xds/iti41/pnr-mtom-axis2.body.bin")?;
    let (_, headers) = headers.split_once('\n').unwrap();
    let mut request = format!("POST {REPOSITORY} HTTP/1.1\r\n");
    for line in headers.lines().filter(|line| !line.is_empty()) {
        request.push_str(&format!("{}\r\n", line.trim_end()));
    }
    assert!(request.contains("transfer-encoding: chunked"), "{request}");
    let mut request = format!("{request}\r\n").into_bytes();
    request.extend(chunked(&body, 1000));
    Some(request)
}

/// The document is there, whole, found and handed out.
#[track_caller]
fn check_document(community: &Community, schemas: &mut Schemas) {
    let cx = format!("{PATIENT}^^^&{TOOLKIT}&ISO");
    let found = find_documents(&mut community.registry(), &cx).unwrap();
    schemas.note(&found);
    found.assert_success();
    let entries = found.payload().all("ExtrinsicObject");
    let [entry] = entries.as_slice() else { unreachable!("one entry: {}", found.text) };
    assert_eq!(entry.attribute("id"), Some(ENTRY));
    assert_eq!(entry.identifier(ENTRY_UNIQUE_ID), Some(UNIQUE_ID));
    assert_eq!((entry.slot("hash"), entry.slot("size")), (vec![SHA1], vec!["1459"]));
    let repository_id = community.repository_unique_id();
    assert_eq!(entry.slot("repositoryUniqueId"), [repository_id]);
    let ids = [UNIQUE_ID.to_owned()];
    let retrieved = retrieve(&mut community.repository(), repository_id, &ids).unwrap();
    schemas.note(&retrieved);
    retrieved.assert_success();
    let documents = retrieved.documents();
    let [(unique_id, bytes)] = documents.as_slice() else { unreachable!("one document") };
    assert_eq!((unique_id.as_str(), bytes.len()), (UNIQUE_ID, SIZE));
    let sha1: String = openssl::sha::sha1(bytes).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(sha1, SHA1);
}

#[test]
fn the_recorded_axis2_request_is_registered_and_its_document_comes_back() {
    let Some(request) = recorded_request() else { return };
    let of = |transport, database| Setup {
        transport,
        database,
        affinity_domain: TOOLKIT,
        ..Setup::default()
    };
    let mut setups = vec![of("mtls", Database::Sqlite)];
    setups.extend(Database::all().into_iter().map(|database| of("plain", database)));
    for setup in setups {
        check_recorded(&Community::start(setup), &request);
    }
}

#[track_caller]
fn check_recorded(community: &Community, request: &[u8]) {
    let mut schemas = Schemas::new();
    let mut connection = community.repository();
    // The patient is not known yet.
    let reply = Reply::read(connection.exchange(request).unwrap());
    schemas.note(&reply);
    reply.assert_failure("XDSUnknownPatientId");
    assert_eq!(community.files_below("documents"), Vec::<std::path::PathBuf>::new());
    add_patient(community, PATIENT);
    let reply = Reply::read(connection.exchange(request).unwrap());
    schemas.note(&reply);
    reply.assert_success();
    assert_eq!(reply.packaging, Packaging::Mtom);
    assert_eq!(reply.relates_to(), Some("urn:uuid:5685B22849E5415C421371093346751"));
    check_document(community, &mut schemas);
    // Sent twice, as after a lost answer: refused, and the document stays.
    let reply = Reply::read(connection.exchange(request).unwrap());
    schemas.note(&reply);
    reply.assert_failure("XDSDuplicateUniqueIdInRegistry");
    let duplicate = reply.errors().into_iter().find(|error| error.code.contains("Duplicate"));
    assert!(duplicate.unwrap().context.contains("1.42.20130612231546.3"), "{}", reply.text);
    check_document(community, &mut schemas);
    schemas.check();
}

#[test]
fn the_inline_variant_is_registered_and_its_document_comes_back() {
    let Some(text) = sample("xds/iti41/pnr-inline-soap.xml") else { return };
    let community = community_of(TOOLKIT);
    let mut schemas = Schemas::new();
    add_patient(&community, PATIENT);
    let request = post(REPOSITORY, &[("Content-Type", &simple(PROVIDE))], text.as_bytes());
    let reply = Reply::read(community.repository().exchange(&request).unwrap());
    schemas.note(&reply);
    reply.assert_success();
    assert_eq!(reply.packaging, Packaging::Simple);
    assert_eq!(reply.relates_to(), Some("urn:uuid:5685B22849E5415C421371093346751"));
    check_document(&community, &mut schemas);
    schemas.check();
}

/// A sample that is refused: the codes that must, and those that must not be named.
struct Refused {
    name: &'static str,
    codes: &'static [&'static str],
    not: &'static [&'static str],
}

const REFUSED: &[Refused] = &[
    Refused { name: "neg-no-documents-soap.xml", codes: &["XDSMissingDocument"], not: &[] },
    // Metadata as XDR allows them have no place in XDS.
    Refused {
        name: "neg-limited-metadata-no-document-body.xml",
        codes: &["XDSRepositoryMetadataError"],
        not: &["XDSMissingDocumentMetadata"],
    },
    Refused {
        name: "neg-multidoc-duplicate-uniqueid-body.xml",
        codes: &["XDSRepositoryDuplicateUniqueIdInMessage", "XDSPatientIdDoesNotMatch"],
        not: &[],
    },
    // Its hash is right, and written in upper case.
    Refused {
        name: "neg-patientid-mismatch-body.xml",
        codes: &["XDSPatientIdDoesNotMatch"],
        not: &["XDSRepositoryMetadataError"],
    },
    Refused {
        name: "neg-document-without-entry-body.xml",
        codes: &["XDSMissingDocumentMetadata"],
        not: &[],
    },
    Refused {
        name: "neg-hash-and-size-mismatch-body.xml",
        codes: &["XDSRepositoryMetadataError"],
        not: &[],
    },
];

#[test]
fn submissions_that_are_wrong_are_refused_with_their_codes() {
    if sample("xds/iti41/neg-no-documents-soap.xml").is_none() {
        return;
    }
    let community = community_of(TOOLKIT);
    let mut schemas = Schemas::new();
    let patients = ["53ff11cb404344e", "SELF-5", "76cc765a442f410"];
    let patients = patients.map(|id| add_patient(&community, id));
    for refused in REFUSED {
        check_refused(&community, &mut schemas, refused);
    }
    for patient in patients {
        let found = find_documents(&mut community.registry(), &patient).unwrap();
        schemas.note(&found);
        assert_eq!(found.payload().all("ExtrinsicObject").len(), 0);
    }
    assert_eq!(community.files_below("documents").len(), 0);
    assert_eq!(community.files_below("spool").len(), 0);
    schemas.check();
}

/// Sends a sample in both packagings.
#[track_caller]
fn check_refused(community: &Community, schemas: &mut Schemas, refused: &Refused) {
    let name = refused.name;
    let (envelope, message_id) = sample_envelope(&format!("xds/iti41/{name}"), PROVIDE).unwrap();
    let package = Package::new(&envelope, &[]);
    let requests = [
        post(REPOSITORY, &[("Content-Type", &simple(PROVIDE))], envelope.as_bytes()),
        post(REPOSITORY, &[("Content-Type", &package.content_type())], &package.to_bytes()),
    ];
    for request in requests {
        let reply = Reply::read(community.repository().exchange(&request).unwrap());
        schemas.note(&reply);
        assert_eq!(reply.relates_to(), message_id.as_deref(), "{name}");
        assert_eq!(reply.outcome(), "Failure", "{name}: {}", reply.text);
        let codes = reply.codes();
        let named = |code: &&&str| codes.iter().any(|known| known == **code);
        assert!(refused.codes.iter().all(|code| named(&code)), "{name}: {:?}", reply.errors());
        assert!(!refused.not.iter().any(|code| named(&code)), "{name}: {:?}", reply.errors());
    }
}

//! ITI-42, ITI-41 and ITI-43: identifiers, numbers, lists and references that no honest sender sends.

use super::{Case, Expected, Target, sender};
use crate::harness::database::Database;
use crate::harness::http::post;
use crate::harness::package::Package;
use crate::harness::soap::{
    PROVIDE, REGISTER, REGISTRY, REPOSITORY, RETRIEVE, envelope, new_message_id, simple,
};
use crate::harness::submission::{Submission, new_oid, slot, slot_of};
use crate::harness::transactions::{add_patient, document_requests, retrieve, submit};

/// How a submission is broken, and what both actors say to it: the registry, and the repository that
/// looks first.
struct Broken {
    name: &'static str,
    change: fn(&str) -> String,
    registry: Expected,
    repository: Expected,
}

const METADATA: (Expected, Expected) = (
    Expected::Failure("XDSRegistryMetadataError"),
    Expected::Failure("XDSRepositoryMetadataError"),
);
const FAULT: (Expected, Expected) = (sender(""), sender(""));

/// What only the registry looks at.
const fn of_registry(code: &'static str) -> (Expected, Expected) {
    (Expected::Failure(code), Expected::Failure(code))
}

const fn broken(
    name: &'static str,
    change: fn(&str) -> String,
    (registry, repository): (Expected, Expected),
) -> Broken {
    Broken { name, change, registry, repository }
}

/// The text between two marks replaced; the marks stay.
fn between(text: &str, (start, end): (&str, &str), instead: &str) -> String {
    let (before, rest) = text.split_once(start).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{start}{instead}{end}{after}")
}

/// The value of a slot of the entry.
fn slot_value(text: &str, name: &str, value: &str) -> String {
    let (before, rest) = text.split_once(&format!("name=\"{name}\"")).unwrap();
    format!("{before}name=\"{name}\"{}", between(rest, ("<rim:Value>", "</rim:Value>"), value))
}

/// The value of the first external identifier of this scheme.
fn identifier(text: &str, scheme: &str, value: &str) -> String {
    let (before, rest) = text.split_once(&format!("Scheme=\"urn:uuid:{scheme}\"")).unwrap();
    format!("{before}Scheme=\"urn:uuid:{scheme}\"{}", between(rest, ("value=\"", "\""), value))
}

const UNIQUE_ID: &str = "2e82c1f6-a085-4c72-9da3-8640a32e42ab";
const PATIENT_ID: &str = "58a6f841-87b3-4a3e-92fd-a8ffeff98427";
const SET_UNIQUE_ID: &str = "96fdda7c-d067-4183-912e-bf5ee74998a8";

/// Values that are too long, of the wrong form, or would break out of something.
const VALUES: &[Broken] = &[
    broken("a time that is none", |t| slot_value(t, "creationTime", "20261301"), METADATA),
    broken("an endless time", |t| slot_value(t, "creationTime", &"2".repeat(4_000)), METADATA),
    broken("full-width digits", |t| slot_value(t, "creationTime", "２０２６"), METADATA),
    broken(
        "SQL for a time",
        |t| slot_value(t, "creationTime", "2026'; DROP TABLE object"),
        METADATA,
    ),
    broken("no language", |t| slot_value(t, "languageCode", "'--"), METADATA),
    broken(
        "a value of 5,000 characters",
        |t| slot_value(t, "creationTime", &"2".repeat(5_000)),
        METADATA,
    ),
    broken("an empty uniqueId", |t| identifier(t, UNIQUE_ID, ""), METADATA),
    broken(
        "a uniqueId of 257 characters",
        |t| identifier(t, UNIQUE_ID, &"1".repeat(257)),
        METADATA,
    ),
    broken("a uniqueId with a line end", |t| identifier(t, UNIQUE_ID, "1.2&#10;3"), METADATA),
    broken("a patient id that is none", |t| identifier(t, PATIENT_ID, "x"), METADATA),
    broken(
        "a patient id without authority",
        |t| identifier(t, PATIENT_ID, "x^^^&amp;&amp;ISO"),
        METADATA,
    ),
    broken(
        "another patient",
        |t| identifier(t, PATIENT_ID, "o^^^&amp;1.2.392.99.1&amp;ISO"),
        of_registry("XDSPatientIdDoesNotMatch"),
    ),
    broken(
        "nobody",
        |t| t.replace("victim^", "x'; DROP TABLE patient; --^"),
        of_registry("XDSUnknownPatientId"),
    ),
    broken(
        "another domain",
        |t| t.replace("&amp;1.2.392.99.1&amp;", "&amp;1.2.392.99.2&amp;"),
        of_registry("XDSUnknownPatientId"),
    ),
    broken("a set without uniqueId", |t| identifier(t, SET_UNIQUE_ID, ""), METADATA),
    broken(
        "a MIME type that ends a header",
        |t| t.replacen("text/plain", "text/plain&#13;&#10;X: y", 1),
        METADATA,
    ),
    broken("an unknown object type", |t| t.replacen("7edca82f", "00000000", 1), METADATA),
    broken(
        "a title of 2 MB",
        |t| between(t, ("<rim:LocalizedString value=\"", "\""), &"題".repeat(700_000)),
        (sender("text too long"), METADATA.1),
    ),
];

/// Objects, ids and references.
const OBJECTS: &[Broken] = &[
    broken(
        "no objects",
        |t| between(t, ("<rim:RegistryObjectList>", "</rim:RegistryObjectList>"), ""),
        METADATA,
    ),
    broken(
        "a set twice",
        |t| repeat(t, "<rim:RegistryPackage", "</rim:RegistryPackage>", 2),
        METADATA,
    ),
    broken(
        "an entry twice",
        |t| repeat(t, "<rim:ExtrinsicObject", "</rim:ExtrinsicObject>", 2),
        METADATA,
    ),
    broken("no set", |t| repeat(t, "<rim:RegistryPackage", "</rim:RegistryPackage>", 0), METADATA),
    broken(
        "no membership",
        |t| repeat(t, "<rim:Association", "</rim:Association>", 0),
        of_registry("XDSRegistryMetadataError"),
    ),
    broken(
        "an id that is no UUID",
        |t| t.replace("Document0", "urn:uuid:x"),
        (METADATA.0, sender("invalid")),
    ),
    broken(
        "an association of nothing",
        |t| t.replacen("sourceObject=\"SubmissionSet01\"", "sourceObject=\"\"", 1),
        METADATA,
    ),
    broken(
        "an association with itself",
        |t| t.replacen("targetObject=\"Document0\"", "targetObject=\"Document0-member\"", 1),
        of_registry("XDSRegistryMetadataError"),
    ),
    broken("an association of an unknown type", |t| t.replacen(":HasMember", ":Eats", 1), METADATA),
    broken(
        "a member that is nowhere",
        |t| {
            t.replacen(
                "targetObject=\"Document0\"",
                "targetObject=\"urn:uuid:00000000-0000-4000-8000-000000000000\"",
                1,
            )
        },
        of_registry("UnresolvedReferenceException"),
    ),
    broken(
        "replaces what is nowhere",
        |t| relate(t, "RPLC", "urn:uuid:00000000-0000-4000-8000-000000000000"),
        of_registry("UnresolvedReferenceException"),
    ),
    broken(
        "replaces itself",
        |t| relate(t, "RPLC", "Document0"),
        of_registry("UnresolvedReferenceException"),
    ),
    broken(
        "replaces a name",
        |t| relate(t, "RPLC", "' OR 1=1 --"),
        of_registry("UnresolvedReferenceException"),
    ),
    broken(
        "a slot twice",
        |t| t.replacen("<rim:Slot", &(slot("creationTime", "2026") + "<rim:Slot"), 1),
        METADATA,
    ),
    broken("a slot without values", slot_of_none, METADATA),
];

/// More than a message may hold.
const FLOODS: &[Broken] = &[
    broken("1,001 slots", |t| slots(t, 1_001), FAULT),
    broken(
        "10,001 values",
        |t| t.replacen("<rim:Slot", &(slot_of("urn:x", &["x"; 10_001]) + "<rim:Slot"), 1),
        FAULT,
    ),
    broken(
        "1,001 classifications",
        |t| repeat(t, "<rim:Classification id=\"Document0-author", "</rim:Classification>", 1_001),
        FAULT,
    ),
    broken(
        "101 identifiers",
        |t| repeat(t, "<rim:ExternalIdentifier", "</rim:ExternalIdentifier>", 101),
        FAULT,
    ),
    broken(
        "10,001 associations",
        |t| repeat(t, "<rim:Association", "</rim:Association>", 10_001),
        FAULT,
    ),
    broken(
        "an unknown element",
        |t| t.replacen("<rim:RegistryPackage", "<rim:Surprise/><rim:RegistryPackage", 1),
        FAULT,
    ),
];

/// The text from one mark to the other, as often as wanted.
fn repeat(text: &str, start: &str, end: &str, times: usize) -> String {
    let (before, rest) = text.split_once(start).unwrap();
    let (inside, after) = rest.split_once(end).unwrap();
    let element = format!("{start}{inside}{end}");
    format!("{before}{}{after}", element.repeat(times))
}

/// One association more, from the entry.
fn relate(text: &str, kind: &str, target: &str) -> String {
    let relation = format!(
        "<rim:Association id=\"relation\" sourceObject=\"Document0\" targetObject=\"{target}\" \
         associationType=\"urn:ihe:iti:2007:AssociationType:{kind}\" objectType=\"urn:oasis:names:tc:\
         ebxml-regrep:ObjectType:RegistryObject:Association\"/></rim:RegistryObjectList>"
    );
    text.replacen("</rim:RegistryObjectList>", &relation, 1)
}

fn slots(text: &str, count: usize) -> String {
    let many: String = (0..count).map(|n| slot(&format!("urn:x:{n}"), "x")).collect();
    text.replacen("<rim:Slot", &(many + "<rim:Slot"), 1)
}

fn slot_of_none(text: &str) -> String {
    let (before, rest) = text.split_once("name=\"creationTime\"").unwrap();
    let rest = between(rest, ("<rim:ValueList>", "</rim:ValueList>"), "");
    format!("{before}name=\"creationTime\"{rest}")
}

fn cases(target: &Target, kinds: &[Broken]) -> (Vec<Case>, Vec<Case>) {
    let submission = || Submission::of(&target.patient, &[b"hostile"]);
    let request = |path: &str, action: &str, body: String| {
        let envelope = envelope(action, &new_message_id(), &body);
        post(path, &[("Content-Type", &simple(action))], envelope.as_bytes())
    };
    let of_registry = |broken: &Broken| {
        let body = (broken.change)(&submission().register("1.2.392.99.8"));
        Case::new(broken.name, request(REGISTRY, REGISTER, body), broken.registry)
    };
    let of_repository = |broken: &Broken| {
        let body = (broken.change)(&submission().provide_inline());
        Case::new(broken.name, request(REPOSITORY, PROVIDE, body), broken.repository)
    };
    (kinds.iter().map(of_registry).collect(), kinds.iter().map(of_repository).collect())
}

/// Requests for the registry, and for the repository.
pub(super) fn all(target: &Target) -> (Vec<Case>, Vec<Case>) {
    let of_kinds = [VALUES, OBJECTS, FLOODS].map(|kinds| cases(target, kinds));
    let (of_registry, of_repository): (Vec<_>, Vec<_>) = of_kinds.into_iter().unzip();
    (of_registry.into_iter().flatten().collect(), of_repository.into_iter().flatten().collect())
}

#[test]
fn broken_metadata() {
    for database in Database::all() {
        let target = Target::start(database);
        for kinds in [VALUES, OBJECTS, FLOODS] {
            let (of_registry, of_repository) = cases(&target, kinds);
            target.check_all(|| target.community.registry(), of_registry);
            target.check_all(|| target.community.repository(), of_repository);
        }
    }
}

/// Digests and sizes that only a repository writes.
#[test]
fn broken_digests() {
    let target = Target::start(Database::Sqlite);
    let values = [
        ("hash", "zz"),
        ("hash", "0123456789"),
        ("size", "-1"),
        ("size", "1e3"),
        ("size", "0x10"),
        ("size", "９"),
        ("size", "18446744073709551616"),
        ("size", "99999999999999999999999999999"),
        ("repositoryUniqueId", "' OR 1=1"),
        ("repositoryUniqueId", "1..2"),
    ];
    let cases = values.iter().map(|(name, value)| {
        let body = Submission::of(&target.patient, &[b"hostile"]).register("1.2.392.99.8");
        let envelope = envelope(REGISTER, &new_message_id(), &slot_value(&body, name, value));
        let request = post(REGISTRY, &[("Content-Type", &simple(REGISTER))], envelope.as_bytes());
        let expected = Expected::Failure("XDSRegistryMetadataError");
        Case::new(&format!("{name} {value}"), request, expected)
    });
    target.check_all(|| target.community.registry(), cases.collect());
}

/// ITI-43 for what is not there, and for too much of it.
#[test]
fn broken_retrievals() {
    let target = Target::start(Database::Sqlite);
    let repository_id = target.community.repository_unique_id();
    let document = target.submission.documents.first().unwrap().unique_id.clone();
    let case = |name: &str, repository: &str, ids: &[String], expected: Expected| {
        let body = document_requests(repository, ids);
        let package = Package::new(&envelope(RETRIEVE, &new_message_id(), &body), &[]);
        let content_type = package.content_type();
        let request = post(REPOSITORY, &[("Content-Type", &content_type)], &package.to_bytes());
        Case::new(name, request, expected)
    };
    let missing = Expected::Failure("XDSDocumentUniqueIdError");
    let unknown = Expected::Failure("XDSUnknownRepositoryId");
    let ids = ["../../../etc/passwd", "..", "/", "' OR 1=1 --", "%", "_", "*", "\u{202E}x", "a\tb"];
    let mut cases: Vec<_> =
        ids.iter().map(|id| case(id, repository_id, &[(*id).to_owned()], missing)).collect();
    let sha: String =
        openssl::sha::sha256(b"the only document").iter().map(|b| format!("{b:02x}")).collect();
    cases.push(case("the name of its file", repository_id, &[sha], missing));
    let full_width = document.replacen('2', "２", 1);
    cases.push(case("full-width digits", repository_id, &[full_width], missing));
    let longer = [format!("{document}0"), format!("{document}\u{301}")];
    cases.push(case("longer ids", repository_id, &longer, missing));
    for id in ["' OR '1'='1", "%", repository_id.get(1..).unwrap()] {
        cases.push(case(id, id, std::slice::from_ref(&document), unknown));
    }
    let out_of_resources = Expected::Failure("XDSRepositoryOutOfResources");
    cases.push(case(
        "1,001 documents",
        repository_id,
        &vec![document.clone(); 1_001],
        out_of_resources,
    ));
    cases.push(case("10,001 documents", repository_id, &vec![document; 10_001], sender("")));
    cases.push(case("no documents", repository_id, &[], sender("")));
    cases.push(case("an id of 257 characters", repository_id, &["1".repeat(257)], sender("")));
    target.check_all(|| target.community.repository(), cases);
}

/// Bytes in are bytes out, at every edge of a buffer, in parts and inline.
#[test]
fn documents_of_every_size_come_back() {
    for database in Database::all() {
        let target = Target::start(database);
        let patient = add_patient(&target.community, "sizes");
        let kib = 1024;
        let sizes =
            [0, 1, 2, 4 * kib - 1, 4 * kib, 4 * kib + 1, 100 * kib, 256 * kib, 256 * kib + 1];
        let documents: Vec<Vec<u8>> = sizes
            .iter()
            .map(|size| {
                (0..*size).map(|n| u8::try_from((n * 7 + n / 251) % 256).unwrap()).collect()
            })
            .collect();
        let contents: Vec<&[u8]> = documents.iter().map(Vec::as_slice).collect();
        let submission = Submission::of(&patient, &contents);
        let mut connection = target.community.repository();
        submit(&mut connection, &submission).unwrap().assert_success();
        let inline = Submission { unique_id: new_oid(), ..Submission::of(&patient, &contents) };
        let body = envelope(PROVIDE, &new_message_id(), &inline.provide_inline());
        let request = post(REPOSITORY, &[("Content-Type", &simple(PROVIDE))], body.as_bytes());
        let answer = connection.exchange(&request).unwrap();
        crate::harness::reply::Reply::read(answer).assert_success();
        for sent in [&submission, &inline] {
            let ids: Vec<_> = sent.documents.iter().map(|d| d.unique_id.clone()).collect();
            let repository_id = target.community.repository_unique_id();
            let reply = retrieve(&mut connection, repository_id, &ids).unwrap();
            reply.assert_success();
            for ((id, bytes), document) in reply.documents().iter().zip(&sent.documents) {
                assert_eq!(id, &document.unique_id);
                assert!(bytes == &document.bytes, "{} bytes", document.bytes.len());
            }
        }
    }
}

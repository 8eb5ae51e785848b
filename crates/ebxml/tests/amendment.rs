//! What a repository sends on: the sender's own text with three slots set.

use datatypes::{ObjectId, Oid, RepositoryUniqueId, Sha1Hash};
use ebxml::{Amendment, ContentToSend, ReadError, amend_submit_objects_request};
use proptest::prelude::*;

use crate::generate;
use crate::support::{read_provided, read_submission, sample};

const REPOSITORY: &str = "2.25.7";

fn amendment(id: &ObjectId) -> Amendment {
    Amendment {
        id: id.clone(),
        hash: Sha1Hash::from_bytes([0xAB; 20]),
        size: 42,
        repository_unique_id: RepositoryUniqueId::new(Oid::parse(REPOSITORY).unwrap()),
    }
}

fn amendments(ids: &[&str]) -> Vec<Amendment> {
    ids.iter().map(|id| amendment(&ObjectId::parse(id).unwrap())).collect()
}

/// The request around `objects`, with declarations on every level and a decoy before it.
fn envelope(objects: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' \
         xmlns:o = 'urn:outer \"quoted\"' xmlns=\"urn:other\"><s:Header><SubmitObjectsRequest \
         xmlns=\"urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0\"/></s:Header><s:Body\
         ><p:ProvideAndRegisterDocumentSetRequest xmlns:p=\"urn:ihe:iti:xds-b:2007\"\n\
         xmlns=\"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0\" xmlns:o=\"urn:inner\">{}<p:Document \
         id=\"d\">AAAA</p:Document></p:ProvideAndRegisterDocumentSetRequest></s:Body></s:Envelope>",
        request("", objects),
    )
}

fn request(added: &str, objects: &str) -> String {
    format!(
        "<l:SubmitObjectsRequest{added} xmlns:l=\"urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0\"\
         ><!-- kept --><RegistryObjectList>{objects}</RegistryObjectList></l:SubmitObjectsRequest >"
    )
}

const IN_SCOPE: &str = " xmlns=\"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0\" \
    xmlns:o=\"urn:inner\" xmlns:p=\"urn:ihe:iti:xds-b:2007\" \
    xmlns:s='http://www.w3.org/2003/05/soap-envelope'";

fn slot(name: &str, value: &str) -> String {
    format!(
        "<Slot xmlns=\"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0\" name=\"{name}\">\
         <ValueList><Value>{value}</Value></ValueList></Slot>"
    )
}

fn hash() -> String {
    "ab".repeat(20)
}

#[track_caller]
fn check(objects: &str, expected: &str) {
    let amended = amend_submit_objects_request(&envelope(objects), &amendments(&["d"])).unwrap();
    assert_eq!(amended, request(IN_SCOPE, expected));
}

#[test]
fn slots_are_added_and_nothing_else_changes() {
    let before = "<!-- <ExtrinsicObject id=\"d\"> --><ExtrinsicObject o:x='>' id=' d '>";
    let rest = "<Unknown><![CDATA[<Slot name=\"size\">]]>&#x3042;\r\n</Unknown>\t\
                <Slot name=\"urn:example:x\"><ValueList><Value> a&amp;b </Value></ValueList></Slot>\
                </ExtrinsicObject><ExtrinsicObject id=\"e\"/>";
    let slots =
        slot("repositoryUniqueId", REPOSITORY) + &slot("hash", &hash()) + &slot("size", "42");
    check(&format!("{before}{rest}"), &format!("{before}{slots}{rest}"));
}

#[test]
fn the_repository_is_overwritten_and_other_values_stay() {
    let values = |name: &str, value: &str| {
        format!("<Slot name='{name}'><ValueList>{value}</ValueList></Slot>")
    };
    let (size, hash) = (values("size", "<Value>1</Value>"), values("hash", "<Value>x</Value>"));
    let repository = values("repositoryUniqueId", "<Value>1.2</Value><Value/>");
    check(
        &format!("<ExtrinsicObject id=\"d\">{repository}{size}{hash}</ExtrinsicObject>"),
        &format!(
            "<ExtrinsicObject id=\"d\">{}{size}{hash}</ExtrinsicObject>",
            slot("repositoryUniqueId", REPOSITORY)
        ),
    );
}

#[test]
fn a_slot_without_value_is_filled_in_its_place() {
    let empty = "<Slot name=\"size\"><ValueList><Value> </Value></ValueList></Slot>";
    let added = slot("repositoryUniqueId", REPOSITORY) + &slot("hash", &hash());
    check(
        &format!("<ExtrinsicObject id=\"d\">{empty}</ExtrinsicObject>"),
        &format!("<ExtrinsicObject id=\"d\">{added}{}</ExtrinsicObject>", slot("size", "42")),
    );
}

#[test]
fn upper_case_uuids_are_found() {
    let id = "urn:uuid:0000000A-0000-4000-8000-000000000000";
    let text = envelope(&format!("<ExtrinsicObject id=\"{id}\"> </ExtrinsicObject>"));
    let amended = amend_submit_objects_request(&text, &amendments(&[id])).unwrap();
    assert!(amended.contains(&slot("size", "42")));
}

#[test]
fn an_amendment_without_object_is_an_error() {
    let missing = |what| Err(ReadError::Missing { inside: "SubmitObjectsRequest", what });
    for objects in ["", "<ExtrinsicObject id=\"e\"></ExtrinsicObject>", "<Folder id=\"d\"/>"] {
        let amended = amend_submit_objects_request(&envelope(objects), &amendments(&["d"]));
        assert_eq!(amended, missing("ExtrinsicObject"));
    }
    let empty = envelope("<ExtrinsicObject id=\"d\"/>");
    let expected = ReadError::Missing { inside: "ExtrinsicObject", what: "content" };
    assert_eq!(amend_submit_objects_request(&empty, &amendments(&["d"])), Err(expected));
}

#[test]
fn only_the_request_in_its_place_is_taken() {
    let good = envelope("<ExtrinsicObject id=\"d\"> </ExtrinsicObject>");
    let lost = Err(ReadError::Missing { inside: "message", what: "SubmitObjectsRequest" });
    let strayed = [
        good.replace("ProvideAndRegisterDocumentSetRequest", "Wrapper"),
        good.replace("s:Body", "o:Body"),
        good.replace("urn:ihe:iti:xds-b:2007", "urn:ihe:iti:xds-b:2008"),
        good.replace("<l:Submit", "<o:Deep><l:Submit")
            .replace("</l:SubmitObjectsRequest >", "</l:SubmitObjectsRequest ></o:Deep>"),
        request("", ""),
    ];
    for text in &strayed {
        assert_eq!(amend_submit_objects_request(text, &[]), lost);
    }
}

#[test]
fn published_messages_are_amended() {
    let cases = [
        ("pnr-inline-soap.xml", &["urn:uuid:e91f1e55-1e27-4baa-87b4-f1839b23c247"][..]),
        ("pnr-mtom-axis2.body.bin", &["urn:uuid:e91f1e55-1e27-4baa-87b4-f1839b23c247"]),
        ("neg-hash-and-size-mismatch-body.xml", &["Document01"]),
        ("neg-patientid-mismatch-body.xml", &["Document01"]),
    ];
    for (name, ids) in cases {
        let Some(text) = sample(&format!("iti41/{name}")) else { return };
        let before = read_provided(&text).unwrap().draft.submission.unwrap();
        let amended = amend_submit_objects_request(&text, &amendments(ids)).unwrap();
        let after = read_submission(&amended).unwrap().submission.unwrap();
        assert_eq!(after, expected(before));
        assert!(after.missing_for_registration().is_empty());
    }
}

/// What the registry must read where the repository had read `submission`.
fn expected(mut submission: xds::Submission) -> xds::Submission {
    for entry in &mut submission.entries {
        let amendment = amendment(&entry.id);
        entry.repository_unique_id = Some(amendment.repository_unique_id);
        entry.hash = entry.hash.or(Some(amendment.hash));
        entry.size = entry.size.or(Some(amendment.size));
    }
    submission
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]

    #[test]
    fn the_registry_reads_what_was_sent_and_three_values(
        submission in generate::submission(),
        is_wrapped in any::<bool>(),
    ) {
        let documents: Vec<_> = submission.entries.iter()
            .map(|entry| (entry.id.clone(), ContentToSend::Base64(b"document"))).collect();
        let body = ebxml::write_provide_and_register(&submission, &documents);
        let soap = "http://www.w3.org/2003/05/soap-envelope";
        let text = if is_wrapped {
            format!("\u{FEFF}<E xmlns=\"{soap}\"><Header/><Body>{body}</Body></E>")
        } else {
            body
        };
        let amendments: Vec<_> = submission.entries.iter().map(|e| amendment(&e.id)).collect();
        let amended = amend_submit_objects_request(&text, &amendments).unwrap();
        let draft = read_submission(&amended).unwrap();
        prop_assert_eq!(draft.faults, []);
        prop_assert_eq!(draft.submission.unwrap(), expected(submission));
    }

    #[test]
    fn arbitrary_text_is_no_reason_to_panic(text in "[<>/a-zA-Z:=\"' &;!\\[\\]-]{0,60}") {
        prop_assert!(amend_submit_objects_request(&text, &[]).is_err());
    }

    #[test]
    fn a_message_cut_or_changed_anywhere_is_no_reason_to_panic(
        at in 0_usize..2000,
        replacement in "[<>/a-z=\"' ]{0,4}",
    ) {
        let mut text = envelope("<ExtrinsicObject id=\"d\"><Slot name='size'/></ExtrinsicObject>");
        let at = at % text.len();
        text.replace_range(at..(at + 1), &replacement);
        let _ = amend_submit_objects_request(&text, &amendments(&["d"]));
        text.truncate(at);
        let _ = amend_submit_objects_request(&text, &amendments(&["d"]));
    }
}

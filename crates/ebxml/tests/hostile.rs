//! Messages that mean harm, or are another message than they should be.

use std::time::{Duration, Instant};

use ebxml::content::Content;
use ebxml::{ReadError, adhoc_query_response, retrieve_document_set};
use proptest::prelude::*;
use xml::{Limits, Reader, XmlErrorKind};

use crate::support::{payload, read_provided, read_submission};

const GOOD: &str = include_str!("submission.xml");
const LCM: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0";
const RIM: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0";

/// A UUID without its last four digits.
const UUID: &str = "urn:uuid:0000000a-0000-4000-8000-00000000";

/// A submission of `objects`, the ebRIM namespace being the default one.
fn submission(objects: &str) -> String {
    format!(
        "<l:SubmitObjectsRequest xmlns:l=\"{LCM}\" xmlns=\"{RIM}\"><RegistryObjectList>{objects}\
         </RegistryObjectList></l:SubmitObjectsRequest>"
    )
}

/// A submission of one ExtrinsicObject that holds `children`.
fn entry(children: &str) -> String {
    submission(&format!("<ExtrinsicObject id=\"d\">{children}</ExtrinsicObject>"))
}

#[track_caller]
fn check(text: &str, expected: ReadError) {
    let started = Instant::now();
    assert_eq!(read_submission(text).unwrap_err(), expected);
    assert!(started.elapsed() < Duration::from_secs(5), "refused too late");
}

#[test]
fn counts_are_bounded() {
    let limit = |what, limit| ReadError::Limit { what, limit };
    let objects = limit("registry objects", 10_000);
    check(&submission(&"<ObjectRef id=\"x\"/>".repeat(10_001)), objects);
    check(&submission(&"<Association/>".repeat(10_001)), objects);
    check(&submission(&"<Classification/>".repeat(10_001)), objects);
    let slot = "<Slot name=\"a\"><ValueList><Value>b</Value></ValueList></Slot>";
    check(&entry(&slot.repeat(1_001)), limit("slots", 1_000));
    let parts = limit("classifications", 1_000);
    check(&entry(&"<Classification/>".repeat(1_001)), parts);
    let parts = limit("external identifiers", 100);
    check(&entry(&"<ExternalIdentifier/>".repeat(101)), parts);
    let values = "<Value/>".repeat(10_001);
    let values = format!("<Slot name=\"a\"><ValueList>{values}</ValueList></Slot>");
    check(&entry(&values), limit("values of a slot", 10_000));
    check(
        &entry(&format!("<Classification>{values}</Classification>")),
        limit("values of a slot", 10_000),
    );
}

#[test]
fn as_much_as_is_allowed_is_read_in_time() {
    let started = Instant::now();
    let slots: String = (0..1_000)
        .map(|n| format!("<Slot name=\"s{n}\"><ValueList><Value>v</Value></ValueList></Slot>"))
        .collect();
    let parts: String = (0..1_000)
        .map(|n| format!("<Classification id=\"{UUID}{n:04}\" classificationScheme=\"s{n}\"/>"))
        .collect();
    let draft = read_submission(&entry(&format!("{slots}{parts}"))).unwrap();
    assert_eq!(draft.not_saved.len(), 100);
    let many = "<ExtrinsicObject/>".repeat(10_000);
    let draft = read_submission(&submission(&many)).unwrap();
    assert_eq!(draft.faults.len(), 1_000);
    assert!(draft.submission.is_none());
    let beside: String = (0..5_000)
        .map(|n| {
            format!("<RegistryPackage id=\"p{n}\"/><Classification classifiedObject=\"p{n}\"/>")
        })
        .collect();
    read_submission(&submission(&beside)).unwrap();
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn faults_beyond_the_limit_still_forbid_the_submission() {
    let faulty = "<ExtrinsicObject/>".repeat(1_000);
    let text = GOOD.replace("<rim:ObjectRef ", &format!("<rim:Skip/>{faulty}<rim:ObjectRef "));
    let text =
        text.replace("<rim:Skip/>", "").replace("<ExtrinsicObject/>", "<rim:ExtrinsicObject/>");
    let draft = read_submission(&text).unwrap();
    assert_eq!(draft.faults.len(), 1_000);
    assert!(draft.submission.is_none());
}

#[test]
fn a_label_repeats_little_of_a_long_id() {
    let id = "長".repeat(100_000);
    let draft = read_submission(&submission(&format!("<ExtrinsicObject id=\"{id}\"/>"))).unwrap();
    assert!(draft.faults.iter().all(|fault| fault.object.chars().count() <= 256));
    let stray = submission(&format!("<Classification classifiedObject=\"{id}\"/>"));
    let draft = read_submission(&stray).unwrap();
    assert!(draft.faults.iter().all(|fault| fault.object.chars().count() <= 256));
    let name = format!("<{id}/>");
    let draft = read_submission(&entry(&name)).unwrap();
    assert!(draft.not_saved.iter().all(|name| name.chars().count() <= 256));
}

#[test]
fn nesting_is_refused_or_skipped() {
    let unexpected = |inside| ReadError::Unexpected { inside };
    let slot = "<Slot name=\"a\">";
    check(&entry(&format!("{slot}{slot}")), unexpected("Slot"));
    check(&entry(&format!("{slot}<ValueList><ValueList>")), unexpected("ValueList"));
    check(&submission("<RegistryPackage><RegistryObjectList/>"), unexpected("RegistryPackage"));
    check(&entry("<RegistryObjectList/>"), unexpected("ExtrinsicObject"));
    let nested = "<Classification>".repeat(20) + &"</Classification>".repeat(20);
    assert_eq!(read_submission(&entry(&nested)).unwrap().not_saved, ["Classification"]);
    let deep = entry(&"<Classification>".repeat(100));
    let ReadError::Xml(error) = read_submission(&deep).unwrap_err() else { panic!("no limit") };
    assert_eq!(error.kind, XmlErrorKind::TooDeep);
}

#[test]
fn another_message_is_refused() {
    let unexpected = |inside| ReadError::Unexpected { inside };
    let inside = "SubmitObjectsRequest";
    check(&format!("<a>{GOOD}</a>"), unexpected(inside));
    let list = "<RegistryObjectList/>";
    let request = |children: &str| {
        format!(
            "<l:SubmitObjectsRequest xmlns:l=\"{LCM}\" xmlns=\"{RIM}\">{children}\
             </l:SubmitObjectsRequest>"
        )
    };
    check(&request(&list.repeat(2)), unexpected(inside));
    check(&request(""), ReadError::Missing { inside, what: "RegistryObjectList" });
    check(&request("<RemoveObjectsRequest/>"), unexpected(inside));
    check(&submission("<Organization id=\"o\"/>"), unexpected("RegistryObjectList"));
    check(&submission("<ExtrinsicObject xmlns=\"urn:other\"/>"), unexpected("RegistryObjectList"));
    check(&entry("<Slot/>"), ReadError::Missing { inside: "Slot", what: "name" });
    // Every element in a wrong namespace.
    check(&GOOD.replace(RIM, "urn:other"), unexpected(inside));
    // An entry whose attributes are in a wrong namespace says nothing.
    let foreign = GOOD.replace("<rim:Slot", "<rs:Slot").replace("</rim:Slot", "</rs:Slot");
    let foreign = foreign.replace("<rs:RequestSlotList><rs:", "<rs:RequestSlotList><rim:");
    let foreign = foreign.replace("</rs:Slot></rs:Req", "</rim:Slot></rs:Req");
    let draft = read_submission(&foreign).unwrap();
    assert_eq!(draft.not_saved, ["Slot"]);
    assert!(draft.faults.iter().any(|fault| fault.attribute == "creationTime"));
}

#[test]
fn provided_documents_are_refused() {
    let request = |children: &str| {
        format!(
            "<ProvideAndRegisterDocumentSetRequest xmlns=\"urn:ihe:iti:xds-b:2007\" \
             xmlns:x=\"http://www.w3.org/2004/08/xop/include\">{children}\
             </ProvideAndRegisterDocumentSetRequest>"
        )
    };
    let refused = |children: &str| read_provided(&request(children)).unwrap_err();
    let missing = |inside, what| ReadError::Missing { inside, what };
    let unexpected = |inside| ReadError::Unexpected { inside };
    let message = "ProvideAndRegisterDocumentSetRequest";
    assert_eq!(refused(""), missing(message, "SubmitObjectsRequest"));
    assert_eq!(refused(&GOOD.repeat(2)), unexpected(message));
    assert_eq!(refused("<SubmitObjectsRequest/>"), unexpected(message));
    assert_eq!(refused("<Document>AAAA</Document>"), missing("Document", "id"));
    let invalid = ReadError::Invalid { inside: "Document", what: "id" };
    assert_eq!(refused("<Document id=\"urn:uuid:1\"/>"), invalid);
    for content in ["A", "AAA", "AAAA=", "AAAB=", "AB==A", "A-A_", "山田太郎"] {
        assert_eq!(refused(&format!("<Document id=\"d\">{content}</Document>")), ReadError::Base64);
    }
    let include = "<x:Include href=\"cid:1\"/>";
    for content in [format!("{include}AAAA"), format!("AAAA{include}"), include.repeat(2)] {
        let document = format!("<Document id=\"d\">{content}</Document>");
        assert_eq!(refused(&document), unexpected("Document"));
    }
    assert_eq!(refused("<Document id=\"d\"><Include/></Document>"), unexpected("Document"));
    assert_eq!(refused("<Document id=\"d\"><x:Include/></Document>"), missing("Include", "href"));
    let many = "<Document id=\"d\"/>".repeat(10_001);
    assert_eq!(refused(&many), ReadError::Limit { what: "documents", limit: 10_000 });
}

#[test]
fn content_is_read_from_every_legal_form() {
    let read = |content: &str| {
        let text = format!(
            "<x:P xmlns:x=\"urn:ihe:iti:xds-b:2007\">{GOOD}<x:Document id=\" d \">{content}\
             </x:Document></x:P>"
        );
        let request = read_provided(&text).unwrap();
        let document = request.documents.first().unwrap();
        assert_eq!(document.id.to_string(), "d");
        document.content.clone()
    };
    for encoded in ["AAEC", " AA\r\n\tEC ", "A<!-- -->A<![CDATA[E]]>&#67;"] {
        assert_eq!(read(encoded), Content::Bytes(vec![0, 1, 2]));
    }
    assert_eq!(read(""), Content::Bytes(Vec::new()));
    let include =
        " <i:Include xmlns:i='http://www.w3.org/2004/08/xop/include' href=' cid:a%40b '/>\n";
    assert_eq!(read(include), Content::Xop("cid:a%40b".to_owned()));
    assert_eq!(format!("{:?}", read("AAEC")), "Bytes(3 bytes)");
}

#[test]
fn two_documents_for_one_entry_are_a_fault() {
    let document = "<x:Document id=\"document\">AAAA</x:Document>";
    let text = format!(
        "<x:P xmlns:x=\"urn:ihe:iti:xds-b:2007\">{document}{GOOD}{document}{document}</x:P>"
    );
    let request = read_provided(&text).unwrap();
    assert!(request.draft.submission.is_none());
    assert!(request.draft.faults.iter().all(|fault| fault.attribute == "Document"));
    let single = text.replacen(document, "", 2);
    assert!(read_provided(&single).unwrap().draft.submission.is_some());
}

#[test]
fn retrievals_are_refused() {
    let read = |text: String| {
        let (mut reader, _) = payload(&text);
        retrieve_document_set::read_request(&mut reader)
    };
    let request = |inside: &str| {
        read(format!("<R xmlns=\"urn:ihe:iti:xds-b:2007\" xmlns:o=\"urn:other\">{inside}</R>"))
    };
    let ids = "<RepositoryUniqueId>1</RepositoryUniqueId><DocumentUniqueId>2</DocumentUniqueId>";
    assert!(request(&format!("<DocumentRequest>{ids}</DocumentRequest>")).is_ok());
    let missing = |inside, what| Err(ReadError::Missing { inside, what });
    let unexpected = |inside| Err(ReadError::Unexpected { inside });
    assert_eq!(request(""), missing("RetrieveDocumentSetRequest", "DocumentRequest"));
    assert_eq!(request("<o:DocumentRequest/>"), unexpected("RetrieveDocumentSetRequest"));
    assert_eq!(request("<DocumentRequest/>"), missing("DocumentRequest", "RepositoryUniqueId"));
    let blank = ids.replace(">2<", "> <");
    let blank = request(&format!("<DocumentRequest>{blank}</DocumentRequest>"));
    assert_eq!(blank, missing("DocumentRequest", "DocumentUniqueId"));
    let twice = request(&format!("<DocumentRequest>{ids}{ids}</DocumentRequest>"));
    assert_eq!(twice, unexpected("DocumentRequest"));
    let foreign = request(&format!("<DocumentRequest>{ids}<o:Document/></DocumentRequest>"));
    assert_eq!(foreign, unexpected("DocumentRequest"));
    let long = ids.replace('2', &"2".repeat(257));
    let long = request(&format!("<DocumentRequest>{long}</DocumentRequest>"));
    let limit = |what, limit| Err(ReadError::Limit { what, limit });
    assert_eq!(long, limit("characters of an identifier", 256));
    let many = format!("<DocumentRequest>{ids}</DocumentRequest>").repeat(10_001);
    assert_eq!(request(&many), limit("document requests", 10_000));
}

#[test]
fn answers_and_queries_are_refused() {
    let query = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0";
    let status = "status=\"urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success\"";
    let answer = |attributes: &str, inside: &str| {
        let text = format!(
            "<q:AdhocQueryResponse xmlns:q=\"{query}\" xmlns=\"{RIM}\" {attributes}>{inside}\
             </q:AdhocQueryResponse>"
        );
        let (mut reader, element) = payload(&text);
        adhoc_query_response::read_adhoc_query_response(&mut reader, &element)
    };
    let inside = "RegistryResponse";
    let no_status = ReadError::Missing { inside, what: "status" };
    assert_eq!(answer("", "").unwrap_err(), no_status);
    let bad_status = ReadError::Invalid { inside, what: "status" };
    assert_eq!(answer("status=\"Success\"", "").unwrap_err(), bad_status);
    assert!(answer(status, "").is_ok());
    // An object that cannot be read is told, and does not hide its neighbour.
    let objects =
        format!("<ObjectRef id=\"x\"/><ObjectRef id=\"{UUID}0000\"/><RegistryPackage id=\"p\"/>");
    let list = format!("<RegistryObjectList>{objects}</RegistryObjectList>");
    let read = answer(status, &list).unwrap();
    assert_eq!((read.object_refs.len(), read.faults.len()), (1, 2));
    let many =
        format!("<RegistryObjectList>{}</RegistryObjectList>", "<ObjectRef/>".repeat(100_001));
    let limit = ReadError::Limit { what: "registry objects", limit: 100_000 };
    assert_eq!(answer(status, &many).unwrap_err(), limit);

    let request = |inside: &str| {
        let text = format!("<q:R xmlns:q=\"{query}\" xmlns=\"{RIM}\">{inside}</q:R>");
        let (mut reader, _) = payload(&text);
        ebxml::read_adhoc_query_request(&mut reader)
    };
    let option = "<q:ResponseOption/>";
    let missing = |inside, what| Err(ReadError::Missing { inside, what });
    assert_eq!(request(""), missing("AdhocQueryRequest", "AdhocQuery"));
    assert_eq!(request("<AdhocQuery id=\"1\"/>"), missing("AdhocQueryRequest", "ResponseOption"));
    assert_eq!(request(&format!("{option}<AdhocQuery/>")), missing("AdhocQuery", "id"));
    let read =
        request(&format!("<AdhocQuery home=\"\" id=\" 1 \"><Name/></AdhocQuery>{option}")).unwrap();
    assert_eq!((read.query_id.as_str(), read.return_type.as_str()), ("1", "RegistryObject"));
    assert_eq!((read.home, read.parameters.len()), (None, 0));
    let unexpected = Err(ReadError::Unexpected { inside: "AdhocQueryRequest" });
    assert_eq!(request(&option.repeat(2)), unexpected);
    // Of two queries the first or the last would be answered, and the sender not know which.
    assert_eq!(request(&(option.to_owned() + &"<AdhocQuery id=\"1\"/>".repeat(2))), unexpected);
    let slots = "<Slot name=\"$a\"/>".repeat(1_001);
    let limit = Err(ReadError::Limit { what: "parameters", limit: 1_000 });
    assert_eq!(request(&format!("<AdhocQuery id=\"1\">{slots}</AdhocQuery>")), limit);
}

#[test]
fn errors_of_unknown_severity_stay_errors() {
    let text = "<RegistryResponse xmlns=\"urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0\" \
        status=\"urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success\"><RegistryErrorList>\
        <RegistryError errorCode=\"X\" severity=\"urn:other\">text</RegistryError>\
        <RegistryError errorCode=\"Y\"/></RegistryErrorList></RegistryResponse>";
    let (mut reader, element) = payload(text);
    let response = ebxml::read_registry_response(&mut reader, &element).unwrap();
    assert_eq!(response.errors.len(), 2);
    assert!(!response.is_success());
    let flood = |n: usize| {
        let error = "<RegistryError errorCode=\"Y\"/>";
        let text = text.replace(error, &error.repeat(n));
        let (mut reader, element) = payload(&text);
        ebxml::read_registry_response(&mut reader, &element).map(|response| response.errors.len())
    };
    assert_eq!(flood(9_999), Ok(10_000));
    assert_eq!(flood(10_000), Err(ReadError::Limit { what: "registry errors", limit: 10_000 }));
}

proptest! {
    #[test]
    fn a_message_changed_anywhere_is_no_reason_to_panic(
        at in 0..GOOD.len(),
        replacement in "[<>/a-z=\"':&; 山]{0,6}",
    ) {
        let start = (0..=at).rev().find(|at| GOOD.is_char_boundary(*at)).unwrap();
        let mut text = GOOD.to_owned();
        text.insert_str(start, &replacement);
        let mut reader = Reader::new(&text, Limits::default()).unwrap();
        if let Ok(Some(_)) = reader.next_child()
            && let Ok(draft) = ebxml::read_submit_objects_request(&mut reader)
        {
            prop_assert_eq!(draft.submission.is_some(), draft.faults.is_empty());
        }
    }
}

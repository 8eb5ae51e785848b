//! Every kind of check, against an answer for which it holds and answers for which it must not.

use super::{MTOM, endpoints, hl7, http, mtom, soap};
use crate::answer::Answer;
use crate::check::{Check, Exchange};
use crate::namespaces::namespace_of;
use crate::scope::Scope;
use crate::suite::Suite;
use crate::template::Template;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const SUCCESS: &str = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success";
const FAILURE: &str = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure";
const PARTIAL: &str = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess";
const ERROR: &str = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error";
const WARNING: &str = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning";

#[derive(Deserialize)]
struct One {
    check: Check,
}

fn parse(check: &str) -> Check {
    let one: One = toml::from_str(&format!("check = {check}")).unwrap();
    one.check
}

/// `None` when the check holds, else what was found.
fn finding(check: &str, answer: impl Fn(&Scope<'_>) -> Answer) -> Option<String> {
    let (suite, endpoints, variables) = (Suite::built_in(), endpoints(), BTreeMap::new());
    let mut scope = Scope::new(&endpoints, "seed".to_owned(), "20260401093000".to_owned());
    scope.insert_document("report", b"hello world".to_vec());
    scope.next_message();
    let template = Template { suite: &suite, scope: &scope, variables: &variables };
    let answer = answer(&scope);
    parse(check).held(&Exchange { answer: &answer, scope: &scope, template }).err().map(|f| f.0)
}

#[track_caller]
pub(super) fn holds(check: &str, answer: impl Fn(&Scope<'_>) -> Answer) {
    assert_eq!(finding(check, answer), None, "{check}");
}

#[track_caller]
pub(super) fn fails(check: &str, answer: impl Fn(&Scope<'_>) -> Answer) {
    assert!(finding(check, answer).is_some(), "{check} holds but must not");
}

/// The name of a kind in a case file. No wildcard: a new kind does not compile until it is here,
/// and then `every_kind_can_fail` demands an answer for which it fails.
fn kind(check: &Check) -> &'static str {
    match check {
        Check::HttpStatus(_) => "http_status",
        Check::ContentType(_) => "content_type",
        Check::Packaging(_) => "packaging",
        Check::Action(_) => "action",
        Check::RelatesToRequest => "relates_to_request",
        Check::SoapFault { .. } => "soap_fault",
        Check::SecurityFault => "security_fault",
        Check::NoFault => "no_fault",
        Check::ResponseStatus(_) => "response_status",
        Check::ErrorCode { .. } => "error_code",
        Check::NoErrorCode(_) => "no_error_code",
        Check::OneOf(_) => "one_of",
        Check::ConsistentResponse => "consistent_response",
        Check::Count { .. } => "count",
        Check::Value { .. } => "value",
        Check::Values { .. } => "values",
        Check::Contains { .. } => "contains",
        Check::Document { .. } => "document",
        Check::Acknowledgement(_) => "acknowledgement",
        Check::AnswersControlId => "answers_control_id",
        Check::Hl7Error(_) => "hl7_error",
        Check::Hl7Value { .. } => "hl7_value",
        Check::Hl7Values { .. } => "hl7_values",
        Check::Hl7Includes { .. } => "hl7_includes",
        Check::Hl7Lacks { .. } => "hl7_lacks",
        Check::Hl7Count { .. } => "hl7_count",
        Check::Hl7Segments(_) => "hl7_segments",
        Check::Hl7Fields { .. } => "hl7_fields",
        Check::Hl7Err { .. } => "hl7_err",
        Check::FullAuthorities => "full_authorities",
        Check::NoAnswer => "no_answer",
        Check::Includes { .. } => "includes",
        Check::Lacks { .. } => "lacks",
        Check::V3Rules => "v3_rules",
    }
}

const KINDS: usize = 34;

/// An accept acknowledgement.
pub(super) const ACCEPTED: &str = "<MCCI_IN000002UV01 xmlns='urn:hl7-org:v3' ITSVersion='XML_1.0'>\
    <id root='1.2'/><creationTime value='20260401'/>\
    <interactionId root='2.16.840.1.113883.1.6' extension='MCCI_IN000002UV01'/>\
    <processingCode code='P'/><processingModeCode code='T'/><acceptAckCode code='NE'/>\
    <receiver typeCode='RCV'><device classCode='DEV' determinerCode='INSTANCE'><id root='1.2.3'/></device>\
    </receiver><sender typeCode='SND'><device classCode='DEV' determinerCode='INSTANCE'><id root='1.2.4'/>\
    </device></sender><acknowledgement><typeCode code='CA'/><targetMessage><id root='1.5'/></targetMessage>\
    </acknowledgement></MCCI_IN000002UV01>";

/// One line per kind: the check, an answer for which it holds, an answer for which it fails.
fn table() -> Vec<(&'static str, Answer, Answer)> {
    let response = |status: &str| soap("", &registry_response(status, ""));
    let object = "<r:ObjectRef id='a'/>";
    vec![
        (
            "{ http_status = [200, 500] }",
            http(500, "text/plain", b""),
            http(404, "text/plain", b""),
        ),
        (
            "{ content_type = 'text/plain' }",
            http(200, "Text/Plain; a=b", b""),
            http(200, "a/b", b""),
        ),
        ("{ packaging = 'mtom' }", mtom("<a/>", &[]), soap("", "<a/>")),
        ("{ packaging = 'simple' }", soap("", "<a/>"), mtom("<a/>", &[])),
        ("{ action = 'urn:x' }", soap(&action("urn:x"), "<a/>"), soap(&action("urn:y"), "<a/>")),
        ("{ soap_fault = { code = 'Sender' } }", fault("Sender", ""), fault("Receiver", "")),
        (
            "'security_fault'",
            fault("Sender", &security_subcode("FailedCheck")),
            fault("Sender", ""),
        ),
        ("'no_fault'", soap("", "<a/>"), fault("Sender", "")),
        ("{ response_status = 'Success' }", response(SUCCESS), response(FAILURE)),
        ("{ error_code = { code = 'A' } }", errors(&[("A", ERROR)]), errors(&[("B", ERROR)])),
        ("{ no_error_code = 'A' }", errors(&[("B", ERROR)]), errors(&[("B", ERROR), ("A", ERROR)])),
        (
            "{ one_of = [[{ response_status = 'Success' }], ['no_fault', { error_code = { code = 'A' } }]] }",
            errors(&[("A", ERROR)]),
            errors(&[("B", ERROR)]),
        ),
        ("'consistent_response'", response(SUCCESS), response(FAILURE)),
        ("{ count = { of = '//rim:ObjectRef', is = 1 } }", soap("", object), soap("", "<a/>")),
        ("{ value = { of = '//@id', is = 'a' } }", soap("", object), soap("", "<b id='b'/>")),
        ("{ values = { of = '//@id', are = ['a'] } }", soap("", object), soap("", "<b id='b'/>")),
        ("{ contains = { of = '//@id', text = 'a' } }", soap("", object), soap("", "<b id='b'/>")),
        (
            "{ document = { unique_id = '1', equals = 'report' } }",
            inline("hello world"),
            inline("hello"),
        ),
        (
            "{ document = { unique_id = '${copy}', equals = 'report', copies = 1 } }",
            inline("hello world"),
            inline("hello"),
        ),
        ("{ includes = { of = '//@id', all = ['a'] } }", soap("", object), soap("", "<b id='b'/>")),
        ("{ lacks = { of = '//@id', value = 'b' } }", soap("", object), soap("", "<b id='b'/>")),
        ("'v3_rules'", soap("", ACCEPTED), soap("", "<b/>")),
    ]
}

/// The same for HL7 v2.
fn hl7_table() -> Vec<(&'static str, Answer, Answer)> {
    let ack = |text: &str| hl7(&format!("MSH|^~\\&|A\rMSA|{text}\r"));
    vec![
        ("{ acknowledgement = 'AA' }", ack("AA|1"), ack("AE|1")),
        ("{ hl7_error = '101' }", hl7("MSH|^~\\&|A\rERR||PID^1^3|101^x\r"), ack("AE|1")),
        ("{ hl7_value = { of = 'MSA-2', is = '1' } }", ack("AA|1"), ack("AA|2")),
        ("{ hl7_values = { of = 'MSA-2', are = ['2', '1'] } }", ack("AA|1~2"), ack("AA|1~2~3")),
        ("{ hl7_includes = { of = 'MSA-2', all = ['2'] } }", ack("AA|1~2"), ack("AA|1~3")),
        ("{ hl7_lacks = { of = 'MSA-2', value = '2' } }", ack("AA|1~3"), ack("AA|1~2")),
        ("{ hl7_count = { of = 'MSA-2', is = 2 } }", ack("AA|1~3"), ack("AA|1")),
        ("{ hl7_segments = ['MSH', 'MSA'] }", ack("AA|1"), ack("AA|1\rERR|1")),
        ("{ hl7_fields = { of = 'MSA', are = [1, 2] } }", ack("AA|1"), ack("AA|1|2")),
        (
            "{ hl7_err = { locations = ['PID^1^3'], code = '101' } }",
            ack("AE|1\rERR||PID^1^3|101^x^HL70357|E"),
            ack("AE|1\rERR||PID^1^5|101^x^HL70357|E"),
        ),
        (
            "'full_authorities'",
            ack("AA|1\rPID|||1^^^A&1.2&ISO~2^^^A&1.2&ISO"),
            ack("AA|1\rPID|||1^^^A&1.2&ISO~2^^^&1.3&ISO"),
        ),
        ("'no_answer'", hl7(""), ack("AA|1")),
    ]
}

#[test]
fn every_kind_can_hold_and_can_fail() {
    let mut seen = BTreeSet::new();
    for (check, good, bad) in table().into_iter().chain(hl7_table()) {
        seen.insert(kind(&parse(check)));
        let (good, bad) = (std::cell::Cell::new(Some(good)), std::cell::Cell::new(Some(bad)));
        holds(check, |_| good.take().unwrap());
        fails(check, |_| bad.take().unwrap());
    }
    // These two depend on what was sent; their answers are made from the scope.
    let related = |id: &str| soap(&format!("<a:RelatesTo>{id}</a:RelatesTo>"), "<a/>");
    holds("'relates_to_request'", |scope| related(&scope.message_id().unwrap()));
    fails("'relates_to_request'", |_| related("urn:uuid:other"));
    seen.insert(kind(&parse("'relates_to_request'")));
    let ack = |id: &str| hl7(&format!("MSH|^~\\&|A\rMSA|AA|{id}\r"));
    holds("'answers_control_id'", |scope| ack(&scope.control_id().unwrap()));
    fails("'answers_control_id'", |_| ack("other"));
    seen.insert(kind(&parse("'answers_control_id'")));
    assert_eq!(seen.len(), KINDS, "a kind of check is not tested");
}

fn action(action: &str) -> String {
    format!("<a:Action s:mustUnderstand='1'>{action}</a:Action>")
}

fn registry_response(status: &str, list: &str) -> String {
    format!("<rs:RegistryResponse status='{status}'>{list}</rs:RegistryResponse>")
}

fn error(code: &str, severity: &str) -> String {
    format!(
        "<rs:RegistryError errorCode='{code}' codeContext='about 1^^^&amp;2&amp;ISO' severity='{severity}' location='here'/>"
    )
}

fn errors(codes: &[(&str, &str)]) -> Answer {
    let list: String = codes.iter().map(|(code, severity)| error(code, severity)).collect();
    let list = format!("<rs:RegistryErrorList>{list}</rs:RegistryErrorList>");
    soap("", &registry_response(FAILURE, &list))
}

fn fault(code: &str, subcode: &str) -> Answer {
    soap(
        "",
        &format!(
            "<s:Fault><s:Code><s:Value>s:{code}</s:Value>{subcode}</s:Code><s:Reason><s:Text xml:lang='en'>why</s:Text></s:Reason></s:Fault>"
        ),
    )
}

/// The base64 of the text, in the DocumentResponse of uniqueId 1.
fn inline(text: &str) -> Answer {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(text);
    soap("", &retrieved(SUCCESS, "", &[("1", &text)]))
}

fn retrieved(status: &str, list: &str, documents: &[(&str, &str)]) -> String {
    let documents: String = documents.iter().map(|(id, content)| format!(
        "<x:DocumentResponse><x:RepositoryUniqueId>2</x:RepositoryUniqueId><x:DocumentUniqueId>{id}</x:DocumentUniqueId>\
         <x:mimeType>text/plain</x:mimeType><x:Document>{content}</x:Document></x:DocumentResponse>"
    )).collect();
    format!(
        "<x:RetrieveDocumentSetResponse>{}{documents}</x:RetrieveDocumentSetResponse>",
        registry_response(status, list)
    )
}

#[test]
fn an_answer_of_the_other_transport_or_without_meaning_fails() {
    for check in [
        "'no_fault'",
        "{ packaging = 'mtom' }",
        "{ count = { of = '//rim:A', is = 0 } }",
        "{ no_error_code = 'A' }",
        "'consistent_response'",
    ] {
        fails(check, |_| http(200, "text/html", b"<html/>"));
        fails(check, |_| http(200, "application/soap+xml", b""));
        fails(check, |_| hl7("MSH|^~\\&|A\rMSA|AA|1\r"));
    }
    fails("{ acknowledgement = 'AA' }", |_| soap("", "<a/>"));
    fails("{ acknowledgement = 'AA' }", |_| hl7("not HL7"));
    fails("{ no_error_code = 'A' }", |_| soap("", "<a/>"));
}

#[test]
fn addressing_headers() {
    fails("{ action = 'urn:x' }", |_| soap("<a:Action>urn:x</a:Action>", "<a/>"));
    fails("{ action = 'urn:x' }", |_| soap("", "<a/>"));
    fails("{ action = 'urn:x' }", |_| soap(&(action("urn:x") + &action("urn:x")), "<a/>"));
    fails("{ action = 'urn:x' }", |_| soap("<Action s:mustUnderstand='1'>urn:x</Action>", "<a/>"));
    holds("{ action = 'urn:x' }", |_| soap(&action(" urn:x "), "<a/>"));
    fails("'relates_to_request'", |scope| {
        soap(&format!("<a:RelatesTo> {}</a:RelatesTo>", scope.message_id().unwrap()), "<a/>")
    });
}

/// A subcode of WS-Security.
fn security_subcode(name: &str) -> String {
    let namespace = namespace_of("wsse").unwrap();
    format!("<s:Subcode><s:Value xmlns:w='{namespace}'>w:{name}</s:Value></s:Subcode>")
}

#[test]
fn security_faults_are_those_of_the_standard_and_the_sender() {
    let check = "'security_fault'";
    holds(check, |_| fault("Sender", &security_subcode("FailedAuthentication")));
    fails(check, |_| fault("Receiver", &security_subcode("FailedAuthentication")));
    fails(check, |_| fault("Sender", &security_subcode("Nonsense")));
    let other = "<s:Subcode><s:Value>a:FailedAuthentication</s:Value></s:Subcode>";
    fails(check, |_| fault("Sender", other));
    fails(check, |_| soap("", "<a/>"));
}

#[test]
fn fault_codes_are_names_and_not_texts() {
    let check = "{ soap_fault = { code = 'Sender', subcode = 'wsa:ActionNotSupported' } }";
    let subcode = |text: &str| format!("<s:Subcode><s:Value>{text}</s:Value></s:Subcode>");
    holds(check, |_| fault("Sender", &subcode("a:ActionNotSupported")));
    fails(check, |_| fault("Sender", &subcode("s:ActionNotSupported")));
    fails(check, |_| fault("Sender", &subcode("ActionNotSupported")));
    fails(check, |_| fault("Sender", ""));
    let bare = "<s:Fault><s:Code><s:Value>Sender</s:Value></s:Code><s:Reason><s:Text xml:lang='en'>why</s:Text></s:Reason></s:Fault>";
    fails("{ soap_fault = { code = 'Sender' } }", |_| soap("", bare));
    let mute = "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code></s:Fault>";
    fails("{ soap_fault = { code = 'Sender' } }", |_| soap("", mute));
    fails("{ soap_fault = { code = 'Sender' } }", |_| soap("", "<a/>"));
}

#[test]
fn error_codes_with_their_context_and_location() {
    let both = || errors(&[("A", ERROR), ("B", WARNING)]);
    holds(
        "{ error_code = { code = 'B', context_contains = '1^^^&2&ISO', location = 'here' } }",
        |_| both(),
    );
    fails("{ error_code = { code = 'A', context_contains = 'something else' } }", |_| both());
    fails("{ error_code = { code = 'A', location = 'there' } }", |_| both());
    fails("{ error_code = { code = 'A' } }", |_| soap("", &registry_response(FAILURE, "")));
}

#[test]
fn statuses_of_all_three_answers() {
    let query = |status: &str| {
        format!(
            "<q:AdhocQueryResponse status='{status}'><r:RegistryObjectList/></q:AdhocQueryResponse>"
        )
    };
    holds("{ response_status = 'Success' }", |_| soap("", &query(SUCCESS)));
    holds("{ response_status = 'PartialSuccess' }", |_| soap("", &retrieved(PARTIAL, "", &[])));
    fails("{ response_status = 'PartialSuccess' }", |_| {
        soap("", &query("urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:PartialSuccess"))
    });
    fails("{ response_status = 'Success' }", |_| soap("", "<q:AdhocQueryResponse/>"));
    fails("{ response_status = 'Success' }", |_| soap("", "<x:RetrieveDocumentSetResponse/>"));
}

/// The rows of ITI TF-3: 4.2.4 as answers that contradict themselves.
#[test]
fn responses_that_contradict_themselves() {
    let list = |items: &str| format!("<rs:RegistryErrorList>{items}</rs:RegistryErrorList>");
    let (wrong, mild) = (error("A", ERROR), error("A", WARNING));
    let query = |status: &str, inside: &str| {
        soap(
            "",
            &format!("<q:AdhocQueryResponse status='{status}'>{inside}</q:AdhocQueryResponse>"),
        )
    };
    let objects = "<r:RegistryObjectList><r:ObjectRef id='a'/></r:RegistryObjectList>";
    let none = "<r:RegistryObjectList/>";
    let check = "'consistent_response'";
    holds(check, |_| query(SUCCESS, &(list(&mild) + objects)));
    holds(check, |_| query(PARTIAL, &(list(&wrong) + objects)));
    holds(check, |_| query(FAILURE, &(list(&wrong) + none)));
    fails(check, |_| query(SUCCESS, &(list(&wrong) + objects)));
    fails(check, |_| query(SUCCESS, ""));
    fails(check, |_| query(SUCCESS, &(objects.to_owned() + &list(&mild))));
    fails(check, |_| query(SUCCESS, &(list("") + none)));
    fails(check, |_| query(PARTIAL, &(list(&mild) + objects)));
    fails(check, |_| query(PARTIAL, &(list(&wrong) + none)));
    fails(check, |_| query(FAILURE, &(list(&wrong) + objects)));
    fails(check, |_| query(FAILURE, &(list(&mild) + none)));
    fails(check, |_| query("Success", none));
    for attribute in ["errorCode='A'", "codeContext='about 1^^^&amp;2&amp;ISO'"] {
        fails(check, |_| query(FAILURE, &(list(&wrong.replace(attribute, "")) + none)));
    }
    fails(check, |_| {
        query(FAILURE, &(list(&wrong.replace("ErrorSeverityType:Error", "Bad")) + none))
    });
    let stated = |severity: &str| {
        list(&wrong).replace("List>", &format!("List highestSeverity='{severity}'>")).replace(
            &format!("/rs:RegistryErrorList highestSeverity='{severity}'"),
            "/rs:RegistryErrorList",
        )
    };
    holds(check, |_| query(FAILURE, &(stated(ERROR) + none)));
    fails(check, |_| query(FAILURE, &(stated(WARNING) + none)));
    fails(check, |_| soap("", &registry_response(PARTIAL, &list(&wrong))));
}

#[test]
fn retrieved_documents_in_the_order_of_the_schema() {
    let check = "'consistent_response'";
    let answer = retrieved(SUCCESS, "", &[("1", "")]);
    holds(check, |_| soap("", &answer));
    let swapped = answer.replace("x:RepositoryUniqueId>2", "x:DocumentUniqueId>2").replacen(
        "2</x:RepositoryUniqueId>",
        "2</x:DocumentUniqueId>",
        1,
    );
    fails(check, |_| soap("", &swapped));
    fails(check, |_| soap("", &answer.replace("<x:mimeType>text/plain</x:mimeType>", "")));
    fails(check, |_| soap("", &answer.replace("mimeType", "MimeType")));
    fails(check, |_| {
        soap("", &answer.replace("<x:DocumentResponse>", "<x:Other/><x:DocumentResponse>"))
    });
    let (head, tail) = answer.split_once("<x:DocumentResponse>").unwrap();
    let response = head.replace("<x:RetrieveDocumentSetResponse>", "");
    let tail = tail.replace("</x:DocumentResponse>", &format!("</x:DocumentResponse>{response}"));
    fails(check, |_| {
        soap("", &format!("<x:RetrieveDocumentSetResponse><x:DocumentResponse>{tail}"))
    });
}

#[test]
fn values_in_number_and_place() {
    let two = || soap("", "<r:A><r:B id='b'/><r:B id=' a '/></r:A>");
    holds("{ values = { of = '//rim:B/@id', are = ['a', 'b'] } }", |_| two());
    fails("{ values = { of = '//rim:B/@id', are = ['a', 'b', 'b'] } }", |_| two());
    fails("{ value = { of = '//rim:B/@id', is = 'a' } }", |_| two());
    fails("{ value = { of = '//rim:C/@id', is = '' } }", |_| two());
    holds("{ value = { of = '//rim:B[1]/@id', is = 'b' } }", |_| two());
    fails("{ count = { of = '//rim:B', is = 1 } }", |_| two());
    fails("{ contains = { of = '//rim:C/@id', text = '' } }", |_| two());
    fails("{ value = { of = '//rim:B/@id', is = '${nobody}' } }", |_| two());
}

#[test]
fn documents_byte_for_byte() {
    let check = "{ document = { unique_id = '1', equals = 'report' } }";
    let included = |href: &str, id: &str, bytes: &[u8]| {
        mtom(
            &retrieved(SUCCESS, "", &[("1", &format!("<i:Include href='{href}'/>"))]),
            &[(id, bytes)],
        )
    };
    holds(check, |_| included("cid:d%40test", "d@test", b"hello world"));
    holds(check, |_| included("cid:d@test", "d@test", b"hello world"));
    fails(check, |_| included("cid:d@test", "d@test", b"hello world\r\n"));
    fails(check, |_| included("cid:d@test", "other@test", b"hello world"));
    fails(check, |_| included("http://d@test", "d@test", b"hello world"));
    fails(check, |_| included("cid:d%4", "d@test", b"hello world"));
    fails(check, |_| {
        mtom(
            &retrieved(SUCCESS, "", &[("1", "<i:Include href='cid:d@t'/>")]),
            &[("d@t", b"hello world"), ("d@t", b"hello world")],
        )
    });
    fails(check, |_| soap("", &retrieved(SUCCESS, "", &[("2", "aGVsbG8gd29ybGQ=")])));
    fails(check, |_| soap("", &retrieved(SUCCESS, "", &[("1", "not base64!")])));
    fails("{ document = { unique_id = '1', equals = 'nobody' } }", |_| inline("hello world"));
}

#[test]
fn mtom_packages_that_are_wrong() {
    let check = "{ packaging = 'mtom' }";
    let body = match mtom("<a/>", &[]) {
        Answer::Http(answer) => answer.body,
        Answer::Hl7(_) | Answer::Refused(_) => unreachable!(),
    };
    let text = String::from_utf8(body).unwrap();
    let with = |header: &str, text: &str| http(200, header, text.as_bytes());
    holds(check, |_| with(MTOM, &text));
    holds(check, |_| with(&MTOM.replace("start=\"<root@test>\"; ", ""), &text));
    fails(check, |_| with(&MTOM.replace("root@test", "other@test"), &text));
    fails(check, |_| with(&MTOM.replace("application/xop+xml", "text/xml"), &text));
    fails(check, |_| with(&MTOM.replace("; start-info=\"application/soap+xml\"", ""), &text));
    fails(check, |_| with(MTOM, &text.replace("application/xop+xml", "text/xml")));
    fails(check, |_| with(MTOM, &text.replace("--b--", "")));
    fails(check, |_| with(MTOM, &text.replace("soap-envelope", "other-envelope")));
    fails(check, |_| with(MTOM, &text.replace("<a/>", "<a/><a/>")));
}

//! The runner's own readers: they take what is right and refuse what is not.

use crate::endpoints::{Address, Endpoints};
use crate::hl7::Hl7Message;
use crate::media_type::MediaType;
use crate::mime;
use crate::suite::fits;
use crate::tests::endpoints_of;
use crate::xml_path::Path;
use crate::xml_tree::{self, XmlFault};
use serde_json::json;

#[test]
fn xml_names_and_text_are_resolved() {
    let text = "<?xml version='1.0'?><!-- c --><a:b xmlns:a='u' c='1&amp;2' a:c='3'>x<![CDATA[<]]>&#65;\
                <d xmlns='v'/> <a:e>a:f</a:e></a:b>";
    let root = xml_tree::parse(text.as_bytes()).unwrap();
    assert!(root.is("u", "b"));
    assert_eq!(root.attribute("c"), Some("1&2"));
    assert_eq!(root.attribute_in("u", "c"), Some("3"));
    assert_eq!(root.text(), "x<A a:f");
    assert!(root.child("v", "d").is_some());
    let value = root.child("u", "e").unwrap().qualified_value();
    assert_eq!(value, Some(("u".to_owned(), "f".to_owned())));
}

#[test]
fn xml_that_is_wrong_is_refused() {
    let fault = |text: &str| xml_tree::parse(text.as_bytes()).unwrap_err();
    assert!(matches!(fault("<!DOCTYPE a><a/>"), XmlFault::DocumentType));
    assert!(matches!(fault("<?pi x?><a/>"), XmlFault::ProcessingInstruction));
    assert!(matches!(fault("<p:a/>"), XmlFault::UnboundPrefix(_)));
    assert!(matches!(fault("<a p:b='1'/>"), XmlFault::UnboundPrefix(_)));
    assert!(matches!(fault("<a>&nbsp;</a>"), XmlFault::Entity(_)));
    assert!(matches!(fault("<a/><b/>"), XmlFault::BesideRoot));
    assert!(matches!(fault("<a/>x"), XmlFault::BesideRoot));
    assert!(matches!(fault("<a>"), XmlFault::Unfinished));
    assert!(matches!(fault(" "), XmlFault::NoRoot));
    assert!(matches!(fault("<a></b>"), XmlFault::Syntax(_)));
    assert!(matches!(fault("<a b='1' b='2'/>"), XmlFault::Syntax(_)));
    let twice = "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>";
    assert!(matches!(fault(twice), XmlFault::RepeatedAttribute(_)));
    assert!(matches!(fault(&"<a>".repeat(200)), XmlFault::TooDeep));
    assert!(matches!(xml_tree::parse(b"<a>\xff</a>").unwrap_err(), XmlFault::NotUtf8));
}

const TREE: &str = "<rim:A xmlns:rim='urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0' id='0'>\
    <rim:B id='1'><rim:C n='x'> one </rim:C><rim:C n='y'>two</rim:C></rim:B>\
    <rim:B id='2'><rim:C n='x'>three</rim:C></rim:B>\
    <B xmlns='other' id='3'/></rim:A>";

#[track_caller]
fn check_path(path: &str, values: &[&str]) {
    let root = xml_tree::parse(TREE.as_bytes()).unwrap();
    let path = Path::parse(path).unwrap();
    assert_eq!(path.values(&root), values);
    assert_eq!(path.count(&root), values.len());
}

#[test]
fn paths_lead_to_elements_and_attributes() {
    check_path("/rim:A/@id", &["0"]);
    check_path("//rim:A/@id", &["0"]);
    check_path("/rim:B", &[]);
    check_path("/rim:A/rim:B/@id", &["1", "2"]);
    check_path("/rim:A/*/@id", &["1", "2", "3"]);
    check_path("//@id", &["0", "1", "2", "3"]);
    check_path("//rim:C", &["one", "two", "three"]);
    check_path("/rim:A//@n", &["x", "y", "x"]);
    check_path("//rim:C[@n='y']", &["two"]);
    check_path("//rim:B[rim:C='two']/@id", &["1"]);
    check_path("//rim:B[rim:C/@n='x']/@id", &["1", "2"]);
    check_path("//rim:B[rim:C[@n='y']]/@id", &["1"]);
    check_path("//rim:B[2]/rim:C", &["three"]);
    check_path("/rim:A//rim:C[1]", &["one"]);
    check_path("//rim:B[@id='a/b']/@id", &[]);
}

#[test]
fn paths_that_are_wrong_are_refused() {
    for path in [
        "",
        "/",
        "rim:A",
        "//A",
        "//nobody:A",
        "/rim:A[",
        "/rim:A]",
        "/rim:A['x",
        "/@id/rim:A",
        "/rim:A[0]",
        "/rim:A b",
        "//rim:",
        "/rim:A[@id='1'",
    ] {
        assert!(Path::parse(path).is_err(), "{path}");
    }
}

#[test]
fn media_types_with_any_kind_of_parameter() {
    let text = "Multipart/Related; boundary=\"a;b\"; Start-Info=\"application/soap+xml; \
                action=\\\"urn:x\\\"\";charset=UTF-8";
    let media_type = MediaType::parse(text).unwrap();
    assert_eq!(media_type.essence, "multipart/related");
    assert_eq!(media_type.parameter("boundary"), Some("a;b"));
    assert_eq!(media_type.parameter("start-info"), Some("application/soap+xml; action=\"urn:x\""));
    assert_eq!(media_type.parameter("charset"), Some("UTF-8"));
    for wrong in ["", "text", "text/", "a/b; c", "a/b; c=\"d", "a/b; c=\"d\" e"] {
        assert_eq!(MediaType::parse(wrong), None, "{wrong}");
    }
}

fn parts(body: &[u8]) -> Result<Vec<mime::Part>, mime::MimeFault> {
    mime::parts(&MediaType::parse("multipart/related; boundary=b").unwrap(), body)
}

#[test]
fn mime_parts_keep_their_bytes() {
    let body = b"preamble\r\n--b\r\nContent-ID: <one>\r\nX: folded\r\n line\r\n\r\n\r\n-- b\r\n\
        \r\n--b \r\ncontent-transfer-encoding: BASE64\r\n\r\naGVs\r\nbG8=\r\n--b\r\n\r\nbare\
        \r\n--b--\r\nepilogue";
    let parts = parts(body).unwrap();
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[0].content_id.as_deref(), Some("one"));
    assert_eq!(parts[0].bytes, b"\r\n-- b\r\n");
    assert_eq!(parts[1].bytes, b"hello");
    assert_eq!((parts[2].content_id.as_deref(), parts[2].bytes.as_slice()), (None, &b"bare"[..]));
}

#[test]
fn mime_bodies_that_are_wrong_are_refused() {
    for wrong in [
        &b"no boundary"[..],
        b"--b\r\n\r\nnever ended",
        b"--b\nContent-ID: <a>\n\nx\n--b--",
        b"--bb\r\n\r\nx\r\n--bb--",
        b"--b\r\nContent-ID: <a>\r\n--b--",
        b"--b\r\nno colon\r\n\r\nx\r\n--b--",
        b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--b--",
        b"--b\r\nContent-Transfer-Encoding: rot13\r\n\r\nx\r\n--b--",
    ] {
        assert!(parts(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
    }
    assert!(mime::parts(&MediaType::parse("multipart/related").unwrap(), b"").is_err());
}

#[test]
fn acknowledgements_are_split_by_their_own_delimiters() {
    let text =
        b"MSH|^~\\&|A^1.2&x|B\rMSA|AE|c1\rERR||PID^1^3|101^Required field missing^HL70357|E\r";
    let message = Hl7Message::parse(text).unwrap();
    assert_eq!(message.value("MSH-1").as_deref(), Some("|"));
    assert_eq!(message.value("MSH-3.2.2").as_deref(), Some("x"));
    assert_eq!(message.value("MSA-1").as_deref(), Some("AE"));
    assert_eq!(message.value("MSA-7"), None);
    assert!(message.has_error("101"));
    assert!(!message.has_error("201"));
    let old = Hl7Message::parse(b"MSH|^~\\&|A\rMSA|AR|1\rERR|MSH^1^9^201&Unsupported\r").unwrap();
    assert!(old.has_error("201"));
    for wrong in [&b""[..], b"MSA|AA", b"MSH|^~", b"MSH|^~\\&|A\nMSA|AA\n", b"MSH|^~\\&|\xff"] {
        assert!(Hl7Message::parse(wrong).is_err());
    }
}

#[test]
fn addresses_follow_scheme_and_key() {
    let endpoints = endpoints_of(json!({
        "registry": "https://h:1/x", "registry_mllps": "h:2", "mllp": "mllp://h:3",
        "audit_tls": "h:4", "pix_v3": "ftp://h/", "empty": "", "nothing": null,
    }));
    let address = |key| endpoints.address(key).unwrap();
    assert_eq!(address("registry"), Some(Address::Http("https://h:1/x".to_owned())));
    assert_eq!(address("registry_mllp"), Some(Address::MllpOverTls("h:2".to_owned())));
    assert_eq!(address("mllp"), Some(Address::Mllp("h:3".to_owned())));
    assert_eq!(address("repository"), None);
    assert!(endpoints.address("pix_v3").is_err());
    assert!(endpoints.address("audit_tls").is_err());
    assert!(endpoints.meets("registry_mllp") && endpoints.meets("registry"));
    assert!(!endpoints.meets("repository") && !endpoints.meets("empty"));
    assert!(!endpoints.meets("nothing"));
    let wrong = json!({ "affinity_domain": "not an oid" });
    assert!(Endpoints::new("".into(), wrong.as_object().unwrap().clone()).is_err());
}

#[test]
fn patterns_choose_cases() {
    assert!(fits("*", "iti-8/a") && fits("iti-8/*", "iti-8/a") && fits("iti-8/a", "iti-8/a"));
    assert!(fits("*hash*", "iti-41/hash_mismatch") && fits("*-4*/h*h", "iti-41/hash_mismatch"));
    assert!(!fits("iti-8", "iti-8/a") && !fits("iti-8/*", "iti-18/a") && !fits("*b", "iti-8/a"));
    assert!(!fits("a*a", "a"));
}

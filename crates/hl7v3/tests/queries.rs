//! ITI-45: whose cross-references are asked for, what is no query, and what all queries have in common.

use hl7v3::{ContentError, Interaction, Location};

use crate::support::{QUERY_ID, QueryPieces, read_cross_reference, shown};

const QUERY: &str = "controlActProcess/queryByParameter";

const IDENTIFIER: &str = "<patientIdentifier><value root=\"1.2.3\" extension=\"4711\"/>\
    <semanticsText>Patient.id</semanticsText></patientIdentifier>";

fn data_source(attributes: &str) -> String {
    format!("<dataSource><value {attributes}/><semanticsText>X</semanticsText></dataSource>")
}

fn with_parameters(parameters: &str) -> String {
    QueryPieces { parameters: parameters.to_owned(), ..QueryPieces::cross_reference() }.write()
}

fn with_header(header: &str) -> String {
    QueryPieces { header: header.to_owned(), ..QueryPieces::cross_reference() }.write()
}

#[track_caller]
fn check(text: &str, expected: fn(Location) -> ContentError, path: &str) {
    let fault = read_cross_reference(text).query.unwrap_err();
    assert_eq!(fault, expected(fault.location()));
    assert_eq!(fault.location().to_string(), path);
}

fn missing(location: Location) -> ContentError {
    ContentError::Missing { location }
}

fn repeated(location: Location) -> ContentError {
    ContentError::Repeated { location }
}

fn unexpected(location: Location) -> ContentError {
    ContentError::Unexpected { location }
}

fn invalid(location: Location) -> ContentError {
    ContentError::Invalid { location }
}

fn unknown_code(location: Location) -> ContentError {
    ContentError::UnknownCode { location }
}

#[test]
fn an_identifier_and_domains() {
    let domains = data_source("root=\"1.2.4\"")
        + &data_source("root=\"1.2.5\" assigningAuthorityName=\"N\"")
        + &data_source("assigningAuthorityName=\"M\"");
    let message = read_cross_reference(&with_parameters(&(domains + IDENTIFIER)));
    let query = message.query.unwrap();
    assert_eq!(shown(&[query.id]), ["4711@@1.2.3"]);
    let name = |named: &identity::AuthorityName| {
        let oid = named.universal_id.as_ref().map(|oid| oid.as_str().to_owned());
        (named.namespace.clone().unwrap_or_default(), oid.unwrap_or_default())
    };
    let domains: Vec<_> = query.domains.iter().map(name).collect();
    let named = |namespace: &str, oid: &str| (namespace.to_owned(), oid.to_owned());
    assert_eq!(domains, [named("", "1.2.4"), named("N", "1.2.5"), named("M", "")]);
    assert_eq!(message.query_id.unwrap().to_string(), "18204@1.2.840.999");
    assert_eq!(message.wrapper.interaction, Interaction::CrossReferenceQuery);
    assert_eq!(message.wrapper.element, "PRPA_IN201309UV02");
}

#[test]
fn the_wrapper_is_that_of_the_feed() {
    let good = with_parameters(IDENTIFIER);
    let mismatch = |_| ContentError::InteractionMismatch;
    let other = good.replace("extension=\"PRPA_IN201309UV02\"", "extension=\"PRPA_IN201305UV02\"");
    check(&other, mismatch, "interactionId");
    let unsupported = |_| ContentError::UnsupportedProcessingCode;
    check(&good.replace("code=\"P\"", "code=\"X\""), unsupported, "processingCode");
    check(
        &good.replace("<receiver", "<other").replace("</receiver", "</other"),
        missing,
        "receiver",
    );
    // Both moods that are about, any trigger event, and none.
    for (from, to) in [("EVN", "RQO"), ("PRPA_TE201309UV02", "?"), ("<code ", "<other ")] {
        assert!(read_cross_reference(&good.replace(from, to)).query.is_ok(), "{to}");
    }
}

#[test]
fn one_identifier_is_demanded() {
    let path = format!("{QUERY}/parameterList/patientIdentifier/value");
    let value = "<value root=\"1.2.3\" extension=\"4711\"/>";
    check(&with_parameters(""), missing, &path);
    check(&with_parameters(&IDENTIFIER.replace(value, "")), missing, &path);
    check(
        &with_parameters(&IDENTIFIER.replace(value, "<value nullFlavor=\"NA\"/>")),
        missing,
        &path,
    );
    check(&with_parameters(&IDENTIFIER.repeat(2)), repeated, &path);
    check(&with_parameters(&IDENTIFIER.replace(value, &value.repeat(2))), repeated, &path);
    let other = |attributes: &str| {
        with_parameters(&IDENTIFIER.replace(value, &format!("<value {attributes}/>")))
    };
    check(&other("root=\"1.2.3\""), missing, &format!("{path}/@extension"));
    check(&other("root=\"?\" extension=\"1\""), invalid, &format!("{path}/@root"));
    check(&other("root=\"1.2\" extension=\"1 \""), invalid, &format!("{path}/@extension"));
    assert_eq!(Location::patient_identifier().to_string(), path);
}

#[test]
fn each_domain_is_a_root_without_extension() {
    let path = format!("{QUERY}/parameterList/dataSource[2]/value");
    let second = |content: &str| {
        let first = data_source("root=\"1.2.4\"");
        with_parameters(&format!("{first}<dataSource>{content}</dataSource>{IDENTIFIER}"))
    };
    assert!(read_cross_reference(&second("<value root=\"1.2.5\"/>")).query.is_ok());
    check(&second(""), missing, &path);
    check(&second("<value/>"), missing, &format!("{path}/@root"));
    check(&second("<value nullFlavor=\"NA\" root=\"1.2.5\"/>"), missing, &format!("{path}/@root"));
    check(&second("<value root=\"1.2.5\"/><value root=\"1.2.6\"/>"), repeated, &path);
    let with_extension = second("<value root=\"1.2.5\" extension=\"1\"/>");
    check(&with_extension, unexpected, &format!("{path}/@extension"));
    check(&second("<value root=\"1.02\"/>"), invalid, &format!("{path}/@root"));
    assert_eq!(Location::data_source(2).to_string(), path);
    let many = data_source("root=\"1.2.4\"").repeat(201) + IDENTIFIER;
    let too_many = |location| ContentError::TooMany { location, limit: 200 };
    check(&with_parameters(&many), too_many, &format!("{QUERY}/parameterList/dataSource"));
}

/// Whoever is not understood must not be told more than was asked for.
#[test]
fn an_unknown_parameter_is_an_error() {
    for unknown in ["<patientStatusCode/>", "<livingSubjectName/>", "<x xmlns=\"urn:x\"/>"] {
        let text = with_parameters(&format!("{IDENTIFIER}{unknown}"));
        let path = if unknown.contains("Status") { "patientStatusCode" } else { "*" };
        check(&text, unexpected, &format!("{QUERY}/parameterList/{path}"));
    }
    let harmless = "<realmCode code=\"JP\"/><id root=\"1.2\"/>".to_owned() + IDENTIFIER;
    assert!(read_cross_reference(&with_parameters(&harmless)).query.is_ok());
}

#[test]
fn only_new_queries_are_answered_and_at_once() {
    let header = |more: &str| with_header(&format!("{QUERY_ID}{more}"));
    assert!(read_cross_reference(&header("")).query.is_ok());
    for (code, element) in [("aborted", "statusCode"), ("D", "responsePriorityCode")] {
        let text = header(&format!("<{element} code=\"{code}\"/>"));
        check(&text, unknown_code, &format!("{QUERY}/{element}"));
    }
    check(&with_header(""), missing, &format!("{QUERY}/queryId"));
    check(&with_header("<queryId nullFlavor=\"NA\"/>"), missing, &format!("{QUERY}/queryId"));
    check(&with_header(&QUERY_ID.repeat(2)), repeated, &format!("{QUERY}/queryId"));
    let good = with_header(QUERY_ID);
    let rename = |element: &str| good.replace(&format!("{element}>"), "unknown>");
    check(&rename("queryByParameter"), missing, QUERY);
    check(&rename("parameterList"), missing, &format!("{QUERY}/parameterList"));
}

/// Its id can be told in the answer nevertheless.
#[test]
fn the_id_of_a_faulty_query_is_known() {
    let message = read_cross_reference(&with_parameters(""));
    assert!(message.query.is_err());
    assert_eq!(message.query_id.unwrap().extension(), Some("18204"));
}

#[test]
fn every_action_has_its_interaction() {
    for interaction in Interaction::ALL {
        assert_eq!(Interaction::of_action(interaction.action()), Some(interaction));
        assert_eq!(interaction.element(interaction.name()), Some(interaction.name()));
        assert_eq!(interaction.element("PRPA_IN201310UV02"), None);
    }
    assert_eq!(Interaction::of_action("urn:hl7-org:v3:QUQI_IN000003UV01"), None);
    assert_eq!(Interaction::of_action("urn:hl7-org:v3:PRPA_IN201310UV02"), None);
    let answers = Interaction::ALL.map(|interaction| interaction.answer_action());
    let suffix = |action: &&str| action.trim_start_matches("urn:hl7-org:v3:").to_owned();
    let names: Vec<String> = answers.iter().map(suffix).collect();
    let acknowledgement = "MCCI_IN000002UV01";
    let page = "PRPA_IN201306UV02";
    let expected =
        [acknowledgement; 3].into_iter().chain(["PRPA_IN201310UV02", page, page, acknowledgement]);
    assert!(names.iter().map(String::as_str).eq(expected));
}

#[test]
fn debug_tells_no_value() {
    let message = read_cross_reference(&with_parameters(IDENTIFIER));
    let shown = format!("{message:?}");
    assert!(!shown.contains("4711"), "{shown}");
}

//! ITI-45 and ITI-47 and its continuation: what is asked for, and what is no query.

use hl7v3::Interaction;

use crate::support::{QueryPieces, read_cross_reference, shown};

/// The parameter with one value.
fn parameter(name: &str, value: &str) -> String {
    format!("<{name}>{value}<semanticsText>label</semanticsText></{name}>")
}

fn cross_reference(parameters: &str) -> String {
    QueryPieces { parameters: parameters.to_owned(), ..QueryPieces::cross_reference() }.write()
}

const IDENTIFIER: &str = "<patientIdentifier><value root=\"1.2.3\" extension=\"4711\"/>\
    <semanticsText>Patient.id</semanticsText></patientIdentifier>";

#[test]
fn an_identifier_and_domains() {
    let domain = |attributes: &str| parameter("dataSource", &format!("<value {attributes}/>"));
    let domains = domain("root=\"1.2.4\"") + &domain("root=\"1.2.5\" assigningAuthorityName=\"N\"");
    let message = read_cross_reference(&cross_reference(&(domains + IDENTIFIER)));
    let query = message.query.unwrap();
    assert_eq!(shown(&[query.id]), ["4711@@1.2.3"]);
    let domains: Vec<_> = query
        .domains
        .iter()
        .map(|d| (d.namespace.as_deref(), d.universal_id.as_ref().unwrap().as_str()))
        .collect();
    assert_eq!(domains, [(None, "1.2.4"), (Some("N"), "1.2.5")]);
    assert_eq!(message.query_id.unwrap().to_string(), "18204@1.2.840.999");
    assert_eq!(message.wrapper.interaction, Interaction::CrossReferenceQuery);
}

//! What is asked is what is read, for any question that can be asked; and its answer is valid.

use std::fmt::Write as _;

use datatypes::{Dtm, Oid};
use hl7v3::{DemographicsRequest, write_cross_reference_response, write_demographics_response};
use identity::{
    Address, AuthorityName, Criterion, CrossReferenceQuery, DemographicsQuery, LocalId, MatchPage,
    NameCriterion, NameRepresentation, Sex,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use xml::{escape_attribute, escape_text};

use crate::strategies::{address, local_id, names_and_dates, telecom, text};
use crate::support::{
    QUERY_ID, QueryPieces, check_schema, read_cross_reference, read_demographics,
};

fn domain() -> impl Strategy<Value = AuthorityName> {
    let oid = r"[0-2](\.(0|[1-9][0-9]{0,8})){1,6}";
    (option::of(text()), oid).prop_map(|(namespace, oid)| AuthorityName {
        namespace,
        universal_id: Oid::parse(&oid).ok(),
    })
}

fn cross_reference() -> impl Strategy<Value = CrossReferenceQuery> {
    (local_id(), vec(domain(), 0..4)).prop_map(|(id, domains)| CrossReferenceQuery { id, domains })
}

fn name(criterion: fn(NameCriterion) -> Criterion) -> impl Strategy<Value = Criterion> {
    let scripts = vec![
        NameRepresentation::Ideographic,
        NameRepresentation::Phonetic,
        NameRepresentation::Alphabetic,
    ];
    (text(), option::of(text()), option::of(select(scripts)), any::<bool>()).prop_map(
        move |(family, given, representation, is_fuzzy)| {
            criterion(NameCriterion { family: Some(family), given, representation, is_fuzzy })
        },
    )
}

fn birth_date() -> impl Strategy<Value = Criterion> {
    let date = || names_and_dates().prop_map(|person| person.birth_date);
    (date(), date()).prop_filter_map("an end", |(from, to)| {
        (from.is_some() || to.is_some()).then_some(Criterion::BirthDate { from, to })
    })
}

fn criterion() -> impl Strategy<Value = Criterion> {
    let sexes = vec![Sex::Female, Sex::Male, Sex::Ambiguous, Sex::Other, Sex::Unknown];
    let id = local_id().prop_filter("no star at the end", |id| !id.id.ends_with('*'));
    prop_oneof![
        id.prop_map(|LocalId { id, namespace, universal_id }| Criterion::Id {
            id,
            authority: AuthorityName { namespace, universal_id },
        }),
        name(Criterion::Name),
        name(Criterion::MotherName),
        birth_date(),
        select(sexes).prop_map(Criterion::Sex),
        address().prop_map(Criterion::Address),
        telecom().prop_map(|telecom| Criterion::Telecom(telecom.number)),
    ]
}

fn request() -> impl Strategy<Value = DemographicsRequest> {
    let quantity = option::of(1..5_000_u32);
    (vec(criterion(), 1..6), vec(domain(), 0..3), option::of(0..=100_u8), quantity).prop_map(
        |(criteria, domains, minimum_confidence, initial_quantity)| DemographicsRequest {
            query: DemographicsQuery {
                criteria,
                domains,
                minimum_confidence,
                ..DemographicsQuery::default()
            },
            initial_quantity,
        },
    )
}

fn parameter(name: &str, value: &str) -> String {
    format!("<{name}>{value}<semanticsText>label</semanticsText></{name}>")
}

fn ii(id: Option<&str>, authority: &AuthorityName) -> String {
    let mut text = String::from("<value");
    for (name, value) in [
        ("root", authority.universal_id.as_ref().map(Oid::as_str)),
        ("extension", id),
        ("assigningAuthorityName", authority.namespace.as_deref()),
    ] {
        let Some(value) = value else { continue };
        write!(text, " {name}=\"{}\"", escape_attribute(value)).unwrap();
    }
    text + "/>"
}

fn element(name: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<{name}>{}</{name}>", escape_text(text)) }
}

fn write_name(name: &NameCriterion) -> String {
    let representation = match name.representation {
        None => "",
        Some(NameRepresentation::Ideographic) => "IDE",
        Some(NameRepresentation::Phonetic) => "SYL",
        Some(NameRepresentation::Alphabetic) => "ABC",
    };
    let search = if name.is_fuzzy { "SRCH" } else { "L" };
    let family = element("family", name.family.as_deref().unwrap_or_default());
    let given = element("given", name.given.as_deref().unwrap_or_default());
    format!(
        "<value use=\"{}\">{family}{given}</value>",
        format!("{search} {representation}").trim()
    )
}

fn write_ends(from: Option<&Dtm>, to: Option<&Dtm>) -> String {
    match (from, to) {
        (Some(from), Some(to)) if from == to => format!("<value value=\"{from}\"/>"),
        _ => {
            let end = |name, time: Option<&Dtm>| {
                time.map(|time| format!("<{name} value=\"{time}\"/>")).unwrap_or_default()
            };
            format!("<value>{}{}</value>", end("low", from), end("high", to))
        }
    }
}

fn write_address(address: &Address) -> String {
    let Address { street, city, state, postal_code, country, full } = address;
    [
        "<value>",
        &element("country", country),
        &element("postalCode", postal_code),
        &element("state", state),
        &element("city", city),
        &element("streetAddressLine", street),
        &escape_text(full),
        "</value>",
    ]
    .concat()
}

/// The name of the parameter, and the parameter.
fn write_criterion(criterion: &Criterion) -> (&'static str, String) {
    match criterion {
        Criterion::Id { id, authority } => ("livingSubjectId", ii(Some(id), authority)),
        Criterion::Name(name) => ("livingSubjectName", write_name(name)),
        Criterion::MotherName(name) => ("mothersMaidenName", write_name(name)),
        Criterion::BirthDate { from, to } => {
            ("livingSubjectBirthTime", write_ends(from.as_ref(), to.as_ref()))
        }
        Criterion::Sex(sex) => {
            let code = match sex {
                Sex::Female => "F",
                Sex::Male => "M",
                Sex::Ambiguous => "UN",
                Sex::Other => "O",
                Sex::Unknown => "U",
                Sex::NotApplicable => "N",
            };
            ("livingSubjectAdministrativeGender", format!("<value code=\"{code}\"/>"))
        }
        Criterion::Address(address) => ("patientAddress", write_address(address)),
        Criterion::Telecom(number) => ("patientTelecom", format!("<value value=\"{number}\"/>")),
        Criterion::Account { .. } | Criterion::Visit(_) => unreachable!("not of v3"),
    }
}

fn write_cross_reference(query: &CrossReferenceQuery) -> String {
    let mut parameters: String =
        query.domains.iter().map(|domain| parameter("dataSource", &ii(None, domain))).collect();
    let authority = AuthorityName {
        namespace: query.id.namespace.clone(),
        universal_id: query.id.universal_id.clone(),
    };
    parameters += &parameter("patientIdentifier", &ii(Some(&query.id.id), &authority));
    QueryPieces { parameters, ..QueryPieces::cross_reference() }.write()
}

/// The model has the parameters in the order of their names.
fn write_request(request: &DemographicsRequest) -> String {
    let DemographicsQuery { criteria, domains, minimum_confidence, .. } = &request.query;
    let mut parameters: Vec<(&str, String)> = criteria.iter().map(write_criterion).collect();
    parameters
        .extend(domains.iter().map(|domain| ("otherIDsScopingOrganization", ii(None, domain))));
    parameters.sort_by_key(|(name, _)| *name);
    let parameters: String =
        parameters.iter().map(|(name, value)| parameter(name, value)).collect();
    let mut header = format!(
        "{QUERY_ID}<statusCode code=\"new\"/><responseModalityCode code=\"R\"/>\
         <responsePriorityCode code=\"I\"/>"
    );
    if let Some(quantity) = request.initial_quantity {
        write!(header, "<initialQuantity value=\"{quantity}\"/><initialQuantityCode code=\"RD\"/>")
            .unwrap();
    }
    if let Some(confidence) = minimum_confidence {
        let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"INT\"";
        let value =
            parameter("minimumDegreeMatch", &format!("<value {xsi} value=\"{confidence}\"/>"));
        write!(header, "<matchCriterionList>{value}</matchCriterionList>").unwrap();
    }
    QueryPieces { header, parameters, ..QueryPieces::demographics() }.write()
}

/// The same conditions, in the order of the model.
fn ordered(request: &DemographicsRequest) -> DemographicsRequest {
    let mut request = request.clone();
    request.query.criteria.sort_by_key(|criterion| write_criterion(criterion).0);
    request
}

proptest! {
    #[test]
    fn a_cross_reference_query_is_read(query in cross_reference()) {
        let message = read_cross_reference(&write_cross_reference(&query));
        prop_assert_eq!(message.query, Ok(query));
    }

    #[test]
    fn a_demographics_query_is_read(request in request()) {
        let message = read_demographics(&write_request(&request));
        prop_assert_eq!(message.query, Ok(ordered(&request)));
    }
}

/// Otherwise the properties would speak of messages that nobody sends. The answer repeats the question.
#[test]
fn questions_and_answers_are_valid() {
    let mut runner = TestRunner::deterministic();
    let (id, time) = (Oid::parse("2.25.7").unwrap(), Dtm::parse("20260401093001").unwrap());
    let (mut questions, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..30 {
        let query = cross_reference().new_tree(&mut runner).unwrap().current();
        let text = write_cross_reference(&query);
        let message = read_cross_reference(&text);
        let answering = message.answering(&id, &time);
        answers.push(write_cross_reference_response(&answering, Ok(&[query.id])));
        questions.push(text);
    }
    check_schema("PRPA_IN201309UV02", &questions);
    check_schema("PRPA_IN201310UV02", &answers);
    let nothing = MatchPage { matches: Vec::new(), n_total: 0, n_remaining: 0, pointer: None };
    (questions, answers) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        let text = write_request(&request().new_tree(&mut runner).unwrap().current());
        let message = read_demographics(&text);
        let answering = message.answering(&id, &time);
        answers.push(write_demographics_response(&answering, &[], Ok(&nothing)));
        questions.push(text);
    }
    check_schema("PRPA_IN201305UV02", &questions);
    check_schema("PRPA_IN201306UV02", &answers);
}

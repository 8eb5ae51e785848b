//! ITI-21 and ITI-22: every parameter, how they combine, what is refused and where; the cancellation.

use datatypes::Dtm;
use hl7v2::{
    Cancellation, FeedError, Message, NotInV2, OutgoingHeader, PageRequest, Query, QueryEcho,
    QueryError, read_query, write_cancel, write_demographics_query,
};
use identity::{
    Address, AuthorityName, ClinicianPart, ClinicianRole, Criterion, DemographicsQuery,
    NameCriterion, NameRepresentation, Sex, VisitCriterion,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::people::{
    any_address, any_authority, any_date, any_representation, any_sex, filled_text,
};
use crate::pix_query::{authority, shown};

/// A question with that event and those fields from QPD-3 on.
fn message(event: &str, parameters: &str) -> String {
    format!(
        "MSH|^~\\&|EMR|SITE-B|PIXMGR|RENKEI|20260401094500||QBP^{event}^QBP_Q21|1|P|2.5\r\
         QPD|IHE PDQ Query|Q1|{parameters}\rRCP|I|10^RD\r"
    )
}

fn read(text: &str) -> Result<(DemographicsQuery, PageRequest), QueryError> {
    let Query::Demographics { query, page } = read_query(&Message::parse(text).ok().unwrap())?
    else {
        unreachable!("another question");
    };
    Ok((query, page))
}

#[track_caller]
fn check(parameters: &str, expected: &[Criterion]) {
    let (query, _) = read(&message("Q22", parameters)).unwrap();
    assert!(query.criteria == expected, "{:?} from {parameters}", query.criteria);
    assert!(!query.asks_for_visits && query.drops_patients_without_domain);
}

#[track_caller]
fn check_refused(parameters: &str, expected: &str) {
    let error = read(&message("Q22", parameters)).unwrap_err();
    assert_eq!(shown(&error), expected, "{parameters}");
}

fn name(family: Option<&str>, given: Option<&str>) -> NameCriterion {
    NameCriterion {
        family: family.map(str::to_owned),
        given: given.map(str::to_owned),
        ..NameCriterion::default()
    }
}

fn id_like(id: &str, authority: AuthorityName) -> Criterion {
    Criterion::Id { id: id.to_owned(), authority }
}

fn account(number: &str, authority: AuthorityName) -> Criterion {
    Criterion::Account { number: number.to_owned(), authority }
}

fn born(date: &str) -> Criterion {
    let date = Some(Dtm::parse(date).unwrap());
    Criterion::BirthDate { from: date.clone(), to: date }
}

#[test]
fn names_in_every_spelling() {
    let both = Criterion::Name(name(Some("連携"), Some("太*")));
    for parameters in [
        "@PID.5.1^連携~@PID.5.2^太*",
        "@PID.5.1.1^ 連携 ~@PID.5.2.1^太*　",
        "@PID.5.2^太*~@PID.5.1.1^連携",
        "~@PID.5.1^連携~~@PID.5.2^太*~",
    ] {
        check(parameters, std::slice::from_ref(&both));
    }
    check("@PID.5.2^A\\S\\B\\T\\", &[Criterion::Name(name(None, Some("A^B&")))]);
    let phonetic = NameCriterion {
        representation: Some(NameRepresentation::Phonetic),
        ..name(Some("レンケイ"), None)
    };
    check("@PID.5.8^P~@PID.5.1^レンケイ", &[Criterion::Name(phonetic)]);
    check("@PID.6.1^母~@PID.6.2^花", &[Criterion::MotherName(name(Some("母"), Some("花")))]);
}

#[test]
fn identifiers_in_every_spelling() {
    let expected = id_like("12", authority("N", "1.2.3"));
    for parameters in [
        "@PID.3.1^12~@PID.3.4^N&1.2.3&ISO",
        "@PID.3.1.1^12~@PID.3.4.1^N~@PID.3.4.2^1.2.3~@PID.3.4.3^ISO",
        "@PID.3.4.3^iso~@PID.3.4.2^1.2.3~@PID.3.4.1^N~@PID.3.1^12",
        "@PID.3.1^12~@PID.3.4.1^N~@PID.3.4.2^1.2.3",
    ] {
        check(parameters, std::slice::from_ref(&expected));
    }
    check("@PID.3.1^12~@PID.3.4^N", &[id_like("12", authority("N", ""))]);
    check("@PID.3.1^1*~@PID.3.4^&1.2.3&ISO", &[id_like("1*", authority("", "1.2.3"))]);
    check("@PID.3.4.1^N", &[id_like("*", authority("N", ""))]);
    let by_dns = "@PID.3.1^12~@PID.3.4.2^a.example~@PID.3.4.3^DNS";
    check(by_dns, &[id_like("12", authority("a.example", ""))]);
    check("@PID.18.1^77", &[account("77", AuthorityName::default())]);
    check("@PID.18.1^77~@PID.18.4.2^1.2.3", &[account("77", authority("", "1.2.3"))]);
    check("@PID.18.1.1^77~@PID.18.4^A", &[account("77", authority("A", ""))]);
}

#[test]
fn the_other_parameters() {
    check("@PID.7^19600203", &[born("19600203")]);
    check("@PID.7.1^1960", &[born("1960")]);
    check("@PID.8^F", &[Criterion::Sex(Sex::Female)]);
    check("@PID.13.1^03-1", &[Criterion::Telecom("03-1".to_owned())]);
    check("@PID.13.12^03-1", &[Criterion::Telecom("03-1".to_owned())]);
    let address = Address {
        street: "1".to_owned(),
        city: "2".to_owned(),
        state: "3".to_owned(),
        postal_code: "4".to_owned(),
        country: "5".to_owned(),
        full: "6".to_owned(),
    };
    for street in ["@PID.11.1", "@PID.11.1.1"] {
        let parameters =
            format!("{street}^1~@PID.11.3^2~@PID.11.4^3~@PID.11.5^4~@PID.11.6^5~@PID.11.8^6");
        check(&parameters, &[Criterion::Address(address.clone())]);
    }
}

#[test]
fn parameters_of_different_things_are_all_conditions() {
    check(
        "@PID.5.1^A~@PID.7^1960~@PID.5.2^B~@PID.11.6^JPN~@PID.8^M~@PID.11.3^X",
        &[
            Criterion::Name(name(Some("A"), Some("B"))),
            born("1960"),
            Criterion::Address(Address {
                city: "X".to_owned(),
                country: "JPN".to_owned(),
                ..Address::default()
            }),
            Criterion::Sex(Sex::Male),
        ],
    );
}

#[test]
fn a_part_given_twice_is_another_condition() {
    check(
        "@PID.5.1^A~@PID.5.2^B~@PID.5.1^C~@PID.5.2^D",
        &[Criterion::Name(name(Some("A"), Some("B"))), Criterion::Name(name(Some("C"), Some("D")))],
    );
    check(
        "@PID.3.1^1~@PID.3.4.2^1.2.3~@PID.3.1^2~@PID.3.4.1^N",
        &[id_like("1", authority("", "1.2.3")), id_like("2", authority("N", ""))],
    );
    check(
        "@PID.3.4^N~@PID.3.4.1^M~@PID.3.1^1",
        &[id_like("*", authority("N", "")), id_like("1", authority("M", ""))],
    );
    check("@PID.8^M~@PID.8^F", &[Criterion::Sex(Sex::Male), Criterion::Sex(Sex::Female)]);
    check("@PID.7^1960~@PID.7^1961", &[born("1960"), born("1961")]);
}

#[test]
fn an_unknown_parameter_is_not_ignored() {
    for unknown in [
        "@PID.3",
        "@PID.3.5",
        "@PID.3.4.4",
        "@PID.5",
        "@PID.5.3",
        "@PID.5.1.2",
        "@PID.9.1",
        "@PID.10",
        "@PID.11.7",
        "@PID.13.6",
        "@PID.14.1",
        "@PID.18.2",
        "@PD1.4",
        "@PV1.19",
        "@PV1.2",
        "PID.5.1",
        "@pid.5.1",
        "@PID",
        "@PID.",
        "@",
        "",
        "@PID.5.1.1.1",
        "@PID.05.1",
        "@MSH.3",
    ] {
        let parameters = format!("@PID.8^M~{unknown}^A");
        check_refused(&parameters, "UnknownParameter QPD^1^3^2");
    }
}

#[test]
fn an_identifier_needs_an_authority() {
    check_refused("@PID.3.1^12", "IdWithoutAuthority QPD^1^3^1");
    check_refused("@PID.8^M~@PID.3.1^1~@PID.3.1^2~@PID.3.4^N", "IdWithoutAuthority QPD^1^3^2");
    check_refused("@PID.3.1^1~@PID.3.4.3^ISO", "IdWithoutAuthority QPD^1^3^1");
}

#[test]
fn values_are_of_their_type() {
    check_refused("", "FieldMissing QPD^1^3");
    check_refused("~~", "FieldMissing QPD^1^3");
    check_refused("@PID.5.1", "FieldMissing QPD^1^3^1^2");
    check_refused("@PID.8^M~@PID.5.1^ ", "FieldMissing QPD^1^3^2^2");
    check_refused("@PID.5.1^\"\"", "FieldMissing QPD^1^3^1^2");
    check_refused("@PID.5.1^A&B", "InvalidField QPD^1^3^1^2");
    check_refused("@PID.5.1^A^B", "InvalidField QPD^1^3^1^3");
    check_refused("@PID.5.1^A\\X07\\", "InvalidField QPD^1^3^1^2");
    check_refused(&format!("@PID.5.1^{}", "あ".repeat(251)), "InvalidField QPD^1^3^1^2");
    check_refused("@PID.5.8^X", "UnknownTableValue QPD^1^3^1^2");
    check_refused("@PID.7^1960-02-03", "InvalidField QPD^1^3^1^2");
    check_refused("@PID.7^1960*", "InvalidField QPD^1^3^1^2");
    check_refused("@PID.8^X", "UnknownTableValue QPD^1^3^1^2");
    check_refused("@PID.3.1^ 1~@PID.3.4^N", "InvalidField QPD^1^3^1^2");
    check_refused("@PID.3.1^1~@PID.3.4^&1.x&ISO", "InvalidField QPD^1^3^2^2^2");
    check_refused("@PID.3.1^1~@PID.3.4^&&", "FieldMissing QPD^1^3^2^2");
    check_refused("@PID.3.1^1~@PID.3.4", "FieldMissing QPD^1^3^2^2");
    check_refused("@PID.3.1^1~@PID.3.4.3^ISO~@PID.3.4.2^1.x", "InvalidField QPD^1^3^3^2");
}

#[test]
fn the_rest_of_qpd() {
    let with = |rest: &str| read(&message("Q22", &format!("@PID.8^M{rest}")));
    let domains = |rest: &str| with(rest).unwrap().0.domains;
    assert_eq!(domains(""), Vec::new());
    assert_eq!(domains("|||||^^^N~^^^&1.2.3&ISO"), [authority("N", ""), authority("", "1.2.3")]);
    assert_eq!(with("|80|x|y|z").unwrap().0.minimum_confidence, Some(80));
    let refused = |rest: &str| shown(&with(rest).unwrap_err());
    assert_eq!(refused("|101"), "InvalidField QPD^1^4");
    assert_eq!(refused("|high"), "InvalidField QPD^1^4");
    assert_eq!(refused("|||||^^^N~~^^^M"), "FieldMissing QPD^1^8^2^4");
    assert_eq!(refused("|||||^^^N~^^^&1.2"), "InvalidField QPD^1^8^2^4^3");
}

#[track_caller]
fn page(control: &str) -> Result<PageRequest, String> {
    let text = message("Q22", "@PID.8^M").replace("RCP|I|10^RD\r", control);
    read(&text).map(|(_, page)| page).map_err(|error| shown(&error))
}

#[test]
fn pages() {
    let wanted = |limit: Option<usize>, pointer: Option<&str>| {
        Ok(PageRequest { limit, pointer: pointer.map(str::to_owned) })
    };
    assert_eq!(page("RCP|I|10^RD\r"), wanted(Some(10), None));
    assert_eq!(page("RCP||7\r"), wanted(Some(7), None));
    assert_eq!(page("RCP|I\rDSC|a\\S\\1|I\r"), wanted(None, Some("a^1")));
    assert_eq!(page("RCP|I|\"\"\rDSC|\r"), wanted(None, None));
    let refused = |control: &str| page(control).unwrap_err();
    assert_eq!(refused("RCP|D|10^RD\r"), "UnknownTableValue RCP^1^1");
    assert_eq!(refused("RCP|I|10^LI\r"), "UnknownTableValue RCP^1^2^1^2");
    for n in ["0", "-1", "+1", "x", "1.5", "99999999999999999999999"] {
        assert_eq!(refused(&format!("RCP|I|{n}^RD\r")), "InvalidField RCP^1^2^1^1");
    }
    assert_eq!(refused("RCP|I\rDSC|a|F\r"), "UnknownTableValue DSC^1^2");
    assert_eq!(refused("RCP|I\rDSC|\\X00\\|I\r"), "InvalidField DSC^1^1");
    assert_eq!(refused("DSC|a|I\rRCP|I\r"), "SegmentSequence DSC^1");
    assert_eq!(refused("RCP|I\rDSC|a|I\rDSC|b|I\r"), "SegmentSequence DSC^2");
    assert_eq!(refused(""), "SegmentMissing RCP^1");
}

fn visit(parameter: &str) -> Result<Vec<Criterion>, QueryError> {
    let (query, _) = read(&message("ZV1", parameter))?;
    assert!(query.asks_for_visits);
    Ok(query.criteria)
}

#[test]
fn parameters_of_a_visit() {
    let text = || "x".to_owned();
    let location = |component| VisitCriterion::Location { component, value: text() };
    let clinician = |role, part| VisitCriterion::Clinician { role, part, value: text() };
    let number = VisitCriterion::Number { number: text(), authority: AuthorityName::default() };
    for (parameter, expected) in [
        ("@PV1.2", VisitCriterion::Class(text())),
        ("@PV1.3", location(1)),
        ("@PV1.3.1", location(1)),
        ("@PV1.3.2", location(2)),
        ("@PV1.3.3", location(3)),
        ("@PV1.3.4.1", location(4)),
        ("@PV1.7", clinician(ClinicianRole::Attending, ClinicianPart::Id)),
        ("@PV1.7.1", clinician(ClinicianRole::Attending, ClinicianPart::Id)),
        ("@PV1.8.2.1", clinician(ClinicianRole::Referring, ClinicianPart::Family)),
        ("@PV1.9.2", clinician(ClinicianRole::Consulting, ClinicianPart::Family)),
        ("@PV1.17.3", clinician(ClinicianRole::Admitting, ClinicianPart::Given)),
        ("@PV1.10", VisitCriterion::Service(text())),
        ("@PV1.19", number.clone()),
        ("@PV1.19.1", number),
    ] {
        let criteria = visit(&format!("{parameter}^x")).unwrap();
        assert!(criteria == [Criterion::Visit(expected)], "{parameter}");
    }
    let criteria = visit("@PV1.19.1^x~@PID.8^M~@PV1.19.4.2^1.2.3").unwrap();
    let number = VisitCriterion::Number { number: text(), authority: authority("", "1.2.3") };
    assert!(criteria == [Criterion::Visit(number), Criterion::Sex(Sex::Male)]);
    for unknown in ["@PV1.44", "@PV1.3.5", "@PV1.7.4", "@PV1", "@PV2.1", "@PV1.", "@PV1.19.4.5"] {
        let error = visit(&format!("{unknown}^x")).unwrap_err();
        assert_eq!(shown(&error), "UnknownParameter QPD^1^3^1", "{unknown}");
    }
}

fn header(time: &Dtm) -> OutgoingHeader<'_> {
    OutgoingHeader {
        sending_application: "EMR",
        sending_facility: "SITE-B",
        receiving_application: "PIXMGR",
        receiving_facility: "RENKEI",
        control_id: "c1",
        time,
    }
}

#[test]
fn a_written_question_exact_to_the_byte() {
    let time = Dtm::parse("20260401004500").unwrap();
    let query = DemographicsQuery {
        criteria: vec![
            Criterion::Name(name(Some("連携"), Some("太*"))),
            born("19600203"),
            id_like("1&2", authority("N", "1.2.3")),
        ],
        domains: vec![authority("", "1.2.5")],
        drops_patients_without_domain: true,
        asks_for_visits: false,
        minimum_confidence: Some(80),
    };
    let page = PageRequest { limit: Some(10), pointer: Some("p|1".to_owned()) };
    let expected = "MSH|^~\\&|EMR|SITE-B|PIXMGR|RENKEI|20260401004500+0000||\
                    QBP^Q22^QBP_Q21|c1|P|2.5||||||UNICODE UTF-8\r\
                    QPD|IHE PDQ Query|Q1|@PID.5.1.1^連携~@PID.5.2^太*~@PID.7^19600203~\
                    @PID.3.1^1\\T\\2~@PID.3.4.1^N~@PID.3.4.2^1.2.3~@PID.3.4.3^ISO|80||||\
                    ^^^&1.2.5&ISO\r\
                    RCP|I|10^RD\r\
                    DSC|p\\F\\1|I\r";
    let text = write_demographics_query(&header(&time), "Q1", &query, &page).unwrap();
    assert_eq!(text, expected);
    assert!(read(&text) == Ok((query, page)));
}

#[test]
fn what_v2_cannot_ask_is_not_sent_as_something_else() {
    let time = Dtm::parse("2026").unwrap();
    let check = |criteria: Vec<Criterion>| {
        let query = DemographicsQuery { criteria, ..DemographicsQuery::default() };
        let written =
            write_demographics_query(&header(&time), "1", &query, &PageRequest::default());
        assert_eq!(written, Err(NotInV2));
    };
    let date = |date: &str| Some(Dtm::parse(date).unwrap());
    check(Vec::new());
    check(vec![Criterion::BirthDate { from: date("1960"), to: date("1961") }]);
    check(vec![Criterion::BirthDate { from: None, to: date("1961") }]);
    check(vec![Criterion::Name(NameCriterion { is_fuzzy: true, ..name(Some("A"), None) })]);
    // They would be read as parts of one name.
    let [family, given] = [name(Some("A"), None), name(None, Some("B"))];
    check(vec![Criterion::Name(family), Criterion::Name(given)]);
    check(vec![id_like("1", AuthorityName::default())]);
    check(vec![Criterion::Visit(VisitCriterion::Class("I".to_owned()))]);
}

const CANCEL: &str = "MSH|^~\\&|EMR|SITE-B|PIXMGR|RENKEI|20260401004500+0000||\
                      QCN^J01^QCN_J01|c1|P|2.5\rQID|Q\\S\\1|IHE PDQ Query\r";

#[test]
fn a_cancellation_names_the_tag_of_the_question() {
    let cancellation = Cancellation { tag: "Q^1".to_owned(), name: "IHE PDQ Query".to_owned() };
    let time = Dtm::parse("20260401004500").unwrap();
    assert_eq!(write_cancel(&header(&time), &cancellation), CANCEL);
    let read = |text: &str| read_query(&Message::parse(text).ok().unwrap());
    assert_eq!(read(CANCEL), Ok(Query::Cancel(cancellation.clone())));
    let question = message("Q22", "@PID.8^M").replace("|Q1|", "|Q\\S\\1|");
    let echo = QueryEcho::read(&Message::parse(&question).ok().unwrap());
    assert_eq!((echo.tag(), echo.name()), (cancellation.tag, cancellation.name));
    let refused = |from: &str, to: &str| shown(&read(&CANCEL.replace(from, to)).unwrap_err());
    assert_eq!(refused("QID", "ZID"), "SegmentMissing QID^1");
    assert_eq!(refused("Q\\S\\1|", "|"), "FieldMissing QID^1^1");
    assert_eq!(refused("QID|", "QID|1\rQID|"), "SegmentSequence QID^2");
    assert_eq!(refused("QCN^J01", "QCN^J02"), "UnsupportedTriggerEvent MSH^1^9^1^2");
}

#[test]
fn errors_show_no_content() {
    let secret = "1234567890";
    for parameters in [
        format!("@PID.5.1^{secret}\\X07\\"),
        format!("@PID.{secret}^A"),
        format!("@PID.3.1^{secret}"),
        format!("@PID.7^{secret}"),
        format!("@PID.8^{secret}"),
        format!("@PID.3.1^1~@PID.3.4^&{secret}.x&ISO"),
    ] {
        let error = read(&message("Q22", &parameters)).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(secret), "{shown}");
    }
    let missing = FeedError::SegmentMissing { segment: "QPD" };
    assert_eq!(QueryError::from(missing.clone()).to_string(), missing.to_string());
}

fn any_name_criterion(
    criterion: fn(NameCriterion) -> Criterion,
) -> impl Strategy<Value = Criterion> {
    (of(filled_text()), of(filled_text()), of(any_representation()))
        .prop_filter("empty", |(family, given, _)| family.is_some() || given.is_some())
        .prop_map(move |(family, given, representation)| {
            criterion(NameCriterion { family, given, representation, is_fuzzy: false })
        })
}

fn any_visit_criterion() -> impl Strategy<Value = Criterion> {
    let roles = [
        ClinicianRole::Attending,
        ClinicianRole::Referring,
        ClinicianRole::Consulting,
        ClinicianRole::Admitting,
    ];
    let parts = [ClinicianPart::Id, ClinicianPart::Family, ClinicianPart::Given];
    let clinician = (select(roles.to_vec()), select(parts.to_vec()), filled_text());
    let number = (filled_text(), prop_oneof![Just(AuthorityName::default()), any_authority()]);
    let visit = Criterion::Visit;
    prop_oneof![
        filled_text().prop_map(move |class| visit(VisitCriterion::Class(class))),
        filled_text().prop_map(move |service| visit(VisitCriterion::Service(service))),
        (1_usize..=4, filled_text()).prop_map(move |(component, value)| visit(
            VisitCriterion::Location { component, value }
        )),
        clinician.prop_map(move |(role, part, value)| visit(VisitCriterion::Clinician {
            role,
            part,
            value
        })),
        number.prop_map(move |(number, authority)| visit(VisitCriterion::Number {
            number,
            authority
        })),
    ]
}

fn any_criterion() -> impl Strategy<Value = Criterion> {
    let number = (filled_text(), prop_oneof![Just(AuthorityName::default()), any_authority()]);
    let date = any_date();
    prop_oneof![
        (filled_text(), any_authority())
            .prop_map(|(id, authority)| Criterion::Id { id, authority }),
        any_name_criterion(Criterion::Name),
        any_name_criterion(Criterion::MotherName),
        date.prop_map(|date| Criterion::BirthDate { from: Some(date.clone()), to: Some(date) }),
        any_sex().prop_map(Criterion::Sex),
        any_address().prop_map(Criterion::Address),
        filled_text().prop_map(Criterion::Telecom),
        number.prop_map(|(number, authority)| Criterion::Account { number, authority }),
        any_visit_criterion(),
    ]
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        criteria in vec(any_criterion(), 1..5),
        domains in vec(any_authority(), 0..3),
        minimum_confidence in of(0_u8..=100),
        (limit, pointer, tag) in (of(1_usize..1000), of(filled_text()), filled_text()),
    ) {
        let asks_for_visits = criteria.iter().any(|criterion| matches!(criterion, Criterion::Visit(_)));
        let drops_patients_without_domain = true;
        let query = DemographicsQuery {
            criteria, domains, drops_patients_without_domain, asks_for_visits, minimum_confidence,
        };
        let page = PageRequest { limit, pointer };
        let time = Dtm::parse("20260401003000").unwrap();
        // Two conditions may be such that they would be read as one.
        if let Ok(text) = write_demographics_query(&header(&time), &tag, &query, &page) {
            prop_assert!(read(&text) == Ok((query, page)), "{}", text);
            prop_assert_eq!(QueryEcho::read(&Message::parse(&text).ok().unwrap()).tag(), tag);
        }
    }

    #[test]
    fn one_condition_can_be_asked(criterion in any_criterion()) {
        let asks_for_visits = matches!(criterion, Criterion::Visit(_));
        let query =
            DemographicsQuery { criteria: vec![criterion], asks_for_visits, ..Default::default() };
        let time = Dtm::parse("20260401003000").unwrap();
        let page = PageRequest::default();
        prop_assert!(write_demographics_query(&header(&time), "1", &query, &page).is_ok());
    }
}

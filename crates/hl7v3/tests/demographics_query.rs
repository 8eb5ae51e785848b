//! ITI-47: which patients are asked for, and what is no query.

use hl7v3::{ContentError, DemographicsRequest, Location};
use identity::{Address, AuthorityName, Criterion, NameCriterion, NameRepresentation, Sex};

use crate::support::{QUERY_ID, QueryPieces, read_demographics, shared};

const PARAMETERS: &str = "controlActProcess/queryByParameter/parameterList";

fn parameter(name: &str, values: &str) -> String {
    format!("<{name}>{values}<semanticsText>X</semanticsText></{name}>")
}

fn read(parameters: &str) -> Result<DemographicsRequest, ContentError> {
    let pieces = QueryPieces { parameters: parameters.to_owned(), ..QueryPieces::demographics() };
    read_demographics(&pieces.write()).query
}

fn read_header(header: &str) -> Result<DemographicsRequest, ContentError> {
    let header = format!("{QUERY_ID}{header}");
    read_demographics(&QueryPieces { header, ..QueryPieces::demographics() }.write()).query
}

#[track_caller]
fn check(parameters: &str, expected: &[Criterion]) {
    let criteria = read(parameters).unwrap().query.criteria;
    assert!(criteria == expected, "{criteria:?} of {parameters}");
}

#[track_caller]
fn check_fault(parameters: &str, expected: fn(Location) -> ContentError, path: &str) {
    let fault = read(parameters).unwrap_err();
    assert_eq!(fault, expected(fault.location()), "{parameters}");
    assert_eq!(fault.location().to_string(), format!("{PARAMETERS}/{path}"));
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

fn name(family: &str, given: &str) -> NameCriterion {
    let part = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    NameCriterion { family: part(family), given: part(given), ..NameCriterion::default() }
}

#[test]
fn names_in_their_scripts() {
    let value = "<value use='SYL'><family>レンケイ</family><given>ハナコ</given></value>";
    let representation = Some(NameRepresentation::Phonetic);
    let kana = NameCriterion { representation, ..name("レンケイ", "ハナコ") };
    check(&parameter("livingSubjectName", value), &[Criterion::Name(kana.clone())]);
    check(&parameter("mothersMaidenName", value), &[Criterion::MotherName(kana.clone())]);
    let fuzzy = NameCriterion { is_fuzzy: true, ..kana.clone() };
    for codes in ["SRCH SYL", "SYL SNDX"] {
        let value = value.replace("SYL", codes);
        check(&parameter("livingSubjectName", &value), &[Criterion::Name(fuzzy.clone())]);
    }
    let search = "<value use='SRCH'>Ito*</value>";
    let search = parameter("livingSubjectName", search);
    check(&search, &[Criterion::Name(NameCriterion { is_fuzzy: true, ..name("Ito*", "") })]);
    let given = parameter("livingSubjectName", "<value><given>Anna</given></value>");
    check(&given, &[Criterion::Name(name("", "Anna"))]);
    let titled =
        "<value><prefix>Dr.</prefix><family>Ito</family><given>A</given><given>B</given></value>";
    check(&parameter("livingSubjectName", titled), &[Criterion::Name(name("Ito", "A"))]);
}

/// Alternatives cannot be asked for; names in several scripts are none.
#[test]
fn several_values_are_scripts_of_one_name() {
    let value = |codes: &str, family: &str| {
        format!("<value use='{codes}'><family>{family}</family></value>")
    };
    let kanji = value("IDE", "連携");
    let kana = value("SYL", "レンケイ");
    let both = parameter("livingSubjectName", &format!("{kanji}{kana}"));
    let of = |family: &str, representation| {
        let representation = Some(representation);
        Criterion::Name(NameCriterion { representation, ..name(family, "") })
    };
    let expected =
        [of("連携", NameRepresentation::Ideographic), of("レンケイ", NameRepresentation::Phonetic)];
    check(&both, &expected);
    // A parameter of its own for each is the same.
    let apart = parameter("livingSubjectName", &kanji) + &parameter("livingSubjectName", &kana);
    check(&apart, &expected);
    for other in [kanji.clone(), value("L", "連携"), value("IDE", "山田")] {
        let path = "livingSubjectName[1]/value[2]";
        let values = format!("{kanji}{other}");
        check_fault(&parameter("livingSubjectName", &values), repeated, path);
        let values = format!("{}{kanji}", value("L", "連携"));
        check_fault(&parameter("livingSubjectName", &values), repeated, path);
    }
    for (parameter_name, value) in [
        ("livingSubjectId", "<value root='1.2' extension='1'/>"),
        ("livingSubjectAdministrativeGender", "<value code='F'/>"),
        ("livingSubjectBirthTime", "<value value='1960'/>"),
        ("patientAddress", "<value><city>A</city></value>"),
        ("patientTelecom", "<value value='tel:1'/>"),
    ] {
        assert!(read(&parameter(parameter_name, value)).is_ok());
        let twice = parameter(parameter_name, &value.repeat(2));
        check_fault(&twice, repeated, &format!("{parameter_name}[1]/value"));
        assert_eq!(
            read(&parameter(parameter_name, value).repeat(2)).unwrap().query.criteria.len(),
            2
        );
    }
}

#[test]
fn identifiers_are_exact() {
    let id = |attributes: &str| parameter("livingSubjectId", &format!("<value {attributes}/>"));
    let of = |id: &str, namespace: Option<&str>, oid: Option<&str>| Criterion::Id {
        id: id.to_owned(),
        authority: AuthorityName {
            namespace: namespace.map(str::to_owned),
            universal_id: oid.map(|oid| datatypes::Oid::parse(oid).unwrap()),
        },
    };
    check(&id("root='1.2.3' extension='4711'"), &[of("4711", None, Some("1.2.3"))]);
    check(&id("assigningAuthorityName='N' extension='4711'"), &[of("4711", Some("N"), None)]);
    check(&id("extension='47*'"), &[of("47\\*", None, None)]);
    check_fault(&id("root='1.2.3'"), missing, "livingSubjectId[1]/value/@extension");
    let second = id("root='1.2.3' extension='1'") + &id("root='?' extension='1'");
    check_fault(&second, invalid, "livingSubjectId[2]/value/@root");
}

#[test]
fn birth_times() {
    let date = |text: &str| Some(datatypes::Dtm::parse(text).unwrap());
    let birth = |value: &str| parameter("livingSubjectBirthTime", value);
    let range = |from, to| [Criterion::BirthDate { from, to }];
    check(&birth("<value value='19600203'/>"), &range(date("19600203"), date("19600203")));
    check(&birth("<value value='1960' operator='I'/>"), &range(date("1960"), date("1960")));
    check(
        &birth("<value><low value='1960'/><high value='196212' inclusive='true'/></value>"),
        &range(date("1960"), date("196212")),
    );
    check(&birth("<value><low value='1960'/></value>"), &range(date("1960"), None));
    check(
        &birth("<value><low nullFlavor='NINF'/><high value='1960'/></value>"),
        &range(None, date("1960")),
    );
    let path = "livingSubjectBirthTime[1]/value";
    check_fault(&birth("<value/>"), missing, &format!("{path}/@value"));
    check_fault(&birth("<value><low/><high/></value>"), missing, &format!("{path}/@value"));
    check_fault(&birth("<value value='昭和35年'/>"), invalid, &format!("{path}/@value"));
    check_fault(
        &birth("<value><high value='x'/></value>"),
        invalid,
        &format!("{path}/high/@value"),
    );
    let excluded = "<value><low value='1960' inclusive='false'/></value>";
    check_fault(&birth(excluded), unexpected, &format!("{path}/low/@inclusive"));
    check_fault(
        &birth("<value value='1960' operator='E'/>"),
        unexpected,
        &format!("{path}/@operator"),
    );
    for other in ["center", "width"] {
        let value = format!("<value><{other} value='1960'/></value>");
        check_fault(&birth(&value), unexpected, &format!("{path}/{other}"));
    }
    let both = "<value value='1960'><low value='1950'/></value>";
    check_fault(&birth(both), unexpected, &format!("{path}/low"));
    let twice = "<value><low value='1950'/><low value='1960'/></value>";
    check_fault(&birth(twice), repeated, &format!("{path}/low"));
}

#[test]
fn sex_address_and_telecommunication() {
    let sex = |code: &str| {
        parameter("livingSubjectAdministrativeGender", &format!("<value code='{code}'/>"))
    };
    check(&sex("F"), &[Criterion::Sex(Sex::Female)]);
    check(&sex("UN"), &[Criterion::Sex(Sex::Ambiguous)]);
    let unknown = |location| ContentError::UnknownCode { location };
    check_fault(&sex("X"), unknown, "livingSubjectAdministrativeGender[1]/value");
    let address = parameter("patientAddress", "<value><city>静岡市</city>駿河区*</value>");
    let (city, full) = ("静岡市".to_owned(), "駿河区*".to_owned());
    check(&address, &[Criterion::Address(Address { city, full, ..Address::default() })]);
    let telecom = parameter("patientTelecom", "<value value='tel:+81-3-1234-5678' use='HP'/>");
    check(&telecom, &[Criterion::Telecom("tel:+81-3-1234-5678".to_owned())]);
}

/// A criterion that is passed over widens the result.
#[test]
fn what_is_asked_for_and_not_understood_is_an_error() {
    let good = parameter("livingSubjectName", "<value>A</value>");
    for unknown in [
        "livingSubjectBirthPlaceAddress",
        "livingSubjectBirthPlaceName",
        "livingSubjectDeceasedTime",
        "patientStatusCode",
        "principalCareProviderId",
        "principalCareProvisionId",
    ] {
        let parameters = good.clone() + &parameter(unknown, "<value/>");
        check_fault(&parameters, unexpected, unknown);
    }
    check_fault(&(good.clone() + &parameter("secret", "<value/>")), unexpected, "*");
    for (name, value) in [
        ("livingSubjectAdministrativeGender", "<value/>"),
        ("livingSubjectName", "<value><prefix>Dr.</prefix></value>"),
        ("mothersMaidenName", "<value/>"),
        ("patientAddress", "<value><county>Cook</county></value>"),
        ("patientTelecom", "<value use='WP'/>"),
    ] {
        check_fault(&(good.clone() + &parameter(name, value)), invalid, &{
            let number = if name == "livingSubjectName" { 2 } else { 1 };
            format!("{name}[{number}]/value")
        });
        // What says that it says nothing asks for nothing.
        let null = good.clone() + &parameter(name, "<value nullFlavor='NI'/>");
        assert_eq!(read(&null).unwrap().query.criteria.len(), 1, "{name}");
        let null = format!("{good}<{name} nullFlavor='NI'/>");
        assert_eq!(read(&null).unwrap().query.criteria.len(), 1, "{name}");
        let path = if name == "livingSubjectName" {
            format!("{name}[2]/value")
        } else {
            format!("{name}[1]/value")
        };
        check_fault(&(good.clone() + &parameter(name, "")), missing, &path);
    }
    check_fault("", missing, "*");
    check_fault(&parameter("livingSubjectName", "<value nullFlavor='NI'/>"), missing, "*");
    let scope = parameter("otherIDsScopingOrganization", "<value root='1.2.4'/>");
    check_fault(&scope, missing, "*");
}

#[test]
fn texts_have_a_length() {
    let long = "字".repeat(251);
    let value = format!("<value><family>{long}</family></value>");
    check_fault(
        &parameter("livingSubjectName", &value),
        invalid,
        "livingSubjectName[1]/value/family",
    );
    let value = format!("<value><city>{long}</city></value>");
    check_fault(&parameter("patientAddress", &value), invalid, "patientAddress[1]/value/city");
    let value = format!("<value value='{long}'/>");
    check_fault(&parameter("patientTelecom", &value), invalid, "patientTelecom[1]/value/@value");
    let many = parameter("livingSubjectName", "<value>A</value>");
    assert_eq!(read(&many.repeat(200)).unwrap().query.criteria.len(), 200);
    let too_many = |location| ContentError::TooMany { location, limit: 200 };
    check_fault(&many.repeat(201), too_many, "livingSubjectName");
}

#[test]
fn domains_whose_identifiers_are_asked_for() {
    let good = parameter("livingSubjectName", "<value>A</value>");
    let scope = |attributes: &str| {
        parameter("otherIDsScopingOrganization", &format!("<value {attributes}/>"))
    };
    let parameters = good.clone() + &scope("root='1.2.4'") + &scope("root='1.2.5'");
    let query = read(&parameters).unwrap().query;
    let roots: Vec<_> =
        query.domains.iter().map(|d| d.universal_id.as_ref().unwrap().as_str()).collect();
    assert_eq!(roots, ["1.2.4", "1.2.5"]);
    assert!(!query.drops_patients_without_domain && !query.asks_for_visits);
    let second = good + &scope("root='1.2.4'") + &scope("root='1.2.5' extension='1'");
    check_fault(&second, unexpected, "otherIDsScopingOrganization[2]/value/@extension");
    let location = Location::scoping_organization(2).to_string();
    assert_eq!(location, format!("{PARAMETERS}/otherIDsScopingOrganization[2]/value"));
}

#[test]
fn how_many_and_how_well_matched() {
    let degree = |value: &str| {
        format!(
            "<matchCriterionList><matchAlgorithm><value>x</value></matchAlgorithm><minimumDegreeMatch>\
             {value}</minimumDegreeMatch></matchCriterionList>"
        )
    };
    let request =
        read_header("<initialQuantity value='2'/><initialQuantityCode code='RD'/>").unwrap();
    assert_eq!(request.initial_quantity, Some(2));
    assert_eq!(request.query.minimum_confidence, None);
    for (value, expected) in [("0", 0), ("75", 75), ("100", 100)] {
        let value = degree(&format!("<value value='{value}'/>"));
        assert_eq!(read_header(&value).unwrap().query.minimum_confidence, Some(expected));
    }
    let of = |header: &str| {
        let fault = read_header(header).unwrap_err();
        fault.location().to_string().replace("controlActProcess/queryByParameter/", "")
    };
    for value in ["101", "256", "-1", "75.5", "99999999999"] {
        let path = of(&degree(&format!("<value value='{value}'/>")));
        assert_eq!(path, "matchCriterionList/minimumDegreeMatch/value");
    }
    assert_eq!(of(&degree("")), "matchCriterionList/minimumDegreeMatch/value");
    let null = degree("").replace("DegreeMatch>", "DegreeMatch nullFlavor='NI'>");
    let null = null.replace("</minimumDegreeMatch nullFlavor='NI'>", "</minimumDegreeMatch>");
    assert_eq!(read_header(&null).unwrap().query.minimum_confidence, None);
    for value in ["0", "-1", "99999999999"] {
        assert_eq!(of(&format!("<initialQuantity value='{value}'/>")), "initialQuantity");
    }
    assert_eq!(of(&"<initialQuantity value='1'/>".repeat(2)), "initialQuantity");
    for (code, element) in [
        ("aborted", "statusCode"),
        ("B", "responseModalityCode"),
        ("D", "responsePriorityCode"),
        ("CH", "initialQuantityCode"),
    ] {
        assert_eq!(of(&format!("<{element} code='{code}'/>")), element);
    }
    assert_eq!(read_header("<initialQuantity nullFlavor='NI'/>").unwrap().initial_quantity, None);
}

#[test]
fn a_published_query_of_everything() {
    let Some(path) = shared("samples/hl7v3/PRPA_IN201305UV02-query-maximal.xml") else { return };
    let message = read_demographics(&std::fs::read_to_string(path).unwrap());
    assert_eq!(message.query_id.unwrap().to_string(), "18204@1.2.840.114350.1.13.28.1.18.5.999");
    let request = message.query.unwrap();
    assert_eq!(request.initial_quantity, Some(2));
    assert_eq!(request.query.minimum_confidence, Some(75));
    assert_eq!(request.query.domains.len(), 1);
    let born = datatypes::Dtm::parse("19400101").ok();
    let address = Address {
        street: "3443 North Arctic Avenue".to_owned(),
        city: "Some City".to_owned(),
        ..Address::default()
    };
    let expected = [
        Criterion::Sex(Sex::Female),
        Criterion::BirthDate { from: born.clone(), to: born },
        Criterion::Name(name("Wurm Heidi", "MARY")),
        Criterion::Address(address),
    ];
    assert!(request.query.criteria == expected);
}

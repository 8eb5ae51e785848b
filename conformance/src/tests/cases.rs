//! The suite that is shipped: every case file is sound, every message is what it should be.

use super::provider::provider;
use super::{endpoints_of, envelope, hl7, http};
use crate::case::file::StepLibrary;
use crate::case::{Case, Message, SegmentEnds, Sending, Step, WireCharset};
use crate::endpoints::Endpoints;
use crate::provider::ISSUER_KEY;
use crate::request::{self, Request};
use crate::run::document_bytes;
use crate::scope::Scope;
use crate::suite::{Suite, fits};
use crate::template::{Template, with_placeholders};
use crate::xml_tree::{self, Element, XmlFault};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a server would have to offer for a case: exactly what the case says it needs.
fn needed(case: &Case) -> Endpoints {
    let value = |key: &str| match key {
        "affinity_domain" => "1.2.3.4".to_owned(),
        "repository_unique_id" => "1.2.3.5".to_owned(),
        "issuer_key" => "key.pem".to_owned(),
        key if key.ends_with("_domain") || key.ends_with("_device") => "1.2.3.6".to_owned(),
        key if key.ends_with("mllp") => "127.0.0.1:1".to_owned(),
        key => format!("http://127.0.0.1:1/{key}"),
    };
    let values: Map<String, Value> =
        case.needs.iter().map(|key| (key.clone(), json!(value(key)))).collect();
    endpoints_of(Value::Object(values))
}

/// The requests of a case in order; each is answered by an entry and a folder, for steps that look back.
fn requests(suite: &Suite, case: &Case) -> Vec<Request> {
    let endpoints = needed(case);
    let provider = endpoints.text(ISSUER_KEY).map(|_file| provider(&endpoints));
    let mut scope = Scope::new(&endpoints, "seed".to_owned(), "20260401093000".to_owned());
    for (name, document) in &case.documents {
        let template = Template { suite, scope: &scope, variables: &case.variables };
        for (name, bytes) in document_bytes(name, document, &template).unwrap() {
            scope.insert_document(&name, bytes);
        }
    }
    let mut requests = Vec::new();
    for step in &case.steps {
        scope.next_message();
        let variables = variables(case, step);
        let template = Template { suite, scope: &scope, variables: &variables };
        let request = request::build(step, &template, provider.as_ref())
            .unwrap_or_else(|fault| panic!("{} step {}: {fault}", case.id, step.name));
        requests.push(request);
        let object = "<r:ExtrinsicObject id='urn:uuid:3fdc72f4-0000-4000-8000-000000000001'/>";
        let folder = "<r:RegistryPackage><r:Slot name='lastUpdateTime'><r:Value>2026</r:Value>\
            </r:Slot></r:RegistryPackage>";
        let v3 = "<v3:id xmlns:v3='urn:hl7-org:v3' root='1.2'/><v3:patientPerson xmlns:v3='urn:hl7-org:v3'>\
            <v3:name><v3:given>G</v3:given></v3:name></v3:patientPerson>";
        let answer = envelope("", &format!("<r:A>{v3}{object}{folder}</r:A>"));
        scope.insert_answer(match step.sending {
            Sending::Mllp(_) | Sending::Notified(_) => {
                hl7("MSH|^~\\&|A\rPID|||1^^^A&1.2&ISO\rDSC|pointer|I\r")
            }
            Sending::Soap { .. } | Sending::Mtom(_) | Sending::Http => {
                http(200, "application/soap+xml", answer.as_bytes())
            }
        });
    }
    requests
}

fn variables(case: &Case, step: &Step) -> BTreeMap<String, String> {
    let mut variables = case.variables.clone();
    variables.extend(step.variables.clone());
    variables.entry("to".to_owned()).or_insert("http://127.0.0.1:1/".to_owned());
    let action = match &step.sending {
        Sending::Soap { action } => action.clone(),
        Sending::Mtom(mtom) => mtom.action.clone(),
        Sending::Mllp(_) | Sending::Http | Sending::Notified(_) => String::new(),
    };
    variables.entry("action".to_owned()).or_insert(action);
    variables
}

/// The envelope of a request: the body, or the root part of an MTOM package.
fn envelope_of(request: &Request) -> Vec<u8> {
    let text = &request.body;
    let Some(begin) = find(text, b"<?xml").or_else(|| find(text, b"<soap12:")) else {
        return text.clone();
    };
    let end = find(text, b"</soap12:Envelope>").map(|end| end + b"</soap12:Envelope>".len());
    text[begin..end.unwrap_or(text.len())].to_vec()
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

#[test]
fn every_case_file_is_sound() {
    let cases = Suite::built_in().cases().unwrap_or_else(|faults| panic!("{faults}"));
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let transactions: BTreeSet<&str> = cases.iter().flat_map(Case::transactions).collect();
    assert_eq!(
        transactions.into_iter().collect::<Vec<_>>(),
        [
            "ITI-10", "ITI-18", "ITI-21", "ITI-22", "ITI-30", "ITI-41", "ITI-42", "ITI-43",
            "ITI-44", "ITI-45", "ITI-47", "ITI-51", "ITI-64", "ITI-8", "ITI-9"
        ]
    );
    for case in &cases {
        assert!(case.requirement.ends_with('.'), "{}: the requirement is one sentence", case.id);
    }
}

#[test]
fn every_step_can_be_built_from_what_the_case_needs() {
    let suite = Suite::built_in();
    for case in suite.cases().unwrap() {
        assert_eq!(requests(&suite, &case).len(), case.steps.len());
    }
}

#[test]
fn every_envelope_is_well_formed_unless_it_is_broken_on_purpose() {
    let suite = Suite::built_in();
    let mut broken = BTreeSet::new();
    for case in suite.cases().unwrap() {
        for (step, request) in case.steps.iter().zip(requests(&suite, &case)) {
            if let Sending::Mllp(_) | Sending::Notified(_) = step.sending {
                continue;
            }
            match xml_tree::parse(&envelope_of(&request)) {
                Ok(root) => assert_eq!(root.local, "Envelope", "{}", case.id),
                Err(fault) => {
                    let expected = matches!(fault, XmlFault::DocumentType | XmlFault::Unfinished);
                    assert!(expected, "{} step {}: {fault}", case.id, step.name);
                    broken.insert(case.id.clone());
                }
            }
        }
    }
    let broken: Vec<String> = broken.into_iter().collect();
    assert_eq!(
        broken,
        [
            "iti-18/document_type_declaration",
            "iti-18/not_well_formed",
            "iti-42/not_well_formed",
            "iti-45/answers/invalid_refused",
            "xua/signatures/document_type_refused"
        ]
    );
}

#[test]
fn every_message_file_is_well_formed_by_itself() {
    let suite = Suite::built_in();
    for path in suite.message_paths().filter(|path| path.ends_with(".xml")) {
        let text = with_placeholders(suite.message(path).unwrap());
        let result = if path.starts_with("fragments/") || path.contains("/parameters/") {
            xml_tree::parse(
                envelope(
                    "",
                    &text
                        .replace("rim:", "r:")
                        .replace("wsa:", "a:")
                        .replace("soap12:", "s:")
                        .replace("lcm:", "r:")
                        .replace("xds:", "x:")
                        .replace("xop:", "i:")
                        .replace("xsi:", "a:")
                        .replace("hl7:", "r:"),
                )
                .as_bytes(),
            )
        } else {
            xml_tree::parse(text.as_bytes())
        };
        match result {
            Ok(_) => {}
            Err(XmlFault::DocumentType) => assert_eq!(path, "iti-18/find_documents_with_dtd.xml"),
            Err(XmlFault::Unfinished) => assert_eq!(path, "iti-45/query_cut_short.xml"),
            Err(fault) => panic!("{path}: {fault}"),
        }
    }
}

#[test]
fn every_message_file_is_used() {
    let suite = Suite::built_in();
    let mut texts: Vec<String> =
        suite.message_paths().filter_map(|path| suite.message(path)).map(str::to_owned).collect();
    let cases = suite.cases().unwrap();
    texts.extend(cases.iter().filter_map(|case| suite.case_text(&case.id)).map(str::to_owned));
    let steps = || cases.iter().flat_map(|case| &case.steps);
    texts.extend(steps().flat_map(|step| step.variables.values().cloned()));
    for path in suite.message_paths() {
        let included = |text: &String| {
            text.contains(&format!("include:{path}")) || text.contains(&format!(":{path}"))
        };
        let sent = |step: &Step| matches!(&step.message, Message::File(file) if file == path);
        let is_used = texts.iter().any(included) || steps().any(sent);
        assert!(is_used, "messages/{path} is used by no case");
    }
    for case in &cases {
        for step in &case.steps {
            let Message::File(path) = &step.message else { continue };
            assert!(suite.message(path).is_some(), "{}: no message {path}", case.id);
        }
    }
}

#[test]
fn every_hl7_message_begins_with_a_header_and_ends_its_segments_with_cr() {
    let suite = Suite::built_in();
    let mut n_messages = 0;
    for case in suite.cases().unwrap() {
        for (step, request) in case.steps.iter().zip(requests(&suite, &case)) {
            let Sending::Mllp(wire) = step.sending else { continue };
            let Ok(text) = String::from_utf8(request.body) else {
                assert_ne!(wire.charset, WireCharset::Utf8, "{}", case.id);
                continue;
            };
            assert!(text.starts_with("MSH|^~\\&|"), "{}", case.id);
            match wire.ends {
                SegmentEnds::Cr => assert!(text.ends_with('\r') && !text.contains('\n')),
                SegmentEnds::CrLf => assert!(text.ends_with("\r\n")),
                SegmentEnds::Lf => assert!(text.ends_with('\n') && !text.contains('\r')),
            }
            n_messages += 1;
        }
    }
    assert!(n_messages >= 50, "{n_messages}");
}

#[test]
fn a_case_file_that_breaks_the_format_is_refused() {
    let good = "id = 'x/a'\nrequirement = 'It works.'\nparagraph = 'p'\nneeds = ['registry']\n\
        [[step]]\nname = 's'\ntransaction = 'ITI-18'\nkind = 'soap'\nendpoint = 'registry'\n\
        action = 'urn:a'\nmessage = 'm.xml'\nchecks = ['no_fault']\n";
    let parse = |text: &str| Case::parse("x/a.toml", text, &StepLibrary::default());
    assert!(parse(good).is_ok());
    for (from, to) in [
        ("id = 'x/a'", "id = 'x/b'"),
        ("requirement = 'It works.'", "requirement = ' '"),
        ("requirement =", "requirment ="),
        ("needs = ['registry']", "needs = []"),
        ("[[step]]", "[[stop]]"),
        ("['no_fault']", "[]"),
        ("['no_fault']", "['no_foult']"),
        ("['no_fault']", "[{ one_of = [['no_fault'], []] }]"),
        ("['no_fault']", "[{ document = { unique_id = '1', equals = 'a', copies = 0 } }]"),
        ("kind = 'soap'", "like = 'nobody'"),
        ("kind = 'soap'", "kind = 'soap'\nedits = [{ remove = 'rim:Slot' }]"),
        ("kind = 'soap'\n", ""),
        ("endpoint = 'registry'\n", ""),
        ("transaction = 'ITI-18'\n", ""),
        ("name = 's'\n", ""),
        ("['no_fault']", "[{ count = { of = '//rim:A', is = 1, more = 2 } }]"),
        ("['no_fault']", "[{ count = { of = '//A', is = 1 } }]"),
        ("['no_fault']", "[{ value = { of = '//rim:A', is = 1 } }]"),
        ("kind = 'soap'", "kind = 'mllp'"),
        ("kind = 'soap'", "kind = 'http'"),
        ("kind = 'soap'", "kind = 'smtp'"),
        ("action = 'urn:a'\n", ""),
        ("message = 'm.xml'\n", ""),
        ("message = 'm.xml'\n", "message = 'm.xml'\ninline = 'x'\n"),
        ("message = 'm.xml'\n", "message = 'm.xml'\nstart = 'x'\n"),
        ("message = 'm.xml'\n", "message = 'm.xml'\npackage = { boundary = 'b' }\n"),
        ("kind = 'soap'", "kind = 'mtom'\npackage = { boundery = 'b' }"),
        (
            "kind = 'soap'\nendpoint = 'registry'\naction = 'urn:a'",
            "kind = 'mllp'\nendpoint = 'registry'\nheaders = { a = 'b' }",
        ),
        ("message = 'm.xml'\n", "message = 'm.xml'\nassertion = { security = '' }\n"),
        ("message = 'm.xml'\n", "message = 'm.xml'\ntls = { certificate = 'expired' }\n"),
        ("message = 'm.xml'\n", "message = 'm.xml'\ntls = { version = '2.0' }\n"),
        ("message = 'm.xml'\n", "message = 'm.xml'\ncolour = 'red'\n"),
    ] {
        let wrong = good.replace(from, to);
        assert_ne!(wrong, good);
        assert!(parse(&wrong).is_err(), "{to} was accepted");
    }
    assert!(parse(good.split_once("[[step]]").unwrap().0).is_err());
}

fn shared(path: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(path);
    if folder.exists() {
        return Some(folder);
    }
    eprintln!("skipped: no ../shared");
    None
}

/// The suite must pass whether or not the server has loaded the published code table.
#[test]
fn every_code_is_in_the_published_code_table() {
    let Some(file) = shared("samples/xds/codes/codes.xml") else { return };
    let table = xml_tree::parse(&std::fs::read(file).unwrap()).unwrap();
    let known: BTreeSet<(String, String, String)> = table
        .elements()
        .flat_map(|kind| kind.elements().map(move |code| (kind, code)))
        .map(|(kind, code)| {
            let text =
                |element: &Element, name| element.attribute(name).unwrap_or_default().to_owned();
            (text(kind, "classScheme"), text(code, "code"), text(code, "codingScheme"))
        })
        .collect();
    let suite = Suite::built_in();
    let mut n_codes = 0;
    for case in suite.cases().unwrap() {
        for request in requests(&suite, &case) {
            let Ok(root) = xml_tree::parse(&envelope_of(&request)) else { continue };
            if BROKEN_BY_EDITS.iter().any(|pattern| fits(pattern, &case.id)) {
                continue;
            }
            for code in codes(&root) {
                assert!(known.contains(&code), "{}: {code:?} is not in the table", case.id);
                n_codes += 1;
            }
        }
    }
    assert!(n_codes > 100, "{n_codes}");
}

/// Classification scheme, code and coding scheme of every coded value of a message.
fn codes(element: &Element) -> Vec<(String, String, String)> {
    let mut found: Vec<(String, String, String)> = element.elements().flat_map(codes).collect();
    let code = element.attribute("nodeRepresentation").unwrap_or_default();
    if element.local == "Classification" && !code.is_empty() {
        let scheme = element.attribute("classificationScheme").unwrap_or_default().to_owned();
        let slot = element.elements().find(|slot| slot.local == "Slot").unwrap();
        found.push((scheme, code.to_owned(), slot.text().trim().to_owned()));
    }
    found
}

/// Where edits may break the schema: what is refused for it, and what is accepted in spite of it.
const BROKEN_BY_EDITS: &[&str] = &[
    "iti-42/*_refused",
    "iti-42/shape/lengths",
    "iti-41/*_refused",
    "iti-43/incomplete_request",
    "iti-44/feed/*_refused",
    "iti-45/answers/mood",
    "iti-45/answers/*_refused",
];

/// Schema-valid, so that a server which validates strictly can be tested as well.
#[test]
fn every_envelope_is_valid_by_the_published_schemas() {
    let Some(schemas) = shared("schemas") else { return };
    if Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("skipped: no xmllint");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let driver = folder.path().join("driver.xsd");
    let schemas = schemas.canonicalize().unwrap();
    let hl7v3 = folder.path().join("hl7v3.xsd");
    std::fs::write(&hl7v3, hl7v3_schema(&schemas)).unwrap();
    std::fs::write(&driver, driver_schema(&schemas, &hl7v3)).unwrap();
    let suite = Suite::built_in();
    let mut files = Vec::new();
    for case in suite.cases().unwrap() {
        for (step, request) in case.steps.iter().zip(requests(&suite, &case)) {
            let envelope = envelope_of(&request);
            let is_broken = BROKEN_BY_EDITS.iter().any(|pattern| fits(pattern, &case.id))
                && !step.edits.is_empty();
            if matches!(step.sending, Sending::Mllp(_) | Sending::Http | Sending::Notified(_))
                || xml_tree::parse(&envelope).is_err()
                || is_broken
            {
                continue;
            }
            // What XOP stands for: the element with the bytes in place of the Include.
            let envelope = without_includes(String::from_utf8(envelope).unwrap());
            let name = format!("{}-{}.xml", case.id.replace('/', "-"), files.len());
            std::fs::write(folder.path().join(&name), envelope).unwrap();
            files.push(folder.path().join(name));
        }
    }
    assert!(files.len() > 100, "{}", files.len());
    let run = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(&driver)
        .args(&files)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&run.stderr);
    let wrong: Vec<&str> = text.lines().filter(|line| !line.ends_with(" validates")).collect();
    assert!(run.status.success(), "{}", wrong.join("\n"));
}

/// A message without its Includes, however they are written.
fn without_includes(mut text: String) -> String {
    while let Some((before, after)) = text.split_once("<xop:Include") {
        let (start, rest) = after.split_once('>').unwrap();
        let rest = match start.ends_with('/') {
            true => rest,
            false => rest.strip_prefix("</xop:Include>").unwrap(),
        };
        text = format!("{before}{rest}");
    }
    text
}

/// One schema that knows the envelope and the payloads, so that `xs:any` of the Body is checked.
fn driver_schema(schemas: &Path, hl7v3: &Path) -> String {
    let import = |namespace: &str, file: &Path| {
        format!(
            "<xs:import namespace='{namespace}' schemaLocation='file://{}'/>",
            schemas.join("xds").join(file).display()
        )
    };
    let imports = [
        import("http://www.w3.org/2003/05/soap-envelope", Path::new("soap/soap12-envelope.xsd")),
        import("urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0", Path::new("ebRS/query.xsd")),
        import("urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0", Path::new("ebRS/lcm.xsd")),
        import("urn:ihe:iti:xds-b:2007", Path::new("IHE/XDS.b_DocumentRepository.xsd")),
        import("urn:hl7-org:v3", hl7v3),
    ];
    format!(
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>{}</xs:schema>",
        imports.concat()
    )
}

/// HL7 has one schema for each interaction, all of one namespace, which can be imported only once.
fn hl7v3_schema(schemas: &Path) -> String {
    let names = [
        "PRPA_IN201301UV02",
        "PRPA_IN201302UV02",
        "PRPA_IN201304UV02",
        "PRPA_IN201305UV02",
        "PRPA_IN201309UV02",
        "QUQI_IN000003UV01",
    ];
    let includes = names.map(|name| {
        let folder = schemas.join("hl7v3/multicacheschemas");
        format!("<xs:include schemaLocation='file://{}/{name}.xsd'/>", folder.display())
    });
    format!(
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:hl7-org:v3' \
         elementFormDefault='qualified'>{}</xs:schema>",
        includes.concat()
    )
}

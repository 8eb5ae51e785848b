//! Import of `codes.xml`, the published one of the XDS Toolkit and broken ones.

use std::path::Path;

use config::codes::ImportMode;
use config::codes_xml::{self, InvalidCodesXml, parse};
use config::{CodeAttribute, CodeTables};
use datatypes::Code;

/// Distinct codes per attribute in the published file.
const PUBLISHED: [(CodeAttribute, usize); 11] = [
    (CodeAttribute::ConfidentialityCode, 7),
    (CodeAttribute::HealthcareFacilityTypeCode, 133),
    (CodeAttribute::PracticeSettingCode, 53),
    (CodeAttribute::EventCodeList, 422),
    (CodeAttribute::MimeType, 11),
    (CodeAttribute::FolderCodeList, 2),
    (CodeAttribute::AssociationDocumentation, 2),
    (CodeAttribute::TypeCode, 52),
    (CodeAttribute::ContentTypeCode, 50),
    (CodeAttribute::ClassCode, 19),
    (CodeAttribute::FormatCode, 76),
];

#[test]
fn the_published_file_is_read_completely() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/samples/xds/codes/codes.xml");
    if !Path::new(file).exists() {
        eprintln!("skipped: no ../shared");
        return;
    }
    let read = codes_xml::read(Path::new(file)).unwrap();
    for (attribute, n_codes) in PUBLISHED {
        assert_eq!(read.tables.list(attribute).unwrap().len(), n_codes, "{attribute}");
    }
    assert_eq!(read.duplicates.len(), 15 + 3 + 3);
    assert_eq!(read.n_assigning_authorities_ignored, 3);
    assert_eq!(read.n_other_elements_ignored, 0);
    assert!(read.unknown_types.is_empty());

    let folder = tempfile::tempdir().unwrap();
    let codes = folder.path().join("codes.toml");
    let mut tables = CodeTables::default();
    tables.import(&read.tables, ImportMode::Add);
    tables.write(&codes).unwrap();
    assert_eq!(CodeTables::read(&codes).unwrap(), read.tables);
}

#[test]
fn repeated_and_unknown_things_are_reported() {
    let read = parse(
        br#"<Codes>
  <CodeType name="classCode">
    <Code code=" A " codingScheme="S" display="Alpha"/>
    <Code code="A" codingScheme="S" display="Again"/>
    <Note/>
  </CodeType>
  <CodeType name="classCode"><Code code="B" codingScheme="S" display="B &amp; C"></Code></CodeType>
  <CodeType name="shoeSize"><Code code="42"/></CodeType>
  <AssigningAuthority id="&amp;1.2.3&amp;ISO"/>
  <Else><Deep/></Else>
</Codes>"#,
    )
    .unwrap();
    let code = |code: &str, display: &str| Code {
        code: code.to_owned(),
        scheme: "S".to_owned(),
        display: display.to_owned(),
    };
    let list = read.tables.list(CodeAttribute::ClassCode).unwrap();
    assert_eq!(list.iter().cloned().collect::<Vec<_>>(), [code("A", "Alpha"), code("B", "B & C")]);
    assert_eq!(read.duplicates.len(), 1);
    assert_eq!(read.duplicates[0].code, code("A", "Again"));
    assert_eq!(read.unknown_types, ["shoeSize"]);
    assert_eq!(read.n_assigning_authorities_ignored, 1);
    assert_eq!(read.n_other_elements_ignored, 2);
}

#[track_caller]
fn check(text: &str, expected: InvalidCodesXml) {
    assert_eq!(parse(text.as_bytes()).unwrap_err(), expected);
}

#[test]
fn what_is_not_a_list_of_codes_is_refused_with_its_line() {
    check("<Lists/>", InvalidCodesXml::Root);
    check("<Codes>\n\n text</Codes>", InvalidCodesXml::Text { line: 1 });
    check("<Codes>\n<CodeType/></Codes>", InvalidCodesXml::TypeName { line: 2 });
    let class =
        |codes: &str| format!("<Codes><CodeType name='classCode'>\n{codes}</CodeType></Codes>");
    check(&class("<Code code='A'/>"), InvalidCodesXml::Code { line: 2 });
    check(
        &class("\n<Code code='' codingScheme='S' display='d'/>"),
        InvalidCodesXml::Code { line: 3 },
    );
    check(
        &class("<Code code='A' codingScheme='S' display='&#9;'/>"),
        InvalidCodesXml::Code { line: 2 },
    );
    let mime = "<Codes><CodeType name='mimeType'><Code code='pdf'/></CodeType></Codes>";
    check(mime, InvalidCodesXml::MimeType { line: 1 });
}

#[test]
fn broken_or_hostile_xml_is_refused() {
    for text in [
        "",
        "<Codes>",
        "<Codes/><Codes/>",
        "<!DOCTYPE Codes [<!ENTITY a 'b'>]><Codes/>",
        "<?xml version='1.0' encoding='ISO-2022-JP'?><Codes/>",
    ] {
        assert!(matches!(parse(text.as_bytes()), Err(InvalidCodesXml::Xml(_))), "{text}");
    }
}

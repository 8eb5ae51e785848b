//! `codes.toml`: reading, writing, importing.

use config::codes::{ImportMode, Membership};
use config::{CodeAttribute, CodeTables};
use proptest::prelude::*;

use crate::folder::{Folder, places};

fn tables(text: &str) -> CodeTables {
    let folder = Folder::new();
    folder.write("codes.toml", text);
    CodeTables::read(&folder.file("codes.toml")).unwrap()
}

#[track_caller]
fn check_faults(text: &str, expected: &[&str]) {
    let folder = Folder::new();
    folder.write("codes.toml", text);
    let faults = CodeTables::read(&folder.file("codes.toml")).unwrap_err();
    assert_eq!(places(&faults), expected, "{faults}");
}

const TWO: &str = r#"
classCode = [
  { code = "A", scheme = "S", display = "Alpha" },
  { code = "A", scheme = "T", display = "Alpha of T" },
]
mimeType = [{ code = "Application/PDF" }]
"#;

#[test]
fn code_and_scheme_decide_and_an_absent_list_does_not() {
    let tables = tables(TWO);
    let class = |code, scheme| tables.membership(CodeAttribute::ClassCode, code, scheme);
    assert_eq!(class("A", "S"), Membership::Listed);
    assert_eq!(class("A", "T"), Membership::Listed);
    assert_eq!(class("A", "U"), Membership::NotListed);
    assert_eq!(class("a", "S"), Membership::NotListed);
    assert_eq!(tables.membership(CodeAttribute::TypeCode, "x", "y"), Membership::Unchecked);
    assert_eq!(
        tables.list(CodeAttribute::ClassCode).unwrap().find("A", "T").unwrap().display,
        "Alpha of T"
    );
}

#[test]
fn mime_types_are_compared_without_case() {
    let tables = tables(TWO);
    assert_eq!(tables.mime_type_membership("application/PDF"), Membership::Listed);
    assert_eq!(tables.mime_type_membership("text/plain"), Membership::NotListed);
    assert_eq!(CodeTables::default().mime_type_membership("a/b"), Membership::Unchecked);
}

#[test]
fn all_faults_are_reported_with_their_lines() {
    check_faults(
        r#"classCode = [
  { code = "A", scheme = "S", display = "Alpha" },
  { code = "A", scheme = "S", display = "Other" },
  { code = "", scheme = "S", display = "Empty" },
  { code = "B", scheme = "S" },
  { code = "C", scheme = "S", display = "C", colour = "red" },
  "D",
]
typeCode = []
mimeType = [{ code = "pdf" }, { code = "text/plain", scheme = "S" }]
unknownCode = []
eventCodeList = 5
"#,
        &[
            "codes.toml:3: classCode.code",
            "codes.toml:4: classCode.code",
            "codes.toml:5: classCode.display",
            "codes.toml:6: classCode.colour",
            "codes.toml:7: classCode",
            "codes.toml:9: typeCode",
            "codes.toml:10: mimeType.code",
            "codes.toml:10: mimeType.scheme",
            "codes.toml:11: unknownCode",
            "codes.toml:12: eventCodeList",
        ],
    );
}

#[test]
fn the_long_form_of_toml_is_read_as_well() {
    let tables = tables("[[classCode]]\ncode = 'A'\nscheme = 'S'\ndisplay = 'x'\n");
    assert_eq!(tables.count(), 1);
}

fn one(code: &str, display: &str) -> CodeTables {
    let entry = format!("{{ code = \"{code}\", scheme = \"S\", display = \"{display}\" }}");
    tables(&format!("classCode = [{entry}]"))
}

#[test]
fn adding_keeps_what_is_there() {
    let mut present = one("A", "Alpha");
    let changes = present.import(&one("A", "Renamed"), ImportMode::Add);
    assert_eq!(present, one("A", "Alpha"));
    assert_eq!((changes[0].n_added, changes[0].n_display_names_differing), (0, 1));
    let changes = present.import(&one("B", "Beta"), ImportMode::Add);
    assert_eq!((changes[0].n_added, changes[0].n_removed, changes[0].n_now), (1, 0, 2));
}

#[test]
fn replacing_a_list_leaves_the_others() {
    let mut present = tables(TWO);
    let changes = present.import(&one("A", "Renamed"), ImportMode::Replace);
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].n_added, changes[0].n_removed, changes[0].n_now), (0, 1, 1));
    let class_codes = present.list(CodeAttribute::ClassCode).unwrap();
    assert_eq!(class_codes.find("A", "S").unwrap().display, "Renamed");
    assert_eq!(class_codes.len(), 1);
    assert_eq!(present.mime_type_membership("application/pdf"), Membership::Listed);
}

/// Texts with everything that TOML or XML treats specially.
fn code_text() -> impl Strategy<Value = String> {
    let text = "[a-z\"\\\\'#\\[\\]{}=,.&<> 日本語診療情報㍻𠮷é\u{2028}]{1,12}";
    text.prop_map(|text: String| text.trim().to_owned())
        .prop_filter("empty", |text| !text.is_empty())
}

fn any_tables() -> impl Strategy<Value = CodeTables> {
    let code = (code_text(), code_text(), code_text());
    let coded = CodeAttribute::ALL.into_iter().filter(|it| *it != CodeAttribute::MimeType);
    let attribute = proptest::sample::select(coded.collect::<Vec<_>>());
    let list = (attribute, proptest::collection::vec(code, 1..5));
    proptest::collection::vec(list, 0..4).prop_map(|lists| {
        let mut tables = CodeTables::default();
        for (attribute, codes) in lists {
            for (code, scheme, display) in codes {
                tables.add(attribute, datatypes::Code { code, scheme, display });
            }
        }
        tables
    })
}

proptest! {
    // Each case waits for the disk.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]
    #[test]
    fn what_is_written_is_read_back(tables in any_tables()) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("codes.toml");
        tables.write(&file).unwrap();
        let read = CodeTables::read(&file).unwrap();
        prop_assert_eq!(&read, &tables);
        prop_assert_eq!(read.to_toml(), std::fs::read_to_string(&file).unwrap());
    }

    #[test]
    fn importing_twice_changes_nothing_more(present in any_tables(), new in any_tables()) {
        for mode in [ImportMode::Add, ImportMode::Replace] {
            let mut once = present.clone();
            once.import(&new, mode);
            let mut twice = once.clone();
            let changes = twice.import(&new, mode);
            prop_assert_eq!(&twice, &once);
            prop_assert!(changes.iter().all(|change| change.n_added + change.n_removed == 0));
            for (attribute, list) in new.iter() {
                for code in list {
                    let membership = once.membership(attribute, &code.code, &code.scheme);
                    prop_assert_eq!(membership, Membership::Listed);
                }
            }
        }
    }
}

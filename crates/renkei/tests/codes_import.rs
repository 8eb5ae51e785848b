//! `renkei codes import`.

use std::path::Path;

use crate::command::Workplace;

const ONE: &str = r#"<Codes>
  <CodeType name="classCode">
    <Code code="A" display="Alpha" codingScheme="S"/>
    <Code code="A" display="Again" codingScheme="S"/>
  </CodeType>
  <CodeType name="shoeSize"/>
  <AssigningAuthority id="&amp;1.2.3&amp;ISO"/>
</Codes>"#;

const OTHER: &str = r#"<Codes>
  <CodeType name="classCode"><Code code="B" display="診療 &quot;B&quot;\" codingScheme="S"/></CodeType>
</Codes>"#;

fn workplace() -> Workplace {
    let workplace = Workplace::initialised();
    workplace.write("one.xml", ONE);
    workplace.write("other.xml", OTHER);
    workplace
}

#[test]
fn an_import_says_what_it_did() {
    let workplace = workplace();
    let said = workplace.succeed(&["codes", "import", "one.xml"]);
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "classCode: 1 added, 0 removed, 1 now",
            "1 repetitions of a code, the first one counts",
            "1 assigning authorities ignored",
            "unknown CodeType ignored: shoeSize",
            "the agreement has changed: raise `version` in data/affinity-domain.toml",
            "no community runs here: the next start uses it",
        ]
    );
    assert!(workplace.succeed(&["check-config"]).contains(", 1 codes"));
}

#[test]
fn importing_twice_changes_nothing() {
    let workplace = workplace();
    workplace.succeed(&["codes", "import", "one.xml"]);
    let once = workplace.read("data/codes.toml");
    let said = workplace.succeed(&["codes", "import", "one.xml"]);
    assert!(said.starts_with("classCode: 0 added, 0 removed, 1 now\n"), "{said}");
    assert!(said.ends_with("nothing has changed\n"), "{said}");
    assert_eq!(workplace.read("data/codes.toml"), once);
}

#[test]
fn a_second_file_adds_or_replaces() {
    let workplace = workplace();
    workplace.succeed(&["codes", "import", "one.xml"]);
    let said = workplace.succeed(&["codes", "import", "other.xml"]);
    assert!(said.starts_with("classCode: 1 added, 0 removed, 2 now\n"), "{said}");
    let said = workplace.succeed(&["codes", "import", "--replace", "other.xml"]);
    assert!(said.starts_with("classCode: 0 added, 1 removed, 1 now\n"), "{said}");
    let codes = workplace.read("data/codes.toml");
    let line = r#"{ code = "B", scheme = "S", display = "診療 \"B\"\\" }"#;
    assert!(codes.contains(line), "{codes}");
    assert!(!codes.contains("Alpha"), "{codes}");
    workplace.succeed(&["check-config"]);
}

#[test]
fn a_broken_file_changes_nothing() {
    let workplace = workplace();
    let before = workplace.read("data/codes.toml");
    workplace.write("broken.xml", "<Codes>\n<CodeType name='classCode'><Code/></CodeType></Codes>");
    let said = workplace.fail(&["codes", "import", "broken.xml"]);
    assert!(said.contains("broken.xml is not a list of codes"), "{said}");
    assert!(said.contains("line 2: a Code needs"), "{said}");
    workplace.fail(&["codes", "import", "absent.xml"]);
    assert_eq!(workplace.read("data/codes.toml"), before);
}

#[test]
fn a_faulty_agreement_is_reported_and_not_touched() {
    let workplace = workplace();
    workplace.write("data/codes.toml", "classKode = []\n");
    let said = workplace.fail(&["codes", "import", "one.xml"]);
    assert!(said.contains("data/codes.toml:1: classKode: unknown key"), "{said}");
    assert_eq!(workplace.read("data/codes.toml"), "classKode = []\n");
}

#[test]
fn the_published_tables_are_imported() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/samples/xds/codes/codes.xml");
    if !Path::new(file).exists() {
        eprintln!("skipped: no ../shared");
        return;
    }
    let workplace = Workplace::initialised();
    let said = workplace.succeed(&["codes", "import", file]);
    assert!(said.contains("eventCodeList: 422 added, 0 removed, 422 now\n"), "{said}");
    assert!(said.contains("21 repetitions of a code"), "{said}");
    let checked = workplace.succeed(&["check-config"]);
    assert!(checked.contains(", 827 codes"), "{checked}");
}

//! Shared steps, edits of messages, and the tables that become cases.

use super::endpoints;
use crate::case::{Case, CaseError};
use crate::edit::{Edit, EditError, edited};
use crate::scope::Scope;
use crate::suite::{Suite, SuiteError};
use crate::template::Template;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;

/// A suite of these files beside an empty `cases/` and `messages/`.
fn suite(files: &[(&str, &str)]) -> Result<Vec<Case>, SuiteError> {
    let folder = tempfile::tempdir().unwrap();
    for part in ["cases", "messages"] {
        fs::create_dir(folder.path().join(part)).unwrap();
    }
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Suite::in_folder(folder.path()).unwrap().cases()
}

#[track_caller]
fn fault(files: &[(&str, &str)]) -> CaseError {
    match suite(files).unwrap_err() {
        SuiteError::Cases(mut faults) => faults.pop().unwrap().1,
        SuiteError::Unreadable { path, .. } => panic!("{} cannot be read", path.display()),
    }
}

#[derive(Deserialize)]
struct Edits {
    edits: Vec<Edit>,
}

fn with_edits(message: &str, edits: &str) -> Result<String, EditError> {
    let Edits { edits } = toml::from_str(&format!("edits = [{edits}]")).unwrap();
    let (suite, endpoints) = (Suite::built_in(), endpoints());
    let scope = Scope::new(&endpoints, "seed".to_owned(), "20260401093000".to_owned());
    let variables = BTreeMap::from([("name".to_owned(), "a<b".to_owned())]);
    let template = Template { suite: &suite, scope: &scope, variables: &variables };
    edited(message, &edits, &template)
}

const MESSAGE: &str = "<r:ObjectRefList xmlns:r='urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0'>\
    <r:ObjectRef id='a'/>-<r:ObjectRef id='b' home='h'/></r:ObjectRefList>";

#[track_caller]
fn check(edits: &str, demanded: &str) {
    let text = with_edits(MESSAGE, edits).unwrap();
    let inner = text.split_once('>').unwrap().1.split_once('>').unwrap().1;
    assert_eq!(inner, format!("{demanded}</rim:ObjectRefList>"));
}

#[test]
fn edits_change_what_is_at_the_path() {
    let (a, b) = ("<rim:ObjectRef id=\"a\">", "<rim:ObjectRef id=\"b\" home=\"h\">");
    let end = "</rim:ObjectRef>";
    check("{ remove = \"//rim:ObjectRef[@id='a']\" }", &format!("-{b}{end}"));
    check("{ remove = '//rim:ObjectRef' }", "-");
    check(
        "{ remove_attribute = { of = '//rim:ObjectRef', name = 'home' } }",
        &format!("{a}{end}-<rim:ObjectRef id=\"b\">{end}"),
    );
    check(
        "{ set_attribute = { of = \"//rim:ObjectRef[@id='b']\", name = 'home', to = '${name}' } }",
        &format!("{a}{end}-<rim:ObjectRef id=\"b\" home=\"a&lt;b\">{end}"),
    );
    check(
        "{ set_attribute = { of = \"//rim:ObjectRef[@id='a']\", name = 'lid', to = '1' } }",
        &format!("<rim:ObjectRef id=\"a\" lid=\"1\">{end}-{b}{end}"),
    );
    check(
        "{ set_text = { of = \"//rim:ObjectRef[@id='a']\", to = '${name}' } }",
        &format!("{a}a&lt;b{end}-{b}{end}"),
    );
    check(
        "{ before = { of = '//rim:ObjectRef', markup = '<rim:Slot name=\"${name}\"/>' } }",
        &format!(
            "<rim:Slot name=\"a&lt;b\"></rim:Slot>{a}{end}-<rim:Slot name=\"a&lt;b\"></rim:Slot>{b}{end}"
        ),
    );
    check(
        "{ append = { of = '//rim:ObjectRefList', markup = '<rim:Slot/><rim:Name/>' } }",
        &format!("{a}{end}-{b}{end}<rim:Slot></rim:Slot><rim:Name></rim:Name>"),
    );
}

#[test]
fn edits_are_made_in_their_order() {
    check(
        "{ remove = \"//rim:ObjectRef[@id='a']\" }, \
         { set_attribute = { of = '//rim:ObjectRef', name = 'id', to = 'a' } }, \
         { remove = \"//rim:ObjectRef[@id='a']\" }",
        "-",
    );
}

#[test]
fn an_edit_that_changes_nothing_is_an_error() {
    for edit in [
        "{ remove = '//rim:Slot' }",
        "{ remove = '//rim:ObjectRef/@id' }",
        "{ remove = '/rim:ObjectRefList' }",
        "{ set_text = { of = \"//rim:ObjectRef[@id='c']\", to = 'x' } }",
    ] {
        assert!(matches!(with_edits(MESSAGE, edit), Err(EditError::Nothing(_))), "{edit}");
    }
    let broken = "{ append = { of = '//rim:ObjectRef', markup = '<rim:Slot>' } }";
    assert!(matches!(with_edits(MESSAGE, broken), Err(EditError::Xml(_))));
    assert!(matches!(with_edits("<a", "{ remove = '//rim:Slot' }"), Err(EditError::Xml(_))));
}

#[test]
fn names_of_other_namespaces_survive_an_edit() {
    let message = "<a xmlns='urn:other' xmlns:x='urn:x' xml:lang='ja' x:b='1'><x:c/></a>";
    let edit = "{ set_attribute = { of = '//*', name = 'd', to = '2' } }";
    let text = with_edits(message, edit).unwrap();
    let root = crate::xml_tree::parse(text.as_bytes()).unwrap();
    assert!(root.is("urn:other", "a"));
    assert_eq!(root.attribute_in(crate::namespaces::XML, "lang"), Some("ja"));
    assert_eq!(root.attribute_in("urn:x", "b"), Some("1"));
    assert_eq!(root.attribute("d"), Some("2"));
    assert_eq!(root.child("urn:x", "c").unwrap().attribute("d"), Some("2"));
}

const STEP: &str = "name = 'shared'\ntransaction = 'ITI-18'\nkind = 'soap'\nendpoint = 'registry'\n\
    action = 'urn:a'\nmessage = 'm.xml'\nvariables = { a = '1', b = '2' }\nchecks = ['no_fault']\n";
const CASE: &str = "id = 'x/a'\nrequirement = 'It works.'\nparagraph = 'p'\nneeds = ['registry']\n";

#[test]
fn a_step_is_like_another_but_for_what_it_says_itself() {
    let case = format!(
        "{CASE}[[step]]\nlike = 'two'\nname = 'own'\nvariables = {{ b = '3' }}\nchecks = [{{ response_status = 'Success' }}]"
    );
    let two = "like = 'one'\nmessage = 'other.xml'";
    let cases =
        suite(&[("steps/one.toml", STEP), ("steps/two.toml", two), ("cases/x/a.toml", &case)]);
    let step = &cases.unwrap()[0].steps[0];
    assert_eq!((step.name.as_str(), step.transaction.as_str()), ("own", "ITI-18"));
    assert!(matches!(&step.message, crate::case::Message::File(file) if file == "other.xml"));
    assert_eq!((step.variables["a"].as_str(), step.variables["b"].as_str()), ("1", "3"));
    assert_eq!(step.checks.len(), 2);
}

#[test]
fn a_step_is_not_like_nobody_or_itself() {
    let case = format!("{CASE}[[step]]\nlike = 'one'\n");
    assert!(matches!(fault(&[("cases/x/a.toml", &case)]), CaseError::NoSuchStep(_)));
    let circle = [("steps/one.toml", "like = 'one'"), ("cases/x/a.toml", &case)];
    assert!(matches!(fault(&circle), CaseError::NoSuchStep(_)));
    assert!(matches!(fault(&[("steps/one.toml", "colour = 'red'")]), CaseError::Format(_)));
}

const QUERIES: &str = "query = 'Q'\nid = 'urn:uuid:1'\nparagraph = 'p'\nneeds = ['registry']\n\
    like = 'one'\n[parameters]\n'$A' = \"'1'\"\n[[parameter]]\nname = '$B'\ncase = 'b'\n\
    finds = [{ value = [['x'], ['y']], entries = ['e'] }]\nrefuses = [{ codes = ['C'] }]\n";

#[test]
fn a_row_of_queries_gives_a_case_that_finds_and_one_that_is_refused() {
    let files = [("steps/one.toml", STEP), ("queries/x/q.toml", QUERIES)];
    let cases = suite(&files).unwrap();
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["x/q/b", "x/q/b_refused"]);
    // One slot for $A, and two for $B or none.
    assert_eq!(cases[0].steps[0].edits.len(), 3);
    assert_eq!(cases[1].steps[0].edits.len(), 1);
    assert_eq!(cases[0].steps[0].variables["query_id"], "urn:uuid:1");
    let same = "query = 'R'\nid = 'urn:uuid:2'\nsame_as = 'x/q'\nparagraph = 'p'\n\
        needs = ['registry']\nlike = 'one'\nexcept = ['$A']\n";
    let cases = suite(&[files[0], files[1], ("queries/x/r.toml", same)]).unwrap();
    assert_eq!(cases[2].id, "x/r/b");
    assert_eq!(cases[2].steps[0].edits.len(), 2);
}

#[test]
fn a_row_that_demands_nothing_is_refused() {
    let empty = QUERIES.replace("finds =", "# ").replace("refuses =", "# ");
    let files = [("steps/one.toml", STEP), ("queries/x/q.toml", empty.as_str())];
    assert!(matches!(fault(&files), CaseError::Row { .. }));
    let lost = QUERIES.replace("needs", "same_as = 'x/none'\nneeds");
    let files = [("steps/one.toml", STEP), ("queries/x/q.toml", lost.as_str())];
    assert!(matches!(fault(&files), CaseError::Row { .. }));
    let misspelt = QUERIES.replace("codes", "code");
    let files = [("steps/one.toml", STEP), ("queries/x/q.toml", misspelt.as_str())];
    assert!(matches!(fault(&files), CaseError::Format(_)));
}

const SUBMISSIONS: &str = "paragraph = 'p'\nneeds = ['registry']\nlike = 'one'\n[[row]]\n\
    case = 'r'\nrequirement = 'It is so.'\naccepted = [{}]\nrefused = [{ codes = ['C'] }]\n";

#[test]
fn a_row_of_submissions_ends_with_a_look_at_what_was_kept() {
    let files = [
        ("steps/one.toml", STEP),
        ("steps/submission_sets.toml", STEP),
        ("submissions/x/s.toml", SUBMISSIONS),
    ];
    let cases = suite(&files).unwrap();
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["x/s/r", "x/s/r_refused"]);
    assert_eq!((cases[0].steps.len(), cases[1].steps.len()), (2, 2));
    // What may go either way says nothing about what is kept.
    let either = SUBMISSIONS.replace("{ codes", "{ either = true, codes");
    let files = [files[0], files[1], ("submissions/x/s.toml", either.as_str())];
    assert_eq!(suite(&files).unwrap()[1].steps.len(), 1);
    let empty = SUBMISSIONS.replace("accepted =", "# ").replace("refused =", "# ");
    let files = [files[0], files[1], ("submissions/x/s.toml", empty.as_str())];
    assert!(matches!(fault(&files), CaseError::Row { .. }));
}

/// The keys of a table whose documents are looked for.
const PROVIDED: &str = "paragraph = 'p'\nneeds = ['registry']\nlike = 'one'\nretrieved = 'there'\n\
    not_retrieved = 'gone'\nanswers = ['relates_to_request']\n[[row]]\ncase = 'r'\n\
    requirement = 'It is so.'\naccepted = [{}, { variables = { unique_id = 'own' } }]\n\
    refused = [{}, { fault = 'Sender' }, { fault = 'any' }, { unseen = true }]\n";

#[test]
fn documents_of_a_table_are_looked_for() {
    let mtom = STEP.replace("'soap'", "'mtom'");
    let named = |name: &str| mtom.replace("'shared'", &format!("'{name}'"));
    let (there, gone) = (named("there"), named("gone"));
    let files = [
        ("steps/one.toml", mtom.as_str()),
        ("steps/there.toml", &there),
        ("steps/gone.toml", &gone),
        ("steps/submission_sets.toml", STEP),
        ("submissions/x/s.toml", PROVIDED),
    ];
    let cases = suite(&files).unwrap();
    let names =
        |case: &Case| case.steps.iter().map(|step| step.name.clone()).collect::<Vec<String>>();
    let accepted = ["accepted", "there", "accepted", "there", "all of it is kept"];
    assert_eq!(names(&cases[0]), accepted);
    let ids = cases[0].steps.iter().filter_map(|step| step.variables.get("unique_id"));
    let place = "${oid:document 0}";
    assert_eq!(ids.collect::<Vec<_>>(), [place, place, "own", "own"]);
    let refused = ["refused", "gone", "refused", "gone", "refused", "gone", "refused"];
    assert_eq!(names(&cases[1])[..7], refused);
    // What is wrong with a message itself is no matter of its addressing headers.
    let relates = |place: usize| {
        let checks = &cases[1].steps[place].checks;
        checks.iter().any(|check| matches!(check, crate::check::Check::RelatesToRequest))
    };
    assert_eq!([0, 2, 4, 6].map(relates), [true, false, false, true]);
}

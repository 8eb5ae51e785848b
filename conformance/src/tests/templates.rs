//! Substitution: variables, defaults, includes, escaping, earlier answers.

use super::{endpoints, endpoints_of, hl7, soap};
use crate::scope::Scope;
use crate::suite::Suite;
use crate::template::{Escape, Template, TemplateError};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;

/// A suite of some messages; the folder must live as long as the files are read.
fn suite() -> Suite {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("cases")).unwrap();
    fs::create_dir_all(folder.path().join("messages/part")).unwrap();
    fs::write(folder.path().join("messages/outer.xml"), "<a>${include:part/b.xml}</a>\n").unwrap();
    fs::write(folder.path().join("messages/part/b.xml"), "<b>${name|<none/>}</b>\n").unwrap();
    fs::write(folder.path().join("messages/copy.xml"), "<c>${x}</c>\n").unwrap();
    fs::write(folder.path().join("messages/circle.xml"), "${include:circle.xml}").unwrap();
    Suite::in_folder(folder.path()).unwrap()
}

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[track_caller]
fn filled(text: &str, escape: Escape, pairs: &[(&str, &str)]) -> Result<String, TemplateError> {
    let (suite, endpoints) = (suite(), endpoints());
    let mut scope = Scope::new(&endpoints, "seed".to_owned(), "20260401093000".to_owned());
    scope.insert_document("report", b"hello world".to_vec());
    scope.next_message();
    scope.insert_answer(soap("", "<r:ObjectRef id='one &amp; only'/>"));
    scope.insert_answer(hl7("MSH|^~\\&|A|B\rMSA|AA|77\r"));
    let variables = variables(pairs);
    Template { suite: &suite, scope: &scope, variables: &variables }.text(text, escape)
}

#[track_caller]
fn check(text: &str, pairs: &[(&str, &str)], demanded: &str) {
    assert_eq!(filled(text, Escape::Xml, pairs).unwrap(), demanded);
}

#[test]
fn variables_and_defaults() {
    check("<a>${x}</a>", &[("x", "1")], "<a>1</a>");
    check("${x|2}", &[], "2");
    check("${x|2}", &[("x", "1")], "1");
    check("${x|}", &[], "");
    check("${x|${y|${now}}}", &[], "20260401093000");
    check("$XDSDocumentEntryStatus {} $", &[], "$XDSDocumentEntryStatus {} $");
}

#[test]
fn values_are_escaped_where_they_enter_xml_and_message_text_is_not() {
    check("<a>${x}</a>", &[("x", "a<b>&\"")], "<a>a&lt;b&gt;&amp;&quot;</a>");
    check("${x|<none/>}", &[], "<none/>");
    let plain = filled("${x}", Escape::Nothing, &[("x", "1^^^&2&ISO")]).unwrap();
    assert_eq!(plain, "1^^^&2&ISO");
}

#[test]
fn a_variable_is_a_template_and_may_include_markup() {
    check("${x}", &[("x", "<${y}>"), ("y", "&")], "&lt;&amp;&gt;");
    check("${x}", &[("x", "${include:outer.xml}"), ("name", "n")], "<a><b>n</b></a>");
    check("${include:outer.xml}", &[], "<a><b><none/></b></a>");
}

#[test]
fn copies_of_a_file_are_numbered() {
    check("${copies:3:copy.xml}", &[("x", "n${copy}")], "<c>n1</c><c>n2</c><c>n3</c>");
    check("${copies:${n}:copy.xml}", &[("n", "1"), ("x", "")], "<c></c>");
    check("${copies:0:copy.xml}", &[], "");
    let fault = filled("${copies:many:copy.xml}", Escape::Xml, &[]).unwrap_err();
    assert!(matches!(fault, TemplateError::Unknown(_)));
}

#[test]
fn identifiers_are_stable_within_a_run_and_differ_by_name() {
    let two = |text| filled(text, Escape::Nothing, &[]).unwrap();
    assert_eq!(two("${uuid:a}"), two("${uuid:a}"));
    assert_ne!(two("${uuid:a}"), two("${uuid:b}"));
    assert_ne!(two("${oid:a}"), two("${oid:b}"));
    assert!(datatypes::EntryUuid::parse(&two("${uuid:a}")).is_ok());
    assert!(datatypes::Oid::parse(&two("${oid:a}")).is_ok());
    assert!(datatypes::PatientId::parse(&two("${patient_id}")).is_ok());
    assert_ne!(two("${patient_id}"), two("${patient_id:other}"));
    assert!(two("${patient_id}").ends_with("^^^&1.2.3.4&ISO"));
    assert_eq!(two("${control_id}").len(), 20);
    assert_ne!(two("${oid:${now}}"), two("${oid:now}"));
}

#[test]
fn another_seed_gives_other_identifiers() {
    let (suite, endpoints, variables) = (suite(), endpoints(), variables(&[]));
    let with = |seed: &str| {
        let scope = Scope::new(&endpoints, seed.to_owned(), String::new());
        let template = Template { suite: &suite, scope: &scope, variables: &variables };
        template.value("${uuid:a}").unwrap()
    };
    assert_ne!(with("one"), with("two"));
}

#[test]
fn documents_and_earlier_answers() {
    check("${document:report.size}", &[], "11");
    check("${document:report.sha1}", &[], "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed");
    check("${document:report.sha1_upper_case}", &[], "2AAE6C35C94FCFB415DBE95F408B9CE91EE846ED");
    check("${document:report.base64}", &[], "aGVsbG8gd29ybGQ=");
    check("${document:report.text}", &[], "hello world");
    check("${step.1.//rim:ObjectRef/@id}", &[], "one &amp; only");
    check("${step.2.MSA-2}", &[], "77");
}

#[test]
fn what_cannot_be_filled_in_is_an_error() {
    let fault = |text| filled(text, Escape::Xml, &[("x", "${x}")]).unwrap_err();
    assert!(matches!(fault("${nobody}"), TemplateError::Unknown(name) if name == "nobody"));
    assert!(matches!(fault("${x}"), TemplateError::Circle));
    assert!(matches!(fault("${include:circle.xml}"), TemplateError::Circle));
    assert!(matches!(fault("${include:none.xml}"), TemplateError::NoSuchMessage(_)));
    assert!(matches!(fault("a ${now"), TemplateError::Unclosed));
    for text in [
        "${document:none.size}",
        "${document:report.colour}",
        "${step.1.//rim:Association/@id}",
        "${step.1.no path}",
        "${step.2.MSA-9}",
        "${step.3.//rim:ObjectRef/@id}",
        "${step.0.//rim:ObjectRef/@id}",
    ] {
        assert!(matches!(fault(text), TemplateError::Value(_)), "{text}");
    }
}

#[test]
fn a_value_the_endpoints_file_lacks_is_an_error() {
    let (suite, endpoints, variables) = (suite(), endpoints_of(json!({})), variables(&[]));
    let scope = Scope::new(&endpoints, String::new(), String::new());
    let template = Template { suite: &suite, scope: &scope, variables: &variables };
    assert!(template.value("${patient_id}").is_err());
    assert!(template.value("${repository_unique_id}").is_err());
    assert!(template.value("${oid:a}").is_ok());
}

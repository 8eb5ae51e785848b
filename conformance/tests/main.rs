//! The command line as its user sees it.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use std::fs;
use std::process::{Command, Output};

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_renkei-conformance")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn list_and_show() {
    let list = program(&["list"]);
    assert!(list.status.success());
    assert!(text(&list.stdout).contains("iti-42/unknown_patient\n"));
    let show = program(&["show", "iti-42/unknown_patient"]);
    assert!(text(&show.stdout).starts_with("id = \"iti-42/unknown_patient\""));
    assert_eq!(program(&["show", "iti-42/nothing"]).status.code(), Some(2));
    let show = program(&["show", "iti-18/find_documents/class_code_refused"]);
    assert!(text(&show.stdout).starts_with("query = \"FindDocuments\""));
    let coverage = program(&["list", "--coverage"]);
    assert!(text(&coverage.stdout).contains(
        "\nFindDocuments $XDSDocumentEntryClassCode\n    + iti-18/find_documents/class_code\n"
    ));
}

#[test]
fn a_server_without_endpoints_skips_everything() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("endpoints.json");
    fs::write(&file, "{}").unwrap();
    let run = program(&["run", "--endpoints", file.to_str().unwrap(), "--case", "iti-43/*"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let text = text(&run.stdout);
    assert!(
        text.contains("skipped  iti-43/unknown_document: the endpoints file has no `repository`")
    );
    assert!(text.ends_with("0 passed, 0 failed, 13 skipped\n"), "{text}");
}

#[test]
fn a_failed_case_gives_exit_code_1_and_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("endpoints.json"), r#"{ "registry": "http://127.0.0.1:1/" }"#).unwrap();
    let run = program(&[
        "run",
        "--endpoints",
        &path("endpoints.json"),
        "--case",
        "iti-18/not_well_formed",
        "--evidence",
        &path("evidence"),
        "--json",
        &path("report.json"),
    ]);
    assert_eq!(run.status.code(), Some(1), "{}", text(&run.stderr));
    assert!(text(&run.stdout).starts_with("fail     iti-18/not_well_formed: step 1"));
    assert!(text(&run.stdout).ends_with("0 passed, 1 failed, 0 skipped\n"));
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(path("report.json")).unwrap()).unwrap();
    assert_eq!(report["cases"][0]["outcome"], "fail");
    let request = report["cases"][0]["steps"][0]["request"].as_str().unwrap();
    assert!(fs::read_to_string(request).unwrap().contains("<soap12:Envelope"));
}

#[test]
fn an_excepted_case_is_reported_as_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("endpoints.json");
    fs::write(&file, r#"{ "registry": "http://127.0.0.1:1/" }"#).unwrap();
    let arguments = ["run", "--case", "iti-18/not_*", "--except", "*formed", "--endpoints"];
    let run = program(&[&arguments[..], &[file.to_str().unwrap()]].concat());
    assert_eq!(run.status.code(), Some(0));
    assert_eq!(
        text(&run.stdout),
        "skipped  iti-18/not_well_formed: excepted by --except\n0 passed, 0 failed, 1 skipped\n"
    );
}

#[test]
fn mistakes_on_the_command_line_are_not_success() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("endpoints.json");
    fs::write(&file, "{}").unwrap();
    let file = file.to_str().unwrap();
    let no_run = |arguments: &[&str]| {
        let run = program(arguments);
        assert_eq!(run.status.code(), Some(2));
        text(&run.stderr)
    };
    assert_eq!(
        no_run(&["run", "--endpoints", file, "--case", "iti-99/*"]),
        "error: no case fits `iti-99/*`\n"
    );
    no_run(&["run", "--endpoints", file, "--except", "iti-99/*"]);
    let absent = no_run(&["run", "--endpoints", "/nowhere/endpoints.json"]);
    assert!(absent.starts_with("error: /nowhere/endpoints.json cannot be read: "), "{absent}");
    no_run(&["run", "--endpoints", file, "--cert", "a.pem"]);
}

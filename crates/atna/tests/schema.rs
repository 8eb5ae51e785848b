//! Everything that is written is valid by the published schema.

use std::path::Path;
use std::process::Command;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

use crate::generate::audit_message;
use crate::support::{read, shared};

/// How many generated messages are validated.
const N_MESSAGES: usize = 200;

/// Validates all `messages`, and shows that the validator finds fault with a broken one.
#[track_caller]
fn check(messages: &[String]) {
    let Some(schema) = shared("schemas/atna/dicom2017c.xsd") else { return };
    if Command::new("xmllint").arg("--version").output().is_err() {
        println!("skipped: no xmllint");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (n, message) in messages.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{n}.xml")), message).unwrap();
    }
    let errors = validate(&schema, folder.path());
    assert!(errors.is_empty(), "{errors}");
    let broken = messages.first().unwrap().replacen('>', "><unknown/>", 1);
    std::fs::write(folder.path().join("0.xml"), broken).unwrap();
    assert!(validate(&schema, folder.path()).contains("unknown"));
}

/// What `xmllint` has to say against the messages in `folder`.
#[track_caller]
fn validate(schema: &Path, folder: &Path) -> String {
    let mut command = Command::new("xmllint");
    command.args(["--nonet", "--noout", "--schema"]).arg(schema);
    for file in std::fs::read_dir(folder).unwrap() {
        command.arg(file.unwrap().path());
    }
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let complaints: Vec<_> = errors.lines().filter(|line| !line.ends_with(" validates")).collect();
    assert_eq!(output.status.success(), complaints.is_empty(), "{errors}");
    complaints.join("\n")
}

#[test]
fn any_message_is_valid() {
    let mut runner = TestRunner::deterministic();
    let messages =
        (0..N_MESSAGES).map(|_| audit_message().new_tree(&mut runner).unwrap().current().to_xml());
    check(&messages.collect::<Vec<_>>());
}

/// An old message is valid when it is written again: codes are complete, attributes have their new names.
#[test]
fn samples_written_again_are_valid() {
    let Some(folder) = shared("samples/atna") else { return };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "xml"));
    let texts = files.map(|path| std::fs::read_to_string(path).unwrap());
    let messages: Vec<String> = texts.map(|text| read(&text).unwrap().to_xml()).collect();
    assert_eq!(messages.len(), 16);
    check(&messages);
}

//! Validation of answers by the published schemas, where they and `xmllint` are at hand.

use std::path::PathBuf;
use std::process::Command;

/// Validates the payloads of answers to stored queries, and shows that the validator finds fault with a
/// broken one.
#[track_caller]
pub(crate) fn check_answers(envelopes: &[String]) {
    let shared = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    if !shared.is_dir() {
        eprintln!("skipped: no ../shared");
        return;
    }
    if Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("skipped: no xmllint");
        return;
    }
    let payloads: Vec<&str> = envelopes.iter().map(|envelope| payload(envelope)).collect();
    let errors = validate(&shared, &payloads);
    assert!(errors.is_empty(), "{errors}");
    let broken = payloads.first().unwrap().replacen("<Name>", "<unknown/><Name>", 1);
    assert!(validate(&shared, &[&broken]).contains("unknown"));
}

/// The child of the SOAP body, which declares every prefix that it uses.
fn payload(envelope: &str) -> &str {
    let start = envelope.find("<query:AdhocQueryResponse").unwrap();
    let tail = "</query:AdhocQueryResponse>";
    let end = envelope.find(tail).unwrap() + tail.len();
    envelope.get(start..end).unwrap()
}

/// What `xmllint` has to say against the payloads.
#[track_caller]
fn validate(shared: &std::path::Path, payloads: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("xmllint");
    command.args(["--nonet", "--noout", "--schema"]).arg(shared.join("schemas/xds/ebRS/query.xsd"));
    for (n, payload) in payloads.iter().enumerate() {
        let file = folder.path().join(format!("{n}.xml"));
        std::fs::write(&file, payload).unwrap();
        command.arg(file);
    }
    let output = command.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let complaints: Vec<_> = errors.lines().filter(|line| !line.ends_with(" validates")).collect();
    assert_eq!(output.status.success(), complaints.is_empty());
    complaints.join("\n")
}

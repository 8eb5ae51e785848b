//! `renkei trust issuer`, and the shell examples of the document about issuers.

use std::path::Path;
use std::process::Command;

use crate::command::Workplace;
use crate::wire::running::Running;

/// A self-signed certificate that is valid for so many days.
fn certificate(workplace: &Workplace, name: &str, days: &str) {
    let mut command = Command::new("openssl");
    command.args("req -x509 -newkey rsa:2048 -nodes -subj /CN=idp -days".split(' ')).arg(days);
    command.arg("-keyout").arg(workplace.path("key.pem")).arg("-out").arg(workplace.path(name));
    assert!(command.output().unwrap().status.success());
}

const URI: &str = "https://idp.example/saml";

#[test]
fn an_issuer_is_in_the_agreement_afterwards() {
    let workplace = Workplace::initialised();
    certificate(&workplace, "idp.pem", "365");
    let trust = ["trust", "issuer", "--uri", URI, "--cert", "idp.pem", "--member", "1319999999"];
    let said = workplace.succeed(&trust);
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].starts_with("data/trust/idp-") && lines[0].ends_with(".pem"), "{said}");
    assert_eq!(lines[1], "a new issuer in version 2 of the agreement");
    assert_eq!(lines[2], "no community runs here: the next start uses it");
    let checked = workplace.succeed(&["check-config"]);
    assert!(checked.starts_with("data: no fault; agreement 2-"), "{checked}");
    let line = checked.lines().last().unwrap();
    assert!(line.starts_with("assertion issuer https://idp.example/saml: 1 certificate, until 20"));
    assert!(line.ends_with("; speaks for members 1319999999"), "{line}");

    let said = workplace.succeed(&trust);
    assert_eq!(said, "nothing has changed: the issuer has this certificate\n");
    certificate(&workplace, "next.pem", "365");
    let said = workplace.succeed(&["trust", "issuer", "--uri", URI, "--cert", "next.pem"]);
    assert!(said.contains("one more certificate of the issuer in version 3"), "{said}");
    assert!(workplace.succeed(&["check-config"]).contains(": 2 certificates, until"));
}

#[test]
fn a_running_community_hears_of_it() {
    let workplace = Workplace::initialised();
    certificate(&workplace, "idp.pem", "365");
    let mut community = Running::start(&workplace.path("data"), "mtls");
    let said = workplace.succeed(&["trust", "issuer", "--uri", URI, "--cert", "idp.pem"]);
    let line = said.lines().last().unwrap();
    assert!(line.starts_with("agreement 2-") && line.ends_with(" is in force"), "{said}");
    // Its assertions, and everybody's, are ignored with open access.
    workplace.succeed(&["patient", "add", "JP0001"]);
    workplace.succeed(&["find", "--patient", "JP0001", "--role", "nurse"]);
    community.stop();
}

#[test]
fn certificates_that_end_soon_are_warned_of() {
    let workplace = Workplace::initialised();
    certificate(&workplace, "idp.pem", "29");
    let outcome = workplace.run(&["trust", "issuer", "--uri", URI, "--cert", "idp.pem"]);
    assert_eq!(outcome.code, 0);
    assert!(outcome.stderr.starts_with("warning: idp.pem expires on "), "{}", outcome.stderr);
    let outcome = workplace.run(&["check-config"]);
    assert_eq!(outcome.code, 0);
    let expected = "warning: a certificate of https://idp.example/saml expires on ";
    assert!(outcome.stderr.starts_with(expected), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.lines().count(), 1);
}

#[test]
fn what_is_refused_changes_nothing() {
    let workplace = Workplace::initialised();
    certificate(&workplace, "idp.pem", "365");
    let before = workplace.read("data/affinity-domain.toml");
    let refused = [
        (["--uri", URI, "--cert", "absent.pem", "--member", "1319999999"], "cannot be read"),
        (["--uri", URI, "--cert", "key.pem", "--member", "1319999999"], "no certificate in PEM"),
        (["--uri", URI, "--cert", "idp.pem", "--member", "1"], "no member has this code"),
        (["--uri", "idp", "--cert", "idp.pem", "--member", "1319999999"], "named by a URI"),
    ];
    for (arguments, expected) in refused {
        let said = workplace.fail(&[&["trust", "issuer"], &arguments[..]].concat());
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(workplace.read("data/affinity-domain.toml"), before);
}

/// Every block that a reader is told to type, in order, in the folder of a new community.
#[test]
fn the_examples_of_the_document_work() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/assertions.md");
    let document = std::fs::read_to_string(document).unwrap();
    let mut script = "set -eu\n".to_owned();
    let mut is_inside = false;
    for line in document.lines() {
        match line.trim() {
            "```sh" => is_inside = true,
            "```" => is_inside = false,
            command if is_inside => script.push_str(&format!("{command}\n")),
            _ => {}
        }
    }
    assert!(script.matches("renkei ").count() >= 6, "{script}");
    let workplace = Workplace::empty();
    workplace.succeed(&["init", "renkei-data"]);
    let program = Path::new(env!("CARGO_BIN_EXE_renkei")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(workplace.path(""))
        .env("PATH", path)
        .env_remove("RENKEI_DATA")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let checked = workplace.succeed(&["check-config", "--data", "renkei-data"]);
    assert!(checked.contains("https://idp.kita.example/saml: 2 certificates"), "{checked}");
}

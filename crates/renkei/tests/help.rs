//! Every command explains itself with examples.

use crate::command::Workplace;

#[test]
fn every_command_has_help_with_examples() {
    let workplace = Workplace::empty();
    for command in [
        vec!["--help"],
        vec!["init", "--help"],
        vec!["check-config", "--help"],
        vec!["codes", "--help"],
        vec!["codes", "import", "--help"],
        vec!["cert", "--help"],
        vec!["cert", "client", "--help"],
        vec!["trust", "--help"],
        vec!["trust", "issuer", "--help"],
        vec!["token", "--help"],
        vec!["patient", "--help"],
        vec!["patient", "add", "--help"],
        vec!["patient", "find", "--help"],
        vec!["patient", "show", "--help"],
        vec!["patient", "link", "--help"],
        vec!["patient", "unlink", "--help"],
        vec!["patient", "merge", "--help"],
        vec!["patient", "outbox", "--help"],
        vec!["patient", "import", "--help"],
        vec!["submit", "--help"],
        vec!["find", "--help"],
        vec!["fetch", "--help"],
        vec!["verify", "--help"],
        vec!["verify", "store", "--help"],
        vec!["verify", "audit", "--help"],
        vec!["reconcile", "--help"],
        vec!["audit", "--help"],
        vec!["audit", "find", "--help"],
        vec!["audit", "show", "--help"],
        vec!["audit", "report", "--help"],
        vec!["audit", "report", "patient", "--help"],
        vec!["audit", "report", "user", "--help"],
        vec!["audit", "report", "emergency", "--help"],
        vec!["audit", "report", "day", "--help"],
        vec!["audit", "report", "own-view", "--help"],
    ] {
        let help = workplace.succeed(&command);
        assert!(help.contains("Usage: renkei"), "{command:?}\n{help}");
        assert!(help.contains("Examples:\n  renkei ") || help.contains("Examples:\n  RENKEI"));
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let workplace = Workplace::empty();
    workplace.misuse(&[]);
    workplace.misuse(&["fly"]);
    workplace.misuse(&["init"]);
    workplace.misuse(&["check-config", "--date", "x"]);
    workplace.misuse(&["codes"]);
    workplace.misuse(&["trust"]);
    workplace.misuse(&["trust", "issuer", "--uri", "urn:x:1"]);
    workplace.misuse(&["token", "--purpose", ""]);
    workplace.misuse(&["patient"]);
    workplace.misuse(&["patient", "add"]);
    workplace.misuse(&["patient", "find"]);
    workplace.misuse(&["patient", "link", "1@a", "2@b"]);
    workplace.misuse(&["patient", "unlink", "1@a", "--reason", "x"]);
    workplace.misuse(&["patient", "outbox", "--retry", "1"]);
    workplace.misuse(&["patient", "import"]);
    workplace.misuse(&["submit", "a.pdf"]);
    workplace.misuse(&["find"]);
    workplace.misuse(&["fetch"]);
    workplace.misuse(&["verify"]);
    workplace.misuse(&["verify", "store", "--rate", "0"]);
    workplace.misuse(&["verify", "store", "--from", "x"]);
    workplace.misuse(&["reconcile", "--grace", "-1"]);
}

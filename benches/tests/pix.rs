//! `renkei-load pix` from start to end; every answer it counts is looked at by the driver itself.

use std::process::Command;

#[track_caller]
fn check(arguments: &[&str], n_rows: usize) {
    let output = Command::new(env!("CARGO_BIN_EXE_renkei-load"))
        .args(["pix", "--rounds", "1", "--seconds", "0.1", "--connections", "2"])
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let report = String::from_utf8_lossy(&output.stdout);
    assert_eq!(report.matches("| **").count(), 2 * n_rows, "{report}");
    assert!(!report.contains("NaN"), "{report}");
}

#[test]
fn a_manager_is_asked_and_fed_beside_plain_servers() {
    check(&["--patients", "60"], 8);
}

#[test]
fn two_managers_are_compared() {
    check(&["--patients", "30,60", "--tasks", "pix-query"], 5);
}

//! `renkei-load audit` from start to end; what a search finds is checked by the driver itself.

use std::process::Command;

#[track_caller]
fn check(arguments: &[&str], n_rows: usize) {
    let output = Command::new(env!("CARGO_BIN_EXE_renkei-load"))
        .args(["audit", "--rounds", "1"])
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let report = String::from_utf8_lossy(&output.stdout);
    assert_eq!(report.matches("| **").count(), n_rows, "{report}");
    assert!(!report.contains("NaN"), "{report}");
}

#[test]
fn messages_are_stored_in_turns() {
    check(&["--before", "200", "--records", "300", "--batch", "16"], 2);
}

#[test]
fn a_search_finds_as_many_in_both_stores() {
    check(&["--search", "--before", "12000"], 2);
}

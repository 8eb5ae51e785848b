//! `renkei-load transfer` from start to end: every answer it counts is checked by the driver itself.

use std::process::Command;

#[track_caller]
fn check(arguments: &[&str], n_rows: usize) {
    let output = Command::new(env!("CARGO_BIN_EXE_renkei-load"))
        .args(["transfer", "--sizes", "4096", "--rounds", "1", "--seconds", "0.1"])
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let report = String::from_utf8_lossy(&output.stdout);
    let rows = report.lines().filter(|line| line.starts_with("| ITI-4"));
    assert_eq!(rows.count(), n_rows, "{report}");
    assert!(!report.contains("NaN"), "{report}");
}

#[test]
fn documents_go_in_and_out_on_both_transports() {
    check(&["--connections", "2", "--stores", "new"], 4);
}

#[test]
fn an_upload_may_be_compared_without_commits() {
    let plain = ["--transport", "plain", "--operations", "upload", "--commits", "0"];
    check(&[&plain[..], &["--connections", "1", "--stores", "new"]].concat(), 1);
}

//! Readers that are known to be bad: a harness that finds nothing in them would find nothing anywhere.

use std::time::Duration;

use fuzz::campaign::{self, Report, Stop};
use fuzz::{Target, Verdict};

const GOOD: &str = "<a b=\"12\"><c>text</c></a>";

const fn target(name: &'static str, run: fn(&[u8]) -> Verdict) -> Target {
    Target {
        name,
        run,
        seeds: || vec![GOOD.as_bytes().to_vec()],
        samples: &[],
        tokens: &[&["<!DOCTYPE"]],
    }
}

fn run(run: fn(&[u8]) -> Verdict) -> Report {
    campaign::run(&target("bad", run), 1, Stop::AfterCases(20_000))
}

fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

#[test]
fn a_panic_is_found_and_its_input_made_small() {
    let report = run(|bytes| {
        assert!(!holds(bytes, "<!DOCTYPE"), "expanded");
        Ok("read".to_owned())
    });
    let failure = report.failure.unwrap();
    assert!(failure.what.contains("expanded"), "{}", failure.what);
    assert_eq!(failure.input, b"<!DOCTYPE");
}

/// Each step is unlikely, and nobody takes them at once: inputs that ended in a new way are changed further.
#[test]
fn what_lies_behind_other_verdicts_is_reached() {
    let report = run(|bytes| {
        let parts = ["<c><c>", "<a b=\"\"", "xt</c>text"];
        let n_reached = parts.into_iter().filter(|part| holds(bytes, part)).count();
        assert!(n_reached < 3 || bytes.len() < 30, "deep inside");
        Ok(format!("step {n_reached}"))
    });
    assert!(report.failure.is_some(), "{report:?}");
}

#[test]
fn a_reader_that_takes_too_long_is_found() {
    let slow = |bytes: &[u8]| {
        if bytes.len() < 16 {
            std::thread::sleep(Duration::from_millis(3_500));
        }
        Ok("read".to_owned())
    };
    let found = campaign::run_once(&target("slow", slow), b"short").unwrap_err();
    assert!(found.contains("5 bytes"), "{found}");
    assert!(campaign::run_once(&target("slow", slow), GOOD.as_bytes()).is_ok());
}

#[test]
fn a_seed_repeats_a_campaign() {
    let reports = [7, 7, 8].map(|seed| {
        let by_length = |bytes: &[u8]| Ok(bytes.len().to_string());
        let report = campaign::run(&target("lengths", by_length), seed, Stop::AfterCases(200));
        report.accepted
    });
    assert_eq!(reports[0], reports[1]);
    assert_ne!(reports[0], reports[2]);
}

//! The targets: quick enough for every run of the tests; `make fuzz` goes on for longer.

use fuzz::campaign::{self, Stop};
use fuzz::{TARGETS, Target};

/// Changed inputs for each reader.
const CASES: u64 = 400;
/// Any number; another one is another set of cases.
const SEED: u64 = 0x5EED;

#[track_caller]
fn check(target: &Target) {
    for (index, seed) in (target.seeds)().iter().enumerate() {
        let verdict = campaign::run_once(target, seed).map(|(verdict, _)| verdict);
        assert!(matches!(verdict, Ok(Ok(_))), "{} seed {index}: {verdict:?}", target.name);
    }
    let report = campaign::run(target, SEED, Stop::AfterCases(CASES));
    let found = report.failure.as_ref();
    let found = found.map(|failure| format!("{}\n{}", failure.what, failure.input.escape_ascii()));
    assert_eq!(found, None, "{}", target.name);
    // A target that refuses everything, or nothing, tests nothing.
    let n_accepted: u64 = report.accepted.values().sum();
    let n_refused: u64 = report.refused.values().sum();
    assert!(n_accepted > 0 && n_refused > 0, "{}: {n_accepted} of {n_refused}", target.name);
    let n_verdicts = report.accepted.len() + report.refused.len();
    assert!(n_verdicts > 3, "{}: {:?} {:?}", target.name, report.accepted, report.refused);
}

macro_rules! readers {
    ($($name:ident),*) => {
        $(#[test] fn $name() { check(fuzz::target(stringify!($name)).unwrap()); })*

        #[test]
        fn every_target_is_run() {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

readers!(
    mllp_frames,
    hl7v2_message,
    adt_feed,
    link_change,
    identity_management,
    hl7v2_query,
    hl7v2_response,
    content_type,
    multipart,
    inline_content,
    xml_events,
    soap_envelope,
    canonical_form,
    signed_envelope,
    submission,
    provided_documents,
    stored_query_request,
    stored_query_parameters,
    adhoc_query_response,
    registry_response,
    document_requests,
    hl7v3_feed,
    hl7v3_query,
    hl7v3_acknowledgement,
    syslog_frames,
    syslog_message,
    audit_message,
    time_answer,
    datatypes,
    stored_record,
    journal
);

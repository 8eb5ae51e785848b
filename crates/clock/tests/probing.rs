//! One question and what comes back.

use std::time::{Duration, Instant};

use clock::sntp::{Kiss, Refusal};
use clock::{ProbeError, probe};

use crate::server::{Manner, TimeServer};

/// For answers that come.
const LONG: Duration = Duration::from_secs(30);
/// For answers that do not.
const SHORT: Duration = Duration::from_millis(200);

async fn asked(manner: Manner, deadline: Duration) -> Result<i128, ProbeError> {
    let server = TimeServer::start(manner);
    let measured = probe(&server.name(), deadline).await?;
    Ok(measured.offset.as_millis())
}

#[track_caller]
fn assert_about(told: Result<i128, ProbeError>, expected_ms: i128) {
    let offset_ms = told.unwrap();
    // The machine may be busy: half of a way there or back.
    assert!((offset_ms - expected_ms).abs() < 500, "{offset_ms} ms");
}

#[tokio::test]
async fn a_skewed_clock_is_measured() {
    for skew_ms in [0, 5_000, -5_000, 86_400_000 * 365] {
        assert_about(asked(Manner::Tells(skew_ms), LONG).await, i128::from(skew_ms));
    }
}

#[tokio::test]
async fn an_answer_to_another_question_is_none() {
    let told = asked(Manner::OtherOrigin, SHORT).await;
    assert!(matches!(told, Err(ProbeError::Silence)), "{told:?}");
    assert_about(asked(Manner::OtherOriginFirst, LONG).await, 0);
}

#[tokio::test]
async fn an_answer_from_elsewhere_is_none() {
    let told = asked(Manner::OtherPort, SHORT).await;
    assert!(matches!(told, Err(ProbeError::Silence)), "{told:?}");
}

#[tokio::test]
async fn a_server_may_send_us_away() {
    let told = asked(Manner::Kiss(b"DENY"), LONG).await;
    assert!(matches!(told, Err(ProbeError::Refused(Refusal::Kiss(Kiss::Deny)))), "{told:?}");
    let told = asked(Manner::Unsynchronised, LONG).await;
    assert!(matches!(told, Err(ProbeError::Refused(Refusal::Unsynchronised))), "{told:?}");
}

#[tokio::test]
async fn silence_and_garbage_end() {
    let begin = Instant::now();
    let told = asked(Manner::Silent, SHORT).await;
    assert!(matches!(told, Err(ProbeError::Silence)), "{told:?}");
    let told = asked(Manner::Garbage, LONG).await;
    assert!(matches!(told, Err(ProbeError::Strays)), "{told:?}");
    assert!(begin.elapsed() < LONG, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn nobody_there_is_told() {
    let address = TimeServer::start(Manner::Silent).name();
    let told = probe(&address, LONG).await;
    assert!(matches!(told, Err(ProbeError::Socket(_))), "{told:?}");
}

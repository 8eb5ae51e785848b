//! The consumer that the runner is: what it hears, when, and what it answers.

use super::endpoints_of;
use crate::case::Case;
use crate::case::file::StepLibrary;
use crate::evidence::Evidence;
use crate::report::Outcome;
use crate::run::{Certificates, Runner};
use crate::suite::Suite;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CASE: &str = r#"
id = "x/told"
requirement = "Who changes is told of."
paragraph = "none"
needs = ["mllp", "consumer_mllp"]

[[step]]
name = "feed"
transaction = "ITI-8"
kind = "mllp"
endpoint = "mllp"
inline = 'MSH|^~\&|A|B|C|D|${now}||ADT^A04|${control_id}|P|2.3.1'
checks = [{ acknowledgement = "AA" }]

[[step]]
name = "hear of it"
transaction = "ITI-10"
kind = "notified"
endpoint = "consumer_mllp"
holds = ["TWO"]
lacks = ["ONE"]
checks = [{ hl7_value = { of = "PID-3.1", is = "TWO" } }]

[[step]]
name = "hear nothing else"
transaction = "ITI-10"
kind = "notified"
endpoint = "consumer_mllp"
holds = ["THREE"]
wait_ms = 50
checks = ["no_answer"]
"#;

/// A manager that notifies the consumer of these identifiers before it acknowledges a feed.
async fn manager(consumer: String, told: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = vec![0; 4096];
        while stream.read(&mut buffer).await.is_ok_and(|n_bytes| n_bytes > 0) {
            let mut out = TcpStream::connect(&consumer).await.unwrap();
            for id in told {
                let message = format!("\u{b}MSH|^~\\&|A|||||||N-{id}\rPID|||{id}\r\u{1c}\r");
                out.write_all(message.as_bytes()).await.unwrap();
                let n_bytes = out.read(&mut buffer).await.unwrap();
                let answer = String::from_utf8_lossy(&buffer[..n_bytes]).into_owned();
                assert!(answer.contains(&format!("MSA|AA|N-{id}\r")), "{answer}");
            }
            stream.write_all("\u{b}MSH|^~\\&|C\rMSA|AA|1\r\u{1c}\r".as_bytes()).await.unwrap();
        }
    });
    address.to_string()
}

async fn outcome(told: &'static [&'static str]) -> Outcome {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let consumer = free.local_addr().unwrap().to_string();
    drop(free);
    let endpoints = endpoints_of(json!({
        "mllp": manager(consumer.clone(), told).await, "consumer_mllp": consumer,
    }));
    let (suite, kept) = (Suite::built_in(), tempfile::tempdir().unwrap());
    let evidence = Evidence::new(kept.path().to_owned());
    let runner = Runner::new(&suite, &endpoints, &Certificates::default(), &evidence).unwrap();
    let case = CASE
        .replace("wait_ms", "lacks = []\nwait_ms")
        .replace("lacks = [\"ONE\"]", "lacks = [\"ONE\"]\nwait_ms = 200");
    let case = Case::parse("x/told.toml", &case, &StepLibrary::default()).unwrap();
    Box::pin(runner.run(&case)).await.outcome
}

#[tokio::test]
async fn what_is_told_is_heard() {
    assert_eq!(outcome(&["ONE", "ONE and TWO", "TWO"]).await, Outcome::Pass);
}

#[tokio::test]
async fn what_is_not_told_fails_and_what_should_not_be_told_too() {
    assert!(matches!(outcome(&["ONE", "ONE and TWO"]).await, Outcome::Fail(_)));
    assert!(matches!(outcome(&["TWO", "THREE"]).await, Outcome::Fail(_)));
}

#[tokio::test]
async fn a_port_that_is_taken_fails_the_cases_that_need_it() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let consumer = taken.local_addr().unwrap().to_string();
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = other.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = other.accept().await.unwrap();
        let mut buffer = vec![0; 4096];
        let _n_bytes = stream.read(&mut buffer).await;
        stream.write_all("\u{b}MSH|^~\\&|C\rMSA|AA|1\r\u{1c}\r".as_bytes()).await.unwrap();
    });
    let endpoints = endpoints_of(json!({ "mllp": address.to_string(), "consumer_mllp": consumer }));
    let (suite, kept) = (Suite::built_in(), tempfile::tempdir().unwrap());
    let evidence = Evidence::new(kept.path().to_owned());
    let runner = Runner::new(&suite, &endpoints, &Certificates::default(), &evidence).unwrap();
    let case = Case::parse("x/told.toml", CASE, &StepLibrary::default()).unwrap();
    let report = Box::pin(runner.run(&case)).await;
    let Outcome::Fail(reason) = report.outcome else { panic!("it must fail") };
    assert!(reason.contains("nobody can listen at `consumer_mllp`"), "{reason}");
}

//! The MLLP client.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{ClientTransport, MllpClient, MllpError, MllpTimeouts};
use net::metrics::MllpMetrics;
use net::{Frame, MllpConfig, MllpLimits, MllpServer};

use crate::certificates::Authority;
use crate::servers::scripted;

const LIMIT: Duration = Duration::from_millis(400);

fn connect(address: SocketAddr, transport: &ClientTransport) -> MllpClient {
    let timeouts = MllpTimeouts { connect: LIMIT, answer: LIMIT };
    MllpClient::new("127.0.0.1", address.port(), transport, timeouts).unwrap()
}

/// Answers with the message; one that begins with `late` after the client has given up.
fn start(transport: &ClientTransport, limits: MllpLimits) -> (MllpServer, MllpMetrics) {
    let metrics = MllpMetrics::default();
    let config = MllpConfig {
        address: "127.0.0.1:0".parse().unwrap(),
        transport: transport.clone(),
        limits,
        on_refused: net::OnRefused::default(),
    };
    let answer = |frame: Frame| -> futures_util::future::BoxFuture<'static, Vec<u8>> {
        Box::pin(async move {
            if frame.bytes.starts_with(b"late") {
                tokio::time::sleep(2 * LIMIT).await;
            }
            frame.bytes
        })
    };
    (MllpServer::start(config, metrics.clone(), Arc::new(answer)).unwrap(), metrics)
}

async fn round_trip(transport: &ClientTransport) {
    let (server, metrics) = start(transport, MllpLimits::default());
    let mut client = connect(server.address(), transport);
    for message in ["one", "two", &"three ".repeat(20_000)] {
        assert_eq!(client.send(message.as_bytes()).await.unwrap(), message.as_bytes());
    }
    assert_eq!(metrics.connections.get(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_share_a_connection() {
    round_trip(&ClientTransport::Plain).await;
    let folder = tempfile::tempdir().unwrap();
    round_trip(&Authority::new(folder.path(), "ca").transport("node")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_answers_are_not_taken_for_the_next_message() {
    let (server, metrics) = start(&ClientTransport::Plain, MllpLimits::default());
    let mut client = connect(server.address(), &ClientTransport::Plain);
    let error = client.send(b"late").await.unwrap_err();
    assert!(matches!(error, MllpError::Timeout), "{error:?}");
    assert!(!error.is_certainly_not_received());
    assert_eq!(client.send(b"next").await.unwrap(), b"next");
    assert_eq!(metrics.connections.get(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_the_server_closed_are_opened_again() {
    let limits = MllpLimits { idle_timeout: Duration::from_millis(100), ..MllpLimits::default() };
    let folder = tempfile::tempdir().unwrap();
    let mutual = Authority::new(folder.path(), "ca").transport("node");
    for transport in [ClientTransport::Plain, mutual] {
        let (server, metrics) = start(&transport, limits);
        let mut client = connect(server.address(), &transport);
        assert_eq!(client.send(b"one").await.unwrap(), b"one");
        tokio::time::sleep(Duration::from_millis(1200)).await;
        assert_eq!(client.send(b"two").await.unwrap(), b"two");
        assert_eq!(metrics.connections.get(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_connections_were_certainly_not_received() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = connect(address, &ClientTransport::Plain).send(b"one").await.unwrap_err();
    assert!(error.is_certainly_not_received(), "{error:?}");
    let folder = tempfile::tempdir().unwrap();
    let transport = Authority::new(folder.path(), "ca").transport("node");
    let silent = scripted(1, b"", false).await;
    let start = Instant::now();
    let error = connect(silent, &transport).send(b"one").await.unwrap_err();
    assert!(error.is_certainly_not_received(), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_answers_are_refused() {
    let answer = async |bytes: &'static [u8], closes: bool| {
        let address = scripted(6, bytes, closes).await;
        connect(address, &ClientTransport::Plain).send(b"one").await
    };
    assert_eq!(answer(b"\x0Bok\x1C\x0D", false).await.unwrap(), b"ok");
    let error = answer(b"\x0Bok\x1C\x0D\x0Bok\x1C\x0D", false).await.unwrap_err();
    assert!(matches!(error, MllpError::UnexpectedAnswer), "{error:?}");
    let error = answer(b"\x0Bok\x1Cno", false).await.unwrap_err();
    assert!(matches!(error, MllpError::Frame(_)), "{error:?}");
    let error = answer(b"\x0Bok", true).await.unwrap_err();
    assert!(matches!(error, MllpError::Io(_)), "{error:?}");
    assert!(!error.is_certainly_not_received());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_is_answered_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for transport in [ClientTransport::Plain, Authority::new(folder.path(), "ca").transport("node")]
    {
        let (server, metrics) = start(&transport, MllpLimits::default());
        let client = connect(server.address(), &transport);
        let (mut sender, mut receiver) = client.pipeline().await.unwrap();
        for number in 0..100 {
            sender.send(format!("message {number}").as_bytes()).await.unwrap();
        }
        for number in 0..100 {
            let answer = receiver.answer().await.unwrap();
            assert_eq!(answer, format!("message {number}").as_bytes());
        }
        assert_eq!(metrics.connections.get(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_is_not_answered_in_time_ends() {
    let (server, _) = start(&ClientTransport::Plain, MllpLimits::default());
    let client = connect(server.address(), &ClientTransport::Plain);
    let (mut sender, mut receiver) = client.pipeline().await.unwrap();
    // The time of the first message does not begin with the connection.
    tokio::time::sleep(LIMIT).await;
    receiver.begin();
    sender.send(b"one").await.unwrap();
    assert_eq!(receiver.answer().await.unwrap(), b"one");
    sender.send(b"late").await.unwrap();
    // Waiting may be broken off and taken up again.
    let broken_off = tokio::time::timeout(LIMIT / 4, receiver.answer()).await;
    assert!(broken_off.is_err());
    assert!(matches!(receiver.answer().await, Err(MllpError::Timeout)));
    drop(server);
    let (_sender, mut receiver) = match client.pipeline().await {
        Ok(pipeline) => pipeline,
        Err(error) => return assert!(error.is_certainly_not_received()),
    };
    assert!(receiver.answer().await.is_err());
}

//! The MLLP listener: order, limits, deadlines, stop.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hl7v2::mllp_frame;
use net::metrics::MllpMetrics;
use net::{Frame, MllpConfig, MllpLimits, MllpServer, Transport};

use crate::certificates::Authority;
use crate::wire::{Show, Wire};

/// Answers with the peer's name and the message; what begins with `slow` takes its time.
fn start(transport: Transport, limits: MllpLimits) -> (MllpServer, MllpMetrics) {
    let metrics = MllpMetrics::default();
    let config = MllpConfig {
        address: "127.0.0.1:0".parse().unwrap(),
        transport,
        limits,
        on_refused: net::OnRefused::default(),
    };
    let answer = |frame: Frame| -> futures_util::future::BoxFuture<'static, Vec<u8>> {
        Box::pin(async move {
            if frame.bytes.starts_with(b"slow") {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            assert!(!frame.bytes.starts_with(b"panic"), "a fault of ours");
            [frame.peer.name().as_bytes(), b" ", &frame.bytes].concat()
        })
    };
    let server = MllpServer::start(config, metrics.clone(), Arc::new(answer)).unwrap();
    (server, metrics)
}

fn plain() -> (MllpServer, MllpMetrics) {
    start(Transport::Plain, MllpLimits::default())
}

/// The peer can see the end of a connection before the counter moves.
#[track_caller]
fn assert_reaches(counter: &prometheus_client::metrics::counter::Counter, expected: u64) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while counter.get() != expected {
        assert!(Instant::now() < deadline, "{} instead of {expected}", counter.get());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn read_answer(wire: &mut Wire) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(&[0x1C, 0x0D]) {
        let mut byte = [0];
        wire.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
    assert_eq!(bytes.first(), Some(&0x0B));
    String::from_utf8(bytes.get(1..bytes.len() - 2).unwrap().to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_frames_are_answered_in_order() {
    let (server, _) = plain();
    let mut wire = Wire::plain(server.address());
    let messages = ["slow one", "two", "slow three", "four"];
    let frames: Vec<u8> = messages.iter().flat_map(|text| mllp_frame(text.as_bytes())).collect();
    wire.write_all(&frames).unwrap();
    for message in messages {
        assert_eq!(read_answer(&mut wire), format!("127.0.0.1 {message}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_may_come_byte_by_byte() {
    let (server, _) = plain();
    let mut wire = Wire::plain(server.address());
    for byte in mllp_frame(b"one") {
        wire.write_all(&[byte]).unwrap();
    }
    assert_eq!(read_answer(&mut wire), "127.0.0.1 one");
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_is_named_by_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca");
    let (server, metrics) = start(authority.transport("server"), MllpLimits::default());
    let client = authority.node("hospital-a");
    let show = Show { own: Some(&client), trust: &client, highest: None };
    let mut wire = Wire::tls(server.address(), &show).unwrap();
    wire.write_all(&mllp_frame(b"one")).unwrap();
    assert_eq!(read_answer(&mut wire), "hospital-a one");
    let stranger = Authority::new(folder.path(), "stranger").node("hospital-a");
    for own in [None, Some(&stranger)] {
        let show = Show { own, trust: &client, highest: None };
        let mut refused = Wire::tls(server.address(), &show);
        assert!(refused.as_mut().map_or(true, Wire::is_closed));
    }
    assert_reaches(&metrics.failed_handshakes, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_frames_are_answered() {
    let limits = MllpLimits { frame_bytes: 10, ..MllpLimits::default() };
    let (server, metrics) = start(Transport::Plain, limits);
    let mut wire = Wire::plain(server.address());
    let large = [b"\x0B1234567890", &[b'x'; 100_000][..], b"\x1C\x0D"].concat();
    for (broken, head) in [(&b"\x0Bone\x1Ctwo"[..], "one"), (&large, "1234567890")] {
        wire.write_all(broken).unwrap();
        assert_eq!(read_answer(&mut wire), format!("127.0.0.1 {head}"));
        wire.write_all(&mllp_frame(b"behind")).unwrap();
        assert_eq!(read_answer(&mut wire), "127.0.0.1 behind");
    }
    wire.write_all(b"\x0Bone\x0Btwo\x1C\x0D").unwrap();
    assert_eq!(read_answer(&mut wire), "127.0.0.1 one");
    assert!(wire.is_closed(), "whose the next answer would be nobody knows");
    assert_reaches(&metrics.broken_frames, 3);
    let mut wire = Wire::plain(server.address());
    wire.write_all(&mllp_frame(b"1234567890")).unwrap();
    assert_eq!(read_answer(&mut wire), "127.0.0.1 1234567890");
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlines_close_connections() {
    let limits = MllpLimits {
        frame_timeout: Duration::from_millis(300),
        idle_timeout: Duration::from_millis(1500),
        ..MllpLimits::default()
    };
    let (server, metrics) = start(Transport::Plain, limits);
    let mut wire = Wire::plain(server.address());
    wire.write_all(b"\x0Bnever ended").unwrap();
    let start = Instant::now();
    assert!(wire.is_closed());
    assert!(start.elapsed() < Duration::from_millis(1200));
    assert_reaches(&metrics.frame_timeouts, 1);
    // Stray bytes between frames are no frame and prolong nothing.
    let mut wire = Wire::plain(server.address());
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(1) {
        wire.write_all(b"\n").unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(wire.is_closed());
    assert!(start.elapsed() < Duration::from_secs(3));
    assert_reaches(&metrics.frame_timeouts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_connections_are_refused() {
    let limits = MllpLimits { max_connections: 2, ..MllpLimits::default() };
    let (server, metrics) = start(Transport::Plain, limits);
    let mut first = Wire::plain(server.address());
    let mut second = Wire::plain(server.address());
    for wire in [&mut first, &mut second] {
        wire.write_all(&mllp_frame(b"one")).unwrap();
        assert_eq!(read_answer(wire), "127.0.0.1 one");
    }
    assert!(Wire::plain(server.address()).is_closed());
    assert_reaches(&metrics.refused_connections, 1);
    drop(first);
    // The place becomes free once the server has seen the end.
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let mut third = Wire::plain(server.address());
        if third.write_all(&mllp_frame(b"three")).is_ok()
            && third.read(&mut [0]).is_ok_and(|n| n > 0)
        {
            break;
        }
        assert!(Instant::now() < deadline, "the place did not become free");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn panic_closes_one_connection_only() {
    let (server, _) = plain();
    let mut neighbour = Wire::plain(server.address());
    let mut wire = Wire::plain(server.address());
    wire.write_all(&mllp_frame(b"panic")).unwrap();
    assert!(wire.is_closed());
    neighbour.write_all(&mllp_frame(b"one")).unwrap();
    assert_eq!(read_answer(&mut neighbour), "127.0.0.1 one");
}

#[tokio::test(flavor = "multi_thread")]
async fn graceful_stop_answers_frames_in_flight() {
    let (server, _) = plain();
    let address = server.address();
    let mut wire = Wire::plain(address);
    let mut idle = Wire::plain(address);
    idle.write_all(&mllp_frame(b"one")).unwrap();
    assert_eq!(read_answer(&mut idle), "127.0.0.1 one");
    wire.write_all(&mllp_frame(b"first")).unwrap();
    assert_eq!(read_answer(&mut wire), "127.0.0.1 first");
    wire.write_all(&mllp_frame(b"slow")).unwrap();
    // The frame must have reached the server before it stops.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let start = Instant::now();
    server.stop().await;
    assert_eq!(read_answer(&mut wire), "127.0.0.1 slow");
    assert!(start.elapsed() < Duration::from_secs(5), "an idle connection held the stop up");
    assert!(idle.is_closed() && wire.is_closed());
    assert!(std::net::TcpStream::connect(address).is_err());
}

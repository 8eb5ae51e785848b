//! ITI-20 over real sockets: framings, goodbyes, limits, refusals.

use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use audit_repository::chain::Transport;
use audit_repository::extract::{NOT_AUDIT_MESSAGE, NOT_SYSLOG};
use audit_repository::store::event::EventRow;

use crate::fixture::{Fixture, message, on_each_backend, xml};
use crate::tls::{Sender, await_that, framed};

/// Messages of other systems, in the syslog header they come with.
fn samples() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/samples/atna"));
    let Ok(entries) = std::fs::read_dir(folder) else {
        eprintln!("skipped: no ../shared");
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "xml"));
    files.sort();
    let header = b"<85>1 2020-03-19T12:16:37.320Z localhost ipf 18996 IHE+RFC-3881 - ";
    files.iter().map(|file| [header.as_slice(), &std::fs::read(file).unwrap()].concat()).collect()
}

/// Sends what `frames` makes of the messages in pieces of a size, and looks at what is stored.
#[track_caller]
fn check_framing(messages: &[Vec<u8>], stream: &[u8], piece: usize) {
    let fixture = Fixture::sqlite();
    let server = fixture.start();
    let mut sender = Sender::connect(fixture.folder.path(), server.tls_address().unwrap());
    for piece in stream.chunks(piece) {
        sender.send(piece);
    }
    sender.finish().unwrap();
    // The answer to the goodbye says that it is there, without any waiting.
    assert!(fixture.received() == messages, "pieces of {piece}");
    fixture.stop(server);
    let report = fixture.verify();
    assert!(report.is_intact(), "{:?}", report.findings);
    for (row, _) in fixture.records() {
        assert_eq!(row.flags, 0, "record {}", row.sequence);
    }
}

#[test]
fn messages_of_others_arrive_byte_for_byte_in_any_framing() {
    let mut messages = samples();
    let with_mark = format!(
        "<85>1 2026-04-01T09:30:00.123Z h ipf - IHE+RFC-3881 - \u{feff}{}",
        xml("山田", "2026-04-01T09:30:00Z")
    );
    messages.push(with_mark.into_bytes());
    messages.push(message("7", 1, ".123456"));
    let counted: Vec<u8> = messages.iter().flat_map(|message| framed(message)).collect();
    for piece in [1, 7, 1_000, counted.len()] {
        check_framing(&messages, &counted, piece);
    }
}

#[test]
fn lines_are_received_as_well() {
    let messages = [message("7", 1, ".123456"), message("8", 2, ".123456")];
    let lines = messages.join(b"\n".as_slice());
    for piece in [5, 10_000] {
        check_framing(&messages, &lines, piece);
        check_framing(&messages, &[lines.as_slice(), b"\n"].concat(), piece);
    }
}

#[track_caller]
fn last_record(fixture: &Fixture) -> (EventRow, Vec<u8>) {
    let own = i16::from(Transport::Own.number());
    let mut records = fixture.records().into_iter().filter(|(row, _)| row.transport != own);
    let (row, raw) = records.next_back().unwrap();
    (row, raw.unwrap())
}

#[test]
fn what_is_no_audit_message_is_kept_and_flagged() {
    on_each_backend(|fixture| {
        let server = fixture.start();
        let address = server.tls_address().unwrap();
        let bare = xml("7", "2026-04-01T09:30:00Z");
        let cases: [(&[u8], i16); 4] = [
            (b"<13>1 2026-04-01T09:30:00Z h app - - - anything \xff\x00", NOT_AUDIT_MESSAGE),
            (b"no syslog", NOT_SYSLOG | NOT_AUDIT_MESSAGE),
            (b"<85>1 - - - - - - <AuditMessage><Event", NOT_AUDIT_MESSAGE),
            (bare.as_bytes(), NOT_SYSLOG),
        ];
        for (raw, flags) in cases {
            let mut sender = Sender::connect(fixture.folder.path(), address);
            sender.send(&framed(raw));
            sender.finish().unwrap();
            let (row, stored) = last_record(fixture);
            assert_eq!((row.flags, stored.as_slice()), (flags, raw));
            assert_eq!((row.sender.as_str(), row.peer.as_str()), ("client", "127.0.0.1"));
        }
        fixture.stop(server);
        assert!(fixture.verify().is_intact());
    });
}

#[test]
fn a_stream_that_cannot_be_cut_is_kept_and_closed_without_goodbye() {
    let fixture = Fixture::sqlite();
    let server = fixture.start();
    let address = server.tls_address().unwrap();
    let whole = message("7", 1, ".123456");
    for (rest, kept) in
        [("garbage", "garbage"), ("0 ", "0 "), ("12 cut", "12 cut"), ("999999999 x", "999999999 x")]
    {
        let mut sender = Sender::connect(fixture.folder.path(), address);
        sender.send(&[framed(&whole).as_slice(), rest.as_bytes()].concat());
        assert!(sender.finish().is_err(), "{rest}");
        await_that("the rest is stored", || {
            let (row, raw) = last_record(&fixture);
            row.transport == i16::from(Transport::TlsRemains.number()) && raw == kept.as_bytes()
        });
    }
    // The message before was stored, once.
    assert_eq!(fixture.received().iter().filter(|raw| **raw == whole).count(), 1);
    fixture.stop(server);
    assert!(fixture.verify().is_intact());
}

#[test]
fn who_hangs_up_gets_no_goodbye_and_sends_again() {
    on_each_backend(|fixture| {
        let server = fixture.start();
        let address = server.tls_address().unwrap();
        let messages: Vec<_> = (0..50).map(|minute| message("7", minute, ".123456")).collect();
        let mut sender = Sender::connect(fixture.folder.path(), address);
        for message in &messages {
            sender.send(&framed(message));
        }
        assert!(sender.hang_up().is_err());
        let mut sender = Sender::connect(fixture.folder.path(), address);
        for message in &messages {
            sender.send(&framed(message));
        }
        sender.finish().unwrap();
        // The first connection may have been read later than the second.
        await_that("all are there", || fixture.received().len() >= messages.len());
        fixture.stop(server);
        assert!(fixture.received() == messages);
    });
}

#[test]
fn a_stop_acknowledges_nothing() {
    let fixture = Fixture::sqlite();
    let server = fixture.start();
    let mut sender = Sender::connect(fixture.folder.path(), server.tls_address().unwrap());
    sender.send(&framed(&message("7", 1, ".123456")));
    await_that("it is stored", || fixture.received().len() == 1);
    fixture.stop(server);
    assert!(sender.await_end().is_err());
}

#[test]
fn datagrams_are_stored_as_they_come_cut_or_not() {
    on_each_backend(|fixture| {
        let mut config = fixture.config.clone();
        config.syslog.udp = Some("127.0.0.1:0".parse().unwrap());
        let fixture_with_udp = config;
        let agreement = config::Agreement::read(&fixture.file("affinity-domain.toml")).unwrap();
        let server = fixture
            .runtime
            .block_on(audit_repository::AuditRepositoryServer::start(
                &fixture_with_udp,
                agreement.into(),
                policy::Access::Open,
                &fixture.metrics,
            ))
            .unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let whole = message("7", 1, ".123456");
        let cut = &whole[..600];
        for datagram in [whole.as_slice(), cut, b"x", &whole] {
            socket.send_to(datagram, server.udp_address().unwrap()).unwrap();
        }
        await_that("all are stored", || fixture.received().len() == 4);
        let flags: Vec<_> = fixture.records().iter().skip(1).map(|(row, _)| row.flags).collect();
        let nothing = NOT_SYSLOG | NOT_AUDIT_MESSAGE;
        assert_eq!(flags, [0, NOT_AUDIT_MESSAGE, nothing, 0]);
        assert!(fixture.records()[1].0.sender == "127.0.0.1");
        fixture.stop(server);
        assert!(fixture.verify().is_intact());
    });
}

#[test]
fn strangers_are_refused_and_counted_in_one_record() {
    on_each_backend(|fixture| {
        let server = fixture.start();
        let address = server.tls_address().unwrap();
        let stranger = Fixture::sqlite();
        for _ in 0..5 {
            // Of another authority: refused by one side or the other.
            if let Ok(mut sender) = Sender::try_connect(stranger.folder.path(), address) {
                let _ = sender.try_send(b"x");
                assert!(sender.await_end().is_err());
            }
        }
        drop(TcpStream::connect(address).unwrap());
        await_that("all are counted", || fixture.metrics.syslog.failed_handshakes.get() == 6);
        fixture.stop(server);
        let records = fixture.records();
        // Start, one alert, stop.
        let events: Vec<_> = records.iter().map(|(row, _)| row.event_id.clone().unwrap()).collect();
        assert_eq!(events, ["110100", "110113", "110100"]);
        let (alert, raw) = &records[1];
        assert_eq!((alert.outcome, alert.event_types.as_deref()), (Some(8), Some("|110126|")));
        let alert = audit_repository::extract::audit_message(raw.as_ref().unwrap()).unwrap();
        let (detail, value) = &alert.objects[0].details[0];
        assert_eq!(detail, "Alert Description");
        assert_eq!(String::from_utf8_lossy(value), "6 TLS handshakes refused");
        assert!(fixture.verify().is_intact());
    });
}

#[test]
fn connections_have_limits_by_address() {
    let mut fixture = Fixture::sqlite();
    fixture.config.syslog.limits.max_connections_per_address = 2;
    let server = fixture.start();
    let address = server.tls_address().unwrap();
    let connect = || Sender::try_connect(fixture.folder.path(), address);
    let (first, second) = (connect().unwrap(), connect().unwrap());
    assert!(connect().is_err());
    first.finish().unwrap();
    await_that("the place is free again", || connect().and_then(Sender::finish).is_ok());
    second.finish().unwrap();
    fixture.stop(server);
    assert!(fixture.metrics.syslog.refused_connections.get() >= 1);
}

#[test]
fn silence_and_slow_messages_end_a_connection() {
    let mut fixture = Fixture::sqlite();
    fixture.config.syslog.limits.idle_timeout = Duration::from_secs(1);
    // Also that of the handshake, on a busy machine.
    fixture.config.syslog.limits.message_timeout = Duration::from_secs(3);
    let server = fixture.start();
    let address = server.tls_address().unwrap();
    let mut idle = Sender::connect(fixture.folder.path(), address);
    let mut slow = Sender::connect(fixture.folder.path(), address);
    slow.send(b"100 <85>1");
    assert!(idle.await_end().is_err());
    assert!(slow.await_end().is_err());
    await_that("the beginning is kept", || fixture.received() == [b"100 <85>1"]);
    fixture.stop(server);
}

fn flood(folder: &tempfile::TempDir, address: SocketAddr, is_over: &AtomicBool) {
    let frames: Vec<u8> =
        (0..500).flat_map(|minute| framed(&message("7", minute, ".123"))).collect();
    let mut sender = Sender::connect(folder.path(), address);
    while !is_over.load(Ordering::Relaxed) {
        sender.send(&frames);
    }
    let _ = sender.hang_up();
}

/// One sender fills whatever it can; another one's message is acknowledged all the same.
#[test]
fn a_flood_of_one_does_not_hold_up_another() {
    on_each_backend(|fixture| {
        let server = fixture.start();
        let address = server.tls_address().unwrap();
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| flood(&fixture.folder, address, &is_over));
            }
            await_that("the flood runs", || fixture.metrics.syslog.stored_messages.get() > 1_000);
            let begin = Instant::now();
            let mut sender = Sender::connect(fixture.folder.path(), address);
            sender.send(&framed(&message("8", 1, ".123456")));
            sender.finish().unwrap();
            let elapsed = begin.elapsed();
            is_over.store(true, Ordering::Relaxed);
            assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
        });
        fixture.stop(server);
    });
}

//! The program as a process: killed, flooded.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::{Fixture, message};
use crate::tls::{DEADLINE, Sender, await_that, framed};

/// A running `renkei-audit-repository`; killed when it is dropped.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(data: &Path) -> Process {
        let text = "listen = \"127.0.0.1:0\"\n[syslog]\ntls = \"127.0.0.1:0\"\n\
                    [admin]\nlisten = \"127.0.0.1:0\"\n[checkpoints]\nrecords = 10\n\
                    [log]\nformat = \"json\"\n";
        std::fs::write(data.join("audit-repository.toml"), text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_renkei-audit-repository"))
            .arg("--data")
            .arg(data)
            .env("RUST_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (said, hears) = channel();
        // Reads on, so that the process can always write.
        std::thread::spawn(move || {
            for line in log.lines() {
                let Ok(line) = line else { return };
                let _ = said.send(line);
            }
        });
        let address = loop {
            let line = hears.recv_timeout(DEADLINE).expect("the process does not start");
            let address =
                line.split("\"tls\":\"Some(").nth(1).and_then(|rest| rest.split(')').next());
            if let Some(address) = address {
                break address.parse().unwrap();
            }
        };
        Process { child, address }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    fn wait(mut self) -> bool {
        self.child.wait().unwrap().success()
    }

    fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was acknowledged by a goodbye is there after a kill, and the chain holds.
#[test]
fn nothing_that_was_acknowledged_is_lost_by_a_kill() {
    let fixture = Fixture::sqlite();
    let data = fixture.folder.path();
    let mut acknowledged: Vec<Vec<u8>> = Vec::new();
    for round in 0..5 {
        let process = Process::start(data);
        let address = process.address;
        let n_sessions = AtomicUsize::new(0);
        let killed = std::thread::scope(|scope| {
            let n_sessions = &n_sessions;
            let senders: Vec<_> = (0..2)
                .map(|sender| {
                    scope.spawn(move || {
                        send_until_refused(data, address, (round, sender), n_sessions)
                    })
                })
                .collect();
            // A busy machine takes its time; the kill comes in the middle of whatever follows.
            let end = Instant::now() + Duration::from_secs(60);
            while n_sessions.load(Ordering::Relaxed) < 2 && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(5));
            }
            std::thread::sleep(Duration::from_millis(50 * round));
            process.signal(Signal::KILL);
            senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(!process.wait());
        acknowledged.extend(killed);
        let stored = fixture.received();
        for message in &acknowledged {
            let n_stored = stored.iter().filter(|raw| *raw == message).count();
            assert_eq!(n_stored, 1, "round {round}");
        }
        let report = fixture.verify();
        assert!(report.is_intact(), "round {round}: {:?}", report.findings);
    }
    assert!(!acknowledged.is_empty());
    let process = Process::start(data);
    process.signal(Signal::TERM);
    assert!(process.wait());
    let report = fixture.verify();
    assert!(report.is_intact() && report.n_behind_last_checkpoint == 0, "{report:?}");
}

/// Sends connection by connection, and tells what was acknowledged.
fn send_until_refused(
    data: &Path,
    address: SocketAddr,
    (round, sender): (u64, u64),
    n_sessions: &AtomicUsize,
) -> Vec<Vec<u8>> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let messages: Vec<Vec<u8>> = (0..5)
            .map(|minute| message(&format!("{round}-{sender}-{number}"), minute, ".123456"))
            .collect();
        let sent = Sender::try_connect(data, address).and_then(|mut connection| {
            for message in &messages {
                connection.try_send(&framed(message))?;
            }
            connection.finish()
        });
        match sent {
            Ok(()) => {
                acknowledged.extend(messages);
                n_sessions.fetch_add(1, Ordering::Relaxed);
            }
            Err(_killed) => break,
        }
    }
    acknowledged
}

/// Large messages and unfinished ones from all connections that one address may have.
#[test]
fn memory_is_bounded_whatever_is_sent() {
    let fixture = Fixture::sqlite();
    let data = fixture.folder.path();
    let process = Process::start(data);
    let filler = "x".repeat(900 * 1024);
    let large = framed(format!("<85>1 - - - - - - {filler}").as_bytes());
    let mut unfinished: Vec<Sender> =
        (0..24).map(|_| Sender::connect(data, process.address)).collect();
    for sender in &mut unfinished {
        sender.send(&large[..800 * 1024]);
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut sender = Sender::connect(data, process.address);
                for _ in 0..40 {
                    sender.send(&large);
                }
                sender.finish().unwrap();
            });
        }
    });
    let resident_kib = process.resident_kib();
    // 24 beginnings, 4 times a message, a batch and one that is being stored, and what the database caches.
    assert!(resident_kib < 192 * 1024, "{resident_kib} KiB");
    drop(unfinished);
    await_that("all are stored", || fixture.received().len() >= 160);
    process.signal(Signal::TERM);
    assert!(process.wait());
}

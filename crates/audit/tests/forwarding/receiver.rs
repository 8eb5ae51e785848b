//! A syslog receiver on TLS that can be told to misbehave.

use std::io::{ErrorKind, Read as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use openssl::ssl::{SslAcceptor, SslStream};

use super::certificates::Certificates;

/// What a receiver does with a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Reads to the end and answers it.
    Orderly,
    /// Reads to the end and closes the connection without an answer.
    Curt,
    /// Reads to the end and never closes.
    Mute,
    /// Dies after so many messages of a session, of which it has stored what it has read, or nothing.
    Dies { after: usize, stores: bool },
    /// Hangs up whenever this message comes.
    Refuses(Vec<u8>),
    /// Keeps the number of messages only.
    Counts,
}

#[derive(Default)]
struct Seen {
    messages: Mutex<Vec<Vec<u8>>>,
    n_messages: AtomicUsize,
    n_sessions: AtomicUsize,
    is_stopping: AtomicBool,
}

pub(super) struct Receiver {
    pub(super) port: u16,
    seen: Arc<Seen>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    pub(super) fn start(certificates: &Certificates, manner: Manner) -> Receiver {
        Receiver::at(0, certificates, manner)
    }

    pub(super) fn at(port: u16, certificates: &Certificates, manner: Manner) -> Receiver {
        let listener = TcpListener::bind(("localhost", port)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, acceptor) = (Arc::new(Seen::default()), certificates.acceptor());
        let shared = Arc::clone(&seen);
        let thread = std::thread::spawn(move || serve(&listener, &acceptor, &manner, &shared));
        Receiver { port, seen, thread: Some(thread) }
    }

    pub(super) fn messages(&self) -> Vec<String> {
        let messages = self.seen.messages.lock().unwrap();
        messages.iter().map(|message| String::from_utf8(message.clone()).unwrap()).collect()
    }

    pub(super) fn n_messages(&self) -> usize {
        self.seen.n_messages.load(Ordering::SeqCst)
    }

    pub(super) fn n_sessions(&self) -> usize {
        self.seen.n_sessions.load(Ordering::SeqCst)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.seen.is_stopping.store(true, Ordering::SeqCst);
        let _wakes_it = TcpStream::connect(("localhost", self.port));
        self.thread.take().unwrap().join().unwrap();
    }
}

/// One session after the other: there is one sender.
fn serve(listener: &TcpListener, acceptor: &SslAcceptor, manner: &Manner, seen: &Seen) {
    while let Ok((tcp, _)) = listener.accept() {
        if seen.is_stopping.load(Ordering::SeqCst) {
            return;
        }
        tcp.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        tcp.set_nodelay(true).unwrap();
        if let Some(stream) = accepted(acceptor, tcp, seen) {
            seen.n_sessions.fetch_add(1, Ordering::SeqCst);
            read_session(stream, manner, seen);
        }
    }
}

fn accepted(acceptor: &SslAcceptor, tcp: TcpStream, seen: &Seen) -> Option<SslStream<TcpStream>> {
    let mut handshake = acceptor.accept(tcp);
    loop {
        match handshake {
            Ok(stream) => return Some(stream),
            Err(openssl::ssl::HandshakeError::WouldBlock(middle))
                if !seen.is_stopping.load(Ordering::SeqCst) =>
            {
                handshake = middle.handshake();
            }
            Err(_) => return None,
        }
    }
}

fn read_session(mut stream: SslStream<TcpStream>, manner: &Manner, seen: &Seen) {
    let (mut bytes, mut n_messages) = (Vec::new(), 0);
    let mut piece = [0; 16 << 10];
    while !seen.is_stopping.load(Ordering::SeqCst) {
        match stream.read(&mut piece) {
            Ok(0) => return end(stream, manner, seen),
            Ok(n_bytes) => bytes.extend_from_slice(piece.get(..n_bytes).unwrap()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return,
        }
        while let Some(message) = next_message(&mut bytes) {
            n_messages += 1;
            let dies = match manner {
                Manner::Dies { after, .. } => n_messages > *after,
                Manner::Refuses(refused) => message == *refused,
                Manner::Orderly | Manner::Curt | Manner::Mute | Manner::Counts => false,
            };
            if dies {
                return;
            }
            keep(message, manner, seen);
        }
    }
}

fn keep(message: Vec<u8>, manner: &Manner, seen: &Seen) {
    seen.n_messages.fetch_add(1, Ordering::SeqCst);
    match manner {
        Manner::Counts | Manner::Dies { stores: false, .. } => {}
        Manner::Orderly
        | Manner::Curt
        | Manner::Mute
        | Manner::Refuses(_)
        | Manner::Dies { stores: true, .. } => seen.messages.lock().unwrap().push(message),
    }
}

fn end(mut stream: SslStream<TcpStream>, manner: &Manner, seen: &Seen) {
    match manner {
        Manner::Curt => {}
        Manner::Mute => {
            while !seen.is_stopping.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Manner::Orderly | Manner::Counts | Manner::Dies { .. } | Manner::Refuses(_) => {
            let _is_told = stream.shutdown();
        }
    }
}

/// RFC 5425, 4.3: `MSG-LEN SP SYSLOG-MSG`, without leading zero.
fn next_message(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let length = String::from_utf8(bytes.get(..space)?.to_vec()).unwrap();
    assert!(
        !length.starts_with('0') && length.bytes().all(|byte| byte.is_ascii_digit()),
        "{length}"
    );
    let end = space + 1 + length.parse::<usize>().unwrap();
    let message = bytes.get(space + 1..end)?.to_vec();
    bytes.drain(..end);
    Some(message)
}

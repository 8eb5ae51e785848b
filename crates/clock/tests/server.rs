//! A time server on loopback that answers as it is told, with packets written byte by byte.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// From 1900 to 1970, in s.
const FROM_1900_TO_1970: u64 = 2_208_988_800;

/// What the server does with a question.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Tells the time of a clock that is so many ms ahead.
    Tells(i64),
    /// As [`Manner::Tells`] with the right time, but the answer is to another question.
    OtherOrigin,
    /// As [`Manner::OtherOrigin`], and the right answer after it.
    OtherOriginFirst,
    /// Tells the right time from another port.
    OtherPort,
    /// A kiss-o'-death with this code.
    Kiss(&'static [u8; 4]),
    /// Leap indicator 3.
    Unsynchronised,
    Silent,
    /// Bytes that are no packet, without end.
    Garbage,
}

pub(crate) struct TimeServer {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    task: Option<JoinHandle<()>>,
}

struct Shared {
    manner: Mutex<Manner>,
    n_questions: AtomicUsize,
    is_over: AtomicBool,
}

impl TimeServer {
    pub(crate) fn start(manner: Manner) -> TimeServer {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let address = socket.local_addr().unwrap();
        let shared = Arc::new(Shared {
            manner: Mutex::new(manner),
            n_questions: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        });
        let of_task = Arc::clone(&shared);
        let task = Some(std::thread::spawn(move || of_task.serve(&socket)));
        TimeServer { address, shared, task }
    }

    pub(crate) fn name(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn becomes(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap() = manner;
    }

    pub(crate) fn n_questions(&self) -> usize {
        self.shared.n_questions.load(Ordering::SeqCst)
    }
}

impl Drop for TimeServer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        if let Some(task) = self.task.take() {
            let ended = task.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the time server failed");
        }
    }
}

impl Shared {
    fn serve(&self, socket: &UdpSocket) {
        let mut question = [0; 100];
        while !self.is_over.load(Ordering::SeqCst) {
            let Ok((length, from)) = socket.recv_from(&mut question) else { continue };
            assert_eq!((length, question[0]), (48, 0x23));
            self.n_questions.fetch_add(1, Ordering::SeqCst);
            let manner = *self.manner.lock().unwrap();
            answer(socket, from, &question, manner);
        }
    }
}

fn answer(socket: &UdpSocket, to: SocketAddr, question: &[u8], manner: Manner) {
    let right = packet(question, 0);
    let mut other = right;
    other[31] ^= 1;
    let send = |bytes: &[u8]| {
        // Who asked may have gone.
        let _gone = socket.send_to(bytes, to);
    };
    match manner {
        Manner::Tells(skew_ms) => send(&packet(question, skew_ms)),
        Manner::OtherOrigin => send(&other),
        Manner::OtherOriginFirst => {
            send(&other);
            send(&right);
        }
        Manner::OtherPort => {
            UdpSocket::bind("127.0.0.1:0").unwrap().send_to(&right, to).unwrap();
        }
        Manner::Kiss(code) => {
            let mut kiss = right;
            kiss[0] |= 0xC0;
            kiss[1] = 0;
            kiss[12..16].copy_from_slice(code);
            send(&kiss);
        }
        Manner::Unsynchronised => {
            let mut alarm = right;
            alarm[0] |= 0xC0;
            send(&alarm);
        }
        Manner::Silent => {}
        Manner::Garbage => (0..40).for_each(|n| send(&vec![0x24; n * 40])),
    }
}

/// An answer of stratum 1 without delay, whose clock is `skew_ms` ahead.
fn packet(question: &[u8], skew_ms: i64) -> [u8; 48] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now_ms = i64::try_from(now.as_millis()).unwrap() + skew_ms;
    let now_ms = u64::try_from(now_ms).unwrap();
    let seconds = (now_ms / 1_000 + FROM_1900_TO_1970) & 0xFFFF_FFFF;
    let time = ((seconds << 32) + ((now_ms % 1_000) << 32) / 1_000).to_be_bytes();
    let mut packet = [0; 48];
    packet[0] = 0x24;
    packet[1] = 1;
    packet[12..16].copy_from_slice(b"TEST");
    packet[24..32].copy_from_slice(&question[40..48]);
    packet[32..40].copy_from_slice(&time);
    packet[40..48].copy_from_slice(&time);
    packet
}

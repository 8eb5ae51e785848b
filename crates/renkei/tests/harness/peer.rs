//! Whoever the manager tells, played by the test: a listener for HL7 v2 that answers as the test says.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// No test waits longer for a byte.
const DEADLINE: Duration = Duration::from_secs(60);

/// What becomes of a message.
pub(crate) enum Answer {
    Say(Vec<u8>),
    /// Closes without a word.
    HangUp,
}

/// Gets the place of the message among all that came, and its text.
type Script = dyn Fn(usize, &str) -> Answer + Send + Sync;

/// Answers each connection in a thread of its own; ends with the process.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    pub(crate) fn start(script: impl Fn(usize, &str) -> Answer + Send + Sync + 'static) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let (script, log) = (Arc::new(script), Arc::clone(&heard));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, script, log) =
                    (stream.unwrap(), Arc::clone(&script), Arc::clone(&log));
                std::thread::spawn(move || serve(stream, script.as_ref(), &log));
            }
        });
        Peer { address, heard }
    }

    /// Everything that came, in its order.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, script: &Script, heard: &Mutex<Vec<String>>) {
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    while let Some(message) = read_frame(&mut stream) {
        let place = {
            let mut heard = heard.lock().unwrap();
            heard.push(message.clone());
            heard.len() - 1
        };
        match script(place, &message) {
            Answer::Say(bytes) if stream.write_all(&framed(&bytes)).is_ok() => {}
            Answer::Say(_) | Answer::HangUp => return,
        }
    }
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&[0x0B], message, &[0x1C, 0x0D]].concat()
}

/// The next message, without its frame.
fn read_frame(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(&[0x1C, 0x0D]) {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        bytes.extend(byte);
    }
    let message = bytes.strip_prefix(&[0x0B])?.strip_suffix(&[0x1C, 0x0D])?;
    Some(String::from_utf8(message.to_vec()).unwrap())
}

/// A field of the first segment of a message.
pub(crate) fn header(message: &str, place: usize) -> &str {
    message.split('\r').next().and_then(|msh| msh.split('|').nth(place)).unwrap()
}

/// MSH-10.
pub(crate) fn control_id(message: &str) -> &str {
    header(message, 9)
}

/// An acknowledgement with this code; what is not accepted names an error.
pub(crate) fn acknowledgement(message: &str, code: &str) -> Vec<u8> {
    let control_id = control_id(message);
    let error = if code == "AA" { "" } else { "ERR||PID^1^3|204^Unknown key identifier|E\r" };
    format!(
        "MSH|^~\\&|PEER|REGION|RENKEI|REGION|20260101120000||ACK|a{control_id}|P|2.5\r\
         MSA|{code}|{control_id}\r{error}"
    )
    .into_bytes()
}

//! Somebody who is told things over MLLP, and answers as a script says.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::messages::{field, segments};
use crate::open_manager::await_that;

/// How one message is answered.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Accept,
    /// MSA-1 and ERR-3.
    Refuse(&'static str, &'static str),
    Late(Duration),
    WrongId,
    Garbage,
    /// Closes without a word.
    Close,
    /// Closes in the middle of the answer.
    Half,
}

type Script = Box<dyn FnMut(&str) -> Reply + Send>;

/// A listener that lives as long as the test binary.
#[derive(Clone)]
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    script: Arc<Mutex<Script>>,
}

impl Stub {
    pub(crate) fn accepting() -> Stub {
        Stub::start(|_| Reply::Accept)
    }

    pub(crate) fn start(script: impl FnMut(&str) -> Reply + Send + 'static) -> Stub {
        Stub::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), script)
    }

    /// At an address where nobody listened before.
    pub(crate) fn at(
        address: SocketAddr,
        script: impl FnMut(&str) -> Reply + Send + 'static,
    ) -> Stub {
        let listener = TcpListener::bind(address).unwrap();
        let stub = Stub {
            address: listener.local_addr().unwrap(),
            heard: Arc::default(),
            script: Arc::new(Mutex::new(Box::new(script))),
        };
        let accepting = stub.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let serving = accepting.clone();
                std::thread::spawn(move || serving.serve(stream.unwrap()));
            }
        });
        stub
    }

    pub(crate) fn script(&self, script: impl FnMut(&str) -> Reply + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    /// Every message so far, as it came.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// As [`Stub::heard`], in short, for the case with this tag.
    pub(crate) fn said(&self, tag: &str) -> Vec<String> {
        self.heard().iter().map(|message| in_short(message, tag)).collect()
    }

    /// Waits for so many messages.
    #[track_caller]
    pub(crate) fn await_n(&self, n: usize) {
        await_that(&format!("{n} messages"), || self.heard.lock().unwrap().len() >= n);
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut frame = Vec::new();
        let mut byte = [0];
        while matches!(stream.read(&mut byte), Ok(1)) {
            frame.extend(byte);
            if !frame.ends_with(b"\x1c\r") {
                continue;
            }
            let message = String::from_utf8(frame[1..frame.len() - 2].to_vec()).unwrap();
            frame.clear();
            self.heard.lock().unwrap().push(message.clone());
            let reply = (self.script.lock().unwrap())(&message);
            let id = control_id(&message);
            let answer = match reply {
                Reply::Accept => ack("AA", &id, ""),
                Reply::Refuse(code, error) => ack(code, &id, error),
                Reply::Late(time) => {
                    std::thread::sleep(time);
                    ack("AA", &id, "")
                }
                Reply::WrongId => ack("AA", "N0", ""),
                Reply::Garbage => b"\x0bHTTP/1.1 200 OK\r\n\x1c\r".to_vec(),
                Reply::Half => {
                    let whole = ack("AA", &id, "");
                    let _gone = stream.write_all(&whole[..whole.len() / 2]);
                    return;
                }
                Reply::Close => return,
            };
            if stream.write_all(&answer).is_err() {
                return;
            }
        }
    }
}

pub(crate) fn control_id(message: &str) -> String {
    field(message.split('\r').next().unwrap(), 9).to_owned()
}

fn ack(code: &str, id: &str, error: &str) -> Vec<u8> {
    let mut text = format!("MSH|^~\\&|R|R|M|M|20260401||ACK|A|P|2.5\rMSA|{code}|{id}\r");
    if !error.is_empty() {
        text += &format!("ERR|||{error}^E^HL70357|E\r");
    }
    hl7v2::mllp_frame(text.as_bytes())
}

/// `A04 P1`, `A40 P1 < P2`, `A43 P1,A1 < P2`, `A31 A1,B1`: `P1` is the identifier of the first person.
pub(crate) fn in_short(message: &str, tag: &str) -> String {
    let names = |list: &str| {
        let name = |cx: &str| {
            let id = cx.split('^').next().unwrap();
            let person = (1..200).find(|number| pix_manager::network_id::of(*number) == id);
            let local = || id.strip_prefix(tag).unwrap_or(id).to_owned();
            person.map_or_else(local, |number| format!("P{number}"))
        };
        list.split('~').map(name).collect::<Vec<_>>().join(",")
    };
    let event = field(segments(message, "EVN")[0], 1);
    let event = if event.is_empty() { message.split('^').nth(2).unwrap() } else { event };
    let event: String = event.chars().take(3).collect();
    let new = names(field(segments(message, "PID")[0], 3));
    match segments(message, "MRG").as_slice() {
        [] => format!("{event} {new}"),
        [merged, ..] => format!("{event} {new} < {}", names(field(merged, 1))),
    }
}

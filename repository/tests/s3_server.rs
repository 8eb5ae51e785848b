//! The S3 server of the tests, as somebody else would use it: buckets, and objects put, read and deleted behind the
//! store's back; and a way to it that can be cut.
//!
//! Also part of the tests of `renkei`.

use std::env;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use config::actor::S3Config;

/// The server hides objects from who has no signature, but does not check it.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=renkei/20260101/us-east-1/s3/aws4_request, \
                      SignedHeaders=host, Signature=0";

/// A bucket of the test's own on the server.
pub(crate) struct TestBucket {
    address: SocketAddr,
    pub(crate) name: String,
}

impl TestBucket {
    /// `None`, and says so, where no server was started.
    pub(crate) fn new() -> Option<TestBucket> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Ok(url) = env::var("RENKEI_TEST_S3") else {
            eprintln!("skipped: RENKEI_TEST_S3 not set");
            return None;
        };
        let address = url.strip_prefix("http://").unwrap().parse().unwrap();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let bucket = TestBucket { address, name: format!("test-{}-{number}", std::process::id()) };
        assert_eq!(bucket.request("PUT", "", b"").0, 200);
        Some(bucket)
    }

    /// Of a store in this bucket, asked over `address`.
    pub(crate) fn config_over(&self, address: SocketAddr, folder: &Path) -> S3Config {
        let credentials = folder.join("s3-credentials");
        let text = b"access_key_id = \"renkei\"\nsecret_access_key = \"invented\"\n";
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&credentials);
        file.unwrap().write_all(text).unwrap();
        S3Config {
            bucket: self.name.clone(),
            endpoint: format!("http://{address}"),
            region: "us-east-1".to_owned(),
            prefix: "north/documents".to_owned(),
            credentials: Some(credentials),
            ca: None,
            connect: Duration::from_secs(5),
            response: Duration::from_secs(20),
            body_idle: Duration::from_secs(5),
            pool_idle: Duration::from_secs(5),
        }
    }

    pub(crate) fn config(&self, folder: &Path) -> S3Config {
        self.config_over(self.address, folder)
    }

    pub(crate) fn server(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn put(&self, key: &str, bytes: &[u8]) {
        assert_eq!(self.request("PUT", &format!("/{key}"), bytes).0, 200);
    }

    pub(crate) fn get(&self, key: &str) -> Option<Vec<u8>> {
        let (status, bytes) = self.request("GET", &format!("/{key}"), b"");
        (status == 200).then_some(bytes)
    }

    pub(crate) fn delete(&self, key: &str) {
        assert_eq!(self.request("DELETE", &format!("/{key}"), b"").0, 204);
    }

    /// Of all objects, in order.
    pub(crate) fn keys(&self) -> Vec<String> {
        let (_, listing) = self.request("GET", "?list-type=2", b"");
        elements(&String::from_utf8(listing).unwrap(), "Key")
    }

    /// Uploads in parts that are neither complete nor given up.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let (_, listing) = self.request("GET", "?uploads", b"");
        elements(&String::from_utf8(listing).unwrap(), "UploadId")
    }

    fn request(&self, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut connection = TcpStream::connect(self.address).unwrap();
        let head = format!(
            "{method} /{}{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Authorization: {SIGNED}\r\nContent-Length: {}\r\n\r\n",
            self.name,
            self.address,
            body.len()
        );
        connection.write_all(head.as_bytes()).unwrap();
        connection.write_all(body).unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let status = String::from_utf8(answer[9..12].to_vec()).unwrap().parse().unwrap();
        (status, answer.split_off(end + 4))
    }
}

/// The texts of all elements of this name.
fn elements(xml: &str, name: &str) -> Vec<String> {
    let begin = format!("<{name}>");
    let pieces = xml.split(&begin).skip(1);
    pieces.map(|piece| piece.split_once('<').unwrap().0.to_owned()).collect()
}

/// `ab/cd/abcd…` below the prefix of the tests.
pub(crate) fn key_of(bytes: &[u8]) -> String {
    let name: String =
        openssl::sha::sha256(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let level = |at| name.get(at..at + 2).unwrap();
    format!("north/documents/{}/{}/{name}", level(0), level(2))
}

/// What the way to the server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Way {
    Open,
    /// Connections are closed at once, those that were open as well.
    Cut,
    /// Whoever asks hears that the server is busy.
    Busy,
    /// Nobody hears anything.
    Silent,
    /// The last byte of each connection's first piece of content is another one.
    Garbled,
}

/// A way to the server on a port of its own.
pub(crate) struct Road {
    pub(crate) address: SocketAddr,
    way: Arc<AtomicU8>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    heads: Heads,
}

/// How requests began, as far as they went over a garbled way.
type Heads = Arc<Mutex<Vec<String>>>;

const WAYS: [Way; 5] = [Way::Open, Way::Cut, Way::Busy, Way::Silent, Way::Garbled];

impl Road {
    pub(crate) fn to(server: SocketAddr) -> Road {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let way = Arc::new(AtomicU8::new(0));
        let open = Arc::new(Mutex::new(Vec::new()));
        let heads = Heads::default();
        let road = Road {
            address,
            way: Arc::clone(&way),
            open: Arc::clone(&open),
            heads: Arc::clone(&heads),
        };
        // Ends with the process.
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                open.lock().unwrap().push(connection.try_clone().unwrap());
                let way = WAYS[usize::from(way.load(Ordering::SeqCst))];
                let heads = Arc::clone(&heads);
                thread::spawn(move || travel(connection, server, (way, &heads)));
            }
        });
        road
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub(crate) fn set(&self, way: Way) {
        let number = WAYS.iter().position(|known| *known == way).unwrap();
        self.way.store(u8::try_from(number).unwrap(), Ordering::SeqCst);
        for connection in self.open.lock().unwrap().drain(..) {
            let _closed_already = connection.shutdown(std::net::Shutdown::Both);
        }
    }
}

fn travel(mut near: TcpStream, server: SocketAddr, (way, heads): (Way, &Heads)) {
    match way {
        Way::Open | Way::Garbled => {
            let Ok(far) = TcpStream::connect(server) else { return };
            let (back_from, back_to) = (far.try_clone().unwrap(), near.try_clone().unwrap());
            thread::spawn(move || carry(back_from, back_to, None));
            carry(near, far, Some(heads).filter(|_| way == Way::Garbled));
        }
        Way::Cut => {}
        Way::Busy => {
            let _gone = near.read(&mut [0; 65_536]);
            let answer = "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _gone = near.write_all(answer.as_bytes());
        }
        Way::Silent => {
            let _until_cut = io::copy(&mut near, &mut io::sink());
        }
    }
}

/// With `heads`, garbles.
fn carry(mut from: TcpStream, mut to: TcpStream, heads: Option<&Heads>) {
    let mut buffer = vec![0; 65_536];
    let mut seen = Vec::new();
    let mut is_garbled = heads.is_none();
    while let Ok(n_read) = from.read(&mut buffer) {
        if n_read == 0 {
            break;
        }
        let piece = &mut buffer[..n_read];
        if !is_garbled {
            seen.extend_from_slice(piece);
            let end = seen.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end.filter(|end| seen.len() > end + 4) {
                *piece.last_mut().unwrap() ^= 1;
                is_garbled = true;
                let head = String::from_utf8_lossy(&seen[..end]).into_owned();
                heads.unwrap().lock().unwrap().push(head);
            }
        }
        if to.write_all(piece).is_err() {
            break;
        }
    }
    let _closed_already = to.shutdown(std::net::Shutdown::Both);
    let _closed_already = from.shutdown(std::net::Shutdown::Both);
}

//! A blocking client that writes exactly the bytes it is given.
#![expect(clippy::unwrap_used, reason = "a broken connection is the test's result")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use net::TlsFiles;
use openssl::ssl::{SslConnector, SslFiletype, SslMethod, SslStream, SslVersion};

/// No test waits longer for a byte.
const DEADLINE: Duration = Duration::from_secs(20);

/// A connection of either kind.
pub(crate) enum Wire {
    Plain(TcpStream),
    Tls(Box<SslStream<TcpStream>>),
}

/// What a client shows and trusts.
pub(crate) struct Show<'a> {
    pub(crate) own: Option<&'a TlsFiles>,
    pub(crate) trust: &'a TlsFiles,
    pub(crate) highest: Option<SslVersion>,
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

impl Wire {
    pub(crate) fn plain(address: SocketAddr) -> Wire {
        Wire::Plain(connect(address))
    }

    pub(crate) fn tls(address: SocketAddr, show: &Show<'_>) -> io::Result<Wire> {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        builder.set_ca_file(&show.trust.ca).unwrap();
        builder.set_max_proto_version(show.highest).unwrap();
        if let Some(own) = show.own {
            builder.set_certificate_chain_file(&own.certificate).unwrap();
            builder.set_private_key_file(&own.key, SslFiletype::PEM).unwrap();
        }
        let connected = builder.build().connect("127.0.0.1", connect(address));
        connected
            .map(|stream| Wire::Tls(Box::new(stream)))
            .map_err(|error| io::Error::other(error.to_string()))
    }

    pub(crate) fn request(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.write_all(request)?;
        self.answer()
    }

    /// Reads one answer with `Content-Length`; an interim answer is skipped.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let head = self.head()?;
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap();
        let mut answer = Answer { status, head, body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        answer.body.resize(length, 0);
        self.read_exact(&mut answer.body)?;
        Ok(answer)
    }

    pub(crate) fn head(&mut self) -> io::Result<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        Ok(String::from_utf8(head).unwrap())
    }

    /// Waits for the other side to close; `false` if it sends something or waits.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        match self.read(&mut byte) {
            Ok(n_bytes) => n_bytes == 0,
            Err(error) => {
                !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
            }
        }
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.read(buffer),
            Wire::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.write(bytes),
            Wire::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Wire::Plain(stream) => stream.flush(),
            Wire::Tls(stream) => stream.flush(),
        }
    }
}

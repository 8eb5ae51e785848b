//! A blocking client that writes exactly the bytes it is given, plain or mutual TLS.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use openssl::ssl::{SslConnector, SslFiletype, SslMethod, SslStream};

/// No test waits longer for a byte.
const DEADLINE: Duration = Duration::from_secs(60);

/// What a client of mutual TLS shows and trusts.
pub(crate) struct Identity<'a> {
    pub(crate) ca: &'a Path,
    pub(crate) certificate: &'a Path,
    pub(crate) key: &'a Path,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<SslStream<TcpStream>>),
}

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream.get_ref(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

/// One connection.
pub(crate) struct Connection {
    stream: BufReader<Stream>,
}

/// An HTTP answer as it came, its transfer coding removed.
#[derive(Clone, Debug)]
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl HttpAnswer {
    /// The only header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} stands twice");
        value
    }
}

impl Connection {
    pub(crate) fn open(address: SocketAddr, identity: Option<Identity<'_>>) -> Connection {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket.set_write_timeout(Some(DEADLINE)).unwrap();
        let Some(identity) = identity else {
            return Connection { stream: BufReader::new(Stream::Plain(socket)) };
        };
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        builder.set_ca_file(identity.ca).unwrap();
        builder.set_certificate_chain_file(identity.certificate).unwrap();
        builder.set_private_key_file(identity.key, SslFiletype::PEM).unwrap();
        let stream = builder.build().connect("localhost", socket).unwrap();
        Connection { stream: BufReader::new(Stream::Tls(Box::new(stream))) }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(bytes)?;
        stream.flush()
    }

    /// Whether the other side, which is on this machine, has taken all that was sent: its receive queue
    /// in `/proc/net/tcp` is empty.
    pub(crate) fn is_taken(&self) -> bool {
        let socket = self.stream.get_ref().socket();
        let port = |address: io::Result<SocketAddr>| format!(":{:04X}", address.unwrap().port());
        let (ours, theirs) = (port(socket.local_addr()), port(socket.peer_addr()));
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let mut rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
        let row = rows.find(|row| {
            let ends_with =
                |place: usize, end: &str| row.get(place).is_some_and(|f| f.ends_with(end));
            ends_with(1, &theirs) && ends_with(2, &ours)
        });
        let queues = row.as_ref().and_then(|row| row.get(4)).unwrap();
        queues.ends_with(":00000000")
    }

    /// Sends a request and reads its answer, which may come before the request is out.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> io::Result<HttpAnswer> {
        // A server that has seen enough closes its side; what it said is still to be read.
        let _cut_off = self.send(request);
        self.answer()
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&mut self) {
        self.stream.get_ref().socket().shutdown(Shutdown::Write).unwrap();
    }

    /// The next answer that is not an interim one.
    pub(crate) fn answer(&mut self) -> io::Result<HttpAnswer> {
        loop {
            let mut answer = self.head()?;
            if answer.status >= 200 {
                answer.body = self.body(&answer)?;
                return Ok(answer);
            }
        }
    }

    /// The head of the next answer, interim or not.
    pub(crate) fn head(&mut self) -> io::Result<HttpAnswer> {
        let status_line = self.line()?;
        let status = status_line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
        let status = status.and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("{status_line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(HttpAnswer { status, headers, body: Vec::new() });
            }
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    pub(crate) fn body(&mut self, head: &HttpAnswer) -> io::Result<Vec<u8>> {
        if head.header("transfer-encoding") == Some("chunked") {
            assert_eq!(head.header("content-length"), None);
            return self.chunks();
        }
        let length = head.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(body)
    }

    /// The next bytes of a body, so many.
    pub(crate) fn take(&mut self, n_bytes: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; n_bytes];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = self.line()?;
            let size = u64::from_str_radix(&size, 16).map_err(io::Error::other)?;
            let n_read = Read::by_ref(&mut self.stream).take(size).read_to_end(&mut body)?;
            if u64::try_from(n_read).unwrap() < size || !self.line()?.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// All bytes up to and with `end`.
    pub(crate) fn read_until(&mut self, end: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(end) {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            bytes.extend(byte);
        }
        Ok(bytes)
    }

    /// Waits for the other side to close; `false` if it sends something first.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(n_bytes) => n_bytes == 0,
            Err(error) => {
                !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
            }
        }
    }
}

/// The bytes of a POST with these headers, and the body's length unless it is said to be chunked.
pub(crate) fn post(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut request = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let is_chunked = headers.iter().any(|(_, value)| *value == "chunked");
    if !is_chunked {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    let mut request = request.into_bytes();
    if is_chunked {
        request.extend(chunked(body, 4096));
    } else {
        request.extend_from_slice(body);
    }
    request
}

/// The body in chunks of this size, RFC 9112 section 7.1.
pub(crate) fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut coded = Vec::new();
    for chunk in body.chunks(size) {
        coded.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        coded.extend_from_slice(chunk);
        coded.extend_from_slice(b"\r\n");
    }
    coded.extend_from_slice(b"0\r\n\r\n");
    coded
}

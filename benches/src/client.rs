//! A keep-alive HTTP/1.1 client that costs little, so that what is measured is the server.
//!
//! No general client: it sends what it is given, and knows answers with a `Content-Length`.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use net::TlsFiles;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_openssl::SslStream;

/// An answer in one piece is at most 256 KiB; what is longer is read in several turns.
pub(crate) const BUFFER_BYTES: usize = 256 * 1024;

/// An answer that takes longer is a fault, not a slow answer.
const PATIENCE: Duration = Duration::from_secs(30);

const HEAD_END: &[u8] = b"\r\n\r\n";

/// A request as bytes, made once and sent often.
pub(crate) fn post(path: &str, envelope: &str) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/soap+xml; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
        envelope.len()
    );
    [head.as_bytes(), envelope.as_bytes()].concat()
}

enum Stream {
    Plain(TcpStream),
    Tls(SslStream<TcpStream>),
}

impl Stream {
    async fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.write_all(bytes).await,
            Stream::Tls(stream) => stream.write_all(bytes).await,
        }
    }

    async fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buffer).await,
            Stream::Tls(stream) => stream.read(buffer).await,
        }
    }
}

/// One connection with one request at a time.
pub(crate) struct Connection {
    stream: Stream,
    buffer: Vec<u8>,
    /// Bytes of the last answer that are still at the start of the buffer.
    n_kept: usize,
}

/// What an exchange moved.
pub(crate) struct Exchanged {
    pub(crate) n_body_bytes: usize,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr, tls: Option<&TlsFiles>) -> Result<Connection> {
        Connection::with_room(address, tls, BUFFER_BYTES).await
    }

    /// As [`Connection::open`]; answers up to `n_bytes` with their head stay readable.
    pub(crate) async fn with_room(
        address: SocketAddr,
        tls: Option<&TlsFiles>,
        n_bytes: usize,
    ) -> Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let stream = match tls {
            None => Stream::Plain(stream),
            Some(files) => {
                let ssl = net::connector(files)?.build().configure()?.into_ssl("localhost")?;
                let mut stream = SslStream::new(ssl, stream)?;
                Pin::new(&mut stream).connect().await.context("the TLS handshake failed")?;
                Stream::Tls(stream)
            }
        };
        Ok(Connection { stream, buffer: vec![0; n_bytes], n_kept: 0 })
    }

    /// Sends a request and reads its answer to the last byte.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Exchanged> {
        self.exchange_pieces(&[request]).await
    }

    /// As [`Connection::exchange`], for a request that lies in several places.
    pub(crate) async fn exchange_pieces(&mut self, pieces: &[&[u8]]) -> Result<Exchanged> {
        let exchange = self.send_and_read(pieces);
        tokio::time::timeout(PATIENCE, exchange).await.context("no answer in 30 s")?
    }

    async fn send_and_read(&mut self, pieces: &[&[u8]]) -> Result<Exchanged> {
        for piece in pieces {
            self.stream.write_all(piece).await?;
        }
        self.n_kept = 0;
        let head = loop {
            let room = self.buffer.get_mut(self.n_kept..).unwrap_or_default();
            let n_read = self.stream.read(room).await?;
            ensure!(n_read > 0, "the server closed the connection");
            self.n_kept += n_read;
            let kept = self.buffer.get(..self.n_kept).unwrap_or_default();
            if let Some(head) = Head::read(kept)? {
                break head;
            }
        };
        let whole = head.n_bytes + head.n_body_bytes;
        let mut n_received = self.n_kept;
        while n_received < whole {
            let free = self.buffer.len() - self.n_kept;
            // Once the buffer is full, the rest of a long answer runs through its end.
            let from = if free > 0 { self.n_kept } else { self.buffer.len() / 2 };
            let room = self.buffer.get_mut(from..).unwrap_or_default();
            let n_read = self.stream.read(room).await?;
            ensure!(n_read > 0, "the server closed the connection inside an answer");
            n_received += n_read;
            self.n_kept = (self.n_kept + n_read).min(self.buffer.len());
        }
        ensure!(n_received == whole, "the server sent more than it announced");
        Ok(Exchanged { n_body_bytes: head.n_body_bytes })
    }

    /// The last answer, its head included, as far as there was room for it.
    pub(crate) fn last_answer(&self) -> &[u8] {
        self.buffer.get(..self.n_kept).unwrap_or_default()
    }

    /// Whether the beginning of the last answer holds a text.
    pub(crate) fn last_answer_contains(&self, text: &str) -> bool {
        self.last_answer().windows(text.len()).any(|window| window == text.as_bytes())
    }
}

struct Head {
    n_bytes: usize,
    n_body_bytes: usize,
}

impl Head {
    /// `None` while the head is not complete.
    fn read(bytes: &[u8]) -> Result<Option<Head>> {
        let Some(end) = bytes.windows(HEAD_END.len()).position(|window| window == HEAD_END) else {
            return Ok(None);
        };
        let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
        if !head.starts_with("HTTP/1.1 200 ") {
            bail!("the server answered {}", head.lines().next().unwrap_or_default());
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse())
        });
        let n_body_bytes = length.context("an answer without Content-Length")??;
        Ok(Some(Head { n_bytes: end + HEAD_END.len(), n_body_bytes }))
    }
}

/// What the clients saw in one turn.
pub(crate) struct Turn {
    pub(crate) elapsed: Duration,
    /// Of each request, from its first byte to the last byte of its answer; sorted.
    pub(crate) latencies: Vec<Duration>,
}

impl Turn {
    /// Waits for all clients of a turn; their connections are there for the next one.
    pub(crate) async fn ended(
        started: Instant,
        mut clients: JoinSet<Result<(Connection, Vec<Duration>)>>,
        connections: &mut Vec<Connection>,
    ) -> Result<Turn> {
        let mut latencies = Vec::new();
        while let Some(ended) = clients.join_next().await {
            let (connection, of_client) = ended??;
            connections.push(connection);
            latencies.extend(of_client);
        }
        let elapsed = started.elapsed();
        latencies.sort_unstable();
        Ok(Turn { elapsed, latencies })
    }
}

/// Asks on all connections until the time is over; requests in hand are finished.
pub(crate) async fn drive(
    connections: &mut Vec<Connection>,
    requests: &Arc<[Vec<u8>]>,
    duration: Duration,
) -> Result<Turn> {
    let started = Instant::now();
    let end = started + duration;
    let n_connections = connections.len().max(1);
    let mut clients = JoinSet::new();
    for (place, mut connection) in connections.drain(..).enumerate() {
        let requests = Arc::clone(requests);
        // Each client begins elsewhere in the rotation, so that no two ask the same at one time.
        let first = place * requests.len() / n_connections;
        clients.spawn(async move {
            let mut latencies = Vec::with_capacity(64 * 1024);
            for request in requests.iter().cycle().skip(first) {
                let asked = Instant::now();
                if asked >= end {
                    break;
                }
                connection.exchange(request).await?;
                latencies.push(asked.elapsed());
            }
            Ok::<_, anyhow::Error>((connection, latencies))
        });
    }
    Turn::ended(started, clients, connections).await
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_complete() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-LENGTH: 12\r\n\r\nbody";
        let head = Head::read(answer).unwrap().unwrap();
        assert_eq!((head.n_bytes, head.n_body_bytes), (answer.len() - 4, 12));
        assert!(Head::read(&answer[..30]).unwrap().is_none());
    }

    #[test]
    fn only_success_with_a_length_counts_as_an_answer() {
        assert!(Head::read(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(Head::read(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    #[tokio::test]
    async fn answers_longer_than_the_buffer_are_read_to_their_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let n_bytes = 3 * BUFFER_BYTES + 17;
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for _ in 0..2 {
                let mut request = [0; 1024];
                assert!(stream.read(&mut request).await.unwrap() > 0);
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {n_bytes}\r\n\r\n");
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(&vec![b'x'; n_bytes]).await.unwrap();
            }
        });
        let mut connection = Connection::open(address, None).await.unwrap();
        for _ in 0..2 {
            let exchanged = connection.exchange(&post("/", "<a/>")).await.unwrap();
            assert_eq!(exchanged.n_body_bytes, n_bytes);
        }
        server.await.unwrap();
    }
}

//! MLLP clients that cost little, so that what is measured is the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hl7v2::mllp_frame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::Turn;

/// An answer that takes longer is a fault, not a slow answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longest answer; those that are asked for have a few kilobytes.
const BUFFER_BYTES: usize = 64 * 1024;

const FRAME_END: &[u8] = b"\x1c\r";

/// One connection with one message at a time.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What the clients of one server send, and what each answer must hold.
#[derive(Clone)]
pub(crate) struct Messages {
    /// The message after the last one, in its frame.
    pub(crate) next: Arc<dyn Fn() -> Vec<u8> + Send + Sync>,
    pub(crate) expected: &'static str,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: vec![0; BUFFER_BYTES] })
    }

    /// Sends a message and reads its answer to the end of the frame.
    pub(crate) async fn exchange(&mut self, framed: &[u8]) -> Result<&[u8]> {
        let exchange = self.send_and_read(framed);
        let n_bytes =
            tokio::time::timeout(PATIENCE, exchange).await.context("no answer in 30 s")?;
        Ok(self.buffer.get(..n_bytes?).unwrap_or_default())
    }

    async fn send_and_read(&mut self, framed: &[u8]) -> Result<usize> {
        self.stream.write_all(framed).await?;
        let mut n_bytes = 0;
        loop {
            let room = self.buffer.get_mut(n_bytes..).unwrap_or_default();
            let n_read = self.stream.read(room).await?;
            ensure!(n_read > 0, "the server closed the connection, or its answer is too long");
            n_bytes += n_read;
            if self.buffer.get(..n_bytes).is_some_and(|bytes| bytes.ends_with(FRAME_END)) {
                return Ok(n_bytes);
            }
        }
    }

    /// As [`Connection::exchange`], and looks at the answer.
    async fn check(&mut self, framed: &[u8], expected: &str) -> Result<()> {
        let answer = self.exchange(framed).await?;
        let holds = answer.windows(expected.len()).any(|window| window == expected.as_bytes());
        // All data are invented.
        ensure!(holds, "an unexpected answer: {}", String::from_utf8_lossy(answer));
        Ok(())
    }
}

pub(crate) fn framed(message: &str) -> Vec<u8> {
    mllp_frame(message.as_bytes())
}

/// Sends on so many connections until the time is over; messages in hand are finished.
pub(crate) async fn drive(
    address: SocketAddr,
    messages: &Messages,
    (n_connections, duration): (u16, Duration),
) -> Result<Turn> {
    let mut connections = Vec::new();
    for _ in 0..n_connections {
        connections.push(Connection::open(address).await?);
    }
    let started = Instant::now();
    let end = started + duration;
    let mut clients = JoinSet::new();
    for mut connection in connections {
        let messages = messages.clone();
        clients.spawn(async move {
            let mut latencies = Vec::with_capacity(16 * 1024);
            loop {
                let message = (messages.next)();
                let asked = Instant::now();
                if asked >= end {
                    return Ok::<_, anyhow::Error>(latencies);
                }
                connection.check(&message, messages.expected).await?;
                latencies.push(asked.elapsed());
            }
        });
    }
    let mut latencies = Vec::new();
    while let Some(ended) = clients.join_next().await {
        latencies.extend(ended??);
    }
    let elapsed = started.elapsed();
    latencies.sort_unstable();
    Ok(Turn { elapsed, latencies })
}

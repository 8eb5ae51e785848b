//! One question to one server over UDP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::{UdpSocket, lookup_host};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::sntp::{Measurement, NtpTimestamp, Question, Refusal};

/// A server's answer with extensions and signature is shorter; the rest of a longer one is cut off.
const BUFFER_BYTES: usize = 512;

/// Packets that are not the answer, before the question counts as failed: a flood must not keep us busy.
const MAX_STRAY_PACKETS: usize = 16;

/// Why a server told nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("the name has no address")]
    Name(#[source] io::Error),
    #[error("the name has no address")]
    NoAddress,
    #[error("nothing can be sent to the server, or nothing listens there")]
    Socket(#[source] io::Error),
    #[error("no answer in time")]
    Silence,
    #[error("other packets come instead of an answer")]
    Strays,
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Asks `server` (`name:port`) once; all of it takes at most `deadline`.
///
/// # Errors
/// [`ProbeError`]; a silent server costs the deadline.
pub async fn probe(server: &str, deadline: Duration) -> Result<Measurement, ProbeError> {
    timeout(deadline, ask(server)).await.unwrap_or(Err(ProbeError::Silence))
}

async fn ask(server: &str) -> Result<Measurement, ProbeError> {
    let mut addresses = lookup_host(server).await.map_err(ProbeError::Name)?;
    let address = addresses.next().ok_or(ProbeError::NoAddress)?;
    let socket = connect(address).await.map_err(ProbeError::Socket)?;
    let question = Question::new(NtpTimestamp::of(Timestamp::now()), random());
    let sent = Instant::now();
    socket.send(&question.to_bytes()).await.map_err(ProbeError::Socket)?;
    let mut buffer = [0; BUFFER_BYTES];
    for _ in 0..MAX_STRAY_PACKETS {
        let length = socket.recv(&mut buffer).await.map_err(ProbeError::Socket)?;
        let elapsed = sent.elapsed();
        match question.measure(buffer.get(..length).unwrap_or_default(), elapsed) {
            Err(refusal) if refusal.is_stray() => {}
            measured => return Ok(measured?),
        }
    }
    Err(ProbeError::Strays)
}

/// A socket that takes packets of this address only, on a port that a forger must guess.
async fn connect(address: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => ([0; 4], 0).into(),
        SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    Ok(socket)
}

fn random() -> u32 {
    let [.., a, b, c, d] = Uuid::new_v4().into_bytes();
    u32::from_be_bytes([a, b, c, d])
}

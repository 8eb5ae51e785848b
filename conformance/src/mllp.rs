//! Frames of MLLP sent in the ways that a network, or a careless sender, sends them (ITI TF-2: C.2.1).
//!
//! Each delivery has connections of its own, since most of them leave nothing that could be used again.

use crate::case::Delivery;
use client::TlsFiles;
use openssl::ssl::{SslConnector, SslFiletype, SslMethod};
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_openssl::SslStream;

const START: u8 = 0x0B;
const END: u8 = 0x1C;
const CARRIAGE_RETURN: u8 = 0x0D;

/// Bytes that belong to no frame.
const NOISE: &[u8] = b"\r\nMSH|^~\\&|NOISE\r\n";

/// Bytes of a fragment; the first ones part the start byte from what follows.
const FRAGMENT: usize = 17;

/// Between two fragments.
const PAUSE: Duration = Duration::from_millis(2);

/// Connections at a time.
const N_CONNECTIONS: usize = 8;

/// A frame that goes on for so many bytes is too long for everybody.
const ENDLESS: usize = 64 * 1024 * 1024;

/// Bytes that are written at once of it.
const PIECE: usize = 64 * 1024;

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no answer to look at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliveryFault {
    #[error("the connection could not be opened or broke")]
    Io(#[from] std::io::Error),
    #[error("TLS cannot be set up")]
    Tls(#[from] openssl::error::ErrorStack),
    #[error("the answer took too long")]
    Timeout,
    #[error("the answer is no MLLP frame")]
    Frame,
    #[error("messages that are alike were answered differently")]
    Different,
    #[error("a message of {ENDLESS} bytes without an end was read and not refused")]
    Swallowed,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl Stream for TcpStream {}
impl Stream for SslStream<TcpStream> {}

/// Sends a message and returns the answer; nothing, if the connection was closed without one.
pub(crate) async fn deliver(
    place: (&str, u16),
    tls: Option<&TlsFiles>,
    message: &[u8],
    delivery: Delivery,
) -> Result<Vec<u8>, DeliveryFault> {
    let frame = frame(message);
    let mut stream = connect(place, tls).await?;
    match delivery {
        Delivery::Whole => stream.write_all(&frame).await?,
        Delivery::Fragments => {
            for fragment in frame.chunks(FRAGMENT) {
                stream.write_all(fragment).await?;
                stream.flush().await?;
                tokio::time::sleep(PAUSE).await;
            }
        }
        Delivery::AfterNoise => stream.write_all(&[NOISE, &frame].concat()).await?,
        Delivery::Twice => {
            stream.write_all(&[frame.as_slice(), &frame].concat()).await?;
            stream.flush().await?;
            let first = answer(&mut stream).await?;
            return alike(first, answer(&mut stream).await?);
        }
        Delivery::Concurrent => return concurrently(place, tls, &frame).await,
        Delivery::WithoutCarriageReturn => {
            let (_carriage_return, cut) = frame.split_last().ok_or(DeliveryFault::Frame)?;
            stream.write_all(&[cut, b"PV1"].concat()).await?;
        }
        Delivery::CutShort => {
            let half = frame.get(..frame.len() / 2).unwrap_or_default();
            stream.write_all(half).await?;
            stream.shutdown().await?;
        }
        Delivery::Endless => return endless(stream, message).await,
    }
    stream.flush().await?;
    answer(&mut stream).await
}

/// A message in its frame.
pub(crate) fn frame(message: &[u8]) -> Vec<u8> {
    [&[START], message, &[END, CARRIAGE_RETURN]].concat()
}

async fn connect(
    (host, port): (&str, u16),
    tls: Option<&TlsFiles>,
) -> Result<Box<dyn Stream>, DeliveryFault> {
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    let Some(files) = tls else { return Ok(Box::new(stream)) };
    let mut connector = SslConnector::builder(SslMethod::tls_client())?;
    connector.set_ca_file(&files.ca)?;
    connector.set_certificate_chain_file(&files.certificate)?;
    connector.set_private_key_file(&files.key, SslFiletype::PEM)?;
    let mut stream = SslStream::new(connector.build().configure()?.into_ssl(host)?, stream)?;
    Pin::new(&mut stream).connect().await.map_err(std::io::Error::other)?;
    Ok(Box::new(stream))
}

/// The next frame; nothing, if the connection ends before one begins.
async fn answer(stream: &mut Box<dyn Stream>) -> Result<Vec<u8>, DeliveryFault> {
    timeout(PATIENCE, next_message(stream)).await.map_err(|_elapsed| DeliveryFault::Timeout)?
}

/// The content of the next frame; nothing, if the stream ends before one begins.
pub(crate) async fn next_message(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<Vec<u8>, DeliveryFault> {
    let mut bytes = Vec::new();
    loop {
        // Byte by byte: what follows belongs to the next frame.
        let byte = match stream.read_u8().await {
            Ok(byte) => byte,
            Err(_closed) if bytes.is_empty() => return Ok(bytes),
            Err(broken) => return Err(DeliveryFault::Io(broken)),
        };
        bytes.push(byte);
        if bytes.first() != Some(&START) {
            return Err(DeliveryFault::Frame);
        }
        if let Some(message) = bytes.strip_suffix(&[END, CARRIAGE_RETURN]) {
            return Ok(message.strip_prefix(&[START]).unwrap_or_default().to_vec());
        }
    }
}

/// Everything is sent before any answer is read.
async fn concurrently(
    place: (&str, u16),
    tls: Option<&TlsFiles>,
    frame: &[u8],
) -> Result<Vec<u8>, DeliveryFault> {
    let mut streams = Vec::with_capacity(N_CONNECTIONS);
    for _ in 0..N_CONNECTIONS {
        streams.push(connect(place, tls).await?);
    }
    for stream in &mut streams {
        stream.write_all(frame).await?;
        stream.flush().await?;
    }
    let mut first = None;
    for stream in &mut streams {
        let next = answer(stream).await?;
        first = Some(match first {
            Some(first) => alike(first, next)?,
            None => next,
        });
    }
    first.ok_or(DeliveryFault::Frame)
}

/// Answers are alike but for their headers, which have ids and times of their own.
fn alike(one: Vec<u8>, other: Vec<u8>) -> Result<Vec<u8>, DeliveryFault> {
    let body = |bytes: &[u8]| {
        let header = bytes.iter().position(|byte| *byte == CARRIAGE_RETURN);
        bytes.get(header.unwrap_or_default()..).unwrap_or_default().to_vec()
    };
    if body(&one) == body(&other) { Ok(one) } else { Err(DeliveryFault::Different) }
}

/// The peer must give up, by closing the connection or by an answer, before it has read all of it.
async fn endless(mut stream: Box<dyn Stream>, message: &[u8]) -> Result<Vec<u8>, DeliveryFault> {
    let writing = async {
        let piece = vec![b'X'; PIECE];
        stream.write_all(&[&[START], message].concat()).await?;
        for _ in 0..ENDLESS / PIECE {
            stream.write_all(&piece).await?;
        }
        stream.flush().await
    };
    match timeout(PATIENCE, writing).await {
        Ok(Ok(())) => Err(DeliveryFault::Swallowed),
        // Whoever closes while it is written to may reset the connection, and its answer is lost with it.
        Ok(Err(_closed)) => Ok(answer(&mut stream).await.unwrap_or_default()),
        Err(_elapsed) => Err(DeliveryFault::Timeout),
    }
}

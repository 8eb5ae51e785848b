//! Many messages on one connection before the first is answered: answers come in the order of the messages.

use std::io;
use std::time::Duration;

use hl7v2::{MllpFramer, mllp_frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::{Instant, timeout, timeout_at};

use super::{ANSWER_BYTES, MllpClient, MllpError, READ_BYTES, Stream};

/// The way out of a connection.
pub struct MllpSender {
    stream: WriteHalf<Box<dyn Stream>>,
    timeout: Duration,
}

/// The way back.
pub struct MllpReceiver {
    stream: ReadHalf<Box<dyn Stream>>,
    timeout: Duration,
    framer: MllpFramer,
    buffer: Vec<u8>,
    /// When the last answer came, or the connection was opened.
    last: Instant,
}

impl MllpClient {
    /// Opens a connection of its own for messages that do not wait for each other's answers.
    ///
    /// # Errors
    /// [`MllpError::Connect`].
    pub async fn pipeline(&self) -> Result<(MllpSender, MllpReceiver), MllpError> {
        let (read, write) = tokio::io::split(self.open().await?);
        let timeout = self.timeouts.answer;
        let receiver = MllpReceiver {
            stream: read,
            timeout,
            framer: MllpFramer::new(ANSWER_BYTES),
            buffer: vec![0; READ_BYTES],
            last: Instant::now(),
        };
        Ok((MllpSender { stream: write, timeout }, receiver))
    }
}

impl MllpSender {
    /// Sends one message. How many may wait for their answers is for the caller to say: the other side reads on
    /// only as far as its answers are read.
    ///
    /// # Errors
    /// [`MllpError`]; the connection cannot be used further.
    pub async fn send(&mut self, message: &[u8]) -> Result<(), MllpError> {
        let sending = async {
            self.stream.write_all(&mllp_frame(message)).await?;
            self.stream.flush().await
        };
        let sent = timeout(self.timeout, sending).await.map_err(|_elapsed| MllpError::Timeout)?;
        sent.map_err(MllpError::Io)
    }
}

impl MllpReceiver {
    /// The next message was sent when nothing was waiting: time counts from now on.
    pub fn begin(&mut self) {
        self.last = Instant::now();
    }

    /// The next answer. May be dropped and called again: nothing is lost.
    ///
    /// # Errors
    /// [`MllpError`]; the connection cannot be used further.
    pub async fn answer(&mut self) -> Result<Vec<u8>, MllpError> {
        loop {
            if let Some(answer) = self.framer.next_frame() {
                self.last = Instant::now();
                return answer.map_err(|broken| MllpError::Frame(broken.error));
            }
            let deadline = self.last + self.timeout;
            let reading = timeout_at(deadline, self.stream.read(&mut self.buffer)).await;
            let n_bytes = reading.map_err(|_elapsed| MllpError::Timeout)?.map_err(MllpError::Io)?;
            let received = self.buffer.get(..n_bytes).unwrap_or_default();
            if received.is_empty() {
                return Err(MllpError::Io(io::ErrorKind::UnexpectedEof.into()));
            }
            self.framer.push(received);
        }
    }
}

//! Frames on a connection (RFC 5425 section 4.3): `MSG-LEN SP SYSLOG-MSG`; bytes in, messages out, no sockets.

use std::fmt;

/// Buffers up to this size are kept from one frame to the next.
const KEPT_BYTES: usize = 64 * 1024;

/// Why a byte stream is no sequence of frames: where the next one begins is unknown, the connection must be
/// closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("message is longer than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("length of a frame begins with zero")]
    LeadingZero,
    #[error("length of a frame is no number")]
    NotADigit,
    #[error("the stream ended inside a frame")]
    Truncated,
}

/// How the frame that comes next is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// RFC 5425.
    Counted,
    /// The older habit that RFC 6587 section 3.4.2 describes: each message ends with a line feed.
    Lines,
    Broken(FrameError),
}

/// Cuts a byte stream into messages, whatever the pieces it arrives in.
///
/// A frame that begins with `<` instead of a length switches to lines for good: some senders know no other
/// framing. Who takes all frames after each push has never more in memory than the limit, the longest length
/// and one push. After an error there is nothing but the same error.
pub struct FrameReader {
    limit: usize,
    framing: Framing,
    buffer: Vec<u8>,
    /// Bytes at the front of the buffer that belong to frames handed out.
    start: usize,
    /// Bytes behind `start` that are known to hold no line feed.
    searched: usize,
}

impl FrameReader {
    /// `limit` counts the bytes of one message; nothing is allocated ahead of what arrived.
    #[must_use]
    pub fn new(limit: usize) -> FrameReader {
        let framing = Framing::Counted;
        FrameReader { limit, framing, buffer: Vec::new(), start: 0, searched: 0 }
    }

    /// Takes what arrived next.
    pub fn push(&mut self, bytes: &[u8]) {
        if matches!(self.framing, Framing::Broken(_)) {
            return;
        }
        // What is moved is less than one push, and is moved once for each push that ended a frame.
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, `None` until more bytes have come.
    ///
    /// # Errors
    /// [`FrameError`] ends the stream.
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        if self.framing == Framing::Counted && self.rest().first() == Some(&b'<') {
            self.framing = Framing::Lines;
        }
        let frame = match self.framing {
            Framing::Counted => self.counted(),
            Framing::Lines => self.line(),
            Framing::Broken(error) => Err(error),
        };
        if let Err(error) = frame {
            self.framing = Framing::Broken(error);
            self.clear();
        }
        frame
    }

    /// To be called when the peer has closed its side: the last line needs no line feed.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] if that happened inside a counted frame.
    pub fn finish(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        match self.framing {
            Framing::Broken(error) => Err(error),
            Framing::Counted | Framing::Lines if self.pending() == 0 => Ok(None),
            Framing::Counted => Err(FrameError::Truncated),
            Framing::Lines => Ok(Some(self.take(0, self.pending(), 0))),
        }
    }

    /// Bytes that have come and were not handed out: more than none means that the peer owes us the rest.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.rest().len()
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn counted(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        let rest = self.rest();
        let mut length: usize = 0;
        for (n_digits, byte) in rest.iter().enumerate() {
            match byte {
                b'0' if n_digits == 0 => return Err(FrameError::LeadingZero),
                b'0'..=b'9' => length = self.longer(length, *byte)?,
                b' ' if n_digits > 0 => {
                    let before = n_digits.saturating_add(1);
                    let is_whole = rest.len().saturating_sub(before) >= length;
                    return Ok(is_whole.then(|| self.take(before, length, 0)));
                }
                _ => return Err(FrameError::NotADigit),
            }
        }
        Ok(None)
    }

    /// The length with one more digit: it ends at the limit, and so does a number without end.
    fn longer(&self, length: usize, digit: u8) -> Result<usize, FrameError> {
        let digit = usize::from(digit.saturating_sub(b'0'));
        let longer = length.checked_mul(10).and_then(|length| length.checked_add(digit));
        longer
            .filter(|length| *length <= self.limit)
            .ok_or(FrameError::TooLarge { limit: self.limit })
    }

    /// The next line that is not empty.
    fn line(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        loop {
            let unsearched = self.rest().get(self.searched..).unwrap_or_default();
            let found = unsearched.iter().position(|byte| *byte == b'\n');
            let length = self.searched.saturating_add(found.unwrap_or(unsearched.len()));
            if length > self.limit {
                return Err(FrameError::TooLarge { limit: self.limit });
            }
            if found.is_none() {
                self.searched = length;
                return Ok(None);
            }
            let line = self.take(0, length, 1);
            if !line.is_empty() {
                return Ok(Some(line));
            }
        }
    }

    /// Hands out `length` bytes and passes over those before and behind them.
    fn take(&mut self, before: usize, length: usize, behind: usize) -> Vec<u8> {
        let from = self.start.saturating_add(before);
        let to = from.saturating_add(length);
        let frame = self.buffer.get(from..to).unwrap_or_default().to_vec();
        self.start = to.saturating_add(behind).min(self.buffer.len());
        self.searched = 0;
        if self.start == self.buffer.len() {
            self.clear();
        }
        frame
    }

    /// Forgets everything; a peer that sent one large message does not hold its memory for ever.
    fn clear(&mut self) {
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_BYTES);
        self.start = 0;
        self.searched = 0;
    }
}

/// Without the bytes, which may be personal.
impl fmt::Debug for FrameReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameReader")
            .field("framing", &self.framing)
            .field("pending", &self.pending())
            .finish_non_exhaustive()
    }
}

/// The frame of one message: its length in bytes, a space, the message.
#[must_use]
pub fn frame(message: &[u8]) -> Vec<u8> {
    let length = message.len().to_string();
    let mut frame =
        Vec::with_capacity(message.len().saturating_add(length.len()).saturating_add(1));
    frame.extend_from_slice(length.as_bytes());
    frame.push(b' ');
    frame.extend_from_slice(message);
    frame
}

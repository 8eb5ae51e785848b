//! The Minimal Lower Layer Protocol: `0x0B message 0x1C 0x0D`; bytes in, messages out, no sockets.
//!
//! Neither UTF-8 nor ISO-2022-JP nor Shift_JIS uses 0x0B, 0x1C or 0x0D inside a
//! character, therefore frames are found in the bytes before anything is decoded.

use std::collections::VecDeque;

const START: u8 = 0x0B;
const END: u8 = 0x1C;
const CARRIAGE_RETURN: u8 = 0x0D;

/// Longest beginning of a broken frame that is kept: enough for an MSH segment.
const MAX_HEAD_BYTES: usize = 4_096;

/// Bytes of a frame that is too large which are read in any case, so that its sender can be told.
const ENOUGH: usize = 16 << 20;

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("message is longer than {limit} bytes")]
    TooLarge { limit: usize },
    /// What came before is the beginning of a message whose rest was lost, or there is a start byte inside one:
    /// joined with what follows it could tell one patient's data about another, and the next answer could be
    /// taken for that to another message. The connection should be closed.
    #[error("a message begins before the previous one ended")]
    StartInsideFrame,
    /// Of a message that is too large as much came again, at least 16 MiB, and no end. The connection should be
    /// closed.
    #[error("message is much longer than {limit} bytes")]
    Endless { limit: usize },
    #[error("the end byte is not followed by a carriage return")]
    EndWithoutCarriageReturn,
    #[error("the stream ended inside a message")]
    Truncated,
}

/// A message that did not arrive as one.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokenFrame {
    pub error: FrameError,
    /// Its beginning, by which its sender can be told; not to be read as a message.
    pub head: Vec<u8>,
}

impl std::fmt::Debug for BrokenFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BrokenFrame").field("error", &self.error).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Outside a frame, where every byte but the start byte is ignored.
    Between,
    Inside,
    /// After the end byte.
    Ending,
    /// Inside a frame that is too large: nothing of it is kept any more.
    Skipping,
}

/// Cuts a byte stream into messages, whatever the chunks it arrives in.
///
/// Several messages in one chunk are kept in order. Bytes between frames are dropped without being stored. A
/// broken frame ends at its end byte or where the next one starts; the start byte, which no message contains, says
/// where that is.
#[derive(Debug)]
pub struct MllpFramer {
    max_frame_bytes: usize,
    state: State,
    current: Vec<u8>,
    /// Bytes of a frame that is too large, which were not kept.
    n_skipped: usize,
    ready: VecDeque<Result<Vec<u8>, BrokenFrame>>,
}

impl MllpFramer {
    /// `max_frame_bytes` counts the message without the framing bytes; nothing is
    /// allocated ahead of what arrived.
    #[must_use]
    pub fn new(max_frame_bytes: usize) -> MllpFramer {
        MllpFramer {
            max_frame_bytes,
            state: State::Between,
            current: Vec::new(),
            n_skipped: 0,
            ready: VecDeque::new(),
        }
    }

    /// Takes what arrived next.
    pub fn push(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = match self.state {
                State::Between => self.seek_start(rest),
                State::Inside => self.collect(rest),
                State::Ending => self.end(rest),
                State::Skipping => self.skip(rest),
            };
        }
    }

    /// The next whole message without its framing bytes, or what is left of a broken one.
    pub fn next_frame(&mut self) -> Option<Result<Vec<u8>, BrokenFrame>> {
        self.ready.pop_front()
    }

    /// Whether a message has begun and not ended, so that the peer owes us bytes.
    ///
    /// Tells the caller which of its two time limits applies: the one for a
    /// message or the one for an idle connection.
    #[must_use]
    pub fn is_inside_frame(&self) -> bool {
        matches!(self.state, State::Inside | State::Ending | State::Skipping)
    }

    /// To be called when the peer has closed its side.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] if that happened inside a message.
    pub fn finish(&self) -> Result<(), FrameError> {
        if self.is_inside_frame() { Err(FrameError::Truncated) } else { Ok(()) }
    }

    fn seek_start<'c>(&mut self, rest: &'c [u8]) -> &'c [u8] {
        let Some(start) = memchr::memchr(START, rest) else { return &[] };
        self.state = State::Inside;
        after(rest, start)
    }

    fn collect<'c>(&mut self, rest: &'c [u8]) -> &'c [u8] {
        let mark = memchr::memchr2(START, END, rest);
        let content = mark.and_then(|mark| rest.get(..mark)).unwrap_or(rest);
        let room = self.max_frame_bytes.saturating_sub(self.current.len());
        if content.len() > room {
            self.current.extend_from_slice(content.get(..room).unwrap_or_default());
            self.current.truncate(MAX_HEAD_BYTES);
            self.n_skipped = 0;
            self.state = State::Skipping;
            return rest.get(room..).unwrap_or_default();
        }
        self.current.extend_from_slice(content);
        let Some(mark) = mark else { return &[] };
        if rest.get(mark) == Some(&END) {
            self.state = State::Ending;
        } else if !self.current.is_empty() {
            // Start bytes in a row start one message.
            self.fail(FrameError::StartInsideFrame);
        }
        after(rest, mark)
    }

    fn skip<'c>(&mut self, rest: &'c [u8]) -> &'c [u8] {
        let mark = memchr::memchr2(START, END, rest);
        self.n_skipped = self.n_skipped.saturating_add(mark.unwrap_or(rest.len()));
        if self.n_skipped > self.max_frame_bytes.max(ENOUGH) {
            self.fail(FrameError::Endless { limit: self.max_frame_bytes });
            self.state = State::Between;
            return mark.and_then(|mark| rest.get(mark..)).unwrap_or_default();
        }
        let Some(mark) = mark else { return &[] };
        if rest.get(mark) == Some(&START) {
            self.fail(FrameError::StartInsideFrame);
            self.state = State::Inside;
        } else {
            self.fail(FrameError::TooLarge { limit: self.max_frame_bytes });
            self.state = State::Between;
        }
        after(rest, mark)
    }

    fn end<'c>(&mut self, rest: &'c [u8]) -> &'c [u8] {
        self.state = State::Between;
        let Some((&CARRIAGE_RETURN, behind)) = rest.split_first() else {
            self.fail(FrameError::EndWithoutCarriageReturn);
            return rest;
        };
        self.ready.push_back(Ok(std::mem::take(&mut self.current)));
        behind
    }

    fn fail(&mut self, error: FrameError) {
        let mut head = std::mem::take(&mut self.current);
        head.truncate(MAX_HEAD_BYTES);
        self.ready.push_back(Err(BrokenFrame { error, head }));
    }
}

/// The frame of one message.
///
/// The message must hold neither 0x0B nor 0x1C. What this crate writes never
/// does: control characters are escaped, and no character set uses these bytes.
#[must_use]
pub fn mllp_frame(message: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(message.len().saturating_add(3));
    frame.push(START);
    frame.extend_from_slice(message);
    frame.extend_from_slice(&[END, CARRIAGE_RETURN]);
    frame
}

fn after(bytes: &[u8], index: usize) -> &[u8] {
    bytes.get(index.saturating_add(1)..).unwrap_or_default()
}

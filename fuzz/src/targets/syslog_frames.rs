//! `atna::syslog::FrameReader`: the same frames whatever pieces the bytes arrive in.

use atna::syslog::{FrameError, FrameReader, frame};

use super::mllp_frames::random_chunks;
use super::syslog_message;
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "syslog_frames",
    run,
    seeds,
    samples: &[],
    tokens: &[&["<85>1 ", "\n", " ", "0", "1 a", "2000 ", "2001 ", "99999999999999999999", "\r\n"]],
};

const MAX_FRAME_BYTES: usize = 2_000;

/// Everything that a reader made of its bytes.
#[derive(Debug, PartialEq, Eq)]
struct Framed {
    frames: Vec<Vec<u8>>,
    /// The error that ended the stream, be it the missing end.
    error: Option<FrameError>,
}

fn run(bytes: &[u8]) -> Verdict {
    let whole = frames([bytes]);
    assert_eq!(frames(bytes.chunks(1)), whole, "byte by byte");
    assert_eq!(frames(random_chunks(bytes)), whole, "in pieces");
    let length: usize = whole.frames.iter().map(Vec::len).sum();
    assert!(length <= bytes.len(), "frames of nothing");
    assert!(whole.frames.iter().all(|frame| frame.len() <= MAX_FRAME_BYTES), "over the limit");
    let written: Vec<u8> = whole.frames.iter().flat_map(|message| frame(message)).collect();
    let again = Framed { frames: whole.frames.clone(), error: None };
    assert_eq!(frames([written.as_slice()]), again, "written again");
    match whole.error {
        Some(error) => Err(super::reason(error)),
        None if whole.frames.is_empty() => Err("no frame".to_owned()),
        None => Ok(format!("{} frames", whole.frames.len().min(3))),
    }
}

fn frames<'b>(chunks: impl IntoIterator<Item = &'b [u8]>) -> Framed {
    let mut reader = FrameReader::new(MAX_FRAME_BYTES);
    let mut framed = Framed { frames: Vec::new(), error: None };
    for chunk in chunks {
        reader.push(chunk);
        while framed.error.is_none() {
            match reader.next_frame() {
                Ok(Some(frame)) => framed.frames.push(frame),
                Ok(None) => break,
                Err(error) => framed.error = Some(error),
            }
        }
        let bound = MAX_FRAME_BYTES.saturating_add(chunk.len()).saturating_add(8);
        assert!(reader.pending() <= bound, "more kept than allowed");
    }
    match reader.finish() {
        Ok(last) => framed.frames.extend(last),
        Err(error) => framed.error = Some(error),
    }
    framed
}

fn seeds() -> Vec<Vec<u8>> {
    let messages = syslog_message::seeds();
    let counted = messages.iter().flat_map(|message| frame(message)).collect();
    vec![counted, messages.join(&b'\n')]
}

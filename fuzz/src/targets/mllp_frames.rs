//! `hl7v2::MllpFramer`: the same frames whatever pieces the bytes arrive in.

use hl7v2::{BrokenFrame, FrameError, MllpFramer, mllp_frame};

use crate::dice::Dice;
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "mllp_frames",
    run,
    seeds,
    samples: &["hl7v2"],
    tokens: &[&[
        "\x0B",
        "\x1C",
        "\r",
        "\x1C\r",
        "\x0B\x0B",
        "\x1C\x1C\r",
        "\x1C\r\x0B",
        "\0",
        "\n",
    ]],
};

const MAX_FRAME_BYTES: usize = 2_000;

/// Everything that a framer made of its bytes.
#[derive(Debug, PartialEq, Eq)]
struct Framed {
    frames: Vec<Vec<u8>>,
    /// What did not arrive as a message.
    broken: Vec<BrokenFrame>,
    /// The missing end.
    error: Option<FrameError>,
}

fn run(bytes: &[u8]) -> Verdict {
    let whole = frames([bytes]);
    assert_eq!(frames(bytes.chunks(1)), whole, "byte by byte");
    assert_eq!(frames(random_chunks(bytes)), whole, "in pieces");
    let heads = whole.broken.iter().map(|broken| broken.head.len().saturating_add(1));
    let length: usize =
        whole.frames.iter().map(|frame| frame.len().saturating_add(3)).chain(heads).sum();
    assert!(length <= bytes.len(), "frames of nothing");
    for frame in &whole.frames {
        assert!(frame.len() <= MAX_FRAME_BYTES, "over the limit");
        assert!(!frame.contains(&0x0B) && !frame.contains(&0x1C), "framing bytes inside");
    }
    let written: Vec<u8> = whole.frames.iter().flat_map(|frame| mllp_frame(frame)).collect();
    assert_eq!(frames([written.as_slice()]).frames, whole.frames, "written again");
    let broken = whole.broken.first().map(|broken| broken.error);
    match broken.or(whole.error) {
        Some(error) => Err(super::reason(error)),
        None if whole.frames.is_empty() => Err("no frame".to_owned()),
        None => Ok(format!("{} frames", whole.frames.len().min(3))),
    }
}

fn frames<'b>(chunks: impl IntoIterator<Item = &'b [u8]>) -> Framed {
    let mut framer = MllpFramer::new(MAX_FRAME_BYTES);
    let mut framed = Framed { frames: Vec::new(), broken: Vec::new(), error: None };
    for chunk in chunks {
        framer.push(chunk);
        while let Some(frame) = framer.next_frame() {
            match frame {
                Ok(frame) => framed.frames.push(frame),
                Err(broken) => framed.broken.push(broken),
            }
        }
    }
    framed.error = framer.finish().err();
    framed
}

/// Pieces whose lengths depend on the input alone.
pub(super) fn random_chunks(bytes: &[u8]) -> Vec<&[u8]> {
    let mut dice = Dice::new(u64::try_from(bytes.len()).unwrap_or(0));
    let mut rest = bytes;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let length = dice.below(9).min(rest.len());
        let (chunk, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        chunks.push(chunk);
        rest = behind;
    }
    chunks
}

fn seeds() -> Vec<Vec<u8>> {
    let messages = super::hl7v2_message::seeds();
    let one = messages.first().map(|message| mllp_frame(message)).unwrap_or_default();
    let noisy = [b"\0\0\r\n".as_slice(), &one, b"\r", &one, b"noise"].concat();
    vec![messages.iter().flat_map(|message| mllp_frame(message)).collect(), one, noisy]
}

//! `clock::sntp`: an answer of a time server is measured within its bound, or refused.

use std::time::Duration;

use clock::sntp::{LENGTH_BYTES, NtpTimestamp, Packet, Question};

use super::reason;
use crate::{Target, Verdict};

pub(super) const TARGET: Target =
    Target { name: "time_answer", run, seeds, samples: &[], tokens: &[TOKENS] };

const TOKENS: &[&str] = &["DENY", "RSTR", "RATE", "$", "\0\0\0\0", "\u{7F}\u{7F}\u{7F}\u{7F}"];

const SENT: NtpTimestamp = NtpTimestamp::from_bits(0xFFFF_FFFF_8000_0000);
const SHOWN_FRACTION: u32 = 0x0123_4567;
const ELAPSED: Duration = Duration::from_millis(40);

/// A root may be half a second of delay and one of dispersion away, the server half of the way.
const LARGEST_BOUND: Duration = Duration::from_millis(1_600);

fn run(bytes: &[u8]) -> Verdict {
    if let Some(packet) = Packet::read(bytes) {
        assert!(bytes.starts_with(&packet.to_bytes()), "other fields than were written");
    }
    let question = Question::new(SENT, SHOWN_FRACTION);
    let measured = question.measure(bytes, ELAPSED).map_err(reason)?;
    assert!(bytes.len() >= LENGTH_BYTES, "a time out of nothing");
    assert!(measured.error_bound <= LARGEST_BOUND, "a bound that bounds nothing");
    Ok(format!("{}", measured.offset.is_negative()))
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let answer = |stratum: u8, receive: [u8; 8]| {
        let head = [0x24, stratum, 6, 0xEC, 0, 0, 2, 0, 0, 0, 1, 0];
        let shown = [0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x23, 0x45, 0x67];
        [&head[..], b"DENY", &receive, &shown, &receive, &receive].concat()
    };
    vec![
        answer(1, [0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0, 0, 0]),
        answer(2, [0, 0, 0, 5, 0, 0, 0, 0]),
        answer(15, [0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0]),
    ]
}

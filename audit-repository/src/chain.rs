//! The hash chain over everything that was received.
//!
//! `hash(n) = SHA-256(encoding(n))`, where `encoding(n)` is, one after the other:
//!
//! | bytes | what |
//! |---|---|
//! | 32 | `hash(n-1)`; zeros for the first record |
//! | 8 | sequence, big-endian |
//! | 8 | time of reception in microseconds since 1970, UTC, big-endian |
//! | 1 | transport |
//! | 8 + length | sender: its length in bytes, big-endian, then UTF-8 |
//! | 8 + length | peer, likewise |
//! | 32 | SHA-256 of the message |
//!
//! The message itself is not in it: its text may be dropped by rule, and the chain still holds.

use openssl::sha::{Sha256, sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// What stands before the first record.
pub const BEGINNING: Head = Head { sequence: 0, hash: [0; 32] };

/// How a message arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Written by this actor itself: start, stop, refused connections, retention.
    Own,
    /// Syslog over mutual TLS.
    Tls,
    Udp,
    /// What was left of a stream over TLS in which no further message could be told apart.
    TlsRemains,
}

impl Transport {
    /// The number in the database and in the chain.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Transport::Own => 0,
            Transport::Tls => 1,
            Transport::Udp => 2,
            Transport::TlsRemains => 3,
        }
    }

    #[must_use]
    pub fn of_number(number: i16) -> Option<Transport> {
        [Transport::Own, Transport::Tls, Transport::Udp, Transport::TlsRemains]
            .into_iter()
            .find(|transport| i16::from(transport.number()) == number)
    }
}

/// The end of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the last record.
    pub sequence: i64,
    pub hash: Hash,
}

/// What the chain says of one record, beside its place.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// Microseconds since 1970, UTC.
    pub received_at: i64,
    /// [`Transport::number`], or what stands there instead.
    pub transport: i16,
    pub sender: &'a str,
    pub peer: &'a str,
    pub raw_sha256: &'a [u8],
}

impl Head {
    /// The end of the chain with one record more.
    #[must_use]
    pub fn next(&self, link: &Link<'_>) -> Head {
        let sequence = self.sequence.saturating_add(1);
        let mut digest = Sha256::new();
        digest.update(&self.hash);
        digest.update(&sequence.to_be_bytes());
        digest.update(&link.received_at.to_be_bytes());
        // A number beyond a byte is no transport; it must not look like one.
        match u8::try_from(link.transport) {
            Ok(transport) => digest.update(&[transport]),
            Err(_no_transport) => digest.update(&link.transport.to_be_bytes()),
        }
        for text in [link.sender, link.peer] {
            digest.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(text.as_bytes());
        }
        digest.update(link.raw_sha256);
        Head { sequence, hash: digest.finish() }
    }
}

/// The digest of a message.
#[must_use]
pub fn digest(raw: &[u8]) -> Hash {
    sha256(raw)
}

/// Bytes in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Undoes [`hex`].
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: char| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Option<Vec<u8>> = text.chars().map(digit).collect();
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    };
    digits?.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(sender: &'static str, peer: &'static str) -> Link<'static> {
        Link { received_at: 1, transport: 1, sender, peer, raw_sha256: &[7; 32] }
    }

    #[test]
    fn every_part_of_a_record_counts() {
        let hash = BEGINNING.next(&link("a", "b")).hash;
        let others = [
            BEGINNING.next(&link("ab", "")),
            BEGINNING.next(&Link { received_at: 2, ..link("a", "b") }),
            BEGINNING.next(&Link { transport: 2, ..link("a", "b") }),
            BEGINNING.next(&Link { transport: 257, ..link("a", "b") }),
            BEGINNING.next(&Link { raw_sha256: &[8; 32], ..link("a", "b") }),
            Head { sequence: 1, ..BEGINNING }.next(&link("a", "b")),
            Head { hash: [1; 32], ..BEGINNING }.next(&link("a", "b")),
        ];
        for (place, other) in others.iter().enumerate() {
            assert_ne!(other.hash, hash, "{place}");
        }
    }

    /// The encoding is for ever: this value may never change.
    #[test]
    fn the_encoding_is_the_documented_one() {
        let mut bytes = vec![0; 32];
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.push(1);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 2, b'a', b'b']);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 1, b'c']);
        bytes.extend([7; 32]);
        assert_eq!(BEGINNING.next(&link("ab", "c")).hash, sha256(&bytes));
    }

    #[test]
    fn hexadecimal_is_undone() {
        assert_eq!(unhex(&hex(&[0, 15, 255])), Some(vec![0, 15, 255]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
    }
}

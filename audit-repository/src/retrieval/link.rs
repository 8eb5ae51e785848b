//! Links from page to page: the search and the place in it, sealed.
//!
//! Links stand in logs of proxies, and searches name patients: nobody but this process can read a link, and
//! only the one who was given it can use it. The key is made at the start, so that a link does not survive it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::error::ErrorStack;
use openssl::rand::rand_bytes;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use serde::{Deserialize, Serialize};

use crate::store::search::Position;

/// AES-256-GCM: nonce and tag of NIST SP 800-38D.
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// A place in the answer to a search.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The parameters, encoded.
    pub search: String,
    /// Who asked.
    pub requester: String,
    /// The newest record when the search began.
    pub last_sequence: i64,
    /// Records on all pages, if they were counted.
    pub total: Option<u64>,
    /// The page begins behind this event: time and sequence; `None` for the first page.
    after: Option<(i64, i64)>,
}

/// Seals links, and opens them.
pub struct LinkSeal {
    key: [u8; KEY_BYTES],
}

impl Place {
    /// The first page of a search.
    #[must_use]
    pub fn first(search: String, requester: String, last_sequence: i64) -> Place {
        Place { search, requester, last_sequence, total: None, after: None }
    }

    /// The page behind an event.
    #[must_use]
    pub fn behind(self, position: Position) -> Place {
        Place { after: Some((position.event_time, position.sequence)), ..self }
    }

    #[must_use]
    pub fn after(&self) -> Option<Position> {
        self.after.map(|(event_time, sequence)| Position { event_time, sequence })
    }
}

impl LinkSeal {
    /// With a key of its own.
    ///
    /// # Errors
    /// Those of the random generator.
    pub fn generate() -> Result<LinkSeal, ErrorStack> {
        let mut key = [0; KEY_BYTES];
        rand_bytes(&mut key)?;
        Ok(LinkSeal { key })
    }

    /// Text for a URL; `None` if the random generator fails.
    #[must_use]
    pub fn seal(&self, place: &Place) -> Option<String> {
        let plain = serde_json::to_vec(place).ok()?;
        let (mut nonce, mut tag) = ([0; NONCE_BYTES], [0; TAG_BYTES]);
        rand_bytes(&mut nonce).ok()?;
        let cipher = Cipher::aes_256_gcm();
        let sealed = encrypt_aead(cipher, &self.key, Some(&nonce), &[], &plain, &mut tag).ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &tag, &sealed].concat()))
    }

    /// What was sealed; `None` for anything else.
    #[must_use]
    pub fn open(&self, text: &str) -> Option<Place> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_BYTES)?;
        let (tag, sealed) = rest.split_at_checked(TAG_BYTES)?;
        let cipher = Cipher::aes_256_gcm();
        let plain = decrypt_aead(cipher, &self.key, Some(nonce), &[], sealed, tag).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_opened_by_who_sealed_it_and_says_nothing() {
        let seal = LinkSeal::generate().unwrap();
        let search = "date=2026&patient.identifier=7".to_owned();
        let place = Place::first(search, "auditor".to_owned(), 9)
            .behind(Position { event_time: 5, sequence: 4 });
        let text = seal.seal(&place).unwrap();
        assert!(seal.open(&text) == Some(place.clone()));
        assert_ne!(seal.seal(&place).unwrap(), text);
        assert!(LinkSeal::generate().unwrap().open(&text).is_none());
        for place in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            let byte = &mut changed[place];
            *byte = if *byte == b'A' { b'B' } else { b'A' };
            assert!(seal.open(std::str::from_utf8(&changed).unwrap()).is_none(), "{place}");
        }
        for text in ["", "x", "髙", "AAAA", &"A".repeat(60)] {
            assert!(seal.open(text).is_none(), "{text}");
        }
    }
}

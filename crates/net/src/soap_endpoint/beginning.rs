//! What the beginning of a message tells when the rest of it was refused.

use std::borrow::Cow;

use super::RejectionCause;

/// Where a header is looked for: it stands first, and takes a few hundred bytes, with an assertion a few
/// thousand.
pub(super) const BEGINNING_BYTES: usize = 64 * 1024;

/// A message that was not taken, with what of its envelope had arrived.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) cause: RejectionCause,
    pub(super) envelope: Vec<u8>,
    /// The `charset` of the envelope's media type.
    pub(super) charset: Option<String>,
}

impl Refused {
    /// The `wsa:MessageID`, which the answer must name (WS-Addressing 1.0 core, section 3.4).
    pub(super) fn message_id(&self) -> Option<String> {
        let end = self.envelope.len().min(BEGINNING_BYTES);
        let beginning = self.envelope.get(..end).unwrap_or_default();
        let text = decode_beginning(beginning, self.charset.as_deref())?;
        soap::message_id(&text, xml::Limits::default())
    }
}

/// The cut may have gone through a character, which has four bytes at most.
fn decode_beginning<'a>(bytes: &'a [u8], charset: Option<&str>) -> Option<Cow<'a, str>> {
    (0..4).find_map(|n_cut| {
        let end = bytes.len().checked_sub(n_cut)?;
        xml::decode(bytes.get(..end)?, charset).ok()
    })
}

//! The character sets in which a byte or two is a character, without escape sequences.

use encoding_rs::{DecoderResult, Encoding};

use super::{Encoded, Prefix};

/// U+3013, what Japanese print sets for a type it does not have.
const GETA_MARK: char = '〓';

pub(super) fn decode_ascii(bytes: &[u8]) -> Result<String, Prefix> {
    let n_legal = Encoding::ascii_valid_up_to(bytes);
    let text = decode_utf8(bytes.get(..n_legal).unwrap_or_default())?;
    if n_legal == bytes.len() { Ok(text) } else { Err(Prefix(text)) }
}

pub(super) fn decode_utf8(bytes: &[u8]) -> Result<String, Prefix> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let legal = bytes.get(..error.valid_up_to()).unwrap_or_default();
            Err(Prefix(String::from_utf8_lossy(legal).into_owned()))
        }
    }
}

pub(super) fn decode_latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

pub(super) fn decode_shift_jis(bytes: &[u8]) -> Result<String, Prefix> {
    decode_strictly(encoding_rs::SHIFT_JIS, bytes)
}

pub(super) fn decode_euc_jp(bytes: &[u8]) -> Result<String, Prefix> {
    decode_strictly(encoding_rs::EUC_JP, bytes)
}

/// Decodes everything or gives what stands before the first malformed sequence.
pub(super) fn decode_strictly(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, Prefix> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let capacity = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(capacity.unwrap_or_default());
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    match result {
        DecoderResult::InputEmpty => Ok(text),
        DecoderResult::OutputFull | DecoderResult::Malformed(..) => Err(Prefix(text)),
    }
}

/// Encodes the characters up to `last`, whose code points are their bytes.
pub(super) fn encode_single_byte(text: &str, last: u8) -> Encoded {
    let mut encoded = Encoded { bytes: Vec::with_capacity(text.len()), n_substituted: 0 };
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) if byte <= last => encoded.bytes.push(byte),
            Ok(_) | Err(_) => {
                encoded.bytes.push(b'?');
                encoded.n_substituted = encoded.n_substituted.saturating_add(1);
            }
        }
    }
    encoded
}

pub(super) fn encode_japanese(encoding: &'static Encoding, text: &str) -> Encoded {
    let folded: String = text.chars().map(fold).collect();
    let (bytes, _, has_unmappable) = encoding.encode(&folded);
    if !has_unmappable {
        return Encoded { bytes: bytes.into_owned(), n_substituted: 0 };
    }
    let mut n_substituted: usize = 0;
    let substituted: String = folded
        .chars()
        .map(|c| {
            let is_unmappable = encoding.encode(c.encode_utf8(&mut [0; 4])).2;
            n_substituted = n_substituted.saturating_add(usize::from(is_unmappable));
            if is_unmappable { GETA_MARK } else { c }
        })
        .collect();
    Encoded { bytes: encoding.encode(&substituted).0.into_owned(), n_substituted }
}

/// The code point that the encoder knows among those that JIS code tables map to one character.
///
/// Yen and overline become full-width, since their single-byte codes are those of the
/// delimiters `\` and `~`.
fn fold(c: char) -> char {
    match c {
        '\u{301C}' => '\u{FF5E}',
        '\u{2016}' => '\u{2225}',
        '\u{2212}' => '\u{FF0D}',
        '\u{2014}' => '\u{2015}',
        '\u{00A2}' => '\u{FFE0}',
        '\u{00A3}' => '\u{FFE1}',
        '\u{00AC}' => '\u{FFE2}',
        '\u{00A5}' => '\u{FFE5}',
        '\u{203E}' => '\u{FFE3}',
        other => other,
    }
}

//! ISO-2022-JP as Japanese hospital systems send it.
//!
//! The decoder of web browsers refuses two things that occur: escape sequences in
//! direct succession, and JIS X 0212 (ISO IR159), the supplementary kanji that
//! rare names need. So the escape sequences are read here and the characters
//! handed over as EUC-JP, which has the same code tables in eight bits.

use super::Prefix;
use super::legacy::decode_strictly;

/// The set that the bytes belong to at one point of the message.
#[derive(Clone, Copy)]
enum Designated {
    /// ASCII, or JIS X 0201 Roman (ISO IR14).
    ///
    /// The two differ at 0x5C and 0x7E only, where Roman has yen and overline.
    /// Senders that return from kanji to Roman still mean the escape and the
    /// repetition delimiter there, so both are read as ASCII.
    SingleByte,
    /// JIS X 0201 Katakana (ISO IR13).
    Katakana,
    /// JIS X 0208 (ISO IR87).
    Kanji,
    /// JIS X 0212 (ISO IR159).
    SupplementaryKanji,
}

const ESCAPE: u8 = 0x1B;
/// What EUC-JP sets before a katakana of one byte, and before a supplementary kanji.
const SINGLE_SHIFT_TWO: u8 = 0x8E;
const SINGLE_SHIFT_THREE: u8 = 0x8F;

/// Decodes everything or gives what stands before the first bad byte.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Prefix> {
    let (eight_bit, is_complete) = to_euc_jp(bytes);
    let text = decode_strictly(encoding_rs::EUC_JP, &eight_bit)?;
    if is_complete { Ok(text) } else { Err(Prefix(text)) }
}

/// The message in EUC-JP up to the first byte that is illegal in its set, and whether that is all.
fn to_euc_jp(bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut eight_bit = Vec::with_capacity(bytes.len());
    let mut designated = Designated::SingleByte;
    let mut rest = bytes;
    while !rest.is_empty() {
        if let Some((next, behind)) = escape_sequence(rest, designated) {
            designated = next;
            rest = behind;
            continue;
        }
        let Some(behind) = push_character(&mut eight_bit, rest, designated) else {
            return (eight_bit, false);
        };
        rest = behind;
    }
    (eight_bit, true)
}

/// The set that an escape sequence at the front designates, and what follows it.
fn escape_sequence(bytes: &[u8], current: Designated) -> Option<(Designated, &[u8])> {
    match bytes {
        [ESCAPE, b'(', b'B' | b'J', rest @ ..] => Some((Designated::SingleByte, rest)),
        [ESCAPE, b'(', b'I', rest @ ..] => Some((Designated::Katakana, rest)),
        [ESCAPE, b'$', b'(', b'D', rest @ ..] => Some((Designated::SupplementaryKanji, rest)),
        [ESCAPE, b'$', b'@' | b'B', rest @ ..] | [ESCAPE, b'$', b'(', b'B', rest @ ..] => {
            Some((Designated::Kanji, rest))
        }
        // Announces the 1990 revision of JIS X 0208 and designates nothing.
        [ESCAPE, b'&', b'@', rest @ ..] => Some((current, rest)),
        _ => None,
    }
}

/// Appends the character at the front; `None` if its bytes are illegal in the set.
fn push_character<'b>(
    eight_bit: &mut Vec<u8>,
    bytes: &'b [u8],
    designated: Designated,
) -> Option<&'b [u8]> {
    match (designated, bytes) {
        (Designated::SingleByte, [byte, rest @ ..])
            if byte.is_ascii() && !super::SHIFTS.contains(byte) =>
        {
            eight_bit.push(*byte);
            Some(rest)
        }
        (Designated::Katakana, [kana @ 0x21..=0x5F, rest @ ..]) => {
            eight_bit.extend([SINGLE_SHIFT_TWO, kana | 0x80]);
            Some(rest)
        }
        (Designated::Kanji, [row @ 0x21..=0x7E, cell @ 0x21..=0x7E, rest @ ..]) => {
            eight_bit.extend([row | 0x80, cell | 0x80]);
            Some(rest)
        }
        (Designated::SupplementaryKanji, [row @ 0x21..=0x7E, cell @ 0x21..=0x7E, rest @ ..]) => {
            eight_bit.extend([SINGLE_SHIFT_THREE, row | 0x80, cell | 0x80]);
            Some(rest)
        }
        _ => None,
    }
}

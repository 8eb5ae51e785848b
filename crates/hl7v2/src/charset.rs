//! From the sender's character set to text and back.
//!
//! A double-byte character may hold the bytes of every HL7 delimiter, therefore the
//! whole message is decoded before it is split. Bytes that do not belong to the
//! declared set are refused, not replaced: a replaced character may be part of
//! another person's name.

mod iso_2022_jp;
mod legacy;

use crate::error::Hl7Error;
use crate::location::Location;

/// Longest message in bytes. An ADT message has a few kilobytes; this leaves room
/// for attachments in OBX and keeps what one connection can make us hold small.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// The shift and escape bytes of ISO 2022. In any other set they can only mean that
/// the sender switches sets without saying so.
const SHIFTS: [u8; 3] = [0x0E, 0x0F, 0x1B];

/// A character set that MSH-18 may name, or that a partner is known to use silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// What HL7 means by an empty MSH-18.
    Ascii,
    Utf8,
    /// `~ISO IR87`, the normal Japanese form; ISO IR14, IR13 and IR159 included.
    Iso2022Jp,
    /// `8859/1`.
    Latin1,
    /// Never declared (it has no name in table 0211), but sent: a setting for a partner.
    ShiftJis,
    /// As Shift_JIS.
    EucJp,
}

impl Charset {
    /// What MSH-18 says; `None` if it is empty.
    ///
    /// The first repetition is the basic set, the others are switched to by escape
    /// sequences (HL7 v2.5 table 0211).
    ///
    /// # Errors
    /// [`Hl7Error::UnsupportedCharset`] if a name is unknown.
    pub fn from_names<'n>(
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Option<Charset>, Hl7Error> {
        let mut charset = None;
        for name in names {
            let named = Charset::from_name(name)?;
            // A Japanese set beside ASCII is the one that decodes both.
            charset = match (charset, named) {
                (None | Some(Charset::Ascii), Some(named)) => Some(named),
                (known, None | Some(Charset::Ascii)) => known,
                (known, Some(named)) if known == Some(named) => known,
                (Some(_), Some(_)) => return Err(Hl7Error::UnsupportedCharset),
            };
        }
        Ok(charset)
    }

    /// The set a message was sent in: what its MSH-18 says, else `default`.
    ///
    /// # Errors
    /// [`Hl7Error::UnsupportedCharset`] if MSH-18 names an unknown set.
    pub fn of_message(bytes: &[u8], default: Charset) -> Result<Charset, Hl7Error> {
        let field = declared_names(bytes);
        let names = field.names.split(|byte| *byte == field.repetition);
        let names = names.map(|name| std::str::from_utf8(name).unwrap_or("not a name"));
        Ok(Charset::from_names(names)?.unwrap_or(default))
    }

    /// MSH-18 of a message in this set; empty for ASCII and for the sets that have no name.
    #[must_use]
    pub fn names(self) -> &'static str {
        match self {
            Charset::Utf8 => "UNICODE UTF-8",
            Charset::Iso2022Jp => "~ISO IR87",
            Charset::Latin1 => "8859/1",
            Charset::Ascii | Charset::ShiftJis | Charset::EucJp => "",
        }
    }

    fn from_name(name: &str) -> Result<Option<Charset>, Hl7Error> {
        let is_ignored = |c: &char| !c.is_ascii_whitespace() && *c != '_';
        let name: String = name.chars().filter(is_ignored).collect::<String>().to_uppercase();
        match name.as_str() {
            "" => Ok(None),
            "ASCII" | "ISOIR6" => Ok(Some(Charset::Ascii)),
            "UNICODEUTF-8" | "UTF-8" | "UNICODE" => Ok(Some(Charset::Utf8)),
            "ISOIR87" | "ISOIR159" | "ISOIR14" | "ISOIR13" => Ok(Some(Charset::Iso2022Jp)),
            "8859/1" => Ok(Some(Charset::Latin1)),
            _ => Err(Hl7Error::UnsupportedCharset),
        }
    }
}

/// Decodes a whole message by its MSH-18, or by `default` if MSH-18 is empty.
///
/// A byte order mark of UTF-8 is dropped.
///
/// # Errors
/// [`Hl7Error::TooLarge`], [`Hl7Error::NotAMessage`], [`Hl7Error::UnsupportedCharset`],
/// or [`Hl7Error::Undecodable`] with the field that holds the first bad byte.
pub fn decode(bytes: &[u8], default: Charset) -> Result<String, Hl7Error> {
    let bytes = message_bytes(bytes)?;
    decode_as(bytes, Charset::of_message(bytes, default)?)
}

/// Decodes a whole message in this set, whatever MSH-18 says: for a partner that declares what it does
/// not send.
///
/// # Errors
/// As [`decode`], but MSH-18 is not read.
pub fn decode_as(bytes: &[u8], charset: Charset) -> Result<String, Hl7Error> {
    let bytes = message_bytes(bytes)?;
    let decoded = match charset {
        Charset::Ascii => unshifted(bytes, legacy::decode_ascii),
        Charset::Utf8 => unshifted(bytes, legacy::decode_utf8),
        Charset::Iso2022Jp => iso_2022_jp::decode(bytes),
        Charset::Latin1 => unshifted(bytes, |bytes| Ok(legacy::decode_latin1(bytes))),
        Charset::ShiftJis => unshifted(bytes, legacy::decode_shift_jis),
        Charset::EucJp => unshifted(bytes, legacy::decode_euc_jp),
    };
    decoded.map_err(|prefix| Hl7Error::Undecodable { location: prefix.end() })
}

/// An encoded message.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded {
    pub bytes: Vec<u8>,
    /// How many characters the set does not have; a geta mark or `?` stands for each.
    pub n_substituted: usize,
}

/// Encodes a whole message.
///
/// Characters that several code tables map differently (wave dash, minus, yen) are
/// written as the one that the set has. The caller decides whether a message with
/// substituted characters may be sent.
#[must_use]
pub fn encode(text: &str, charset: Charset) -> Encoded {
    match charset {
        Charset::Utf8 => Encoded { bytes: text.as_bytes().to_vec(), n_substituted: 0 },
        Charset::Ascii => legacy::encode_single_byte(text, 0x7F),
        Charset::Latin1 => legacy::encode_single_byte(text, 0xFF),
        Charset::Iso2022Jp => legacy::encode_japanese(encoding_rs::ISO_2022_JP, text),
        Charset::ShiftJis => legacy::encode_japanese(encoding_rs::SHIFT_JIS, text),
        Charset::EucJp => legacy::encode_japanese(encoding_rs::EUC_JP, text),
    }
}

/// What could be decoded before the first bad byte.
struct Prefix(String);

impl Prefix {
    /// The field in which the prefix ends, if that line is a segment.
    fn end(&self) -> Option<Location> {
        let lines = self.0.split(['\r', '\n']);
        let line = lines.clone().next_back().unwrap_or_default();
        let field_separator = self.0.trim_start().chars().nth(3).unwrap_or('|');
        let (name, fields) = line.split_once(field_separator).unwrap_or((line, ""));
        let n_before = lines.filter(|other| other.split(field_separator).next() == Some(name));
        let n_separators = fields.matches(field_separator).count();
        // MSH-1 is the first separator itself.
        let number = n_separators.saturating_add(if name == "MSH" { 2 } else { 1 });
        let is_name = name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_name.then(|| Location::segment(name, n_before.count()).field(number))
    }
}

/// MSH-18 and the repetition separator, as bytes.
struct DeclaredNames<'b> {
    names: &'b [u8],
    repetition: u8,
}

/// MSH is ASCII up to MSH-18 in practice, so the name of the set is found before decoding.
///
/// Were it not, the delimiters inside a double-byte character would shift the
/// fields and another one be taken for MSH-18; then the decoding fails or names no
/// known set, and the message is refused.
fn declared_names(bytes: &[u8]) -> DeclaredNames<'_> {
    let header = first_line(without_byte_order_mark(bytes));
    let separator = header.get(3).copied().unwrap_or(b'|');
    let repetition = header.get(5).copied().unwrap_or(b'~');
    let names = header.split(|byte| *byte == separator).nth(17).unwrap_or_default();
    DeclaredNames { names, repetition }
}

/// What may be a message: not too long, and an MSH segment in front.
fn message_bytes(bytes: &[u8]) -> Result<&[u8], Hl7Error> {
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(Hl7Error::TooLarge { limit: MAX_MESSAGE_BYTES });
    }
    let bytes = without_byte_order_mark(bytes);
    if !first_line(bytes).starts_with(b"MSH") {
        return Err(Hl7Error::NotAMessage);
    }
    Ok(bytes)
}

fn without_byte_order_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

fn first_line(bytes: &[u8]) -> &[u8] {
    let is_line_end = |byte: &u8| matches!(*byte, b'\r' | b'\n');
    bytes.split(is_line_end).find(|line| !line.is_empty()).unwrap_or_default()
}

/// Decodes a set in which shift bytes are illegal.
fn unshifted(bytes: &[u8], decode: fn(&[u8]) -> Result<String, Prefix>) -> Result<String, Prefix> {
    let [out, within, escape] = SHIFTS;
    let Some(shift) = memchr::memchr3(out, within, escape, bytes) else {
        return decode(bytes);
    };
    let text = decode(bytes.get(..shift).unwrap_or_default())?;
    Err(Prefix(text))
}

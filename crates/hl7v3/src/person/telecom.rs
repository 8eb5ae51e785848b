//! Telephone numbers and other addresses of telecommunication, HL7 v3 type TEL: a URL and its use.

use identity::{Telecom, TelecomUsage};
use xml::{Element, Writer};

use super::{IllegalPart, attribute, check_part};

/// `None` if it says nothing.
pub(crate) fn read(element: &Element<'_>) -> Result<Option<Telecom>, IllegalPart> {
    let value = attribute(element, "value").unwrap_or_default();
    let number = value.trim();
    if number.is_empty() || attribute(element, "nullFlavor").is_some() {
        return Ok(None);
    }
    check_part(number, "@value")?;
    let codes = attribute(element, "use").unwrap_or_default();
    // HL7 table WorkPlaceAddressUse.
    let is_work = |code| matches!(code, "WP" | "DIR" | "PUB");
    let usage = if codes.split_whitespace().any(is_work) {
        TelecomUsage::Business
    } else {
        TelecomUsage::Home
    };
    Ok(Some(Telecom { number: number.to_owned(), usage }))
}

/// A number without a scheme, as v2 has it, is a telephone's.
pub(crate) fn write(telecom: &Telecom, writer: &mut Writer) {
    let usage = match telecom.usage {
        TelecomUsage::Home => "HP",
        TelecomUsage::Business => "WP",
    };
    writer.empty("telecom", &[("value", &url(&telecom.number)), ("use", usage)]);
}

/// What no URL holds is escaped; what is escaped already is left.
fn url(number: &str) -> String {
    let mut url = String::new();
    if !has_scheme(number) {
        url.push_str("tel:");
    }
    for (at, byte) in number.bytes().enumerate() {
        let after = number.as_bytes().get(at.saturating_add(1)..at.saturating_add(3));
        let is_escape = after.is_some_and(|after| after.iter().all(u8::is_ascii_hexdigit));
        if is_of_url(byte) || byte == b'%' && is_escape {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

/// RFC 3986, section 3.1; a number of several extensions may hold a colon as well.
fn has_scheme(number: &str) -> bool {
    number.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}

/// RFC 3986, appendix A, without the brackets, which have one place only.
fn is_of_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=".contains(&byte)
}

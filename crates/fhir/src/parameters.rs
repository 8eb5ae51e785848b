//! Parameters of a search as they stand in a URL or in a body of `application/x-www-form-urlencoded`.

/// Parameters of one search: more are no question that anybody asks.
pub const MAX_PARAMETERS: usize = 100;

/// A parameter with its modifier: `address:exact`.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub modifier: Option<String>,
    /// As it was sent, escapes of FHIR included.
    pub value: String,
}

impl std::fmt::Debug for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parameter").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why there are no parameters to be read. `Display` holds no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParameters {
    #[error("a percent sign without two hexadecimal digits behind it, or text that is not UTF-8")]
    Encoding,
    #[error("more than {MAX_PARAMETERS} parameters")]
    TooMany,
}

/// Reads `name=value&…`; empty pieces and empty values say nothing and are passed over, as FHIR has it.
///
/// # Errors
/// [`InvalidParameters`].
pub fn parse(encoded: &[u8]) -> Result<Vec<Parameter>, InvalidParameters> {
    let mut parameters = Vec::new();
    for piece in encoded.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()) {
        if parameters.len() == MAX_PARAMETERS {
            return Err(InvalidParameters::TooMany);
        }
        let mut halves = piece.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default())?;
        let value = decode(halves.next().unwrap_or_default())?;
        if value.is_empty() {
            continue;
        }
        let (name, modifier) = match name.split_once(':') {
            Some((name, modifier)) => (name.to_owned(), Some(modifier.to_owned())),
            None => (name, None),
        };
        parameters.push(Parameter { name, modifier, value });
    }
    Ok(parameters)
}

/// Writes parameters so that [`parse`] reads them.
#[must_use]
pub fn encode<'p>(parameters: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let mut encoded = String::new();
    for (name, value) in parameters {
        if !encoded.is_empty() {
            encoded.push('&');
        }
        escape(&mut encoded, name);
        encoded.push('=');
        escape(&mut encoded, value);
    }
    encoded
}

fn escape(encoded: &mut String, text: &str) {
    for byte in text.bytes() {
        // RFC 3986: unreserved. The colon of modifiers and times may stand in a query as well.
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
}

fn decode(text: &[u8]) -> Result<String, InvalidParameters> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = rest.next().copied().and_then(hexadecimal);
                let low = rest.next().copied().and_then(hexadecimal);
                let (Some(high), Some(low)) = (high, low) else {
                    return Err(InvalidParameters::Encoding);
                };
                high << 4 | low
            }
            byte => *byte,
        });
    }
    String::from_utf8(bytes).map_err(|_not_utf_8| InvalidParameters::Encoding)
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_modifiers_and_values_are_told_apart() {
        let read =
            parse("date=ge2026&address:exact=192.0.2.1&&a=&名=%E5%8C%97+1".as_bytes()).unwrap();
        let told: Vec<_> = read
            .iter()
            .map(|p| (p.name.as_str(), p.modifier.as_deref(), p.value.as_str()))
            .collect();
        let expected = [
            ("date", None, "ge2026"),
            ("address", Some("exact"), "192.0.2.1"),
            ("名", None, "北 1"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn broken_escapes_and_floods_are_refused() {
        for text in ["a=%", "a=%2", "a=%zz", "a=%ff", "%C3=1"] {
            assert_eq!(parse(text.as_bytes()), Err(InvalidParameters::Encoding), "{text}");
        }
        assert_eq!(parse("a=1&".repeat(101).as_bytes()), Err(InvalidParameters::TooMany));
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_again(
            pairs in proptest::collection::vec(("[^:]{1,8}", ".{1,20}"), 0..9)
        ) {
            let encoded = encode(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let read = parse(encoded.as_bytes()).unwrap();
            let read: Vec<_> = read.into_iter().map(|p| (p.name, p.value)).collect();
            prop_assert_eq!(read, pairs);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = parse(&bytes);
        }
    }
}

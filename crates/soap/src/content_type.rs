//! The `Content-Type` header field: media type and parameters (RFC 2045 section 5.1).

/// A media type with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType {
    /// Type and subtype in lower case, `application/soap+xml`.
    pub essence: String,
    /// Names in lower case, values without quotes, in the order of the field.
    pub params: Vec<(String, String)>,
}

/// Why a field was refused; `Display` holds nothing of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidContentType {
    /// No `type/subtype`.
    #[error("content type without media type")]
    MediaType,
    /// A parameter without name or value, or an open quoted string.
    #[error("content type with malformed parameter")]
    Parameter,
    /// The same parameter twice: which one counts differs between implementations.
    #[error("content type with repeated parameter")]
    Repeated,
}

/// White space between the pieces of a field; line ends occur in folded ones.
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

impl ContentType {
    /// Parses a field value.
    ///
    /// Quoted strings may hold escaped characters; Apache CXF sends
    /// `start-info="application/soap+xml; action=\"urn:…\""`. Unquoted values may hold any
    /// character but `;`, because stacks send `start=<id@host>` without quotes.
    ///
    /// # Errors
    /// [`InvalidContentType`] names what is wrong.
    pub fn parse(field: &str) -> Result<ContentType, InvalidContentType> {
        let (essence, mut rest) = field.split_once(';').unwrap_or((field, ""));
        let essence = essence.trim_matches(SPACE).to_ascii_lowercase();
        let is_media_type = essence
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
        if !is_media_type {
            return Err(InvalidContentType::MediaType);
        }
        let mut params: Vec<(String, String)> = Vec::new();
        while let Some((name, value, after)) = next_parameter(rest)? {
            if params.iter().any(|(known, _)| *known == name) {
                return Err(InvalidContentType::Repeated);
            }
            params.push((name, value));
            rest = after;
        }
        Ok(ContentType { essence, params })
    }

    /// The value of a parameter; `name` in lower case.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The field of a simple SOAP message, RFC 3902; every parameter is quoted.
pub fn simple_soap(action: &str) -> String {
    format!("application/soap+xml; charset=UTF-8; action={}", quoted(action))
}

/// A quoted string; characters that could end the field are left out.
pub(crate) fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len().saturating_add(2));
    text.push('"');
    for character in value.chars().filter(|character| matches!(character, ' '..='~')) {
        if matches!(character, '"' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push('"');
    text
}

/// Name, value and what follows the next `;`; `None` when only white space and `;` are left.
type Parameter<'a> = (String, String, &'a str);

fn next_parameter(rest: &str) -> Result<Option<Parameter<'_>>, InvalidContentType> {
    let rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ';']);
    if rest.is_empty() {
        return Ok(None);
    }
    let (name, after) = rest.split_once('=').ok_or(InvalidContentType::Parameter)?;
    let name = name.trim_matches(SPACE).to_ascii_lowercase();
    if !is_token(&name) {
        return Err(InvalidContentType::Parameter);
    }
    let after = after.trim_start_matches(SPACE);
    let (value, after) = match after.strip_prefix('"') {
        Some(quoted) => quoted_string(quoted)?,
        None => {
            let (value, after) = after.split_once(';').unwrap_or((after, ""));
            (value.trim_matches(SPACE).to_owned(), after)
        }
    };
    Ok(Some((name, value, after)))
}

/// The value up to the closing quote, and what follows the `;` after it.
fn quoted_string(text: &str) -> Result<(String, &str), InvalidContentType> {
    let mut value = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next().ok_or(InvalidContentType::Parameter)? {
            '"' => break,
            '\\' => value.push(characters.next().ok_or(InvalidContentType::Parameter)?),
            // A folded line: the line end is no part of the value.
            '\r' | '\n' => {}
            character => value.push(character),
        }
    }
    let after = characters.as_str().trim_start_matches(SPACE);
    match after.strip_prefix(';') {
        Some(after) => Ok((value, after)),
        None if after.is_empty() => Ok((value, after)),
        None => Err(InvalidContentType::Parameter),
    }
}

/// RFC 2045 section 5.1, production token.
fn is_token(text: &str) -> bool {
    let is_token_character =
        |byte: u8| matches!(byte, b'!'..=b'~') && !b"()<>@,;:\\\"/[]?=".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_character)
}

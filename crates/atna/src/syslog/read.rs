//! Reading a message of anybody (RFC 5424 section 6): not audit messages only.

use std::fmt;

use jiff::Timestamp;

use crate::time;

/// RFC 5424 section 6.2.1: facility 23, severity 7.
const MAX_PRIORITY: u8 = 191;
/// RFC 5424 section 6: the message may begin with it, to say that it is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A message as it came; `None` is the nil value.
///
/// Names may be longer than RFC 5424 allows and are not limited to ASCII, but hold no control character.
#[derive(Clone, PartialEq, Eq)]
pub struct SyslogMessage<'a> {
    pub facility: u8,
    pub severity: u8,
    /// With any offset and any number of fraction digits.
    pub time: Option<Timestamp>,
    pub hostname: Option<&'a str>,
    pub app_name: Option<&'a str>,
    pub process_id: Option<&'a str>,
    pub message_id: Option<&'a str>,
    /// As it is written, `-` if there is none.
    pub structured_data: &'a str,
    /// Without byte order mark; any bytes.
    pub message: &'a [u8],
}

/// Without structured data and message, which may be personal.
impl fmt::Debug for SyslogMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyslogMessage")
            .field("facility", &self.facility)
            .field("severity", &self.severity)
            .field("time", &self.time)
            .field("message_id", &self.message_id)
            .field("message_bytes", &self.message.len())
            .finish_non_exhaustive()
    }
}

/// Why bytes are no message of RFC 5424.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyslogError {
    #[error("priority is missing or out of range")]
    Priority,
    /// Also what BSD syslog (RFC 3164) ends with, which has no version.
    #[error("version is not 1")]
    Version,
    #[error("header ends early")]
    Truncated,
    #[error("time stamp is no time")]
    Timestamp,
    #[error("header field is empty, no UTF-8 or has control characters")]
    Field,
    #[error("structured data is malformed")]
    StructuredData,
}

/// Reads one message.
///
/// # Errors
/// [`SyslogError`] if the header is not that of RFC 5424.
pub fn parse(bytes: &[u8]) -> Result<SyslogMessage<'_>, SyslogError> {
    let (priority, rest) = priority(bytes)?;
    let rest = rest.strip_prefix(b"1 ").ok_or(SyslogError::Version)?;
    let (timestamp, rest) = field(rest)?;
    let (hostname, rest) = field(rest)?;
    let (app_name, rest) = field(rest)?;
    let (process_id, rest) = field(rest)?;
    let (message_id, rest) = field(rest)?;
    let (structured_data, rest) = structured_data(rest)?;
    let message = match rest.split_first() {
        None => rest,
        Some((b' ', message)) => message.strip_prefix(BYTE_ORDER_MARK).unwrap_or(message),
        Some(_) => return Err(SyslogError::StructuredData),
    };
    let timestamp = timestamp.map(|text| time::read(text).ok_or(SyslogError::Timestamp));
    Ok(SyslogMessage {
        facility: priority.checked_div(8).unwrap_or_default(),
        severity: priority.checked_rem(8).unwrap_or_default(),
        time: timestamp.transpose()?,
        hostname,
        app_name,
        process_id,
        message_id,
        structured_data,
        message,
    })
}

/// `<` one to three digits `>`.
fn priority(bytes: &[u8]) -> Result<(u8, &[u8]), SyslogError> {
    let after = bytes.strip_prefix(b"<").ok_or(SyslogError::Priority)?;
    let n_digits = after.iter().take_while(|byte| byte.is_ascii_digit()).take(4).count();
    let (digits, rest) = after.split_at_checked(n_digits).ok_or(SyslogError::Priority)?;
    let rest = rest.strip_prefix(b">").ok_or(SyslogError::Priority)?;
    let number = std::str::from_utf8(digits).ok().filter(|digits| digits.len() <= 3);
    let number = number.and_then(|digits| digits.parse().ok());
    let number = number.filter(|number| *number <= MAX_PRIORITY).ok_or(SyslogError::Priority)?;
    Ok((number, rest))
}

/// A field and the space behind it.
fn field(bytes: &[u8]) -> Result<(Option<&str>, &[u8]), SyslogError> {
    let end = bytes.iter().position(|byte| *byte == b' ').ok_or(SyslogError::Truncated)?;
    let (field, rest) = bytes.split_at_checked(end).ok_or(SyslogError::Truncated)?;
    let field = std::str::from_utf8(field).ok().filter(|field| !field.is_empty());
    let field = field.filter(|field| !field.contains(char::is_control));
    let field = field.ok_or(SyslogError::Field)?;
    Ok((Some(field).filter(|field| *field != "-"), rest.strip_prefix(b" ").unwrap_or(rest)))
}

/// `-`, or elements in brackets without space between them (RFC 5424 section 6.3).
fn structured_data(bytes: &[u8]) -> Result<(&str, &[u8]), SyslogError> {
    if let Some(rest) = bytes.strip_prefix(b"-") {
        return Ok(("-", rest));
    }
    let mut rest = bytes;
    while let Some(inside) = rest.strip_prefix(b"[") {
        rest = behind_element(inside)?;
    }
    let length = bytes.len().saturating_sub(rest.len());
    let (data, rest) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
    match std::str::from_utf8(data) {
        Ok(data) if !data.is_empty() => Ok((data, rest)),
        Ok(_) if bytes.is_empty() => Err(SyslogError::Truncated),
        Ok(_) | Err(_) => Err(SyslogError::StructuredData),
    }
}

/// What follows the `]` of the element. Inside of quotes a backslash hides the character after it.
fn behind_element(inside: &[u8]) -> Result<&[u8], SyslogError> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let end = inside.iter().position(|byte| {
        if is_escaped {
            is_escaped = false;
            return false;
        }
        match byte {
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b']' if !is_quoted => return true,
            _ => {}
        }
        false
    });
    // Not even a name inside is no element.
    let end = end.filter(|end| *end > 0).ok_or(SyslogError::StructuredData)?;
    Ok(inside.get(end.saturating_add(1)..).unwrap_or_default())
}

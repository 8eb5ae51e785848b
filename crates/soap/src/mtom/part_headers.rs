//! The headers of one part.

use crate::mtom::{MtomError, TransferEncoding};

/// The headers that matter; all others are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartHeaders {
    /// `Content-ID` without the angle brackets.
    pub content_id: Option<String>,
    /// `Content-Type` as it was sent; irrelevant for documents, whose metadata hold the type.
    pub content_type: Option<String>,
    /// `Content-Transfer-Encoding`; the data of the part arrive without it.
    pub transfer_encoding: TransferEncoding,
}

impl PartHeaders {
    /// From header fields that are unfolded already.
    ///
    /// Only the fields that matter must be UTF-8: file names in a `Content-Disposition` come
    /// in any character set.
    ///
    /// # Errors
    /// [`MtomError::Header`], [`MtomError::TransferEncoding`].
    pub(crate) fn parse(fields: &[Vec<u8>]) -> Result<PartHeaders, MtomError> {
        let mut content_id = None;
        let mut content_type = None;
        let mut transfer_encoding = None;
        for field in fields {
            let (name, value) = split_field(field)?;
            let slot = if name.eq_ignore_ascii_case(b"content-id") {
                &mut content_id
            } else if name.eq_ignore_ascii_case(b"content-type") {
                &mut content_type
            } else if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
                &mut transfer_encoding
            } else {
                continue;
            };
            let value = std::str::from_utf8(value).map_err(|_invalid| MtomError::Header)?;
            if slot.replace(value.trim_matches([' ', '\t'])).is_some() {
                return Err(MtomError::Header);
            }
        }
        Ok(PartHeaders {
            content_id: content_id.map(parse_content_id).transpose()?,
            content_type: content_type.map(str::to_owned),
            transfer_encoding: match transfer_encoding {
                Some(name) => TransferEncoding::parse(name)?,
                None => TransferEncoding::default(),
            },
        })
    }
}

/// Name and value of a field; the name is not empty and holds no white space.
fn split_field(field: &[u8]) -> Result<(&[u8], &[u8]), MtomError> {
    let colon = memchr::memchr(b':', field).ok_or(MtomError::Header)?;
    let (name, from_colon) = field.split_at_checked(colon).ok_or(MtomError::Header)?;
    let is_name = !name.is_empty() && name.iter().all(|byte| matches!(byte, b'!'..=b'~'));
    let value = from_colon.strip_prefix(b":").ok_or(MtomError::Header)?;
    if is_name { Ok((name, value)) } else { Err(MtomError::Header) }
}

/// The identifier without angle brackets, which some stacks leave out.
fn parse_content_id(value: &str) -> Result<String, MtomError> {
    let identifier = strip_brackets(value);
    if identifier.is_empty() { Err(MtomError::Header) } else { Ok(identifier.to_owned()) }
}

/// Removes `<` and `>` around an identifier when both are there.
pub(crate) fn strip_brackets(value: &str) -> &str {
    value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(value)
}

//! The conformance runner's own reader of `multipart/related` bodies, strict where RFC 2046 is.

use crate::media_type::MediaType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// One part of a multipart body, its transfer encoding undone.
#[derive(Debug)]
pub(crate) struct Part {
    /// Content-ID without its angle brackets.
    pub(crate) content_id: Option<String>,
    pub(crate) content_type: Option<MediaType>,
    pub(crate) bytes: Vec<u8>,
}

/// Why a body is not the multipart body that its header announces.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MimeFault {
    #[error("Content-Type has no boundary of 1 to 70 characters")]
    Boundary,
    #[error("the first boundary is missing")]
    NoFirstBoundary,
    #[error("a boundary line is not ended by CRLF")]
    BoundaryLine,
    #[error("the final boundary is missing")]
    NoFinalBoundary,
    #[error("a part has no empty line behind its headers")]
    NoBody,
    #[error("the headers of a part are not text with colons")]
    Headers,
    #[error("a part has an unknown or wrong Content-Transfer-Encoding")]
    TransferEncoding,
}

/// Splits a body into its parts.
pub(crate) fn parts(media_type: &MediaType, body: &[u8]) -> Result<Vec<Part>, MimeFault> {
    let boundary = media_type.parameter("boundary").unwrap_or_default();
    if boundary.is_empty() || boundary.len() > 70 {
        return Err(MimeFault::Boundary);
    }
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    // A boundary at the very beginning has no line break in front of it.
    let mut rest = match body.strip_prefix(format!("--{boundary}").as_bytes()) {
        Some(rest) => rest,
        None => split(body, &delimiter).ok_or(MimeFault::NoFirstBoundary)?.1,
    };
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let (padding, content) = split(rest, b"\r\n").ok_or(MimeFault::BoundaryLine)?;
        if !padding.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            return Err(MimeFault::BoundaryLine);
        }
        let (content, behind) = split(content, &delimiter).ok_or(MimeFault::NoFinalBoundary)?;
        parts.push(part(content)?);
        rest = behind;
    }
    Ok(parts)
}

fn part(content: &[u8]) -> Result<Part, MimeFault> {
    let (head, body) = match content.strip_prefix(b"\r\n") {
        Some(body) => (&b""[..], body),
        None => split(content, b"\r\n\r\n").ok_or(MimeFault::NoBody)?,
    };
    let headers = headers(head)?;
    let header = |name: &str| {
        headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    };
    let content_id = header("content-id").map(|id| {
        id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id).to_owned()
    });
    let encoding = header("content-transfer-encoding").unwrap_or("binary").to_ascii_lowercase();
    let bytes = match encoding.as_str() {
        "binary" | "8bit" | "7bit" => body.to_vec(),
        "base64" => {
            let text: Vec<u8> = body.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
            STANDARD.decode(text).map_err(|_wrong| MimeFault::TransferEncoding)?
        }
        _ => return Err(MimeFault::TransferEncoding),
    };
    Ok(Part { content_id, content_type: header("content-type").and_then(MediaType::parse), bytes })
}

/// Header lines, folded ones joined; names in lower case.
fn headers(head: &[u8]) -> Result<Vec<(String, String)>, MimeFault> {
    let text = std::str::from_utf8(head).map_err(|_not_utf8| MimeFault::Headers)?;
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in text.split("\r\n").filter(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            let (_, value) = headers.last_mut().ok_or(MimeFault::Headers)?;
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let (name, value) = line.split_once(':').ok_or(MimeFault::Headers)?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(headers)
}

/// What stands before and behind the first occurrence of `needle`.
fn split<'a>(bytes: &'a [u8], needle: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let position = bytes.windows(needle.len()).position(|window| window == needle)?;
    let (before, rest) = bytes.split_at_checked(position)?;
    Some((before, rest.strip_prefix(needle)?))
}

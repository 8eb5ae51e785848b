//! Requests and answers of HTTP/1.1 as text, for connections that end after one answer (RFC 9112).

use crate::request::Request;

/// An answer, read.
pub(crate) struct Text {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// The bytes are no answer of HTTP/1.1.
#[derive(Debug, thiserror::Error)]
#[error("it is no answer of HTTP/1.1, or is cut short")]
pub(crate) struct Unreadable;

/// A POST after which the connection ends.
pub(crate) fn post(authority: &str, path: &str, request: &Request) -> Vec<u8> {
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nContent-Length: {}\r\n",
        request.body.len()
    );
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    [head.as_bytes(), &request.body].concat()
}

/// Reads everything that came until the connection ended.
pub(crate) fn read(bytes: &[u8]) -> Result<Text, Unreadable> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or(Unreadable)?;
    let (head, body) = bytes.split_at_checked(end).ok_or(Unreadable)?;
    let body = body.strip_prefix(b"\r\n\r\n").ok_or(Unreadable)?;
    let head = std::str::from_utf8(head).map_err(|_not_text| Unreadable)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
    let status = status.and_then(|line| line.get(..3)?.parse().ok()).ok_or(Unreadable)?;
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Option<Vec<(String, String)>> = lines.map(field).collect();
    let headers = headers.ok_or(Unreadable)?;
    let value = |name: &str| {
        headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    };
    let body = match (value("transfer-encoding"), value("content-length")) {
        (Some("chunked"), _) => joined(body)?,
        (_, Some(length)) => {
            let length = length.parse().map_err(|_no_number| Unreadable)?;
            body.get(..length).ok_or(Unreadable)?.to_vec()
        }
        (_, None) => body.to_vec(),
    };
    Ok(Text { status, headers, body })
}

/// The chunks of a body as one.
fn joined(mut rest: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").ok_or(Unreadable)?;
        let (line, after) = rest.split_at_checked(end).ok_or(Unreadable)?;
        let size = std::str::from_utf8(line).map_err(|_not_text| Unreadable)?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_no_number| Unreadable)?;
        if size == 0 {
            return Ok(body);
        }
        let after = after.strip_prefix(b"\r\n").ok_or(Unreadable)?;
        let (chunk, after) = after.split_at_checked(size).ok_or(Unreadable)?;
        body.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n").ok_or(Unreadable)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_ends_where_its_header_says() {
        let text = read(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nabcd").unwrap();
        assert_eq!((text.status, text.body.as_slice()), (400, &b"ab"[..]));
        assert_eq!(text.headers, [("content-length".to_owned(), "2".to_owned())]);
        let text = read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n");
        assert_eq!(text.unwrap().body, b"abc");
        assert!(read(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabcd").is_err());
        assert!(read(b"nonsense\r\n\r\n").is_err());
    }
}

//! MTOM packages, built and taken apart byte by byte (XOP 1.0, RFC 2387).

use std::collections::HashMap;

/// A multipart message as a client stack writes it.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) boundary: String,
    /// Before the first boundary.
    pub(crate) preamble: Vec<u8>,
    pub(crate) parts: Vec<Part>,
}

/// One part: its header lines, without their ends, and its content.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) headers: Vec<String>,
    pub(crate) content: Vec<u8>,
}

impl Part {
    /// The part with the envelope.
    pub(crate) fn root(content_id: &str, envelope: &str) -> Part {
        Part {
            headers: vec![
                "Content-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\""
                    .to_owned(),
                "Content-Transfer-Encoding: binary".to_owned(),
                format!("Content-ID: <{content_id}>"),
            ],
            content: envelope.as_bytes().to_vec(),
        }
    }

    /// A document.
    pub(crate) fn document(content_id: &str, bytes: &[u8]) -> Part {
        Part {
            headers: vec![
                "Content-Type: application/octet-stream".to_owned(),
                "Content-Transfer-Encoding: binary".to_owned(),
                format!("Content-ID: <{content_id}>"),
            ],
            content: bytes.to_vec(),
        }
    }
}

impl Package {
    /// A plain package with the envelope first, and documents by their Content-ID.
    pub(crate) fn new(envelope: &str, documents: &[(&str, &[u8])]) -> Package {
        let mut parts = vec![Part::root("root@test", envelope)];
        parts.extend(documents.iter().map(|(id, bytes)| Part::document(id, bytes)));
        Package { boundary: "=_renkei-test".to_owned(), preamble: Vec::new(), parts }
    }

    /// For [`Package::new`].
    pub(crate) fn content_type(&self) -> String {
        format!(
            "multipart/related; type=\"application/xop+xml\"; boundary=\"{}\"; \
             start=\"<root@test>\"; start-info=\"application/soap+xml\"",
            self.boundary
        )
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.preamble.clone();
        for part in &self.parts {
            bytes.extend(format!("--{}\r\n", self.boundary).into_bytes());
            for header in &part.headers {
                bytes.extend(format!("{header}\r\n").into_bytes());
            }
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(&part.content);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend(format!("--{}--\r\n", self.boundary).into_bytes());
        bytes
    }
}

/// What an answer's package holds.
#[derive(Debug)]
pub(crate) struct Unpacked {
    pub(crate) root: Vec<u8>,
    pub(crate) parts: HashMap<String, Vec<u8>>,
}

/// Takes apart what a server sent, which must keep every rule of a sender.
pub(crate) fn unpack(content_type: &str, body: &[u8]) -> Unpacked {
    assert_eq!(parameter(content_type, "type"), Some("application/xop+xml"), "{content_type}");
    let start_info = parameter(content_type, "start-info");
    assert_eq!(start_info, Some("application/soap+xml"), "{content_type}");
    let boundary = parameter(content_type, "boundary").unwrap();
    let start = parameter(content_type, "start").unwrap();
    let mut rest = body.strip_prefix(format!("--{boundary}\r\n").as_bytes()).unwrap();
    let delimiter = format!("\r\n--{boundary}");
    let mut unpacked = Unpacked { root: Vec::new(), parts: HashMap::new() };
    loop {
        let (head, after) = split(rest, b"\r\n\r\n").unwrap();
        let (content, after) = split(after, delimiter.as_bytes()).unwrap();
        let head = String::from_utf8(head.to_vec()).unwrap();
        let field = |name: &str| {
            let mut fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
            fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
        };
        assert_eq!(field("content-transfer-encoding"), Some("binary"), "{head}");
        let content_id = field("content-id").unwrap();
        if content_id == start {
            assert!(field("content-type").unwrap().starts_with("application/xop+xml"), "{head}");
            unpacked.root = content.to_vec();
        } else {
            let content_id = content_id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
            let content_id = content_id.unwrap().to_owned();
            assert!(unpacked.parts.insert(content_id, content.to_vec()).is_none(), "{head}");
        }
        match after.strip_prefix(b"\r\n") {
            Some(next) => rest = next,
            None => {
                assert_eq!(after, b"--\r\n", "what follows the last part");
                assert!(!unpacked.root.is_empty(), "no part is the start");
                return unpacked;
            }
        }
    }
}

/// A quoted parameter of a media type.
fn parameter<'a>(content_type: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = content_type.split_once(&format!("; {name}=\""))?;
    value.split_once('"').map(|(value, _)| value)
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = bytes.windows(at.len()).position(|window| window == at)?;
    let (before, after) = bytes.split_at_checked(place)?;
    Some((before, after.strip_prefix(at)?))
}

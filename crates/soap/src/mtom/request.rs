//! What the outer media type says about a package, and how its parts are referred to.

use crate::content_type::ContentType;
use crate::mtom::MtomError;
use crate::mtom::part_headers::strip_brackets;

/// The outer media type of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultipartRequest {
    /// For [`crate::mtom::MultipartReader::new`], which checks it.
    pub boundary: String,
    /// Which part holds the envelope.
    pub root: RootSelector,
}

impl MultipartRequest {
    /// # Errors
    /// [`MtomError::NotMultipart`], [`MtomError::NotXop`], [`MtomError::Boundary`] when the
    /// parameter is missing.
    pub fn from_content_type(content_type: &ContentType) -> Result<MultipartRequest, MtomError> {
        let root = root_selector(content_type)?;
        let boundary = content_type.param("boundary").ok_or(MtomError::Boundary)?.to_owned();
        Ok(MultipartRequest { boundary, root })
    }
}

/// Finds the root part, RFC 2387 section 3.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootSelector {
    /// The `Content-ID` of the root without angle brackets; without it the first part is
    /// the root.
    pub start: Option<String>,
}

impl RootSelector {
    /// Whether a part is the root; `index` counts from 0. The root need not be the first.
    pub fn is_root(&self, index: usize, content_id: Option<&str>) -> bool {
        match &self.start {
            Some(start) => content_id == Some(start),
            None => index == 0,
        }
    }
}

/// The selector of the root part.
///
/// # Errors
/// [`MtomError::NotMultipart`], [`MtomError::NotXop`]: plain attachments (SwA) are not XOP.
pub fn root_selector(content_type: &ContentType) -> Result<RootSelector, MtomError> {
    if content_type.essence != "multipart/related" {
        return Err(MtomError::NotMultipart);
    }
    let is_xop = |kind: &str| kind.trim().eq_ignore_ascii_case("application/xop+xml");
    if !content_type.param("type").is_some_and(is_xop) {
        return Err(MtomError::NotXop);
    }
    let start = content_type.param("start").map(|start| strip_brackets(start.trim()).to_owned());
    Ok(RootSelector { start: start.filter(|start| !start.is_empty()) })
}

/// The `Content-ID`s that the `href` of a `xop:Include` may mean, in the order to try.
///
/// RFC 2392: the identifier is percent-encoded in the URL. Some senders forget to encode it,
/// so the raw form is the second candidate where it differs.
///
/// # Errors
/// [`MtomError::Reference`] for any other scheme than `cid:` and for an empty identifier.
pub fn resolve_cid(href: &str) -> Result<Vec<String>, MtomError> {
    let (scheme, raw) = href.trim().split_once(':').ok_or(MtomError::Reference)?;
    if !scheme.eq_ignore_ascii_case("cid") || raw.is_empty() {
        return Err(MtomError::Reference);
    }
    let mut candidates: Vec<String> = percent_decode(raw).into_iter().collect();
    if candidates.first().is_none_or(|decoded| decoded != raw) {
        candidates.push(raw.to_owned());
    }
    Ok(candidates)
}

/// `None` when a `%` is not followed by two digits or the bytes are not UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let high = char::from(bytes.next()?).to_digit(16)?;
        let low = char::from(bytes.next()?).to_digit(16)?;
        decoded.push(u8::try_from((high << 4) | low).ok()?);
    }
    String::from_utf8(decoded).ok()
}

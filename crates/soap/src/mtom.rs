//! MTOM/XOP packaging: `multipart/related` both ways, without IO.
//!
//! RFC 2046 and 2387 for the packaging, XOP 1.0 and MTOM 1.0 for the meaning of the parts,
//! ITI TF-2: Appendix V.3.6 for its use. Reading is incremental: the caller pushes what the
//! network gave and receives the parts piece by piece, already freed from their transfer
//! encoding; nothing larger than the headers of one part is kept.

mod base64;
mod delimiter;
mod extraction;
mod part_headers;
mod quoted_printable;
mod reader;
mod request;
mod transfer_encoding;
mod writer;

pub use extraction::{ContentExtractor, ExtractionEvent};
pub use part_headers::PartHeaders;
pub use reader::{MultipartLimits, MultipartReader, PartEvent};
pub use request::{MultipartRequest, RootSelector, resolve_cid, root_selector};
pub use transfer_encoding::TransferEncoding;
pub use writer::MultipartWriter;

/// Why a multipart message was refused; `Display` holds nothing of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MtomError {
    /// The media type is not `multipart/related`.
    #[error("not a multipart/related message")]
    NotMultipart,
    /// The `type` parameter is not `application/xop+xml`.
    #[error("not an XOP package")]
    NotXop,
    /// The boundary is missing, empty, longer than 70 characters or not printable.
    #[error("boundary missing or not valid")]
    Boundary,
    /// Other bytes than white space or `--` between a boundary and the end of its line.
    #[error("boundary line not valid")]
    BoundaryLine,
    /// The message ended before the final boundary.
    #[error("message truncated")]
    Truncated,
    /// More parts than [`MultipartLimits::parts`].
    #[error("too many parts")]
    TooManyParts,
    /// The headers of a part are longer than [`MultipartLimits::header_bytes`].
    #[error("part headers too long")]
    HeadersTooLong,
    /// A part has more headers than [`MultipartLimits::headers_per_part`].
    #[error("too many part headers")]
    TooManyHeaders,
    /// A header of a part is not `name: value`, is repeated, or its value is not valid.
    #[error("part header not valid")]
    Header,
    /// Two parts with one `Content-ID`: a reference would have two targets.
    #[error("content id repeated")]
    DuplicateContentId,
    /// A transfer encoding that RFC 2045 does not define.
    #[error("transfer encoding not supported")]
    TransferEncoding,
    /// Bytes that do not belong to the transfer encoding of their part.
    #[error("content contradicts its transfer encoding")]
    TransferData,
    /// What stands in a `Document` is no base64, or a comment or an element interrupts it.
    #[error("content inside the envelope is not base64")]
    InlineContent,
    /// A reference with another scheme than `cid:`; following it could reach other hosts.
    #[error("reference outside of the message")]
    Reference,
}

/// A package that cannot be read is the sender's fault.
impl From<MtomError> for crate::Fault {
    fn from(error: MtomError) -> crate::Fault {
        crate::Fault::sender(&format!("The MTOM package could not be read: {error}."))
    }
}

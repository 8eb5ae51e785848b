//! Content transfer encodings, RFC 2045 section 6.

use crate::mtom::MtomError;
use crate::mtom::base64::Base64Decoder;
use crate::mtom::quoted_printable::QuotedPrintableDecoder;

/// How the bytes of a part are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransferEncoding {
    /// Bytes as they are; also what an absent header means. The promise that all of them are
    /// ASCII is not checked: stacks label parts carelessly, and nothing depends on it.
    #[default]
    SevenBit,
    /// Bytes as they are.
    EightBit,
    /// Bytes as they are.
    Binary,
    /// RFC 2045 section 6.8.
    Base64,
    /// RFC 2045 section 6.7.
    QuotedPrintable,
}

impl TransferEncoding {
    pub(crate) fn parse(name: &str) -> Result<TransferEncoding, MtomError> {
        let known = [
            ("binary", TransferEncoding::Binary),
            ("8bit", TransferEncoding::EightBit),
            ("7bit", TransferEncoding::SevenBit),
            ("base64", TransferEncoding::Base64),
            ("quoted-printable", TransferEncoding::QuotedPrintable),
        ];
        known
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, encoding)| *encoding)
            .ok_or(MtomError::TransferEncoding)
    }
}

/// Removes the transfer encoding of one part, piece by piece.
#[derive(Debug)]
pub(crate) enum TransferDecoder {
    AsIs,
    Base64(Base64Decoder),
    QuotedPrintable(QuotedPrintableDecoder),
}

impl TransferDecoder {
    pub(crate) fn new(encoding: TransferEncoding) -> TransferDecoder {
        match encoding {
            TransferEncoding::SevenBit | TransferEncoding::EightBit | TransferEncoding::Binary => {
                TransferDecoder::AsIs
            }
            TransferEncoding::Base64 => TransferDecoder::Base64(Base64Decoder::default()),
            TransferEncoding::QuotedPrintable => {
                TransferDecoder::QuotedPrintable(QuotedPrintableDecoder::default())
            }
        }
    }

    /// The content of `bytes`, for which `buffer` may be used.
    pub(crate) fn decode<'b>(
        &mut self,
        bytes: &'b [u8],
        buffer: &'b mut Vec<u8>,
    ) -> Result<&'b [u8], MtomError> {
        buffer.clear();
        match self {
            TransferDecoder::AsIs => return Ok(bytes),
            TransferDecoder::Base64(decoder) => decoder.decode(bytes, buffer)?,
            TransferDecoder::QuotedPrintable(decoder) => decoder.decode(bytes, buffer)?,
        }
        Ok(buffer)
    }

    /// At the end of the part: whether it may end here.
    pub(crate) fn finish(&self) -> Result<(), MtomError> {
        match self {
            TransferDecoder::AsIs => Ok(()),
            TransferDecoder::Base64(decoder) => decoder.finish(),
            TransferDecoder::QuotedPrintable(decoder) => decoder.finish(),
        }
    }
}

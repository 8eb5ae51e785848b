//! What the ERR segment says (HL7 v2.5 chapter 2, ERR).

use super::{Location, SegmentWriter, join};
use crate::delimiters::Delimiters;

/// One error: where, which code, and a sentence for the person who reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrDetail {
    /// ERR-2; absent if no field is at fault, for instance when the database is down.
    pub location: Option<Location>,
    /// ERR-3.
    pub code: ErrorCode,
    /// ERR-8, in ASCII; no personal data and no internal causes. May be empty.
    pub text: String,
}

impl ErrDetail {
    pub(super) fn write(&self, delimiters: Delimiters) -> String {
        let location = self.location.as_ref().map(|location| location.render(delimiters));
        let code = [self.code.as_str(), self.code.text(), "HL70357"];
        SegmentWriter::new("ERR", delimiters)
            .field(2, &location.unwrap_or_default())
            .field(3, &join(&code, delimiters.component))
            .field(4, "E")
            .field(8, &delimiters.escape(&self.text))
            .end()
    }
}

/// HL7 v2.5 table 0357, without `0` for acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    SegmentSequenceError,
    RequiredFieldMissing,
    DataTypeError,
    TableValueNotFound,
    UnsupportedMessageType,
    UnsupportedEventCode,
    UnsupportedProcessingId,
    UnsupportedVersionId,
    UnknownKeyIdentifier,
    DuplicateKeyIdentifier,
    ApplicationRecordLocked,
    ApplicationInternalError,
}

impl ErrorCode {
    /// The number, such as `101`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorCode::SegmentSequenceError => "100",
            ErrorCode::RequiredFieldMissing => "101",
            ErrorCode::DataTypeError => "102",
            ErrorCode::TableValueNotFound => "103",
            ErrorCode::UnsupportedMessageType => "200",
            ErrorCode::UnsupportedEventCode => "201",
            ErrorCode::UnsupportedProcessingId => "202",
            ErrorCode::UnsupportedVersionId => "203",
            ErrorCode::UnknownKeyIdentifier => "204",
            ErrorCode::DuplicateKeyIdentifier => "205",
            ErrorCode::ApplicationRecordLocked => "206",
            ErrorCode::ApplicationInternalError => "207",
        }
    }

    /// The meaning as the table words it; for 201 as IHE does.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            ErrorCode::SegmentSequenceError => "Segment sequence error",
            ErrorCode::RequiredFieldMissing => "Required field missing",
            ErrorCode::DataTypeError => "Data type error",
            ErrorCode::TableValueNotFound => "Table value not found",
            ErrorCode::UnsupportedMessageType => "Unsupported message type",
            ErrorCode::UnsupportedEventCode => "Unsupported trigger event",
            ErrorCode::UnsupportedProcessingId => "Unsupported processing id",
            ErrorCode::UnsupportedVersionId => "Unsupported version id",
            ErrorCode::UnknownKeyIdentifier => "Unknown key identifier",
            ErrorCode::DuplicateKeyIdentifier => "Duplicate key identifier",
            ErrorCode::ApplicationRecordLocked => "Application record locked",
            ErrorCode::ApplicationInternalError => "Application internal error",
        }
    }
}

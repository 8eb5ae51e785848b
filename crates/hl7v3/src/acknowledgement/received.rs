//! What a sender of ours reads out of the acknowledgement of its message (ITI-46).

use xml::{Element, Reader, XmlError};

use super::AckTypeCode;
use crate::envelope::local;
use crate::instance_id::{InstanceId, WrittenId};
use crate::person::attribute;

/// Longest code of an error that is kept, in characters; those of table 0357 have three.
const MAX_CODE_CHARACTERS: usize = 16;

/// How our message was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedAcknowledgement {
    /// `AA`, `AE` and `AR` of application acknowledgements count as `CA`, `CE` and `CR`.
    pub type_code: AckTypeCode,
    /// To be compared with the id that was sent; absent if it is missing or illegal.
    pub target: Option<InstanceId>,
    /// Code of the first error, if it is one of letters and digits.
    pub error_code: Option<String>,
}

/// Why a message does not acknowledge anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAcknowledgement {
    #[error("answer is not acceptable XML")]
    Xml(#[from] XmlError),
    #[error("answer has no acknowledgement, or more than one")]
    NotOne,
    #[error("answer has an unknown acknowledgement code")]
    UnknownCode,
}

/// Reads the payload MCCI_IN000002UV01, or any answer with an acknowledgement, through its end.
///
/// # Errors
/// [`NotAnAcknowledgement`] if it does not say how the message was taken.
pub fn read_acknowledgement(
    reader: &mut Reader<'_>,
) -> Result<ReceivedAcknowledgement, NotAnAcknowledgement> {
    let mut found = None;
    let mut n_found = 0_usize;
    while let Some(child) = reader.next_child()? {
        if local(&child) == "acknowledgement" {
            n_found = n_found.saturating_add(1);
            found = Some(Written::read(reader)?);
        } else {
            reader.skip()?;
        }
    }
    let written = found.filter(|_| n_found == 1).ok_or(NotAnAcknowledgement::NotOne)?;
    let type_code = match written.type_code.as_str() {
        "CA" | "AA" => AckTypeCode::CA,
        "CE" | "AE" => AckTypeCode::CE,
        "CR" | "AR" => AckTypeCode::CR,
        _ => return Err(NotAnAcknowledgement::UnknownCode),
    };
    Ok(ReceivedAcknowledgement {
        type_code,
        target: written.target,
        error_code: written.error_code,
    })
}

#[derive(Default)]
struct Written {
    type_code: String,
    target: Option<InstanceId>,
    error_code: Option<String>,
}

impl Written {
    fn read(reader: &mut Reader<'_>) -> Result<Written, XmlError> {
        let mut written = Written::default();
        while let Some(child) = reader.next_child()? {
            match local(&child) {
                "typeCode" => {
                    written.type_code = attribute(&child, "code").unwrap_or_default().into_owned();
                    reader.skip()?;
                }
                "targetMessage" => {
                    written.target = first(reader, "id", |id| WrittenId::of(id).instance_id())?;
                }
                "acknowledgementDetail" => {
                    let code = first(reader, "code", error_code)?;
                    written.error_code = written.error_code.or(code);
                }
                _ => reader.skip()?,
            }
        }
        Ok(written)
    }
}

/// What the first child of that name says; all children are read.
fn first<T>(
    reader: &mut Reader<'_>,
    name: &str,
    take: fn(&Element<'_>) -> Option<T>,
) -> Result<Option<T>, XmlError> {
    let mut found = None;
    while let Some(child) = reader.next_child()? {
        if local(&child) == name {
            found = found.or_else(|| take(&child));
        }
        reader.skip()?;
    }
    Ok(found)
}

fn error_code(element: &Element<'_>) -> Option<String> {
    let is_code = |code: &str| {
        code.len() <= MAX_CODE_CHARACTERS && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    attribute(element, "code").filter(|code| is_code(code)).map(|code| code.into_owned())
}

//! The answer to ITI-9: one PID with the identifiers of the person (ITI TF-2: 3.9.4.2.2).

use identity::LocalId;

use super::frame::{self, Outcome, QueryStatus, ResponseFrame};
use super::{FeedError, Reply, ResponseError};
use crate::ack::Ack;
use crate::header::MessageType;
use crate::location::Location;
use crate::message::Message;
use crate::patient::cx;
use crate::structure::only;
use crate::writer::{SegmentWriter, join};

/// `RSP^K23^RSP_K23`: the identifiers that were found, `NF` if there are none, or why nothing was looked for.
///
/// Each identifier has the namespace and the OID of its authority, and those of one domain stand together.
/// The first name is empty and the second says that it is suppressed: a PIX manager tells no demographics.
/// To be encoded in the set of `reply`.
#[must_use]
pub fn write_pix_response(reply: &Reply<'_>, answer: Result<&[LocalId], &Ack>) -> String {
    let kind = MessageType { code: "RSP", event: "K23", structure: "RSP_K23" };
    let identifiers = match answer {
        Ok([]) => return frame::write(reply, kind, &Outcome::NotFound, ""),
        Ok(identifiers) => identifiers,
        Err(ack) => return frame::write(reply, kind, &Outcome::Refused(ack), ""),
    };
    let delimiters = reply.header.delimiters;
    let suppressed = join(&["", "", "", "", "", "", "S"], delimiters.component);
    let pid = SegmentWriter::new("PID", delimiters)
        .field(3, &cx::write_all(identifiers, delimiters))
        .field(5, &format!("{}{suppressed}", delimiters.repetition));
    frame::write(reply, kind, &Outcome::Found(None), &pid.end())
}

/// The answer as a consumer reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PixResponse {
    pub frame: ResponseFrame,
    /// At least one if the status is [`QueryStatus::Found`], otherwise none.
    pub identifiers: Vec<LocalId>,
}

/// Reads `RSP^K23`, or a bare refusal.
///
/// # Errors
/// [`ResponseError`] with the place at fault.
pub fn read_pix_response(message: &Message<'_>) -> Result<PixResponse, ResponseError> {
    let frame = frame::read(message, &["K23"])?;
    let identifiers = match frame.status {
        QueryStatus::Found => {
            let pid = only(message, "PID")?;
            cx::read_required(pid.field(3), &Location::segment("PID", 1).field(3))?
        }
        QueryStatus::NotFound | QueryStatus::Refused => match message.segment("PID") {
            // Whom an answer means that says it found nobody cannot be known.
            Some(_) => {
                let location = Location::segment("PID", 1);
                return Err(FeedError::SegmentSequence { location }.into());
            }
            None => Vec::new(),
        },
    };
    Ok(PixResponse { frame, identifiers })
}

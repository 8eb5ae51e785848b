//! ITI-9 PIX Query as a Patient Identifier Cross-reference Consumer sends it (ITI TF-2: 3.9).

use hl7v2::{Charset, Message, PixResponse, QueryStatus, read_pix_response, write_pix_query};
use identity::{CrossReferenceQuery, LocalId};

use super::hl7v2_message::{FACILITY, Refusal, client, header, new_control_id};
use crate::clock;
use crate::error::CommandError;
use crate::wire::{AnswerError, MllpAddress, WireError};

/// What the manager said.
#[derive(Debug)]
pub(crate) enum CrossReferenced {
    /// Maybe none.
    Identifiers(Vec<LocalId>),
    Refused(Refusal),
}

/// Asks which other identifiers a person has.
pub(crate) async fn pix_query(
    manager: &MllpAddress,
    query: &CrossReferenceQuery,
) -> Result<CrossReferenced, CommandError> {
    let (time, control_id, tag) = (clock::now()?, new_control_id(), new_control_id());
    let message = write_pix_query(&header(FACILITY, &time, &control_id), &tag, query);
    let message = hl7v2::encode(&message, Charset::Utf8);
    let answer = client(manager)?.send(&message.bytes).await.map_err(WireError::Question)?;
    Ok(read(&answer, (&control_id, &tag)).map_err(WireError::of_manager)?)
}

fn read(answer: &[u8], asked: (&str, &str)) -> Result<CrossReferenced, AnswerError> {
    let text = hl7v2::decode(answer, Charset::Utf8).map_err(AnswerError::Hl7)?;
    let message = Message::parse(&text).map_err(AnswerError::Hl7)?;
    let PixResponse { frame, identifiers } =
        read_pix_response(&message).map_err(AnswerError::Response)?;
    super::hl7v2_message::check_answers(&frame, asked)?;
    Ok(match frame.status {
        QueryStatus::Found | QueryStatus::NotFound => CrossReferenced::Identifiers(identifiers),
        QueryStatus::Refused => CrossReferenced::Refused(Refusal::of(&frame.errors)),
    })
}

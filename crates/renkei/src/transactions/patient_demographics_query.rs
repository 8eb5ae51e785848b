//! ITI-21 Patient Demographics Query as a Patient Demographics Consumer sends it (ITI TF-2: 3.21).

use client::MllpClient;
use hl7v2::{
    Charset, DemographicsResponse, Message, PageRequest, QueryStatus, read_demographics_response,
    write_demographics_query,
};
use identity::{DemographicsQuery, PatientMatch};

use super::hl7v2_message::{FACILITY, Refusal, client, header, new_control_id};
use crate::clock;
use crate::error::CommandError;
use crate::wire::{AnswerError, MllpAddress, WireError};

/// What the supplier said.
#[derive(Debug)]
pub(crate) enum Demographics {
    Found(FoundPatients),
    Refused(Refusal),
}

/// Matches, best first, and how many there are at the supplier.
#[derive(Debug, Default)]
pub(crate) struct FoundPatients {
    pub(crate) matches: Vec<PatientMatch>,
    pub(crate) n_total: usize,
}

/// Which part of the answer is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Matches of one page.
    pub(crate) page: usize,
    /// Whether the other pages are wanted as well.
    pub(crate) is_all: bool,
}

/// Asks who looks like this, page by page.
///
/// All pages are asked for under one tag and over one connection.
pub(crate) async fn patient_demographics_query(
    supplier: &MllpAddress,
    query: &DemographicsQuery,
    wanted: Wanted,
) -> Result<Demographics, CommandError> {
    let mut client = client(supplier)?;
    let tag = new_control_id();
    let mut found = FoundPatients::default();
    let mut page = PageRequest { limit: Some(wanted.page), pointer: None };
    loop {
        let response = ask(&mut client, &tag, query, &page).await?;
        if response.frame.status == QueryStatus::Refused {
            return Ok(Demographics::Refused(Refusal::of(&response.frame.errors)));
        }
        let n_before = found.matches.len();
        found.matches.extend(response.page.matches);
        found.n_total = response.page.n_total.max(found.matches.len());
        let is_longer = found.matches.len() > n_before;
        match response.page.pointer {
            // A supplier that sends empty pages for ever is not followed.
            Some(pointer) if wanted.is_all && is_longer => page.pointer = Some(pointer),
            Some(_) | None => return Ok(Demographics::Found(found)),
        }
    }
}

async fn ask(
    client: &mut MllpClient,
    tag: &str,
    query: &DemographicsQuery,
    page: &PageRequest,
) -> Result<DemographicsResponse, CommandError> {
    let (time, control_id) = (clock::now()?, new_control_id());
    let header = header(FACILITY, &time, &control_id);
    let message = write_demographics_query(&header, tag, query, page)?;
    let message = hl7v2::encode(&message, Charset::Utf8);
    let answer = client.send(&message.bytes).await.map_err(WireError::Question)?;
    Ok(read(&answer, (&control_id, tag)).map_err(WireError::of_manager)?)
}

fn read(answer: &[u8], asked: (&str, &str)) -> Result<DemographicsResponse, AnswerError> {
    let text = hl7v2::decode(answer, Charset::Utf8).map_err(AnswerError::Hl7)?;
    let message = Message::parse(&text).map_err(AnswerError::Hl7)?;
    let response = read_demographics_response(&message).map_err(AnswerError::Response)?;
    super::hl7v2_message::check_answers(&response.frame, asked)?;
    Ok(response)
}

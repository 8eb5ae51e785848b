//! One connection of an import: sends on before it is answered, and goes on with a new connection if one is lost.

use std::collections::VecDeque;
use std::time::Duration;

use client::{MllpClient, MllpError, MllpReceiver, MllpSender};
use hl7v2::{AckCode, Charset, Message, read_ack};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::Outgoing;
use crate::transactions::patient_identity_feed::acknowledgement;
use crate::wire::{AnswerError, WireError};

/// Messages that are sent on one connection before the first of them is answered.
pub(super) const WINDOW: usize = 32;

/// Pauses before a lost connection is opened again; after the last of them the import stops.
const PAUSES: [u64; 6] = [100, 500, 1_000, 2_000, 4_000, 8_000];

/// ERR-3 of what is refused for the moment: HL7 v2.5 table 0357, record locked and internal error.
const FOR_NOW: [&str; 2] = ["206", "207"];

/// What became of a message, by its number.
pub(super) struct Outcome {
    pub(super) number: u64,
    pub(super) verdict: Verdict,
}

pub(super) enum Verdict {
    Accepted,
    /// For good; codes, place and text.
    Refused(String),
    /// The manager cannot take it now.
    NotNow,
    /// Nobody answers any more.
    Lost(WireError),
}

/// A message and its number.
pub(super) struct Job {
    pub(super) number: u64,
    pub(super) message: Outgoing,
}

/// Sends whatever comes, in order, until nothing more does.
pub(super) async fn run(
    client: MllpClient,
    mut jobs: mpsc::UnboundedReceiver<Job>,
    outcomes: mpsc::UnboundedSender<Outcome>,
) {
    let mut in_flight: VecDeque<Job> = VecDeque::new();
    let mut pauses = PAUSES.iter();
    loop {
        // No connection is open while there is nothing to send.
        if in_flight.is_empty() {
            match jobs.recv().await {
                Some(job) => in_flight.push_back(job),
                None => return,
            }
        }
        let mut n_answered = 0;
        let lane = (&mut jobs, &mut in_flight, &mut n_answered);
        let Err(error) = serve(&client, lane, &outcomes).await else { return };
        if n_answered > 0 {
            pauses = PAUSES.iter();
        }
        match pauses.next() {
            Some(pause) => sleep(Duration::from_millis(*pause)).await,
            None => {
                let number = in_flight.front().map_or(0, |job| job.number);
                // Whoever listens has ended as well.
                let _ = outcomes.send(Outcome { number, verdict: Verdict::Lost(error) });
                return;
            }
        }
    }
}

type Lane<'a> = (&'a mut mpsc::UnboundedReceiver<Job>, &'a mut VecDeque<Job>, &'a mut usize);

/// One connection, until it breaks or nothing more is to be sent. What was not answered stays in flight: to send it
/// again changes nothing.
async fn serve(
    client: &MllpClient,
    (jobs, in_flight, n_answered): Lane<'_>,
    outcomes: &mpsc::UnboundedSender<Outcome>,
) -> Result<(), WireError> {
    let (mut sender, mut receiver) = client.pipeline().await.map_err(WireError::Feed)?;
    for job in in_flight.iter() {
        sender.send(&job.message.bytes).await.map_err(WireError::Feed)?;
    }
    loop {
        let takes_more = in_flight.len() < WINDOW;
        tokio::select! {
            job = jobs.recv(), if takes_more => match job {
                Some(job) => send(&mut sender, &mut receiver, (job, in_flight)).await.map_err(WireError::Feed)?,
                None if in_flight.is_empty() => return Ok(()),
                None => break,
            },
            answer = receiver.answer(), if !in_flight.is_empty() => {
                settle(answer, in_flight, outcomes)?;
                *n_answered = n_answered.saturating_add(1);
            }
        }
    }
    while !in_flight.is_empty() {
        settle(receiver.answer().await, in_flight, outcomes)?;
        *n_answered = n_answered.saturating_add(1);
    }
    Ok(())
}

async fn send(
    sender: &mut MllpSender,
    receiver: &mut MllpReceiver,
    (job, in_flight): (Job, &mut VecDeque<Job>),
) -> Result<(), MllpError> {
    if in_flight.is_empty() {
        receiver.begin();
    }
    // In flight before it is sent: a send that fails may have arrived.
    in_flight.push_back(job);
    match in_flight.back() {
        Some(job) => sender.send(&job.message.bytes).await,
        None => Ok(()),
    }
}

/// An answer is that to the message that waits longest.
fn settle(
    answer: Result<Vec<u8>, MllpError>,
    in_flight: &mut VecDeque<Job>,
    outcomes: &mpsc::UnboundedSender<Outcome>,
) -> Result<(), WireError> {
    let answer = answer.map_err(WireError::Feed)?;
    let Some(job) = in_flight.front() else { return Ok(()) };
    let verdict = judge(&answer, job.message.control_id.as_deref());
    let verdict = verdict.map_err(WireError::Acknowledgement)?;
    // Whoever listens may have stopped.
    let _ = outcomes.send(Outcome { number: job.number, verdict });
    in_flight.pop_front();
    Ok(())
}

fn judge(answer: &[u8], control_id: Option<&str>) -> Result<Verdict, AnswerError> {
    let text = hl7v2::decode(answer, Charset::Utf8).map_err(AnswerError::Hl7)?;
    let message = Message::parse(&text).map_err(AnswerError::Hl7)?;
    let ack = read_ack(&message).map_err(AnswerError::NotAnAck)?;
    let said = acknowledgement(answer, control_id.unwrap_or(&ack.control_id))?;
    let is_for_now = ack.error_code.as_deref().is_none_or(|code| FOR_NOW.contains(&code));
    Ok(match ack.code {
        AckCode::AA => Verdict::Accepted,
        AckCode::AR if is_for_now => Verdict::NotNow,
        AckCode::AE | AckCode::AR => Verdict::Refused(said.complaints.to_string()),
    })
}

//! ITI-8 Patient Identity Feed as a Patient Identity Source sends it (ITI TF-2: 3.8).

use std::fmt;

use datatypes::Dtm;
use hl7v2::{AckCode, Charset, Message, Segment, read_ack, write_adt};
use identity::PatientIdentityFeed;

use super::hl7v2_message::{client, complaint, header};
use crate::output::plain;
use crate::wire::{AnswerError, MllpAddress, WireError};

/// How the receiver answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Acknowledgement {
    pub(crate) code: AckCode,
    /// MSH-10 of the feed, which the answer repeats.
    pub(crate) control_id: String,
    pub(crate) complaints: Complaints,
}

/// The texts of MSA-3 and of the ERR segments, a line each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaints(Vec<String>);

impl std::error::Error for Complaints {}

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            f.write_str("without saying why")
        } else {
            f.write_str(&self.0.join("\n"))
        }
    }
}

/// Sends the feed and reads the acknowledgement, whatever it says.
///
/// `facility` is MSH-4; `control_id` is new for each message and has at most 20 characters.
pub(crate) async fn patient_identity_feed(
    address: &MllpAddress,
    feed: &PatientIdentityFeed,
    (facility, time, control_id): (&str, &Dtm, &str),
) -> Result<Acknowledgement, WireError> {
    let header = header(facility, time, control_id);
    let message = hl7v2::encode(&write_adt(&header, feed), Charset::Utf8);
    let answer = client(address)?.send(&message.bytes).await.map_err(WireError::Feed)?;
    acknowledgement(&answer, control_id).map_err(WireError::Acknowledgement)
}

pub(crate) fn acknowledgement(
    answer: &[u8],
    control_id: &str,
) -> Result<Acknowledgement, AnswerError> {
    let text = hl7v2::decode(answer, Charset::Utf8).map_err(AnswerError::Hl7)?;
    let message = Message::parse(&text).map_err(AnswerError::Hl7)?;
    let ack = read_ack(&message).map_err(AnswerError::NotAnAck)?;
    if ack.control_id != control_id {
        return Err(AnswerError::OtherRequest);
    }
    let msa_text = message.segment("MSA").map(|msa| msa.field(3).text().into_owned());
    let complaints = msa_text
        .filter(|text| !text.is_empty())
        .map(|text| plain(&text).into_owned())
        .into_iter()
        .chain(message.segments("ERR").map(|err| complaint_of(&err)))
        .collect();
    let complaints = Complaints(complaints);
    Ok(Acknowledgement { code: ack.code, control_id: ack.control_id, complaints })
}

/// `204 Unknown key identifier at PID^1^3: text` (HL7 v2.5 chapter 2, ERR).
fn complaint_of(err: &Segment<'_>) -> String {
    let code = err.field(3);
    let code = [code.component(1).text(), code.component(2).text()].join(" ");
    complaint((&code, err.field(2).raw(), &err.field(8).text()))
}

#[cfg(test)]
mod tests {
    use hl7v2::{Ack, ErrDetail, ErrorCode, Header, Location, write_ack};
    use identity::{Demographics, FeedEvent, LocalId};

    use super::*;

    fn feed_text(control_id: &str) -> String {
        let feed = PatientIdentityFeed {
            event: FeedEvent::Register,
            identifiers: vec![LocalId {
                id: "JP0001".to_owned(),
                namespace: None,
                universal_id: datatypes::Oid::parse("1.2.3").ok(),
            }],
            prior_identifiers: Vec::new(),
            demographics: Demographics::default(),
            visit: None,
        };
        let time = Dtm::parse("20260401093000").unwrap();
        write_adt(&header("NORTH", &time, control_id), &feed)
    }

    fn answer(ack: &Ack) -> Vec<u8> {
        let text = feed_text("C1");
        let header = Header::read(&Message::parse(&text).unwrap());
        let time = Dtm::parse("20260401093001").unwrap();
        write_ack(&header, ack, &time, "R1").into_bytes()
    }

    #[test]
    fn what_is_sent_is_what_the_receiver_reads() {
        let text = feed_text("C1");
        let message = Message::parse(&text).unwrap();
        let feed = hl7v2::read_patient_identity_feed(&message).unwrap();
        assert_eq!(feed.identifiers[0].id, "JP0001");
        let header = Header::read(&message);
        assert_eq!(header.sending_application, "RENKEI-CLI");
        assert_eq!(header.sending_facility, "NORTH");
    }

    #[test]
    fn an_acceptance_has_nothing_to_complain_about() {
        let ack = acknowledgement(&answer(&Ack::accept()), "C1").unwrap();
        assert_eq!((ack.code, ack.control_id.as_str()), (AckCode::AA, "C1"));
        assert_eq!(ack.complaints, Complaints(Vec::new()));
    }

    #[test]
    fn a_refusal_says_what_is_wrong_and_where() {
        let detail = ErrDetail {
            location: Some(Location::segment("PID", 1).field(3)),
            code: ErrorCode::UnknownKeyIdentifier,
            text: "Not & ours.".to_owned(),
        };
        let ack = acknowledgement(&answer(&Ack::error(detail)), "C1").unwrap();
        assert_eq!(ack.code, AckCode::AE);
        let expected = "204 Unknown key identifier at PID^1^3: Not & ours.";
        assert_eq!(ack.complaints.to_string(), expected);
    }

    #[test]
    fn a_refusal_of_an_old_system_has_its_text_in_msa() {
        let answer = b"MSH|^~\\&|A|B|C|D|20260401||ACK|R|P|2.3.1\rMSA|CR|C1|table\\F\\full\r";
        let ack = acknowledgement(answer, "C1").unwrap();
        assert_eq!((ack.code, ack.complaints.to_string().as_str()), (AckCode::AR, "table|full"));
        assert_eq!(Complaints(Vec::new()).to_string(), "without saying why");
    }

    #[test]
    fn an_answer_to_another_message_is_not_believed() {
        let other = acknowledgement(&answer(&Ack::accept()), "C2").unwrap_err();
        assert!(matches!(other, AnswerError::OtherRequest));
        assert!(matches!(acknowledgement(b"hello", "C1"), Err(AnswerError::Hl7(_))));
        let feed = feed_text("C1");
        let no_ack = acknowledgement(feed.as_bytes(), "C1").unwrap_err();
        assert!(matches!(no_ack, AnswerError::NotAnAck(_)));
    }
}

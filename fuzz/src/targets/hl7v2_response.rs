//! `hl7v2::read_pix_response` and `read_demographics_response` (ITI-9, ITI-21, ITI-22): what is read is written and read
//! again to the same.

use datatypes::Dtm;
use hl7v2::{
    Charset, Header, Hl7Error, Message, QueryEcho, QueryStatus, Reply, ResponseFrame, decode,
    read_demographics_response, read_pix_response, write_demographics_response, write_pix_response,
};

use super::{hl7v2_message, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "hl7v2_response",
    run,
    seeds,
    samples: &["hl7v2"],
    tokens: &[
        hl7v2_message::TOKENS,
        &[
            "RSP^K23^RSP_K23",
            "RSP^K22^RSP_K21",
            "RSP^ZV2^RSP_ZV2",
            "MSA|AE|1",
            "ERR||QPD^1^3^1^1|204^x^HL70357|E",
            "QAK|Q1|OK",
            "QAK|Q1|NF",
            "QAK|Q1|AE",
            "QRI|90",
            "PV1||I|3W",
            "DSC|p|I",
            "~^^^^^^S",
        ],
    ],
};

fn run(bytes: &[u8]) -> Verdict {
    let text = decode(bytes, Charset::Utf8).map_err(reason)?;
    let message = Message::parse(&text).map_err(reason)?;
    if let Ok(response) = read_pix_response(&message) {
        let is_found = response.frame.status == QueryStatus::Found;
        assert_eq!(is_found, !response.identifiers.is_empty(), "found and identifiers");
        let written = replying(|reply| write_pix_response(reply, Ok(&response.identifiers)));
        let Ok(message) = Message::parse(&written) else { unreachable!("no message") };
        let again = read_pix_response(&message).map(|again| again.identifiers);
        assert_eq!(again, Ok(response.identifiers), "written and read again");
        return Ok(told("cross reference", &response.frame));
    }
    let response = read_demographics_response(&message).map_err(reason)?;
    let page = &response.page;
    if !page.matches.is_empty() {
        let written = replying(|reply| write_demographics_response(reply, Ok(page)));
        match Message::parse(&written) {
            Ok(message) => {
                let again = read_demographics_response(&message).map(|again| again.page);
                assert!(again.as_ref() == Ok(page), "written and read again: {again:?}");
            }
            // We write a segment or two more a match than others do.
            Err(Hl7Error::TooManySegments { .. } | Hl7Error::TooLarge { .. }) => {}
            Err(error) => unreachable!("no message: {error}"),
        }
    }
    let has_visit = page.matches.iter().any(|one| one.visit.is_some());
    let shape = (page.matches.len().min(2), has_visit, page.pointer.is_some());
    Ok(format!("{} {shape:?}", told("demographics", &response.frame)))
}

fn told(what: &str, frame: &ResponseFrame) -> String {
    format!("{what} {:?} {:?} {}", frame.code, frame.status, frame.errors.len().min(2))
}

/// An answer to a question in our delimiters.
fn replying(write: impl FnOnce(&Reply<'_>) -> String) -> String {
    let question = "MSH|^~\\&|A|B|C|D|1||QBP^ZV1|1|P|2.5\rQPD|N|Q1|@PID.8^F\rRCP|I\r";
    let Ok(message) = Message::parse(question) else { unreachable!("a question") };
    let Ok(time) = Dtm::parse("20260401093000") else { unreachable!("a legal time") };
    write(&Reply {
        header: &Header::read(&message),
        echo: &QueryEcho::read(&message),
        charset: Charset::Utf8,
        time: &time,
        control_id: "1",
    })
}

fn seeds() -> Vec<Vec<u8>> {
    let message = |kind: &str, body: &str| {
        format!(
            "MSH|^~\\&|RENKEI|REGION|EMR|SITE-B|20260401093000||RSP^{kind}|1|P|2.5||||||UNICODE UTF-8\r{body}"
        )
        .into_bytes()
    };
    let qpd = "QPD|IHE PDQ Query|Q1|@PID.8^F\r";
    let patient = |number: u8| {
        format!(
            "PID|{number}||{number}^^^N&1.2.3&ISO~9^^^M||連携^花子^^^^^L^I||19600203|F|||\
             ^^^^100-0001^JPN^^東京都||03-1^PRN^PH|^NET^Internet^a@example.jp||||77^^^ACC\r"
        )
    };
    let (first, second) = (patient(1), patient(2));
    vec![
        message("K23^RSP_K23", "MSA|AA|1\rQAK|Q1|OK\rPID|||1^^^N&1.2.3&ISO||~^^^^^^S\r"),
        message("K23^RSP_K23", "MSA|AA|1\rQAK|Q1|NF\r"),
        message("K23^RSP_K23", "MSA|AE|1\rERR||QPD^1^4^1|204|E\rERR||QPD^1^4^2|204|E\rQAK|Q1|AE\r"),
        message(
            "K22^RSP_K21",
            &format!("MSA|AA|1\rQAK|Q1|OK|N|2|1|1\r{qpd}{first}QRI|100\rDSC|p|I\r"),
        ),
        message("K22^RSP_K21", &format!("MSA|AA|1\rQAK|Q1|OK\r{qpd}{first}{second}")),
        message(
            "ZV2^RSP_ZV2",
            &format!("MSA|AA|1\rQAK|Q1|OK\r{qpd}{first}PV1||I|3W\rQRI|90\r{second}PV1||O\r"),
        ),
    ]
}

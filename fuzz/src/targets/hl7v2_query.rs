//! `hl7v2::read_query` (ITI-9, ITI-21, ITI-22): what is read is written and read again to the same, and every
//! refusal has a place in the question.

use hl7v2::{
    Charset, MAX_REPETITIONS, Message, Query, QueryEcho, decode, read_query, write_cancel,
    write_demographics_query, write_pix_query,
};
use identity::DemographicsQuery;

use super::{hl7v2_message, outgoing, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "hl7v2_query",
    run,
    seeds,
    samples: &["hl7v2"],
    tokens: &[
        hl7v2_message::TOKENS,
        &[
            "QBP^Q23^QBP_Q21",
            "QBP^Q22",
            "QBP^ZV1",
            "QCN^J01",
            "@PID.3.1^12",
            "@PID.3.4^N&1.2.3&ISO",
            "@PID.3.4.1^N",
            "@PID.3.4.2^1.2.3",
            "@PID.3.4.3^ISO",
            "@PID.5.1.1^連携*",
            "@PID.5.2^花子",
            "@PID.5.8^P",
            "@PID.7^19600203",
            "@PID.8^F",
            "@PID.11.5^100-0001",
            "@PID.18.1^77",
            "@PV1.7.2.1^山田",
            "@PV1.19.1^V-9",
            "^^^N~^^^&1.2.3&ISO",
            "RCP|I|10^RD",
            "DSC|p|I",
        ],
    ],
};

fn run(bytes: &[u8]) -> Verdict {
    let text = decode(bytes, Charset::Utf8).map_err(reason)?;
    let message = Message::parse(&text).map_err(reason)?;
    let query = read_query(&message).map_err(|error| {
        assert!(!error.locations().is_empty(), "an error without a place");
        reason(error)
    })?;
    let tag = QueryEcho::read(&message).tag();
    let written = match &query {
        Query::CrossReference(query) => {
            Some(outgoing(|header| write_pix_query(header, &tag, query)))
        }
        Query::Demographics { query, page } => {
            check(query);
            let mut written = None;
            outgoing(|header| {
                written = write_demographics_query(header, &tag, query, page).ok();
                String::new()
            });
            written
        }
        Query::Cancel(cancellation) => Some(outgoing(|header| write_cancel(header, cancellation))),
    };
    // Conditions in another order may be such that they cannot be written.
    if let Some(written) = &written {
        let Ok(message) = Message::parse(written) else { unreachable!("no message") };
        assert_eq!(read_query(&message), Ok(query.clone()), "written and read again");
        if !matches!(query, Query::Cancel(_)) {
            assert_eq!(QueryEcho::read(&message).tag(), tag, "query tag");
        }
    }
    Ok(match &query {
        Query::CrossReference(query) => format!("cross reference {}", query.domains.len().min(2)),
        Query::Demographics { query, page } => {
            let names: Vec<_> = query.criteria.iter().take(2).map(|one| one.name()).collect();
            format!("{names:?} {} {}", query.asks_for_visits, page.pointer.is_some())
        }
        Query::Cancel(_) => "cancel".to_owned(),
    })
}

fn check(query: &DemographicsQuery) {
    assert!(!query.criteria.is_empty(), "a question for everybody");
    assert!(query.criteria.len() <= MAX_REPETITIONS, "over the limit");
    assert!(query.domains.len() <= MAX_REPETITIONS, "over the limit");
    for domain in &query.domains {
        let is_named = domain.namespace.is_some() || domain.universal_id.is_some();
        assert!(is_named, "a domain without name");
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let message = |kind: &str, body: &str| {
        format!(
            "MSH|^~\\&|EMR|SITE-B|RENKEI|REGION|20260401093000||{kind}|1|P|2.5||||||UNICODE UTF-8\r{body}\r"
        )
        .into_bytes()
    };
    let by_id = "@PID.3.1^12~@PID.3.4.2^1.2.3~@PID.3.4.3^ISO~@PID.18.1^7~@PID.18.4^ACC";
    let by_name = "@PID.5.1.1^連携~@PID.5.2^花*~@PID.6.1^母~@PID.7^1960~@PID.8^F~@PID.13.1^03-1";
    let by_address = "@PID.11.1.1^1~@PID.11.3^2~@PID.11.4^3~@PID.11.5^4~@PID.11.6^JPN";
    let by_visit = "@PV1.2^I~@PV1.3.1^3W~@PV1.7.1^D1~@PV1.8.2.1^A~@PV1.10^MED~@PV1.19.1^V-9";
    let qpd = |parameters: &str, rest: &str| {
        format!("QPD|IHE PDQ Query|Q1|{parameters}|80||||^^^N~^^^&1.2.3&ISO\rRCP|I|10^RD{rest}")
    };
    vec![
        message("QBP^Q23^QBP_Q21", "QPD|IHE PIX Query|Q1|12^^^N&1.2.3&ISO|^^^M\rRCP|I"),
        message("QBP^Q22^QBP_Q21", &qpd(by_id, "")),
        message("QBP^Q22^QBP_Q21", &qpd(by_name, "\rDSC|p1|I")),
        message("QBP^Q22^QBP_Q21", &qpd(by_address, "")),
        message("QBP^ZV1^QBP_Q21", &qpd(by_visit, "")),
        message("QCN^J01^QCN_J01", "QID|Q1|IHE PDQ Query"),
    ]
}

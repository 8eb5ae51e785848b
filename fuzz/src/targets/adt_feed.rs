//! `hl7v2::read_patient_identity_feed` (ITI-8): what is read is written and read again to the same.

use hl7v2::{Charset, MAX_REPETITIONS, Message, decode, read_patient_identity_feed, write_adt};
use identity::{FeedEvent, PatientIdentityFeed};

use super::{hl7v2_message, outgoing, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target =
    Target { name: "adt_feed", run, seeds, samples: &["hl7v2"], tokens: &[hl7v2_message::TOKENS] };

fn run(bytes: &[u8]) -> Verdict {
    let text = decode(bytes, Charset::Utf8).map_err(reason)?;
    let message = Message::parse(&text).map_err(reason)?;
    let feed = read_patient_identity_feed(&message).map_err(|error| {
        assert!(!error.location().to_string().is_empty(), "an error without a place");
        reason(error)
    })?;
    check(&feed);
    let written = outgoing(|header| write_adt(header, &feed));
    let again = Message::parse(&written).map(|message| read_patient_identity_feed(&message));
    assert_eq!(again, Ok(Ok(feed.clone())), "written and read again");
    let Demographics { names, birth_date, sex } = Demographics::of(&feed);
    Ok(format!("{:?} names {names} birth {birth_date} sex {sex}", feed.event))
}

/// What is told of the demographics in a verdict.
struct Demographics {
    names: usize,
    birth_date: bool,
    sex: bool,
}

impl Demographics {
    fn of(feed: &PatientIdentityFeed) -> Demographics {
        let known = &feed.demographics;
        Demographics {
            names: known.names.len().min(2),
            birth_date: known.birth_date.is_some(),
            sex: known.sex.is_some(),
        }
    }
}

/// What every reader of a feed promises.
pub(super) fn check(feed: &PatientIdentityFeed) {
    assert!(!feed.identifiers.is_empty(), "a patient without identifier");
    assert!(feed.identifiers.len() <= MAX_REPETITIONS, "over the limit");
    assert!(feed.prior_identifiers.len() <= MAX_REPETITIONS, "over the limit");
    let is_merge = feed.event == FeedEvent::Merge;
    assert_eq!(is_merge, !feed.prior_identifiers.is_empty(), "subsumed by a merge only");
    for id in feed.identifiers.iter().chain(&feed.prior_identifiers) {
        assert!(!id.id.trim().is_empty(), "an empty identifier");
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let message = |event: &str, pid_3: &str, rest: &str| {
        format!(
            "MSH|^~\\&|HIS|SITE-A|RENKEI|REGION|20260401093000||ADT^{event}|1|P|2.3.1||||||UNICODE UTF-8\r\
             EVN|{event}|20260401093000\rPID|1||{pid_3}||連携^花子^^^^^L^I~れんけい^はなこ^^^^^L^P~RENKEI^HANAKO^^^^^L^A||19600203|F\r\
             {rest}"
        )
        .into_bytes()
    };
    let id = "4711^^^SITE-A&1.2.392.99.1&ISO~4712^^^&1.2.3&ISO^MR";
    let mut seeds: Vec<Vec<u8>> =
        ["A01", "A04", "A05", "A08"].map(|event| message(event, id, "PV1||N\r")).to_vec();
    seeds.push(message("A40^ADT_A39", "1^^^&1.2.3&ISO", "MRG|2^^^&1.2.3&ISO\rPV1||N\r"));
    seeds.push(message("A04", "a\\T\\b\\X26\\^^^N", "ZZZ|x\rPV1||I\r"));
    seeds
}

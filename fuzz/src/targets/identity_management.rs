//! `hl7v2::read_identity_management` (ITI-8 and ITI-30): what is read is written and read again to the same, and a
//! registry refuses nothing of it that it understands.

use hl7v2::{
    Charset, Message, decode, read_identity_management, read_patient_identity_feed,
    write_identity_management,
};
use identity::{FeedEvent, IdentityManagement, PatientIdentityFeed};

use super::{adt_feed, hl7v2_message, outgoing, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "identity_management",
    run,
    seeds,
    samples: &["hl7v2"],
    tokens: &[
        hl7v2_message::TOKENS,
        &[
            "ADT^A28",
            "ADT^A31",
            "ADT^A47",
            "ADT^A24",
            "ADT^A37",
            "^^^^100-0001^JPN^H^東京都",
            "03-1^PRN^PH",
            "^NET^Internet^a@example.jp",
            "V-9^^^VIS",
            "D1^山田^一郎",
        ],
    ],
};

fn run(bytes: &[u8]) -> Verdict {
    let text = decode(bytes, Charset::Utf8).map_err(reason)?;
    let message = Message::parse(&text).map_err(reason)?;
    let management = read_identity_management(&message).map_err(reason)?;
    let written = outgoing(|header| write_identity_management(header, &management));
    let again = Message::parse(&written).map(|message| read_identity_management(&message));
    assert_eq!(again, Ok(Ok(management.clone())), "written and read again");
    match &management {
        IdentityManagement::Feed(feed) => {
            adt_feed::check(feed);
            check_as_registry(&message, feed);
            let known = &feed.demographics;
            let of_person = (known.addresses.len().min(1), known.telecoms.len().min(2));
            let has_account = known.account_number.is_some();
            let has_visit = feed.visit.is_some();
            Ok(format!("{:?} {of_person:?} {has_account} {has_visit}", feed.event))
        }
        IdentityManagement::ChangeId { new: first, old: second }
        | IdentityManagement::Link { first, second }
        | IdentityManagement::Unlink { first, second } => {
            assert!(!first.is_empty() && !second.is_empty(), "a patient without identifier");
            let name = format!("{management:?}");
            Ok(name.split(' ').next().unwrap_or_default().to_owned())
        }
    }
}

/// A registry reads the same message to the same patient, unless the event is none of ITI-8.
fn check_as_registry(message: &Message<'_>, feed: &PatientIdentityFeed) {
    let event = message.header().field(9).component(2);
    let is_registered = matches!(event.raw(), "A01" | "A04" | "A05" | "A08" | "A40");
    let version = message.header().field(12).component(1);
    if !is_registered || version.raw() == "2.5.1" {
        return;
    }
    let of_registry = read_patient_identity_feed(message);
    let Ok(of_registry) = of_registry else { unreachable!("refused: {of_registry:?}") };
    assert_eq!(of_registry.event, feed.event, "event");
    assert_eq!(of_registry.identifiers, feed.identifiers, "identifiers");
    assert_eq!(of_registry.prior_identifiers, feed.prior_identifiers, "subsumed");
    let is_merge = feed.event == FeedEvent::Merge;
    assert!(!is_merge || feed.visit.is_none(), "a merge is about no visit");
    assert!(of_registry.demographics.names == feed.demographics.names, "names");
}

fn seeds() -> Vec<Vec<u8>> {
    let message = |event: &str, body: &str| {
        format!(
            "MSH|^~\\&|HIS|SITE-A|RENKEI|REGION|20260401093000||ADT^{event}|1|P|2.5||||||UNICODE UTF-8\r\
             EVN||20260401093000\r{body}"
        )
        .into_bytes()
    };
    let person = "PID|1||4711^^^SITE-A&1.2.392.99.1&ISO||連携^花子^^^^^L^I|母^^^^^^M|19600203|F|||\
                  1-1&x^^Chiyoda^Tokyo^100-0001^JPN^H^東京都~^^^^100^JPN||\
                  03-1^PRN^PH~^PRN^PH^^81^3^1~^^^^^^^^^^^03-2|a@example.jp^NET||||77^^^ACC&1.2.9&ISO\r";
    let visit =
        "PV1|1|I|3W^301^2^SITE-A||||D1^山田^一郎|D2^A|D3~D4|MED|||||||D5||V-9^^^VIS&1.2.8&ISO\r";
    let (first, second) = ("PID|||1^^^N&1.2.3&ISO\r", "PID|||2^^^M~3\r");
    vec![
        message("A28^ADT_A05", person),
        message("A31^ADT_A05", &format!("{person}{visit}")),
        message("A08^ADT_A01", &format!("{person}{visit}")),
        message("A40^ADT_A39", &format!("{first}MRG|2^^^N\r")),
        message("A47^ADT_A30", &format!("{first}MRG|2^^^N\r")),
        message("A24^ADT_A24", &format!("{first}{second}")),
        message("A37^ADT_A37", &format!("{first}PV1||N\r{second}")),
    ]
}

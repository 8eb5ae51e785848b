//! `hl7v2::read_link_change` (ITI-64): the same identifiers in the same order as the reader of a merge finds,
//! and as are read again when written.

use hl7v2::{
    Charset, Message, decode, read_link_change, read_patient_identity_feed, write_link_change,
};
use identity::{LinkChange, LocalId};

use super::{hl7v2_message, outgoing, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "link_change",
    run,
    seeds,
    samples: &["hl7v2"],
    tokens: &[hl7v2_message::TOKENS, &["ADT^A43^ADT_A43", "~4711^^^N&1.2.4&ISO", "&1.2.3&"]],
};

fn run(bytes: &[u8]) -> Verdict {
    let text = decode(bytes, Charset::Utf8).map_err(reason)?;
    let message = Message::parse(&text).map_err(reason)?;
    let change = read_link_change(&message).map_err(reason)?;
    let LinkChange { new, local, previous, subsumed } = &change;
    let ids = [Some(new), Some(local), Some(previous), subsumed.as_ref()];
    for id in ids.into_iter().flatten() {
        assert!(!id.id.trim().is_empty(), "an empty identifier");
        assert!(id.universal_id.is_some(), "an identifier without the OID of its authority");
    }
    check_as_merge(&text, &change);
    let written = outgoing(|header| write_link_change(header, &change));
    let again = Message::parse(&written).map(|message| read_link_change(&message));
    assert_eq!(again, Ok(Ok(change.clone())), "written and read again");
    Ok(format!("subsumed {}", change.subsumed.is_some()))
}

/// PID-3 and MRG-1 are those of a merge, A40, which has another reader.
fn check_as_merge(text: &str, change: &LinkChange) {
    let merge = text.replace("A43", "A40");
    let merge = Message::parse(&merge).ok().map(|message| read_patient_identity_feed(&message));
    let Some(Ok(feed)) = merge else { unreachable!("no merge: {merge:?}") };
    let renamed = |id: &LocalId| LocalId {
        id: id.id.replace("A43", "A40"),
        namespace: id.namespace.as_ref().map(|namespace| namespace.replace("A43", "A40")),
        universal_id: id.universal_id.clone(),
    };
    let of_patient = [&change.new, &change.local].map(renamed);
    let of_merge: Vec<LocalId> =
        std::iter::once(&change.previous).chain(&change.subsumed).map(renamed).collect();
    assert_eq!(feed.identifiers, of_patient, "PID-3");
    assert_eq!(feed.prior_identifiers, of_merge, "MRG-1");
}

fn seeds() -> Vec<Vec<u8>> {
    let message = |subsumed: &str| {
        format!(
            "MSH|^~\\&|A|B|C|D|20260401093000||ADT^A43^ADT_A43|1|P|2.5\rEVN|A43|20260401093000\r\
             PID|||N7^^^&1.2.3&ISO~4711^^^SITE-A&1.2.4&ISO|| \rMRG|P3^^^&1.2.3&ISO{subsumed}\r"
        )
        .into_bytes()
    };
    vec![message(""), message("~4709^^^SITE-A&1.2.4&ISO")]
}

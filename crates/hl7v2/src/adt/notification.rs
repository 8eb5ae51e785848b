//! ITI-10 PIX Update Notification: `ADT^A31^ADT_A05` (ITI TF-2: 3.10.4.1).

use datatypes::Dtm;
use identity::LocalId;

use super::feed::{pid_3, write_evn};
use super::{FeedError, VERSIONS, read_event};
use crate::delimiters::Delimiters;
use crate::header::{Header, MessageType};
use crate::message::Message;
use crate::outgoing::{Outgoing, OutgoingHeader};
use crate::patient::{cx, pv1};
use crate::structure::{Slot, check_order, only};
use crate::writer::SegmentWriter;

/// Tells a consumer all identifiers that a person now has in the domains it is interested in.
///
/// `changed` is UTC and becomes EVN-2. The list replaces what the consumer knew; each identifier has the
/// namespace and the OID of its authority. The name is a single space, since the field is required and a
/// PIX consumer is told no demographics.
#[must_use]
pub fn write_update_notification(
    header: &OutgoingHeader<'_>,
    changed: &Dtm,
    identifiers: &[LocalId],
) -> String {
    let delimiters = Delimiters::STANDARD;
    let mut body = write_evn("A31", &format!("{changed}+0000"));
    body.push_str(
        &SegmentWriter::new("PID", delimiters)
            .field(3, &cx::write_all(identifiers, delimiters))
            .field(5, " ")
            .end(),
    );
    body.push_str(&pv1::write(None, delimiters));
    let kind = MessageType { code: "ADT", event: "A31", structure: "ADT_A05" };
    header.message(&Outgoing { kind, version: "2.5", profile: "ITI-10^IHE" }, &body)
}

/// The identifiers that a person has from now on, as a consumer reads them.
///
/// # Errors
/// [`FeedError`] with the place at fault.
pub fn read_update_notification(message: &Message<'_>) -> Result<Vec<LocalId>, FeedError> {
    let read_trigger = |event: &str| (event == "A31").then_some(());
    read_event(&Header::read(message), VERSIONS, read_trigger)?;
    check_order(message, &["EVN", "PID", "PV1"].map(Slot::required))?;
    cx::read_required(only(message, "PID")?.field(3), &pid_3(1))
}

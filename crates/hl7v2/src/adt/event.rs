//! The trigger events of the feed and the message structures they use (ITI TF-2: 3.8.4).

use identity::FeedEvent;

/// The event of MSH-9.2; `None` for all others, among them A28 and A31 of ITI-30.
pub(super) fn read(trigger_event: &str) -> Option<FeedEvent> {
    match trigger_event {
        "A01" => Some(FeedEvent::Admit),
        "A04" => Some(FeedEvent::Register),
        "A05" => Some(FeedEvent::PreAdmit),
        "A08" => Some(FeedEvent::Update),
        "A40" => Some(FeedEvent::Merge),
        _ => None,
    }
}

/// MSH-9.2.
pub(super) fn code(event: FeedEvent) -> &'static str {
    match event {
        FeedEvent::Admit => "A01",
        FeedEvent::Register => "A04",
        FeedEvent::PreAdmit => "A05",
        FeedEvent::Update => "A08",
        FeedEvent::Merge => "A40",
    }
}

/// MSH-9.3.
pub(super) fn structure(event: FeedEvent) -> &'static str {
    match event {
        FeedEvent::Admit | FeedEvent::Register | FeedEvent::PreAdmit | FeedEvent::Update => {
            "ADT_A01"
        }
        FeedEvent::Merge => "ADT_A39",
    }
}

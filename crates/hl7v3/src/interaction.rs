//! The three interactions of the feed, their names and actions (ITI TF-2: 3.44.4).

use identity::FeedEvent;

/// What a message of ITI-44 announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeedInteraction {
    /// PRPA_IN201301UV02, a patient record was added.
    Add,
    /// PRPA_IN201302UV02, a patient record was revised.
    Revise,
    /// PRPA_IN201304UV02, two records of one patient were found and resolved.
    ResolveDuplicates,
}

impl FeedInteraction {
    pub const ALL: [FeedInteraction; 3] =
        [FeedInteraction::Add, FeedInteraction::Revise, FeedInteraction::ResolveDuplicates];

    /// The local name of the payload element, which is also the extension of `interactionId`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            FeedInteraction::Add => "PRPA_IN201301UV02",
            FeedInteraction::Revise => "PRPA_IN201302UV02",
            FeedInteraction::ResolveDuplicates => "PRPA_IN201304UV02",
        }
    }

    /// `wsa:Action` of the request.
    #[must_use]
    pub const fn action(self) -> &'static str {
        match self {
            FeedInteraction::Add => "urn:hl7-org:v3:PRPA_IN201301UV02",
            FeedInteraction::Revise => "urn:hl7-org:v3:PRPA_IN201302UV02",
            FeedInteraction::ResolveDuplicates => "urn:hl7-org:v3:PRPA_IN201304UV02",
        }
    }

    /// The interaction with that `wsa:Action`; `None` for all others, the queries among them.
    #[must_use]
    pub fn of_action(action: &str) -> Option<FeedInteraction> {
        FeedInteraction::ALL.into_iter().find(|interaction| interaction.action() == action)
    }

    /// The same event in HL7 v2; v3 does not tell admission from registration.
    pub(crate) const fn event(self) -> FeedEvent {
        match self {
            FeedInteraction::Add => FeedEvent::Register,
            FeedInteraction::Revise => FeedEvent::Update,
            FeedInteraction::ResolveDuplicates => FeedEvent::Merge,
        }
    }
}

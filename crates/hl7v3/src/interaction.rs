//! The interactions that are received, their names and actions (ITI TF-2: 3.44.4, 3.45.4, 3.47.4).

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

/// What a Patient Identifier Cross-reference Manager or a Patient Demographics Supplier is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interaction {
    /// ITI-44; ITI-46 is a revision sent by the manager.
    Feed(FeedInteraction),
    /// ITI-45, PRPA_IN201309UV02.
    CrossReferenceQuery,
    /// ITI-47, PRPA_IN201305UV02.
    DemographicsQuery,
    /// ITI-47, QUQI_IN000003UV01: the next page of the answer.
    ContinueQuery,
    /// ITI-47, QUQI_IN000003UV01: no further page is wanted.
    CancelQuery,
}

/// `wsa:Action` of the answer to ITI-45.
pub const CROSS_REFERENCE_RESPONSE_ACTION: &str = "urn:hl7-org:v3:PRPA_IN201310UV02";

/// `wsa:Action` of the answer to ITI-47, the first one and those of a continuation.
pub const DEMOGRAPHICS_RESPONSE_ACTION: &str = "urn:hl7-org:v3:PRPA_IN201306UV02";

/// `wsa:Action` of the answer to a feed, to an update notification and to a cancelled query.
pub const ACKNOWLEDGEMENT_ACTION: &str = "urn:hl7-org:v3:MCCI_IN000002UV01";

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

impl Interaction {
    pub const ALL: [Interaction; 7] = [
        Interaction::Feed(FeedInteraction::Add),
        Interaction::Feed(FeedInteraction::Revise),
        Interaction::Feed(FeedInteraction::ResolveDuplicates),
        Interaction::CrossReferenceQuery,
        Interaction::DemographicsQuery,
        Interaction::ContinueQuery,
        Interaction::CancelQuery,
    ];

    /// The extension of `interactionId`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Interaction::Feed(feed) => feed.name(),
            Interaction::CrossReferenceQuery => "PRPA_IN201309UV02",
            Interaction::DemographicsQuery => "PRPA_IN201305UV02",
            Interaction::ContinueQuery | Interaction::CancelQuery => "QUQI_IN000003UV01",
        }
    }

    /// `wsa:Action` of the request.
    #[must_use]
    pub const fn action(self) -> &'static str {
        match self {
            Interaction::Feed(feed) => feed.action(),
            Interaction::CrossReferenceQuery => "urn:hl7-org:v3:PRPA_IN201309UV02",
            Interaction::DemographicsQuery => "urn:hl7-org:v3:PRPA_IN201305UV02",
            Interaction::ContinueQuery => "urn:hl7-org:v3:QUQI_IN000003UV01_Continue",
            Interaction::CancelQuery => "urn:hl7-org:v3:QUQI_IN000003UV01_Cancel",
        }
    }

    /// `wsa:Action` of the answer.
    #[must_use]
    pub const fn answer_action(self) -> &'static str {
        match self {
            Interaction::Feed(_) | Interaction::CancelQuery => ACKNOWLEDGEMENT_ACTION,
            Interaction::CrossReferenceQuery => CROSS_REFERENCE_RESPONSE_ACTION,
            Interaction::DemographicsQuery | Interaction::ContinueQuery => {
                DEMOGRAPHICS_RESPONSE_ACTION
            }
        }
    }

    /// The interaction with that `wsa:Action`.
    #[must_use]
    pub fn of_action(action: &str) -> Option<Interaction> {
        Interaction::ALL.into_iter().find(|interaction| interaction.action() == action)
    }

    /// The local names that the payload element may have.
    ///
    /// The service description gives continuation and cancellation elements of their own, the profile
    /// does not; either stands for both.
    #[must_use]
    pub const fn elements(self) -> &'static [&'static str] {
        match self {
            Interaction::Feed(FeedInteraction::Add) => &["PRPA_IN201301UV02"],
            Interaction::Feed(FeedInteraction::Revise) => &["PRPA_IN201302UV02"],
            Interaction::Feed(FeedInteraction::ResolveDuplicates) => &["PRPA_IN201304UV02"],
            Interaction::CrossReferenceQuery => &["PRPA_IN201309UV02"],
            Interaction::DemographicsQuery => &["PRPA_IN201305UV02"],
            Interaction::ContinueQuery | Interaction::CancelQuery => {
                &["QUQI_IN000003UV01", "QUQI_IN000003UV01_Continue", "QUQI_IN000003UV01_Cancel"]
            }
        }
    }

    /// The name of [`Interaction::elements`] that `local` is.
    #[must_use]
    pub fn element(self, local: &str) -> Option<&'static str> {
        self.elements().iter().copied().find(|element| *element == local)
    }
}

impl From<FeedInteraction> for Interaction {
    fn from(feed: FeedInteraction) -> Interaction {
        Interaction::Feed(feed)
    }
}

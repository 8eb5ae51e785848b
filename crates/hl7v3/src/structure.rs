//! The elements of a message that hold other elements, and how often each may occur.
//!
//! ITI TF-2: 3.44.4.1.2, 3.44.4.2.2, 3.45.4.1.2 and 3.47.4.1.2; transmission wrappers MCCI_MT000100UV01 and
//! MCCI_MT000300UV01, control acts MFMI_MT700701UV01, QUQI_MT021001UV01 and QUQI_MT000001UV01.

use crate::error::ContentError;
use crate::interaction::{FeedInteraction, Interaction};
use crate::location::Location;

/// An element whose children are looked at; all others are values or passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The element of the interaction.
    Message,
    Receiver,
    ReceiverDevice,
    Sender,
    SenderDevice,
    ControlAct,
    // Of a feed.
    Subject,
    Registration,
    Subject1,
    Patient,
    Person,
    Replacement,
    Prior,
    PriorSubject1,
    PriorRole,
    // Of a query.
    QueryByParameter,
    MatchCriteria,
    Parameters,
    // Of a continuation.
    Continuation,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Occurs {
    Once,
    /// At most once: a Document Registry acts on the identifiers alone.
    Optional,
    /// Once in a merge, and in no other interaction.
    OnceInMerge,
}

struct Step {
    parent: Place,
    element: &'static str,
    place: Place,
    occurs: Occurs,
}

const fn step(parent: Place, element: &'static str, place: Place, occurs: Occurs) -> Step {
    Step { parent, element, place, occurs }
}

// From the outside in, so that of several missing elements the outermost comes first.

const WRAPPER: [Step; 5] = [
    step(Place::Message, "receiver", Place::Receiver, Occurs::Once),
    step(Place::Receiver, "device", Place::ReceiverDevice, Occurs::Once),
    step(Place::Message, "sender", Place::Sender, Occurs::Once),
    step(Place::Sender, "device", Place::SenderDevice, Occurs::Once),
    step(Place::Message, "controlActProcess", Place::ControlAct, Occurs::Once),
];

const FEED: [Step; 9] = [
    step(Place::ControlAct, "subject", Place::Subject, Occurs::Once),
    step(Place::Subject, "registrationEvent", Place::Registration, Occurs::Once),
    step(Place::Registration, "subject1", Place::Subject1, Occurs::Once),
    step(Place::Subject1, "patient", Place::Patient, Occurs::Once),
    step(Place::Patient, "patientPerson", Place::Person, Occurs::Optional),
    step(Place::Registration, "replacementOf", Place::Replacement, Occurs::OnceInMerge),
    step(Place::Replacement, "priorRegistration", Place::Prior, Occurs::OnceInMerge),
    step(Place::Prior, "subject1", Place::PriorSubject1, Occurs::OnceInMerge),
    step(Place::PriorSubject1, "priorRegisteredRole", Place::PriorRole, Occurs::OnceInMerge),
];

const QUERY: [Step; 3] = [
    step(Place::ControlAct, "queryByParameter", Place::QueryByParameter, Occurs::Once),
    step(Place::QueryByParameter, "matchCriterionList", Place::MatchCriteria, Occurs::Optional),
    step(Place::QueryByParameter, "parameterList", Place::Parameters, Occurs::Once),
];

const CONTINUATION: [Step; 1] =
    [step(Place::ControlAct, "queryContinuation", Place::Continuation, Occurs::Once)];

/// The steps of one interaction.
fn steps(interaction: Interaction) -> impl Iterator<Item = &'static Step> {
    let inner: &[Step] = match interaction {
        Interaction::Feed(_) => &FEED,
        Interaction::CrossReferenceQuery | Interaction::DemographicsQuery => &QUERY,
        Interaction::ContinueQuery | Interaction::CancelQuery => &CONTINUATION,
    };
    WRAPPER.iter().chain(inner)
}

impl Place {
    /// The element names from below the message to here; empty for the message itself.
    pub(crate) fn path(self) -> String {
        let all = || WRAPPER.iter().chain(&FEED).chain(&QUERY).chain(&CONTINUATION);
        let mut names = Vec::new();
        let mut place = self;
        // Every step leads one level up, and the table has no circle.
        while let Some(step) = all().find(|step| step.place == place) {
            names.push(step.element);
            place = step.parent;
        }
        names.reverse();
        names.join("/")
    }

    /// The status that the profile demands of what stands here.
    pub(crate) const fn status(self) -> Option<&'static str> {
        match self {
            Place::Registration | Place::Patient => Some("active"),
            Place::Prior => Some("obsolete"),
            Place::Message
            | Place::Receiver
            | Place::ReceiverDevice
            | Place::Sender
            | Place::SenderDevice
            | Place::ControlAct
            | Place::Subject
            | Place::Subject1
            | Place::Person
            | Place::Replacement
            | Place::PriorSubject1
            | Place::PriorRole
            | Place::QueryByParameter
            | Place::MatchCriteria
            | Place::Parameters
            | Place::Continuation => None,
        }
    }
}

/// Which places of one message were met.
pub(crate) struct Visited {
    interaction: Interaction,
    places: Vec<Place>,
}

impl Visited {
    pub(crate) fn nothing(interaction: Interaction) -> Visited {
        Visited { interaction, places: Vec::new() }
    }

    /// The place that a child element is; `None` if it is a value or of no interest.
    ///
    /// # Errors
    /// One too many, or not in this interaction: then its content must not be looked at.
    pub(crate) fn enter(
        &mut self,
        parent: Place,
        element: &str,
    ) -> Result<Option<Place>, ContentError> {
        let mut steps = steps(self.interaction);
        let Some(step) = steps.find(|step| step.parent == parent && step.element == element) else {
            return Ok(None);
        };
        let location = Location::place(step.place);
        if step.occurs == Occurs::OnceInMerge && !self.is_merge() {
            return Err(ContentError::Unexpected { location });
        }
        if self.places.contains(&step.place) {
            return Err(ContentError::Repeated { location });
        }
        self.places.push(step.place);
        Ok(Some(step.place))
    }

    /// # Errors
    /// [`ContentError::Missing`] with the outermost place that should have been met.
    pub(crate) fn check_complete(&self) -> Result<(), ContentError> {
        let is_missing = |step: &&Step| {
            let is_demanded = match step.occurs {
                Occurs::Once => true,
                Occurs::Optional => false,
                Occurs::OnceInMerge => self.is_merge(),
            };
            is_demanded && !self.places.contains(&step.place)
        };
        match steps(self.interaction).find(is_missing) {
            Some(step) => Err(ContentError::Missing { location: Location::place(step.place) }),
            None => Ok(()),
        }
    }

    /// The places met that must state their status.
    pub(crate) fn with_status(&self) -> impl Iterator<Item = Place> {
        self.places.iter().copied().filter(|place| place.status().is_some())
    }

    fn is_merge(&self) -> bool {
        self.interaction == Interaction::Feed(FeedInteraction::ResolveDuplicates)
    }
}

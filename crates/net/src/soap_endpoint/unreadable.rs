//! Requests that are answered with a fault.

use audit::{Event, Outcome, Participants};
use soap::{Fault, FaultCode, Subcode};

/// A request that is answered with a fault, and the transaction it would have been, if that is known.
#[derive(Debug)]
pub struct Unreadable {
    pub fault: Fault,
    pub event: Option<&'static Event>,
    /// What the trail is told instead of the fault's reason.
    pub cause: Option<String>,
}

impl From<Fault> for Unreadable {
    fn from(fault: Fault) -> Unreadable {
        let authentication = FaultCode::Sender { subcode: Some(Subcode::FailedAuthentication) };
        let event = (fault.code == authentication).then_some(Event::AUTHENTICATION_FAILURE);
        Unreadable { fault, event, cause: None }
    }
}

impl Unreadable {
    /// How serious it is, for the trail: whoever is not let in is a threat, whoever writes badly is not.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let is_threat = self.event.is_some_and(|event| event.participants == Participants::Alert);
        if is_threat { Outcome::SeriousFailure } else { Outcome::MinorFailure }
    }

    /// Why, for the trail.
    #[must_use]
    pub fn description(&self) -> String {
        self.cause.clone().unwrap_or_else(|| self.fault.reason.clone())
    }

    /// Of a message whose action told the transaction.
    pub fn of(event: &'static Event) -> impl FnOnce(Fault) -> Unreadable {
        move |fault| Unreadable { fault, event: Some(event), cause: None }
    }
}

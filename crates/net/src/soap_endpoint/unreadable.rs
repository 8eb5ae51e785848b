//! Requests that are answered with a fault.

use audit::Event;
use soap::Fault;

/// A request that is answered with a fault, and the transaction it would have been, if that is known.
#[derive(Debug)]
pub struct Unreadable {
    pub fault: Fault,
    pub event: Option<&'static Event>,
}

impl From<Fault> for Unreadable {
    fn from(fault: Fault) -> Unreadable {
        Unreadable { fault, event: None }
    }
}

impl Unreadable {
    /// Of a message whose action told the transaction.
    pub fn of(event: &'static Event) -> impl FnOnce(Fault) -> Unreadable {
        move |fault| Unreadable { fault, event: Some(event) }
    }
}

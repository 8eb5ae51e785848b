//! Where a request came from, and how what strangers write is kept.

use access::{Door, Presented};
use audit::{AuditRecord, CodedValue, Event, Node, Outcome, Party, Person};
use datatypes::Code;
use hl7v2::Header;
use identity::LocalId;
use net::Peer;
use net::soap_endpoint::{Received, Unreadable};
use policy::{Requester, Transaction};
use soap::Incoming;

/// Characters of MSH-10 that log, audit record and database keep, and as many of what else tells one
/// message from another; the profile allows 20.
const MAX_KEPT: usize = 199;

/// Where a request came from, as far as the audit record and the logs need it.
#[derive(Clone, Debug)]
pub struct Origin {
    pub requester: Requester,
    /// The transaction that it needs a right for.
    pub right: Transaction,
    /// The other side.
    pub peer: Party,
    /// This side, as the other one called it.
    pub own: Party,
    /// `wsa:MessageID`, MSH-10 or the id of an HL7 v3 message.
    pub message_id: Option<String>,
}

impl Origin {
    /// Lets the sender of a message over SOAP in, or not; its header has been read by these limits.
    ///
    /// # Errors
    /// What to answer and to record instead.
    pub fn admitted(
        (door, own): (&Door, &Node),
        incoming: &Incoming<'_>,
        (received, limits): (&Received, xml::Limits),
        right: Transaction,
    ) -> Result<Origin, Unreadable> {
        let text = (received.text.as_str(), limits);
        let requester = door.admit(&Presented::of(incoming, &received.peer, text, right))?;
        let message_id = incoming.message_id.clone();
        Ok(Origin::of_soap((requester, right), &received.peer, own, message_id))
    }

    /// Of a message over SOAP that was not let in, or not looked at; which right it would have needed decides
    /// nothing any more.
    #[must_use]
    pub fn stranger(
        (door, own): (&Door, &Node),
        peer: &Peer,
        right: Transaction,
        message_id: Option<String>,
    ) -> Origin {
        Origin::of_soap((door.node(peer), right), peer, own, message_id)
    }

    fn of_soap(
        (requester, right): (Requester, Transaction),
        peer: &Peer,
        own: &Node,
        message_id: Option<String>,
    ) -> Origin {
        Origin { requester, right, peer: peer.party(), own: own.endpoint(), message_id }
    }

    /// Both sides by the names of the header, `facility|application` (ITI TF-2: 3.8.5).
    #[must_use]
    pub fn of_hl7v2(
        (requester, right): (Requester, Transaction),
        peer: &Peer,
        own: &Node,
        header: &Header,
    ) -> Origin {
        let name = |facility: &str, application: &str| {
            format!("{}|{}", printable(facility), printable(application))
        };
        let called = name(&header.receiving_facility, &header.receiving_application);
        Origin {
            requester,
            right,
            peer: Party {
                user_id: name(&header.sending_facility, &header.sending_application),
                user_name: Some(peer.name()),
                address: peer.address.ip().to_string(),
            },
            own: own.called(called),
            message_id: Some(printable(&header.control_id)),
        }
    }

    /// The part of an audit record that every transaction fills in the same way.
    #[must_use]
    pub fn record(
        &self,
        event: &'static Event,
        outcome: Outcome,
        agreement_version: String,
    ) -> AuditRecord {
        AuditRecord {
            own: self.own.clone(),
            peer: self.peer.clone(),
            person: self.requester.person().map(|person| Box::new(recorded(person))),
            message_id: self.message_id.clone(),
            agreement_version,
            ..AuditRecord::now(event, outcome)
        }
    }
}

fn recorded(person: &policy::Person) -> Person {
    let coded = |codes: &[Code]| {
        let codes = codes.iter().map(|code| CodedValue {
            code: code.code.clone(),
            system: code.scheme.clone(),
            display: code.display.clone(),
        });
        codes.collect()
    };
    Person {
        user_id: person.user_id.clone(),
        user_name: person.user_name.clone(),
        roles: coded(&person.roles),
        purposes_of_use: coded(&person.purposes_of_use),
    }
}

/// A raw field as it is kept, for people who read it: no database takes every control character.
#[must_use]
pub fn printable(field: &str) -> String {
    field.chars().filter(|character| !character.is_control()).take(MAX_KEPT).collect()
}

/// An identifier as CX; its authority need not be known.
#[must_use]
pub fn as_written(id: &LocalId) -> String {
    let namespace = id.namespace.as_deref().unwrap_or_default();
    let universal_id = id.universal_id.as_ref().map(|oid| format!("&{oid}&ISO"));
    let authority = format!("{}{}", printable(namespace), universal_id.unwrap_or_default());
    format!("{}^^^{authority}", printable(&id.id))
}

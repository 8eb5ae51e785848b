//! The actor that records, and what every actor records of itself: start, stop, alerts.

use std::sync::OnceLock;

use atna::Outcome;

use crate::event::Event;
use crate::record::{AuditRecord, Object, Party};

/// An actor as its process knows it.
#[derive(Clone, Debug)]
pub struct Node {
    name: &'static str,
    host: String,
    /// Known when the port is open.
    endpoint: OnceLock<String>,
}

impl Node {
    /// The actor of this name on this machine.
    #[must_use]
    pub fn new(name: &'static str) -> Node {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Node { name, host, endpoint: OnceLock::new() }
    }

    /// Says at which URL the actor serves; once.
    pub fn serves_at(&self, url: String) {
        if self.endpoint.set(url).is_err() {
            tracing::error!(actor = self.name, "an actor has one endpoint only");
        }
    }

    /// The actor as a side of a transaction over SOAP.
    #[must_use]
    pub fn endpoint(&self) -> Party {
        let url = self.endpoint.get().map_or(self.name, String::as_str);
        Party { user_id: url.to_owned(), user_name: None, address: self.host.clone() }
    }

    /// The actor as a side of a transaction over HL7 v2, under the name by which the sender called it
    /// (`facility|application`).
    #[must_use]
    pub fn called(&self, user_id: String) -> Party {
        Party { user_id, user_name: None, address: self.host.clone() }
    }

    /// The actor began to serve (DICOM PS3.15 A.5.3.1).
    #[must_use]
    pub fn started(&self) -> AuditRecord {
        self.activity(Event::APPLICATION_START)
    }

    /// The actor has ended in order.
    #[must_use]
    pub fn stopped(&self) -> AuditRecord {
        self.activity(Event::APPLICATION_STOP)
    }

    /// Work of the actor itself: settling, verifying, reconciling.
    #[must_use]
    pub fn worked(
        &self,
        event: &'static Event,
        outcome: Outcome,
        description: String,
    ) -> AuditRecord {
        let job = Object::Job { name: event.name().to_owned(), description };
        AuditRecord { outcome, objects: vec![job], ..self.activity(event) }
    }

    /// A security alert about this node (DICOM PS3.15 A.5.3.11).
    #[must_use]
    pub fn alert(
        &self,
        event: &'static Event,
        outcome: Outcome,
        description: String,
    ) -> AuditRecord {
        let node = self.host.clone();
        AuditRecord {
            own: self.called(self.name.to_owned()),
            objects: vec![Object::Alert { node, description }],
            ..AuditRecord::now(event, outcome)
        }
    }

    fn activity(&self, event: &'static Event) -> AuditRecord {
        AuditRecord {
            own: self.called(self.name.to_owned()),
            peer: launcher(),
            ..AuditRecord::now(event, Outcome::Success)
        }
    }
}

/// Who started the process: the account of the operating system.
fn launcher() -> Party {
    let name = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let user_id = name.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    Party { user_id, user_name: None, address: String::new() }
}

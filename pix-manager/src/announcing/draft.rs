//! A message before it has a number.

use audit::{Event, Patient};
use datatypes::{Dtm, Oid};
use hl7v2::OutgoingHeader;
use hl7v3::{InstanceId, ProcessingCode, UpdateNotification};
use identity::{LinkChange, LocalId, PatientIdentityFeed};

use super::{Announcer, Consumer, Format};
use crate::store::announcement::{self, Announcement};

pub(super) struct Draft {
    pub(super) destination: String,
    pub(super) event: &'static Event,
    pub(super) said: Said,
    pub(super) patients: Vec<Patient>,
    pub(super) persons: Vec<i64>,
    pub(super) announced_no: Option<i64>,
}

/// What is said.
pub(super) enum Said {
    /// To the registry, ITI-8.
    Feed(Box<PatientIdentityFeed>),
    /// To the registry, ITI-64.
    LinkChange(Box<LinkChange>),
    /// To a consumer, ITI-10 or ITI-46.
    Update { consumer: Consumer, ids: Vec<LocalId> },
}

/// How the registry is called in MSH-5 and MSH-6.
const REGISTRY_NAME: &str = "REGISTRY";

impl Draft {
    /// The row; its number is the message's control id.
    pub(super) fn into_row(self, announcer: &Announcer, number: i64, time: &Dtm) -> Announcement {
        Announcement {
            announcement_no: number,
            destination: self.destination,
            event: self.event.key.to_owned(),
            message: write(announcer, &self.said, number, time),
            patients: self.patients,
            persons: self.persons,
            announced_no: self.announced_no,
            refusal: None,
        }
    }
}

fn write(announcer: &Announcer, said: &Said, number: i64, time: &Dtm) -> String {
    let control_id = announcement::control_id(number);
    let system = format!("{}^{}^ISO", announcer.application, announcer.system);
    let header = OutgoingHeader {
        sending_application: &announcer.application,
        sending_facility: &announcer.facility,
        receiving_application: REGISTRY_NAME,
        receiving_facility: &announcer.facility,
        control_id: &control_id,
        time,
    };
    match said {
        Said::Feed(feed) => hl7v2::write_adt(&header, feed),
        Said::LinkChange(change) => {
            let header = OutgoingHeader { sending_application: &system, ..header };
            hl7v2::write_link_change(&header, change)
        }
        Said::Update { consumer, ids } => {
            let application = consumer.application.as_deref();
            let facility = consumer.facility.as_deref();
            match consumer.format {
                Format::V2 => {
                    let header = OutgoingHeader {
                        receiving_application: application.unwrap_or(&consumer.name),
                        receiving_facility: facility.unwrap_or(&announcer.facility),
                        ..header
                    };
                    hl7v2::write_update_notification(&header, time, ids)
                }
                Format::V3 => write_v3(announcer, consumer, ids, time),
            }
        }
    }
}

/// ITI-46. Devices have OIDs; a consumer whose OID is not configured is called by ours, since the schema demands one.
fn write_v3(announcer: &Announcer, consumer: &Consumer, ids: &[LocalId], time: &Dtm) -> String {
    let device = |oid: &str| InstanceId::new(oid, None).ok();
    let own = device(announcer.system.as_str());
    let theirs = consumer.application.as_deref().and_then(device).or_else(|| own.clone());
    let (Some(sender), Some(receiver)) = (own, theirs) else { return String::new() };
    hl7v3::write_update_notification(&UpdateNotification {
        identifiers: ids,
        sender: &sender,
        receiver: &receiver,
        processing_code: ProcessingCode::Production,
        id: &Oid::generate(),
        time,
    })
}

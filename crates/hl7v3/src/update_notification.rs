//! ITI-46 PIXV3 Update Notification, written (ITI TF-2: 3.46.4.1): PRPA_IN201302UV02 to a PIX consumer.

use datatypes::{Dtm, Oid};
use identity::LocalId;

use crate::instance_id::InstanceId;
use crate::interaction::FeedInteraction;
use crate::registration::Registration;
use crate::response::write_no_name;
use crate::transmission::{Transmission, start_control_act};
use crate::wrapper::{AcceptAckCode, ProcessingCode};

/// What a consumer is told: which identifiers of its domains are one person's.
#[derive(Clone, Copy, Debug)]
pub struct UpdateNotification<'a> {
    /// All of them, at least one.
    pub identifiers: &'a [LocalId],
    /// Our device.
    pub sender: &'a InstanceId,
    /// The consumer's.
    pub receiver: &'a InstanceId,
    pub processing_code: ProcessingCode,
    /// New; the acknowledgement names it.
    pub id: &'a Oid,
    /// UTC.
    pub time: &'a Dtm,
}

/// Nothing but identifiers is told of the person. `wsa:Action` is that of [`FeedInteraction::Revise`].
#[must_use]
pub fn write_update_notification(notification: &UpdateNotification<'_>) -> String {
    let transmission = Transmission {
        id: notification.id,
        time: notification.time,
        processing_code: notification.processing_code,
        accept_ack_code: AcceptAckCode::Always,
        receiver: Some(notification.receiver),
        sender: Some(notification.sender),
    };
    let mut writer = transmission.start(FeedInteraction::Revise.name());
    start_control_act("PRPA_TE201302UV02", &mut writer);
    let registration = Registration {
        identifiers: notification.identifiers,
        custodian: Some(notification.sender),
    };
    registration.write(&mut writer, write_no_name, |_| {});
    writer.finish()
}

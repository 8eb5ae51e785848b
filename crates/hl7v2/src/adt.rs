//! What an ADT message says of a patient's identity: ITI-8 Patient Identity Feed (ITI TF-2: 3.8.4), ITI-30
//! Patient Identity Management, ITI-10 PIX Update Notification, ITI-64 Notify XAD-PID Link Change.
//!
//! Versions 2.3.1, 2.4 and 2.5 differ in nothing that is read here. Segments other
//! than EVN, PID, MRG and PV1 are passed over, as the transactions want it.

mod error;
mod event;
mod feed;
mod link_change;
mod management;
mod notification;

use crate::header::{Header, HeaderFault};
use crate::location::Location;

pub use error::{FeedError, ReceivedHere};
pub use feed::{read_patient_identity_feed, write_adt};
pub use link_change::{LINK_CHANGE_EVENT, read_link_change, write_link_change};
pub use management::{read_identity_management, write_identity_management};
pub use notification::{read_update_notification, write_update_notification};

/// ITI-8 is v2.3.1; Japanese systems send what they have, which is v2.5 or v2.4.
const VERSIONS: &[&str] = &["2.3.1", "2.4", "2.5"];

/// The event of an ADT message with an acceptable header.
fn read_event<E>(
    header: &Header,
    versions: &[&str],
    read_trigger: impl Fn(&str) -> Option<E>,
) -> Result<E, FeedError> {
    let event = header.read_event(versions, |code, event| match code {
        "ADT" => read_trigger(event).ok_or(HeaderFault::TriggerEvent),
        _ => Err(HeaderFault::MessageType),
    })?;
    Ok(event)
}

impl From<HeaderFault> for FeedError {
    fn from(fault: HeaderFault) -> FeedError {
        match fault {
            HeaderFault::MessageType => FeedError::UnsupportedMessageType,
            HeaderFault::TriggerEvent => FeedError::UnsupportedTriggerEvent,
            HeaderFault::FieldMissing(field) => {
                FeedError::FieldMissing { location: Location::segment("MSH", 1).field(field) }
            }
            HeaderFault::Version => FeedError::UnsupportedVersion,
            HeaderFault::ProcessingId => FeedError::UnsupportedProcessingId,
        }
    }
}

//! Why a message answers no query.

use crate::ack::NotAnAck;
use crate::adt::FeedError;

/// `Display` names places, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    #[error(transparent)]
    NotAnAck(#[from] NotAnAck),
    #[error(transparent)]
    Message(#[from] FeedError),
}

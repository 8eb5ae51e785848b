//! Who is behind a request: from the certificate of a node and the assertion of a person to a
//! [`policy::Requester`] (ITI-19, ITI-40).
//!
//! Each request of an actor passes its [`Door`]. It knows whom the agreement trusts, and remembers what was shown: an assertion that was verified is not verified again while it
//! is used (but its times, audience and presenter are looked at each time), and none is used in a way that only a
//! thief would.
//!
//! What the requester may do is not decided here but for one thing: a node that may not call a transaction
//! without a person, and comes without one, is answered as whoever cannot be authenticated.

mod cause;
mod door;
mod memory;
mod trust;

pub use cause::{Cause, Refused};
pub use door::{Door, Presented};
pub use trust::InvalidTrust;

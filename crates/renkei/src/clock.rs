//! The time of the messages that the command line sends.

use datatypes::Dtm;

use crate::error::CommandError;

/// Now, in UTC.
///
/// # Errors
/// A clock in a year that has not four digits.
pub(crate) fn now() -> Result<Dtm, CommandError> {
    Dtm::from_unix_seconds(jiff::Timestamp::now().as_second()).map_err(|_year| CommandError::Clock)
}

//! The segments that tell who a patient is, PID and PV1, and the data types in them.
//!
//! What is wrong is told as a [`FeedError`], whatever message the segment stands in.

pub(crate) mod cx;
pub(crate) mod pid;
pub(crate) mod pv1;
mod xad;
pub(crate) mod xpn;
mod xtn;

use crate::adt::FeedError;
use crate::delimiters::Delimiters;
use crate::location::Location;
use crate::message::{Field, Repetition};

/// A value without the blanks that may fill it up; empty if explicitly deleted (`""`).
///
/// Trailing blanks of a string mean nothing (HL7 v2.5 chapter 2A, ST).
pub(crate) fn value(text: &str) -> &str {
    match text.trim_end_matches(' ') {
        "\"\"" => "",
        value => value,
    }
}

/// A part of a name, an address or the like, without blanks around it; empty if nothing is said.
pub(crate) fn part(
    text: &str,
    max_characters: usize,
    location: Location,
) -> Result<String, FeedError> {
    let text = value(text.trim());
    if text.contains(char::is_control) || text.chars().count() > max_characters {
        return Err(FeedError::InvalidField { location });
    }
    Ok(text.to_owned())
}

/// Reads the repetitions that say something.
fn read_each<'m, T>(
    field: Field<'m>,
    location: &Location,
    read: impl Fn(Repetition<'m>, &Location) -> Result<Option<T>, FeedError>,
) -> Result<Vec<T>, FeedError> {
    let repetitions = (1..).zip(field.repetitions());
    repetitions
        .filter_map(|(number, repetition)| {
            read(repetition, &location.clone().repetition(number)).transpose()
        })
        .collect()
}

/// Writes each as a repetition.
fn write_each<T>(
    values: &[T],
    delimiters: Delimiters,
    write: impl Fn(&T, Delimiters) -> String,
) -> String {
    let repetitions: Vec<String> = values.iter().map(|value| write(value, delimiters)).collect();
    repetitions.join(delimiters.repetition.encode_utf8(&mut [0; 4]))
}

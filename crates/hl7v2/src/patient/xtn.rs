//! Telephone numbers and mail addresses, HL7 v2 type XTN:
//! `number^use^equipment^mail address^country^area^local number^…^…^…^…^unformatted number`.

use identity::{Telecom, TelecomUsage};

use super::{FeedError, part, read_each, write_each};
use crate::delimiters::Delimiters;
use crate::location::Location;
use crate::message::{Field, Repetition};
use crate::writer::join;

/// Longest number or mail address, in characters; PID-13 is of length 250 as a whole in v2.5.
const MAX_CHARACTERS: usize = 250;

/// The repetitions that name a number or an address.
///
/// Whether it is at home or at work is told by the field, PID-13 or PID-14.
pub(super) fn read_all(
    field: Field<'_>,
    usage: TelecomUsage,
    location: &Location,
) -> Result<Vec<Telecom>, FeedError> {
    read_each(field, location, |xtn, location| {
        let number = read(xtn, location)?;
        Ok((!number.is_empty()).then_some(Telecom { number, usage }))
    })
}

/// Those of that usage.
pub(super) fn write_all(
    telecoms: &[Telecom],
    usage: TelecomUsage,
    delimiters: Delimiters,
) -> String {
    let telecoms: Vec<&Telecom> =
        telecoms.iter().filter(|telecom| telecom.usage == usage).collect();
    write_each(&telecoms, delimiters, |telecom, delimiters| write(telecom, delimiters))
}

/// The number as one text wherever the sender wrote it; empty if nowhere.
fn read(xtn: Repetition<'_>, location: &Location) -> Result<String, FeedError> {
    let read_part = |component: usize| {
        let text = xtn.component(component).text();
        part(&text, MAX_CHARACTERS, location.clone().component(component))
    };
    for component in [1, 12, 4] {
        let number = read_part(component)?;
        if !number.is_empty() {
            return Ok(number);
        }
    }
    let (area, local) = (read_part(6)?, read_part(7)?);
    let separator = if area.is_empty() || local.is_empty() { "" } else { "-" };
    part(&format!("{area}{separator}{local}"), MAX_CHARACTERS, location.clone().component(7))
}

fn write(telecom: &Telecom, delimiters: Delimiters) -> String {
    let number = delimiters.escape(&telecom.number);
    if telecom.number.contains('@') {
        return join(&["", "NET", "Internet", &number], delimiters.component);
    }
    let usage = match telecom.usage {
        TelecomUsage::Home => "PRN",
        TelecomUsage::Business => "WPN",
    };
    join(&[&number, usage, "PH"], delimiters.component)
}

//! Addresses, HL7 v2 type XAD: `street&…^other^city^state^postal code^country^type^the whole address`.
//!
//! The eighth component is where Japanese systems write an address that they cannot take apart.

use identity::Address;

use super::{FeedError, part, read_each, write_each};
use crate::delimiters::Delimiters;
use crate::location::Location;
use crate::message::{Field, Repetition};
use crate::writer::join;

/// Longest part of an address, in characters; PID-11 is of length 250 as a whole in v2.5.
const MAX_CHARACTERS: usize = 250;

/// The repetitions that say anything of what we keep.
pub(super) fn read_all(field: Field<'_>, location: &Location) -> Result<Vec<Address>, FeedError> {
    read_each(field, location, read)
}

pub(super) fn write_all(addresses: &[Address], delimiters: Delimiters) -> String {
    write_each(addresses, delimiters, write)
}

fn read(xad: Repetition<'_>, location: &Location) -> Result<Option<Address>, FeedError> {
    let read_part = |component: usize| {
        let text = xad.component(component).text();
        part(&text, MAX_CHARACTERS, location.clone().component(component))
    };
    let address = Address {
        street: read_part(1)?,
        city: read_part(3)?,
        state: read_part(4)?,
        postal_code: read_part(5)?,
        country: read_part(6)?,
        full: read_part(8)?,
    };
    Ok((!address.is_empty()).then_some(address))
}

fn write(address: &Address, delimiters: Delimiters) -> String {
    let street = delimiters.escape(&address.street);
    let city = delimiters.escape(&address.city);
    let state = delimiters.escape(&address.state);
    let postal_code = delimiters.escape(&address.postal_code);
    let country = delimiters.escape(&address.country);
    let full = delimiters.escape(&address.full);
    let parts = [&*street, "", &*city, &*state, &*postal_code, &*country, "", &*full];
    join(&parts, delimiters.component)
}

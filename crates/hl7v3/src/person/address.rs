//! Postal addresses, HL7 v3 type AD: parts in any order, text between them, or text alone.

use identity::Address;
use xml::{Element, Event, Reader, Writer, XmlError};

use super::{IllegalPart, attribute, check_part, unwrapped};
use crate::envelope::local;

/// Reads an address through its end; `None` if it says nothing.
///
/// Parts finer than a line of the street come in the order of the country, therefore they make one line in
/// the order of the message. Parts that nobody keeps, a county for instance, are passed over.
pub(crate) fn read(
    element: &Element<'_>,
    reader: &mut Reader<'_>,
) -> Result<Result<Option<Address>, IllegalPart>, XmlError> {
    let mut address = Address::default();
    let mut plain = String::new();
    loop {
        match reader.next()? {
            Event::Start(part) => match part_of(&mut address, local(&part)) {
                Some(place) => add(place, &unwrapped(&reader.text()?)),
                None => reader.skip()?,
            },
            Event::Text(text) => plain.push_str(&text),
            // The end of the document cannot come before the end of the element.
            Event::End | Event::Eof => break,
        }
    }
    // Commas and the like between the parts say nothing.
    if plain.contains(char::is_alphanumeric) {
        address.full = unwrapped(&plain);
    }
    if attribute(element, "nullFlavor").is_some() || address.is_empty() {
        return Ok(Ok(None));
    }
    Ok(check(&address).map(|()| Some(address)))
}

fn part_of<'a>(address: &'a mut Address, element: &str) -> Option<&'a mut String> {
    match element {
        "streetAddressLine"
        | "deliveryAddressLine"
        | "streetName"
        | "streetNameBase"
        | "streetNameType"
        | "direction"
        | "houseNumber"
        | "houseNumberNumeric"
        | "additionalLocator"
        | "unitType"
        | "unitID"
        | "postBox" => Some(&mut address.street),
        "city" => Some(&mut address.city),
        "state" => Some(&mut address.state),
        "postalCode" => Some(&mut address.postal_code),
        "country" => Some(&mut address.country),
        _ => None,
    }
}

fn add(place: &mut String, text: &str) {
    if !place.is_empty() && !text.is_empty() {
        place.push(' ');
    }
    place.push_str(text);
}

fn check(address: &Address) -> Result<(), IllegalPart> {
    check_part(&address.street, "streetAddressLine")?;
    check_part(&address.city, "city")?;
    check_part(&address.state, "state")?;
    check_part(&address.postal_code, "postalCode")?;
    check_part(&address.country, "country")?;
    check_part(&address.full, "text()")
}

/// The parts from the country down, the whole text last.
pub(crate) fn write(address: &Address, writer: &mut Writer) {
    writer.start("addr", &[]);
    for (element, text) in [
        ("country", &address.country),
        ("postalCode", &address.postal_code),
        ("state", &address.state),
        ("city", &address.city),
        ("streetAddressLine", &address.street),
    ] {
        if !text.is_empty() {
            writer.start(element, &[]).text(text).end();
        }
    }
    writer.text(&address.full).end();
}

//! `patientPerson`: what is kept of a person, read and written.

pub(crate) mod address;
pub(crate) mod name;
pub(crate) mod telecom;

use std::borrow::Cow;

use datatypes::Dtm;
use identity::{Address, Demographics, PersonName, Sex, Telecom};
use xml::{Element, Reader, Writer, XmlError};

use crate::envelope::{Taken, local, put};
use crate::error::ContentError;
use crate::feed::MAX_REPETITIONS;
use crate::location::Location;
use crate::structure::Place;

/// HL7 table AdministrativeGender.
const GENDER_OID: &str = "2.16.840.1.113883.5.1";

/// HL7 table PersonalRelationshipRoleType.
const RELATIONSHIP_OID: &str = "2.16.840.1.113883.5.111";

/// The part of a name or an address that is too long or holds control characters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IllegalPart(pub(crate) &'static str);

/// What was read of a person so far.
#[derive(Default)]
pub(crate) struct Person {
    names: Vec<PersonName>,
    /// Those that say nothing included; so with the others.
    n_names: usize,
    addresses: Vec<Address>,
    n_addresses: usize,
    telecoms: Vec<Telecom>,
    n_telecoms: usize,
    mothers_maiden_names: Vec<PersonName>,
    n_relatives: usize,
    birth_date: Option<Option<Dtm>>,
    sex: Option<Option<Sex>>,
}

impl From<Person> for Demographics {
    fn from(person: Person) -> Demographics {
        Demographics {
            names: person.names,
            birth_date: person.birth_date.flatten(),
            sex: person.sex.flatten(),
            mothers_maiden_names: person.mothers_maiden_names,
            addresses: person.addresses,
            telecoms: person.telecoms,
            account_number: None,
        }
    }
}

impl Person {
    /// Reads a child element through its end; the fault of its value is the inner result.
    pub(crate) fn read_value(
        &mut self,
        local: &str,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError> {
        match local {
            "name" => self.read_name(element, reader),
            "addr" => self.read_address(element, reader),
            "personalRelationship" => self.read_relationship(reader),
            _ => {
                reader.skip()?;
                Ok(self.take_value(local, element))
            }
        }
    }

    fn read_name(
        &mut self,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError> {
        let number = match count(&mut self.n_names, "name") {
            Ok(number) => number,
            Err(fault) => return reader.skip().map(|()| Err(fault)),
        };
        let name = name::read(element, reader)?;
        Ok(name.map(|name| self.names.extend(name)).map_err(illegal("name", number)))
    }

    fn read_address(
        &mut self,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError> {
        let number = match count(&mut self.n_addresses, "addr") {
            Ok(number) => number,
            Err(fault) => return reader.skip().map(|()| Err(fault)),
        };
        let address = address::read(element, reader)?;
        Ok(address.map(|address| self.addresses.extend(address)).map_err(illegal("addr", number)))
    }

    /// `MTH` with the name of the holder; other relations are passed over, however many.
    fn read_relationship(
        &mut self,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError> {
        self.n_relatives = self.n_relatives.saturating_add(1);
        let mut is_mother = false;
        let mut names = Ok(Vec::new());
        while let Some(child) = reader.next_child()? {
            match local(&child) {
                "code" => {
                    is_mother |= attribute(&child, "code").as_deref() == Some("MTH");
                    reader.skip()?;
                }
                "relationshipHolder1" => names = read_names(reader)?,
                _ => reader.skip()?,
            }
        }
        Ok(if is_mother { self.add_mother(names) } else { Ok(()) })
    }

    fn add_mother(
        &mut self,
        names: Result<Vec<PersonName>, IllegalPart>,
    ) -> Result<(), ContentError> {
        let relationship = "personalRelationship";
        self.mothers_maiden_names.extend(names.map_err(illegal(relationship, self.n_relatives))?);
        if self.mothers_maiden_names.len() > MAX_REPETITIONS {
            let location = Location::child(Place::Person, relationship);
            return Err(ContentError::TooMany { location, limit: MAX_REPETITIONS });
        }
        Ok(())
    }

    fn take_value(&mut self, local: &str, element: &Element<'_>) -> Result<(), ContentError> {
        let location = || Location::child(Place::Person, local);
        let repeated = |Taken| ContentError::Repeated { location: location() };
        match local {
            "telecom" => {
                let number = count(&mut self.n_telecoms, "telecom")?;
                let telecom = telecom::read(element).map_err(illegal("telecom", number))?;
                self.telecoms.extend(telecom);
                Ok(())
            }
            "birthTime" => {
                let date = read_birth_date(element, "value")
                    .map_err(|NotADate| ContentError::Invalid { location: location() })?;
                put(&mut self.birth_date, date).map_err(repeated)
            }
            "administrativeGenderCode" => {
                let sex = read_sex(element)
                    .map_err(|NotInTable| ContentError::UnknownCode { location: location() })?;
                put(&mut self.sex, sex).map_err(repeated)
            }
            _ => Ok(()),
        }
    }
}

/// Counts one more element of that name; its number.
fn count(n_elements: &mut usize, element: &str) -> Result<usize, ContentError> {
    if *n_elements >= MAX_REPETITIONS {
        let location = Location::child(Place::Person, element);
        return Err(ContentError::TooMany { location, limit: MAX_REPETITIONS });
    }
    *n_elements = n_elements.saturating_add(1);
    Ok(*n_elements)
}

fn illegal(element: &'static str, number: usize) -> impl Fn(IllegalPart) -> ContentError {
    move |IllegalPart(part)| ContentError::Invalid {
        location: Location::nth_child(Place::Person, element, number).part(part),
    }
}

/// The names of a relative, through the end; one more than there may be, so that it is seen.
fn read_names(reader: &mut Reader<'_>) -> Result<Result<Vec<PersonName>, IllegalPart>, XmlError> {
    let mut names = Vec::new();
    let mut fault = None;
    while let Some(child) = reader.next_child()? {
        if local(&child) != "name" || names.len() > MAX_REPETITIONS {
            reader.skip()?;
            continue;
        }
        match name::read(&child, reader)? {
            Ok(name) => names.extend(name),
            Err(part) => fault = fault.or(Some(part)),
        }
    }
    Ok(fault.map_or(Ok(names), Err))
}

/// The value of an attribute that says something.
pub(crate) fn attribute<'a>(element: &Element<'a>, name: &str) -> Option<Cow<'a, str>> {
    element.attribute(name).filter(|value| !value.is_empty())
}

/// A text without the line breaks and indents of its XML; an ideographic space inside stays.
fn unwrapped(text: &str) -> String {
    let is_blank = |character| matches!(character, ' ' | '\t' | '\n' | '\r');
    let words: Vec<&str> = text.trim().split(is_blank).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Longest part of a name or an address, in characters; the whole of PID-5 or PID-11 in v2.5.
const MAX_CHARACTERS: usize = 250;

fn check_part(text: &str, part: &'static str) -> Result<(), IllegalPart> {
    let is_legal = !text.contains(char::is_control) && text.chars().count() <= MAX_CHARACTERS;
    if is_legal { Ok(()) } else { Err(IllegalPart(part)) }
}

pub(crate) struct NotADate;

pub(crate) struct NotInTable;

/// Type TS, `YYYY[MM[DD[hh[mm[ss[.fraction]]]]]][±zone]`: fraction and zone are dropped, as in v2.
///
/// A zone has a time before it: `1960-0203` is no year in a strange zone.
pub(crate) fn read_birth_date(element: &Element<'_>, name: &str) -> Result<Option<Dtm>, NotADate> {
    let Some(value) = attribute(element, name) else { return Ok(None) };
    let is_decimal = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let time = match value.rsplit_once(['+', '-']) {
        None => value.as_ref(),
        Some((time, zone)) if time.len() >= 10 && zone.len() <= 4 && is_decimal(zone) => time,
        Some(_) => return Err(NotADate),
    };
    let digits = match time.split_once('.') {
        None => time,
        Some((digits, fraction)) if digits.len() == 14 && is_decimal(fraction) => digits,
        Some(_) => return Err(NotADate),
    };
    Dtm::parse(digits).map(Some).map_err(|_invalid| NotADate)
}

/// HL7 table AdministrativeGender, which knows `F`, `M` and `UN`; what else is to be said of a
/// person's sex v3 says by a null flavour. The further letters are those of v2 table 0001, which
/// gateways from v2 pass through.
pub(crate) fn read_sex(element: &Element<'_>) -> Result<Option<Sex>, NotInTable> {
    if let Some(flavour) = attribute(element, "nullFlavor") {
        return Ok(match flavour.as_ref() {
            "UNK" => Some(Sex::Unknown),
            "OTH" => Some(Sex::Other),
            "NA" => Some(Sex::NotApplicable),
            _ => None,
        });
    }
    match attribute(element, "code").as_deref() {
        None => Ok(None),
        Some("F") => Ok(Some(Sex::Female)),
        Some("M") => Ok(Some(Sex::Male)),
        Some("UN" | "A") => Ok(Some(Sex::Ambiguous)),
        Some("O") => Ok(Some(Sex::Other)),
        Some("U") => Ok(Some(Sex::Unknown)),
        Some("N") => Ok(Some(Sex::NotApplicable)),
        Some(_) => Err(NotInTable),
    }
}

/// Writes what stands before the roles of a person: names, telecommunication, sex, birth time, addresses.
pub(crate) fn write(demographics: &Demographics, writer: &mut Writer) {
    for name in &demographics.names {
        name::write("name", name, writer);
    }
    if demographics.names.is_empty() {
        writer.empty("name", &[("nullFlavor", "NI")]);
    }
    for telecom in &demographics.telecoms {
        telecom::write(telecom, writer);
    }
    if let Some(sex) = demographics.sex {
        write_sex(sex, writer);
    }
    if let Some(date) = &demographics.birth_date {
        writer.empty("birthTime", &[("value", date.as_str())]);
    }
    for address in &demographics.addresses {
        address::write(address, writer);
    }
}

/// `UN`, not `A`, is how v3 writes what v2 calls ambiguous.
fn write_sex(sex: Sex, writer: &mut Writer) {
    let (attribute, code) = match sex {
        Sex::Female => ("code", "F"),
        Sex::Male => ("code", "M"),
        Sex::Ambiguous => ("code", "UN"),
        Sex::Unknown => ("nullFlavor", "UNK"),
        Sex::Other => ("nullFlavor", "OTH"),
        Sex::NotApplicable => ("nullFlavor", "NA"),
    };
    let mut attributes = vec![(attribute, code)];
    if attribute == "code" {
        attributes.push(("codeSystem", GENDER_OID));
    }
    writer.empty("administrativeGenderCode", &attributes);
}

/// Writes the relation to the mother, the last of the roles that are written.
pub(crate) fn write_mother(names: &[PersonName], writer: &mut Writer) {
    if names.is_empty() {
        return;
    }
    writer
        .start("personalRelationship", &[("classCode", "PRS")])
        .empty("code", &[("code", "MTH"), ("codeSystem", RELATIONSHIP_OID)])
        .start("relationshipHolder1", &[("classCode", "PSN"), ("determinerCode", "INSTANCE")]);
    for name in names {
        name::write("name", name, writer);
    }
    writer.end().end();
}

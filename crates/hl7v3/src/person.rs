//! `patientPerson`: names, birth time and sex.

mod name;

use std::borrow::Cow;

use datatypes::Dtm;
use identity::{Demographics, PersonName, Sex};
use xml::{Element, Reader, XmlError};

use super::{MAX_REPETITIONS, Taken, put};
use crate::error::FeedError;
use crate::location::Location;
use crate::structure::Place;

/// What was read of a person so far.
#[derive(Default)]
pub(super) struct Person {
    names: Vec<PersonName>,
    /// Those that say nothing included.
    n_names: usize,
    birth_date: Option<Option<Dtm>>,
    sex: Option<Option<Sex>>,
}

impl From<Person> for Demographics {
    fn from(person: Person) -> Demographics {
        Demographics {
            names: person.names,
            birth_date: person.birth_date.flatten(),
            sex: person.sex.flatten(),
            ..Demographics::default()
        }
    }
}

impl Person {
    /// Reads a child element through its end; the fault of its value is the inner result.
    pub(super) fn read_value(
        &mut self,
        local: &str,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), FeedError>, XmlError> {
        if local == "name" {
            return self.read_name(element, reader);
        }
        reader.skip()?;
        Ok(self.take_value(local, element))
    }

    fn read_name(
        &mut self,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), FeedError>, XmlError> {
        if self.n_names >= MAX_REPETITIONS {
            reader.skip()?;
            let location = Location::child(Place::Person, "name");
            return Ok(Err(FeedError::TooMany { location, limit: MAX_REPETITIONS }));
        }
        self.n_names = self.n_names.saturating_add(1);
        let number = self.n_names;
        Ok(match name::read(element, reader)? {
            Ok(name) => {
                self.names.extend(name);
                Ok(())
            }
            Err(name::IllegalPart(part)) => {
                let name = Location::nth_child(Place::Person, "name", number);
                Err(FeedError::Invalid { location: name.part(part) })
            }
        })
    }

    fn take_value(&mut self, local: &str, element: &Element<'_>) -> Result<(), FeedError> {
        let location = || Location::child(Place::Person, local);
        let repeated = |Taken| FeedError::Repeated { location: location() };
        match local {
            "birthTime" => {
                let date = read_birth_date(element)
                    .map_err(|NotADate| FeedError::Invalid { location: location() })?;
                put(&mut self.birth_date, date).map_err(repeated)
            }
            "administrativeGenderCode" => {
                let sex = read_sex(element)
                    .map_err(|NotInTable| FeedError::UnknownCode { location: location() })?;
                put(&mut self.sex, sex).map_err(repeated)
            }
            _ => Ok(()),
        }
    }
}

/// The value of an attribute that says something.
fn attribute<'a>(element: &Element<'a>, name: &str) -> Option<Cow<'a, str>> {
    element.attribute(name).filter(|value| !value.is_empty())
}

struct NotADate;

struct NotInTable;

/// Type TS, `YYYY[MM[DD[hh[mm[ss[.fraction]]]]]][±zone]`: fraction and zone are dropped, as in v2.
///
/// A zone has a time before it: `1960-0203` is no year in a strange zone.
fn read_birth_date(element: &Element<'_>) -> Result<Option<Dtm>, NotADate> {
    let Some(value) = attribute(element, "value") else { return Ok(None) };
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
fn read_sex(element: &Element<'_>) -> Result<Option<Sex>, NotInTable> {
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

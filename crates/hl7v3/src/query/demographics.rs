//! ITI-47 Patient Demographics Query HL7 V3, read (ITI TF-2: 3.47.4.1).

use identity::{AuthorityName, Criterion, DemographicsQuery};
use xml::{Element, Reader, XmlError};

use super::cross_reference::{add_domain, check_unknown, read_domain};
use super::header::{QueryId, check_code, quantity};
use super::{QueryContent, QueryMessage, Value, birth_time, names, read_message, read_values};
use crate::envelope::{Content, Taken, local, put};
use crate::error::{ContentError, ReadError};
use crate::feed::MAX_REPETITIONS;
use crate::instance_id::{InstanceId, WrittenId};
use crate::interaction::Interaction;
use crate::location::Location;
use crate::person::{IllegalPart, NotInTable, address, attribute, read_sex, telecom};
use crate::structure::Place;

/// Which patients are asked for, and how many at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemographicsRequest {
    pub query: DemographicsQuery,
    /// `initialQuantity`, at least one: the most records of the first page; all if absent.
    pub initial_quantity: Option<u32>,
}

/// Reads the payload PRPA_IN201305UV02 through its end.
///
/// All parameters must be met. A parameter that is not supported is an error
/// ([`ContentError::Unexpected`]), because without it more patients would be found than were asked for. One
/// value of each `otherIDsScopingOrganization` is demanded: therefore the n-th domain of the query is that of
/// [`Location::scoping_organization`] n.
///
/// # Errors
/// [`ReadError`] if there is nothing to answer.
pub fn read_demographics_query(
    reader: &mut Reader<'_>,
) -> Result<QueryMessage<DemographicsRequest>, ReadError> {
    let interaction = Interaction::DemographicsQuery;
    read_message(interaction, interaction.name(), reader, DemographicsContent::default())
}

#[derive(Default)]
struct DemographicsContent {
    query_id: QueryId,
    initial_quantity: Option<Option<u32>>,
    minimum_confidence: Option<Option<u8>>,
    criteria: Vec<Criterion>,
    domains: Vec<AuthorityName>,
    /// The criteria met, those that say nothing included.
    parameters: Vec<&'static str>,
}

/// The parameters that are criteria.
const CRITERIA: [&str; 7] = [
    "livingSubjectAdministrativeGender",
    "livingSubjectBirthTime",
    "livingSubjectId",
    "livingSubjectName",
    "mothersMaidenName",
    "patientAddress",
    "patientTelecom",
];

const SCOPE: &str = "otherIDsScopingOrganization";

impl Content for DemographicsContent {
    fn read_value(
        &mut self,
        place: Place,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError> {
        match (place, local(element)) {
            (Place::Parameters, SCOPE) => {
                let number = self.domains.len().saturating_add(1);
                let domain = read_domain(&Location::scoping_organization(number), reader)?;
                Ok(domain.and_then(|domain| add_domain(&mut self.domains, domain, SCOPE)))
            }
            (Place::Parameters, name) => {
                match CRITERIA.into_iter().find(|criterion| *criterion == name) {
                    Some(criterion) => self.read_criterion(criterion, element, reader),
                    None => reader.skip().map(|()| check_unknown(name)),
                }
            }
            (Place::MatchCriteria, "minimumDegreeMatch") => self.read_confidence(element, reader),
            (Place::QueryByParameter, _) => {
                reader.skip()?;
                Ok(self.take_header(element))
            }
            _ => reader.skip().map(Ok),
        }
    }
}

impl QueryContent for DemographicsContent {
    type Query = DemographicsRequest;

    fn query_id(&self) -> Option<&InstanceId> {
        self.query_id.id()
    }

    fn into_query(self) -> Result<DemographicsRequest, ContentError> {
        self.query_id.check(Place::QueryByParameter)?;
        if self.criteria.is_empty() {
            return Err(ContentError::Missing {
                location: Location::child(Place::Parameters, "*"),
            });
        }
        let query = DemographicsQuery {
            criteria: self.criteria,
            domains: self.domains,
            drops_patients_without_domain: false,
            asks_for_visits: false,
            minimum_confidence: self.minimum_confidence.flatten(),
        };
        Ok(DemographicsRequest { query, initial_quantity: self.initial_quantity.flatten() })
    }
}

impl DemographicsContent {
    fn take_header(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let place = Place::QueryByParameter;
        match local(element) {
            "queryId" => self.query_id.take(place, element),
            "initialQuantity" => {
                let location = || Location::child(place, "initialQuantity");
                let quantity = quantity(element, location)?;
                // Pages of nothing would never end.
                if quantity == Some(0) {
                    return Err(ContentError::Invalid { location: location() });
                }
                put(&mut self.initial_quantity, quantity)
                    .map_err(|Taken| ContentError::Repeated { location: location() })
            }
            _ => check_code(place, element),
        }
    }

    /// A percentage.
    fn read_confidence(
        &mut self,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError> {
        let location = || Location::child(Place::MatchCriteria, "minimumDegreeMatch").part("value");
        let values = read_values(reader, |value, reader| {
            reader.skip()?;
            let invalid = || ContentError::Invalid { location: location() };
            let percent = quantity(value.element, location).and_then(|percent| {
                let percent = percent.map(u8::try_from).transpose().map_err(|_large| invalid())?;
                if percent.is_none_or(|percent| percent <= 100) {
                    Ok(percent)
                } else {
                    Err(invalid())
                }
            });
            Ok(percent.and_then(|percent| {
                put(&mut self.minimum_confidence, percent)
                    .map_err(|Taken| ContentError::Repeated { location: location() })
            }))
        })?;
        let is_null = attribute(element, "nullFlavor").is_some();
        Ok(match values {
            Ok(0) if !is_null => Err(ContentError::Missing { location: location() }),
            Ok(_) => Ok(()),
            Err(fault) => Err(fault),
        })
    }

    fn read_criterion(
        &mut self,
        parameter: &'static str,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError> {
        if self.parameters.len() >= MAX_REPETITIONS {
            let location = Location::child(Place::Parameters, parameter);
            return reader
                .skip()
                .map(|()| Err(ContentError::TooMany { location, limit: MAX_REPETITIONS }));
        }
        self.parameters.push(parameter);
        let number = self.parameters.iter().filter(|other| **other == parameter).count();
        if attribute(element, "nullFlavor").is_some() {
            return reader.skip().map(Ok);
        }
        let location = Location::nth_child(Place::Parameters, parameter, number);
        let criteria = match parameter {
            "livingSubjectName" => names::read(&location, reader)?
                .map(|names| names.into_iter().map(Criterion::Name).collect()),
            "mothersMaidenName" => names::read(&location, reader)?
                .map(|names| names.into_iter().map(Criterion::MotherName).collect::<Vec<_>>()),
            _ => read_single(parameter, &location.part("value"), reader)?.map(Vec::from_iter),
        };
        Ok(criteria.map(|criteria| self.criteria.extend(criteria)))
    }
}

/// Reads a parameter of one value through its end; `None` if it says nothing.
///
/// Several values are alternatives in v3, and a query of ours has none.
fn read_single(
    parameter: &'static str,
    location: &Location,
    reader: &mut Reader<'_>,
) -> Result<Result<Option<Criterion>, ContentError>, XmlError> {
    let mut criterion = None;
    let values = read_values(reader, |value, reader| {
        if value.number > 1 {
            let repeated = ContentError::Repeated { location: location.clone() };
            return reader.skip().map(|()| Err(repeated));
        }
        let read = read_criterion(parameter, &value, location, reader)?;
        Ok(read.map(|read| criterion = read))
    })?;
    Ok(match values {
        Ok(0) => Err(ContentError::Missing { location: location.clone() }),
        Ok(_) => Ok(criterion),
        Err(fault) => Err(fault),
    })
}

/// Reads a value through its end; `None` if it says that it says nothing.
fn read_criterion(
    parameter: &'static str,
    value: &Value<'_, '_>,
    location: &Location,
    reader: &mut Reader<'_>,
) -> Result<Result<Option<Criterion>, ContentError>, XmlError> {
    let element = value.element;
    let at = || location.clone();
    let illegal = |IllegalPart(part)| ContentError::Invalid { location: at().part(part) };
    let criterion = match parameter {
        "livingSubjectBirthTime" => return birth_time::read(element, location, reader),
        "patientAddress" => {
            let address = address::read(element, reader)?;
            address.map(|address| address.map(Criterion::Address)).map_err(illegal)
        }
        _ => {
            reader.skip()?;
            match parameter {
                "livingSubjectAdministrativeGender" => read_sex(element)
                    .map(|sex| sex.map(Criterion::Sex))
                    .map_err(|NotInTable| ContentError::UnknownCode { location: at() }),
                "livingSubjectId" => WrittenId::of(element).local_id(location).map(|id| {
                    id.map(|id| Criterion::Id {
                        id: literal(id.id),
                        authority: AuthorityName {
                            namespace: id.namespace,
                            universal_id: id.universal_id,
                        },
                    })
                }),
                _ => telecom::read(element)
                    .map(|telecom| telecom.map(|telecom| Criterion::Telecom(telecom.number)))
                    .map_err(illegal),
            }
        }
    };
    let is_null = attribute(element, "nullFlavor").is_some();
    Ok(match criterion {
        // What a null flavour adds to a value is not asked for.
        Ok(_) if is_null => Ok(None),
        // Passing it over would widen the result.
        Ok(None) => Err(ContentError::Invalid { location: at() }),
        Ok(Some(_)) | Err(_) => criterion,
    })
}

/// An II is exact in v3, a star at its end included.
fn literal(mut id: String) -> String {
    if id.ends_with('*') {
        id.insert(id.len().saturating_sub(1), '\\');
    }
    id
}

//! ITI-45 PIXV3 Query, read (ITI TF-2: 3.45.4.1).

use identity::{AuthorityName, CrossReferenceQuery, LocalId};
use xml::{Element, Reader, XmlError};

use super::header::{QueryId, check_code};
use super::{QueryContent, QueryMessage, read_message, read_values};
use crate::envelope::{Content, Taken, local, put};
use crate::error::{ContentError, ReadError};
use crate::feed::MAX_REPETITIONS;
use crate::instance_id::{InstanceId, WrittenId};
use crate::interaction::Interaction;
use crate::location::Location;
use crate::structure::Place;

/// Reads the payload PRPA_IN201309UV02 through its end.
///
/// One `patientIdentifier` with one value is demanded, and one value of each `dataSource`: therefore the
/// n-th domain of the query is that of [`Location::data_source`] n.
///
/// # Errors
/// [`ReadError`] if there is nothing to answer.
pub fn read_cross_reference_query(
    reader: &mut Reader<'_>,
) -> Result<QueryMessage<CrossReferenceQuery>, ReadError> {
    let interaction = Interaction::CrossReferenceQuery;
    read_message(interaction, interaction.name(), reader, CrossReferenceContent::default())
}

#[derive(Default)]
struct CrossReferenceContent {
    query_id: QueryId,
    id: Option<Option<LocalId>>,
    domains: Vec<AuthorityName>,
}

impl Content for CrossReferenceContent {
    fn read_value(
        &mut self,
        place: Place,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError> {
        match (place, local(element)) {
            (Place::Parameters, "patientIdentifier") => self.read_identifier(reader),
            (Place::Parameters, "dataSource") => self.read_domain(reader),
            (Place::QueryByParameter, "queryId") => {
                reader.skip()?;
                Ok(self.query_id.take(place, element))
            }
            (Place::QueryByParameter, _) => {
                reader.skip()?;
                Ok(check_code(place, element))
            }
            (Place::Parameters, name) => {
                reader.skip()?;
                Ok(check_unknown(name))
            }
            _ => reader.skip().map(Ok),
        }
    }
}

impl QueryContent for CrossReferenceContent {
    type Query = CrossReferenceQuery;

    fn query_id(&self) -> Option<&InstanceId> {
        self.query_id.id()
    }

    fn into_query(self) -> Result<CrossReferenceQuery, ContentError> {
        self.query_id.check(Place::QueryByParameter)?;
        let missing = ContentError::Missing { location: Location::patient_identifier() };
        let id = self.id.flatten().ok_or(missing)?;
        Ok(CrossReferenceQuery { id, domains: self.domains })
    }
}

impl CrossReferenceContent {
    fn read_identifier(
        &mut self,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError> {
        let values = read_values(reader, |value, reader| {
            reader.skip()?;
            let id = WrittenId::of(value.element).local_id(&Location::patient_identifier());
            Ok(id.and_then(|id| {
                put(&mut self.id, id).map_err(|Taken| ContentError::Repeated {
                    location: Location::patient_identifier(),
                })
            }))
        })?;
        Ok(values.map(drop))
    }

    fn read_domain(
        &mut self,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError> {
        let number = self.domains.len().saturating_add(1);
        let domain = read_domain(&Location::data_source(number), reader)?;
        Ok(domain.and_then(|domain| add_domain(&mut self.domains, domain, "dataSource")))
    }
}

/// Reads a parameter that names one domain.
pub(super) fn read_domain(
    location: &Location,
    reader: &mut Reader<'_>,
) -> Result<Result<AuthorityName, ContentError>, XmlError> {
    let mut domain = None;
    let values = read_values(reader, |value, reader| {
        reader.skip()?;
        Ok(WrittenId::of(value.element).domain(location).and_then(|named| {
            put(&mut domain, named)
                .map_err(|Taken| ContentError::Repeated { location: location.clone() })
        }))
    })?;
    let missing = || ContentError::Missing { location: location.clone() };
    Ok(values.and_then(|_| domain.ok_or_else(missing)))
}

pub(super) fn add_domain(
    domains: &mut Vec<AuthorityName>,
    domain: AuthorityName,
    parameter: &'static str,
) -> Result<(), ContentError> {
    if domains.len() >= MAX_REPETITIONS {
        let location = Location::child(Place::Parameters, parameter);
        return Err(ContentError::TooMany { location, limit: MAX_REPETITIONS });
    }
    domains.push(domain);
    Ok(())
}

/// What the model allows around the parameters; anything else is one that we do not know.
pub(super) fn check_unknown(name: &str) -> Result<(), ContentError> {
    const HARMLESS: [&str; 4] = ["id", "realmCode", "typeId", "templateId"];
    /// PRPA_MT201306UV02; a name of our own is no value of the sender's.
    const UNSUPPORTED: [&str; 6] = [
        "livingSubjectBirthPlaceAddress",
        "livingSubjectBirthPlaceName",
        "livingSubjectDeceasedTime",
        "patientStatusCode",
        "principalCareProviderId",
        "principalCareProvisionId",
    ];
    if HARMLESS.contains(&name) {
        return Ok(());
    }
    let known = UNSUPPORTED.into_iter().find(|known| *known == name);
    let location = Location::child(Place::Parameters, known.unwrap_or("*"));
    Err(ContentError::Unexpected { location })
}

//! ITI-44 Patient Identity Feed HL7 V3, read (ITI TF-2: 3.44.4).
//!
//! Elements other than those of [`structure`](crate::structure) and the values below are passed over:
//! other ids and whatever else a registry or a manager does not act on. `asOtherIDs` holds ids of domains
//! that are not the sender's, therefore they are none of the feed.

use identity::{Demographics, LocalId, PatientIdentityFeed};
use xml::{Element, Reader, XmlError};

use crate::envelope::{Content, Envelope, Taken, local, put};
use crate::error::{ContentError, ReadError};
use crate::instance_id::WrittenId;
use crate::interaction::FeedInteraction;
use crate::location::Location;
use crate::person::Person;
use crate::structure::{Place, Visited};
use crate::wrapper::Wrapper;

/// Identifiers of one patient, and names of one person; as many repetitions as a field of v2 has.
pub const MAX_REPETITIONS: usize = 200;

/// A message that can be acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedMessage {
    pub wrapper: Wrapper,
    /// What it announces, or why it is no feed.
    pub feed: Result<PatientIdentityFeed, ContentError>,
}

/// Reads the payload of an interaction through its end.
///
/// A feed has at least one identifier, and a merge exactly one that is subsumed. A name is not
/// demanded: a Document Registry acts on the identifiers alone. Demographics of a merge are left out,
/// because they are not an update.
///
/// # Errors
/// [`ReadError`] if there is nothing to acknowledge.
pub fn read_patient_identity_feed(
    reader: &mut Reader<'_>,
    interaction: FeedInteraction,
) -> Result<FeedMessage, ReadError> {
    let mut content = FeedContent::new(interaction);
    let envelope = Envelope::read(interaction.into(), reader, &mut content)?;
    let wrapper = envelope.wrapper(interaction.name())?;
    let visited = envelope.check(interaction.name());
    let feed = visited.and_then(|visited| content.into_feed(&visited));
    Ok(FeedMessage { wrapper, feed })
}

/// What was read so far.
struct FeedContent {
    interaction: FeedInteraction,
    /// The places whose status was stated, rightly or not.
    with_status: Vec<Place>,
    n_patient_ids: usize,
    identifiers: Vec<LocalId>,
    prior: Option<Option<LocalId>>,
    person: Person,
}

impl Content for FeedContent {
    fn read_value(
        &mut self,
        place: Place,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError> {
        if place == Place::Person && self.interaction != FeedInteraction::ResolveDuplicates {
            return self.person.read_value(local(element), element, reader);
        }
        // All other values stand in attributes.
        reader.skip()?;
        Ok(self.take_value(place, element))
    }
}

impl FeedContent {
    fn new(interaction: FeedInteraction) -> FeedContent {
        FeedContent {
            interaction,
            with_status: Vec::new(),
            n_patient_ids: 0,
            identifiers: Vec::new(),
            prior: None,
            person: Person::default(),
        }
    }

    fn take_value(&mut self, place: Place, element: &Element<'_>) -> Result<(), ContentError> {
        match (place, local(element)) {
            (Place::Registration | Place::Patient | Place::Prior, "statusCode") => {
                self.take_status(place, &element.attribute("code").unwrap_or_default())
            }
            (Place::Patient, "id") => self.take_patient_id(&WrittenId::of(element)),
            (Place::Patient, "patientNonPersonLivingSubject") => Err(ContentError::Unexpected {
                location: Location::child(place, "patientNonPersonLivingSubject"),
            }),
            (Place::PriorRole, "id") => {
                let id = WrittenId::of(element).local_id(&Location::prior_id())?;
                put(&mut self.prior, id).map_err(|Taken| ContentError::Repeated {
                    location: Location::child(place, local(element)),
                })
            }
            _ => Ok(()),
        }
    }

    fn take_status(&mut self, place: Place, code: &str) -> Result<(), ContentError> {
        let location = Location::child(place, "statusCode");
        if self.with_status.contains(&place) {
            return Err(ContentError::Repeated { location });
        }
        self.with_status.push(place);
        if place.status() == Some(code) {
            Ok(())
        } else {
            // A record that is not active must not become a known patient, nor one that is
            // not obsolete disappear in a merge.
            Err(ContentError::UnknownCode { location })
        }
    }

    fn take_patient_id(&mut self, written: &WrittenId<'_>) -> Result<(), ContentError> {
        if self.n_patient_ids >= MAX_REPETITIONS {
            let location = Location::child(Place::Patient, "id");
            return Err(ContentError::TooMany { location, limit: MAX_REPETITIONS });
        }
        self.n_patient_ids = self.n_patient_ids.saturating_add(1);
        let number = self.identifiers.len().saturating_add(1);
        self.identifiers.extend(written.local_id(&Location::patient_id(number))?);
        Ok(())
    }

    fn into_feed(self, visited: &Visited) -> Result<PatientIdentityFeed, ContentError> {
        let missing =
            |place, element| ContentError::Missing { location: Location::child(place, element) };
        let unstated = visited.with_status().find(|place| !self.with_status.contains(place));
        if let Some(place) = unstated {
            return Err(missing(place, "statusCode"));
        }
        if self.identifiers.is_empty() {
            return Err(missing(Place::Patient, "id"));
        }
        let is_merge = self.interaction == FeedInteraction::ResolveDuplicates;
        let prior = self.prior.flatten();
        if is_merge && prior.is_none() {
            return Err(missing(Place::PriorRole, "id"));
        }
        Ok(PatientIdentityFeed {
            event: self.interaction.event(),
            identifiers: self.identifiers,
            prior_identifiers: prior.into_iter().collect(),
            demographics: Demographics::from(self.person),
            visit: None,
        })
    }
}

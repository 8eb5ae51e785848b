//! ITI-44 Patient Identity Feed HL7 V3, read (ITI TF-2: 3.44.4).
//!
//! Elements other than those of [`structure`](crate::structure) and the values below are passed over:
//! addresses, telephones, other ids and whatever else a registry or a manager does not act on.
//! `asOtherIDs` holds ids of domains that are not the sender's, therefore they are none of the feed.

mod person;

use identity::{Demographics, LocalId, PatientIdentityFeed};
use xml::{Element, Reader};

use crate::HL7_V3;
use crate::error::{FeedError, ReadError};
use crate::instance_id::{InstanceId, WrittenId};
use crate::interaction::FeedInteraction;
use crate::location::Location;
use crate::structure::{Place, Visited};
use crate::wrapper::{AcceptAckCode, ProcessingCode, Wrapper};
use person::Person;

/// Identifiers of one patient, and names of one person; as many repetitions as a field of v2 has.
pub const MAX_REPETITIONS: usize = 200;

/// A message that can be acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedMessage {
    pub wrapper: Wrapper,
    /// What it announces, or why it is no feed.
    pub feed: Result<PatientIdentityFeed, FeedError>,
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
    let mut content = Content::new(interaction);
    let mut path = vec![Place::Message];
    while let Some(&place) = path.last() {
        let Some(child) = reader.next_child()? else {
            path.pop();
            continue;
        };
        match content.visited.enter(place, local(&child)) {
            Ok(Some(inside)) => path.push(inside),
            Ok(None) => content.read_value(place, &child, reader)?,
            Err(fault) => {
                content.note(fault);
                reader.skip()?;
            }
        }
    }
    content.finish()
}

/// The name of an element of ours; of another namespace none.
fn local<'a>(element: &Element<'a>) -> &'a str {
    if element.namespace() == HL7_V3 { element.local() } else { "" }
}

/// What was read so far, and the first fault.
struct Content {
    visited: Visited,
    interaction: FeedInteraction,
    id: Option<Option<InstanceId>>,
    interaction_id: Option<String>,
    processing_code: Option<String>,
    accept_ack_code: Option<String>,
    receiver: Option<InstanceId>,
    sender: Option<InstanceId>,
    /// The places whose status was stated, rightly or not.
    with_status: Vec<Place>,
    n_patient_ids: usize,
    identifiers: Vec<LocalId>,
    prior: Option<Option<LocalId>>,
    person: Person,
    fault: Option<FeedError>,
}

impl Content {
    fn new(interaction: FeedInteraction) -> Content {
        Content {
            visited: Visited::nothing(interaction),
            interaction,
            id: None,
            interaction_id: None,
            processing_code: None,
            accept_ack_code: None,
            receiver: None,
            sender: None,
            with_status: Vec::new(),
            n_patient_ids: 0,
            identifiers: Vec::new(),
            prior: None,
            person: Person::default(),
            fault: None,
        }
    }

    /// Keeps the first fault: the later ones are often its consequences.
    fn note(&mut self, fault: FeedError) {
        self.fault.get_or_insert(fault);
    }

    /// Reads an element that is no place, through its end.
    fn read_value(
        &mut self,
        place: Place,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<(), ReadError> {
        if place == Place::Person && self.interaction != FeedInteraction::ResolveDuplicates {
            return match self.person.read_value(local(element), element, reader)? {
                Ok(()) => Ok(()),
                Err(fault) => {
                    self.note(fault);
                    Ok(())
                }
            };
        }
        // All other values stand in attributes.
        if let Err(fault) = self.take_value(place, element) {
            self.note(fault);
        }
        Ok(reader.skip()?)
    }

    fn take_value(&mut self, place: Place, element: &Element<'_>) -> Result<(), FeedError> {
        let repeated = || FeedError::Repeated { location: Location::child(place, local(element)) };
        let code = || element.attribute("code").unwrap_or_default().into_owned();
        match (place, local(element)) {
            (Place::Message, "id") => {
                put(&mut self.id, WrittenId::of(element).instance_id()).map_err(|Taken| repeated())
            }
            (Place::Message, "interactionId") => {
                let extension = WrittenId::of(element).extension.unwrap_or_default();
                put(&mut self.interaction_id, extension.into_owned()).map_err(|Taken| repeated())
            }
            (Place::Message, "processingCode") => {
                put(&mut self.processing_code, code()).map_err(|Taken| repeated())
            }
            (Place::Message, "acceptAckCode") => {
                put(&mut self.accept_ack_code, code()).map_err(|Taken| repeated())
            }
            (Place::ReceiverDevice, "id") => {
                self.receiver =
                    self.receiver.take().or_else(|| WrittenId::of(element).instance_id());
                Ok(())
            }
            (Place::SenderDevice, "id") => {
                self.sender = self.sender.take().or_else(|| WrittenId::of(element).instance_id());
                Ok(())
            }
            (Place::Registration | Place::Patient | Place::Prior, "statusCode") => {
                self.take_status(place, &code())
            }
            (Place::Patient, "id") => self.take_patient_id(&WrittenId::of(element)),
            (Place::Patient, "patientNonPersonLivingSubject") => Err(FeedError::Unexpected {
                location: Location::child(place, "patientNonPersonLivingSubject"),
            }),
            (Place::PriorRole, "id") => {
                let id = WrittenId::of(element).local_id(&Location::prior_id())?;
                put(&mut self.prior, id).map_err(|Taken| repeated())
            }
            _ => Ok(()),
        }
    }

    fn take_status(&mut self, place: Place, code: &str) -> Result<(), FeedError> {
        let location = Location::child(place, "statusCode");
        if self.with_status.contains(&place) {
            return Err(FeedError::Repeated { location });
        }
        self.with_status.push(place);
        if place.status() == Some(code) {
            Ok(())
        } else {
            // A record that is not active must not become a known patient, nor one that is
            // not obsolete disappear in a merge.
            Err(FeedError::UnknownCode { location })
        }
    }

    fn take_patient_id(&mut self, written: &WrittenId<'_>) -> Result<(), FeedError> {
        if self.n_patient_ids >= MAX_REPETITIONS {
            let location = Location::child(Place::Patient, "id");
            return Err(FeedError::TooMany { location, limit: MAX_REPETITIONS });
        }
        self.n_patient_ids = self.n_patient_ids.saturating_add(1);
        let number = self.identifiers.len().saturating_add(1);
        self.identifiers.extend(written.local_id(&Location::patient_id(number))?);
        Ok(())
    }

    fn finish(self) -> Result<FeedMessage, ReadError> {
        let accept_ack_code = self.accept_ack_code.as_deref().and_then(AcceptAckCode::parse);
        let wrapper = Wrapper {
            id: self.id.clone().flatten().ok_or(ReadError::MessageId)?,
            interaction: self.interaction,
            receiver: self.receiver.clone(),
            sender: self.sender.clone(),
            processing_code: self.processing_code.as_deref().and_then(ProcessingCode::parse),
            accept_ack_code,
        };
        let feed = self.check_wrapper(&wrapper).and_then(|()| self.into_feed());
        Ok(FeedMessage { wrapper, feed })
    }

    /// Whether the message is meant for us at all; comes before anything that it says.
    fn check_wrapper(&self, wrapper: &Wrapper) -> Result<(), FeedError> {
        let missing = |element| {
            Err(FeedError::Missing { location: Location::child(Place::Message, element) })
        };
        match self.interaction_id.as_deref() {
            None => return missing("interactionId"),
            Some(name) if name == self.interaction.name() => {}
            Some(_) => return Err(FeedError::InteractionMismatch),
        }
        match (&self.processing_code, wrapper.processing_code) {
            (None, _) => missing("processingCode"),
            (Some(_), None) => Err(FeedError::UnsupportedProcessingCode),
            (Some(_), Some(_)) => Ok(()),
        }
    }

    fn into_feed(self) -> Result<PatientIdentityFeed, FeedError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.visited.check_complete()?;
        let missing =
            |place, element| FeedError::Missing { location: Location::child(place, element) };
        let unstated = self.visited.with_status().find(|place| !self.with_status.contains(place));
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

/// There is a value already.
struct Taken;

fn put<T>(place: &mut Option<T>, value: T) -> Result<(), Taken> {
    if place.is_some() {
        return Err(Taken);
    }
    *place = Some(value);
    Ok(())
}

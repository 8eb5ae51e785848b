//! Reading of any message: the way through its places, the values of the transmission wrapper, and the
//! first fault.

use xml::{Element, Reader, XmlError};

use crate::HL7_V3;
use crate::error::{ContentError, ReadError};
use crate::instance_id::{InstanceId, WrittenId};
use crate::interaction::Interaction;
use crate::location::Location;
use crate::structure::{Place, Visited};
use crate::wrapper::{AcceptAckCode, ProcessingCode, Wrapper};

/// What a message of one kind says besides its wrapper.
pub(crate) trait Content {
    /// Reads an element that is no place, through its end; the fault of its value is the inner result.
    fn read_value(
        &mut self,
        place: Place,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Result<(), ContentError>, XmlError>;
}

/// The name of an element of ours; of another namespace none.
pub(crate) fn local<'a>(element: &Element<'a>) -> &'a str {
    if element.namespace() == HL7_V3 { element.local() } else { "" }
}

/// There is a value already.
pub(crate) struct Taken;

pub(crate) fn put<T>(place: &mut Option<T>, value: T) -> Result<(), Taken> {
    if place.is_some() {
        return Err(Taken);
    }
    *place = Some(value);
    Ok(())
}

/// What was read so far of the wrapper, and the first fault of the message.
pub(crate) struct Envelope {
    visited: Visited,
    interaction: Interaction,
    id: Option<Option<InstanceId>>,
    interaction_id: Option<String>,
    processing_code: Option<String>,
    accept_ack_code: Option<String>,
    receiver: Option<InstanceId>,
    sender: Option<InstanceId>,
    fault: Option<ContentError>,
    /// `queryByParameter` as it was written, through its end.
    pub(crate) query: Option<String>,
}

impl Envelope {
    /// Reads a message through its end.
    pub(crate) fn read(
        interaction: Interaction,
        reader: &mut Reader<'_>,
        content: &mut impl Content,
    ) -> Result<Envelope, XmlError> {
        let mut envelope = Envelope::new(interaction);
        let mut path = vec![Place::Message];
        let mut query = None;
        while let Some(&place) = path.last() {
            let Some(child) = reader.next_child()? else {
                if place == Place::QueryByParameter {
                    envelope.query = query.take().map(|query| reader.excerpt(&query));
                }
                path.pop();
                continue;
            };
            match envelope.visited.enter(place, local(&child)) {
                Ok(Some(inside)) => {
                    path.push(inside);
                    if inside == Place::QueryByParameter {
                        query = Some(child);
                    }
                }
                Ok(None) => envelope.read_value(place, &child, reader, content)?,
                Err(fault) => {
                    envelope.note(fault);
                    reader.skip()?;
                }
            }
        }
        Ok(envelope)
    }

    fn new(interaction: Interaction) -> Envelope {
        Envelope {
            visited: Visited::nothing(interaction),
            interaction,
            id: None,
            interaction_id: None,
            processing_code: None,
            accept_ack_code: None,
            receiver: None,
            sender: None,
            fault: None,
            query: None,
        }
    }

    /// Keeps the first fault: the later ones are often its consequences.
    fn note(&mut self, fault: ContentError) {
        self.fault.get_or_insert(fault);
    }

    fn read_value(
        &mut self,
        place: Place,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
        content: &mut impl Content,
    ) -> Result<(), XmlError> {
        let value = match self.take_value(place, element) {
            Some(taken) => {
                reader.skip()?;
                taken.map_err(|Taken| ContentError::Repeated {
                    location: Location::child(place, local(element)),
                })
            }
            None => content.read_value(place, element, reader)?,
        };
        if let Err(fault) = value {
            self.note(fault);
        }
        Ok(())
    }

    /// A value of the wrapper; all stand in attributes. `None` if it is none.
    fn take_value(&mut self, place: Place, element: &Element<'_>) -> Option<Result<(), Taken>> {
        let code = || element.attribute("code").unwrap_or_default().into_owned();
        match (place, local(element)) {
            (Place::Message, "id") => Some(put(&mut self.id, WrittenId::of(element).instance_id())),
            (Place::Message, "interactionId") => {
                let extension = WrittenId::of(element).extension.unwrap_or_default();
                Some(put(&mut self.interaction_id, extension.into_owned()))
            }
            (Place::Message, "processingCode") => Some(put(&mut self.processing_code, code())),
            (Place::Message, "acceptAckCode") => Some(put(&mut self.accept_ack_code, code())),
            (Place::ReceiverDevice, "id") => {
                self.receiver =
                    self.receiver.take().or_else(|| WrittenId::of(element).instance_id());
                Some(Ok(()))
            }
            (Place::SenderDevice, "id") => {
                self.sender = self.sender.take().or_else(|| WrittenId::of(element).instance_id());
                Some(Ok(()))
            }
            _ => None,
        }
    }

    /// The wrapper of the message whose element has that name.
    ///
    /// # Errors
    /// [`ReadError::MessageId`] if nothing could be answered.
    pub(crate) fn wrapper(&self, element: &'static str) -> Result<Wrapper, ReadError> {
        Ok(Wrapper {
            id: self.id.clone().flatten().ok_or(ReadError::MessageId)?,
            interaction: self.interaction,
            element,
            receiver: self.receiver.clone(),
            sender: self.sender.clone(),
            processing_code: self.processing_code.as_deref().and_then(ProcessingCode::parse),
            accept_ack_code: self.accept_ack_code.as_deref().and_then(AcceptAckCode::parse),
        })
    }

    /// The places that were met, if all is well: first that the message is meant for us at all, then the
    /// first fault of what it says, then whether anything is missing.
    pub(crate) fn check(self, element: &str) -> Result<Visited, ContentError> {
        let missing = |element| {
            Err(ContentError::Missing { location: Location::child(Place::Message, element) })
        };
        match self.interaction_id.as_deref() {
            None => return missing("interactionId"),
            Some(name) if name == self.interaction.name() || name == element => {}
            Some(_) => return Err(ContentError::InteractionMismatch),
        }
        match self.processing_code.as_deref().map(ProcessingCode::parse) {
            None => return missing("processingCode"),
            Some(None) => return Err(ContentError::UnsupportedProcessingCode),
            Some(Some(_)) => {}
        }
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.visited.check_complete()?;
        Ok(self.visited)
    }
}

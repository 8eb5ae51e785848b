//! The slots of one object: collected, then taken by name, what is left being extra metadata.

use std::borrow::Cow;

use xds::{Problem, Slot};
use xml::{Element, Reader, Writer};

use crate::ReadError;
use crate::findings::Notes;
use crate::limits::{self, is_longer_than, room_for_one_more};
use crate::namespace::RIM;

/// Names of this prefix are IHE's own; a sender may not invent them (ITI TF-3: 4.2.3.1.6).
const RESERVED_PREFIX: &str = "urn:ihe:";

/// The slots of one object or sub-object, in the order of the message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots<'a> {
    slots: Vec<RawSlot<'a>>,
}

#[derive(Clone, Debug)]
struct RawSlot<'a> {
    name: Cow<'a, str>,
    values: Vec<Cow<'a, str>>,
}

impl<'a> Slots<'a> {
    /// Reads a Slot after its start.
    pub(crate) fn read(
        &mut self,
        reader: &mut Reader<'a>,
        element: &Element<'a>,
    ) -> Result<(), ReadError> {
        room_for_one_more(self.slots.len(), limits::SLOTS_PER_OBJECT, "slots")?;
        let name = slot_name(element)?;
        let values = read_values(reader)?;
        self.slots.push(RawSlot { name, values });
        Ok(())
    }

    /// Whether a slot of this name has a value that is not blank.
    pub(crate) fn has_value(&self, name: &str) -> bool {
        let values = self.slots.iter().filter(|slot| slot.name == name).flat_map(|s| &s.values);
        values.into_iter().any(|value| !trimmed(value).is_empty())
    }

    /// Takes the values of a slot: trimmed, blank ones left out, since clients send empty slots
    /// for what they do not have.
    pub(crate) fn take(&mut self, name: &'static str, notes: &mut Notes<'_>) -> Vec<String> {
        let mut found = self.slots.extract_if(.., |slot| slot.name == name);
        let values = found.next().map(|slot| slot.values).unwrap_or_default();
        if found.count() > 0 {
            notes.fault(name, Problem::Repeated);
        }
        if values.iter().any(|value| is_longer_than(value, limits::VALUE_CHARACTERS)) {
            notes.fault(name, Problem::TooLong);
        }
        let values = values.iter().map(|value| trimmed(value)).filter(|value| !value.is_empty());
        values.map(str::to_owned).collect()
    }

    /// Takes a slot of typed values.
    pub(crate) fn take_parsed<T, E>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
        notes: &mut Notes<'_>,
    ) -> Vec<T> {
        let mut parsed = Vec::new();
        for value in self.take(name, notes) {
            match parse(&value) {
                Ok(value) => parsed.push(value),
                Err(_) => notes.fault(name, Problem::Invalid),
            }
        }
        parsed
    }

    /// The slots that nobody took, as sent.
    pub(crate) fn into_extra(self, notes: &mut Notes<'_>) -> Vec<Slot> {
        let mut names: Vec<&str> = self.slots.iter().map(|slot| &*slot.name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [left, right] if left == right)) {
            notes.fault("slot name", Problem::Repeated);
        }
        let is_long = |text: &str| is_longer_than(text, limits::VALUE_CHARACTERS);
        for slot in &self.slots {
            if slot.name.starts_with(RESERVED_PREFIX) {
                notes.fault("slot name", Problem::NotAllowed);
            }
            if is_long(&slot.name) || slot.values.iter().any(|value| is_long(value)) {
                notes.fault("slot", Problem::TooLong);
            }
        }
        let owned = |slot: RawSlot<'_>| Slot {
            name: slot.name.into_owned(),
            values: slot.values.into_iter().map(Cow::into_owned).collect(),
        };
        self.slots.into_iter().map(owned).collect()
    }

    /// Names of the slots that nobody took.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|slot| &*slot.name)
    }
}

/// `Slot/@name`, without which the values mean nothing.
pub(crate) fn slot_name<'a>(element: &Element<'a>) -> Result<Cow<'a, str>, ReadError> {
    element.attribute("name").ok_or(ReadError::Missing { inside: "Slot", what: "name" })
}

/// Reads the values of a Slot after its start, verbatim.
pub(crate) fn read_values<'a>(reader: &mut Reader<'a>) -> Result<Vec<Cow<'a, str>>, ReadError> {
    let mut values = Vec::new();
    while let Some(list) = reader.next_child()? {
        if !list.is(RIM, "ValueList") {
            return Err(ReadError::Unexpected { inside: "Slot" });
        }
        while let Some(value) = reader.next_child()? {
            if !value.is(RIM, "Value") {
                return Err(ReadError::Unexpected { inside: "ValueList" });
            }
            room_for_one_more(values.len(), limits::VALUES_PER_SLOT, "values of a slot")?;
            values.push(reader.text()?);
        }
    }
    Ok(values)
}

/// Writes a Slot, unless there are no values.
pub(crate) fn write<V: AsRef<str>>(
    writer: &mut Writer,
    name: &str,
    values: impl IntoIterator<Item = V>,
) {
    let mut values = values.into_iter().peekable();
    if values.peek().is_some() {
        write_even_if_empty(writer, name, values);
    }
}

/// Writes a Slot as it is.
pub(crate) fn write_even_if_empty<V: AsRef<str>>(
    writer: &mut Writer,
    name: &str,
    values: impl IntoIterator<Item = V>,
) {
    writer.start("rim:Slot", &[("name", name)]).start("rim:ValueList", &[]);
    for value in values {
        writer.start("rim:Value", &[]).text(value.as_ref()).end();
    }
    writer.end().end();
}

/// Writes extra metadata as it was sent.
pub(crate) fn write_extra(writer: &mut Writer, slots: &[Slot]) {
    for Slot { name, values } in slots {
        write_even_if_empty(writer, name, values);
    }
}

/// Text without the white space of XML around it.
///
/// Not [`str::trim`]: the ideographic space is a character of Japanese text.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

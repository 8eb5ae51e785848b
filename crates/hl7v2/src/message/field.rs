//! What a field holds: repetitions of components of subcomponents.

use std::borrow::Cow;

use crate::delimiters::Delimiters;

/// A field with its repetitions, as sent.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    raw: &'a str,
    delimiters: Delimiters,
}

/// One repetition of a field.
#[derive(Clone, Copy)]
pub struct Repetition<'a> {
    raw: &'a str,
    delimiters: Delimiters,
}

/// One component of a repetition.
#[derive(Clone, Copy)]
pub struct Component<'a> {
    raw: &'a str,
    delimiters: Delimiters,
}

impl<'a> Field<'a> {
    pub(super) fn new(raw: &'a str, delimiters: Delimiters) -> Field<'a> {
        Field { raw, delimiters }
    }

    /// The field as it stands in the message, still escaped.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// All repetitions in order, at least one.
    pub fn repetitions(&self) -> impl Iterator<Item = Repetition<'a>> + use<'a> {
        let delimiters = self.delimiters;
        self.raw.split(delimiters.repetition).map(move |raw| Repetition { raw, delimiters })
    }

    #[must_use]
    pub fn repetition(&self, number: usize) -> Repetition<'a> {
        let index = number.checked_sub(1);
        let found = index.and_then(|index| self.repetitions().nth(index));
        found.unwrap_or(Repetition { raw: "", delimiters: self.delimiters })
    }

    /// A component of the first repetition.
    #[must_use]
    pub fn component(&self, number: usize) -> Component<'a> {
        self.repetition(1).component(number)
    }

    /// The text of the first component of the first repetition.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        self.component(1).text()
    }
}

impl<'a> Repetition<'a> {
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// All components in order, at least one.
    pub fn components(&self) -> impl Iterator<Item = Component<'a>> + use<'a> {
        let delimiters = self.delimiters;
        self.raw.split(delimiters.component).map(move |raw| Component { raw, delimiters })
    }

    #[must_use]
    pub fn component(&self, number: usize) -> Component<'a> {
        let index = number.checked_sub(1);
        let found = index.and_then(|index| self.components().nth(index));
        found.unwrap_or(Component { raw: "", delimiters: self.delimiters })
    }
}

impl<'a> Component<'a> {
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The text of the first subcomponent.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        self.subcomponent(1)
    }

    /// Whether this and all further subcomponents are empty.
    pub(crate) fn subcomponents_are_empty_from(&self, number: usize) -> bool {
        let Some(delimiter) = self.delimiters.subcomponent else { return true };
        self.raw.split(delimiter).skip(number.saturating_sub(1)).all(str::is_empty)
    }

    /// The text of one subcomponent, unescaped.
    #[must_use]
    pub fn subcomponent(&self, number: usize) -> Cow<'a, str> {
        let index = number.checked_sub(1);
        let found = index.and_then(|index| match self.delimiters.subcomponent {
            Some(delimiter) => self.raw.split(delimiter).nth(index),
            None => (index == 0).then_some(self.raw),
        });
        self.delimiters.unescape(found.unwrap_or_default())
    }
}

//! Where in a message a fault is.

use std::fmt;

use crate::interaction::FeedInteraction;
use crate::structure::Place;

/// A path of element names below the element of the interaction, as an XPath without prefixes.
///
/// Holds names and numbers only, never a value; `Display` may go to logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location(String);

impl Location {
    /// The `number`-th identifier that the message gives the patient, counted from one.
    #[must_use]
    pub fn patient_id(number: usize) -> Location {
        // Identifiers that say they are none are not counted: they never became one.
        Location(format!("{}/id[not(@nullFlavor)][{number}]", Place::Patient.path()))
    }

    /// The identifier that a merge subsumes.
    #[must_use]
    pub fn prior_id() -> Location {
        Location::child(Place::PriorRole, "id")
    }

    /// The form of `acknowledgementDetail/location`, which begins at the root of the message.
    #[must_use]
    pub fn xpath(&self, interaction: FeedInteraction) -> String {
        format!("/{}/{}", interaction.name(), self.0)
    }

    pub(crate) fn place(place: Place) -> Location {
        Location(place.path())
    }

    /// A child element of a place, none in particular if there are several.
    pub(crate) fn child(place: Place, element: &str) -> Location {
        match place.path() {
            path if path.is_empty() => Location(element.to_owned()),
            path => Location(format!("{path}/{element}")),
        }
    }

    /// The `number`-th child element of that name.
    pub(crate) fn nth_child(place: Place, element: &str, number: usize) -> Location {
        Location::child(place, &format!("{element}[{number}]"))
    }

    /// A part of what stands at this location: an attribute with its `@`, or an element.
    pub(crate) fn part(self, name: &str) -> Location {
        Location(format!("{}/{name}", self.0))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

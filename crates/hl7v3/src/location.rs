//! Where in a message a fault is.

use std::fmt;

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

    /// The identifier whose cross-references are asked for (ITI-45).
    #[must_use]
    pub fn patient_identifier() -> Location {
        Location::child(Place::Parameters, "patientIdentifier").part("value")
    }

    /// The `number`-th domain that is asked for (ITI-45), counted from one.
    #[must_use]
    pub fn data_source(number: usize) -> Location {
        Location::nth_child(Place::Parameters, "dataSource", number).part("value")
    }

    /// The `number`-th domain that is asked for (ITI-47), counted from one.
    #[must_use]
    pub fn scoping_organization(number: usize) -> Location {
        Location::nth_child(Place::Parameters, "otherIDsScopingOrganization", number).part("value")
    }

    /// The query that is to be continued or cancelled.
    #[must_use]
    pub fn continued_query_id() -> Location {
        Location::child(Place::Continuation, "queryId")
    }

    /// Where in the answer the next page begins.
    #[must_use]
    pub fn start_result_number() -> Location {
        Location::child(Place::Continuation, "startResultNumber")
    }

    /// The form of `acknowledgementDetail/location`, which begins at the root of the message: the element
    /// [`Wrapper::element`](crate::Wrapper::element).
    #[must_use]
    pub fn xpath(&self, element: &str) -> String {
        format!("/{element}/{}", self.0)
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

//! Where a person lives and how to call.

use std::fmt;

/// A postal address, in the parts that HL7 v2 (XAD) and v3 (AD) both have.
///
/// Every part may be empty; in Japan usually only country, postal code and the whole address in
/// `full` are given (`^^^^422-8033^JPN^H^<all of it>`). `Debug` hides everything.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Address {
    /// Street and number: XAD.1.1, `streetAddressLine`.
    pub street: String,
    /// XAD.3, `city`.
    pub city: String,
    /// State or prefecture: XAD.4, `state`.
    pub state: String,
    /// XAD.5, `postalCode`.
    pub postal_code: String,
    /// XAD.6, `country`.
    pub country: String,
    /// The whole address in one text, where the parts are not told apart: XAD.8, text content of AD.
    pub full: String,
}

impl Address {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Address::default()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(hidden)")
    }
}

/// A telephone number or another address of telecommunication. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Telecom {
    /// As written: `03-1234-5678`, `tel:+81-3-1234-5678`, `mailto:…`. Not empty.
    pub number: String,
    pub usage: TelecomUsage,
}

impl fmt::Debug for Telecom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telecom").field("usage", &self.usage).finish_non_exhaustive()
    }
}

/// Where a call arrives: PID-13 or PID-14, `HP` or `WP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TelecomUsage {
    /// At home, or the sender does not say.
    Home,
    /// At work.
    Business,
}

//! What an assertion says, as values (SAML 2.0 core, section 2).

use std::fmt;

use jiff::Timestamp;

use crate::attributes::Attributes;
use crate::strength::Strength;

/// An assertion about one user.
///
/// `Debug` shows nothing of it: nearly all is about a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Assertion {
    pub id: String,
    pub issue_instant: Timestamp,
    /// The X-Assertion Provider.
    pub issuer: String,
    /// Who the assertion is about.
    pub subject: NameId,
    /// How the presenter shows to be the subject; one of them is enough.
    pub confirmations: Vec<Confirmation>,
    pub conditions: Conditions,
    pub authn_statements: Vec<AuthnStatement>,
    pub attributes: Attributes,
}

/// `NameID`; only of the subject.
#[derive(Clone, PartialEq, Eq)]
pub struct NameId {
    pub value: String,
    pub format: Option<String>,
    pub name_qualifier: Option<String>,
    /// An alias, which ITI TF-2: 3.40.4.2 puts into audit records.
    pub sp_provided_id: Option<String>,
}

/// `SubjectConfirmation` with its data.
#[derive(Clone, PartialEq, Eq)]
pub struct Confirmation {
    pub method: Method,
    pub not_before: Option<Timestamp>,
    pub not_on_or_after: Option<Timestamp>,
    /// A URL.
    pub recipient: Option<String>,
}

/// How the subject is confirmed.
#[derive(Clone, PartialEq, Eq)]
pub enum Method {
    /// Whoever presents the assertion.
    Bearer,
    /// Whoever presents one of these keys as well.
    HolderOfKey(Vec<ConfirmationKey>),
    /// Nothing that we could confirm, by its URI.
    Other(String),
}

/// A key in the data of a holder-of-key confirmation.
#[derive(Clone, PartialEq, Eq)]
pub enum ConfirmationKey {
    /// A certificate in DER.
    Certificate(Vec<u8>),
    /// Big-endian numbers.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
}

/// `Conditions`. `ProxyRestriction` is left out: nobody issues assertions on the basis of another one here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    pub not_before: Timestamp,
    pub not_on_or_after: Timestamp,
    /// Each must hold, and holds for any of its audiences (SAML 2.0 errata, E46).
    pub audience_restrictions: Vec<Vec<String>>,
    pub one_time_use: bool,
}

/// `AuthnStatement`: when and how the user was authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthnStatement {
    pub instant: Timestamp,
    pub session_not_on_or_after: Option<Timestamp>,
    /// `AuthnContextClassRef`; `None` if the context is given by another reference.
    pub class: Option<String>,
}

impl Assertion {
    /// The strongest authentication that is stated.
    #[must_use]
    pub fn strength(&self) -> Strength {
        let classes = self.authn_statements.iter().filter_map(|statement| statement.class.as_ref());
        let strengths = classes.map(|class| Strength::of(class));
        strengths.max().unwrap_or(Strength::Unspecified)
    }

    /// The UserName of audit records, `alias<user@issuer>` (ITI TF-2: 3.40.4.2). Personal data.
    #[must_use]
    pub fn user_name(&self) -> String {
        let alias = self.subject.sp_provided_id.as_deref().unwrap_or_default();
        format!("{alias}<{}@{}>", self.subject.value, self.issuer)
    }
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Assertion(..)")
    }
}

impl fmt::Debug for NameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameId(..)")
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Method::Bearer => "Bearer",
            Method::HolderOfKey(_) => "HolderOfKey(..)",
            Method::Other(_) => "Other(..)",
        })
    }
}

impl fmt::Debug for ConfirmationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfirmationKey(..)")
    }
}

impl fmt::Debug for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confirmation(..)")
    }
}

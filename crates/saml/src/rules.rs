//! What is demanded of an assertion: local policy as a value.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use xmldsig::{Certificate, TrustedKey};

use crate::attributes::name;
use crate::strength::Strength;

/// The X-Assertion Providers that are trusted: the text of `Issuer`, and the keys by which it signs.
pub type TrustedIssuers = BTreeMap<String, Vec<TrustedKey>>;

/// What is demanded of an assertion, where and when it is presented.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'r> {
    pub issuers: &'r TrustedIssuers,
    /// The URI of the service and the identifier of the affinity domain: an assertion for any of them is for us.
    pub audiences: &'r [String],
    /// The URLs under which we are known, for a subject confirmation that names its recipient.
    pub recipients: &'r [String],
    /// By how much clocks may differ; 60 s is usual, as the median error under Consistent Time is below 1 s.
    pub skew: SignedDuration,
    /// From `NotBefore` to `NotOnOrAfter`. It bounds what must be remembered to find replays.
    pub longest_validity: SignedDuration,
    pub required: &'r [RequiredAttribute],
    pub least_strength: Strength,
    /// The certificate of the TLS client, if it showed one; for holder-of-key.
    pub presenter: Option<&'r Certificate>,
    /// An actor that is trusted presents it on behalf of the user. It has asked for recipient and holder itself,
    /// of whoever presented the assertion to it.
    pub is_relayed: bool,
    pub now: Timestamp,
}

/// Attributes that local policy may demand (ITI TF-2: 3.40.4.1.2.1 makes all of them optional).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequiredAttribute {
    SubjectId,
    Organization,
    OrganizationId,
    HomeCommunityId,
    Role,
    PurposeOfUse,
    ResourceId,
}

impl RequiredAttribute {
    /// The name of the attribute in an assertion.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            RequiredAttribute::SubjectId => name::SUBJECT_ID,
            RequiredAttribute::Organization => name::ORGANIZATION,
            RequiredAttribute::OrganizationId => name::ORGANIZATION_ID,
            RequiredAttribute::HomeCommunityId => name::HOME_COMMUNITY_ID,
            RequiredAttribute::Role => name::ROLE,
            RequiredAttribute::PurposeOfUse => name::PURPOSE_OF_USE,
            RequiredAttribute::ResourceId => name::RESOURCE_ID,
        }
    }
}

impl fmt::Display for RequiredAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

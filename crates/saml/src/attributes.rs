//! The attributes of ITI TF-2: 3.40.4.1.2.

use std::fmt;

use datatypes::{Code, HomeCommunityId, PatientId};

/// The names of the attributes.
pub mod name {
    /// The user's name in plain text.
    pub const SUBJECT_ID: &str = "urn:oasis:names:tc:xspa:1.0:subject:subject-id";
    pub const ORGANIZATION: &str = "urn:oasis:names:tc:xspa:1.0:subject:organization";
    /// `urn:oid:…` or a URL; in Japan `urn:oid:1.2.392.100495.20.3.51.1…` with the institution's number.
    pub const ORGANIZATION_ID: &str = "urn:oasis:names:tc:xspa:1.0:subject:organization-id";
    pub const HOME_COMMUNITY_ID: &str = "urn:ihe:iti:xca:2010:homeCommunityId";
    pub const NPI: &str = "urn:oasis:names:tc:xspa:1.0:subject:npi";
    pub const PROVIDER_IDENTIFIER: &str = "urn:ihe:iti:xua:2017:subject:provider-identifier";
    pub const ROLE: &str = "urn:oasis:names:tc:xacml:2.0:subject:role";
    pub const PURPOSE_OF_USE: &str = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse";
    /// The patient, as a CX.
    pub const RESOURCE_ID: &str = "urn:oasis:names:tc:xacml:2.0:resource:resource-id";
    /// The consent document (option Authz-Consent).
    pub const CONSENT_DOCUMENT: &str = "urn:ihe:iti:bppc:2007:docid";
    /// The policy that the patient acknowledged (the same option).
    pub const ACKNOWLEDGED_POLICY: &str = "urn:ihe:iti:xua:2012:acp";
}

/// All attribute statements together; what has no value is not there.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Attributes {
    pub subject_id: Option<String>,
    pub organizations: Vec<String>,
    pub organization_ids: Vec<String>,
    pub home_community_id: Option<HomeCommunityId>,
    pub roles: Vec<Code>,
    pub purposes_of_use: Vec<Code>,
    /// It must be the patient of the request: see [`Attributes::concerns`].
    pub resource_id: Option<PatientId>,
    /// Everything else, in the order of the document.
    pub others: Vec<OtherAttribute>,
}

/// An attribute of another name, or values that are not what the name promises.
#[derive(Clone, PartialEq, Eq)]
pub struct OtherAttribute {
    pub name: String,
    /// Texts; of a value that is an element, its canonical form.
    pub values: Vec<String>,
}

impl Attributes {
    /// The values of the other attributes of this name.
    pub fn other<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.others.iter().filter(move |attribute| attribute.name == name);
        named.flat_map(|attribute| attribute.values.iter().map(String::as_str))
    }

    /// Whether the assertion may be used for this patient: it names no other one. Identifiers and authorities
    /// are compared, not their writing.
    #[must_use]
    pub fn concerns(&self, patient: &PatientId) -> bool {
        self.resource_id.as_ref().is_none_or(|resource| resource == patient)
    }
}

/// Names of persons and patients are among them.
impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attributes(..)")
    }
}

impl fmt::Debug for OtherAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtherAttribute(..)")
    }
}

//! SAML 2.0 assertions as Cross-Enterprise User Assertion carries them (ITI TF-2: 3.40, SAML 2.0 core, SAML Token
//! Profile 1.1): found in a header, verified, read, judged; and written.
//!
//! The way of an assertion: [`read_envelope`] makes the one tree of the message, [`carried`] finds the assertion
//! by its place in it, [`judge`] verifies that element, reads that element and compares what it says with the
//! [`Rules`]. Nothing reads the text again. Time comes in with the rules; whether an assertion was seen before is
//! for whoever can remember, by [`Verified::digest`].
//!
//! What the codes of roles and purposes mean here is not decided in this crate: an unknown code grants nothing.

mod assertion;
mod attributes;
mod carrier;
mod cause;
mod confirmation;
mod element;
mod judge;
mod read;
mod rules;
mod strength;
mod time;
mod write;

pub use assertion::{
    Assertion, AuthnStatement, Conditions, Confirmation, ConfirmationKey, Method, NameId,
};
pub use attributes::{Attributes, OtherAttribute, name};
pub use carrier::{carried, read_envelope, relayed};
pub use cause::{Cause, Refused};
pub use judge::{Verified, judge};
pub use rules::{RequiredAttribute, Rules, TrustedIssuers};
pub use strength::Strength;
pub use write::{IssueError, issue, security_header};

/// SAML 2.0 assertions.
pub const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// HL7 v3, in which roles and purposes are coded.
pub const HL7: &str = "urn:hl7-org:v3";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XS: &str = "http://www.w3.org/2001/XMLSchema";

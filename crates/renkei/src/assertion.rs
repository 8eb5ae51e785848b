//! Assertions of the development issuer, which say what person is asking (ITI-40): for `renkei token` and for the
//! commands that ask as a Document Source or Consumer.
//!
//! In production an identity provider issues them; what it must write stands in docs/assertions.md.

mod acting;
mod codes;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use config::agreement::{Agreement, AssertionIssuer, Member};
use config::pki::PkiFolder;
use datatypes::{Code, Oid, PatientId};
use jiff::{SignedDuration, Timestamp};
use saml::{
    Assertion, Attributes, AuthnStatement, Conditions, Confirmation, IssueError, Method, NameId,
};
use uuid::Uuid;
use xmldsig::{InvalidKey, SigningKey};

pub(crate) use acting::ActingOptions;
pub(crate) use codes::{ROLE_HELP, parse_purpose, parse_role, physician, treatment};

/// The authentication that is claimed: by a certificate, as the development client has one.
pub(crate) const X509: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509";

/// Who asks, if nobody else is named.
pub(crate) const DEVELOPER: &str = "developer";
pub(crate) const DEVELOPER_NAME: &str = "Development user";

/// JP Core: an institution is named by its number of ten digits below this arc, with a 1 before it.
const JAPANESE_INSTITUTIONS: &str = "1.2.392.100495.20.3.51.1";

/// The development issuer of a data folder.
pub(crate) struct Issuer<'a> {
    key: SigningKey,
    agreement: &'a Agreement,
    entry: &'a AssertionIssuer,
}

/// What an assertion is to say.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// NameID. Personal data, like the name.
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) roles: Vec<Code>,
    pub(crate) purpose: Code,
    /// The institution code of a member; the first one that the issuer may speak for if absent.
    pub(crate) institution: Option<String>,
    /// The only patient that may be asked about with it.
    pub(crate) patient: Option<PatientId>,
    pub(crate) validity: SignedDuration,
    pub(crate) authn_class: String,
    pub(crate) usage: Usage,
}

/// How often an assertion may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    WithinValidity,
    Once,
}

/// Why there is no assertion.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AssertionError {
    #[error("{}: there is no development issuer here; `renkei init` makes one", key.display())]
    NoIssuer { key: PathBuf },
    #[error(
        "the agreement does not list the certificate of the development issuer: nobody would believe it"
    )]
    NotTrusted,
    #[error("{} could not be read", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} and its certificate cannot sign", path.display())]
    Key {
        path: PathBuf,
        #[source]
        source: InvalidKey,
    },
    #[error("the agreement has no member that the development issuer may speak for")]
    NoMember,
    #[error("the agreement has no member with the code {code}")]
    UnknownMember { code: String },
    #[error("the development issuer may not speak for the member {code}")]
    OtherMember { code: String },
    #[error(
        "the member {code} has neither an OID in the agreement nor a code of ten digits: it cannot be named"
    )]
    Unnamed { code: String },
    #[error("the assertion cannot be issued")]
    Issue(#[from] IssueError),
    #[error("{} is no SAML 2.0 assertion", path.display())]
    NotAssertion { path: PathBuf },
}

impl<'a> Issuer<'a> {
    /// The issuer whose key lies in the data folder; `None` if none does.
    ///
    /// # Errors
    /// [`AssertionError::NotTrusted`], or key and certificate cannot be used.
    pub(crate) fn of(
        data: &Path,
        agreement: &'a Agreement,
    ) -> Result<Option<Issuer<'a>>, AssertionError> {
        let pki = PkiFolder::of(data);
        let path = pki.issuer_key();
        let key = match fs::read(&path) {
            Ok(key) => key,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(AssertionError::Read { path, source }),
        };
        let certificate = pki.issuer_certificate();
        let certificate = fs::read(&certificate)
            .map_err(|source| AssertionError::Read { path: certificate, source })?;
        let key = SigningKey::from_pem(&key, &certificate)
            .map_err(|source| AssertionError::Key { path, source })?;
        let der = key.certificate().der();
        let lists_it = |issuer: &&AssertionIssuer| issuer.certificates.iter().any(|it| it == der);
        let entry = agreement.assertion_issuers.iter().find(lists_it);
        let entry = entry.ok_or(AssertionError::NotTrusted)?;
        Ok(Some(Issuer { key, agreement, entry }))
    }

    /// A signed assertion about the person, from now on.
    ///
    /// # Errors
    /// The institution cannot be named, or a text cannot stand in an assertion.
    pub(crate) fn issue(&self, person: &Person) -> Result<String, AssertionError> {
        let member = self.member(person.institution.as_deref())?;
        // Whole seconds, the one that has begun: not in the future, and no reader stumbles over fractions.
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
        let end = now.checked_add(person.validity).unwrap_or(Timestamp::MAX);
        let assertion = Assertion {
            id: format!("_{}", Uuid::new_v4()),
            issue_instant: now,
            issuer: self.entry.uri.clone(),
            subject: NameId {
                value: person.user.clone(),
                format: None,
                name_qualifier: None,
                sp_provided_id: None,
            },
            confirmations: vec![Confirmation {
                method: Method::Bearer,
                not_before: None,
                not_on_or_after: Some(end),
                recipient: None,
            }],
            conditions: Conditions {
                not_before: now,
                not_on_or_after: end,
                audience_restrictions: vec![vec![self.agreement.audience()]],
                one_time_use: person.usage == Usage::Once,
            },
            authn_statements: vec![AuthnStatement {
                instant: now,
                session_not_on_or_after: None,
                class: Some(person.authn_class.clone()),
            }],
            attributes: self.attributes(person, member)?,
        };
        Ok(saml::issue(&assertion, &self.key)?)
    }

    fn attributes(&self, person: &Person, member: &Member) -> Result<Attributes, AssertionError> {
        Ok(Attributes {
            subject_id: Some(person.name.clone()),
            organizations: vec![member.name.clone()],
            organization_ids: vec![organization_id(member)?],
            home_community_id: Some(self.agreement.home_community_id.clone()),
            roles: person.roles.clone(),
            purposes_of_use: vec![person.purpose.clone()],
            resource_id: person.patient.clone(),
            others: Vec::new(),
        })
    }

    fn member(&self, code: Option<&str>) -> Result<&'a Member, AssertionError> {
        let members = &self.agreement.members;
        let Some(code) = code else {
            let first = members.iter().find(|member| self.entry.speaks_for(&member.code));
            return first.ok_or(AssertionError::NoMember);
        };
        let found = members.iter().find(|member| member.code == code);
        let found = found.ok_or_else(|| AssertionError::UnknownMember { code: code.to_owned() })?;
        if self.entry.speaks_for(code) {
            Ok(found)
        } else {
            Err(AssertionError::OtherMember { code: code.to_owned() })
        }
    }
}

/// An OID that the agreement has for the institution, or that of its number.
fn organization_id(member: &Member) -> Result<String, AssertionError> {
    if let Some(oid) = member.oids.first() {
        return Ok(format!("urn:oid:{oid}"));
    }
    let code = &member.code;
    let is_number = code.len() == 10 && code.bytes().all(|byte| byte.is_ascii_digit());
    let oid = Oid::parse(&format!("{JAPANESE_INSTITUTIONS}{code}")).ok().filter(|_| is_number);
    oid.map(|oid| format!("urn:oid:{oid}"))
        .ok_or_else(|| AssertionError::Unnamed { code: code.clone() })
}

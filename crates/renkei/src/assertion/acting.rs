//! On whose behalf a command asks: a development assertion of its own, or one from a file.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use config::agreement::{self, Agreement};
use datatypes::Code;
use jiff::SignedDuration;
use saml::SAML;
use xml::Limits;
use xmldsig::Document;

use super::{
    AssertionError, DEVELOPER, DEVELOPER_NAME, Issuer, Person, Usage, X509, parse_purpose,
    parse_role, physician, treatment,
};
use crate::error::CommandError;
use crate::output;

/// Long enough for the largest transfer, too short to be worth stealing.
const VALIDITY: SignedDuration = SignedDuration::from_hours(1);

/// Longest file with an assertion, in bytes; with all its certificates one has below 30 KiB.
const MAX_FILE_BYTES: usize = 1024 * 1024;

/// Who asks, for commands that ask as a Document Source or Consumer.
#[derive(Clone, Debug, Args)]
#[command(
    next_help_heading = "Who asks (default: a physician, by an assertion of the development issuer)"
)]
pub(crate) struct ActingOptions {
    /// The assertion to show, as `renkei token` or an identity provider has written it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["user", "roles", "purpose"])]
    token: Option<PathBuf>,
    /// The user who asks.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The user's occupation, such as physician or nurse, or CODE^SCHEME; `renkei token --help` lists them.
    #[arg(long = "role", value_name = "ROLE", value_parser = parse_role)]
    roles: Vec<Code>,
    /// What the user asks for, as a code of HL7 v3 ActReason: TREAT, ETREAT, BTG, ….
    #[arg(long, value_name = "CODE", value_parser = parse_purpose)]
    purpose: Option<Code>,
}

impl ActingOptions {
    /// The Security header of the requests, empty if there is none: without a development issuer in the data folder
    /// the command asks as the system that its certificate names.
    pub(crate) fn security_header(&self, data: &Path) -> Result<String, CommandError> {
        let assertion = match &self.token {
            Some(file) => Some(from_file(file)?),
            None => self.development_assertion(data)?,
        };
        Ok(assertion.map(|assertion| saml::security_header(&assertion)).unwrap_or_default())
    }

    fn development_assertion(&self, data: &Path) -> Result<Option<String>, CommandError> {
        let file = data.join(agreement::FILE_NAME);
        if !file.exists() {
            return Ok(None);
        }
        // The running community may go on with what it read before, and with open access asks for no assertion.
        let Ok(agreement) = Agreement::read(&file) else {
            output::warning(
                "the agreement has faults, so no assertion is sent: see renkei check-config",
            );
            return Ok(None);
        };
        let issuer = match Issuer::of(data, &agreement) {
            Ok(Some(issuer)) => issuer,
            // An agreement for production does not list it any more.
            Ok(None) | Err(AssertionError::NotTrusted) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match issuer.issue(&self.person()) {
            Ok(assertion) => Ok(Some(assertion)),
            Err(AssertionError::NoMember) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn person(&self) -> Person {
        let roles = if self.roles.is_empty() { vec![physician()] } else { self.roles.clone() };
        let user = self.user.clone();
        Person {
            name: user.clone().unwrap_or_else(|| DEVELOPER_NAME.to_owned()),
            user: user.unwrap_or_else(|| DEVELOPER.to_owned()),
            roles,
            purpose: self.purpose.clone().unwrap_or_else(treatment),
            institution: None,
            patient: None,
            validity: VALIDITY,
            authn_class: X509.to_owned(),
            usage: Usage::WithinValidity,
        }
    }
}

/// The assertion of a file, without what may stand around it in a document of its own.
fn from_file(path: &Path) -> Result<String, AssertionError> {
    let read = |source| AssertionError::Read { path: path.to_owned(), source };
    let not_assertion = || AssertionError::NotAssertion { path: path.to_owned() };
    let bytes = fs::read(path).map_err(read)?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(not_assertion());
    }
    let text = xml::decode(&bytes, None).map_err(|_error| not_assertion())?;
    let document = Document::read(&text, Limits::default()).map_err(|_error| not_assertion())?;
    let root = document.root().filter(|root| root.is(SAML, "Assertion"));
    let root = root.ok_or_else(not_assertion)?;
    let assertion = saml::relayed(&text, Limits::default(), root);
    assertion.ok().flatten().ok_or_else(not_assertion)
}

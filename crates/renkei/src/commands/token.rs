//! `renkei token`: a signed assertion of the development issuer.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use config::agreement::{self, Agreement};
use config::pki::PkiFolder;
use datatypes::Code;
use jiff::SignedDuration;

use crate::assertion::{
    AssertionError, DEVELOPER, DEVELOPER_NAME, Issuer, Person, ROLE_HELP, Usage, X509,
    parse_purpose, parse_role, physician, treatment,
};
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output;
use crate::wire::parse_patient_id;

/// Classes of authentication may be named without it.
const CLASSES: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:";

/// A day: what is valid for longer is a password.
const MAX_VALIDITY: SignedDuration = SignedDuration::from_hours(24);

/// Print an assertion about a person, signed by the development issuer (ITI-40).
///
/// For test tools that ask as a person: it goes into the wsse:Security header of a request as it is. It is for the
/// audience that endpoints.json names, so all actors of the community accept it. Whoever has it is taken for the
/// person, until it ends: with --out the file is readable for its owner only.
#[derive(Debug, Args)]
#[command(after_help = ROLE_HELP.to_owned() + "

Examples:
  renkei token
  renkei token --user drsato --name '佐藤 一郎' --role physician --out token.xml
  renkei token --role nurse --purpose ETREAT --institution 1319999999 --validity 15m
  renkei token --role '309343006^2.16.840.1.113883.6.96^Physician' --patient JP0001 --one-time-use
  renkei token --authn PasswordProtectedTransport | xmllint --format -")]
pub(crate) struct Token {
    /// The user, as the issuer knows them.
    #[arg(long, value_name = "NAME", default_value = DEVELOPER)]
    user: String,
    /// The user's name for people.
    #[arg(long, value_name = "TEXT", default_value = DEVELOPER_NAME)]
    name: String,
    /// Occupation, may be repeated; without it a physician.
    #[arg(long = "role", value_name = "CODE[^SCHEME[^DISPLAY]]", value_parser = parse_role)]
    roles: Vec<Code>,
    /// Purpose of use; without it TREAT.
    #[arg(long, value_name = "CODE[^SCHEME]", value_parser = parse_purpose)]
    purpose: Option<Code>,
    /// Institution code of the member the user acts for; without it the first one of the agreement.
    #[arg(long, value_name = "CODE")]
    institution: Option<String>,
    /// The only patient that may be asked about: an identifier of the affinity domain, or ID^^^&OID&ISO.
    #[arg(long, value_name = "CX")]
    patient: Option<String>,
    /// How long it may be used: a number with s, m or h.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_validity)]
    validity: SignedDuration,
    /// How the user is said to have been authenticated: a URI, or the last word of one of SAML's own.
    #[arg(long, value_name = "CLASS", default_value = X509)]
    authn: String,
    /// Valid for one request only.
    #[arg(long)]
    one_time_use: bool,
    /// Write it to a file instead; one that exists is replaced.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    folder: DataFolder,
}

impl Token {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let data = self.folder.data.clone();
        let agreement = match Agreement::read(&data.join(agreement::FILE_NAME)) {
            Ok(agreement) => agreement,
            Err(faults) => return Err(CommandError::Faults { data, faults }),
        };
        let issuer = Issuer::of(&data, &agreement)?
            .ok_or_else(|| AssertionError::NoIssuer { key: PkiFolder::of(&data).issuer_key() })?;
        let out = self.out.clone();
        let longest = agreement.access.longest_assertion;
        if self.validity.unsigned_abs() > longest {
            output::warning(format_args!(
                "the agreement allows {} minutes at most (access.longest_assertion_minutes)",
                longest.as_secs() / 60
            ));
        }
        let assertion = issuer.issue(&self.person(&agreement)?)?;
        match out {
            None => output::line(assertion),
            Some(file) => write(&file, &assertion).map_err(|source| {
                CommandError::Config(config::ConfigError::Write { path: file, source })
            })?,
        }
        Ok(())
    }

    fn person(self, agreement: &Agreement) -> Result<Person, CommandError> {
        let network = &agreement.affinity_domain.authority.oid;
        let patient = self.patient.map(|text| parse_patient_id(&text, network.clone()));
        Ok(Person {
            user: self.user,
            name: self.name,
            roles: if self.roles.is_empty() { vec![physician()] } else { self.roles },
            purpose: self.purpose.unwrap_or_else(treatment),
            institution: self.institution,
            patient: patient.transpose()?,
            validity: self.validity,
            authn_class: match self.authn.contains(':') {
                true => self.authn,
                false => format!("{CLASSES}{}", self.authn),
            },
            usage: if self.one_time_use { Usage::Once } else { Usage::WithinValidity },
        })
    }
}

/// Readers see the old or the new file, and others than the owner neither.
fn write(file: &Path, assertion: &str) -> io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", uuid::Uuid::new_v4().simple()));
    let temporary = file.with_file_name(name);
    let mut options = OpenOptions::new();
    let mut opened = options.write(true).create_new(true).mode(0o600).open(&temporary)?;
    let written = writeln!(opened, "{assertion}").and_then(|()| fs::rename(&temporary, file));
    if written.is_err() {
        // Only tidiness.
        drop(fs::remove_file(&temporary));
    }
    written
}

/// `90s`, `15m`, `1h`.
fn parse_validity(text: &str) -> Result<SignedDuration, String> {
    let wanted = || "a number with s, m or h, at most 24h: 90s, 15m, 1h".to_owned();
    let seconds_per = |unit| match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3_600),
        _ => None,
    };
    let unit = text.chars().next_back().ok_or_else(wanted)?;
    let number = text.strip_suffix(unit).and_then(|number| number.parse::<u32>().ok());
    let seconds = number.zip(seconds_per(unit)).ok_or_else(wanted)?;
    let validity = SignedDuration::from_secs(i64::from(seconds.0).saturating_mul(seconds.1));
    let is_usable = validity.is_positive() && validity <= MAX_VALIDITY;
    if is_usable { Ok(validity) } else { Err(wanted()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validity_has_a_unit_and_an_end() {
        assert_eq!(parse_validity("90s"), Ok(SignedDuration::from_secs(90)));
        assert_eq!(parse_validity("15m"), Ok(SignedDuration::from_mins(15)));
        assert_eq!(parse_validity("24h"), Ok(SignedDuration::from_hours(24)));
        for text in ["", "1", "h", "0s", "-1h", "25h", "1d", "1.5h", "1 h", "99999999999s", "１h"]
        {
            assert!(parse_validity(text).is_err(), "{text}");
        }
    }
}

//! `[[assertion_issuers]]`: who says which person is asking (the X-Assertion Providers of ITI TF-2: 3.40).
//!
//! The keys are the trust: an assertion counts if one of these keys has signed it. No authority is asked whether a
//! certificate is genuine, and none is believed in its place; how keys are rolled over is in docs/assertions.md.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use openssl::x509::X509;
use xmldsig::{Certificate, InvalidKey, TrustedKey};

use super::Member;
use crate::reader::{Form, Item, Section, TEXT};
use crate::toml_text::quoted;

/// SAML 2.0 core, section 8.3.6: the URI of a provider has no more characters.
const MAX_URI_CHARACTERS: usize = 1024;

/// A certificate has below 8 KiB, even with the text that some programs write before it.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Keys of one issuer at a time: the old, the new, and those of the other machines that sign.
const MAX_CERTIFICATES: usize = 16;

/// An issuer whose assertions are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionIssuer {
    /// `uri`: the text of `saml:Issuer`, compared character by character (SAML 2.0 core, section 2.2.5).
    pub uri: String,
    /// `certificates`: in DER, one or more; read from PEM files, of which the agreement has the paths. The key of each
    /// is RSA from 2048 bits, P-256 or P-384. They expire without consequence: whoever lists them trusts them.
    pub certificates: Vec<Vec<u8>>,
    /// `members`: institution codes of those that it may speak for. `None`: all.
    pub members: Option<Vec<String>>,
}

impl AssertionIssuer {
    /// Whether its assertions may name persons of the member with this institution code.
    #[must_use]
    pub fn speaks_for(&self, code: &str) -> bool {
        self.members.as_ref().is_none_or(|members| members.iter().any(|member| member == code))
    }
}

/// Why a file is no certificate of an issuer.
#[derive(Debug, thiserror::Error)]
pub enum IssuerCertificateFault {
    #[error("the file cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("the file holds no certificate in PEM")]
    NotCertificate,
    #[error("the file holds more than one certificate")]
    Several,
    #[error("the key is too weak or too long for an issuer of assertions")]
    Strength,
    #[error("the key is neither RSA nor on P-256 or P-384")]
    Kind,
}

const URI: Form<String> = Form {
    read: |value| value.as_str().filter(|text| is_issuer_uri(text)).map(str::to_owned),
    wanted: "the text of saml:Issuer: a URI of at most 1024 characters, without spaces",
};

const CERTIFICATE: Form<PathBuf> = Form {
    read: |value| value.as_str().filter(|path| !path.is_empty()).map(PathBuf::from),
    wanted: "the path of a PEM file, relative to this file, for example \"trust/issuer.pem\"",
};

/// Every issuer; `members` are those of the agreement.
pub(super) fn read_issuers(root: &Section<'_>, members: &[Member]) -> Vec<AssertionIssuer> {
    let mut taken = HashSet::new();
    root.tables("assertion_issuers", |section| {
        let uri = section.required("uri", &URI);
        if uri.as_ref().is_some_and(|uri| !taken.insert(uri.clone())) {
            let remedy = "list each issuer once, with all its certificates";
            section.refuse("uri", "another issuer has this URI", remedy);
        }
        let certificates = read_certificates(section);
        let members = read_codes(section, members);
        Some(AssertionIssuer { uri: uri?, certificates, members })
    })
}

fn read_certificates(section: &Section<'_>) -> Vec<Vec<u8>> {
    let key = "certificates";
    let files = section.items(key, &CERTIFICATE);
    if section.is_absent(key) || section.is_empty_list(key) {
        section.refuse(
            key,
            "no certificate",
            "at least one: without a key nothing can be believed",
        );
    }
    if files.len() > MAX_CERTIFICATES {
        section.refuse(key, "too many certificates", "at most 16; remove those that are not used");
        return Vec::new();
    }
    let mut certificates: Vec<Vec<u8>> = Vec::new();
    for item in &files {
        match issuer_certificate(&section.folder().join(&item.value)) {
            Ok(der) if certificates.contains(&der) => {
                section.refuse_item(key, item, "listed before", "list each certificate once");
            }
            Ok(der) => certificates.push(der),
            Err(fault) => section.refuse_item(key, item, &fault.to_string(), remedy(&fault)),
        }
    }
    certificates
}

fn remedy(fault: &IssuerCertificateFault) -> &'static str {
    match fault {
        IssuerCertificateFault::Unreadable(_) => {
            "wanted: a readable PEM file, by its path relative to this file"
        }
        IssuerCertificateFault::NotCertificate => {
            "wanted: one certificate between BEGIN and END CERTIFICATE"
        }
        IssuerCertificateFault::Several => {
            "one a file, that of the issuer: its authority must not be able to speak for persons"
        }
        IssuerCertificateFault::Strength | IssuerCertificateFault::Kind => {
            "wanted: RSA of 2048 to 8192 bits, or ECDSA on P-256 or P-384"
        }
    }
}

/// Codes of members; `None` if the key is absent.
fn read_codes(section: &Section<'_>, members: &[Member]) -> Option<Vec<String>> {
    let key = "members";
    let listed = section.items(key, &TEXT);
    if section.is_absent(key) {
        return None;
    }
    if section.is_empty_list(key) {
        section.refuse(key, "the list is empty", "list members, or remove the key: then it is all");
    }
    let mut codes: Vec<String> = Vec::new();
    for item in listed {
        let Item { value: code, .. } = &item;
        if members.iter().all(|member| member.code != *code) {
            section.refuse_item(
                key,
                &item,
                "no member has this code",
                "the code of one of [[members]]",
            );
        } else if codes.contains(code) {
            section.refuse_item(key, &item, "listed before", "list each member once");
        } else {
            codes.push(code.clone());
        }
    }
    Some(codes)
}

/// Reads the certificate of an issuer from a PEM file, in DER.
///
/// # Errors
/// [`IssuerCertificateFault`] for whatever could not be used to verify an assertion.
pub fn issuer_certificate(file: &Path) -> Result<Vec<u8>, IssuerCertificateFault> {
    let mut pem = Vec::new();
    let opened = File::open(file).map_err(IssuerCertificateFault::Unreadable)?;
    opened
        .take(MAX_FILE_BYTES)
        .read_to_end(&mut pem)
        .map_err(IssuerCertificateFault::Unreadable)?;
    // The error of OpenSSL names its own source files and nothing an operator could use.
    let n_certificates = X509::stack_from_pem(&pem).unwrap_or_default().len();
    if n_certificates > 1 {
        return Err(IssuerCertificateFault::Several);
    }
    let certificate = Certificate::from_pem(&pem).and_then(TrustedKey::new).map_err(refused)?;
    Ok(certificate.certificate().der().to_vec())
}

fn refused(invalid: InvalidKey) -> IssuerCertificateFault {
    match invalid {
        InvalidKey::Certificate => IssuerCertificateFault::NotCertificate,
        InvalidKey::Size => IssuerCertificateFault::Strength,
        InvalidKey::Kind | InvalidKey::Key | InvalidKey::Mismatch => IssuerCertificateFault::Kind,
    }
}

/// Whether the text may be that of `saml:Issuer`: what would be read differently than it is written may not.
#[must_use]
pub fn is_issuer_uri(text: &str) -> bool {
    let is_refused = |character: char| character.is_whitespace() || character.is_control();
    let fits = (1..=MAX_URI_CHARACTERS).contains(&text.chars().count());
    fits && text.contains(':') && !text.contains(is_refused)
}

/// The table of an issuer, as it is read; no codes means all members.
pub(crate) fn table(uri: &str, certificates: &[String], members: &[String]) -> String {
    let list = |texts: &[String]| {
        let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
        format!("[{}]", texts.join(", "))
    };
    let (uri, certificates) = (quoted(uri), list(certificates));
    let mut table = format!("[[assertion_issuers]]\nuri = {uri}\ncertificates = {certificates}\n");
    if members.is_empty() {
        // Shows the key to who reads the file.
        table.push_str("#members = [\"1319999999\"]\n");
    } else {
        table.push_str(&format!("members = {}\n", list(members)));
    }
    table
}

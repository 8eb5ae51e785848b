//! Adds an issuer of assertions, or one more certificate of it, to the agreement's file.
//!
//! The text stays as the operator wrote it: only the version, and one table or one list, are changed. What comes
//! out is read again before it takes the place of the old text, so a file that was without fault stays so.

use std::ops::Range;
use std::path::{Path, PathBuf};

use openssl::error::ErrorStack;
use openssl::sha::sha256;
use openssl::x509::X509;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::agreement::{
    self, Agreement, AssertionIssuer, IssuerCertificateFault, is_issuer_uri, issuer_certificate,
    issuers,
};
use crate::durable::{self, Secrecy};
use crate::error::ConfigError;
use crate::fault::Faults;
use crate::reader::{Reading, Source};
use crate::toml_text::quoted;

/// The folder, in a data folder, of the certificates that the agreement names.
const FOLDER: &str = "trust";

/// Most characters of the name of the given file that go into that of the copy.
const MAX_STEM_CHARACTERS: usize = 40;

/// An issuer to be trusted.
#[derive(Clone, Copy, Debug)]
pub struct NewIssuer<'a> {
    /// The text of `saml:Issuer`.
    pub uri: &'a str,
    /// A PEM file with its certificate; it is copied.
    pub certificate: &'a Path,
    /// Institution codes of those that it may speak for; none means all.
    pub members: &'a [String],
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trusted {
    /// The issuer is new.
    Issuer { certificate: PathBuf, version: u64 },
    /// The issuer was known and has one more key.
    Certificate { certificate: PathBuf, version: u64 },
    /// The issuer was known by this certificate.
    Already,
}

/// Why an issuer was not added; the agreement is as it was.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("the agreement has faults")]
    Agreement(#[source] Faults),
    #[error("an issuer is named by a URI of at most 1024 characters, without spaces")]
    Uri,
    #[error("{}: not the certificate of an issuer", path.display())]
    Certificate {
        path: PathBuf,
        #[source]
        source: IssuerCertificateFault,
    },
    #[error(
        "the issuer is in the agreement already, for other members; change its `members` there"
    )]
    OtherMembers,
    /// Unknown members, and shapes of the file that are legal but cannot be added to.
    #[error("nothing was added; the agreement would have faults")]
    Refused(#[source] Faults),
    #[error("nothing was added; raise `version` and add the issuer in an editor")]
    Shape,
    #[error("OpenSSL cannot write the certificate")]
    OpenSsl(#[source] ErrorStack),
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Copies the certificate to `trust/` and adds it to the agreement of a data folder, whose version is raised.
///
/// # Errors
/// [`TrustError`]; then at most a copy that nobody names was written.
pub fn trust_issuer(data: &Path, new: &NewIssuer<'_>) -> Result<Trusted, TrustError> {
    if !is_issuer_uri(new.uri) {
        return Err(TrustError::Uri);
    }
    let file = data.join(agreement::FILE_NAME);
    let present = Agreement::read(&file).map_err(TrustError::Agreement)?;
    let der = issuer_certificate(new.certificate)
        .map_err(|source| TrustError::Certificate { path: new.certificate.to_owned(), source })?;
    let known = present.assertion_issuer(new.uri);
    if let Some(known) = known {
        if !new.members.is_empty() && !is_same(known.members.as_deref(), new.members) {
            return Err(TrustError::OtherMembers);
        }
        if known.certificates.contains(&der) {
            return Ok(Trusted::Already);
        }
    }
    let name = copy_name(new.certificate, &der);
    let source = Source::open(&file).map_err(|fault| TrustError::Agreement(Faults::of(fault)))?;
    let text = edited(&source.text, new, &name, known).ok_or(TrustError::Shape)?;
    let certificate = copy(data, &name, &der)?;
    let Reading { value, faults, .. } =
        Agreement::from_source(&Source { file: file.clone(), text: text.clone() });
    Faults::unless_empty(value, faults).map_err(TrustError::Refused)?;
    durable::replace(&file, text.as_bytes())?;
    let version = present.version.saturating_add(1);
    Ok(match known {
        Some(_) => Trusted::Certificate { certificate, version },
        None => Trusted::Issuer { certificate, version },
    })
}

fn is_same(known: Option<&[String]>, named: &[String]) -> bool {
    let has_all =
        |these: &[String], those: &[String]| those.iter().all(|code| these.contains(code));
    known.is_some_and(|known| has_all(known, named) && has_all(named, known))
}

/// `trust/NAME-1a2b3c4d.pem`: the name of the file for people, the bytes against another one of that name.
fn copy_name(certificate: &Path, der: &[u8]) -> String {
    let stem = certificate.file_stem().unwrap_or_default().to_string_lossy();
    let is_kept = |character: &char| character.is_ascii_alphanumeric() || "_-".contains(*character);
    let stem: String = stem.chars().filter(is_kept).take(MAX_STEM_CHARACTERS).collect();
    let digest: String = sha256(der).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let name = [stem, digest].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    format!("{FOLDER}/{}.pem", name.join("-"))
}

/// Writes the certificate alone, whatever stood beside it in the given file: it may have been a key.
fn copy(data: &Path, name: &str, der: &[u8]) -> Result<PathBuf, TrustError> {
    let pem = X509::from_der(der).and_then(|it| it.to_pem()).map_err(TrustError::OpenSsl)?;
    let path = data.join(name);
    durable::create_private_folder(&data.join(FOLDER))?;
    match durable::create(&path, &pem, Secrecy::Public) {
        Ok(()) => Ok(path),
        // The copy of an attempt before.
        Err(ConfigError::Exists { .. })
            if issuer_certificate(&path).ok().as_deref() == Some(der) =>
        {
            Ok(path)
        }
        Err(error) => Err(error.into()),
    }
}

/// The text with the next version and the certificate; `None` if it has a shape that cannot be added to.
fn edited(
    text: &str,
    new: &NewIssuer<'_>,
    name: &str,
    known: Option<&AssertionIssuer>,
) -> Option<String> {
    let (root, faults) = DeTable::parse_recoverable(text);
    if !faults.is_empty() {
        return None;
    }
    let version = root.get_ref().get("version")?;
    let number: u64 = text.get(version.span())?.replace('_', "").parse().ok()?;
    let mut edits = vec![(version.span(), number.checked_add(1)?.to_string())];
    if known.is_some() {
        let after = last_certificate(root.get_ref(), new.uri)?;
        edits.push((after.end..after.end, format!(", {}", quoted(name))));
    } else {
        let table = issuers::table(new.uri, &[name.to_owned()], new.members);
        let gap = if text.ends_with('\n') { "\n" } else { "\n\n" };
        edits.push((text.len()..text.len(), format!("{gap}{table}")));
    }
    // From the end, so that the places before stay where they are.
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    let mut text = text.to_owned();
    for (place, replacement) in edits {
        text.replace_range(place, &replacement);
    }
    Some(text)
}

/// Where the last certificate of a known issuer is written.
fn last_certificate(root: &DeTable<'_>, uri: &str) -> Option<Range<usize>> {
    let issuers = root.get("assertion_issuers")?.get_ref().as_array()?;
    let tables = issuers.iter().filter_map(|issuer| issuer.get_ref().as_table());
    let has_uri = |table: &&DeTable<'_>| {
        table.get("uri").and_then(|text| text.get_ref().as_str()) == Some(uri)
    };
    let certificates = tables.into_iter().find(has_uri)?.get("certificates")?;
    let last: &Spanned<DeValue<'_>> = certificates.get_ref().as_array()?.iter().last()?;
    Some(last.span())
}

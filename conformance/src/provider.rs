//! The X-Assertion Provider that the runner plays (ITI TF-2: 3.40): assertions for the requests of a run, and all
//! those that must be refused.
//!
//! An assertion is written in the exclusive canonical form at once, so that what is signed is the text itself and
//! no canonicaliser is needed, none of the servers' least of all. What a case changes before the signature must
//! keep to that form; what it changes afterwards must not be seen by it, or breaks the signature on purpose.

use crate::certificates::{self, Identity};
use crate::endpoints::Endpoints;
use crate::namespaces::{SOAP12, WSSE};
use crate::presented::{Change, Presented, Signing};
use crate::template::{Escape, Template, TemplateError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::x509::X509;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The key of the endpoints file that says that assertions are issued, and so that access is required.
pub(crate) const ISSUER_KEY: &str = "issuer_key";

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// An assertion without its signature: a template in the exclusive canonical form.
const ASSERTION: &str = include_str!("provider/assertion.xml");

/// Where the signature is put in.
const ISSUER_END: &str = "</saml:Issuer>";
const ASSERTION_END: &str = "</saml:Assertion>";
const SIGNATURE_END: &str = "</ds:Signature>";

/// A physician, by SNOMED CT.
const ROLE: &str = "309343006^2.16.840.1.113883.6.96^Physician";
/// Treatment, by HL7's ActReason.
const PURPOSE: &str = "TREAT^2.16.840.1.113883.5.8^treatment";
/// The hospital of a Renkei folder that nobody has changed.
const ORGANIZATION: &str = "urn:oid:1.2.392.100495.20.3.51.11319999999";

/// Bits of keys that are made for a run.
const KEY_BITS: u32 = 2048;

/// The provider of a run.
pub(crate) struct Provider {
    /// What the assertion's template has where a case says nothing else.
    values: BTreeMap<String, String>,
    genuine: Identity,
    /// One that nobody trusts.
    stranger: Identity,
}

/// Why there is no provider.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// An option that is needed beside the key is absent.
    #[error("`{0}` must be given beside `{ISSUER_KEY}`")]
    Absent(&'static str),
    /// A file cannot be read.
    #[error("{0} cannot be read")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// Not PEM, or no key or certificate.
    #[error("{0} is not the PEM file that is wanted")]
    NotPem(PathBuf, #[source] ErrorStack),
    /// A code is not `CODE^SYSTEM` or `CODE^SYSTEM^DISPLAY`.
    #[error("`{0}` is not CODE^SYSTEM^DISPLAY")]
    Code(&'static str),
    /// The key cannot sign.
    #[error("OpenSSL cannot make what is needed")]
    OpenSsl(#[from] ErrorStack),
}

/// Why an assertion cannot be put into a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PresentError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("the assertion has nothing that begins with `{0}`")]
    Nothing(String),
    #[error("the request has no header for an assertion")]
    NoHeader,
    #[error("the assertion cannot be signed")]
    OpenSsl(#[from] ErrorStack),
}

/// The pieces of which a Security header is made.
struct Pieces {
    named: Vec<(&'static str, String)>,
}

impl Provider {
    /// The provider that the endpoints file names; `None` if it names none.
    ///
    /// # Errors
    /// [`ProviderError`] if what it names cannot be used.
    pub(crate) fn of(endpoints: &Endpoints) -> Result<Option<Provider>, ProviderError> {
        let Some(key) = endpoints.file(ISSUER_KEY) else { return Ok(None) };
        let certificate = endpoints.file("issuer_cert");
        let certificate = certificate.ok_or(ProviderError::Absent("issuer_cert"))?;
        let not_pem = |path: PathBuf| |fault| ProviderError::NotPem(path, fault);
        let genuine = Identity {
            key: PKey::private_key_from_pem(&read(&key)?).map_err(not_pem(key))?,
            certificate: X509::from_pem(&read(&certificate)?).map_err(not_pem(certificate))?,
        };
        let issuer = endpoints.text("issuer").ok_or(ProviderError::Absent("issuer"))?;
        let key = PKey::from_rsa(Rsa::generate(KEY_BITS)?)?;
        let certificate = certificates::self_signed(genuine.certificate.subject_name(), &key)?;
        let stranger = Identity { key, certificate };
        Ok(Some(Provider::new(endpoints, issuer, genuine, stranger)?))
    }

    /// A provider with this key, and another one that nobody trusts.
    ///
    /// # Errors
    /// [`ProviderError`] if a value cannot stand in an assertion.
    pub(crate) fn new(
        endpoints: &Endpoints,
        issuer: &str,
        genuine: Identity,
        stranger: Identity,
    ) -> Result<Provider, ProviderError> {
        let text = |key: &str| endpoints.text(key).map(str::to_owned);
        let audience =
            text("audience").or_else(|| Some(format!("urn:oid:{}", text("affinity_domain")?)));
        let audience = audience.ok_or(ProviderError::Absent("audience"))?;
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        let mut set = |name: &str, value: String| values.insert(name.to_owned(), value);
        set("issuer", issuer.to_owned());
        set("audience", audience);
        set("organization_id", text("organization_id").unwrap_or_else(|| ORGANIZATION.to_owned()));
        for (key, usual) in [("role", ROLE), ("purpose", PURPOSE)] {
            let code = text(key).unwrap_or_else(|| usual.to_owned());
            let mut parts = code.splitn(3, '^').map(str::to_owned);
            let (Some(code), Some(system)) = (parts.next(), parts.next()) else {
                return Err(ProviderError::Code(if key == "role" { "role" } else { "purpose" }));
            };
            set(&format!("{key}_display"), parts.next().unwrap_or_else(|| code.clone()));
            set(&format!("{key}_code"), code);
            set(&format!("{key}_system"), system);
        }
        Ok(Provider { values, genuine, stranger })
    }

    /// The envelope with an assertion in its header.
    pub(crate) fn present(
        &self,
        presented: &Presented,
        template: &Template<'_>,
        envelope: &str,
    ) -> Result<String, PresentError> {
        let pieces = self.pieces(presented, template)?;
        let security = presented.security.as_deref().unwrap_or("{assertion}");
        let security = pieces.filled(security, template)?;
        let header = match security.is_empty() {
            true => String::new(),
            false => format!(
                "<wsse:Security xmlns:soap12=\"{SOAP12}\" xmlns:wsse=\"{WSSE}\" \
                 soap12:mustUnderstand=\"1\">{security}</wsse:Security>"
            ),
        };
        let text = with_header(envelope, &header).ok_or(PresentError::NoHeader)?;
        pieces.changed(text, &presented.envelope, template)
    }

    /// The assertion as it is to be shown, and the pieces for those that are wrapped.
    fn pieces(
        &self,
        presented: &Presented,
        template: &Template<'_>,
    ) -> Result<Pieces, PresentError> {
        let scope = template.scope;
        let id = scope.assertion_id(presented.name.as_deref()).map_err(TemplateError::from)?;
        let other_id = scope.assertion_id(Some("other")).map_err(TemplateError::from)?;
        let mut variables = self.values.clone();
        variables.extend(template.variables.clone());
        variables.insert("assertion_id".to_owned(), id.clone());
        let own = Template { variables: &variables, ..*template };
        let mut pieces =
            Pieces { named: vec![("{id}", id.clone()), ("{other_id}", other_id.clone())] };
        let written = own.text(ASSERTION.trim_end(), Escape::Xml)?;
        let bare = pieces.changed(written.clone(), &presented.content, &own)?;
        let other = written.replacen(&id, &other_id, 1);
        let other = pieces.changed(other, &presented.other, &own)?;
        let signature = self.signature(presented, (&id, &bare), &pieces, &own)?;
        let (head, tail) = split(&bare)?;
        let assertion = [head, &signature, tail].concat();
        let assertion = pieces.changed(assertion, &presented.signed, &own)?;
        let (other_head, other_tail) = split(&other)?;
        let open = |text: &str, end: &str| text.strip_suffix(end).unwrap_or(text).to_owned();
        pieces.named.extend([
            ("{other_tail_open}", open(other_tail, ASSERTION_END)),
            ("{signature_open}", open(&signature, SIGNATURE_END)),
            ("{other_head}", other_head.to_owned()),
            ("{other_tail}", other_tail.to_owned()),
            ("{assertion}", assertion),
            ("{signature}", signature.clone()),
            ("{bare}", bare.clone()),
            ("{other}", other.clone()),
        ]);
        Ok(pieces)
    }

    fn signature(
        &self,
        presented: &Presented,
        (id, bare): (&str, &str),
        pieces: &Pieces,
        template: &Template<'_>,
    ) -> Result<String, PresentError> {
        let Some(method) = method(presented.signing) else { return Ok(String::new()) };
        let digest = STANDARD.encode(hash(method.digest, bare.as_bytes())?);
        let empty = |name: &str, uri: &str| format!("<ds:{name} Algorithm=\"{uri}\"></ds:{name}>");
        let info = [
            format!("<ds:SignedInfo xmlns:ds=\"{DS}\">"),
            empty("CanonicalizationMethod", EXCLUSIVE),
            empty("SignatureMethod", method.uri),
            format!("<ds:Reference URI=\"#{id}\"><ds:Transforms>"),
            empty("Transform", "http://www.w3.org/2000/09/xmldsig#enveloped-signature"),
            empty("Transform", EXCLUSIVE),
            "</ds:Transforms>".to_owned(),
            empty("DigestMethod", method.digest_uri),
            format!("<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"),
        ];
        let info = pieces.changed(info.concat(), &presented.signed_info, template)?;
        let is_stranger = presented.signing == Signing::OtherKey;
        let identity = if is_stranger { &self.stranger } else { &self.genuine };
        let key = match presented.signing {
            Signing::HmacSha256 => PKey::hmac(&identity.certificate.to_pem()?)?,
            Signing::RsaSha256
            | Signing::RsaSha512
            | Signing::RsaSha1
            | Signing::OtherKey
            | Signing::Unsigned => identity.key.clone(),
        };
        let value = signed(&key, method.signing_digest, info.as_bytes())?;
        let certificate = STANDARD.encode(identity.certificate.to_der()?);
        Ok(format!(
            "<ds:Signature xmlns:ds=\"{DS}\">{info}<ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo>\
             <ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
             {SIGNATURE_END}"
        ))
    }
}

/// How an assertion is signed, and what the signature says of it.
struct Method {
    uri: &'static str,
    digest_uri: &'static str,
    digest: MessageDigest,
    signing_digest: MessageDigest,
}

/// `None` for what is not signed.
fn method(signing: Signing) -> Option<Method> {
    let (sha1, sha256, sha512) =
        (MessageDigest::sha1(), MessageDigest::sha256(), MessageDigest::sha512());
    let (uri, digest_uri, digest, signing_digest) = match signing {
        Signing::Unsigned => return None,
        Signing::RsaSha256 | Signing::OtherKey => (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2001/04/xmlenc#sha256",
            sha256,
            sha256,
        ),
        Signing::RsaSha512 => (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
            "http://www.w3.org/2001/04/xmlenc#sha512",
            sha512,
            sha512,
        ),
        Signing::RsaSha1 => (
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            "http://www.w3.org/2000/09/xmldsig#sha1",
            sha1,
            sha1,
        ),
        Signing::HmacSha256 => (
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
            "http://www.w3.org/2001/04/xmlenc#sha256",
            sha256,
            sha256,
        ),
    };
    Some(Method { uri, digest_uri, digest, signing_digest })
}

fn signed(key: &PKey<Private>, digest: MessageDigest, bytes: &[u8]) -> Result<String, ErrorStack> {
    Ok(STANDARD.encode(Signer::new(digest, key)?.sign_oneshot_to_vec(bytes)?))
}

impl Pieces {
    /// A template with the pieces in place of their names.
    fn filled(&self, text: &str, template: &Template<'_>) -> Result<String, PresentError> {
        let text = template.text(text, Escape::Xml)?;
        Ok(self.named.iter().fold(text, |text, (name, piece)| text.replace(name, piece)))
    }

    /// A text with the changes made, one after the other.
    fn changed(
        &self,
        mut text: String,
        changes: &[Change],
        template: &Template<'_>,
    ) -> Result<String, PresentError> {
        for change in changes {
            let find = self.filled(&change.find, template)?;
            let nothing = || PresentError::Nothing(find.clone());
            let (before, mut after) = text.split_once(&find).ok_or_else(nothing)?;
            if let Some(until) = &change.until {
                (_, after) = after.split_once(until).ok_or_else(nothing)?;
            }
            text = [before, &self.filled(&change.by, template)?, after].concat();
        }
        Ok(text)
    }
}

/// The assertion up to the end of its issuer, and the rest.
fn split(assertion: &str) -> Result<(&str, &str), PresentError> {
    let nothing = || PresentError::Nothing(ISSUER_END.to_owned());
    let at = assertion.find(ISSUER_END).ok_or_else(nothing)?.saturating_add(ISSUER_END.len());
    assertion.split_at_checked(at).ok_or_else(nothing)
}

/// The envelope with `header` as the last block of its header, in place of an empty Security header if it has
/// one; `None` if it has no header at all.
fn with_header(envelope: &str, header: &str) -> Option<String> {
    if header.is_empty() {
        return Some(envelope.to_owned());
    }
    if let Some((before, rest)) = envelope.split_once("<wsse:Security ") {
        let (_, after) = rest.split_once("/>")?;
        return Some([before, header, after].concat());
    }
    let end_tag = |(at, _): (usize, &str)| {
        let start = envelope.get(..at)?.rfind('<')?;
        envelope.get(start..)?.starts_with("</").then_some(start)
    };
    let at = envelope.match_indices(":Header>").find_map(end_tag)?;
    let (before, after) = envelope.split_at_checked(at)?;
    Some([before, header, after].concat())
}

fn read(path: &PathBuf) -> Result<Vec<u8>, ProviderError> {
    std::fs::read(path).map_err(|source| ProviderError::Unreadable(path.clone(), source))
}

//! `SubjectConfirmation`: read, and compared with who presents the assertion (SAML 2.0 core, section 2.4.1.1).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use xmldsig::{Node, XML_SIGNATURE};

use crate::assertion::{Confirmation, ConfirmationKey, Method};
use crate::cause::Cause;
use crate::element::{attribute, instant, malformed, optional, required};
use crate::rules::Rules;

pub(crate) const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
pub(crate) const HOLDER_OF_KEY: &str = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key";

/// A certificate has below 3 KiB.
const MAX_KEY_TEXT_BYTES: usize = 32 * 1024;
const MAX_KEYS: usize = 16;

const DATA: &str = "SubjectConfirmationData";

pub(crate) fn read(node: Node<'_>) -> Result<Confirmation, Cause> {
    let method = required(node, "Method", "SubjectConfirmation/@Method")?;
    let data = optional(node.children(), DATA)?;
    let method = match method.as_str() {
        BEARER => Method::Bearer,
        HOLDER_OF_KEY => Method::HolderOfKey(data.map_or(Ok(Vec::new()), keys)?),
        _ => Method::Other(method),
    };
    let Some(data) = data else {
        let (not_before, not_on_or_after) = (None, None);
        return Ok(Confirmation { method, not_before, not_on_or_after, recipient: None });
    };
    Ok(Confirmation {
        method,
        not_before: instant(data, "NotBefore", DATA)?,
        not_on_or_after: instant(data, "NotOnOrAfter", DATA)?,
        recipient: attribute(data, "Recipient", DATA)?,
    })
}

/// The keys of all `ds:KeyInfo`. What names a key without showing it confirms nobody.
fn keys(data: Node<'_>) -> Result<Vec<ConfirmationKey>, Cause> {
    let is = |local: &'static str| move |node: &Node<'_>| node.is(XML_SIGNATURE, local);
    let infos = data.children().filter(is("KeyInfo")).flat_map(|info| info.children());
    let mut keys = Vec::new();
    for info in infos {
        if is("X509Data")(&info) {
            for certificate in info.children().filter(is("X509Certificate")) {
                keys.push(ConfirmationKey::Certificate(binary(certificate)?));
            }
        }
        if is("KeyValue")(&info)
            && let Some(value) = info.children().find(is("RSAKeyValue"))
        {
            let part = |local| value.children().find(is(local)).ok_or(malformed("RSAKeyValue"));
            let modulus = binary(part("Modulus")?)?;
            keys.push(ConfirmationKey::Rsa { modulus, exponent: binary(part("Exponent")?)? });
        }
        if keys.len() > MAX_KEYS {
            return Err(malformed(DATA));
        }
    }
    Ok(keys)
}

fn binary(node: Node<'_>) -> Result<Vec<u8>, Cause> {
    let text = node.text();
    let is_too_long = text.len() > MAX_KEY_TEXT_BYTES;
    let packed: String = text.split_ascii_whitespace().collect();
    let decoded = STANDARD.decode(packed).ok().filter(|_| !is_too_long);
    decoded.ok_or(malformed("KeyInfo"))
}

/// One confirmation is enough; if none holds, the cause is that of the first.
pub(crate) fn judge(
    confirmations: &[Confirmation],
    rules: &Rules<'_>,
    earliest: Timestamp,
    latest: Timestamp,
) -> Result<(), Cause> {
    let mut first = None;
    for confirmation in confirmations {
        match judge_one(confirmation, rules, earliest, latest) {
            Ok(()) => return Ok(()),
            Err(cause) => {
                first.get_or_insert(cause);
            }
        }
    }
    Err(first.unwrap_or(Cause::ConfirmationMethod))
}

fn judge_one(
    confirmation: &Confirmation,
    rules: &Rules<'_>,
    earliest: Timestamp,
    latest: Timestamp,
) -> Result<(), Cause> {
    let holds = match &confirmation.method {
        Method::Bearer => true,
        Method::HolderOfKey(_) if rules.is_relayed => true,
        Method::HolderOfKey(keys) => keys.iter().any(|key| is_presenter(key, rules)),
        Method::Other(_) => return Err(Cause::ConfirmationMethod),
    };
    if !holds {
        return Err(Cause::HolderOfKey);
    }
    if confirmation.not_before.is_some_and(|time| latest < time)
        || confirmation.not_on_or_after.is_some_and(|time| time <= earliest)
    {
        return Err(Cause::ConfirmationTime);
    }
    match &confirmation.recipient {
        Some(recipient) if !rules.is_relayed && !rules.recipients.contains(recipient) => {
            Err(Cause::Recipient)
        }
        Some(_) | None => Ok(()),
    }
}

fn is_presenter(key: &ConfirmationKey, rules: &Rules<'_>) -> bool {
    rules.presenter.is_some_and(|presenter| match key {
        ConfirmationKey::Certificate(der) => presenter.der() == der,
        ConfirmationKey::Rsa { modulus, exponent } => presenter.has_rsa_key(modulus, exponent),
    })
}

//! Writing and signing assertions: for `renkei token`, and for gateways that speak on behalf of a user.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use datatypes::Code;
use soap::{SOAP_12, WS_SECURITY};
use xml::{Limits, Writer};
use xmldsig::{Document, SignError, SigningKey, TrustedKey, XML_SIGNATURE, signature};

use crate::assertion::{Assertion, AuthnStatement, Confirmation, ConfirmationKey, Method, NameId};
use crate::attributes::{Attributes, name};
use crate::confirmation::{BEARER, HOLDER_OF_KEY};
use crate::{HL7, SAML, XS, XSI, read};

/// Attributes of IHE that have this name format (ITI TF-2: 3.40.4.1.2).
const URI: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri";
const URI_NAMES: [&str; 3] =
    [name::HOME_COMMUNITY_ID, name::CONSENT_DOCUMENT, name::ACKNOWLEDGED_POLICY];

/// Why an assertion was not issued: a fault of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    #[error("the assertion cannot be signed")]
    Sign(#[source] SignError),
    /// Something is empty, too long or ambiguous, or has a character that XML cannot carry.
    #[error("what was written would not be read as what was meant")]
    NotWhatWasMeant,
}

/// Writes and signs an assertion, and reads it again: nothing leaves that says something else than was meant.
///
/// # Errors
/// [`IssueError`].
pub fn issue(assertion: &Assertion, key: &SigningKey) -> Result<String, IssueError> {
    let rest = rest(assertion);
    let unsigned = whole(assertion, "", &rest);
    let document = Document::read(&unsigned, Limits::default());
    let document = document.map_err(|_error| IssueError::NotWhatWasMeant)?;
    let root = document.root().ok_or(IssueError::NotWhatWasMeant)?;
    // `xs` stands in values only, where the canonical form does not see it.
    let signature = signature(root, &["xs"], key, key.algorithm()).map_err(IssueError::Sign)?;
    let signed = whole(assertion, &signature, &rest);
    if reads_as(&signed, assertion, key) { Ok(signed) } else { Err(IssueError::NotWhatWasMeant) }
}

/// SAML 2.0 core, section 2.3.3: the signature stands between the issuer and the rest.
fn whole(assertion: &Assertion, signature: &str, rest: &str) -> String {
    let mut writer = Writer::new();
    let attributes = [
        ("xmlns:saml", SAML),
        ("xmlns:xs", XS),
        ("xmlns:xsi", XSI),
        ("ID", &*assertion.id),
        ("IssueInstant", &*assertion.issue_instant.to_string()),
        ("Version", "2.0"),
    ];
    writer.start("saml:Assertion", &attributes);
    writer.start("saml:Issuer", &[]).text(&assertion.issuer).end();
    writer.raw(signature).raw(rest);
    writer.finish()
}

fn reads_as(signed: &str, assertion: &Assertion, key: &SigningKey) -> bool {
    let document = Document::read(signed, Limits::default());
    let trusted = TrustedKey::new(key.certificate().clone());
    let (Ok(document), Ok(trusted)) = (document, trusted) else { return false };
    let verified = document.root().and_then(|root| xmldsig::verify(root, &[trusted]).ok());
    verified.is_some_and(|verified| read::assertion(&verified).as_ref() == Ok(assertion))
}

/// A Security header block around an assertion, for the header of a SOAP 1.2 envelope.
#[must_use]
pub fn security_header(assertion: &str) -> String {
    let mut writer = Writer::with_capacity(assertion.len().saturating_add(256));
    let attributes =
        [("xmlns:wsse", WS_SECURITY), ("xmlns:soap", SOAP_12), ("soap:mustUnderstand", "1")];
    writer.start("wsse:Security", &attributes).raw(assertion);
    writer.finish()
}

/// What follows the signature.
fn rest(assertion: &Assertion) -> String {
    let mut writer = Writer::new();
    writer.start("saml:Subject", &[]);
    name_id(&mut writer, &assertion.subject);
    for confirmation in &assertion.confirmations {
        subject_confirmation(&mut writer, confirmation);
    }
    writer.end();
    let conditions = &assertion.conditions;
    let times = [
        ("NotBefore", &*conditions.not_before.to_string()),
        ("NotOnOrAfter", &*conditions.not_on_or_after.to_string()),
    ];
    writer.start("saml:Conditions", &times);
    for restriction in &conditions.audience_restrictions {
        writer.start("saml:AudienceRestriction", &[]);
        for audience in restriction {
            writer.start("saml:Audience", &[]).text(audience).end();
        }
        writer.end();
    }
    if conditions.one_time_use {
        writer.empty("saml:OneTimeUse", &[]);
    }
    writer.end();
    for statement in &assertion.authn_statements {
        authn_statement(&mut writer, statement);
    }
    attribute_statement(&mut writer, &assertion.attributes);
    writer.finish()
}

fn name_id(writer: &mut Writer, name: &NameId) {
    let attributes = [
        ("Format", &name.format),
        ("NameQualifier", &name.name_qualifier),
        ("SPProvidedID", &name.sp_provided_id),
    ];
    let attributes: Vec<_> = present(&attributes).collect();
    writer.start("saml:NameID", &attributes).text(&name.value).end();
}

fn present<'a>(
    attributes: &'a [(&'static str, &'a Option<String>)],
) -> impl Iterator<Item = (&'static str, &'a str)> {
    attributes.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)))
}

fn subject_confirmation(writer: &mut Writer, confirmation: &Confirmation) {
    let method = match &confirmation.method {
        Method::Bearer => BEARER,
        Method::HolderOfKey(_) => HOLDER_OF_KEY,
        Method::Other(uri) => uri,
    };
    writer.start("saml:SubjectConfirmation", &[("Method", method)]);
    let attributes = [
        ("NotBefore", &confirmation.not_before.map(|time| time.to_string())),
        ("NotOnOrAfter", &confirmation.not_on_or_after.map(|time| time.to_string())),
        ("Recipient", &confirmation.recipient),
    ];
    let attributes: Vec<_> = present(&attributes).collect();
    match &confirmation.method {
        Method::HolderOfKey(keys) => {
            // SAML 2.0 core, section 2.4.1.3: the type of data that holds keys.
            let typed = ("xsi:type", "saml:KeyInfoConfirmationDataType");
            let attributes: Vec<_> = std::iter::once(typed).chain(attributes).collect();
            writer.start("saml:SubjectConfirmationData", &attributes);
            keys.iter().for_each(|key| key_info(writer, key));
            writer.end();
        }
        Method::Bearer | Method::Other(_) if attributes.is_empty() => {}
        Method::Bearer | Method::Other(_) => {
            writer.empty("saml:SubjectConfirmationData", &attributes);
        }
    }
    writer.end();
}

fn key_info(writer: &mut Writer, key: &ConfirmationKey) {
    writer.start("ds:KeyInfo", &[("xmlns:ds", XML_SIGNATURE)]);
    match key {
        ConfirmationKey::Certificate(der) => {
            writer.start("ds:X509Data", &[]).start("ds:X509Certificate", &[]);
            writer.text(&STANDARD.encode(der)).end();
        }
        ConfirmationKey::Rsa { modulus, exponent } => {
            writer.start("ds:KeyValue", &[]).start("ds:RSAKeyValue", &[]);
            writer.start("ds:Modulus", &[]).text(&STANDARD.encode(modulus)).end();
            writer.start("ds:Exponent", &[]).text(&STANDARD.encode(exponent)).end().end();
        }
    }
    writer.end().end();
}

fn authn_statement(writer: &mut Writer, statement: &AuthnStatement) {
    let instant = Some(statement.instant.to_string());
    let end = statement.session_not_on_or_after.map(|time| time.to_string());
    let attributes = [("AuthnInstant", &instant), ("SessionNotOnOrAfter", &end)];
    let attributes: Vec<_> = present(&attributes).collect();
    writer.start("saml:AuthnStatement", &attributes).start("saml:AuthnContext", &[]);
    if let Some(class) = &statement.class {
        writer.start("saml:AuthnContextClassRef", &[]).text(class).end();
    }
    writer.end().end();
}

fn attribute_statement(writer: &mut Writer, attributes: &Attributes) {
    // By name, because an attribute has its values in one element.
    let mut texts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut add = |name, values: Vec<String>| texts.entry(name).or_default().extend(values);
    add(name::SUBJECT_ID, attributes.subject_id.iter().cloned().collect());
    add(name::ORGANIZATION, attributes.organizations.clone());
    add(name::ORGANIZATION_ID, attributes.organization_ids.clone());
    let home = attributes.home_community_id.iter().map(ToString::to_string);
    add(name::HOME_COMMUNITY_ID, home.collect());
    let resource = attributes.resource_id.iter().map(datatypes::PatientId::to_cx);
    add(name::RESOURCE_ID, resource.collect());
    texts.retain(|_, values| !values.is_empty());
    let codes = [
        (name::ROLE, "hl7:Role", &attributes.roles),
        (name::PURPOSE_OF_USE, "hl7:PurposeOfUse", &attributes.purposes_of_use),
    ];
    let has_codes = codes.iter().any(|(.., codes)| !codes.is_empty());
    if texts.is_empty() && !has_codes && attributes.others.is_empty() {
        return;
    }
    writer.start("saml:AttributeStatement", &[]);
    let others = attributes.others.iter().map(|other| (&*other.name, &other.values));
    for (name, values) in texts.iter().map(|(name, values)| (*name, values)).chain(others) {
        text_attribute(writer, name, values);
    }
    for (name, element, codes) in codes {
        if !codes.is_empty() {
            writer.start("saml:Attribute", &[("Name", name)]);
            codes.iter().for_each(|code| coded_value(writer, element, code));
            writer.end();
        }
    }
    writer.end();
}

fn text_attribute(writer: &mut Writer, name: &str, values: &[String]) {
    let is_uri = URI_NAMES.contains(&name);
    let format = ("NameFormat", URI);
    let attributes = [("Name", name), format];
    let (named, value_type) = if is_uri {
        (&attributes[..], "xs:anyURI")
    } else {
        (attributes.split_last().map_or(&[][..], |(_, named)| named), "xs:string")
    };
    writer.start("saml:Attribute", named);
    for value in values {
        writer.start("saml:AttributeValue", &[("xsi:type", value_type)]).text(value).end();
    }
    writer.end();
}

fn coded_value(writer: &mut Writer, element: &'static str, code: &Code) {
    let attributes = [
        ("xmlns:hl7", HL7),
        ("xsi:type", "hl7:CE"),
        ("code", &*code.code),
        ("codeSystem", &*code.scheme),
        ("displayName", &*code.display),
    ];
    let shown =
        if code.display.is_empty() { attributes.len().saturating_sub(1) } else { attributes.len() };
    let attributes: Vec<_> = attributes.into_iter().take(shown).collect();
    writer.start("saml:AttributeValue", &[]).empty(element, &attributes).end();
}

//! From a verified element to an [`Assertion`]. Strict in what decides, tolerant in attributes that grant nothing.

use datatypes::{Code, HomeCommunityId, Oid, PatientId};
use xmldsig::Node;

use crate::assertion::{Assertion, AuthnStatement, Conditions, NameId};
use crate::attributes::{Attributes, OtherAttribute, name};
use crate::cause::Cause;
use crate::element::{
    all, any_text, attribute, collapse, instant, malformed, one, optional, required, text, trim,
};
use crate::{HL7, SAML, confirmation};

const MAX_CONFIRMATIONS: usize = 16;
const MAX_AUDIENCES: usize = 256;
/// Assertions of national programmes have about 20 attributes, with a few values each.
const MAX_VALUES: usize = 1024;
/// An element as the value of an attribute: a coded value, or a consent policy by reference.
const MAX_VALUE_BYTES: usize = 16 * 1024;

/// What may stand in an assertion beside its signature (SAML 2.0 core, section 2.3.3). A statement of another kind
/// could mean anything.
const PARTS: [&str; 7] = [
    "Issuer",
    "Subject",
    "Conditions",
    "Advice",
    "AuthnStatement",
    "AttributeStatement",
    "AuthzDecisionStatement",
];

/// As XACML 1.0 calls it; some providers still do.
const RESOURCE_ID_1: &str = "urn:oasis:names:tc:xacml:1.0:resource:resource-id";

/// The text of `Issuer`, by which the keys are chosen.
pub(crate) fn issuer(assertion: Node<'_>) -> Result<String, Cause> {
    text(one(assertion.children(), "Issuer")?, "Issuer")
}

pub(crate) fn assertion(verified: &xmldsig::Verified<'_>) -> Result<Assertion, Cause> {
    let node = verified.node();
    let is_part = |child: Node<'_>| PARTS.iter().any(|part| child.is(SAML, part));
    if !verified.children().all(is_part) || !trim(&node.text()).is_empty() {
        return Err(malformed("Assertion"));
    }
    if required(node, "Version", "Version")? != "2.0" {
        return Err(malformed("Version"));
    }
    let subject = one(verified.children(), "Subject")?;
    if all(subject.children(), "SubjectConfirmation").count() > MAX_CONFIRMATIONS {
        return Err(malformed("SubjectConfirmation"));
    }
    Ok(Assertion {
        id: required(node, "ID", "ID")?,
        issue_instant: instant(node, "IssueInstant", "IssueInstant")?
            .ok_or(malformed("IssueInstant"))?,
        issuer: issuer(node)?,
        subject: name_id(one(subject.children(), "NameID")?)?,
        confirmations: all(subject.children(), "SubjectConfirmation")
            .map(confirmation::read)
            .collect::<Result<_, _>>()?,
        conditions: conditions(one(verified.children(), "Conditions")?)?,
        authn_statements: all(verified.children(), "AuthnStatement")
            .map(authn_statement)
            .collect::<Result<_, _>>()?,
        attributes: attributes(all(verified.children(), "AttributeStatement"))?,
    })
}

fn name_id(node: Node<'_>) -> Result<NameId, Cause> {
    Ok(NameId {
        value: text(node, "NameID")?,
        format: attribute(node, "Format", "NameID/@Format")?,
        name_qualifier: attribute(node, "NameQualifier", "NameID/@NameQualifier")?,
        sp_provided_id: attribute(node, "SPProvidedID", "NameID/@SPProvidedID")?,
    })
}

/// SAML 2.0 core, section 2.5.1: with a condition that is not understood, nothing can be said about validity.
fn conditions(node: Node<'_>) -> Result<Conditions, Cause> {
    let mut audience_restrictions = Vec::new();
    let mut one_time_use = false;
    let mut n_audiences = 0_usize;
    for condition in node.children() {
        if condition.is(SAML, "AudienceRestriction") {
            let audiences = all(condition.children(), "Audience");
            let audiences: Vec<String> =
                audiences.map(|audience| text(audience, "Audience")).collect::<Result<_, _>>()?;
            n_audiences = n_audiences.saturating_add(audiences.len());
            if audiences.is_empty() || n_audiences > MAX_AUDIENCES {
                return Err(malformed("AudienceRestriction"));
            }
            audience_restrictions.push(audiences);
        } else if condition.is(SAML, "OneTimeUse") {
            one_time_use = true;
        } else if !condition.is(SAML, "ProxyRestriction") {
            return Err(Cause::UnknownCondition);
        }
    }
    let time = |local| instant(node, local, local)?.ok_or(malformed(local));
    Ok(Conditions {
        not_before: time("NotBefore")?,
        not_on_or_after: time("NotOnOrAfter")?,
        audience_restrictions,
        one_time_use,
    })
}

fn authn_statement(node: Node<'_>) -> Result<AuthnStatement, Cause> {
    let context = one(node.children(), "AuthnContext")?;
    let class = optional(context.children(), "AuthnContextClassRef")?;
    let other = ["AuthnContextDecl", "AuthnContextDeclRef"];
    let has_other = context.children().any(|child| other.iter().any(|name| child.is(SAML, name)));
    if class.is_none() && !has_other {
        return Err(malformed("AuthnContext"));
    }
    let class = class.map(|class| text(class, "AuthnContextClassRef")).transpose()?;
    Ok(AuthnStatement {
        instant: instant(node, "AuthnInstant", "AuthnInstant")?.ok_or(malformed("AuthnInstant"))?,
        session_not_on_or_after: instant(node, "SessionNotOnOrAfter", "SessionNotOnOrAfter")?,
        class,
    })
}

/// Several statements, several attributes of one name and several values are all the same (ITI TF-2: 3.40.4.1.2).
fn attributes<'d>(statements: impl Iterator<Item = Node<'d>>) -> Result<Attributes, Cause> {
    let mut attributes = Attributes::default();
    let mut n_values = 0_usize;
    for attribute in statements.flat_map(|statement| statement.children()) {
        // An encrypted attribute might restrict what is granted, and cannot be read.
        if !attribute.is(SAML, "Attribute") {
            return Err(malformed("AttributeStatement"));
        }
        let name = required(attribute, "Name", "Attribute/@Name")?;
        for value in attribute.children() {
            n_values = n_values.saturating_add(1);
            if !value.is(SAML, "AttributeValue") || n_values > MAX_VALUES {
                return Err(malformed("Attribute"));
            }
            attributes.add(&name, value)?;
        }
    }
    Ok(attributes)
}

impl Attributes {
    fn add(&mut self, name: &str, value: Node<'_>) -> Result<(), Cause> {
        let is_blank = value.children().next().is_none() && trim(&value.text()).is_empty();
        // A limit that says nothing is not taken for none.
        if is_blank && name != name::RESOURCE_ID && name != RESOURCE_ID_1 {
            return Ok(());
        }
        match name {
            name::SUBJECT_ID => {
                let name = collapse(&text(value, name::SUBJECT_ID)?);
                set(&mut self.subject_id, name)
            }
            name::ORGANIZATION => {
                self.organizations.push(collapse(&text(value, name::ORGANIZATION)?));
                Ok(())
            }
            name::ORGANIZATION_ID => {
                self.organization_ids.push(text(value, name::ORGANIZATION_ID)?);
                Ok(())
            }
            name::HOME_COMMUNITY_ID => {
                let id = HomeCommunityId::parse(&text(value, name::HOME_COMMUNITY_ID)?);
                set(
                    &mut self.home_community_id,
                    id.map_err(|_id| malformed(name::HOME_COMMUNITY_ID))?,
                )
            }
            name::RESOURCE_ID | RESOURCE_ID_1 => {
                let id = patient_id(&text(value, name::RESOURCE_ID)?);
                set(&mut self.resource_id, id.ok_or(malformed(name::RESOURCE_ID))?)
            }
            name::ROLE => self.add_code(name, value, &["Role"]),
            // `PurposeForUse` is how older assertions write it.
            name::PURPOSE_OF_USE => self.add_code(name, value, &["PurposeOfUse", "PurposeForUse"]),
            _ => self.add_other(name, value),
        }
    }

    /// A coded value; what is none is kept among the others and grants nothing.
    fn add_code(&mut self, name: &str, value: Node<'_>, names: &[&str]) -> Result<(), Cause> {
        let Some(code) = code(value, names) else { return self.add_other(name, value) };
        match name {
            name::ROLE => self.roles.push(code),
            _ => self.purposes_of_use.push(code),
        }
        Ok(())
    }

    fn add_other(&mut self, name: &str, value: Node<'_>) -> Result<(), Cause> {
        let text = if value.children().next().is_none() {
            any_text(value, "AttributeValue")?
        } else {
            value.children().map(|child| child.canonical(&[])).collect()
        };
        if text.len() > MAX_VALUE_BYTES {
            return Err(malformed("AttributeValue"));
        }
        match self.others.iter_mut().find(|other| other.name == name) {
            Some(other) => other.values.push(text),
            None => {
                self.others.push(OtherAttribute { name: name.to_owned(), values: vec![text] });
            }
        }
        Ok(())
    }
}

/// The same value twice is one value; two values cannot both be meant.
fn set<T: PartialEq>(slot: &mut Option<T>, value: T) -> Result<(), Cause> {
    match slot.replace(value) {
        Some(before) if Some(&before) != slot.as_ref() => Err(Cause::AmbiguousAttribute),
        Some(_) | None => Ok(()),
    }
}

/// The only child, of one of these names of HL7 v3, with code and code system.
fn code(value: Node<'_>, names: &[&str]) -> Option<Code> {
    let mut children = value.children();
    let (coded, None) = (children.next()?, children.next()) else { return None };
    let part = |local| attribute(coded, local, "CE").ok().flatten();
    let is_named = names.iter().any(|name| coded.is(HL7, name));
    Some(Code {
        code: part("code").filter(|_| is_named)?,
        scheme: part("codeSystem")?,
        display: part("displayName").unwrap_or_default(),
    })
}

/// A CX as assertions have it: namespace id, check digit and type code are let pass, the authority has its OID.
fn patient_id(cx: &str) -> Option<PatientId> {
    let mut components = cx.split('^');
    let id = components.next()?;
    let mut authority = components.nth(2)?.split('&');
    let (_namespace, oid) = (authority.next()?, authority.next()?);
    let is_oid = authority.next() == Some("ISO") && authority.next().is_none();
    let authority = Oid::parse(oid).ok().filter(|_| is_oid)?;
    PatientId::new(id, authority).ok()
}

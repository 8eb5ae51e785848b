//! The judgement: from an element of a message to an assertion that may be relied on.

use jiff::Timestamp;
use xmldsig::Node;

use crate::assertion::{Assertion, Conditions, Method};
use crate::attributes::Attributes;
use crate::cause::{Cause, Refused};
use crate::rules::{RequiredAttribute, Rules};
use crate::{SAML, confirmation, read};

/// An assertion that was accepted. Holding one is the proof; there is no other way to make one.
#[derive(Clone, Debug)]
pub struct Verified {
    assertion: Assertion,
    digest: [u8; 32],
    remember_until: Timestamp,
}

impl Verified {
    #[must_use]
    pub fn assertion(&self) -> &Assertion {
        &self.assertion
    }

    /// SHA-256 over the canonical bytes that were signed: equal for two presentations of one assertion, however
    /// it was written, and only then.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Whether a way to confirm the subject asks for the key of the presenter.
    #[must_use]
    pub fn is_bound_to_key(&self) -> bool {
        let is_bound = |method: &Method| matches!(method, Method::HolderOfKey(_));
        self.assertion.confirmations.iter().any(|confirmation| is_bound(&confirmation.method))
    }

    /// Compares what the assertion says with the rules once more: time has gone on, or somebody else presents it.
    /// The keys of the rules are not asked; who has other keys since must have the assertion verified anew.
    ///
    /// # Errors
    /// [`Refused`], with the first cause.
    pub fn holds(&self, rules: &Rules<'_>) -> Result<(), Refused> {
        Ok(conditions_hold(&self.assertion, rules)?)
    }

    /// When the assertion cannot be accepted any more, and so its digest need not be remembered.
    #[must_use]
    pub fn remember_until(&self) -> Timestamp {
        self.remember_until
    }
}

/// Verifies the signature of `assertion` by the keys of its issuer, reads what was signed, and compares it with
/// the rules.
///
/// Whether a resource-id names the patient of the request is asked later ([`Attributes::concerns`]), and whether
/// a one-time assertion was used before is asked of a memory ([`Verified::digest`]).
///
/// # Errors
/// [`Refused`], with the first cause.
pub fn judge(assertion: Node<'_>, rules: &Rules<'_>) -> Result<Verified, Refused> {
    Ok(attempt(assertion, rules)?)
}

fn attempt(node: Node<'_>, rules: &Rules<'_>) -> Result<Verified, Cause> {
    if !node.is(SAML, "Assertion") {
        return Err(Cause::UnsupportedToken);
    }
    let keys = rules.issuers.get(&read::issuer(node)?).ok_or(Cause::UntrustedIssuer)?;
    let verified =
        xmldsig::verify(node, keys).map_err(|refused| Cause::Signature(refused.cause()))?;
    let assertion = read::assertion(&verified)?;
    conditions_hold(&assertion, rules)?;
    let end = assertion.conditions.not_on_or_after;
    Ok(Verified {
        digest: xmldsig::sha256(verified.signed().as_bytes()),
        remember_until: end.checked_add(rules.skew).unwrap_or(Timestamp::MAX),
        assertion,
    })
}

fn conditions_hold(assertion: &Assertion, rules: &Rules<'_>) -> Result<(), Cause> {
    // Clocks differ: what is not before this is not in the past, what is not after that not in the future.
    let earliest = rules.now.checked_sub(rules.skew).unwrap_or(Timestamp::MIN);
    let latest = rules.now.checked_add(rules.skew).unwrap_or(Timestamp::MAX);
    validity(assertion, rules, earliest, latest)?;
    confirmation::judge(&assertion.confirmations, rules, earliest, latest)?;
    audience(&assertion.conditions, rules)?;
    authentication(assertion, rules, earliest, latest)?;
    let missing = rules.required.iter().find(|required| !has(&assertion.attributes, **required));
    missing.map_or(Ok(()), |missing| Err(Cause::MissingAttribute(*missing)))
}

fn validity(
    assertion: &Assertion,
    rules: &Rules<'_>,
    earliest: Timestamp,
    latest: Timestamp,
) -> Result<(), Cause> {
    let Conditions { not_before, not_on_or_after, .. } = assertion.conditions;
    if latest < assertion.issue_instant {
        return Err(Cause::IssuedInTheFuture);
    }
    if latest < not_before {
        return Err(Cause::NotYetValid);
    }
    if not_on_or_after <= earliest || not_on_or_after <= not_before {
        return Err(Cause::Expired);
    }
    if not_on_or_after.duration_since(not_before) > rules.longest_validity {
        return Err(Cause::ValidTooLong);
    }
    Ok(())
}

/// All restrictions hold, each for one of its audiences (SAML 2.0 errata, E46).
fn audience(conditions: &Conditions, rules: &Rules<'_>) -> Result<(), Cause> {
    let restrictions = &conditions.audience_restrictions;
    if restrictions.is_empty() {
        return Err(Cause::NoAudience);
    }
    let holds = |any: &Vec<String>| any.iter().any(|audience| rules.audiences.contains(audience));
    if restrictions.iter().all(holds) { Ok(()) } else { Err(Cause::Audience) }
}

fn authentication(
    assertion: &Assertion,
    rules: &Rules<'_>,
    earliest: Timestamp,
    latest: Timestamp,
) -> Result<(), Cause> {
    if assertion.authn_statements.is_empty() {
        return Err(Cause::NoAuthnStatement);
    }
    for statement in &assertion.authn_statements {
        let has_ended = statement.session_not_on_or_after.is_some_and(|end| end <= earliest);
        if latest < statement.instant || has_ended {
            return Err(Cause::AuthnTime);
        }
    }
    if assertion.strength() < rules.least_strength {
        return Err(Cause::WeakAuthentication);
    }
    Ok(())
}

fn has(attributes: &Attributes, required: RequiredAttribute) -> bool {
    match required {
        RequiredAttribute::SubjectId => attributes.subject_id.is_some(),
        RequiredAttribute::Organization => !attributes.organizations.is_empty(),
        RequiredAttribute::OrganizationId => !attributes.organization_ids.is_empty(),
        RequiredAttribute::HomeCommunityId => attributes.home_community_id.is_some(),
        RequiredAttribute::Role => !attributes.roles.is_empty(),
        RequiredAttribute::PurposeOfUse => !attributes.purposes_of_use.is_empty(),
        RequiredAttribute::ResourceId => attributes.resource_id.is_some(),
    }
}

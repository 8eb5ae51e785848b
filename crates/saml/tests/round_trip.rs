//! What is issued is read as what was meant, whatever it says.

use std::sync::OnceLock;

use datatypes::{Code, HomeCommunityId, PatientId};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use saml::{
    Assertion, Attributes, AuthnStatement, Conditions, Confirmation, ConfirmationKey, IssueError,
    Method, NameId, OtherAttribute,
};
use xmldsig::SigningKey;

use crate::keys::p256;
use crate::support::{ISSUER, assertion, key};

/// Japanese and everything that must be escaped; no white space at the ends, which is not kept.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9あ-ん一-龠ｱ-ﾝ&<>'\"\\]{};#\u{20BB7}]{1,12}( [山田&<>]{1,4})?"
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000, 0_i32..1_000_000_000).prop_map(|(second, nanosecond)| {
        let whole = Timestamp::from_second(second).unwrap();
        let fraction = if nanosecond % 3 == 0 { 0 } else { nanosecond };
        whole.checked_add(SignedDuration::new(0, fraction)).unwrap()
    })
}

fn code() -> impl Strategy<Value = Code> {
    (text(), text(), option::of(text())).prop_map(|(code, scheme, display)| Code {
        code,
        scheme,
        display: display.unwrap_or_default(),
    })
}

fn name_id() -> impl Strategy<Value = NameId> {
    (text(), option::of(text()), option::of(text()), option::of(text())).prop_map(
        |(value, format, name_qualifier, sp_provided_id)| NameId {
            value,
            format,
            name_qualifier,
            sp_provided_id,
        },
    )
}

fn confirmation() -> impl Strategy<Value = Confirmation> {
    let bytes = || vec(any::<u8>(), 1..40);
    let keys = prop_oneof![
        bytes().prop_map(ConfirmationKey::Certificate),
        (bytes(), bytes())
            .prop_map(|(modulus, exponent)| ConfirmationKey::Rsa { modulus, exponent }),
    ];
    let method = prop_oneof![
        Just(Method::Bearer),
        vec(keys, 0..3).prop_map(Method::HolderOfKey),
        text().prop_map(Method::Other),
    ];
    (method, option::of(time()), option::of(time()), option::of(text())).prop_map(
        |(method, not_before, not_on_or_after, recipient)| Confirmation {
            method,
            not_before,
            not_on_or_after,
            recipient,
        },
    )
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let restrictions = vec(vec(text(), 1..3), 0..3);
    (time(), time(), restrictions, any::<bool>()).prop_map(
        |(not_before, not_on_or_after, audience_restrictions, one_time_use)| Conditions {
            not_before,
            not_on_or_after,
            audience_restrictions,
            one_time_use,
        },
    )
}

fn authn_statement() -> impl Strategy<Value = AuthnStatement> {
    (time(), option::of(time()), text()).prop_map(|(instant, session_not_on_or_after, class)| {
        AuthnStatement { instant, session_not_on_or_after, class: Some(class) }
    })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let others = vec(vec(text(), 1..3), 0..3).prop_map(|all| {
        let numbered = all.into_iter().enumerate();
        let named =
            numbered.map(|(n, values)| OtherAttribute { name: format!("urn:x:{n}"), values });
        named.collect::<Vec<_>>()
    });
    let oid = "[12](\\.[1-9][0-9]{0,4}){1,6}";
    let patient = ("[A-Z0-9あ-ん]{1,10}", oid)
        .prop_map(|(id, oid)| PatientId::new(&id, datatypes::Oid::parse(&oid).unwrap()).unwrap());
    let home = oid.prop_map(|oid| HomeCommunityId::parse(&format!("urn:oid:{oid}")).unwrap());
    let texts = (option::of(text()), vec(text(), 0..3), vec(text(), 0..3));
    let codes = (vec(code(), 0..3), vec(code(), 0..3));
    (texts, option::of(home), codes, option::of(patient), others).prop_map(
        |(texts, home_community_id, codes, resource_id, others)| Attributes {
            subject_id: texts.0,
            organizations: texts.1,
            organization_ids: texts.2,
            home_community_id,
            roles: codes.0,
            purposes_of_use: codes.1,
            resource_id,
            others,
        },
    )
}

fn any_assertion() -> impl Strategy<Value = Assertion> {
    let subject = (name_id(), vec(confirmation(), 0..3));
    let statements = (vec(authn_statement(), 0..3), attributes());
    ("_[a-zA-Z0-9.-]{1,20}", time(), text(), subject, conditions(), statements).prop_map(
        |(id, issue_instant, issuer, subject, conditions, statements)| Assertion {
            id,
            issue_instant,
            issuer,
            subject: subject.0,
            confirmations: subject.1,
            conditions,
            authn_statements: statements.0,
            attributes: statements.1,
        },
    )
}

fn quick_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| p256().signing())
}

proptest! {
    /// `issue` reads what it has written and compares; an error is a difference.
    #[test]
    fn what_is_issued_is_read_as_what_was_meant(assertion in any_assertion()) {
        prop_assert_eq!(saml::issue(&assertion, quick_key()).map(|_text| ()), Ok(()));
    }
}

#[test]
fn what_would_be_read_differently_is_not_issued() {
    let check = |change: &dyn Fn(&mut Assertion)| {
        let mut changed = assertion();
        change(&mut changed);
        assert_eq!(saml::issue(&changed, &key()), Err(IssueError::NotWhatWasMeant));
    };
    check(&|changed| changed.issuer = format!(" {ISSUER}"));
    check(&|changed| changed.issuer.clear());
    check(&|changed| changed.subject.value = "a\u{0}b".to_owned());
    check(&|changed| changed.subject.sp_provided_id = Some(String::new()));
    check(&|changed| changed.attributes.subject_id = Some("a  b".to_owned()));
    check(&|changed| changed.attributes.roles[0].scheme.clear());
    check(&|changed| changed.authn_statements[0].class = None);
    check(&|changed| changed.conditions.audience_restrictions.push(Vec::new()));
    check(&|changed| changed.attributes.others[0].name = saml::name::ROLE.to_owned() + " ");
    let mut no_id = assertion();
    no_id.id = "a b".to_owned();
    let expected = IssueError::Sign(xmldsig::SignError::Id);
    assert_eq!(saml::issue(&no_id, &key()), Err(expected));
}

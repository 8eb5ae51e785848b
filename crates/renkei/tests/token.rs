//! `renkei token`, and the assertions that other commands show by themselves.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use config::Agreement;
use jiff::{SignedDuration, Timestamp};
use saml::{Assertion, Cause, RequiredAttribute, Rules, Strength, TrustedIssuers};
use xml::Limits;
use xmldsig::{Certificate, TrustedKey};

use crate::command::Workplace;
use crate::partner::{Reply, envelope, serve};

fn agreement(workplace: &Workplace) -> Agreement {
    Agreement::read(&workplace.path("data/affinity-domain.toml")).unwrap()
}

/// What a server of the community makes of the message, an hour from now at the latest.
fn judge(workplace: &Workplace, message: &str, after: SignedDuration) -> Result<Assertion, Cause> {
    let agreement = agreement(workplace);
    let trusted = |der: &Vec<u8>| TrustedKey::new(Certificate::from_der(der).unwrap()).unwrap();
    let issuers: TrustedIssuers = agreement
        .assertion_issuers
        .iter()
        .map(|issuer| (issuer.uri.clone(), issuer.certificates.iter().map(trusted).collect()))
        .collect();
    let rules = Rules {
        issuers: &issuers,
        audiences: &[agreement.audience()],
        recipients: &[],
        skew: SignedDuration::from_secs(1),
        longest_validity: SignedDuration::from_hours(12),
        required: &[
            RequiredAttribute::SubjectId,
            RequiredAttribute::Organization,
            RequiredAttribute::OrganizationId,
            RequiredAttribute::HomeCommunityId,
            RequiredAttribute::Role,
            RequiredAttribute::PurposeOfUse,
        ],
        least_strength: Strength::Unspecified,
        presenter: None,
        is_relayed: false,
        now: Timestamp::now().checked_add(after).unwrap(),
    };
    let document = saml::read_envelope(message, Limits::default()).unwrap();
    let found = saml::carried(&document).unwrap().unwrap();
    let verified = saml::judge(found, &rules).map_err(saml::Refused::cause)?;
    Ok(verified.assertion().clone())
}

fn in_message(assertion: &str) -> String {
    let header = saml::security_header(assertion.trim_end());
    soap::write_request_with("urn:x", "urn:uuid:1", "urn:y", &header, "<x/>")
}

#[track_caller]
fn issued(workplace: &Workplace, arguments: &[&str]) -> Assertion {
    let printed = workplace.succeed(&[&["token"], arguments].concat());
    judge(workplace, &in_message(&printed), SignedDuration::ZERO).unwrap()
}

#[test]
fn a_physician_of_the_first_member_is_believed() {
    let workplace = Workplace::initialised();
    let agreement = agreement(&workplace);
    let assertion = issued(&workplace, &[]);
    let home = &agreement.home_community_id;
    assert_eq!(assertion.issuer, config::pki::issuer_uri(home));
    assert_eq!(assertion.subject.value, "developer");
    assert_eq!(assertion.strength(), Strength::Possession);
    assert!(!assertion.conditions.one_time_use);
    assert_eq!(assertion.conditions.audience_restrictions, [[agreement.audience()]]);
    let attributes = &assertion.attributes;
    assert_eq!(attributes.organizations, [agreement.members[0].name.clone()]);
    let oid = &agreement.members[0].oids[0];
    assert_eq!(attributes.organization_ids, [format!("urn:oid:{oid}")]);
    assert_eq!(attributes.home_community_id.as_ref(), Some(home));
    let codes = |codes: &[datatypes::Code]| -> Vec<String> {
        codes.iter().map(|code| format!("{}^{}", code.code, code.scheme)).collect()
    };
    assert_eq!(codes(&attributes.roles), ["309343006^2.16.840.1.113883.6.96"]);
    assert_eq!(codes(&attributes.purposes_of_use), ["TREAT^2.16.840.1.113883.5.8"]);
    assert_eq!(attributes.resource_id, None);
}

#[test]
fn two_assertions_are_never_the_same_one() {
    let workplace = Workplace::initialised();
    assert_ne!(issued(&workplace, &[]).id, issued(&workplace, &[]).id);
}

#[test]
fn options_stand_in_the_assertion() {
    let workplace = Workplace::initialised();
    let arguments = "--user drsato --role nurse --role Midwife^1.2^助産師 --purpose EMERGENCY^1.3 \
                     --institution 1319999999 --patient JP0001 --one-time-use --validity 90s \
                     --authn SmartcardPKI";
    let mut arguments: Vec<&str> = arguments.split_whitespace().collect();
    arguments.extend(["--name", "佐藤 <一郎>"]);
    let assertion = issued(&workplace, &arguments);
    assert_eq!(assertion.subject.value, "drsato");
    assert_eq!(assertion.strength(), Strength::TwoFactors);
    let conditions = &assertion.conditions;
    assert!(conditions.one_time_use);
    let validity = conditions.not_on_or_after.duration_since(conditions.not_before);
    assert_eq!(validity, SignedDuration::from_secs(90));
    let attributes = &assertion.attributes;
    assert_eq!(attributes.subject_id.as_deref(), Some("佐藤 <一郎>"));
    let displays: Vec<_> = attributes.roles.iter().map(|role| &*role.display).collect();
    assert_eq!(displays, ["Registered nurse", "助産師"]);
    assert_eq!(attributes.purposes_of_use[0].scheme, "1.3");
    let network = agreement(&workplace).affinity_domain.authority.oid;
    let patient = attributes.resource_id.as_ref().unwrap();
    assert_eq!(patient.to_cx(), format!("JP0001^^^&{network}&ISO"));
}

#[test]
fn it_ends() {
    let workplace = Workplace::initialised();
    let message = in_message(&workplace.succeed(&["token", "--validity", "10m"]));
    let judged = |minutes| judge(&workplace, &message, SignedDuration::from_mins(minutes)).err();
    assert_eq!(judged(9), None);
    assert_eq!(judged(11), Some(Cause::Expired));
}

#[test]
fn the_security_library_verifies_what_is_printed() {
    let workplace = Workplace::initialised();
    workplace.succeed(&["token", "--name", "佐藤 一郎", "--out", "token.xml"]);
    let mode = workplace.path("token.xml").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let verify = |file: &str| {
        let mut command = Command::new("xmlsec1");
        command.args([
            "--verify",
            "--id-attr:ID",
            "urn:oasis:names:tc:SAML:2.0:assertion:Assertion",
        ]);
        command.arg("--pubkey-cert-pem").arg(workplace.path("data/trust/development-issuer.pem"));
        Some(command.arg(workplace.path(file)).output().ok()?.status.success())
    };
    let Some(accepted) = verify("token.xml") else {
        eprintln!("skipped: no xmlsec1");
        return;
    };
    assert!(accepted);
    workplace.write("forged.xml", &workplace.read("token.xml").replace("developer", "evil"));
    assert_eq!(verify("forged.xml"), Some(false));
}

#[test]
fn what_cannot_be_said_is_refused() {
    let workplace = Workplace::initialised();
    let said = workplace.fail(&["token", "--institution", "9"]);
    assert!(said.contains("no member with the code 9"), "{said}");
    let said = workplace.fail(&["token", "--patient", "1^^^x"]);
    assert!(said.contains("a patient is named"), "{said}");
    let said = workplace.fail(&["token", "--name", "a  b"]);
    assert!(said.contains("cannot be issued"), "{said}");
    workplace.misuse(&["token", "--role", "doctor"]);
    workplace.misuse(&["token", "--validity", "25h"]);
}

#[test]
fn an_issuer_says_nothing_about_institutions_that_are_not_its_own() {
    let workplace = Workplace::initialised();
    let text = workplace.read("data/affinity-domain.toml");
    let text = text.replace("#members = [\"1319999999\"]\n", "members = [\"OTHER\"]\n");
    let other = "[[members]]\nname = \"Other\"\ncode = \"OTHER\"\n";
    workplace.write("data/affinity-domain.toml", &format!("{text}{other}"));
    let said = workplace.fail(&["token", "--institution", "1319999999"]);
    assert!(said.contains("may not speak for the member 1319999999"), "{said}");
    // Of the other one nothing is known by which an assertion could name it.
    let said = workplace.fail(&["token"]);
    assert!(said.contains("OTHER has neither an OID"), "{said}");
}

#[test]
fn an_issuer_that_nobody_believes_issues_nothing() {
    let workplace = Workplace::initialised();
    let text = workplace.read("data/affinity-domain.toml");
    let (head, tail) = text.split_once("[[assertion_issuers]]").unwrap();
    let (_, tail) = tail.split_once("#members = [\"1319999999\"]\n").unwrap();
    workplace.write("data/affinity-domain.toml", &format!("{head}{tail}"));
    let said = workplace.fail(&["token"]);
    assert!(said.contains("nobody would believe it"), "{said}");
    std::fs::remove_file(workplace.path("data/pki/development-issuer-key.pem")).unwrap();
    let said = workplace.fail(&["token"]);
    assert!(said.contains("no development issuer here"), "{said}");
}

#[test]
fn longer_than_the_agreement_allows_is_worth_a_warning() {
    let workplace = Workplace::initialised();
    let outcome = workplace.run(&["token", "--validity", "13h"]);
    assert!(outcome.code == 0 && outcome.stdout.starts_with("<saml:Assertion"));
    assert!(outcome.stderr.starts_with("warning: the agreement allows 720 minutes"));
}

/// The requests that a command sends to registry and repository, which answer nothing.
fn sent(workplace: &Workplace, arguments: &[&str]) -> Vec<String> {
    let (told, requests) = mpsc::channel();
    serve(&workplace.path("data"), move |request| {
        told.send(envelope(request).to_owned()).unwrap();
        Reply::HangUp
    });
    let outcome = workplace.run(arguments);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    let first = requests.recv_timeout(Duration::from_secs(20)).unwrap();
    std::iter::once(first).chain(requests.try_iter()).collect()
}

#[test]
fn commands_show_an_assertion_by_themselves() {
    let workplace = Workplace::initialised();
    workplace.write("a.txt", "a document");
    for arguments in [
        vec!["submit", "a.txt", "--patient", "JP0001"],
        vec!["find", "--patient", "JP0001"],
        vec!["fetch", "1.2.7"],
    ] {
        for message in sent(&workplace, &arguments) {
            let assertion = judge(&workplace, &message, SignedDuration::ZERO).unwrap();
            assert_eq!(assertion.subject.value, "developer", "{arguments:?}");
        }
    }
    let who = ["--user", "sasaki", "--role", "pharmacist", "--purpose", "ETREAT"];
    let find = [&["find", "--patient", "JP0001"][..], &who].concat();
    let assertion = judge(&workplace, &sent(&workplace, &find)[0], SignedDuration::ZERO).unwrap();
    assert_eq!(assertion.subject.value, "sasaki");
    assert_eq!(assertion.attributes.roles[0].code, "46255001");
    assert_eq!(assertion.attributes.purposes_of_use[0].code, "ETREAT");
}

#[test]
fn commands_show_the_assertion_of_a_file() {
    let workplace = Workplace::initialised();
    let token = workplace.succeed(&["token", "--user", "drsato"]);
    let document = format!("\u{feff}<?xml version=\"1.0\"?>\n<!-- by mail -->\n{token}");
    workplace.write("token.xml", &document);
    let find = ["find", "--patient", "JP0001", "--token", "token.xml"];
    let message = &sent(&workplace, &find)[0];
    // Only the namespaces in the first tag may be more.
    let (_, after_namespaces) = token.trim_end().split_once(" ID=").unwrap();
    assert!(message.contains(after_namespaces));
    let assertion = judge(&workplace, message, SignedDuration::ZERO).unwrap();
    assert_eq!(assertion.subject.value, "drsato");
    workplace.write("token.xml", "<saml/>");
    let said = workplace.fail(&find);
    assert!(said.contains("token.xml is no SAML 2.0 assertion"), "{said}");
    workplace.misuse(&[&find[..], &["--role", "nurse"]].concat());
}

#[test]
fn without_an_issuer_commands_ask_as_a_system() {
    let workplace = Workplace::initialised();
    std::fs::remove_file(workplace.path("data/pki/development-issuer-key.pem")).unwrap();
    let message = &sent(&workplace, &["find", "--patient", "JP0001"])[0];
    assert!(!message.contains("Security"), "{message}");
}

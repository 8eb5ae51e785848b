//! ITI-44: messages that no patient identity source sends, at `/pix/v3`.

use super::mllp::assert_no_ghost;
use super::requests::Door;
use super::{Case, Expected, Target, addressing, envelopes, requests, sender};
use crate::harness::database::Database;
use crate::harness::feed_v3::{FEED_V3, Interaction, id, message, replacement};
use crate::harness::http::post;
use crate::harness::soap::{envelope, new_message_id, simple};

const DOMAIN: &str = "1.2.392.99.1";

/// Name, message, and how it ends; the interaction that it announces.
type Message = (&'static str, Interaction, String, Expected);

fn refused(code: &'static str) -> Expected {
    Expected::Failure(code)
}

/// A message that makes the ghost known unless it is refused.
fn ghost() -> String {
    message(Interaction::Add, &id(DOMAIN, "ghost"), "")
}

fn structures() -> Vec<Message> {
    let add = |name, text, expected| (name, Interaction::Add, text, expected);
    let replace = |from: &str, to: &str| {
        assert!(ghost().contains(from), "{from}");
        ghost().replacen(from, to, 1)
    };
    let message_id = "<id root=\"1.2.392.99.9\" extension=\"message\"/>";
    let mismatch = addressing(&["InvalidAddressingHeader", "ActionMismatch"]);
    vec![
        add("no message id", replace(message_id, ""), sender("no id")),
        add("a null message id", replace(message_id, "<id nullFlavor=\"NI\"/>"), sender("no id")),
        add("two message ids", replace(message_id, &message_id.repeat(2)), refused("100")),
        add("an answer's id", replace(message_id, "<id root=\"&lt;&gt;\"/>"), sender("no id")),
        add("of v2", ghost().replace("urn:hl7-org:v3", "urn:hl7-org:v2"), mismatch),
        add("of 2005", ghost().replace("PRPA_IN201301UV02", "PRPA_IN201301UV"), mismatch),
        (
            "another interaction",
            Interaction::Revise,
            ghost(),
            addressing(&["InvalidAddressingHeader", "ActionMismatch"]),
        ),
        add(
            "another id of it",
            replace("extension=\"PRPA_IN201301", "extension=\"X"),
            refused("200"),
        ),
        add("no id of it", replace("<interactionId ", "<x "), refused("101")),
    ]
}

fn contents() -> Vec<Message> {
    let replace = |name, from: &str, to: &str, expected| {
        assert!(ghost().contains(from), "{from}");
        (name, Interaction::Add, ghost().replacen(from, to, 1), expected)
    };
    let add = |name, text, expected| (name, Interaction::Add, text, expected);
    let subject = "<subject1 typeCode=\"SBJ\"><patient/></subject1><custodian";
    let elsewhere =
        ghost().replace("<subject1 ", "<subject2 ").replace("</subject1>", "</subject2>");
    let merge = replacement(&id(DOMAIN, "victim"));
    let code = "<processingCode code=\"P\"";
    vec![
        replace("no processing code", "<processingCode ", "<x ", refused("101")),
        replace("another one", code, "<processingCode code=\"X\"", refused("202")),
        replace("a record of the past", "code=\"active\"", "code=\"nullified\"", refused("103")),
        replace("no status", "<statusCode code=\"active\"/>", "", refused("101")),
        replace("two patients", "<custodian", subject, refused("100")),
        add("no patient", elsewhere, refused("101")),
        replace(
            "a dog",
            "<patientPerson",
            "<patientNonPersonLivingSubject/><patientPerson",
            refused("100"),
        ),
        add(
            "a merge inside",
            message(Interaction::Add, &id(DOMAIN, "ghost"), &merge),
            refused("100"),
        ),
        replace(
            "text inside",
            "<patientPerson ",
            "ghost<patientPerson ",
            sender("unexpected text"),
        ),
        add(
            "nothing inside",
            "<PRPA_IN201301UV02 xmlns=\"urn:hl7-org:v3\"/>".to_owned(),
            sender("no id"),
        ),
    ]
}

fn identifiers() -> Vec<Message> {
    let add = |name, ids: &str, expected| {
        (name, Interaction::Add, message(Interaction::Add, ids, ""), expected)
    };
    let ours = |extension: &str| id(DOMAIN, extension);
    let raw = |extension: &str| format!("<id root=\"{DOMAIN}\" extension=\"{extension}\"/>");
    vec![
        add("no id", "", refused("101")),
        add("a null id", "<id nullFlavor=\"UNK\"/>", refused("101")),
        add("an id of nobody", "<id extension=\"ghost\"/>", refused("204")),
        add("201 of them", &ours("ghost").repeat(201), refused("102")),
        add("50,000 of them", &ours("ghost").repeat(50_000), refused("102")),
        add(
            "50,000 null ones",
            &("<id nullFlavor=\"NA\"/>".repeat(50_000) + &ours("ghost")),
            refused("102"),
        ),
        add("an OID that is none", &id("1..2", "ghost"), refused("102")),
        add("an OID with a quote", &id("1.2' OR '1'='1", "ghost"), refused("102")),
        add("300 characters", &ours(&"x".repeat(300)), refused("102")),
        add("a component delimiter", &ours("gh^ost"), refused("102")),
        add("a subcomponent delimiter", &ours("gh&ost"), refused("102")),
        add("an escape character", &ours("gh\\ost"), refused("102")),
        add("a line feed", &raw("gh&#10;ost"), refused("102")),
        add("a control character", &raw("gh&#x85;ost"), refused("102")),
        add("NUL", &raw("gh&#0;ost"), sender("")),
        add("two extensions", &raw("ghost\" extension=\"ghost"), sender("duplicate")),
    ]
}

fn persons() -> Vec<Message> {
    let replace = |name, from: &str, to: &str, expected| {
        assert!(ghost().contains(from), "{from}");
        (name, Interaction::Add, ghost().replacen(from, to, 1), expected)
    };
    let name = "<name use=\"IDE\"><family>山田</family><given>太郎</given></name>";
    let long = format!("<name><family>{}</family></name>", "長".repeat(300));
    let nested = format!("{}{}", "<name>".repeat(100), "</name>".repeat(100));
    vec![
        replace("a bad birth date", "19700401", "19701301", refused("102")),
        replace("a birth date of letters", "19700401", "' OR 1=1 --", refused("102")),
        replace("an unknown sex", "code=\"M\"", "code=\"X\"", refused("103")),
        replace("201 names", name, &name.repeat(201), refused("102")),
        replace("an endless name", name, &long, refused("102")),
        replace("names in names", name, &nested, sender("nested too deeply")),
    ]
}

/// Merges that are none; nobody may disappear.
fn merges() -> Vec<Message> {
    let merge = |name, ids: &str, prior: &str, expected| {
        let interaction = Interaction::ResolveDuplicates;
        (name, interaction, message(interaction, ids, prior), expected)
    };
    let victim = id(DOMAIN, "victim");
    let nobody = id(DOMAIN, "nobody");
    vec![
        merge("into itself", &victim, &replacement(&victim), refused("204")),
        merge("into nobody", &nobody, &replacement(&victim), refused("204")),
        merge("of nobody", &victim, &replacement(&nobody), refused("204")),
        merge("of two", &victim, &replacement(&nobody).repeat(2), refused("100")),
        merge("of two ids", &victim, &replacement(&nobody.repeat(2)), refused("100")),
        merge("without what is merged", &victim, "", refused("101")),
        merge(
            "of another authority",
            &victim,
            &replacement(&id("1.2.3.4", "victim")),
            refused("204"),
        ),
        merge("of a null id", &victim, &replacement("<id nullFlavor=\"NA\"/>"), refused("101")),
    ]
}

pub(super) fn all() -> Vec<Case> {
    let messages = [structures(), contents(), identifiers(), persons(), merges()].concat();
    let case = |(name, interaction, text, expected): Message| {
        let action = interaction.action();
        let envelope = envelope(action, &new_message_id(), &text);
        let request = post(FEED_V3, &[("Content-Type", &simple(action))], envelope.as_bytes());
        Case::new(name, request, expected)
    };
    messages.into_iter().map(case).collect()
}

#[test]
fn broken_messages_of_the_v3_feed() {
    for database in Database::all() {
        let target = Target::start(database);
        target.check_all(|| target.community.registry(), all());
        assert_no_ghost(&target);
    }
}

/// The messages above are refused for what was changed in them: unchanged, they are accepted.
#[test]
fn the_good_messages_of_the_v3_feed() {
    let target = Target::start(Database::Sqlite);
    let send = |interaction: Interaction, text: &str| {
        let action = interaction.action();
        let envelope = envelope(action, &new_message_id(), text);
        Case::new(
            "good",
            post(FEED_V3, &[("Content-Type", &simple(action))], envelope.as_bytes()),
            Expected::Success,
        )
    };
    let known = message(Interaction::Revise, &id(DOMAIN, "ghost"), "");
    let merged = message(
        Interaction::ResolveDuplicates,
        &id(DOMAIN, "victim"),
        &replacement(&id(DOMAIN, "ghost")),
    );
    let cases = vec![
        send(Interaction::Add, &ghost()),
        send(Interaction::Revise, &known),
        send(Interaction::ResolveDuplicates, &merged),
    ];
    target.check_all(|| target.community.registry(), cases);
    // Who is subsumed is nobody again.
    assert_no_ghost(&target);
}

#[test]
fn envelopes_of_the_v3_feed() {
    let target = Target::start(Database::Sqlite);
    let door = Door::feed_v3();
    target.check_all(|| door.connect(&target), envelopes::all(&door));
}

#[test]
fn http_of_the_v3_feed() {
    let target = Target::start(Database::Sqlite);
    let door = Door::feed_v3();
    target.check_all(|| door.connect(&target), requests::all(&door));
}

//! Required access over the wire: the commands as the README has them, and whoever is not let in.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::harness::community::{Community, LOOK, Setup};
use crate::harness::feed;
use crate::harness::http::{Connection, post};
use crate::harness::reply::Reply;
use crate::harness::soap::{QUERY, REGISTRY, new_message_id, simple, with_headers};
use crate::harness::transactions::{adhoc_query, of_patient};

const FIND_DOCUMENTS: &str = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";

/// A community as `renkei up` starts it without options.
fn community() -> Community {
    Community::start(Setup { transport: "mtls", access: "required", ..Setup::default() })
}

/// Runs `renkei` on the data folder; what it said, and whether all was well.
fn renkei(community: &Community, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_renkei"));
    let output = command.args(arguments).arg("--data").arg(community.data()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[track_caller]
fn said(community: &Community, arguments: &[&str]) -> String {
    let (is_well, said) = renkei(community, arguments);
    assert!(is_well, "{arguments:?}: {said}\n{}", community.log());
    said
}

/// An assertion as `renkei token` prints it.
fn token(community: &Community, arguments: &[&str]) -> String {
    said(community, &[&["token"], arguments].concat()).trim().to_owned()
}

/// Asks for a patient's documents.
fn ask(connection: &mut Connection, security: &str, patient: &str) -> Reply {
    let id = new_message_id();
    let headers = format!("<a:Action>{QUERY}</a:Action><a:MessageID>{id}</a:MessageID>{security}");
    let body = adhoc_query("LeafClass", FIND_DOCUMENTS, &of_patient(patient));
    let envelope = with_headers(&headers, &body);
    let request = post(REGISTRY, &[("Content-Type", &simple(QUERY))], envelope.as_bytes());
    Reply::read(connection.exchange(&request).unwrap())
}

fn security(content: &str) -> String {
    format!(
        "<w:Security xmlns:w=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-\
         secext-1.0.xsd\">{content}</w:Security>"
    )
}

/// Adds a patient and a document; the uniqueId.
fn fill(community: &Community) -> String {
    said(community, &["patient", "add", "0815"]);
    let document = community.data().join("document.txt");
    std::fs::write(&document, "内容").unwrap();
    let document = document.to_str().unwrap();
    let submitted = said(community, &["submit", document, "--patient", "0815"]);
    submitted.split("uniqueId ").nth(1).unwrap().split(',').next().unwrap().to_owned()
}

/// The journals of registry and repository.
fn journals(community: &Community) -> String {
    let read = |name: &str| std::fs::read_to_string(community.data().join(name)).unwrap();
    [read("registry.journal"), read("repository.journal")].concat()
}

/// The journals once they have this; records of what was committed follow after a moment.
fn journal_with(community: &Community, what: &str) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let texts = journals(community);
        if texts.contains(what) {
            return texts;
        }
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(LOOK);
    }
}

/// Records of requests that were not let in.
fn n_recorded(community: &Community) -> usize {
    journals(community).matches("\"event\":\"user-authentication\"").count()
}

#[test]
fn the_commands_need_no_option_and_the_trail_names_the_person() {
    let community = community();
    let unique_id = fill(&community);
    assert!(said(&community, &["find", "--patient", "0815"]).contains(&unique_id));
    let copy = community.data().join("copy.txt");
    said(&community, &["fetch", &unique_id, "--output", copy.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(copy).unwrap(), "内容");
    for transaction in
        ["ITI-41/repository", "ITI-42/repository", "ITI-42/registry", "ITI-18/registry"]
    {
        let key = format!("\"event\":\"{transaction}\"");
        let texts = journal_with(&community, &key);
        let records = texts.lines().filter(|line| line.contains(&key));
        for record in records {
            assert!(record.contains("\"person\":{\"user_id\":"), "{transaction}: {record}");
        }
    }
    assert!(!community.log().contains("0815"), "{}", community.log());
}

#[test]
fn whoever_is_not_let_in_gets_one_fault_and_one_record() {
    let community = community();
    fill(&community);
    said(&community, &["cert", "client", "stranger"]);
    let patient = format!("0815^^^&{}&ISO", community.affinity_domain());
    let valid = token(&community, &[]);
    let mut registry = community.registry();
    let reply = ask(&mut registry, &security(&valid), &patient);
    reply.assert_success();

    let elsewhere = Community::start(Setup {
        transport: "mtls",
        access: "required",
        affinity_domain: "1.2.392.99.7",
        ..Setup::default()
    });
    let weak = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";
    let unsigned = {
        let (before, rest) = valid.split_once("<ds:Signature").unwrap();
        let (_, after) = rest.split_once("</ds:Signature>").unwrap();
        format!("{before}{after}")
    };
    let attempts = [
        ("none", String::new()),
        ("empty", security("")),
        ("tampered", security(&valid.replace("developer", "director"))),
        ("unsigned", security(&unsigned)),
        ("twice", security(&format!("{valid}{valid}"))),
        ("two headers", format!("{}{}", security(&valid), security(&valid))),
        ("another issuer's", security(&token(&elsewhere, &[]))),
        ("weak", security(&token(&community, &["--authn", weak]))),
        ("user name", security("<w:UsernameToken><w:Username>x</w:Username></w:UsernameToken>")),
    ];
    let mut answers = Vec::new();
    for (name, header) in attempts {
        let before = n_recorded(&community);
        let reply = ask(&mut community.registry(), &header, &patient);
        assert!(reply.is_fault(), "{name}: {}", reply.text);
        assert_eq!(n_recorded(&community), before + 1, "{name}");
        answers.push((name, (reply.fault_code().to_owned(), reply.reason().to_owned())));
        assert_eq!(reply.subcodes(), ["FailedAuthentication"], "{name}");
    }
    let (_, first) = answers[0].clone();
    for (name, answer) in answers {
        assert_eq!(answer, first, "{name}");
    }
    // Another machine, with an assertion that was shown by the first, and with one of its own.
    for shown in [&valid, &token(&community, &[])] {
        let before = n_recorded(&community);
        let reply = ask(&mut community.registry_as("stranger"), &security(shown), &patient);
        assert_eq!(reply.subcodes(), ["FailedAuthentication"], "{}", reply.text);
        assert_eq!(n_recorded(&community), before + 1);
    }
    ask(&mut registry, &security(&valid), &patient).assert_success();
    assert!(!community.log().contains("panicked"), "{}", community.log());
}

#[test]
fn an_assertion_for_another_patient_shows_nothing_of_this_one() {
    let community = community();
    let unique_id = fill(&community);
    said(&community, &["patient", "add", "4712"]);
    let other = format!("4712^^^&{}&ISO", community.affinity_domain());
    let file = community.data().join("other.xml");
    std::fs::write(&file, token(&community, &["--patient", &other])).unwrap();
    let file = file.to_str().unwrap();
    let (found, said) = renkei(&community, &["find", "--patient", "0815", "--token", file]);
    assert!(!found && said.contains("not permitted"), "{said}");
    let (found, said) = renkei(&community, &["fetch", &unique_id, "--token", file]);
    assert!(!found && !said.contains("内容"), "{said}");
    let (found, said) = renkei(&community, &["find", "--patient", "4712", "--token", file]);
    assert!(found, "{said}");
}

#[test]
fn a_machine_that_the_agreement_does_not_name_feeds_nothing() {
    let community = Community::start(Setup {
        transport: "mtls",
        access: "required",
        edits: vec![("affinity-domain.toml", "certificate = \"client\"", "certificate = \"his\"")],
        ..Setup::default()
    });
    let message = feed::registration("add", "0815", community.affinity_domain());
    let ack = feed::acknowledged(&mut community.mllp(), &message);
    assert_ne!(ack.code(), "AA", "{}", ack.error());
    let (found, said) = renkei(&community, &["find", "--patient", "0815"]);
    assert!(!found && said.contains("could not be authenticated"), "{said}");
}

#[test]
fn a_domain_is_fed_by_whom_the_agreement_names_for_it() {
    let add = |domain: &'static str| {
        let community = Community::start(Setup {
            transport: "mtls",
            access: "required",
            edits: vec![("affinity-domain.toml", "[[members]]", domain)],
            ..Setup::default()
        });
        let who = ["--name", "山田^太郎", "--birth-date", "19700401", "--sex", "M"];
        renkei(&community, &[&["patient", "add", "1", "--domain", "hospital-a"], &who[..]].concat())
    };
    let (is_taken, said) =
        add("[[domains]]\nname = \"hospital-a\"\noid = \"1.2.3.4\"\n\n[[members]]");
    assert!(is_taken, "{said}");
    let (is_taken, said) = add(
        "[[domains]]\nname = \"hospital-a\"\noid = \"1.2.3.4\"\ncertificates = [\"his\"]\n\n[[members]]",
    );
    assert!(!is_taken && said.contains("not the identity source"), "{said}");
}

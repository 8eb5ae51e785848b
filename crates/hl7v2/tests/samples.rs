//! Published messages of others, read from `../shared` beside the project.

use std::path::{Path, PathBuf};

use hl7v2::{
    AckCode, Charset, FeedError, Header, Location, Message, PageRequest, Query, decode, read_ack,
    read_demographics_response, read_identity_management, read_link_change,
    read_patient_identity_feed, read_pix_response, read_query,
};
use identity::{
    Criterion, FeedEvent, IdentityManagement, NameKind, NameRepresentation, PatientIdentityFeed,
    PersonName, Sex,
};

use crate::pix_query::authority;

/// The folder of the samples; `None`, said aloud, where the project stands alone.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/hl7v2");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no ../shared");
    None
}

/// The text of one sample; ASCII unless MSH-18 says otherwise.
fn sample(name: &str) -> Option<String> {
    let bytes = std::fs::read(folder()?.join(name)).unwrap();
    Some(decode(&bytes, Charset::Ascii).unwrap())
}

fn feed(name: &str) -> Option<Result<PatientIdentityFeed, FeedError>> {
    let text = sample(name)?;
    Some(read_patient_identity_feed(&Message::parse(&text).ok().unwrap()))
}

/// Checks event, identifiers as `id@namespace@oid`, and the subsumed ones.
#[track_caller]
fn check(name: &str, event: FeedEvent, identifiers: &[&str], prior: &[&str]) {
    let Some(feed) = feed(name) else { return };
    let feed = feed.unwrap();
    let shown = |ids: &[identity::LocalId]| -> Vec<String> {
        ids.iter()
            .map(|id| {
                let oid = id.universal_id.as_ref().map(|oid| oid.as_str().to_owned());
                let namespace = id.namespace.clone().unwrap_or_default();
                format!("{}@{namespace}@{}", id.id, oid.unwrap_or_default())
            })
            .collect()
    };
    assert_eq!(feed.event, event);
    assert_eq!(shown(&feed.identifiers), identifiers);
    assert_eq!(shown(&feed.prior_identifiers), prior);
}

#[track_caller]
fn check_refused(name: &str, expected: FeedError) {
    let Some(feed) = feed(name) else { return };
    assert_eq!(feed.unwrap_err(), expected);
}

#[test]
fn every_sample_parses() {
    let Some(folder) = folder() else { return };
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "hl7")).collect();
    assert!(files.len() >= 24, "{} files", files.len());
    for file in files {
        let text = decode(&std::fs::read(&file).unwrap(), Charset::Ascii).unwrap();
        assert!(Message::parse(&text).is_ok(), "{}", file.display());
    }
}

const PIX_SOURCE: &str = "MPI@2.16.840.1.113883.3.37.4.1.1.2.1.1";

#[test]
fn adt_a01_maximal() {
    check(
        "adt-a01-maximal.hl7",
        FeedEvent::Admit,
        &[
            "PIX10515W3@HIMSS2005@1.3.6.1.4.1.21367.2005.1.1",
            "PIX10515W4@@1.2.3.4.5.1000",
            "PIX10515W5@domain2@",
        ],
        &[],
    );
    let Some(Ok(feed)) = feed("adt-a01-maximal.hl7") else { return };
    let name = |family: &str, given: &str, kind: NameKind| PersonName {
        kind,
        ..PersonName::legal(family, given, None)
    };
    let names = [
        name("WASHINGTON", "MARY", NameKind::Legal),
        name("", "ANNE", NameKind::Legal),
        name("DEAN", "", NameKind::Birth),
    ];
    assert_eq!(feed.demographics.names.len(), 3);
    assert!(feed.demographics.names == names, "names differ");
    assert_eq!(feed.demographics.birth_date.unwrap().as_str(), "19771208");
    assert_eq!(feed.demographics.sex, Some(Sex::Female));
}

#[test]
fn adt_a01_with_a_deleted_identifier() {
    let khkn = "30753@KHKN@2.16.840.1.113883.3.37.4.1.1.2.611.1";
    let expected = [&format!("306563@{PIX_SOURCE}"), khkn];
    check("adt-a01-pixsource.hl7", FeedEvent::Admit, &expected, &[]);
}

#[test]
fn adt_a04() {
    check(
        "adt-a04-pixsource.hl7",
        FeedEvent::Register,
        &[
            &format!("305090@{PIX_SOURCE}"),
            "13278@HZLN@2.16.840.1.113883.3.37.4.1.1.2.411.1",
            "02777@XREF2005@1.3.6.1.4.1.21367.2005.1.2",
        ],
        &[],
    );
}

#[test]
fn adt_a08() {
    check("adt-a08-pixsource.hl7", FeedEvent::Update, &[&format!("306567@{PIX_SOURCE}")], &[]);
    check(
        "adt-a08-maximal.hl7",
        FeedEvent::Update,
        &[
            "PIX10515W3@HIMSS2005@1.3.6.1.4.1.21367.2005.1.1",
            "PIX10515W4@@1.2.3.4.5.1000",
            "PIX10515W5@domain2@",
        ],
        &[],
    );
}

#[test]
fn adt_a40() {
    check(
        "adt-a40-pixsource.hl7",
        FeedEvent::Merge,
        &["142025@130@2.16.840.1.113883.3.37.4.1.1.2.1.1"],
        &["704686@130@2.16.840.1.113883.3.37.4.1.1.2.1.1"],
    );
    check(
        "adt-a40-maximal.hl7",
        FeedEvent::Merge,
        &["120-01@@1.2.3.4.5.1000"],
        &["120-02@domain1@1.2.3.4.666"],
    );
    let others = ["2.16.840.1.113883.3.37.4.1.1.2.611.1", "2.16.840.1.113883.3.37.4.1.1.2.711.1"];
    check(
        "adt-a40-mllp.hl7",
        FeedEvent::Merge,
        &[
            "305014@MPI-NS-P@2.16.840.1.113883.3.37.4.1.1.2.1.1",
            &format!("7200117317@BBB@{}", others[0]),
            &format!("7200117355@CCC@{}", others[1]),
        ],
        &["305010@@", &format!("7200117359@BBB@{}", others[0])],
    );
}

#[test]
fn both_japanese_encodings_say_the_same() {
    let expected = "0000012345@RENKEI-SITE-A@1.2.392.100495.20.3.51.11311234567";
    for name in ["jp-adt-a08-iso2022jp-authored.hl7", "jp-adt-a08-utf8-authored.hl7"] {
        check(name, FeedEvent::Update, &[expected], &[]);
        let Some(Ok(feed)) = feed(name) else { return };
        let names = [
            PersonName::legal("連携", "太郎", Some(NameRepresentation::Ideographic)),
            PersonName::legal("レンケイ", "タロウ", Some(NameRepresentation::Phonetic)),
        ];
        assert!(feed.demographics.names == names, "names differ in {name}");
    }
}

#[test]
fn a_kana_query_keeps_its_separators() {
    let Some(text) = sample("jp-qbp-q22-kana-iso2022jp-authored.hl7") else { return };
    let message = Message::parse(&text).ok().unwrap();
    let parameters: Vec<String> = message
        .segment("QPD")
        .unwrap()
        .field(3)
        .repetitions()
        .map(|parameter| parameter.component(2).text().into_owned())
        .collect();
    assert_eq!(parameters, ["レンケイ", "タロウ", "19600203", "M"]);
}

#[test]
fn a_message_without_patient_is_refused() {
    check_refused("adt-a01-incomplete-negative.hl7", FeedError::SegmentMissing { segment: "PID" });
    let error = FeedError::SegmentMissing { segment: "PID" };
    assert_eq!(error.location(), Location::segment("PID", 1));
}

#[test]
fn other_transactions_are_no_feeds() {
    for name in ["adt-a31-one-id.hl7", "adt-a31-two-ids.hl7", "adt-a43-template.hl7"] {
        check_refused(name, FeedError::UnsupportedTriggerEvent);
    }
    for name in ["qbp-q22-by-id.hl7", "qbp-q23-decoded-from-audit.hl7", "rsp-k22-ok.hl7"] {
        check_refused(name, FeedError::UnsupportedMessageType);
    }
}

#[test]
fn a_bare_refusal_of_a_query_is_understood() {
    let Some(text) = sample("nonconformant-ack-q23-ar-unknown-domain.hl7") else { return };
    let ack = read_ack(&Message::parse(&text).ok().unwrap()).unwrap();
    assert_eq!((ack.code, ack.control_id.as_str()), (AckCode::AR, "10501108"));
    assert_eq!(ack.error_code.as_deref(), Some("204"));
    assert_eq!(ack.location.as_deref(), Some("QPD^1^4^2~QPD^1^4^3"));
}

/// What a PIX manager or consumer makes of a sample: `feed`, the question, or the answer.
fn read_sample(text: &str) -> String {
    let message = Message::parse(text).ok().unwrap();
    let header = Header::read(&message);
    match (header.message_type.as_str(), header.trigger_event.as_str()) {
        ("ADT", "A43") => match read_link_change(&message) {
            Ok(_) => "link change".to_owned(),
            Err(error) => error.to_string(),
        },
        ("ADT", _) => match read_identity_management(&message) {
            Ok(IdentityManagement::Feed(feed)) => format!("{:?}", feed.event),
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        },
        ("QBP", _) => match read_query(&message) {
            Ok(Query::CrossReference(_)) => "cross reference".to_owned(),
            Ok(Query::Demographics { query, .. }) => format!("{:?}", query.criteria),
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        },
        ("RSP", "K22") => match read_demographics_response(&message) {
            Ok(response) => format!("{} patients", response.page.matches.len()),
            Err(error) => error.to_string(),
        },
        _ => match read_pix_response(&message) {
            Ok(response) => {
                format!("{:?}, {} ids", response.frame.status, response.identifiers.len())
            }
            Err(error) => error.to_string(),
        },
    }
}

#[test]
fn every_sample_is_read_or_refused_for_a_reason() {
    let Some(folder) = folder() else { return };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "hl7") {
            continue;
        }
        let text = decode(&std::fs::read(&path).unwrap(), Charset::Ascii).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        found.push(format!("{name}: {}", read_sample(&text)));
    }
    found.sort();
    let expected = [
        "adt-a01-incomplete-negative: segment PID is missing",
        "adt-a01-maximal: Admit",
        "adt-a01-pixsource: Admit",
        "adt-a04-pixsource: Register",
        "adt-a08-maximal: Update",
        "adt-a08-pixsource: Update",
        "adt-a31-one-id: Update",
        "adt-a31-two-ids: Update",
        "adt-a40-maximal: Merge",
        "adt-a40-mllp: Merge",
        "adt-a40-pixsource: Merge",
        // A template: `$NewXADPID$` is no identifier with an authority.
        "adt-a43-template: field PID^1^3^1^4^2 is missing",
        "jp-adt-a08-iso2022jp-authored: Update",
        "jp-adt-a08-utf8-authored: Update",
        "jp-qbp-q22-kana-iso2022jp-authored: [Name, BirthDate, Sex]",
        "nonconformant-ack-q23-ar-unknown-domain: Refused, 0 ids",
        "qbp-q22-by-id: [Id, Id, Account]",
        "qbp-q22-demographics: [Name, BirthDate]",
        "qbp-q23-decoded-from-audit: cross reference",
        "rsp-k22-ok: 9 patients",
        "rsp-k22-with-dsc: 2 patients",
        "rsp-k23-ae-unknown-id: Refused, 0 ids",
        "rsp-k23-nf: NotFound, 0 ids",
        "rsp-k23-ok-two-domains: Found, 2 ids",
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_questions_of_others_say_what_they_ask() {
    let Some(text) = sample("qbp-q22-by-id.hl7") else { return };
    let Ok(Query::Demographics { query, page }) = read_query(&Message::parse(&text).ok().unwrap())
    else {
        panic!("refused")
    };
    assert_eq!((page, query.domains.len()), (PageRequest::default(), 0));
    let expected = [
        Criterion::Id { id: "PDQ113XX03".to_owned(), authority: authority("HZLN", "1.2.3.4") },
        Criterion::Id { id: "PDQ113XX04".to_owned(), authority: authority("", "1.2.3.4.5") },
        Criterion::Account { number: "ACC001".to_owned(), authority: authority("", "1.2.3") },
    ];
    assert!(query.criteria == expected, "criteria differ");
    let Some(text) = sample("qbp-q22-demographics.hl7") else { return };
    let Ok(Query::Demographics { query, page }) = read_query(&Message::parse(&text).ok().unwrap())
    else {
        panic!("refused")
    };
    assert_eq!(page, PageRequest { limit: Some(10), pointer: None });
    assert_eq!(query.domains, [authority("HIMSS2005", "1.3.6.1.4.1.21367.2005.1.1")]);
}

#[test]
fn the_answers_of_others_say_what_they_found() {
    let Some(text) = sample("rsp-k22-with-dsc.hl7") else { return };
    let response = read_demographics_response(&Message::parse(&text).ok().unwrap()).unwrap();
    assert_eq!(response.page.pointer.as_deref(), Some("10"));
    let last = response.page.matches.last().unwrap();
    assert_eq!((last.identifiers.len(), last.demographics.telecoms.len()), (2, 3));
    assert!(last.demographics.account_number.is_some());
    let address = last.demographics.addresses.first().unwrap();
    assert_eq!((address.city.as_str(), address.country.as_str()), ("Koeln", "DE"));
    let Some(text) = sample("rsp-k23-ae-unknown-id.hl7") else { return };
    let response = read_pix_response(&Message::parse(&text).ok().unwrap()).unwrap();
    let error = response.frame.errors.first().unwrap();
    assert_eq!((error.location.as_str(), error.code.as_str()), ("QPD^1^3^1^1", "204"));
}

#[test]
fn addresses_and_numbers_of_both_japanese_encodings() {
    for name in ["jp-adt-a08-iso2022jp-authored.hl7", "jp-adt-a08-utf8-authored.hl7"] {
        let Some(text) = sample(name) else { return };
        let management = read_identity_management(&Message::parse(&text).ok().unwrap());
        let Ok(IdentityManagement::Feed(feed)) = management else { panic!("refused") };
        let address = feed.demographics.addresses.first().unwrap();
        assert_eq!(address.postal_code, "100-0001");
        assert_eq!(address.full, "東京都千代田区千代田１番１号");
        let numbers: Vec<_> = feed.demographics.telecoms.iter().map(|t| &t.number).collect();
        assert_eq!(numbers, ["03-0000-0000"]);
        assert_eq!(feed.visit, None);
    }
}

//! What is on the command line, and what happens to the answer.

use clap::Parser;
use config::Community;
use config::init::NewCommunity;
use xds::AssociationType;

use super::*;

#[derive(Debug, Parser)]
pub(super) struct Line {
    #[command(flatten)]
    submit: Submit,
}

/// A community that only says where it would be, and files to submit.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        config::init::init(&data, &NewCommunity::generate()).unwrap();
        let agreement = Community::load(&data).unwrap().agreement;
        let addresses = config::endpoints::Addresses {
            repository: Some("http://127.0.0.1:9/xds/repository".to_owned()),
            ..config::endpoints::Addresses::default()
        };
        config::Endpoints::new(&data, &agreement, addresses).write(&data).unwrap();
        for name in ["a.pdf", "b.txt", "c"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        Place { folder }
    }

    /// Arguments that name a file here are made paths.
    fn submit(&self, arguments: &[&str]) -> Submit {
        let data = self.folder.path().join("data");
        let line = ["submit", "--patient", "JP0001", "--data", data.to_str().unwrap()];
        let arguments = arguments.iter().map(|argument| {
            let path = self.folder.path().join(argument);
            if path.is_file() { path.to_str().unwrap().to_owned() } else { (*argument).to_owned() }
        });
        let line = line.into_iter().map(str::to_owned).chain(arguments);
        Line::try_parse_from(line).unwrap().submit
    }

    fn prepare(&self, arguments: &[&str]) -> Result<Prepared, CommandError> {
        let submit = self.submit(arguments);
        let community = RunningCommunity::open(&submit.folder.data)?;
        let patient = block_on(community.regional_patient(&submit.patient))?;
        submit.prepare(&community, patient)
    }

    /// An agreement in which no member has a source.
    fn without_source(&self) -> Agreement {
        let data = self.folder.path().join("data");
        let file = data.join("affinity-domain.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let (head, tail) = text.split_once("source_ids = ").unwrap();
        let (_, tail) = tail.split_once('\n').unwrap();
        std::fs::write(&file, format!("{head}{tail}")).unwrap();
        Community::load(&data).unwrap().agreement
    }

    fn refused(&self, arguments: &[&str]) -> String {
        self.prepare(arguments).err().unwrap().to_string()
    }
}

#[test]
fn each_file_becomes_an_entry_with_its_own_type_and_hash() {
    let prepared = Place::new().prepare(&["a.pdf", "b.txt"]).unwrap();
    let entries = &prepared.submission.entries;
    let types: Vec<_> = entries.iter().map(|entry| entry.mime_type.as_str()).collect();
    assert_eq!(types, ["application/pdf", "text/plain"]);
    assert_eq!(entries[0].size, Some(5));
    assert_ne!(entries[0].hash, entries[1].hash);
    assert_ne!(entries[0].unique_id, entries[1].unique_id);
    assert_eq!(entries[0].language_code.as_str(), "ja-JP");
    assert!(entries[0].creation_time.is_some());
    assert!(prepared.documents.iter().zip(entries).all(|(sent, entry)| sent.entry == entry.id));
}

#[test]
fn patient_and_source_are_of_the_community_unless_named() {
    let place = Place::new();
    let agreement = place.without_source();
    let set = place.prepare(&["a.pdf"]).unwrap().submission.submission_set;
    assert_eq!(set.patient_id.value.authority(), &agreement.affinity_domain.authority.oid);
    assert_eq!(&set.source_id.value, agreement.home_community_id.oid());
    let set = place.prepare(&["a.pdf", "--source-id", "1.2.9"]).unwrap().submission.submission_set;
    assert_eq!(set.source_id.value.as_str(), "1.2.9");
}

#[test]
fn the_first_source_of_a_member_submits() {
    let place = Place::new();
    place.without_source();
    let file = place.folder.path().join("data/affinity-domain.toml");
    let mut text = std::fs::read_to_string(&file).unwrap();
    let member =
        "[[members]]\nname = \"連携病院\"\ncode = \"1319999998\"\nsource_ids = [\"1.2.7\"]\n";
    text = text.replace("[metadata_rules]", &format!("{member}[metadata_rules]"));
    std::fs::write(&file, text).unwrap();
    let set = place.prepare(&["a.pdf"]).unwrap().submission.submission_set;
    assert_eq!(set.source_id.value.as_str(), "1.2.7");
}

#[test]
fn a_folder_without_agreement_will_do() {
    let place = Place::new();
    std::fs::remove_file(place.folder.path().join("data/affinity-domain.toml")).unwrap();
    place.prepare(&["a.pdf"]).unwrap();
}

#[test]
fn options_are_for_all_files() {
    let arguments = [
        "a.pdf",
        "c",
        "--mime",
        "image/png",
        "--creation-time",
        "2026",
        "--title",
        "退院時サマリー",
    ];
    let prepared = Place::new().prepare(&arguments).unwrap();
    for entry in &prepared.submission.entries {
        assert_eq!(entry.mime_type.as_str(), "image/png");
        assert_eq!(entry.creation_time, Dtm::parse("2026").ok());
        assert_eq!(entry.title.as_ref().unwrap().value, "退院時サマリー");
    }
}

#[test]
fn replacing_and_naming_are_for_one_file() {
    let place = Place::new();
    let old = EntryUuid::generate().to_string();
    let prepared = place.prepare(&["a.pdf", "--replace", &old, "--unique-id", "1.2.8"]).unwrap();
    let replacement = prepared.submission.associations.last().unwrap();
    assert_eq!(replacement.kind, AssociationType::Replace);
    assert_eq!(replacement.target.to_string(), old);
    assert_eq!(prepared.submission.entries[0].unique_id.value.as_str(), "1.2.8");
    for option in [["--replace", old.as_str()], ["--unique-id", "1.2.8"]] {
        let arguments: Vec<&str> = ["a.pdf", "b.txt"].into_iter().chain(option).collect();
        assert!(place.refused(&arguments).contains("one FILE"));
    }
}

#[test]
fn inline_content_is_read_into_the_envelope() {
    let prepared = Place::new().prepare(&["a.pdf", "--inline"]).unwrap();
    let content = &prepared.documents[0].content;
    assert!(matches!(content, ContentSource::Inline(bytes) if bytes == b"a.pdf"));
}

#[test]
fn what_cannot_be_submitted_is_said_before_anything_is_sent() {
    let place = Place::new();
    assert!(place.refused(&["c"]).contains("--mime"));
    assert!(place.refused(&["absent.pdf"]).contains("absent.pdf could not be read"));
    let submit = Submit { patient: "a&b".to_owned(), ..place.submit(&["a.pdf"]) };
    let community = RunningCommunity::open(&submit.folder.data).unwrap();
    assert!(matches!(
        block_on(community.regional_patient(&submit.patient)),
        Err(CommandError::PatientId(_))
    ));
}

#[test]
fn a_repository_that_is_not_there_leaves_no_doubt() {
    let error = Place::new().submit(&["a.pdf"]).run().unwrap_err();
    assert!(matches!(error, CommandError::Wire(WireError::Call { .. })), "{error:?}");
}

#[test]
fn wrong_values_are_wrong_usage() {
    for option in [
        ["--title", " "],
        ["--mime", "pdf"],
        ["--author", ""],
        ["--institution", "^^^^^^^^^1.2"],
        ["--language", "ja_JP"],
        ["--creation-time", "yesterday"],
        ["--replace", "1.2.3"],
        ["--unique-id", ""],
        ["--source-id", "urn:oid:1.2"],
        ["--class", "A"],
    ] {
        let line = ["submit", "a.pdf", "--patient", "P"].iter().chain(&option);
        assert!(Line::try_parse_from(line).is_err(), "{option:?}");
    }
    assert!(Line::try_parse_from(["submit", "--patient", "P"]).is_err());
    assert!(Line::try_parse_from(["submit", "a.pdf"]).is_err());
}

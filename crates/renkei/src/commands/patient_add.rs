//! `renkei patient add ID`: ITI-8 Patient Identity Feed, as a Patient Identity Source.

use clap::{Args, ValueEnum};
use datatypes::{Dtm, Oid, PatientId};
use hl7v2::AckCode;
use identity::{
    Demographics, FeedEvent, LocalId, NameRepresentation, PatientIdentityFeed, PersonName, Sex,
};
use uuid::Uuid;

use crate::cli::DataFolder;
use crate::clock;
use crate::error::CommandError;
use crate::output;
use crate::transactions::patient_identity_feed::{Complaints, patient_identity_feed};
use crate::wire::{RunningCommunity, block_on, parse_patient_id};

/// Longest MSH-10 (HL7 v2.3.1 chapter 2).
const CONTROL_ID_CHARACTERS: usize = 20;

/// Make a patient known to a running community (ITI-8).
///
/// Sends a Patient Identity Feed and prints the acknowledgement. Identifiers of the affinity
/// domain go to the registry, those of other domains to the Patient Identifier Cross-reference
/// Manager. Sending the same feed again does no harm. A registry needs no name; the profile
/// asks for one, and a manager links patients by it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei patient add JP0001
  renkei patient add JP0001 --name '連携^太郎' --kana 'レンケイ^タロウ' --romaji 'Renkei^Taro' \\
      --birth-date 19600203 --sex M
  renkei patient add 4711 --domain hospital-a --family Renkei --given Hanako --event A01
  renkei patient add 'JP0001^^^&1.2.392.999.2&ISO' --data /srv/north")]
pub(crate) struct PatientAdd {
    /// The identifier, or all of it with its authority: ID^^^&OID&ISO.
    #[arg(value_name = "ID")]
    id: String,
    /// Name of the domain that gave the identifier, instead of the affinity domain.
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
    #[command(flatten)]
    names: Names,
    /// Date of birth.
    #[arg(long, value_name = "YYYYMMDD", value_parser = parse_birth_date)]
    birth_date: Option<Dtm>,
    /// Administrative sex: male, female, other, unknown.
    #[arg(long, value_name = "M|F|O|U", hide_possible_values = true)]
    sex: Option<SexChoice>,
    /// Why the feed is sent: A01 admitted, A04 registered, A05 pre-admitted, A08 updated.
    #[arg(long, value_name = "EVENT", default_value = "A04", hide_possible_values = true)]
    event: EventChoice,
    #[command(flatten)]
    folder: DataFolder,
}

/// Up to three representations of one name (HL7 v2.5 table 0465).
#[derive(Debug, Args)]
struct Names {
    /// The name; without ^ all of it is the family name.
    #[arg(long, value_name = "FAMILY^GIVEN", value_parser = parse_name,
          conflicts_with_all = ["family", "given"])]
    name: Option<NameParts>,
    /// The family name.
    #[arg(long, value_name = "FAMILY", value_parser = parse_name_part)]
    family: Option<String>,
    /// The given name.
    #[arg(long, value_name = "GIVEN", value_parser = parse_name_part)]
    given: Option<String>,
    /// The same name in kana.
    #[arg(long, value_name = "FAMILY^GIVEN", value_parser = parse_name)]
    kana: Option<NameParts>,
    /// The same name in Latin letters.
    #[arg(long, value_name = "FAMILY^GIVEN", value_parser = parse_name)]
    romaji: Option<NameParts>,
}

/// No `Debug` that shows the name.
#[derive(Clone, PartialEq, Eq)]
struct NameParts {
    family: String,
    given: String,
}

impl std::fmt::Debug for NameParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NameParts(redacted)")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
enum SexChoice {
    M,
    F,
    O,
    U,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
enum EventChoice {
    A01,
    A04,
    A05,
    A08,
}

/// The feed was received and not accepted.
#[derive(Debug, thiserror::Error)]
#[error("the patient was not added: {}", describe(*code))]
pub(crate) struct NotAccepted {
    code: AckCode,
    #[source]
    complaints: Complaints,
}

impl PatientAdd {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.folder.data)?;
        let patient_id = self.patient_id(&community)?;
        let is_of_affinity_domain = *patient_id.authority() == community.affinity_domain()?;
        let address = match is_of_affinity_domain {
            true => community.registry_feed()?,
            false => community.manager_feed()?,
        };
        let event = self.event;
        let feed = self.into_feed(&patient_id);
        let time = clock::now()?;
        let control_id: String =
            Uuid::new_v4().simple().to_string().chars().take(CONTROL_ID_CHARACTERS).collect();
        let work = async { Ok(patient_identity_feed(&address, &feed, &time, &control_id).await?) };
        let acknowledgement = block_on(work)?;
        let (code, complaints) = (acknowledgement.code, acknowledgement.complaints);
        if code != AckCode::AA {
            return Err(NotAccepted { code, complaints }.into());
        }
        output::line(format_args!(
            "{}: {event:?} of {}, message {}",
            describe(code),
            output::plain(&patient_id.to_cx()),
            acknowledgement.control_id,
        ));
        Ok(())
    }

    fn patient_id(&self, community: &RunningCommunity) -> Result<PatientId, CommandError> {
        let authority: Oid = match &self.domain {
            Some(_) if self.id.contains('^') => return Err(CommandError::TwoAuthorities),
            Some(name) => community.domain(name)?,
            None => community.affinity_domain()?,
        };
        Ok(parse_patient_id(&self.id, authority)?)
    }

    fn into_feed(self, patient_id: &PatientId) -> PatientIdentityFeed {
        PatientIdentityFeed {
            event: match self.event {
                EventChoice::A01 => FeedEvent::Admit,
                EventChoice::A04 => FeedEvent::Register,
                EventChoice::A05 => FeedEvent::PreAdmit,
                EventChoice::A08 => FeedEvent::Update,
            },
            identifiers: vec![LocalId {
                id: patient_id.id().to_owned(),
                namespace: None,
                universal_id: Some(patient_id.authority().clone()),
            }],
            prior_identifiers: Vec::new(),
            demographics: Demographics {
                names: self.names.into_names(),
                birth_date: self.birth_date,
                sex: self.sex.map(|sex| match sex {
                    SexChoice::M => Sex::Male,
                    SexChoice::F => Sex::Female,
                    SexChoice::O => Sex::Other,
                    SexChoice::U => Sex::Unknown,
                }),
                ..Demographics::default()
            },
            visit: None,
        }
    }
}

impl Names {
    fn into_names(self) -> Vec<PersonName> {
        let parts = self.name.or_else(|| match (self.family, self.given) {
            (None, None) => None,
            (family, given) => Some(NameParts {
                family: family.unwrap_or_default(),
                given: given.unwrap_or_default(),
            }),
        });
        let name = parts.map(|parts| {
            let representation = is_ideographic(&parts).then_some(NameRepresentation::Ideographic);
            (parts, representation)
        });
        let kana = self.kana.map(|parts| (parts, Some(NameRepresentation::Phonetic)));
        let romaji = self.romaji.map(|parts| (parts, Some(NameRepresentation::Alphabetic)));
        [name, kana, romaji]
            .into_iter()
            .flatten()
            .map(|(parts, kind)| PersonName::legal(&parts.family, &parts.given, kind))
            .collect()
    }
}

/// Whether a kanji says so; of a name in other scripts the receiver judges by itself.
fn is_ideographic(parts: &NameParts) -> bool {
    let is_kanji = |character: char| {
        matches!(
            character,
            '々' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
                | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
        )
    };
    parts.family.contains(is_kanji) || parts.given.contains(is_kanji)
}

fn describe(code: AckCode) -> &'static str {
    match code {
        AckCode::AA => "AA, accepted",
        AckCode::AE => "AE, error",
        AckCode::AR => "AR, rejected",
    }
}

fn parse_birth_date(text: &str) -> Result<Dtm, String> {
    let wanted = "a date of birth is YYYYMMDD";
    Dtm::parse(text)
        .ok()
        .filter(|date| date.as_str().len() <= "YYYYMMDD".len())
        .ok_or_else(|| wanted.to_owned())
}

fn parse_name(text: &str) -> Result<NameParts, String> {
    let (family, given) = text.split_once('^').unwrap_or((text, ""));
    if family.trim().is_empty() && given.trim().is_empty() {
        return Err("the name is empty".to_owned());
    }
    Ok(NameParts { family: parse_name_part(family)?, given: parse_name_part(given)? })
}

fn parse_name_part(text: &str) -> Result<String, String> {
    if text.contains('^') || text.contains(char::is_control) {
        return Err("a name has a family and a given part, FAMILY^GIVEN".to_owned());
    }
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        add: PatientAdd,
    }

    fn feed(arguments: &[&str]) -> PatientIdentityFeed {
        let line = ["add", "JP0001"].iter().chain(arguments);
        let patient_id = PatientId::parse("JP0001^^^&1.2.3&ISO").unwrap();
        Line::try_parse_from(line).unwrap().add.into_feed(&patient_id)
    }

    fn refused(arguments: &[&str]) -> String {
        let line = ["add", "JP0001"].iter().chain(arguments);
        Line::try_parse_from(line).unwrap_err().to_string()
    }

    #[test]
    fn all_representations_of_a_name_are_told_apart() {
        let feed =
            feed(&["--name", "連携^太郎", "--kana", "レンケイ^タロウ", "--romaji", "Renkei^Taro"]);
        let names: Vec<_> = feed
            .demographics
            .names
            .iter()
            .map(|name| (name.family.as_str(), name.given.as_str(), name.representation))
            .collect();
        let expected = [
            ("連携", "太郎", Some(NameRepresentation::Ideographic)),
            ("レンケイ", "タロウ", Some(NameRepresentation::Phonetic)),
            ("Renkei", "Taro", Some(NameRepresentation::Alphabetic)),
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn the_script_of_a_name_without_kanji_is_left_to_the_receiver() {
        for name in ["Renkei^Taro", "れんけい^タロウ"] {
            assert_eq!(feed(&["--name", name]).demographics.names[0].representation, None);
        }
        let name = &feed(&["--name", "佐々木"]).demographics.names[0];
        assert_eq!((name.family.as_str(), name.given.as_str()), ("佐々木", ""));
    }

    #[test]
    fn family_and_given_name_may_be_told_apart() {
        let name = &feed(&["--family", "Renkei", "--given", "Taro"]).demographics.names[0];
        assert_eq!((name.family.as_str(), name.given.as_str()), ("Renkei", "Taro"));
        let name = &feed(&["--given", "Taro"]).demographics.names[0];
        assert_eq!((name.family.as_str(), name.given.as_str()), ("", "Taro"));
        assert!(feed(&[]).demographics.names.is_empty());
        refused(&["--name", "a^b", "--family", "c"]);
    }

    #[test]
    fn date_sex_and_event_are_as_given() {
        let given = feed(&["--birth-date", "19600203", "--sex", "F", "--event", "A08"]);
        assert_eq!(given.event, FeedEvent::Update);
        assert_eq!(given.demographics.sex, Some(Sex::Female));
        assert_eq!(given.demographics.birth_date, Dtm::parse("19600203").ok());
        assert_eq!(feed(&[]).event, FeedEvent::Register);
        assert_eq!(feed(&[]).identifiers[0].universal_id, Oid::parse("1.2.3").ok());
    }

    #[test]
    fn what_cannot_be_sent_is_wrong_usage() {
        for arguments in [
            ["--birth-date", "19600231"],
            ["--birth-date", "1960020312"],
            ["--sex", "X"],
            ["--event", "A40"],
            ["--name", " ^ "],
            ["--name", "a^b^c"],
            ["--kana", "a\nb"],
            ["--family", "a^b"],
        ] {
            assert!(refused(&arguments).contains("invalid value"), "{arguments:?}");
        }
    }

    #[test]
    fn debug_hides_the_name() {
        let line = Line::try_parse_from(["add", "JP1", "--name", "連携^太郎"]).unwrap();
        assert!(!format!("{line:?}").contains("太郎"));
    }
}

//! `renkei patient add ID`: ITI-8 Patient Identity Feed, as a Patient Identity Source.

use clap::{Args, ValueEnum};
use datatypes::{Dtm, Oid, PatientId};
use hl7v2::AckCode;
use identity::{Address, Demographics, FeedEvent, PatientIdentityFeed, Telecom, TelecomUsage};

use super::names::{Names, SexChoice, parse_birth_date};
use crate::cli::DataFolder;
use crate::clock;
use crate::error::CommandError;
use crate::output;
use crate::transactions::hl7v2_message::{FACILITY, new_control_id};
use crate::transactions::patient_identity_feed::{Complaints, patient_identity_feed};
use crate::wire::{RunningCommunity, block_on, local_id, parse_patient_id};

/// Make a patient known to a running community (ITI-8).
///
/// Sends a Patient Identity Feed and prints the acknowledgement. With --domain the identifier is a hospital's own
/// number: it goes to the Patient Identifier Cross-reference Manager in the name of RENKEI-CLI|DOMAIN, which gives the
/// person an identifier of the affinity domain, tells the registry, and can be asked by `renkei patient find`; the
/// other commands take it as ID@DOMAIN. Without --domain the identifier is one of the affinity domain and goes
/// straight to the registry, as in a community without a manager: documents can be submitted for it, but no manager
/// knows it. Sending the same feed again does no harm. A registry needs no name; the profile asks for one, and a
/// manager links patients by it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei patient add JP0001
  renkei patient add JP0001 --name '連携^太郎' --kana 'レンケイ^タロウ' --romaji 'Renkei^Taro' \\
      --birth-date 19600203 --sex M
  renkei patient add 4711 --domain hospital-a --family Renkei --given Hanako --event A01
  renkei patient add 4711 --domain hospital-a --name '連携^花子' --birth-date 19700401 --sex F \\
      --postal-code 100-0001 --address '東京都千代田区千代田1-1' --phone 03-1234-5678
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
    #[command(flatten)]
    contact: Contact,
    /// Why the feed is sent: A01 admitted, A04 registered, A05 pre-admitted, A08 updated.
    #[arg(long, value_name = "EVENT", default_value = "A04", hide_possible_values = true)]
    event: EventChoice,
    #[command(flatten)]
    folder: DataFolder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
enum EventChoice {
    A01,
    A04,
    A05,
    A08,
}

/// Where the patient lives and how to call.
#[derive(Args)]
struct Contact {
    /// Postal code of the home.
    #[arg(long, value_name = "CODE", value_parser = parse_line)]
    postal_code: Option<String>,
    /// The whole address of the home in one text.
    #[arg(long, value_name = "TEXT", value_parser = parse_line)]
    address: Option<String>,
    /// Telephone number at home.
    #[arg(long, value_name = "NUMBER", value_parser = parse_line)]
    phone: Option<String>,
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contact(redacted)")
    }
}

impl Contact {
    fn addresses(&self) -> Vec<Address> {
        let address = Address {
            postal_code: self.postal_code.clone().unwrap_or_default(),
            full: self.address.clone().unwrap_or_default(),
            ..Address::default()
        };
        if address.is_empty() { Vec::new() } else { vec![address] }
    }

    fn telecoms(&self) -> Vec<Telecom> {
        let home = |number: &String| Telecom { number: number.clone(), usage: TelecomUsage::Home };
        self.phone.iter().map(home).collect()
    }
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
            false => community.manager()?,
        };
        // Whoever is agreed to feed a domain is so by MSH-3 and MSH-4.
        let domain =
            self.domain.as_deref().or_else(|| community.domain_name(patient_id.authority()));
        let facility = domain.unwrap_or(FACILITY).to_owned();
        let event = self.event;
        let feed = self.into_feed(&patient_id);
        let time = clock::now()?;
        let control_id = new_control_id();
        let sending = (facility.as_str(), &time, control_id.as_str());
        let work = async { Ok(patient_identity_feed(&address, &feed, sending).await?) };
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
        if is_of_affinity_domain && community.has_manager() && community.gives_ids()? {
            output::line(
                "The registry knows the patient, the manager does not; hospitals' numbers come by --domain NAME.",
            );
        }
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
            identifiers: vec![local_id(patient_id)],
            prior_identifiers: Vec::new(),
            demographics: Demographics {
                names: self.names.into_names(),
                birth_date: self.birth_date,
                sex: self.sex.map(SexChoice::sex),
                addresses: self.contact.addresses(),
                telecoms: self.contact.telecoms(),
                ..Demographics::default()
            },
            visit: None,
        }
    }
}

fn describe(code: AckCode) -> &'static str {
    match code {
        AckCode::AA => "AA, accepted",
        AckCode::AE => "AE, error",
        AckCode::AR => "AR, rejected",
    }
}

fn parse_line(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.contains(char::is_control) {
        return Err("one line of text is wanted".to_owned());
    }
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use identity::{NameRepresentation, Sex};

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

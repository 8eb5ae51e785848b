//! Names, birth dates and sex on the command line, as `renkei patient add` and `find` take them.

use clap::{Args, ValueEnum};
use datatypes::Dtm;
use identity::{NameRepresentation, PersonName, Sex};

/// Up to three representations of one name (HL7 v2.5 table 0465).
#[derive(Debug, Args)]
pub(super) struct Names {
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
pub(super) struct NameParts {
    pub(super) family: String,
    pub(super) given: String,
}

impl std::fmt::Debug for NameParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NameParts(redacted)")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub(super) enum SexChoice {
    M,
    F,
    O,
    U,
}

impl SexChoice {
    pub(super) fn sex(self) -> Sex {
        match self {
            SexChoice::M => Sex::Male,
            SexChoice::F => Sex::Female,
            SexChoice::O => Sex::Other,
            SexChoice::U => Sex::Unknown,
        }
    }
}

impl Names {
    pub(super) fn into_names(self) -> Vec<PersonName> {
        let parts = self.name.or_else(|| match (self.family, self.given) {
            (None, None) => None,
            (family, given) => Some(NameParts {
                family: family.unwrap_or_default(),
                given: given.unwrap_or_default(),
            }),
        });
        let name = parts.map(|parts| {
            let representation = representation(&parts.family, &parts.given);
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

/// The representation of a name that tells by its kanji.
pub(crate) fn representation(family: &str, given: &str) -> Option<NameRepresentation> {
    let is_kanji_name = family.contains(is_kanji) || given.contains(is_kanji);
    is_kanji_name.then_some(NameRepresentation::Ideographic)
}

/// Of a name in other scripts the receiver judges by itself.
fn is_kanji(character: char) -> bool {
    matches!(
        character,
        '々' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
    )
}

pub(super) fn parse_birth_date(text: &str) -> Result<Dtm, String> {
    let wanted = "a date of birth is YYYYMMDD";
    Dtm::parse(text)
        .ok()
        .filter(|date| date.as_str().len() <= "YYYYMMDD".len())
        .ok_or_else(|| wanted.to_owned())
}

pub(super) fn parse_name(text: &str) -> Result<NameParts, String> {
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

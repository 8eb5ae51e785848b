//! `renkei patient find`: ITI-21 Patient Demographics Query, as a Patient Demographics Consumer.

mod json;
mod table;

use clap::{ArgGroup, Args};
use datatypes::Dtm;
use identity::{Criterion, DemographicsQuery, NameCriterion};

use super::names::{NameParts, SexChoice, parse_birth_date, parse_name};
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output;
use crate::transactions::patient_demographics_query::{
    Demographics, Wanted, patient_demographics_query,
};
use crate::wire::{RunningCommunity, block_on, named, parse_patient_id};

/// Matches of a page where all pages are wanted.
const PAGE: usize = 100;

/// Find patients at the Patient Demographics Supplier of a running community (ITI-21).
///
/// All that is given must hold. A * at the end of a name or a number stands for anything; kana find names in kana,
/// kanji find names in kanji with their variants. Prints a table with all identifiers of each person: bare those of
/// the affinity domain, else ID@DOMAIN, which the other commands take. Sensitive domains are not shown.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true).multiple(true)
    .args(["name", "kana", "birth_date", "sex", "id"]))]
#[command(after_help = "Examples:
  renkei patient find --name '山田^太郎'
  renkei patient find --kana 'ヤマダ*' --birth-date 1970 --sex M --all
  renkei patient find --id 4711 --domain hospital-a
  renkei patient find --name '山田*' --json | jq -r '.patients[].identifiers[].id'")]
pub(crate) struct PatientFind {
    /// Name; without ^ all of it is the family name.
    #[arg(long, value_name = "FAMILY^GIVEN", value_parser = parse_name)]
    name: Option<NameParts>,
    /// Name in kana.
    #[arg(long, value_name = "FAMILY^GIVEN", value_parser = parse_name)]
    kana: Option<NameParts>,
    /// Date of birth, or its year or month.
    #[arg(long, value_name = "YYYY[MM[DD]]", value_parser = parse_birth_date)]
    birth_date: Option<Dtm>,
    /// Administrative sex: male, female, other, unknown.
    #[arg(long, value_name = "M|F|O|U", hide_possible_values = true)]
    sex: Option<SexChoice>,
    /// An identifier: of the affinity domain, of --domain, or ID@DOMAIN, or ID^^^&OID&ISO.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Name of the domain that gave --id.
    #[arg(long, value_name = "NAME", requires = "id")]
    domain: Option<String>,
    /// All matches, however many; without it the best ones.
    #[arg(long)]
    all: bool,
    /// How many matches, the best first.
    #[arg(long, value_name = "N", default_value = "20", conflicts_with = "all",
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folder: DataFolder,
}

impl PatientFind {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.folder.data)?;
        let supplier = community.manager()?;
        let wanted = match self.all {
            true => Wanted { page: PAGE, is_all: true },
            false => Wanted { page: usize::from(self.limit), is_all: false },
        };
        let prints_json = self.json;
        let query = self.into_query(&community)?;
        let answer = block_on(patient_demographics_query(&supplier, &query, wanted))?;
        let found = match answer {
            Demographics::Found(found) => found,
            Demographics::Refused(refusal) => return Err(CommandError::QueryRefused(refusal)),
        };
        if prints_json {
            output::line(json::answer(&community, &found));
        } else {
            table::lines(&community, &found).into_iter().for_each(output::line);
        }
        Ok(())
    }

    fn into_query(self, community: &RunningCommunity) -> Result<DemographicsQuery, CommandError> {
        let id = match (&self.id, &self.domain) {
            (None, _) => None,
            (Some(id), Some(_)) if id.contains('^') => return Err(CommandError::TwoAuthorities),
            (Some(id), Some(domain)) => Some(parse_patient_id(id, community.domain(domain)?)?),
            (Some(id), None) => Some(community.named_patient_id(id)?),
        };
        let id =
            id.map(|id| Criterion::Id { id: id.id().to_owned(), authority: named(id.authority()) });
        let names = [self.name, self.kana].into_iter().flatten().map(name);
        let birth_date = self
            .birth_date
            .map(|date| Criterion::BirthDate { from: Some(date.clone()), to: Some(date) });
        let sex = self.sex.map(|sex| Criterion::Sex(sex.sex()));
        let criteria = names.chain(birth_date).chain(sex).chain(id).collect();
        let drops_patients_without_domain = true;
        Ok(DemographicsQuery {
            criteria,
            drops_patients_without_domain,
            ..DemographicsQuery::default()
        })
    }
}

fn name(parts: NameParts) -> Criterion {
    let part = |text: String| Some(text).filter(|text| !text.is_empty());
    Criterion::Name(NameCriterion {
        family: part(parts.family),
        given: part(parts.given),
        representation: None,
        is_fuzzy: false,
    })
}

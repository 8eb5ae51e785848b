//! The table of `renkei patient find`: a line for each patient, best match first.

use datatypes::Dtm;
use identity::{NameRepresentation, PatientMatch, PersonName, Sex};

use crate::output::plain;
use crate::table::aligned;
use crate::transactions::patient_demographics_query::FoundPatients;
use crate::wire::RunningCommunity;

const HEAD: [&str; 5] = ["NAME", "KANA", "BORN", "SEX", "IDENTIFIERS"];

/// Head and patients, and how many there are more; one line that says so if there are none.
pub(super) fn lines(community: &RunningCommunity, found: &FoundPatients) -> Vec<String> {
    if found.matches.is_empty() {
        return vec!["no patients".to_owned()];
    }
    let mut rows = vec![HEAD.map(str::to_owned).to_vec()];
    rows.extend(found.matches.iter().map(|patient| row(community, patient)));
    let mut lines = aligned(&rows);
    match found.n_total.saturating_sub(found.matches.len()) {
        0 => {}
        n_more => lines.push(format!("… and {n_more} more: --all shows them")),
    }
    lines
}

fn row(community: &RunningCommunity, patient: &PatientMatch) -> Vec<String> {
    let demographics = &patient.demographics;
    let is_kana = |name: &&PersonName| name.representation == Some(NameRepresentation::Phonetic);
    let names = || demographics.names.iter();
    let name = names().find(|name| !is_kana(name)).or_else(|| names().next());
    let kana = names().find(is_kana).filter(|kana| Some(*kana) != name);
    let ids: Vec<String> = patient.identifiers.iter().map(|id| community.shown_id(id)).collect();
    vec![
        name.map_or_else(|| "-".to_owned(), written),
        kana.map_or_else(|| "-".to_owned(), written),
        demographics.birth_date.as_ref().map_or("-", Dtm::as_str).to_owned(),
        demographics.sex.map_or("-", sex).to_owned(),
        ids.join(" "),
    ]
}

fn written(name: &PersonName) -> String {
    plain(format!("{} {}", name.family, name.given).trim()).into_owned()
}

pub(super) fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "F",
        Sex::Male => "M",
        Sex::Other => "O",
        Sex::Unknown => "U",
        Sex::Ambiguous => "A",
        Sex::NotApplicable => "N",
    }
}

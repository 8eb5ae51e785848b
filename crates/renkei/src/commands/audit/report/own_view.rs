//! `renkei audit report own-view`: what a patient is told who asks who looked at their records.
//!
//! Time, what, and which institution, in plain words: no persons, no identifiers, nobody else.

use clap::Args;
use config::agreement::{Agreement, Member};

use super::{Scope, all_events};
use crate::audit_trail::{Event, local_time, plain_words};
use crate::commands::audit::patient_condition;
use crate::error::CommandError;
use crate::output::{self, plain};
use crate::table::aligned;
use crate::wire::RunningCommunity;

/// A patient's own view: when, what, by which institution, in plain words.
///
/// An institution is named if the record names its site, or an identifier that the agreement gives a member.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei audit report own-view JP0001
  renkei audit report own-view JP0001 --since 2026-01-01")]
pub(crate) struct OwnView {
    /// The patient: an identifier of the affinity domain, or ID^^^&OID&ISO.
    #[arg(value_name = "ID")]
    patient: String,
    #[command(flatten)]
    scope: Scope,
}

impl OwnView {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.scope.folder.data)?;
        let mut conditions = self.scope.period.conditions();
        conditions.push(patient_condition(&community.patient_id(&self.patient)?));
        let events = all_events(&community, &conditions)?;
        let agreement = community.agreement()?;
        lines(&events, agreement.as_ref()).into_iter().for_each(output::line);
        Ok(())
    }
}

fn lines(events: &[Event], agreement: Option<&Agreement>) -> Vec<String> {
    if events.is_empty() {
        return vec!["Nobody has used your information in this time.".to_owned()];
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    for event in events {
        let mut what = plain_words(event).to_owned();
        if event.is_failure() {
            what.push_str(" (it did not succeed)");
        }
        let row = vec![local_time(event.time), what, institution(event, agreement)];
        // Both sides of a transaction write a record: for the patient it is one.
        if rows.last() != Some(&row) {
            rows.push(row);
        }
    }
    aligned(&rows)
}

fn institution(event: &Event, agreement: Option<&Agreement>) -> String {
    let agents = event.agents.iter().flat_map(|agent| [Some(&agent.id), agent.name.as_ref()]);
    let mut texts = agents.flatten().chain([&event.source]).chain(event.site.iter());
    let members = agreement.map(|agreement| agreement.members.as_slice()).unwrap_or_default();
    let member = texts.find_map(|text| members.iter().find(|member| is_named(member, text)));
    let site = event.site.as_deref().filter(|site| !is_technical(site));
    let name = member.map(|member| member.name.as_str()).or(site);
    let community = agreement.map(|agreement| agreement.name.as_str());
    plain(name.or(community).unwrap_or("the network")).into_owned()
}

/// By name, code or OID as a whole word.
fn is_named(member: &Member, text: &str) -> bool {
    let is_inside_word = |it: char| it.is_alphanumeric() || it == '.';
    let mut words = text.split(|it: char| !is_inside_word(it));
    let oids = || member.oids.iter().chain(&member.source_ids).map(datatypes::Oid::as_str);
    text == member.name || words.any(|word| word == member.code || oids().any(|oid| oid == word))
}

/// Identifiers and addresses tell a patient nothing.
fn is_technical(text: &str) -> bool {
    text.contains("://") || text.starts_with("urn:") || !text.contains(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_found_by_code_or_oid_as_a_word() {
        let member = Member {
            name: "北病院".to_owned(),
            code: "0119999999".to_owned(),
            oids: vec![datatypes::Oid::parse("1.2.7").unwrap()],
            source_ids: Vec::new(),
            repositories: Vec::new(),
        };
        for text in ["北病院", "0119999999", "urn:oid:1.2.7", "EHR|0119999999", "a<b@1.2.7>"] {
            assert!(is_named(&member, text), "{text}");
        }
        for text in ["", "1.2.77", "1.2.7.1", "01199999990", "北"] {
            assert!(!is_named(&member, text), "{text}");
        }
    }
}

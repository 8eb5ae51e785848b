//! Tables of rules: each with the messages that keep it and those that break it, or the reason why there are
//! none. What is covered of these rules needs no list of its own: the table is the list.

use crate::case::file::{CaseFile, StepFile, StepLibrary};
use crate::case::{Case, CaseError, Document};
use crate::coverage::{Cover, Row, Section};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    /// What the rules are about.
    title: String,
    paragraph: String,
    needs: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// Documents that the rows submit.
    #[serde(default)]
    documents: BTreeMap<String, Document>,
    /// Steps in front of every row.
    #[serde(default)]
    before: Vec<StepFile>,
    row: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Name of the case.
    case: String,
    /// Where the rule stands in the digest of the standard, `4.3 case 1`; a row may be about several.
    rules: Vec<String>,
    requirement: String,
    /// In place of that of the table.
    paragraph: Option<String>,
    /// Beside those of the table.
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// Steps behind those of the table, in front of both cases.
    #[serde(default)]
    before: Vec<StepFile>,
    /// The rule is kept: accepted, found, answered.
    #[serde(default)]
    kept: Vec<StepFile>,
    /// The rule is broken: refused, or not found.
    #[serde(default)]
    broken: Vec<StepFile>,
    /// Why there is no case that keeps it.
    not_kept: Option<String>,
    /// Why there is no case that breaks it.
    not_broken: Option<String>,
}

/// The cases of a table; `place` is its path below `rules/`.
pub(crate) fn cases(place: &str, text: &str, steps: &StepLibrary) -> Result<Vec<Case>, CaseError> {
    let table: RuleTable = toml::from_str(text)?;
    let name = place.strip_suffix(".toml").unwrap_or(place);
    let mut cases = Vec::new();
    for row in &table.row {
        row.check()?;
        for (own, end) in [(&row.kept, ""), (&row.broken, "_refused")] {
            if !own.is_empty() {
                let id = format!("{name}/{}{end}", row.case);
                cases.push(table.file(row, id, own).read(steps)?);
            }
        }
    }
    Ok(cases)
}

/// What a table covers.
///
/// # Errors
/// [`CaseError`] as [`cases`].
pub(crate) fn section(place: &str, text: &str) -> Result<Section, CaseError> {
    let table: RuleTable = toml::from_str(text)?;
    let name = place.strip_suffix(".toml").unwrap_or(place);
    let cover = |row: &Rule, steps: &[StepFile], end: &str, reason: Option<&String>| match reason {
        Some(reason) if steps.is_empty() => Cover::None(reason.clone()),
        Some(_) | None => Cover::Cases(vec![format!("{name}/{}{end}", row.case)]),
    };
    let row = |row: &Rule| Row {
        demand: format!("{}: {}", row.rules.join(", "), row.requirement),
        positive: cover(row, &row.kept, "", row.not_kept.as_ref()),
        negative: cover(row, &row.broken, "_refused", row.not_broken.as_ref()),
    };
    Ok(Section { rows: table.row.iter().map(row).collect(), title: table.title.into() })
}

impl Rule {
    /// Each side has its steps or its reason, and one of them has steps.
    fn check(&self) -> Result<(), CaseError> {
        let wrong = |fault| Err(CaseError::Row { row: self.case.clone(), fault });
        let has_either = |steps: &[StepFile], reason: Option<&String>| {
            steps.is_empty() == reason.is_some_and(|reason| reason.len() > 10)
        };
        if !has_either(&self.kept, self.not_kept.as_ref()) {
            return wrong("it has neither `kept` nor the reason `not_kept`, or both");
        }
        if !has_either(&self.broken, self.not_broken.as_ref()) {
            return wrong("it has neither `broken` nor the reason `not_broken`, or both");
        }
        if self.rules.is_empty() {
            return wrong("`rules` is empty");
        }
        Ok(())
    }
}

impl RuleTable {
    fn file(&self, row: &Rule, id: String, own: &[StepFile]) -> CaseFile {
        let variables = self.variables.iter().chain(&row.variables);
        CaseFile {
            id,
            requirement: row.requirement.clone(),
            paragraph: row.paragraph.clone().unwrap_or_else(|| self.paragraph.clone()),
            needs: self.needs.iter().chain(&row.needs).cloned().collect(),
            variables: variables.map(|(name, value)| (name.clone(), value.clone())).collect(),
            documents: self.documents.clone(),
            step: self.before.iter().chain(&row.before).chain(own).cloned().collect(),
        }
    }
}

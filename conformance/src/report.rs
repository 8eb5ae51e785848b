//! The result of a run: one line per case for people, JSON for programs.

use crate::case::Case;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::path::PathBuf;

/// A whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Begin of the run, UTC.
    pub started: String,
    /// Cases that held.
    pub passed: usize,
    /// Cases of which a check did not hold, or that got no answer.
    pub failed: usize,
    /// Cases for which the server has no endpoint, and excepted ones.
    pub skipped: usize,
    /// Each case in the order of the run.
    pub cases: Vec<CaseReport>,
}

/// One case.
#[derive(Debug, Serialize)]
pub struct CaseReport {
    /// `<iti-nn>/<name>`.
    pub id: String,
    /// What is demanded.
    pub requirement: String,
    /// Where it is written.
    pub paragraph: String,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The steps that were made.
    pub steps: Vec<StepReport>,
}

/// How a case ended.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "reason", rename_all = "lowercase")]
pub enum Outcome {
    /// Every check held.
    Pass,
    /// The first reason why not.
    Fail(String),
    /// What the server does not offer, or that the case was excepted.
    Skipped(String),
}

/// One step.
#[derive(Debug, Serialize)]
pub struct StepReport {
    /// What the step is for.
    pub name: String,
    /// The transaction.
    pub transaction: String,
    /// Each check as the case file states it.
    pub checks: Vec<CheckReport>,
    /// File with what was sent.
    pub request: Option<PathBuf>,
    /// File with what came back.
    pub answer: Option<PathBuf>,
}

/// One check.
#[derive(Debug, Serialize)]
pub struct CheckReport {
    /// The check as the case file states it.
    pub check: Value,
    /// What was found when it did not hold.
    pub finding: Option<String>,
}

impl CaseReport {
    /// What is known of a case before its steps are made.
    pub(crate) fn new(case: &Case, outcome: Outcome, steps: Vec<StepReport>) -> CaseReport {
        CaseReport {
            id: case.id.clone(),
            requirement: case.requirement.clone(),
            paragraph: case.paragraph.clone(),
            outcome,
            steps,
        }
    }

    /// A case that is not run by the wish of whoever started the run.
    #[must_use]
    pub fn excepted(case: &Case) -> CaseReport {
        CaseReport::new(case, Outcome::Skipped("excepted by --except".to_owned()), Vec::new())
    }
}

impl Report {
    /// Counts the outcomes.
    #[must_use]
    pub fn new(started: String, cases: Vec<CaseReport>) -> Report {
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        for case in &cases {
            match case.outcome {
                Outcome::Pass => passed += 1,
                Outcome::Fail(_) => failed += 1,
                Outcome::Skipped(_) => skipped += 1,
            }
        }
        Report { started, passed, failed, skipped, cases }
    }

    /// The last line of a run.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Pass => write!(to, "pass     {}", self.id),
            Outcome::Fail(reason) => write!(to, "fail     {}: {reason}", self.id),
            Outcome::Skipped(reason) => write!(to, "skipped  {}: {reason}", self.id),
        }
    }
}

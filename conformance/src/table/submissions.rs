//! Tables of submissions: variations of a complete one, accepted or refused.

use super::{Tables, refused};
use crate::case::file::{CaseFile, StepFile};
use crate::case::{Attachment, Case, CaseError, Document, Package, RootPosition};
use crate::check::{Check, Status};
use crate::edit::Edit;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubmissionTable {
    paragraph: String,
    needs: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// Steps in front of every row: patients are announced.
    #[serde(default)]
    before: Vec<StepFile>,
    /// The shared step that sends a submission.
    like: String,
    /// Documents of every row.
    #[serde(default)]
    documents: BTreeMap<String, Document>,
    /// Checks on every answer that is no fault.
    #[serde(default)]
    answers: Vec<Check>,
    /// The shared step that looks at a document that was accepted.
    retrieved: Option<String>,
    /// The shared step that looks for a document that was refused.
    not_retrieved: Option<String>,
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// Name of the case.
    case: String,
    requirement: String,
    /// In place of that of the table.
    paragraph: Option<String>,
    /// Submissions that must be accepted first.
    #[serde(default)]
    before: Vec<Submission>,
    #[serde(default)]
    accepted: Vec<Submission>,
    #[serde(default)]
    refused: Vec<Submission>,
}

/// A submission that differs from the complete one.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Submission {
    /// Another message than that of the shared step.
    message: Option<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    edits: Vec<Edit>,
    /// The package, where it is not the one of the shared step.
    attachments: Option<Vec<Attachment>>,
    start: Option<String>,
    root: Option<RootPosition>,
    package: Option<Package>,
    headers: Option<BTreeMap<String, String>>,
    /// It is refused by a fault of this code; `any`: by any fault, HTTP status, or Failure.
    fault: Option<String>,
    /// Its document is not looked for.
    #[serde(default)]
    unseen: bool,
    /// Error codes, of which one must be there; none: any code.
    #[serde(default)]
    codes: Vec<String>,
    /// It may be accepted as well as refused; the requirement says why.
    #[serde(default)]
    either: bool,
    /// Further checks.
    #[serde(default)]
    checks: Vec<Check>,
}

/// The cases of a table; `place` is its path below `submissions/`.
pub(crate) fn cases(place: &str, text: &str, tables: &Tables<'_>) -> Result<Vec<Case>, CaseError> {
    let table: SubmissionTable = toml::from_str(text)?;
    let name = place.strip_suffix(".toml").unwrap_or(place);
    let mut cases = Vec::new();
    for row in &table.row {
        if row.accepted.is_empty() && row.refused.is_empty() {
            return Err(CaseError::Row { row: row.case.clone(), fault: "it demands nothing" });
        }
        if !row.accepted.is_empty() {
            let mut steps = Vec::new();
            for one in table.numbered(&row.accepted) {
                steps.push(table.step(&one, "accepted", table.answered(accepted(&one))));
                steps.extend(table.look(&one, table.retrieved.as_ref()));
            }
            if !row.accepted.iter().any(|one| one.either) {
                steps.push(kept("all of it is kept", row.n_own_before() + own(&row.accepted)));
            }
            let file = table.file(row, format!("{name}/{}", row.case), steps);
            cases.push(file.read(tables.steps)?);
        }
        if !row.refused.is_empty() {
            let mut steps = Vec::new();
            for one in table.numbered(&row.refused) {
                steps.push(table.step(&one, "refused", table.refused(&one)));
                steps.extend(table.look(&one, table.not_retrieved.as_ref()));
            }
            if !row.refused.iter().any(|one| one.either) {
                steps.push(kept("nothing of it is kept", row.n_own_before()));
            }
            let file = table.file(row, format!("{name}/{}_refused", row.case), steps);
            cases.push(file.read(tables.steps)?);
        }
    }
    Ok(cases)
}

impl Row {
    fn n_own_before(&self) -> usize {
        own(&self.before)
    }
}

impl SubmissionTable {
    fn file(&self, row: &Row, id: String, steps: Vec<StepFile>) -> CaseFile {
        let before = row.before.iter().map(|one| self.step(one, "register", accepted(one)));
        CaseFile {
            id,
            requirement: row.requirement.clone(),
            paragraph: row.paragraph.clone().unwrap_or_else(|| self.paragraph.clone()),
            needs: self.needs.clone(),
            variables: self.variables.clone(),
            documents: self.documents.clone(),
            step: self.before.iter().cloned().chain(before).chain(steps).collect(),
        }
    }

    fn step(&self, submission: &Submission, name: &str, mut checks: Vec<Check>) -> StepFile {
        checks.extend(submission.checks.iter().cloned());
        StepFile {
            like: Some(self.like.clone()),
            name: Some(name.to_owned()),
            message: submission.message.clone(),
            variables: submission.variables.clone(),
            edits: submission.edits.clone(),
            attachments: submission.attachments.clone(),
            start: submission.start.clone(),
            root: submission.root,
            package: submission.package.clone(),
            headers: submission.headers.clone(),
            checks,
            ..StepFile::default()
        }
    }

    fn answered(&self, mut checks: Vec<Check>) -> Vec<Check> {
        checks.extend(self.answers.iter().cloned());
        checks
    }

    fn refused(&self, submission: &Submission) -> Vec<Check> {
        let failure = || vec![Check::ResponseStatus(Status::Failure)];
        match submission.fault.as_deref() {
            None => self.answered(either(submission, refused(&submission.codes))),
            Some("any") => {
                let status = vec![Check::HttpStatus(vec![400, 413, 415, 500])];
                vec![Check::OneOf(vec![status, failure()])]
            }
            Some(code) => vec![
                Check::HttpStatus(vec![400, 500]),
                Check::SoapFault { code: code.to_owned(), subcode: None },
            ],
        }
    }

    /// A look at the document of the submission, in a package of the same kind.
    fn look(&self, submission: &Submission, like: Option<&String>) -> Option<StepFile> {
        let like = like.filter(|_| !submission.unseen && !submission.either)?;
        // The refused package is no good for a question, either.
        let (package, headers) = match submission.fault {
            Some(_) => (None, None),
            None => (submission.package.clone(), submission.headers.clone()),
        };
        Some(StepFile {
            like: Some(like.clone()),
            variables: submission.variables.clone(),
            package,
            headers,
            ..StepFile::default()
        })
    }

    /// Where documents are looked for, each has a uniqueId of its own, unless it says one.
    fn numbered(&self, submissions: &[Submission]) -> Vec<Submission> {
        let mut submissions = submissions.to_vec();
        if self.retrieved.is_none() {
            return submissions;
        }
        for (place, one) in submissions.iter_mut().enumerate() {
            let unique_id = format!("${{oid:document {place}}}");
            one.variables.entry("unique_id".to_owned()).or_insert(unique_id);
        }
        submissions
    }
}

fn accepted(submission: &Submission) -> Vec<Check> {
    either(submission, vec![Check::ResponseStatus(Status::Success), Check::ConsistentResponse])
}

/// The demanded way, or the other one as well where the standard leaves it open.
fn either(submission: &Submission, demanded: Vec<Check>) -> Vec<Check> {
    if !submission.either {
        return demanded;
    }
    let success = vec![Check::ResponseStatus(Status::Success), Check::ConsistentResponse];
    vec![Check::OneOf(vec![success, refused(&submission.codes)])]
}

/// How many of the submissions are of the patient of the case.
fn own(submissions: &[Submission]) -> usize {
    submissions.iter().filter(|one| !one.variables.contains_key("patient_id")).count()
}

/// The patient has so many submission sets, and no more.
fn kept(name: &str, n_submission_sets: usize) -> StepFile {
    StepFile {
        like: Some("submission_sets".to_owned()),
        name: Some(name.to_owned()),
        checks: vec![Check::Count {
            of: "//rim:RegistryPackage".to_owned(),
            is: n_submission_sets,
        }],
        ..StepFile::default()
    }
}

//! Why a question about the trail is not answered, and how that is said: HTTP status and OperationOutcome.

use atna::Outcome;
use fhir::outcome::{Issue, IssueType};
use fhir::parameters::InvalidParameters;
use net::soap_endpoint::RejectionCause;
use policy::Denied;
use store::StoreError;

/// Why ITI-81 is not answered. `Display` goes to logs: names, no values.
#[derive(Debug, thiserror::Error)]
pub enum RetrieveError {
    #[error("the requester may not read the audit trail")]
    Denied(#[from] Denied),
    #[error("another format than JSON is wanted")]
    NotAcceptable,
    #[error("the form has another media type than a form")]
    MediaType,
    #[error("the form cannot be read")]
    Body(#[source] RejectionCause),
    #[error("the parameters cannot be read")]
    Parameters(#[from] InvalidParameters),
    #[error("date is missing")]
    MissingDate,
    #[error("{name}: {problem}")]
    Parameter { name: String, problem: String },
    #[error("parameters are not known: {}", .0.join(", "))]
    Unknown(Vec<String>),
    #[error("a link of another time or another client")]
    Link,
    #[error("there is no such record")]
    NotFound,
    #[error("retention has dropped the text of this record")]
    Dropped,
    #[error("records could not be read")]
    Store(#[from] StoreError),
    #[error("reading was interrupted")]
    Interrupted,
    #[error("a link could not be made")]
    Random,
}

impl From<diesel::result::Error> for RetrieveError {
    fn from(error: diesel::result::Error) -> RetrieveError {
        RetrieveError::Store(error.into())
    }
}

impl RetrieveError {
    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            RetrieveError::Denied(_) => 403,
            RetrieveError::NotAcceptable => 406,
            RetrieveError::MediaType => 415,
            RetrieveError::Body(RejectionCause::TooLarge) => 413,
            RetrieveError::Body(RejectionCause::Timeout) => 408,
            RetrieveError::Body(_)
            | RetrieveError::Parameters(_)
            | RetrieveError::MissingDate
            | RetrieveError::Parameter { .. }
            | RetrieveError::Unknown(_) => 400,
            RetrieveError::NotFound => 404,
            RetrieveError::Link | RetrieveError::Dropped => 410,
            RetrieveError::Store(_) | RetrieveError::Interrupted | RetrieveError::Random => 500,
        }
    }

    /// EventOutcomeIndicator of the record about it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            // Somebody wanted to see what is not for them: whoever reviews the trail looks for these.
            RetrieveError::Denied(_)
            | RetrieveError::Store(_)
            | RetrieveError::Interrupted
            | RetrieveError::Random => Outcome::SeriousFailure,
            RetrieveError::NotAcceptable
            | RetrieveError::MediaType
            | RetrieveError::Body(_)
            | RetrieveError::Parameters(_)
            | RetrieveError::MissingDate
            | RetrieveError::Parameter { .. }
            | RetrieveError::Unknown(_)
            | RetrieveError::Link
            | RetrieveError::NotFound
            | RetrieveError::Dropped => Outcome::MinorFailure,
        }
    }

    /// What the client is told.
    #[must_use]
    pub fn issues(&self) -> Vec<Issue> {
        let issue = |kind, text: &str, parameter: Option<&str>| Issue {
            kind,
            text: text.to_owned(),
            parameter: parameter.map(str::to_owned),
        };
        let one = |kind, text: &str| vec![issue(kind, text, None)];
        match self {
            RetrieveError::Denied(_) => {
                one(IssueType::Forbidden, "You may not read the audit trail.")
            }
            RetrieveError::NotAcceptable => {
                one(IssueType::NotSupported, "Answers are JSON: application/fhir+json.")
            }
            RetrieveError::MediaType => one(
                IssueType::NotSupported,
                "The parameters of _search come as application/x-www-form-urlencoded.",
            ),
            RetrieveError::Body(RejectionCause::TooLarge) => {
                one(IssueType::TooLong, "The form is too large.")
            }
            RetrieveError::Body(RejectionCause::Timeout) => {
                one(IssueType::Timeout, "The form took too long.")
            }
            RetrieveError::Body(_) => one(IssueType::Value, "The form was not received."),
            RetrieveError::Parameters(error) => one(IssueType::Value, &error.to_string()),
            RetrieveError::MissingDate => {
                let text = "date is required: date=ge2026-04-01&date=le2026-04-30";
                vec![issue(IssueType::Required, text, Some("date"))]
            }
            RetrieveError::Parameter { name, problem } => {
                vec![issue(IssueType::Value, &format!("{name}: {problem}."), Some(name))]
            }
            RetrieveError::Unknown(names) => {
                let unknown = |name: &String| {
                    let text = format!("{name}: this parameter is not offered.");
                    issue(IssueType::NotSupported, &text, Some(name))
                };
                names.iter().map(unknown).collect()
            }
            RetrieveError::Link => one(
                IssueType::NotFound,
                "This link was not given to you by this process; search again.",
            ),
            RetrieveError::NotFound => one(IssueType::NotFound, "There is no such AuditEvent."),
            RetrieveError::Dropped => one(
                IssueType::Deleted,
                "The text of this record was dropped when its period of retention ended.",
            ),
            RetrieveError::Store(_) | RetrieveError::Interrupted | RetrieveError::Random => {
                one(IssueType::Exception, "The audit trail could not be read.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All but the refusal of a requester, which only the policy can make.
    fn variants() -> Vec<(RetrieveError, u16, &'static str)> {
        let parameter =
            RetrieveError::Parameter { name: "type".to_owned(), problem: "no code".to_owned() };
        vec![
            (RetrieveError::NotAcceptable, 406, "not-supported"),
            (RetrieveError::MediaType, 415, "not-supported"),
            (RetrieveError::Body(RejectionCause::TooLarge), 413, "too-long"),
            (RetrieveError::Body(RejectionCause::Timeout), 408, "timeout"),
            (RetrieveError::Body(RejectionCause::Interrupted), 400, "value"),
            (RetrieveError::Parameters(InvalidParameters::Encoding), 400, "value"),
            (RetrieveError::MissingDate, 400, "required"),
            (parameter, 400, "value"),
            (RetrieveError::Unknown(vec!["policy".to_owned()]), 400, "not-supported"),
            (RetrieveError::Link, 410, "not-found"),
            (RetrieveError::NotFound, 404, "not-found"),
            (RetrieveError::Dropped, 410, "deleted"),
            (RetrieveError::Store(StoreError::Busy), 500, "exception"),
            (RetrieveError::Interrupted, 500, "exception"),
            (RetrieveError::Random, 500, "exception"),
        ]
    }

    #[test]
    fn every_failure_has_its_status_and_code() {
        for (error, status, code) in variants() {
            assert_eq!(error.status(), status, "{error}");
            let outcome = fhir::outcome::error(&error.issues());
            let found = outcome.pointer("/issue/0/code").and_then(|it| it.as_str());
            assert_eq!(found, Some(code), "{error}");
            assert_eq!(error.outcome() == Outcome::SeriousFailure, status >= 500, "{error}");
        }
    }
}

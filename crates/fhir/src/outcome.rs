//! OperationOutcome: what went wrong, for the client.

use serde_json::{Value, json};

/// IssueType (FHIR R4, value set issue-type), those that occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueType {
    /// A value cannot be read.
    Value,
    /// Something that must be there is not.
    Required,
    /// Understood, and not offered.
    NotSupported,
    NotFound,
    /// It was there.
    Deleted,
    Forbidden,
    /// More than is taken.
    TooLong,
    Timeout,
    /// A failure of the server.
    Exception,
    /// For information.
    Informational,
}

/// One issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub kind: IssueType,
    /// Whole sentence, without values of the request.
    pub text: String,
    /// The parameter at fault.
    pub parameter: Option<String>,
}

impl IssueType {
    const fn code(self) -> &'static str {
        match self {
            IssueType::Value => "value",
            IssueType::Required => "required",
            IssueType::NotSupported => "not-supported",
            IssueType::NotFound => "not-found",
            IssueType::Deleted => "deleted",
            IssueType::Forbidden => "forbidden",
            IssueType::TooLong => "too-long",
            IssueType::Timeout => "timeout",
            IssueType::Exception => "exception",
            IssueType::Informational => "informational",
        }
    }
}

/// Issues for which nothing was done.
#[must_use]
pub fn error(issues: &[Issue]) -> Value {
    outcome("error", issues)
}

/// Issues beside which everything was done.
#[must_use]
pub fn warning(issues: &[Issue]) -> Value {
    outcome("warning", issues)
}

fn outcome(severity: &str, issues: &[Issue]) -> Value {
    let issue = |issue: &Issue| {
        let mut value = json!({
            "severity": severity,
            "code": issue.kind.code(),
            "diagnostics": issue.text,
        });
        if let (Some(parameter), Some(object)) = (&issue.parameter, value.as_object_mut()) {
            // FHIR R4, OperationOutcome.issue.expression: `http.` and the name of the parameter.
            object.insert("expression".to_owned(), json!([format!("http.{parameter}")]));
        }
        value
    };
    json!({
        "resourceType": "OperationOutcome",
        "issue": issues.iter().map(issue).collect::<Vec<Value>>(),
    })
}

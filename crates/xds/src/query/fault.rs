//! Why a stored query cannot be answered as it was asked.

use crate::query::parameter::Parameter;

/// The first rule that a request breaks. `Display` and the fields hold names and
/// counts, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryFault {
    #[error("unknown stored query")]
    UnknownStoredQuery,
    #[error("returnType is neither LeafClass nor ObjectRef")]
    ReturnType,
    #[error("{parameter} is missing")]
    MissingParameter { parameter: Parameter },
    #[error("one of {} is needed, none is given", names(parameters))]
    MissingOneOf { parameters: &'static [Parameter] },
    #[error("only one of {} may be given", names(parameters))]
    Exclusive { parameters: &'static [Parameter] },
    #[error("{parameter} takes one value, got {count}")]
    NotSingleValued { parameter: Parameter, count: usize },
    /// Repeating a slot means AND for a few parameters only (ITI TF-2: 3.18.4.1.2.3.5).
    #[error("{parameter} is given in more than one slot")]
    RepeatedParameter { parameter: Parameter },
    #[error("{parameter} {what}")]
    InvalidValue { parameter: Parameter, what: &'static str },
    #[error("the query has more values than the limit of {limit}")]
    TooManyValues { limit: usize },
}

impl QueryFault {
    /// The `codeContext` of the answer, for the requester.
    ///
    /// The requester knows the values; naming the parameter is enough, and keeps
    /// patient ids out of error lists that travel through gateways.
    #[must_use]
    pub fn code_context(&self) -> String {
        match self {
            QueryFault::UnknownStoredQuery => {
                "The registry does not know this stored query.".into()
            }
            QueryFault::ReturnType => "returnType must be LeafClass or ObjectRef.".into(),
            QueryFault::MissingParameter { parameter } => {
                format!("{parameter} is required and has no usable value.")
            }
            QueryFault::MissingOneOf { parameters } => {
                format!("One of {} is required.", names(parameters))
            }
            QueryFault::Exclusive { parameters } => {
                format!("Only one of {} may be given.", names(parameters))
            }
            QueryFault::NotSingleValued { parameter, count } => {
                format!("{parameter} takes a single value, {count} were given.")
            }
            QueryFault::RepeatedParameter { parameter } => {
                format!("{parameter} may be given in one slot only.")
            }
            QueryFault::InvalidValue { parameter, what } => format!("{parameter} {what}."),
            QueryFault::TooManyValues { limit } => {
                format!("The query has more values than the {limit} that are allowed.")
            }
        }
    }
}

fn names(parameters: &[Parameter]) -> String {
    let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name()).collect();
    names.join(", ")
}

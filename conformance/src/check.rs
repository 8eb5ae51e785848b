//! What can be demanded of an answer. One variant per kind of check; each can fail.
//!
//! In a case file a check is a name (`"relates_to_request"`) or a table with one key
//! (`{ response_status = "Success" }`). All texts are templates. Evaluation is divided by what is
//! looked at: [`transport`], [`response`], [`content`], [`acknowledgement`].

mod acknowledgement;
mod content;
mod response;
mod transport;
mod v3;

use crate::answer::{Answer, Hl7Answer, HttpAnswer, Packaging, SoapMessage};
use crate::scope::Scope;
use crate::template::{Template, TemplateError, with_placeholders};
use crate::xml_path::{Path, PathError};
use serde::{Deserialize, Serialize};

/// A demand on one answer.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// The HTTP status is one of these.
    HttpStatus(Vec<u16>),
    /// The media type of the HTTP answer, without parameters.
    ContentType(String),
    /// Simple SOAP or MTOM; the answer must be readable as such.
    #[serde(serialize_with = "packaging_name")]
    Packaging(Packaging),
    /// `wsa:Action` of the answer, with mustUnderstand.
    Action(String),
    /// `wsa:RelatesTo` is the MessageID of the request, letter by letter.
    RelatesToRequest,
    /// The answer is a SOAP fault.
    SoapFault {
        /// Local name in the SOAP namespace: `Sender`, `Receiver`, `MustUnderstand` …
        code: String,
        /// Prefix and local name, `wsa:ActionNotSupported`.
        subcode: Option<String>,
    },
    /// The answer is a fault of WS-Security that the sender is to blame for.
    SecurityFault,
    /// The answer is a SOAP message and no fault.
    NoFault,
    /// `Success`, `PartialSuccess` or `Failure`.
    ResponseStatus(Status),
    /// The error list holds this code.
    ErrorCode {
        /// `errorCode`.
        code: String,
        /// A text that `codeContext` of the same error holds.
        context_contains: Option<String>,
        /// `location` of the same error.
        location: Option<String>,
    },
    /// The error list does not hold this code.
    NoErrorCode(String),
    /// All checks of one of these lists hold: the standard leaves a choice.
    OneOf(Vec<Vec<Check>>),
    /// Status, errors and objects agree with each other and with the order of the schema.
    ConsistentResponse,
    /// So many elements or attributes are at the path.
    Count {
        /// A path.
        of: String,
        /// How many.
        is: usize,
    },
    /// Exactly one value is at the path, and it is this one.
    Value {
        /// A path.
        of: String,
        /// The value.
        is: String,
    },
    /// These values are at the path, in any order, and no others.
    Values {
        /// A path.
        of: String,
        /// The values.
        are: Vec<String>,
    },
    /// These values are at the path, and perhaps others.
    Includes {
        /// A path.
        of: String,
        /// The values.
        all: Vec<String>,
    },
    /// This value is not at the path.
    Lacks {
        /// A path.
        of: String,
        /// The value.
        value: String,
    },
    /// An answer in HL7 v3 keeps what conformance validators check of every one.
    V3Rules,
    /// The value at the path holds a text.
    Contains {
        /// A path.
        of: String,
        /// The text.
        text: String,
    },
    /// An answer of ITI-43 carries exactly the bytes of a document of the case.
    Document {
        /// DocumentUniqueId.
        unique_id: String,
        /// Name of the case's document; a template.
        equals: String,
        /// So many documents, in whose names `${copy}` is the number.
        copies: Option<usize>,
    },
    /// MSA-1.
    Acknowledgement(String),
    /// MSA-2 is MSH-10 of the request.
    AnswersControlId,
    /// An ERR segment holds this code of HL7 table 0357.
    Hl7Error(String),
    /// A value of the acknowledgement by its place, `MSH-9.1`.
    Hl7Value {
        /// The place.
        of: String,
        /// The value.
        is: String,
    },
    /// These values are at a place of an HL7 v2 answer, in all segments and repetitions, in any order, and no
    /// others.
    Hl7Values {
        /// The place.
        of: String,
        /// The values.
        are: Vec<String>,
    },
    /// These values are at a place, and perhaps others.
    Hl7Includes {
        /// The place.
        of: String,
        /// The values.
        all: Vec<String>,
    },
    /// This value is not at a place.
    Hl7Lacks {
        /// The place.
        of: String,
        /// The value.
        value: String,
    },
    /// So many values are at a place; a segment counts as one.
    Hl7Count {
        /// The place.
        of: String,
        /// How many.
        is: usize,
    },
    /// The names of the segments, in this order.
    Hl7Segments(Vec<String>),
    /// The fields that hold something in the segments of this name.
    Hl7Fields {
        /// The segment.
        of: String,
        /// The numbers of the fields.
        are: Vec<usize>,
    },
    /// One ERR of HL7 v2.5 for each of these ERR-2, with this code of table 0357, and no others.
    Hl7Err {
        /// ERR-2; the empty text: no field is at fault.
        locations: Vec<String>,
        /// ERR-3.1.
        code: String,
    },
    /// Each identifier in PID-3 has namespace, OID and type of its authority, and those of one authority stand
    /// together.
    FullAuthorities,
    /// The connection was closed, and nothing was answered.
    NoAnswer,
}

/// `@status` of a registry response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Status {
    /// Everything was done.
    Success,
    /// Some of it was done.
    PartialSuccess,
    /// Nothing was done.
    Failure,
}

/// What was found in place of what was demanded.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding(pub String);

impl From<TemplateError> for Finding {
    fn from(error: TemplateError) -> Finding {
        Finding(format!("the check cannot be filled in: {error}"))
    }
}

impl From<PathError> for Finding {
    fn from(error: PathError) -> Finding {
        Finding(error.to_string())
    }
}

fn packaging_name<S: serde::Serializer>(value: &Packaging, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match value {
        Packaging::Simple => "simple",
        Packaging::Mtom => "mtom",
    })
}

/// What a check looks at: the answer, and the values of the run.
pub(crate) struct Exchange<'a> {
    pub(crate) answer: &'a Answer,
    pub(crate) scope: &'a Scope<'a>,
    pub(crate) template: Template<'a>,
}

impl Exchange<'_> {
    fn fill(&self, text: &str) -> Result<String, Finding> {
        Ok(self.template.value(text)?)
    }

    fn http(&self) -> Result<&HttpAnswer, Finding> {
        match self.answer {
            Answer::Http(http) => Ok(http),
            Answer::Hl7(_) => Err(Finding("the answer did not come over HTTP".to_owned())),
            Answer::Refused(reason) => Err(Finding(reason.clone())),
        }
    }

    fn soap(&self) -> Result<&SoapMessage, Finding> {
        let http = self.http()?;
        http.soap.as_ref().map_err(|fault| Finding(fault.to_string()))
    }

    fn hl7(&self) -> Result<&Hl7Answer, Finding> {
        match self.answer {
            Answer::Hl7(hl7) => Ok(hl7),
            Answer::Http(_) => Err(Finding("the answer did not come over MLLP".to_owned())),
            Answer::Refused(reason) => Err(Finding(reason.clone())),
        }
    }
}

impl Check {
    /// Evaluates the check.
    ///
    /// # Errors
    /// [`Finding`] says what was found in place of what was demanded.
    pub(crate) fn held(&self, exchange: &Exchange<'_>) -> Result<(), Finding> {
        match self {
            Check::HttpStatus(allowed) => transport::http_status(exchange, allowed),
            Check::ContentType(demanded) => transport::content_type(exchange, demanded),
            Check::Packaging(demanded) => transport::packaging(exchange, *demanded),
            Check::Action(demanded) => transport::action(exchange, demanded),
            Check::RelatesToRequest => transport::relates_to_request(exchange),
            Check::SoapFault { code, subcode } => {
                transport::soap_fault(exchange, code, subcode.as_deref())
            }
            Check::SecurityFault => transport::security_fault(exchange),
            Check::NoFault => transport::no_fault(exchange),
            Check::ResponseStatus(demanded) => response::status(exchange, *demanded),
            Check::ErrorCode { code, context_contains, location } => {
                let context = context_contains.as_deref();
                response::error_code(exchange, code, context, location.as_deref())
            }
            Check::NoErrorCode(code) => response::no_error_code(exchange, code),
            Check::OneOf(lists) => one_of(exchange, lists),
            Check::ConsistentResponse => response::consistent(exchange),
            Check::Count { of, is } => content::count(exchange, of, *is),
            Check::Value { of, is } => content::value(exchange, of, is),
            Check::Values { of, are } => content::values(exchange, of, are),
            Check::Includes { of, all } => content::includes(exchange, of, all),
            Check::Lacks { of, value } => content::lacks(exchange, of, value),
            Check::V3Rules => v3::rules(exchange),
            Check::Contains { of, text } => content::contains(exchange, of, text),
            Check::Document { unique_id, equals, copies } => {
                content::documents(exchange, unique_id, equals, *copies)
            }
            Check::Acknowledgement(code) => acknowledgement::code(exchange, code),
            Check::AnswersControlId => acknowledgement::answers_control_id(exchange),
            Check::Hl7Error(code) => acknowledgement::error(exchange, code),
            Check::Hl7Value { of, is } => acknowledgement::value(exchange, of, is),
            Check::Hl7Values { of, are } => acknowledgement::values(exchange, of, are),
            Check::Hl7Includes { of, all } => acknowledgement::includes(exchange, of, all),
            Check::Hl7Lacks { of, value } => acknowledgement::lacks(exchange, of, value),
            Check::Hl7Count { of, is } => acknowledgement::count(exchange, of, *is),
            Check::Hl7Segments(names) => acknowledgement::segments(exchange, names),
            Check::Hl7Fields { of, are } => acknowledgement::fields(exchange, of, are),
            Check::Hl7Err { locations, code } => acknowledgement::errors(exchange, locations, code),
            Check::FullAuthorities => acknowledgement::full_authorities(exchange),
            Check::NoAnswer => acknowledgement::no_answer(exchange),
        }
    }

    /// True of a choice that leaves everything open, and of a look at no document.
    pub(crate) fn always_holds(&self) -> bool {
        if let Check::OneOf(lists) = self {
            return lists.iter().any(|checks| checks.iter().all(Check::always_holds));
        }
        matches!(self, Check::Document { copies: Some(0), .. })
    }

    /// Refuses a path that could never be evaluated, when the case file is read.
    pub(crate) fn parse_paths(&self) -> Result<(), PathError> {
        match self {
            Check::Count { of, .. }
            | Check::Value { of, .. }
            | Check::Values { of, .. }
            | Check::Includes { of, .. }
            | Check::Lacks { of, .. }
            | Check::Contains { of, .. } => Path::parse(&with_placeholders(of)).map(|_path| ()),
            Check::OneOf(lists) => lists.iter().flatten().try_for_each(Check::parse_paths),
            Check::HttpStatus(_)
            | Check::ContentType(_)
            | Check::Packaging(_)
            | Check::Action(_)
            | Check::RelatesToRequest
            | Check::SoapFault { .. }
            | Check::SecurityFault
            | Check::NoFault
            | Check::ResponseStatus(_)
            | Check::ErrorCode { .. }
            | Check::NoErrorCode(_)
            | Check::ConsistentResponse
            | Check::V3Rules
            | Check::Document { .. }
            | Check::Acknowledgement(_)
            | Check::AnswersControlId
            | Check::Hl7Error(_)
            | Check::Hl7Value { .. }
            | Check::Hl7Values { .. }
            | Check::Hl7Includes { .. }
            | Check::Hl7Lacks { .. }
            | Check::Hl7Count { .. }
            | Check::Hl7Segments(_)
            | Check::Hl7Fields { .. }
            | Check::Hl7Err { .. }
            | Check::FullAuthorities
            | Check::NoAnswer => Ok(()),
        }
    }
}

fn one_of(exchange: &Exchange<'_>, lists: &[Vec<Check>]) -> Result<(), Finding> {
    let mut findings = Vec::new();
    for checks in lists {
        match checks.iter().try_for_each(|check| check.held(exchange)) {
            Ok(()) => return Ok(()),
            Err(finding) => findings.push(finding.0),
        }
    }
    Err(Finding(findings.join("; nor: ")))
}

/// A finding with what was demanded and what was found.
fn differs(what: &str, demanded: &str, found: &str) -> Result<(), Finding> {
    Err(Finding(format!("{what}: demanded `{demanded}`, found `{found}`")))
}

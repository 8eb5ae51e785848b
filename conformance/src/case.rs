//! The case file: what is demanded, which messages are sent, what must hold for each answer.
//!
//! The format is documented in `conformance/README.md`. A file is read once, completely and
//! strictly: unknown keys, a step without checks, or a key that does not fit the kind of its step
//! are errors, because a check that is misspelt would never fail.

use crate::check::Check;
use crate::xml_path::PathError;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// One demand on a server, with the messages that put it to the test.
#[derive(Debug)]
pub struct Case {
    /// `<iti-nn>/<name>`, the place of the file below `cases/`.
    pub id: String,
    /// One sentence.
    pub requirement: String,
    /// Where the Technical Framework or base standard says so.
    pub paragraph: String,
    /// Keys of the endpoints file without which the case cannot be run.
    pub needs: Vec<String>,
    /// Values for `${name}` in every step.
    pub variables: BTreeMap<String, String>,
    /// Documents that the case submits.
    pub documents: BTreeMap<String, Document>,
    /// The messages in their order.
    pub steps: Vec<Step>,
}

/// The bytes of a document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Document {
    /// A text in UTF-8; a template.
    Text(String),
    /// So many pseudo-random bytes, with line breaks and dashes among them.
    Bytes(usize),
}

/// One message and the checks on its answer.
#[derive(Debug)]
pub struct Step {
    /// What the step is for, in a few words.
    pub name: String,
    /// The transaction, `ITI-42`.
    pub transaction: String,
    /// Key of the endpoints file.
    pub endpoint: String,
    /// What is sent.
    pub message: Message,
    /// How it is sent.
    pub sending: Sending,
    /// Values for `${name}` in this step; they win over those of the case.
    pub variables: BTreeMap<String, String>,
    /// What must hold for the answer.
    pub checks: Vec<Check>,
}

/// Where the text of a message is.
#[derive(Debug)]
pub enum Message {
    /// A file below `messages/`.
    File(String),
    /// In the case file, for messages that are broken on purpose.
    Inline(String),
}

/// How a message is packed and carried.
#[derive(Debug)]
pub enum Sending {
    /// HL7 v2 in an MLLP frame.
    Mllp,
    /// `application/soap+xml` by HTTP POST.
    Soap {
        /// `wsa:Action` and the `action` parameter.
        action: String,
    },
    /// MTOM/XOP by HTTP POST.
    Mtom(Mtom),
    /// Any body by HTTP POST with exactly these headers.
    Http {
        /// Header names and values.
        headers: BTreeMap<String, String>,
    },
}

/// The package of an MTOM request.
#[derive(Debug)]
pub struct Mtom {
    /// `wsa:Action` and the `action` parameter.
    pub action: String,
    /// Parts behind the root part.
    pub attachments: Vec<Attachment>,
    /// The `start` parameter in place of the right one; the empty text leaves it out.
    pub start: Option<String>,
    /// Where the root part stands.
    pub root: RootPosition,
}

/// Where the root part of an MTOM request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RootPosition {
    /// In front of the attachments, as nearly everybody does it.
    First,
    /// Behind them; legal, because `start` names it.
    Last,
}

/// A part behind the root part.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Name of the case's document.
    pub document: String,
    /// Content-ID without angle brackets.
    pub content_id: String,
    /// How the bytes are written.
    #[serde(default = "binary")]
    pub transfer_encoding: TransferEncoding,
}

/// `Content-Transfer-Encoding` of an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferEncoding {
    /// The bytes as they are.
    Binary,
    /// Base64 in lines of 76 characters.
    Base64,
}

fn binary() -> TransferEncoding {
    TransferEncoding::Binary
}

/// Why a case file is wrong.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// Not TOML, an unknown key, or a value of the wrong type.
    #[error("{0}")]
    Format(#[from] toml::de::Error),
    /// `id` differs from the place of the file.
    #[error("`id` is not the place of the file, `{0}`")]
    Id(String),
    /// A text that must not be empty is.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// There is nothing to send.
    #[error("the case has no step")]
    NoStep,
    /// A step would pass whatever is answered.
    #[error("step `{0}` has no check")]
    NoCheck(String),
    /// A key does not fit the kind of the step, or one that it needs is absent.
    #[error("step `{step}`: {fault}")]
    Step {
        /// Name of the step.
        step: String,
        /// What is wrong.
        fault: &'static str,
    },
    /// The endpoint of a step is not among the needs.
    #[error("step `{step}` uses endpoint `{endpoint}`, which `needs` does not list")]
    Undeclared {
        /// Name of the step.
        step: String,
        /// The endpoint.
        endpoint: String,
    },
    /// A check holds something that cannot be evaluated.
    #[error("step `{step}`: {source}")]
    Path {
        /// Name of the step.
        step: String,
        /// What is wrong with the path.
        source: PathError,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    id: String,
    requirement: String,
    paragraph: String,
    needs: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    documents: BTreeMap<String, Document>,
    #[serde(default)]
    step: Vec<StepFile>,
}

/// A step as written; which keys are allowed depends on `kind`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    name: String,
    transaction: String,
    kind: Kind,
    endpoint: String,
    message: Option<String>,
    inline: Option<String>,
    action: Option<String>,
    attachments: Option<Vec<Attachment>>,
    start: Option<String>,
    root: Option<RootPosition>,
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    checks: Vec<Check>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Mllp,
    Soap,
    Mtom,
    Http,
}

impl Case {
    /// Reads a case file; `place` is its path below `cases/`.
    ///
    /// # Errors
    /// [`CaseError`] for the first thing that breaks the format.
    pub fn parse(place: &str, text: &str) -> Result<Case, CaseError> {
        let file: CaseFile = toml::from_str(text)?;
        if format!("{}.toml", file.id) != place {
            return Err(CaseError::Id(place.to_owned()));
        }
        for (key, value) in [("requirement", &file.requirement), ("paragraph", &file.paragraph)] {
            if value.trim().is_empty() {
                return Err(CaseError::Empty(key));
            }
        }
        if file.step.is_empty() {
            return Err(CaseError::NoStep);
        }
        let steps: Result<Vec<Step>, CaseError> =
            file.step.into_iter().map(|step| step.read(&file.needs)).collect();
        Ok(Case {
            id: file.id,
            requirement: file.requirement,
            paragraph: file.paragraph,
            needs: file.needs,
            variables: file.variables,
            documents: file.documents,
            steps: steps?,
        })
    }

    /// The transactions of its steps, each once.
    #[must_use]
    pub fn transactions(&self) -> BTreeSet<&str> {
        self.steps.iter().map(|step| step.transaction.as_str()).collect()
    }
}

impl StepFile {
    fn read(self, needs: &[String]) -> Result<Step, CaseError> {
        let name = self.name.clone();
        if !needs.contains(&self.endpoint) {
            return Err(CaseError::Undeclared { step: name, endpoint: self.endpoint });
        }
        if self.checks.is_empty() {
            return Err(CaseError::NoCheck(name));
        }
        for check in &self.checks {
            let faulty = |source| CaseError::Path { step: name.clone(), source };
            check.parse_paths().map_err(faulty)?;
        }
        let wrong = |fault| CaseError::Step { step: name.clone(), fault };
        self.allowed().map_err(wrong)?;
        let message = match (self.message, self.inline) {
            (Some(path), None) => Message::File(path),
            (None, Some(text)) => Message::Inline(text),
            _ => return Err(wrong("one of `message` and `inline` must be given")),
        };
        let action = || self.action.ok_or_else(|| wrong("`action` is absent"));
        let sending = match self.kind {
            Kind::Mllp => Sending::Mllp,
            Kind::Soap => Sending::Soap { action: action()? },
            Kind::Mtom => Sending::Mtom(Mtom {
                action: action()?,
                attachments: self.attachments.unwrap_or_default(),
                start: self.start,
                root: self.root.unwrap_or(RootPosition::First),
            }),
            Kind::Http => {
                Sending::Http { headers: self.headers.ok_or_else(|| wrong("`headers` is absent"))? }
            }
        };
        Ok(Step {
            name: self.name,
            transaction: self.transaction,
            endpoint: self.endpoint,
            message,
            sending,
            variables: self.variables,
            checks: self.checks,
        })
    }

    /// Refuses keys that the kind of the step would silently ignore.
    fn allowed(&self) -> Result<(), &'static str> {
        let is_soap = matches!(self.kind, Kind::Soap | Kind::Mtom);
        let has_package = self.attachments.is_some() || self.start.is_some() || self.root.is_some();
        if self.action.is_some() && !is_soap {
            return Err("`action` belongs to kind `soap` or `mtom`");
        }
        if has_package && self.kind != Kind::Mtom {
            return Err("`attachments`, `start` and `root` belong to kind `mtom`");
        }
        if self.headers.is_some() && self.kind != Kind::Http {
            return Err("`headers` belongs to kind `http`");
        }
        Ok(())
    }
}

//! The case file: what is demanded, which messages are sent, what must hold for each answer.
//!
//! The format is documented in `conformance/README.md`. A file is read once, completely and
//! strictly: unknown keys, a step without checks, or a key that does not fit the kind of its step
//! are errors, because a check that is misspelt would never fail.

pub(crate) mod file;

use crate::check::Check;
use crate::edit::Edit;
use crate::presented::Presented;
use crate::tls::Tls;
use crate::xml_path::PathError;
use file::{CaseFile, StepLibrary};
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
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Document {
    /// A text in UTF-8; a template.
    Text(String),
    /// So many pseudo-random bytes, with line breaks and dashes among them.
    Bytes(usize),
    /// Any bytes, as base64.
    Base64(String),
    /// Several documents `NAME 1`, `NAME 2`, …: texts in which `${copy}` is the number.
    Copies {
        /// How many.
        n: usize,
        /// A template.
        text: String,
    },
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
    /// Changes of the message, in their order.
    pub edits: Vec<Edit>,
    /// How it is sent.
    pub sending: Sending,
    /// HTTP headers; of kind `soap` and `mtom` in addition to `Content-Type`.
    pub headers: BTreeMap<String, String>,
    /// The assertion that goes with it, where it is not the usual one.
    pub assertion: Option<Presented>,
    /// TLS of a connection of its own, where it is not the usual one.
    pub tls: Option<Tls>,
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
    Mllp(Wire),
    /// `application/soap+xml` by HTTP POST.
    Soap {
        /// `wsa:Action` and the `action` parameter.
        action: String,
    },
    /// MTOM/XOP by HTTP POST.
    Mtom(Mtom),
    /// Any body by HTTP POST with exactly the headers of the step.
    Http,
    /// Nothing is sent: the server notifies the consumer that the runner is.
    Notified(Notification),
}

/// A notification that is waited for since the last step that sent something; all texts are templates.
#[derive(Debug)]
pub struct Notification {
    /// Texts that it holds.
    pub holds: Vec<String>,
    /// Texts that it does not hold.
    pub lacks: Vec<String>,
    /// How long in milliseconds; then there is no answer.
    pub wait_ms: u64,
}

/// How a message of HL7 v2 becomes bytes, and in which pieces these go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wire {
    /// In which character set it is written; MSH-18 is what the message says.
    pub charset: WireCharset,
    /// What stands behind each segment.
    pub ends: SegmentEnds,
    /// How the frame is sent.
    pub delivery: Delivery,
}

/// A character set of HL7 v2 messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum WireCharset {
    /// Which has ASCII.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// ASCII and JIS X 0208 with escape sequences.
    #[serde(rename = "iso-2022-jp")]
    Iso2022Jp,
    /// What no name in MSH-18 stands for.
    #[serde(rename = "shift-jis")]
    ShiftJis,
    /// ASCII and half-width katakana, with escape sequences.
    #[serde(rename = "jis-x-0201")]
    JisX0201,
}

/// What ends a segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentEnds {
    /// A carriage return, as the standard says.
    #[default]
    Cr,
    /// Carriage return and line feed.
    CrLf,
    /// A line feed.
    Lf,
}

/// How a frame is sent (ITI TF-2: C.2.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// At once, on the connection that the run has for such messages.
    #[default]
    Whole,
    /// In pieces of a few bytes, with pauses.
    Fragments,
    /// Behind bytes that belong to no frame.
    AfterNoise,
    /// Twice in one piece: both are answered alike, in their order.
    Twice,
    /// On several connections at a time: all are answered alike.
    Concurrent,
    /// Without the carriage return behind the end byte.
    WithoutCarriageReturn,
    /// Half of it; then the connection is closed.
    CutShort,
    /// With 64 MiB behind the message and no end.
    Endless,
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
    /// What else differs from the usual package.
    pub package: Package,
}

/// How a package is written; all texts are templates.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Package {
    /// `Content-Type` of the request; `${boundary}` is the boundary.
    pub content_type: Option<String>,
    /// The boundary.
    pub boundary: Option<String>,
    /// Content-ID of the root part, without angle brackets.
    pub root_id: Option<String>,
    /// In front of the first boundary.
    pub preamble: String,
    /// Behind the last one.
    pub epilogue: String,
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
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Name of the case's document; a template.
    pub document: String,
    /// Content-ID without angle brackets; a template.
    pub content_id: String,
    /// How the bytes are written.
    #[serde(default = "binary")]
    pub transfer_encoding: TransferEncoding,
    /// `Content-Transfer-Encoding` in place of the right one; empty: the header is left out.
    pub labelled: Option<String>,
    /// `Content-Type` of the part; empty: the header is left out.
    pub content_type: Option<String>,
    /// So many parts, in whose names `${copy}` is the number.
    pub copies: Option<usize>,
}

/// `Content-Transfer-Encoding` of an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferEncoding {
    /// The bytes as they are.
    Binary,
    /// Base64 in lines of 76 characters.
    Base64,
    /// Every byte as `=` and its hex digits, in soft lines.
    QuotedPrintable,
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
    /// A step is like one that the suite does not have, or like itself.
    #[error("there is no step `{0}` to be like")]
    NoSuchStep(String),
    /// A row of a table that demands nothing, or names a table that does not exist.
    #[error("row `{row}`: {fault}")]
    Row {
        /// Name of the row.
        row: String,
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

impl Case {
    /// Reads a case file; `place` is its path below `cases/`.
    ///
    /// # Errors
    /// [`CaseError`] for the first thing that breaks the format.
    pub(crate) fn parse(place: &str, text: &str, steps: &StepLibrary) -> Result<Case, CaseError> {
        let file: CaseFile = toml::from_str(text)?;
        if format!("{}.toml", file.id) != place {
            return Err(CaseError::Id(place.to_owned()));
        }
        file.read(steps)
    }

    /// The transactions of its steps, each once.
    #[must_use]
    pub fn transactions(&self) -> BTreeSet<&str> {
        self.steps.iter().map(|step| step.transaction.as_str()).collect()
    }
}

//! The values of one run of one case: invented identifiers, times, documents, earlier answers.
//!
//! Every identifier is derived from one random seed and its name, therefore it is the same
//! wherever the case names it and never the same in two runs: a server that keeps what it was
//! given can be tested again and again.

use crate::answer::Answer;
use crate::endpoints::Endpoints;
use crate::xml_path::{Path, PathError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use openssl::hash::{MessageDigest, hash};
use std::collections::BTreeMap;

/// Letters of invented names.
const LATIN: &str = "ABCDEFGHIJKLMNOPRSTUVWXY";
/// Without small ones, marks and those that folding makes equal.
const KATAKANA: &str =
    "アイウエオカキクケコサシスセソタチテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
/// Of JIS X 0208; the bytes of many in ISO-2022-JP are those of HL7's delimiters.
const KANJI: &str =
    "亜哀愛悪握安暗案以位依偉囲委意易異移維緯胃衣違遺医井域育一逸稲芋印員因姻引飲院陰隠韻";

/// Letters in an invented name.
const NAME_LETTERS: usize = 10;

/// Keys of the endpoints file about the domains of hospitals.
const OF_DOMAINS: &[&str] = &[
    "first_domain",
    "first_namespace",
    "first_application",
    "first_facility",
    "first_device",
    "second_domain",
    "second_namespace",
    "second_application",
    "second_facility",
    "second_device",
];

/// What templates of one case may refer to.
pub(crate) struct Scope<'a> {
    endpoints: &'a Endpoints,
    seed: String,
    now: String,
    message: usize,
    documents: BTreeMap<String, Vec<u8>>,
    answers: Vec<Answer>,
}

/// Why a value of the run cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
    /// The endpoints file does not have the value the case asks for.
    #[error("the endpoints file has no `{0}`")]
    NoEndpointValue(&'static str),
    /// The case has no document of that name.
    #[error("the case has no document `{0}`")]
    NoDocument(String),
    /// A document was asked for something that does not exist.
    #[error("a document has no `{0}`")]
    DocumentProperty(String),
    /// Not a number of seconds.
    #[error("`{0}` is no number of seconds from now")]
    Instant(String),
    /// The named step was not made yet, or does not exist.
    #[error("there is no answer of step {0} yet")]
    NoAnswer(String),
    /// The path into an answer is not a path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The answer of that step cannot be read.
    #[error("the answer of step {step} cannot be read: {reason}")]
    Unreadable {
        /// Number of the step, from 1.
        step: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The path leads to no value, or to more than one.
    #[error("`{path}` gives {count} values in the answer of step {step}, one was needed")]
    NotOneValue {
        /// Number of the step, from 1.
        step: String,
        /// The path as written.
        path: String,
        /// How many values there are.
        count: usize,
    },
    /// OpenSSL has no digest for us.
    #[error("a digest cannot be computed")]
    Digest(#[from] openssl::error::ErrorStack),
}

impl<'a> Scope<'a> {
    /// A new set of values; `now` is a DTM of 14 digits in UTC.
    pub(crate) fn new(endpoints: &'a Endpoints, seed: String, now: String) -> Scope<'a> {
        let (documents, answers) = (BTreeMap::new(), Vec::new());
        Scope { endpoints, seed, now, message: 0, documents, answers }
    }

    /// Adds a document of the case.
    pub(crate) fn insert_document(&mut self, name: &str, bytes: Vec<u8>) {
        self.documents.insert(name.to_owned(), bytes);
    }

    /// Begins the next message: it gets a message id and control id of its own.
    pub(crate) fn next_message(&mut self) {
        self.message += 1;
    }

    /// Keeps the answer of the step that was just made.
    pub(crate) fn insert_answer(&mut self, answer: Answer) {
        self.answers.push(answer);
    }

    /// The bytes of a document of the case.
    pub(crate) fn document(&self, name: &str) -> Result<&[u8], ScopeError> {
        let bytes = self.documents.get(name).map(Vec::as_slice);
        bytes.ok_or_else(|| ScopeError::NoDocument(name.to_owned()))
    }

    /// `wsa:MessageID` of the current message.
    pub(crate) fn message_id(&self) -> Result<String, ScopeError> {
        Ok(urn_uuid(self.number("message", &self.message.to_string())?))
    }

    /// MSH-10 of the current message: 20 characters, the most the profile allows.
    pub(crate) fn control_id(&self) -> Result<String, ScopeError> {
        let hex = format!("{:032x}", self.number("control", &self.message.to_string())?);
        Ok(hex.chars().take(20).collect())
    }

    /// ID of an assertion: that of its name, or else one of the current message.
    pub(crate) fn assertion_id(&self, name: Option<&str>) -> Result<String, ScopeError> {
        let number = match name {
            Some(name) => self.number("assertion", name)?,
            None => self.number("assertion of message", &self.message.to_string())?,
        };
        Ok(format!("_{number:032x}"))
    }

    /// The value of that name; `None` if the name is not one of the run's.
    pub(crate) fn value(&self, name: &str) -> Result<Option<String>, ScopeError> {
        if let Some((kind, argument)) = name.split_once(':') {
            return match kind {
                "uuid" => Ok(Some(urn_uuid(self.number(kind, argument)?))),
                "oid" => Ok(Some(format!("2.25.{}", self.number(kind, argument)?))),
                "document" => self.document_property(argument).map(Some),
                "patient_id" => self.patient_id(argument).map(Some),
                "patient_number" => self.patient_number(argument).map(Some),
                "first_id" => self.local_id("first", argument).map(Some),
                "second_id" => self.local_id("second", argument).map(Some),
                "first_number" => self.local_number("first", argument).map(Some),
                "second_number" => self.local_number("second", argument).map(Some),
                "name" => Ok(Some(self.letters(argument, LATIN)?)),
                "kana" => Ok(Some(self.letters(argument, KATAKANA)?)),
                "kanji" => Ok(Some(self.letters(argument, KANJI)?)),
                "digits" => self.digits(argument).map(Some),
                "instant" => self.instant(argument).map(Some),
                // A path holds colons of its own: `step.1.//rim:ObjectRef/@id`.
                _ => self.captured(name),
            };
        }
        Ok(Some(match name {
            "patient_id" => self.patient_id("")?,
            "patient_number" => self.patient_number("")?,
            "first_id" | "second_id" | "first_number" | "second_number" => {
                return self.value(&format!("{name}:"));
            }
            "affinity_domain" => self.of_endpoints("affinity_domain")?,
            "repository_unique_id" => self.of_endpoints("repository_unique_id")?,
            "now" => self.now.clone(),
            "message_id" => self.message_id()?,
            "control_id" => self.control_id()?,
            // What a server may do without: a template has a default for it.
            key if OF_DOMAINS.contains(&key) => {
                return Ok(self.endpoints.text(key).map(str::to_owned));
            }
            _ => return self.captured(name),
        }))
    }

    /// An invented patient, `id^^^&affinity domain&ISO`; another one for each name and run.
    fn patient_id(&self, name: &str) -> Result<String, ScopeError> {
        let domain = self.of_endpoints("affinity_domain")?;
        Ok(format!("{}^^^&{domain}&ISO", self.patient_number(name)?))
    }

    /// 13 characters: some managers keep no more than the 15 of the profile text.
    fn patient_number(&self, name: &str) -> Result<String, ScopeError> {
        let hex = format!("{:032x}", self.number("patient", name)?);
        Ok(format!("C{}", hex.chars().take(12).collect::<String>().to_uppercase()))
    }

    /// An invented patient of the first or second domain of hospitals, `id^^^&domain&ISO`.
    fn local_id(&self, domain: &'static str, name: &str) -> Result<String, ScopeError> {
        let key = if domain == "first" { "first_domain" } else { "second_domain" };
        let oid = self.of_endpoints(key)?;
        Ok(format!("{}^^^&{oid}&ISO", self.local_number(domain, name)?))
    }

    fn local_number(&self, domain: &str, name: &str) -> Result<String, ScopeError> {
        self.patient_number(&format!("{domain} {name}"))
    }

    /// An invented name: nobody else has it, so that nobody else is found.
    fn letters(&self, name: &str, alphabet: &str) -> Result<String, ScopeError> {
        let letters: Vec<char> = alphabet.chars().collect();
        let mut number = self.number("name", name)?;
        let mut text = String::new();
        for _ in 0..NAME_LETTERS {
            let n_letters = u128::try_from(letters.len()).unwrap_or(1);
            let place = usize::try_from(number % n_letters).unwrap_or_default();
            text.extend(letters.get(place));
            number /= n_letters;
        }
        Ok(text)
    }

    /// Eight digits, of which the first is no zero.
    fn digits(&self, name: &str) -> Result<String, ScopeError> {
        Ok((10_000_000 + self.number("digits", name)? % 90_000_000).to_string())
    }

    /// A time as XML writes it, so many seconds after the begin of the case.
    fn instant(&self, seconds: &str) -> Result<String, ScopeError> {
        let wrong = || ScopeError::Instant(seconds.to_owned());
        let seconds = seconds.parse().map_err(|_not_a_number| wrong())?;
        let now = DateTime::strptime("%Y%m%d%H%M%S", &self.now);
        let now = now.map_err(|_not_a_time| wrong())?;
        let then = now.checked_add(SignedDuration::from_secs(seconds));
        Ok(then.map_err(|_beyond_time| wrong())?.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    fn of_endpoints(&self, key: &'static str) -> Result<String, ScopeError> {
        let value = self.endpoints.text(key).map(str::to_owned);
        value.ok_or(ScopeError::NoEndpointValue(key))
    }

    fn document_property(&self, argument: &str) -> Result<String, ScopeError> {
        let (name, property) = argument.rsplit_once('.').unwrap_or((argument, ""));
        let bytes = self.document(name)?;
        match property {
            "sha1" => sha1(bytes),
            "sha1_upper_case" => Ok(sha1(bytes)?.to_uppercase()),
            "size" => Ok(bytes.len().to_string()),
            "base64" => Ok(STANDARD.encode(bytes)),
            "text" => Ok(String::from_utf8_lossy(bytes).into_owned()),
            other => Err(ScopeError::DocumentProperty(other.to_owned())),
        }
    }

    /// `step.N.path`: the one value at that path in the answer of step N.
    fn captured(&self, name: &str) -> Result<Option<String>, ScopeError> {
        let Some((step, path)) = name.strip_prefix("step.").and_then(|rest| rest.split_once('.'))
        else {
            return Ok(None);
        };
        let index = step.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let answer = index.and_then(|index| self.answers.get(index));
        let answer = answer.ok_or_else(|| ScopeError::NoAnswer(step.to_owned()))?;
        let unreadable = |reason| ScopeError::Unreadable { step: step.to_owned(), reason };
        let values = match answer {
            Answer::Http(http) => {
                let message = http.soap.as_ref().map_err(|fault| unreadable(fault.to_string()))?;
                Path::parse(path)?.values(&message.envelope)
            }
            Answer::Hl7(hl7) => {
                let message =
                    hl7.message.as_ref().map_err(|fault| unreadable(fault.to_string()))?;
                message.value(path).into_iter().collect()
            }
            Answer::Refused(reason) => return Err(unreadable(reason.clone())),
        };
        match values.as_slice() {
            [value] => Ok(Some(value.clone())),
            _ => Err(ScopeError::NotOneValue {
                step: step.to_owned(),
                path: path.to_owned(),
                count: values.len(),
            }),
        }
    }

    /// A number of 128 bits that belongs to this run, kind and name.
    fn number(&self, kind: &str, name: &str) -> Result<u128, ScopeError> {
        let digest =
            hash(MessageDigest::sha256(), format!("{}/{kind}/{name}", self.seed).as_bytes())?;
        let bytes = digest.iter().take(16);
        Ok(bytes.fold(0_u128, |number, byte| (number << 8) | u128::from(*byte)))
    }
}

/// `urn:uuid:` of a number, marked as version 4 so that strict readers take it.
fn urn_uuid(number: u128) -> String {
    format!("urn:uuid:{}", uuid::Builder::from_random_bytes(number.to_be_bytes()).into_uuid())
}

/// SHA-1 in lower-case hex, as XDS writes hashes.
pub(crate) fn sha1(bytes: &[u8]) -> Result<String, ScopeError> {
    let digest = hash(MessageDigest::sha1(), bytes)?;
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

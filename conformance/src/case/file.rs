//! A case file as it is written, and the steps that several files share.
//!
//! A step may be `like` one below `steps/`: what it does not say itself is taken from there;
//! variables, edits and checks of both hold, the shared ones first.

use super::{
    Attachment, Case, CaseError, Document, Message, Mtom, Notification, Package, RootPosition,
    Sending, Step, Wire,
};
use crate::check::Check;
use crate::edit::Edit;
use crate::presented::Presented;
use crate::provider::ISSUER_KEY;
use crate::tls::{CA_KEY, Tls};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Steps that are like each other in a chain; more than this is a circle.
const DEPTH: usize = 8;

/// A case as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    pub(crate) id: String,
    pub(crate) requirement: String,
    pub(crate) paragraph: String,
    pub(crate) needs: Vec<String>,
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) documents: BTreeMap<String, Document>,
    #[serde(default)]
    pub(crate) step: Vec<StepFile>,
}

/// A step as written; which keys are allowed depends on `kind`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StepFile {
    pub(crate) like: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) transaction: Option<String>,
    pub(crate) kind: Option<Kind>,
    pub(crate) endpoint: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) inline: Option<String>,
    pub(crate) wire: Option<Wire>,
    pub(crate) holds: Option<Vec<String>>,
    pub(crate) lacks: Option<Vec<String>>,
    pub(crate) wait_ms: Option<u64>,
    pub(crate) action: Option<String>,
    pub(crate) attachments: Option<Vec<Attachment>>,
    pub(crate) start: Option<String>,
    pub(crate) root: Option<RootPosition>,
    pub(crate) package: Option<Package>,
    pub(crate) headers: Option<BTreeMap<String, String>>,
    pub(crate) assertion: Option<Presented>,
    pub(crate) tls: Option<Tls>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) edits: Vec<Edit>,
    pub(crate) checks: Vec<Check>,
}

#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Mllp,
    Soap,
    Mtom,
    Http,
    Notified,
}

/// How long a notification is waited for.
const WAIT_MS: u64 = 15_000;

/// The steps below `steps/`, by their names.
#[derive(Default)]
pub(crate) struct StepLibrary {
    steps: BTreeMap<String, StepFile>,
}

impl StepLibrary {
    /// Adds the step of a file; `place` is its path below `steps/`.
    pub(crate) fn insert(&mut self, place: &str, text: &str) -> Result<(), CaseError> {
        let name = place.strip_suffix(".toml").unwrap_or(place);
        self.steps.insert(name.to_owned(), toml::from_str(text)?);
        Ok(())
    }

    /// The step with everything that it takes from those that it is like.
    fn complete(&self, step: StepFile, depth: usize) -> Result<StepFile, CaseError> {
        let Some(name) = step.like.clone() else { return Ok(step) };
        let depth = depth.checked_sub(1);
        let base = depth.and_then(|_deeper| self.steps.get(&name)).cloned();
        let base = base.ok_or(CaseError::NoSuchStep(name))?;
        Ok(step.on(self.complete(base, depth.unwrap_or_default())?))
    }
}

impl CaseFile {
    /// The case, if everything that it says makes sense.
    pub(crate) fn read(self, library: &StepLibrary) -> Result<Case, CaseError> {
        for (key, value) in [("requirement", &self.requirement), ("paragraph", &self.paragraph)] {
            if value.trim().is_empty() {
                return Err(CaseError::Empty(key));
            }
        }
        if self.step.is_empty() {
            return Err(CaseError::NoStep);
        }
        let read = |step: StepFile| library.complete(step, DEPTH)?.read(&self.needs);
        let steps: Result<Vec<Step>, CaseError> = self.step.into_iter().map(read).collect();
        Ok(Case {
            id: self.id,
            requirement: self.requirement,
            paragraph: self.paragraph,
            needs: self.needs,
            variables: self.variables,
            documents: self.documents,
            steps: steps?,
        })
    }
}

impl StepFile {
    /// This step, with what it does not say taken from `base`.
    fn on(self, base: StepFile) -> StepFile {
        // A message of its own is in place of the shared one, wherever it stands.
        let own = self.message.is_some() || self.inline.is_some();
        let (message, inline) =
            if own { (self.message, self.inline) } else { (base.message, base.inline) };
        StepFile {
            like: None,
            name: self.name.or(base.name),
            transaction: self.transaction.or(base.transaction),
            kind: self.kind.or(base.kind),
            endpoint: self.endpoint.or(base.endpoint),
            message,
            inline,
            wire: self.wire.or(base.wire),
            holds: self.holds.or(base.holds),
            lacks: self.lacks.or(base.lacks),
            wait_ms: self.wait_ms.or(base.wait_ms),
            action: self.action.or(base.action),
            attachments: self.attachments.or(base.attachments),
            start: self.start.or(base.start),
            root: self.root.or(base.root),
            package: self.package.or(base.package),
            headers: self.headers.or(base.headers),
            assertion: self.assertion.or(base.assertion),
            tls: self.tls.or(base.tls),
            variables: base.variables.into_iter().chain(self.variables).collect(),
            edits: base.edits.into_iter().chain(self.edits).collect(),
            checks: base.checks.into_iter().chain(self.checks).collect(),
        }
    }

    fn read(self, needs: &[String]) -> Result<Step, CaseError> {
        let name = self.name.clone().unwrap_or_default();
        let wrong = |fault| CaseError::Step { step: name.clone(), fault };
        let kind = self.kind.ok_or_else(|| wrong("`kind` is absent"))?;
        self.allowed(kind).and_then(|()| self.has_keys(needs)).map_err(wrong)?;
        if self.checks.is_empty() || self.checks.iter().any(Check::always_holds) {
            return Err(CaseError::NoCheck(name));
        }
        let faulty = |source| CaseError::Path { step: name.clone(), source };
        self.checks.iter().try_for_each(Check::parse_paths).map_err(faulty)?;
        self.edits.iter().try_for_each(Edit::parse_paths).map_err(faulty)?;
        let message = match (self.message, self.inline) {
            (Some(path), None) => Message::File(path),
            (None, Some(text)) => Message::Inline(text),
            (None, None) if kind == Kind::Notified => Message::Inline(String::new()),
            _ => return Err(wrong("one of `message` and `inline` must be given")),
        };
        let action = || self.action.ok_or_else(|| wrong("`action` is absent"));
        let sending = match kind {
            Kind::Mllp => Sending::Mllp(self.wire.unwrap_or_default()),
            Kind::Soap => Sending::Soap { action: action()? },
            Kind::Mtom => Sending::Mtom(Mtom {
                action: action()?,
                attachments: self.attachments.unwrap_or_default(),
                start: self.start,
                root: self.root.unwrap_or(RootPosition::First),
                package: self.package.unwrap_or_default(),
            }),
            Kind::Notified => Sending::Notified(Notification {
                holds: self.holds.unwrap_or_default(),
                lacks: self.lacks.unwrap_or_default(),
                wait_ms: self.wait_ms.unwrap_or(WAIT_MS),
            }),
            Kind::Http if self.headers.is_none() => return Err(wrong("`headers` is absent")),
            Kind::Http => Sending::Http,
        };
        let headers = self.headers.unwrap_or_default();
        let endpoint = self.endpoint.ok_or_else(|| wrong("`endpoint` is absent"))?;
        if !needs.contains(&endpoint) {
            return Err(CaseError::Undeclared { step: name, endpoint });
        }
        let transaction = self.transaction.ok_or_else(|| wrong("`transaction` is absent"))?;
        if name.is_empty() {
            return Err(wrong("`name` is absent"));
        }
        let (variables, edits, checks) = (self.variables, self.edits, self.checks);
        Ok(Step {
            name,
            transaction,
            endpoint,
            message,
            edits,
            sending,
            headers,
            assertion: self.assertion,
            tls: self.tls,
            variables,
            checks,
        })
    }

    /// Refuses assertions and certificates of the runner for which the case does not need the keys.
    fn has_keys(&self, needs: &[String]) -> Result<(), &'static str> {
        let needs_key = |key: &str| needs.iter().any(|need| need == key);
        if self.assertion.is_some() && !needs_key(ISSUER_KEY) {
            return Err("`assertion` needs `issuer_key`");
        }
        if self.tls.as_ref().is_some_and(Tls::is_of_authority) && !needs_key(CA_KEY) {
            return Err("a certificate of the authority needs `ca_key`");
        }
        Ok(())
    }

    /// Refuses keys that the kind of the step would silently ignore.
    fn allowed(&self, kind: Kind) -> Result<(), &'static str> {
        let is_soap = matches!(kind, Kind::Soap | Kind::Mtom);
        let has_package = self.attachments.is_some()
            || self.start.is_some()
            || self.root.is_some()
            || self.package.is_some();
        let waits = self.holds.is_some() || self.lacks.is_some() || self.wait_ms.is_some();
        if waits && kind != Kind::Notified {
            return Err("`holds`, `lacks` and `wait_ms` belong to kind `notified`");
        }
        if kind == Kind::Notified && self.holds.as_ref().is_none_or(Vec::is_empty) {
            return Err("`holds` is absent");
        }
        if self.wire.is_some() && kind != Kind::Mllp {
            return Err("`wire` belongs to kind `mllp`");
        }
        if self.assertion.is_some() && !is_soap {
            return Err("`assertion` belongs to kind `soap` or `mtom`");
        }
        if self.tls.is_some() && kind == Kind::Notified {
            return Err("`tls` belongs to what is sent");
        }
        if self.action.is_some() && !is_soap {
            return Err("`action` belongs to kind `soap` or `mtom`");
        }
        if has_package && kind != Kind::Mtom {
            return Err("`attachments`, `start`, `root` and `package` belong to kind `mtom`");
        }
        if self.headers.is_some() && matches!(kind, Kind::Mllp | Kind::Notified) {
            return Err("`headers` belongs to what is sent by HTTP");
        }
        if !self.edits.is_empty() && !is_soap {
            return Err("`edits` belongs to kind `soap` or `mtom`");
        }
        Ok(())
    }
}

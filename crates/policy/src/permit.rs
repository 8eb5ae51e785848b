//! The proof that somebody may do something, and what the audit record must say of it.

use datatypes::PatientId;
use xds::query::QueryId;

use crate::Denied;
use crate::requester::Requester;
use crate::transaction::Transaction;

/// What a permit was given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// ITI-18, ITI-51.
    Query(Transaction, QueryId),
    /// ITI-42.
    Register,
    /// ITI-41.
    Store,
    /// ITI-43.
    Retrieve,
    /// ITI-8, ITI-30, ITI-44, ITI-64.
    Feed(Transaction),
    /// ITI-9, ITI-45.
    CrossReference(Transaction),
    /// ITI-21, ITI-22, ITI-47.
    Demographics(Transaction),
    /// ITI-81.
    AuditRead,
    /// The operator's own work: migration, reconciliation, repair.
    Maintenance,
}

impl Operation {
    /// The transaction it is; the operator's own work is none.
    #[must_use]
    pub const fn transaction(self) -> Option<Transaction> {
        match self {
            Operation::Query(transaction, _)
            | Operation::Feed(transaction)
            | Operation::CrossReference(transaction)
            | Operation::Demographics(transaction) => Some(transaction),
            Operation::Register => Some(Transaction::Iti42),
            Operation::Store => Some(Transaction::Iti41),
            Operation::Retrieve => Some(Transaction::Iti43),
            Operation::AuditRead => Some(Transaction::Iti81),
            Operation::Maintenance => None,
        }
    }
}

/// Allows one operation, for one requester, once.
///
/// Not `Clone` and without a public constructor: who holds one has asked the policy.
#[derive(Debug)]
#[must_use]
pub struct Permit {
    requester: String,
    operation: Operation,
    rule: &'static str,
    reason: Option<String>,
    scope: Scope,
    /// The only patient it reaches, if it reaches one only.
    patient: Option<PatientId>,
}

/// Which documents a permit reaches.
#[derive(Debug)]
enum Scope {
    Everything,
}

/// What the policy looks at in a document: the numbers that the registry's dictionary
/// gave to its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryCodes<'a> {
    /// classCode.
    pub class: u32,
    /// typeCode.
    pub type_code: u32,
    /// formatCode.
    pub format: u32,
    /// confidentialityCode, which may have several values.
    pub confidentiality: &'a [u32],
}

impl Permit {
    /// For the operator's own work on the data. It decides nothing: who calls it must have
    /// authenticated the operator, and must record `operator` and `reason`.
    pub fn maintenance(operator: &str, reason: &str) -> Permit {
        Permit {
            requester: operator.to_owned(),
            operation: Operation::Maintenance,
            rule: "maintenance",
            reason: Some(reason.to_owned()),
            scope: Scope::Everything,
            patient: None,
        }
    }

    /// For every document; if the requester's assertion names a patient, of that patient.
    pub(crate) fn unrestricted(
        requester: &Requester,
        operation: Operation,
        rule: &'static str,
    ) -> Permit {
        Permit {
            requester: requester.name().to_owned(),
            operation,
            rule,
            reason: None,
            scope: Scope::Everything,
            patient: requester.person().and_then(|person| person.patient.clone()),
        }
    }

    /// Whether something of this patient may be shown: an assertion may be for one patient only.
    #[must_use]
    pub fn reaches(&self, patient: &PatientId) -> bool {
        self.patient.as_ref().is_none_or(|only| only == patient)
    }

    /// As [`Permit::reaches`], for a patient whom the request names.
    ///
    /// # Errors
    /// [`Denied`] for another patient than that of the assertion.
    pub fn demand(&self, patient: &PatientId) -> Result<(), Denied> {
        if self.reaches(patient) { Ok(()) } else { Err(Denied { rule: "assertion-patient" }) }
    }

    /// The only patient it reaches; `None` if there is no such limit.
    #[must_use]
    pub fn only_patient(&self) -> Option<&PatientId> {
        self.patient.as_ref()
    }

    /// Whether a document with these codes may be shown. Asked once per record on the path
    /// of the stored query, so it must stay a matter of a few comparisons.
    #[must_use]
    pub fn admits(&self, _codes: &EntryCodes<'_>) -> bool {
        match self.scope {
            Scope::Everything => true,
        }
    }

    /// What it was given for.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Who it was given to, as the audit record names them.
    #[must_use]
    pub fn requester(&self) -> &str {
        &self.requester
    }

    /// The rule that decided, for the audit record.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    /// Why, where a reason had to be given, for the audit record.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

//! Who may do what: a [`Policy`] turns a [`Requester`] and an operation into a [`Permit`].
//!
//! Nothing that returns or changes metadata, documents or identities can be called
//! without a permit, and a permit can only be had here. This crate decides and hands back
//! what the audit record must say; it writes no record itself, asks no database and knows
//! no clock.
//!
//! The only access mode so far is [`Access::Open`]. Rules over roles, document types and
//! consents are a further mode and bring the facts that they decide on as further
//! parameters of the `permit_…` functions.

mod permit;
mod requester;

use xds::query::StoredQuery;

pub use permit::{EntryCodes, Operation, Permit};
pub use requester::{Identification, Requester};

/// How access is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody who got through the transport may do everything. For development and for
    /// test tools; the configuration allows it on a loopback address only.
    Open,
}

/// The rules in force.
#[derive(Debug, Clone)]
pub struct Policy {
    access: Access,
}

/// The rules do not allow it. `Display` names the rule; the requester is not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("refused by rule {rule}")]
pub struct Denied {
    rule: &'static str,
}

impl Denied {
    /// The rule that decided, for the audit record.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

impl Policy {
    /// The policy of one access mode.
    #[must_use]
    pub fn new(access: Access) -> Policy {
        Policy { access }
    }

    /// ITI-18 and ITI-51. What the permit does not admit is left out of the answer: ask
    /// [`Permit::admits`] for each document.
    ///
    /// # Errors
    /// [`Denied`] if the requester may not ask this at all.
    pub fn permit_query(
        &self,
        requester: &Requester,
        query: &StoredQuery,
    ) -> Result<Permit, Denied> {
        self.decide(requester, Operation::Query(query.id()))
    }

    /// ITI-42.
    ///
    /// # Errors
    /// [`Denied`] if the requester may not register.
    pub fn permit_register(&self, requester: &Requester) -> Result<Permit, Denied> {
        self.decide(requester, Operation::Register)
    }

    /// ITI-41.
    ///
    /// # Errors
    /// [`Denied`] if the requester may not provide documents.
    pub fn permit_store(&self, requester: &Requester) -> Result<Permit, Denied> {
        self.decide(requester, Operation::Store)
    }

    /// ITI-43.
    ///
    /// # Errors
    /// [`Denied`] if the requester may not retrieve documents.
    pub fn permit_retrieve(&self, requester: &Requester) -> Result<Permit, Denied> {
        self.decide(requester, Operation::Retrieve)
    }

    /// ITI-8, ITI-30 and ITI-44.
    ///
    /// # Errors
    /// [`Denied`] if the requester may not feed patient identities.
    pub fn permit_feed(&self, requester: &Requester) -> Result<Permit, Denied> {
        self.decide(requester, Operation::Feed)
    }

    /// ITI-9 and ITI-45.
    ///
    /// # Errors
    /// [`Denied`] if the requester may not ask for other identifiers of a patient.
    pub fn permit_cross_reference(&self, requester: &Requester) -> Result<Permit, Denied> {
        self.decide(requester, Operation::CrossReference)
    }

    /// ITI-21, ITI-22 and ITI-47.
    ///
    /// # Errors
    /// [`Denied`] if the requester may not look for patients by demographics.
    pub fn permit_demographics(&self, requester: &Requester) -> Result<Permit, Denied> {
        self.decide(requester, Operation::Demographics)
    }

    /// ITI-81. Over mutual TLS the agreement's list of readers decides, in every access mode: the trail says who
    /// saw whom, and is for auditors. Without certificates, which is loopback, the access mode does.
    ///
    /// # Errors
    /// [`Denied`] if the requester may not read the audit trail.
    pub fn permit_audit_read(
        &self,
        requester: &Requester,
        identification: Identification<'_>,
        readers: &[String],
    ) -> Result<Permit, Denied> {
        match identification {
            Identification::Loopback => self.decide(requester, Operation::AuditRead),
            Identification::Certificate(Some(name)) if readers.iter().any(|it| it == name) => {
                Ok(Permit::unrestricted(requester, Operation::AuditRead, "audit-readers"))
            }
            Identification::Certificate(_) => Err(Denied { rule: "audit-readers" }),
            Identification::None => Err(Denied { rule: "audit-readers-by-certificate" }),
        }
    }

    fn decide(&self, requester: &Requester, operation: Operation) -> Result<Permit, Denied> {
        match self.access {
            Access::Open => Ok(Permit::unrestricted(requester, operation, "access-open")),
        }
    }
}

#[cfg(test)]
mod tests {
    use xds::query::{AdhocQueryRequest, QueryId, RawParameter};

    use super::*;

    fn node() -> Requester {
        Requester::Node { peer: "192.0.2.10".to_owned() }
    }

    fn documents_by_id() -> StoredQuery {
        StoredQuery::parse(&AdhocQueryRequest {
            query_id: QueryId::GetDocuments.urn().to_owned(),
            home: None,
            return_type: "LeafClass".to_owned(),
            parameters: vec![RawParameter {
                name: "$XDSDocumentEntryUniqueId".to_owned(),
                values: vec!["('1.2.3')".to_owned()],
            }],
        })
        .unwrap()
    }

    #[test]
    fn open_access_permits_every_operation_and_says_by_which_rule() {
        let policy = Policy::new(Access::Open);
        let permits = [
            policy.permit_query(&node(), &documents_by_id()).unwrap(),
            policy.permit_register(&node()).unwrap(),
            policy.permit_store(&node()).unwrap(),
            policy.permit_retrieve(&node()).unwrap(),
            policy.permit_feed(&node()).unwrap(),
        ];
        let operations = [
            Operation::Query(QueryId::GetDocuments),
            Operation::Register,
            Operation::Store,
            Operation::Retrieve,
            Operation::Feed,
        ];
        for (permit, operation) in permits.iter().zip(operations) {
            assert_eq!(permit.operation(), operation);
            assert_eq!((permit.requester(), permit.rule()), ("192.0.2.10", "access-open"));
            assert_eq!(permit.reason(), None);
        }
    }

    #[test]
    fn the_trail_is_for_its_readers() {
        let policy = Policy::new(Access::Open);
        let readers = ["auditor".to_owned()];
        let ask = |identification| policy.permit_audit_read(&node(), identification, &readers);
        let permit = ask(Identification::Certificate(Some("auditor"))).unwrap();
        assert_eq!((permit.operation(), permit.rule()), (Operation::AuditRead, "audit-readers"));
        assert_eq!(ask(Identification::Loopback).unwrap().rule(), "access-open");
        for name in [None, Some("Auditor"), Some("auditor "), Some("")] {
            let denied = ask(Identification::Certificate(name)).unwrap_err();
            assert_eq!(denied.rule(), "audit-readers", "{name:?}");
        }
        assert!(ask(Identification::None).is_err());
    }

    #[test]
    fn open_access_admits_every_document() {
        let permit = Policy::new(Access::Open).permit_query(&node(), &documents_by_id()).unwrap();
        for confidentiality in [&[][..], &[7, 9]] {
            let codes = EntryCodes { class: 1, type_code: 2, format: 3, confidentiality };
            assert!(permit.admits(&codes));
        }
    }

    #[test]
    fn maintenance_carries_operator_and_reason() {
        let permit = Permit::maintenance("operator-a", "index rebuild");
        assert_eq!(permit.operation(), Operation::Maintenance);
        assert_eq!((permit.requester(), permit.rule()), ("operator-a", "maintenance"));
        assert_eq!(permit.reason(), Some("index rebuild"));
    }
}

//! Who may do what: a [`Policy`] turns a [`Requester`] and an operation into a [`Permit`].
//!
//! Nothing that returns or changes metadata, documents or identities can be called
//! without a permit, and a permit can only be had here. This crate decides and hands back
//! what the audit record must say; it writes no record itself, asks no database and knows
//! no clock.
//!
//! With [`Access::Required`] nodes and roles may call what the agreement gives them. Rules over document types
//! and consents come later and bring the facts that they decide on as further parameters of the `permit_…`
//! functions.

mod permit;
mod requester;
mod transaction;

use xds::query::StoredQuery;

pub use permit::{EntryCodes, Operation, Permit};
pub use requester::{Identification, Node, OwnActor, Person, Requester, Standing};
pub use transaction::{Transaction, Transactions};

/// How access is decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// Everybody who got through the transport may do everything. For development and for
    /// test tools; the configuration allows it on a loopback address only.
    Open,
    /// Nodes that the agreement names, and persons with an assertion of an issuer that it trusts, may do what
    /// it gives them; nobody else may do anything.
    #[default]
    Required,
}

impl Access {
    /// How the audit trail and the command line call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Access::Open => "open",
            Access::Required => "required",
        }
    }
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
        transaction: Transaction,
        query: &StoredQuery,
    ) -> Result<Permit, Denied> {
        self.decide(requester, Operation::Query(transaction, query.id()))
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

    /// ITI-8, ITI-30, ITI-44 and ITI-64.
    ///
    /// # Errors
    /// [`Denied`] if the requester may not feed patient identities.
    pub fn permit_feed(
        &self,
        requester: &Requester,
        transaction: Transaction,
    ) -> Result<Permit, Denied> {
        self.decide(requester, Operation::Feed(transaction))
    }

    /// ITI-9 and ITI-45.
    ///
    /// # Errors
    /// [`Denied`] if the requester may not ask for other identifiers of a patient.
    pub fn permit_cross_reference(
        &self,
        requester: &Requester,
        transaction: Transaction,
    ) -> Result<Permit, Denied> {
        self.decide(requester, Operation::CrossReference(transaction))
    }

    /// ITI-21, ITI-22 and ITI-47.
    ///
    /// # Errors
    /// [`Denied`] if the requester may not look for patients by demographics.
    pub fn permit_demographics(
        &self,
        requester: &Requester,
        transaction: Transaction,
    ) -> Result<Permit, Denied> {
        self.decide(requester, Operation::Demographics(transaction))
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
            Access::Required => {
                let transaction =
                    operation.transaction().ok_or(Denied { rule: "no-transaction" })?;
                let rule = requester.may_call(transaction).map_err(|rule| Denied { rule })?;
                Ok(Permit::unrestricted(requester, operation, rule))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use xds::query::{AdhocQueryRequest, QueryId, RawParameter};

    use super::*;

    fn node() -> Requester {
        Requester::unknown_node("192.0.2.10".to_owned())
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
            policy.permit_query(&node(), Transaction::Iti18, &documents_by_id()).unwrap(),
            policy.permit_register(&node()).unwrap(),
            policy.permit_store(&node()).unwrap(),
            policy.permit_retrieve(&node()).unwrap(),
            policy.permit_feed(&node(), Transaction::Iti8).unwrap(),
        ];
        let operations = [
            Operation::Query(Transaction::Iti18, QueryId::GetDocuments),
            Operation::Register,
            Operation::Store,
            Operation::Retrieve,
            Operation::Feed(Transaction::Iti8),
        ];
        for (permit, operation) in permits.iter().zip(operations) {
            assert_eq!(permit.operation(), operation);
            assert_eq!((permit.requester(), permit.rule()), ("192.0.2.10", "access-open"));
            assert_eq!(permit.reason(), None);
        }
    }

    fn listed(may: &[Transaction]) -> Node {
        let may = may.iter().copied().collect();
        Node { name: "his".to_owned(), standing: Standing::Listed { member: None, may } }
    }

    fn own(actor: OwnActor) -> Node {
        Node { name: "own".to_owned(), standing: Standing::Own(actor) }
    }

    fn person(may: &[Transaction], node: Node) -> Person {
        Person {
            user_id: "drsato".to_owned(),
            user_name: "<drsato@https://idp.example>".to_owned(),
            institution: "1319999999".to_owned(),
            roles: Vec::new(),
            purposes_of_use: Vec::new(),
            may: may.iter().copied().collect(),
            patient: None,
            assertion: Arc::from(""),
            node,
        }
    }

    #[track_caller]
    fn check(requester: &Requester, transactions: &[Transaction]) {
        let policy = Policy::new(Access::Required);
        let permitted = |transaction: &Transaction| match transaction {
            Transaction::Iti18 | Transaction::Iti51 => {
                policy.permit_query(requester, *transaction, &documents_by_id()).is_ok()
            }
            Transaction::Iti41 => policy.permit_store(requester).is_ok(),
            Transaction::Iti42 => policy.permit_register(requester).is_ok(),
            Transaction::Iti43 => policy.permit_retrieve(requester).is_ok(),
            Transaction::Iti9 | Transaction::Iti45 => {
                policy.permit_cross_reference(requester, *transaction).is_ok()
            }
            Transaction::Iti21 | Transaction::Iti22 | Transaction::Iti47 => {
                policy.permit_demographics(requester, *transaction).is_ok()
            }
            Transaction::Iti8 | Transaction::Iti30 | Transaction::Iti44 | Transaction::Iti64 => {
                policy.permit_feed(requester, *transaction).is_ok()
            }
            Transaction::Iti81 => {
                policy.permit_audit_read(requester, Identification::Loopback, &[]).is_ok()
            }
        };
        let all = Transaction::ALL.into_iter().filter(permitted).collect::<Vec<_>>();
        assert_eq!(all, transactions);
    }

    #[test]
    fn whoever_is_not_known_may_do_nothing() {
        check(&node(), &[]);
        check(&Requester::Node(listed(&[])), &[]);
        check(&Requester::Node(own(OwnActor::Registry)), &[]);
        check(&Requester::Node(own(OwnActor::AuditRepository)), &[]);
        check(&Requester::Person(Arc::new(person(&[], listed(&Transaction::ALL)))), &[]);
    }

    #[test]
    fn each_right_is_for_one_transaction() {
        for transaction in Transaction::ALL {
            check(&Requester::Node(listed(&[transaction])), &[transaction]);
            let person = person(&[transaction], listed(&[]));
            check(&Requester::Person(Arc::new(person)), &[transaction]);
        }
    }

    #[test]
    fn own_actors_do_their_work_and_relay_what_a_person_did_there() {
        use Transaction::{Iti8, Iti18, Iti41, Iti42, Iti43, Iti64};

        check(&Requester::Node(own(OwnActor::Repository)), &[Iti18, Iti42]);
        check(&Requester::Node(own(OwnActor::PixManager)), &[Iti8, Iti64]);
        let relayed = |may: &[Transaction]| {
            Requester::Person(Arc::new(person(may, own(OwnActor::Repository))))
        };
        check(&relayed(&[Iti41]), &[Iti41, Iti42]);
        check(&relayed(&[Iti43]), &[Iti18, Iti43]);
        check(&relayed(&[Iti18, Iti42]), &[]);
    }

    #[test]
    fn an_assertion_for_one_patient_reaches_no_other() {
        let id = |text: &str| datatypes::PatientId::parse(text).unwrap();
        let mut person = person(&[Transaction::Iti43], listed(&[]));
        person.patient = Some(id("1^^^&1.2.3&ISO"));
        let requester = Requester::Person(Arc::new(person));
        let permit = Policy::new(Access::Required).permit_retrieve(&requester).unwrap();
        assert_eq!(
            (permit.rule(), permit.requester()),
            ("role-rights", "<drsato@https://idp.example>")
        );
        assert!(permit.reaches(&id("1^^^&1.2.3&ISO")));
        assert!(!permit.reaches(&id("2^^^&1.2.3&ISO")) && !permit.reaches(&id("1^^^&1.2.4&ISO")));
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
        let permit = Policy::new(Access::Open)
            .permit_query(&node(), Transaction::Iti18, &documents_by_id())
            .unwrap();
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

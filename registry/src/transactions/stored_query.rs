//! What ITI-18 and ITI-51 share: which query belongs to which, who may ask it, and what was found.

use std::collections::BTreeMap;

use audit::Event;
use datatypes::PatientId;
use policy::{Permit, Transaction};
use xds::query::{AdhocQueryRequest, QueryId, ReturnType, StoredQuery};

use super::{Origin, multi_patient_stored_query, registry_stored_query};
use crate::Registry;
use crate::error::QueryError;
use crate::leaf_class::StoredObject;

/// The two transactions that answer stored queries: same messages, different queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryTransaction {
    /// ITI-18.
    RegistryStoredQuery,
    /// ITI-51.
    MultiPatientStoredQuery,
}

impl QueryTransaction {
    /// The transaction of a `wsa:Action`, ITI TF-2: 3.18.4.1.2 and 3.51.4.1.2.
    #[must_use]
    pub fn of_action(action: &str) -> Option<QueryTransaction> {
        match action {
            "urn:ihe:iti:2007:RegistryStoredQuery" => Some(QueryTransaction::RegistryStoredQuery),
            "urn:ihe:iti:2009:MultiPatientStoredQuery" => {
                Some(QueryTransaction::MultiPatientStoredQuery)
            }
            _ => None,
        }
    }

    /// `wsa:Action` of the answer.
    #[must_use]
    pub const fn response_action(self) -> &'static str {
        match self {
            QueryTransaction::RegistryStoredQuery => "urn:ihe:iti:2007:RegistryStoredQueryResponse",
            QueryTransaction::MultiPatientStoredQuery => {
                "urn:ihe:iti:2009:MultiPatientStoredQueryResponse"
            }
        }
    }

    /// For the metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            QueryTransaction::RegistryStoredQuery => "ITI-18",
            QueryTransaction::MultiPatientStoredQuery => "ITI-51",
        }
    }

    /// The row of the audit table.
    #[must_use]
    pub const fn event(self) -> &'static Event {
        match self {
            QueryTransaction::RegistryStoredQuery => Event::STORED_QUERY_AT_REGISTRY,
            QueryTransaction::MultiPatientStoredQuery => Event::MULTI_PATIENT_QUERY_AT_REGISTRY,
        }
    }

    /// The right that it needs.
    #[must_use]
    pub const fn right(self) -> Transaction {
        match self {
            QueryTransaction::RegistryStoredQuery => Transaction::Iti18,
            QueryTransaction::MultiPatientStoredQuery => Transaction::Iti51,
        }
    }

    /// For the logs.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            QueryTransaction::RegistryStoredQuery => 18,
            QueryTransaction::MultiPatientStoredQuery => 51,
        }
    }

    /// Reads a query; those of the other transaction are unknown here (ITI TF-2: 3.51.4.1.2).
    fn read(self, request: &AdhocQueryRequest) -> Result<StoredQuery, QueryError> {
        let is_offered = |id: QueryId| match self {
            QueryTransaction::RegistryStoredQuery => !id.is_multi_patient(),
            QueryTransaction::MultiPatientStoredQuery => id.is_multi_patient(),
        };
        if QueryId::from_urn(&request.query_id).is_some_and(|id| !is_offered(id)) {
            return Err(QueryError::NotOffered);
        }
        Ok(StoredQuery::parse(request)?)
    }

    /// Takes a query in: it is one of this transaction, and the requester may ask it.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn ask(
        self,
        registry: &Registry,
        origin: &Origin,
        request: &AdhocQueryRequest,
    ) -> Result<Asked, QueryError> {
        let query = self.read(request)?;
        let return_type = ReturnType::parse(&request.return_type)?;
        let permit = registry.policy.permit_query(&origin.requester, self.right(), &query);
        let permit = permit.map_err(QueryError::Denied)?;
        for patient in query.patients() {
            permit.demand(patient).map_err(QueryError::Denied)?;
        }
        Ok(Asked { transaction: self, query, return_type, permit })
    }
}

/// A query that may be answered.
#[derive(Debug)]
pub struct Asked {
    pub(super) transaction: QueryTransaction,
    pub(super) query: StoredQuery,
    pub(super) return_type: ReturnType,
    pub(super) permit: Permit,
}

impl Asked {
    /// The patients whom the query names.
    #[must_use]
    pub fn patients(&self) -> &[PatientId] {
        self.query.patients()
    }

    /// Answers the query if what it is about is in memory and known to be current; `None` if it has to be
    /// looked up. Does not block.
    ///
    /// # Errors
    /// [`QueryError`]; an answer is complete or not given.
    pub fn answer_at_once(&self, registry: &Registry) -> Result<Option<Found>, QueryError> {
        match self.transaction {
            QueryTransaction::RegistryStoredQuery => registry_stored_query::at_once(registry, self),
            QueryTransaction::MultiPatientStoredQuery => Ok(None),
        }
    }

    /// Answers the query. Blocking: it may read the database.
    ///
    /// # Errors
    /// [`QueryError`]; an answer is complete or not given.
    pub fn answer(&self, registry: &Registry) -> Result<Found, QueryError> {
        match self.transaction {
            QueryTransaction::RegistryStoredQuery => registry_stored_query::answer(registry, self),
            QueryTransaction::MultiPatientStoredQuery => {
                multi_patient_stored_query::answer(registry, self)
            }
        }
    }
}

impl Found {
    /// Leaves out what is of other patients than the permit reaches: an assertion may be for one only.
    pub(super) fn within(mut self, permit: &Permit) -> Found {
        if permit.only_patient().is_some() {
            let is_reached =
                |cx: &String| PatientId::parse(cx).is_ok_and(|patient| permit.reaches(&patient));
            self.patients.retain(|_, cx| is_reached(cx));
            self.objects.retain(|object| self.patients.contains_key(&object.owner_no));
        }
        self
    }
}

/// The objects that a query found, and whose they are.
#[derive(Debug)]
pub struct Found {
    pub transaction: QueryTransaction,
    pub return_type: ReturnType,
    pub objects: Vec<StoredObject>,
    /// Patient ids by patient number, as CX.
    pub patients: BTreeMap<i64, String>,
}

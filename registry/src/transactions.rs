//! One file per transaction that the registry receives; each reads as the list of its duties.

pub mod multi_patient_stored_query;
pub mod notify_xad_pid_link_change;
pub mod patient_identity_feed;
pub mod register_document_set;
pub mod registry_stored_query;

use std::sync::LazyLock;

use audit::{AuditRecord, EventAction, Outcome};
use datatypes::Dtm;
use policy::Requester;
use xds::query::{AdhocQueryRequest, QueryId, StoredQuery};

use crate::Registry;
use crate::error::QueryError;
use multi_patient_stored_query::multi_patient_stored_query;
use registry_stored_query::{Found, registry_stored_query};

/// Where a request came from, as far as the audit record and the logs need it.
#[derive(Clone, Debug)]
pub struct Origin {
    pub requester: Requester,
    /// Network address of the other side.
    pub peer: String,
    /// `wsa:MessageID` or MSH-10.
    pub message_id: Option<String>,
}

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

    /// For the audit record and the metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            QueryTransaction::RegistryStoredQuery => "ITI-18",
            QueryTransaction::MultiPatientStoredQuery => "ITI-51",
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

    /// Answers a query. Blocking: it reads the database.
    ///
    /// # Errors
    /// [`QueryError`]; an answer is complete or not given.
    pub fn answer(
        self,
        registry: &Registry,
        origin: &Origin,
        request: &AdhocQueryRequest,
    ) -> Result<Found, QueryError> {
        match self {
            QueryTransaction::RegistryStoredQuery => {
                registry_stored_query(registry, origin, request)
            }
            QueryTransaction::MultiPatientStoredQuery => {
                multi_patient_stored_query(registry, origin, request)
            }
        }
    }
}

impl Registry {
    /// The part of an audit record that every transaction fills in the same way.
    pub(crate) fn audit_record(
        &self,
        transaction: &'static str,
        event: EventAction,
        outcome: Outcome,
        origin: &Origin,
    ) -> AuditRecord {
        AuditRecord {
            requester: origin.requester.name().to_owned(),
            peer: origin.peer.clone(),
            message_id: origin.message_id.clone(),
            agreement_version: self.in_force.load().agreement.version_in_force(),
            ..AuditRecord::now(transaction, "registry", event, outcome)
        }
    }
}

/// The registry's clock: UTC, 14 digits.
pub(crate) fn now() -> Dtm {
    let seconds = jiff::Timestamp::now().as_second();
    Dtm::from_unix_seconds(seconds).unwrap_or_else(|_| EPOCH.clone())
}

/// What a clock outside the years 0 to 9999 is read as.
static EPOCH: LazyLock<Dtm> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a constant text that is a DTM")]
    Dtm::parse("19700101000000").expect("a constant text that is a DTM")
});

//! ITI-18 Registry Stored Query as a Document Consumer sends it (ITI TF-2: 3.18).

use ebxml::AdhocQueryResponse;
use ebxml::adhoc_query_response::read_adhoc_query_response;
use ebxml::namespace::QUERY;
use xds::query::AdhocQueryRequest;

use crate::wire::{Packaging, SoapCall, SoapEndpoint, Transaction, WireError};

const TRANSACTION: Transaction = Transaction {
    action: "urn:ihe:iti:2007:RegistryStoredQuery",
    response_action: "urn:ihe:iti:2007:RegistryStoredQueryResponse",
};

/// Asks the registry; a Failure is an answer.
pub(crate) async fn registry_stored_query(
    registry: &SoapEndpoint,
    request: &AdhocQueryRequest,
) -> Result<AdhocQueryResponse, WireError> {
    let answered = registry
        .call(SoapCall {
            transaction: TRANSACTION,
            payload: ebxml::write_adhoc_query_request(request),
            packaging: Packaging::Simple,
            spool: None,
        })
        .await?;
    answered.read((QUERY, "AdhocQueryResponse"), read_adhoc_query_response)
}

//! Tests of reading stored queries: the tables row by row, the notation, the typed results.

mod limits;
mod notation;
mod objects;
mod patients;
mod samples;
mod tables;

use crate::query::{AdhocQueryRequest, QueryFault, QueryId, RawParameter, StoredQuery};

pub(super) const APPROVED: &str = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')";
pub(super) const DEPRECATED: &str = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated')";

/// A request of slots with one `Value` each.
pub(super) fn request(query: QueryId, slots: &[(&str, &str)]) -> AdhocQueryRequest {
    let parameters = slots
        .iter()
        .map(|(name, value)| RawParameter {
            name: (*name).to_owned(),
            values: vec![(*value).to_owned()],
        })
        .collect();
    AdhocQueryRequest {
        query_id: query.urn().to_owned(),
        home: None,
        return_type: "LeafClass".to_owned(),
        parameters,
    }
}

pub(super) fn parse(query: QueryId, slots: &[(&str, &str)]) -> Result<StoredQuery, QueryFault> {
    StoredQuery::parse(&request(query, slots))
}

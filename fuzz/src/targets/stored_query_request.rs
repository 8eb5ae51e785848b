//! `ebxml::read_adhoc_query_request` (ITI-18): what is read is written and read again to the same.

use ebxml::namespace::QUERY;
use ebxml::{read_adhoc_query_request, write_adhoc_query_request};
use xds::query::{AdhocQueryRequest, ReturnType};

use super::{XML_TOKENS, payload, reason, stored_query_parameters};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "stored_query_request",
    run,
    seeds,
    samples: &["xds/iti18", "xds/iti38", "xds/iti51"],
    tokens: &[TOKENS, XML_TOKENS],
};

const TOKENS: &[&str] = &[
    "<rim:Slot name=\"$XDSDocumentEntryPatientId\"><rim:ValueList><rim:Value>",
    "</rim:Value></rim:ValueList></rim:Slot>",
    "<rim:Value>",
    "</rim:Value>",
    "<rim:Value/>",
    "returnType=\"ObjectRef\"",
    "<query:ResponseOption returnType=\"LeafClass\"/>",
    " home=\"urn:oid:1.2.3\"",
    "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4",
    "$XDSDocumentEntryUniqueId",
    "$XDSDocumentEntryAuthorPerson",
    "('a','b')",
    "'",
    "''",
    "%",
    "1^^^&amp;1.2.3&amp;ISO",
];

fn run(bytes: &[u8]) -> Verdict {
    let text = payload::decode(bytes)?;
    let (mut reader, element) = payload::open(&text)?;
    if !element.is(QUERY, "AdhocQueryRequest") {
        return Err("another payload".to_owned());
    }
    let request = read_adhoc_query_request(&mut reader).map_err(reason)?;
    assert_eq!(again(&request), request, "written and read again");
    let n_bytes: usize =
        request.parameters.iter().flat_map(|slot| &slot.values).map(String::len).sum();
    assert!(n_bytes <= text.len(), "values of nothing");
    let query = stored_query_parameters::check(&request)?;
    let return_type = ReturnType::parse(&request.return_type).map_err(reason)?;
    Ok(format!("{:?} {return_type:?}", query.id()))
}

fn again(request: &AdhocQueryRequest) -> AdhocQueryRequest {
    let written = write_adhoc_query_request(request);
    let (mut reader, _) = payload::reopen(&written);
    match read_adhoc_query_request(&mut reader) {
        Ok(again) => again,
        Err(error) => unreachable!("our own query is refused: {error}"),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let bodies: Vec<String> = stored_query_parameters::seeds()
        .iter()
        .filter_map(|seed| stored_query_parameters::request(seed).ok())
        .map(|request| write_adhoc_query_request(&request))
        .collect();
    bodies.into_iter().map(String::into_bytes).collect()
}

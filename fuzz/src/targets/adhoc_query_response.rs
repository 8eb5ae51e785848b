//! `ebxml::read_adhoc_query_response`: the answer of another registry, written and read again to the same.

use ebxml::adhoc_query_response::{read_adhoc_query_response, write_leaf_class};
use ebxml::namespace::{QUERY, RIM};
use ebxml::{AdhocQueryResponse, Stored};
use xds::{AvailabilityStatus, RegistryResponse, ResponseStatus, Submission};

use super::{XML_TOKENS, payload, reason, submission};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "adhoc_query_response",
    run,
    seeds,
    samples: &["xds/iti18", "xds/iti38", "xds/iti51"],
    tokens: &[submission::TOKENS, XML_TOKENS],
};

fn run(bytes: &[u8]) -> Verdict {
    let text = payload::decode(bytes)?;
    let (mut reader, element) = payload::open(&text)?;
    if !element.is(QUERY, "AdhocQueryResponse") {
        return Err("another payload".to_owned());
    }
    let answer = read_adhoc_query_response(&mut reader, &element).map_err(reason)?;
    // References and faults are no objects: a LeafClass answer has none.
    let objects =
        AdhocQueryResponse { object_refs: Vec::new(), faults: Vec::new(), ..answer.clone() };
    let written = write_leaf_class(&objects);
    let (mut reader, element) = payload::reopen(&written);
    let again = read_adhoc_query_response(&mut reader, &element);
    assert_eq!(again.as_ref(), Ok(&objects), "written and read again");
    let AdhocQueryResponse { response, faults, .. } = &answer;
    let counts =
        [answer.entries.len(), answer.object_refs.len(), faults.len(), response.errors.len()];
    Ok(format!("{:?} {:?}", response.status, counts.map(|n| n.min(2))))
}

fn seeds() -> Vec<Vec<u8>> {
    let answer = golden();
    let reference = format!(
        "<q:AdhocQueryResponse xmlns:q=\"{QUERY}\" xmlns=\"{RIM}\" \
         status=\"urn:ihe:iti:2007:ResponseStatusType:PartialSuccess\">\
         <r:RegistryErrorList xmlns:r=\"urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0\">\
         <r:RegistryError errorCode=\"XDSUnavailableCommunity\" codeContext=\"x\" location=\"y\" \
         severity=\"urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning\"/></r:RegistryErrorList>\
         <RegistryObjectList><ObjectRef id=\"urn:uuid:00000000-0000-4000-8000-000000000001\"/>\
         </RegistryObjectList></q:AdhocQueryResponse>"
    );
    let enveloped = soap::write_envelope(
        "urn:ihe:iti:2007:RegistryStoredQueryResponse",
        None,
        &write_leaf_class(&answer),
    );
    vec![write_leaf_class(&answer).into_bytes(), reference.into_bytes(), enveloped.into_bytes()]
}

/// The golden submission as an answer.
fn golden() -> AdhocQueryResponse {
    let status = ResponseStatus::Success;
    let mut answer = AdhocQueryResponse::empty(RegistryResponse { status, errors: Vec::new() });
    let (mut reader, _) = payload::reopen(submission::GOLDEN);
    let draft = ebxml::read_submit_objects_request(&mut reader).ok();
    let Some(golden) = draft.and_then(|draft| draft.submission) else { return answer };
    let Submission { submission_set, entries, folders, associations } = golden;
    answer.entries = stored(entries);
    answer.submission_sets = stored(vec![submission_set]);
    answer.folders = stored(folders);
    answer.associations = stored(associations);
    answer
}

fn stored<T>(objects: Vec<T>) -> Vec<Stored<T>> {
    let status = Some(AvailabilityStatus::Approved);
    objects.into_iter().map(|object| Stored { object, status }).collect()
}

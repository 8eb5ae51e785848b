//! `ebxml::retrieve_document_set` (ITI-43): requests, written and read again to the same.

use ebxml::namespace::XDS;
use ebxml::retrieve_document_set::{DocumentRequest, read_request, write_request};

use super::{XML_TOKENS, payload, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "document_requests",
    run,
    seeds,
    samples: &["xds/iti43", "xds/iti39"],
    tokens: &[
        XML_TOKENS,
        &[
            "<xds:DocumentRequest>",
            "<xds:HomeCommunityId>urn:oid:1.2.3</xds:HomeCommunityId>",
            "<xds:RepositoryUniqueId>1.2.3</xds:RepositoryUniqueId>",
            "<xds:DocumentUniqueId>' OR '1'='1</xds:DocumentUniqueId>",
            "../../etc/passwd",
        ],
    ],
};

fn run(bytes: &[u8]) -> Verdict {
    let text = payload::decode(bytes)?;
    let (mut reader, element) = payload::open(&text)?;
    if !element.is(XDS, "RetrieveDocumentSetRequest") {
        return Err("another payload".to_owned());
    }
    let requests = read_request(&mut reader).map_err(reason)?;
    assert!(!requests.is_empty(), "a request for nothing");
    for DocumentRequest { repository_unique_id, document_unique_id, .. } in &requests {
        for id in [repository_unique_id, document_unique_id] {
            assert!(!id.is_empty() && id.chars().count() <= 256, "an id out of bounds");
        }
    }
    let written = write_request(&requests);
    let (mut reader, _) = payload::reopen(&written);
    assert_eq!(read_request(&mut reader).as_ref(), Ok(&requests), "written and read again");
    let has_home = requests.iter().any(|request| request.home.is_some());
    Ok(format!("{} documents, home {has_home}", requests.len().min(3)))
}

fn seeds() -> Vec<Vec<u8>> {
    let request = |home: Option<&str>, id: &str| DocumentRequest {
        home: home.map(str::to_owned),
        repository_unique_id: "1.2.392.99.2".to_owned(),
        document_unique_id: id.to_owned(),
    };
    let one = write_request(&[request(None, "1.2.3^4")]);
    let two = write_request(&[request(Some("urn:oid:1.2.3"), "1.2.3"), request(None, "文書")]);
    let action = "urn:ihe:iti:2007:RetrieveDocumentSet";
    let enveloped = soap::write_request(action, "urn:uuid:1", "http://localhost/", &two);
    [one, two, enveloped].map(String::into_bytes).to_vec()
}

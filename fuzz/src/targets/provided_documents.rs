//! `ebxml::read_provide_and_register` (ITI-41), and the sender's own text that the registry gets of it.

use datatypes::{RepositoryUniqueId, Sha1Hash};
use ebxml::namespace::XDS;
use ebxml::{
    Amendment, Content, amend_submit_objects_request, read_provide_and_register,
    read_submit_objects_request,
};
use xds::Submission;

use super::{XML_TOKENS, payload, reason, submission};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "provided_documents",
    run,
    seeds,
    samples: &["xds/iti41"],
    tokens: &[submission::TOKENS, XML_TOKENS],
};

fn run(bytes: &[u8]) -> Verdict {
    let text = payload::decode(bytes)?;
    let (mut reader, element) = payload::open(&text)?;
    if !element.is(XDS, "ProvideAndRegisterDocumentSetRequest") {
        return Err("another payload".to_owned());
    }
    let request = read_provide_and_register(&mut reader).map_err(reason)?;
    let n_bytes: usize = request.documents.iter().map(|document| length(&document.content)).sum();
    assert!(n_bytes <= bytes.len(), "documents of nothing");
    let verdict = submission::check(&request.draft)?;
    if let Some(submission) = &request.draft.submission {
        check_amended(&text, submission)?;
    }
    Ok(format!("{verdict}, {} documents", request.documents.len().min(2)))
}

fn length(content: &Content) -> usize {
    match content {
        Content::Bytes(bytes) => bytes.len(),
        Content::Xop(reference) => reference.len(),
    }
}

/// The amended request is the sender's, but for what the repository adds.
fn check_amended(text: &str, submission: &Submission) -> Result<(), String> {
    let Ok(repository) = RepositoryUniqueId::parse("1.2.3") else { unreachable!("a legal OID") };
    let amendments: Vec<Amendment> = submission
        .entries
        .iter()
        .map(|entry| Amendment {
            id: entry.id.clone(),
            repository_unique_id: repository.clone(),
            hash: Sha1Hash::from_bytes([7; 20]),
            size: 12,
        })
        .collect();
    let amended = amend_submit_objects_request(text, &amendments).map_err(reason)?;
    let (mut reader, _) = payload::reopen(&amended);
    let again = read_submit_objects_request(&mut reader).map(|draft| draft.submission);
    let mut expected = submission.clone();
    for entry in &mut expected.entries {
        entry.repository_unique_id = Some(repository.clone());
        entry.hash.get_or_insert(Sha1Hash::from_bytes([7; 20]));
        entry.size.get_or_insert(12);
    }
    assert_eq!(again, Ok(Some(expected)), "amended and read again");
    Ok(())
}

fn seeds() -> Vec<Vec<u8>> {
    let documents = [
        "<x:Document id=\"document\">AAEC</x:Document>",
        "<x:Document id=\"document\"><i:Include xmlns:i=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:1\"/></x:Document>",
    ];
    let request = |document: &str| {
        format!(
            "<x:ProvideAndRegisterDocumentSetRequest xmlns:x=\"{XDS}\">{}{document}\
             </x:ProvideAndRegisterDocumentSetRequest>",
            submission::GOLDEN
        )
        .into_bytes()
    };
    documents.map(request).to_vec()
}

//! The transactions as a well-behaved client carries them out.

use std::io;

use super::community::Community;
use super::feed;
use super::http::{Connection, post};
use super::node::escape;
use super::package::Package;
use super::reply::Reply;
use super::soap::{
    PROVIDE, QUERY, REGISTRY, REPOSITORY, RETRIEVE, envelope, new_message_id, simple,
};
use super::submission::{Submission, slot};

pub(crate) const APPROVED: &str = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved";
const DEPRECATED: &str = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated";
const FIND_DOCUMENTS: &str = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";

/// Sends an envelope as simple SOAP; the answer relates to it.
pub(crate) fn call(
    connection: &mut Connection,
    path: &str,
    action: &str,
    body: &str,
) -> io::Result<Reply> {
    let message_id = new_message_id();
    let envelope = envelope(action, &message_id, body);
    let request = post(path, &[("Content-Type", &simple(action))], envelope.as_bytes());
    let reply = Reply::read(connection.exchange(&request)?);
    assert_eq!(reply.relates_to(), Some(message_id.as_str()), "{}", reply.text);
    if !reply.is_fault() {
        assert_eq!(reply.action(), format!("{action}Response"));
    }
    Ok(reply)
}

/// ITI-8: makes a patient of the affinity domain known; gives the CX.
pub(crate) fn add_patient(community: &Community, id: &str) -> String {
    let authority = community.affinity_domain();
    let message = feed::registration("add", id, authority);
    let ack = feed::acknowledged(&mut community.mllp(), &message);
    assert_eq!((ack.code(), ack.control_id()), ("AA", "add"));
    format!("{id}^^^&{authority}&ISO")
}

/// The bytes of an ITI-41 as MTOM.
pub(crate) fn provide_request(message_id: &str, submission: &Submission) -> Vec<u8> {
    let envelope = envelope(PROVIDE, message_id, &submission.provide_by_reference());
    let parts = submission.parts();
    let parts: Vec<_> = parts.iter().map(|(id, bytes)| (id.as_str(), *bytes)).collect();
    let package = Package::new(&envelope, &parts);
    post(REPOSITORY, &[("Content-Type", &package.content_type())], &package.to_bytes())
}

/// ITI-41, MTOM.
pub(crate) fn submit(repository: &mut Connection, submission: &Submission) -> io::Result<Reply> {
    let message_id = new_message_id();
    let request = provide_request(&message_id, submission);
    let reply = Reply::read(repository.exchange(&request)?);
    assert_eq!(reply.relates_to(), Some(message_id.as_str()), "{}", reply.text);
    Ok(reply)
}

/// The bytes of an ITI-41 with the documents as base64.
pub(crate) fn inline_request(message_id: &str, submission: &Submission) -> Vec<u8> {
    let envelope = envelope(PROVIDE, message_id, &submission.provide_inline());
    post(REPOSITORY, &[("Content-Type", &simple(PROVIDE))], envelope.as_bytes())
}

/// ITI-41 without MTOM.
pub(crate) fn submit_inline(
    repository: &mut Connection,
    submission: &Submission,
) -> io::Result<Reply> {
    let message_id = new_message_id();
    let reply = Reply::read(repository.exchange(&inline_request(&message_id, submission))?);
    assert_eq!(reply.relates_to(), Some(message_id.as_str()), "{}", reply.text);
    Ok(reply)
}

/// The body of a stored query with these slots.
pub(crate) fn adhoc_query(return_type: &str, id: &str, slots: &str) -> String {
    format!(
        "<q:AdhocQueryRequest xmlns:q=\"urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0\" \
         xmlns:rim=\"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0\">\
         <q:ResponseOption returnComposedObjects=\"true\" returnType=\"{return_type}\"/>\
         <rim:AdhocQuery id=\"{id}\">{slots}</rim:AdhocQuery></q:AdhocQueryRequest>"
    )
}

/// The slots of FindDocuments for a patient, in any state.
pub(crate) fn of_patient(patient_id: &str) -> String {
    slot("$XDSDocumentEntryPatientId", &quoted(patient_id))
        + &slot("$XDSDocumentEntryStatus", &format!("('{APPROVED}','{DEPRECATED}')"))
}

/// A string of a stored query.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// FindDocuments in full.
pub(crate) fn find_documents(registry: &mut Connection, patient_id: &str) -> io::Result<Reply> {
    let body = adhoc_query("LeafClass", FIND_DOCUMENTS, &of_patient(patient_id));
    call(registry, REGISTRY, QUERY, &body)
}

/// The body of ITI-43.
pub(crate) fn document_requests(repository_id: &str, unique_ids: &[String]) -> String {
    let request = |unique_id: &String| {
        format!(
            "<DocumentRequest><RepositoryUniqueId>{repository_id}</RepositoryUniqueId>\
             <DocumentUniqueId>{}</DocumentUniqueId></DocumentRequest>",
            escape(unique_id)
        )
    };
    let requests: String = unique_ids.iter().map(request).collect();
    format!(
        "<RetrieveDocumentSetRequest xmlns=\"urn:ihe:iti:xds-b:2007\">{requests}\
         </RetrieveDocumentSetRequest>"
    )
}

/// ITI-43, MTOM.
pub(crate) fn retrieve(
    repository: &mut Connection,
    repository_id: &str,
    unique_ids: &[String],
) -> io::Result<Reply> {
    let message_id = new_message_id();
    let body = document_requests(repository_id, unique_ids);
    let package = Package::new(&envelope(RETRIEVE, &message_id, &body), &[]);
    let content_type = package.content_type();
    let request = post(REPOSITORY, &[("Content-Type", &content_type)], &package.to_bytes());
    let reply = Reply::read(repository.exchange(&request)?);
    assert_eq!(reply.relates_to(), Some(message_id.as_str()), "{}", reply.text);
    Ok(reply)
}

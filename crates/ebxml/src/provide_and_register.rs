//! ITI-41 Provide and Register Document Set-b: metadata with the documents, ITI TF-2: 3.41.4.1.2.
//!
//! The repository reads the request to check it and to find the documents; what it sends on to
//! the registry is not written from what was read but the request's own text with amendments,
//! so that nothing the sender said is lost.

mod amendment;

use datatypes::ObjectId;
use xds::{MetadataFault, Problem, Submission, SubmissionDraft};
use xml::{Element, Reader, Writer};

use crate::ReadError;
use crate::content::{self, Content, ContentToSend};
use crate::limits::{self, room_for_one_more};
use crate::namespace::{LCM, XDS};
use crate::rim::attribute;
use crate::submit_objects::{self, read_submit_objects_request};

pub use amendment::{Amendment, amend_submit_objects_request};

const REQUEST: &str = "ProvideAndRegisterDocumentSetRequest";

/// A submission with its documents.
#[derive(Clone, Debug)]
pub struct ProvideAndRegister {
    pub draft: SubmissionDraft,
    /// In the order of the message; no two have the same id unless the draft has a fault.
    pub documents: Vec<SubmittedDocument>,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmittedDocument {
    /// The id of the DocumentEntry that describes it.
    pub id: ObjectId,
    pub content: Content,
}

/// Reads the request after its start.
///
/// Whether each entry has a document and each document an entry is the repository's question.
///
/// # Errors
/// [`ReadError`] if the message has not the shape of a submission, or inline content is no
/// base64; faults of the metadata are part of the draft.
pub fn read_provide_and_register(reader: &mut Reader<'_>) -> Result<ProvideAndRegister, ReadError> {
    let mut draft = None;
    let mut documents = Vec::new();
    while let Some(child) = reader.next_child()? {
        if child.is(LCM, "SubmitObjectsRequest") && draft.is_none() {
            draft = Some(read_submit_objects_request(reader)?);
        } else if child.is(XDS, "Document") {
            room_for_one_more(documents.len(), limits::DOCUMENTS_PER_MESSAGE, "documents")?;
            documents.push(read_document(reader, &child)?);
        } else {
            return Err(ReadError::Unexpected { inside: REQUEST });
        }
    }
    let missing = ReadError::Missing { inside: REQUEST, what: "SubmitObjectsRequest" };
    let mut draft = draft.ok_or(missing)?;
    note_repeated_ids(&documents, &mut draft);
    Ok(ProvideAndRegister { draft, documents })
}

fn read_document(
    reader: &mut Reader<'_>,
    element: &Element<'_>,
) -> Result<SubmittedDocument, ReadError> {
    let missing = ReadError::Missing { inside: "Document", what: "id" };
    let id = attribute(element, "id").ok_or(missing)?;
    let invalid = ReadError::Invalid { inside: "Document", what: "id" };
    let id = ObjectId::parse(&id).map_err(|_reason| invalid)?;
    Ok(SubmittedDocument { id, content: content::read(reader)? })
}

/// With two documents for one entry it would be a guess which one the entry describes.
fn note_repeated_ids(documents: &[SubmittedDocument], draft: &mut SubmissionDraft) {
    let mut ids: Vec<&ObjectId> = documents.iter().map(|document| &document.id).collect();
    ids.sort_unstable();
    let repeated = ids.windows(2).filter_map(|pair| match pair {
        [left, right] if left == right => Some(left.to_string()),
        _ => None,
    });
    let fault =
        |object| MetadataFault { object, attribute: "Document", problem: Problem::Repeated };
    let room = limits::FAULTS.saturating_sub(draft.faults.len());
    let n_before = draft.faults.len();
    draft.faults.extend(repeated.map(fault).take(room));
    if draft.faults.len() > n_before {
        draft.submission = None;
    }
}

/// Writes the request so that the XDS.b schema accepts it, once references are resolved.
pub fn write_provide_and_register(
    submission: &Submission,
    documents: &[(ObjectId, ContentToSend<'_>)],
) -> String {
    let mut writer = Writer::new();
    writer.start("xds:ProvideAndRegisterDocumentSetRequest", &[("xmlns:xds", XDS)]);
    submit_objects::write(submission, &mut writer);
    for (id, content) in documents {
        writer.start("xds:Document", &[("id", &id.to_string())]);
        content::write(content, &mut writer);
        writer.end();
    }
    writer.finish()
}

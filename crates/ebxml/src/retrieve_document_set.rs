//! ITI-43 Retrieve Document Set: request and answer, ITI TF-2: 3.43.
//!
//! Identifiers stay opaque text here: what is no OID simply matches no repository.

use xds::RegistryResponse;
use xml::{Element, Reader, Writer};

use crate::ReadError;
use crate::content::{self, Content, ContentToSend};
use crate::limits::{self, is_longer_than, room_for_one_more};
use crate::namespace::{RS, XDS};
use crate::registry_response;
use crate::slots::trimmed;

const REQUEST: &str = "DocumentRequest";
const RESPONSE: &str = "DocumentResponse";

/// Which document is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DocumentRequest {
    pub home: Option<String>,
    pub repository_unique_id: String,
    pub document_unique_id: String,
}

/// One document of an answer; `C` is [`Content`] when read, [`ContentToSend`] when written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentResponse<C> {
    /// What was asked for, echoed.
    pub request: DocumentRequest,
    /// Where a document made on demand was kept.
    pub new_repository_unique_id: Option<String>,
    /// What a document made on demand is called.
    pub new_document_unique_id: Option<String>,
    pub mime_type: String,
    pub content: C,
}

/// The answer as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrieveDocumentSetResponse {
    pub response: RegistryResponse,
    pub documents: Vec<DocumentResponse<Content>>,
}

/// Reads the request after its start.
///
/// # Errors
/// [`ReadError`] if the message has not the shape of a request for at least one document.
pub fn read_request(reader: &mut Reader<'_>) -> Result<Vec<DocumentRequest>, ReadError> {
    const INSIDE: &str = "RetrieveDocumentSetRequest";
    let mut requests = Vec::new();
    while let Some(child) = reader.next_child()? {
        if !child.is(XDS, REQUEST) {
            return Err(ReadError::Unexpected { inside: INSIDE });
        }
        room_for_one_more(requests.len(), limits::DOCUMENTS_PER_MESSAGE, "document requests")?;
        let mut fields = Fields::default();
        while let Some(field) = reader.next_child()? {
            if !fields.read(reader, &field)? {
                return Err(ReadError::Unexpected { inside: REQUEST });
            }
        }
        requests.push(fields.request(REQUEST)?);
    }
    if requests.is_empty() {
        return Err(ReadError::Missing { inside: INSIDE, what: REQUEST });
    }
    Ok(requests)
}

/// Writes the request so that the XDS.b schema accepts it.
pub fn write_request(requests: &[DocumentRequest]) -> String {
    let mut writer = Writer::new();
    writer.start("xds:RetrieveDocumentSetRequest", &[("xmlns:xds", XDS)]);
    for request in requests {
        writer.start("xds:DocumentRequest", &[]);
        write_ids(request, &mut writer);
        writer.end();
    }
    writer.finish()
}

/// Reads the answer after its start.
///
/// # Errors
/// [`ReadError`] if the message has not the shape of an answer, or inline content is no base64.
pub fn read_response(reader: &mut Reader<'_>) -> Result<RetrieveDocumentSetResponse, ReadError> {
    const INSIDE: &str = "RetrieveDocumentSetResponse";
    let mut response = None;
    let mut documents = Vec::new();
    while let Some(child) = reader.next_child()? {
        if child.is(RS, "RegistryResponse") && response.is_none() {
            response = Some(registry_response::read_registry_response(reader, &child)?);
        } else if child.is(XDS, RESPONSE) {
            room_for_one_more(documents.len(), limits::DOCUMENTS_PER_MESSAGE, "documents")?;
            documents.push(read_document(reader)?);
        } else {
            return Err(ReadError::Unexpected { inside: INSIDE });
        }
    }
    let missing = ReadError::Missing { inside: INSIDE, what: "RegistryResponse" };
    Ok(RetrieveDocumentSetResponse { response: response.ok_or(missing)?, documents })
}

fn read_document(reader: &mut Reader<'_>) -> Result<DocumentResponse<Content>, ReadError> {
    let mut fields = Fields::default();
    let mut content = None;
    while let Some(field) = reader.next_child()? {
        if field.is(XDS, "Document") && content.is_none() {
            content = Some(content::read(reader)?);
        } else if !fields.read(reader, &field)? {
            return Err(ReadError::Unexpected { inside: RESPONSE });
        }
    }
    let missing = |what| ReadError::Missing { inside: RESPONSE, what };
    Ok(DocumentResponse {
        new_repository_unique_id: fields.new_repository_unique_id.take(),
        new_document_unique_id: fields.new_document_unique_id.take(),
        mime_type: fields.mime_type.take().ok_or(missing("mimeType"))?,
        content: content.ok_or(missing("Document"))?,
        request: fields.request(RESPONSE)?,
    })
}

/// Writes the answer so that the XDS.b schema accepts it, once references are resolved.
pub fn write_response(
    response: &RegistryResponse,
    documents: &[DocumentResponse<ContentToSend<'_>>],
) -> String {
    let mut writer = Writer::new();
    writer.start("xds:RetrieveDocumentSetResponse", &[("xmlns:xds", XDS)]);
    registry_response::write(response, &mut writer);
    for document in documents {
        writer.start("xds:DocumentResponse", &[]);
        write_ids(&document.request, &mut writer);
        let new_ids = [
            ("xds:NewRepositoryUniqueId", &document.new_repository_unique_id),
            ("xds:NewDocumentUniqueId", &document.new_document_unique_id),
        ];
        for (name, value) in new_ids {
            if let Some(value) = value {
                writer.start(name, &[]).text(value).end();
            }
        }
        writer.start("xds:mimeType", &[]).text(&document.mime_type).end();
        writer.start("xds:Document", &[]);
        content::write(&document.content, &mut writer);
        writer.end().end();
    }
    writer.finish()
}

fn write_ids(request: &DocumentRequest, writer: &mut Writer) {
    if let Some(home) = &request.home {
        writer.start("xds:HomeCommunityId", &[]).text(home).end();
    }
    writer.start("xds:RepositoryUniqueId", &[]).text(&request.repository_unique_id).end();
    writer.start("xds:DocumentUniqueId", &[]).text(&request.document_unique_id).end();
}

/// The text elements of a DocumentRequest or DocumentResponse.
#[derive(Default)]
struct Fields {
    home: Option<String>,
    repository_unique_id: Option<String>,
    document_unique_id: Option<String>,
    new_repository_unique_id: Option<String>,
    new_document_unique_id: Option<String>,
    mime_type: Option<String>,
}

impl Fields {
    /// Reads a field after its start; false if it is none, or came before.
    fn read(&mut self, reader: &mut Reader<'_>, field: &Element<'_>) -> Result<bool, ReadError> {
        if field.namespace() != XDS {
            return Ok(false);
        }
        let place = match field.local() {
            "HomeCommunityId" => &mut self.home,
            "RepositoryUniqueId" => &mut self.repository_unique_id,
            "DocumentUniqueId" => &mut self.document_unique_id,
            "NewRepositoryUniqueId" => &mut self.new_repository_unique_id,
            "NewDocumentUniqueId" => &mut self.new_document_unique_id,
            "mimeType" => &mut self.mime_type,
            _ => return Ok(false),
        };
        if place.is_some() {
            return Ok(false);
        }
        let text = reader.text()?;
        let limit = limits::IDENTIFIER_CHARACTERS;
        if is_longer_than(&text, limit) {
            return Err(ReadError::Limit { what: "characters of an identifier", limit });
        }
        *place = Some(trimmed(&text).to_owned());
        Ok(true)
    }

    fn request(self, inside: &'static str) -> Result<DocumentRequest, ReadError> {
        let required = |value: Option<String>, what| {
            value.filter(|value| !value.is_empty()).ok_or(ReadError::Missing { inside, what })
        };
        Ok(DocumentRequest {
            home: self.home.filter(|home| !home.is_empty()),
            repository_unique_id: required(self.repository_unique_id, "RepositoryUniqueId")?,
            document_unique_id: required(self.document_unique_id, "DocumentUniqueId")?,
        })
    }
}

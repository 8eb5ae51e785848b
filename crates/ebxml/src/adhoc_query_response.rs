//! `query:AdhocQueryResponse`: the answer to a stored query, ITI TF-2: 3.18.4.1.2.
//!
//! The registry keeps its objects rendered and sends them between [`response_head`] and
//! [`RESPONSE_TAIL`]; it renders them once with the `write_…` functions of this module. The
//! reader is for clients and gateways.

use datatypes::{EntryUuid, HomeCommunityId};
use xds::{
    Association, AvailabilityStatus, DocumentEntry, Folder, MetadataFault, RegistryError,
    RegistryResponse, ResponseStatus, SubmissionSet,
};
use xml::{Element, Reader, Writer};

use crate::findings::Findings;
use crate::limits::OBJECTS_PER_ANSWER;
use crate::namespace::{QUERY, RIM, RS};
use crate::object_writer::PartIds;
use crate::registry_object_list::{ObjectList, PackageKind, package_kind};
use crate::registry_response::{read_errors, read_status, write_errors};
use crate::rim::{Carrier, RimObject, attribute};
use crate::{ReadError, association, document_entry, folder, submission_set};

const RESPONSE: &str = "AdhocQueryResponse";

/// An object with the status that the registry gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    pub object: T,
    /// `None` when the answer names none, or one that XDS does not have.
    pub status: Option<AvailabilityStatus>,
}

/// The answer as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdhocQueryResponse {
    pub response: RegistryResponse,
    pub entries: Vec<Stored<DocumentEntry>>,
    pub submission_sets: Vec<Stored<SubmissionSet>>,
    pub folders: Vec<Stored<Folder>>,
    pub associations: Vec<Stored<Association>>,
    pub object_refs: Vec<EntryUuid>,
    /// Why further objects of the answer could not be read. A client must say so to its user:
    /// what is missing might be what matters.
    pub faults: Vec<MetadataFault>,
}

/// Reads the answer after its start; `element` is that start, which holds the status.
///
/// # Errors
/// [`ReadError`] if the message has not the shape of an answer; an object at fault does not
/// hide the others, see [`AdhocQueryResponse::faults`].
pub fn read_adhoc_query_response(
    reader: &mut Reader<'_>,
    element: &Element<'_>,
) -> Result<AdhocQueryResponse, ReadError> {
    let mut response = RegistryResponse { status: read_status(element)?, errors: Vec::new() };
    let mut findings = Findings::default();
    // The schema demands a list also on failure; not all registries send one.
    let mut list = ObjectList::default();
    while let Some(child) = reader.next_child()? {
        if child.is(RS, "RegistryErrorList") {
            read_errors(reader, &mut response.errors)?;
        } else if child.is(RIM, "RegistryObjectList") && list.is_empty() {
            list = ObjectList::read(reader, OBJECTS_PER_ANSWER, &mut findings)?;
        } else if child.is(RS, "ResponseSlotList") {
            reader.skip()?;
        } else {
            return Err(ReadError::Unexpected { inside: RESPONSE });
        }
    }
    let mut answer = AdhocQueryResponse::empty(response);
    for reference in &list.references {
        match EntryUuid::parse(reference) {
            Ok(uuid) => answer.object_refs.push(uuid),
            Err(_) => findings.fault("ObjectRef", "id", xds::Problem::Invalid),
        }
    }
    for object in list.objects {
        answer.add(object, &mut findings);
    }
    answer.faults = findings.faults;
    Ok(answer)
}

impl AdhocQueryResponse {
    /// An answer without objects.
    pub fn empty(response: RegistryResponse) -> AdhocQueryResponse {
        AdhocQueryResponse {
            response,
            entries: Vec::new(),
            submission_sets: Vec::new(),
            folders: Vec::new(),
            associations: Vec::new(),
            object_refs: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn add(&mut self, object: RimObject<'_>, findings: &mut Findings) {
        let status = attribute(&object.element, "status");
        let status = status.and_then(|status| AvailabilityStatus::from_urn(&status));
        match object.carrier {
            Carrier::ExtrinsicObject => {
                let entry = document_entry::read(object, findings);
                self.entries.extend(entry.map(|object| Stored { object, status }));
            }
            Carrier::RegistryPackage => match package_kind(&object, findings) {
                Some(PackageKind::SubmissionSet) => {
                    let set = submission_set::read(object, findings);
                    self.submission_sets.extend(set.map(|object| Stored { object, status }));
                }
                Some(PackageKind::Folder) => {
                    let folder = folder::read(object, findings);
                    self.folders.extend(folder.map(|object| Stored { object, status }));
                }
                None => {}
            },
            Carrier::Association => {
                let association = association::read(object, findings);
                self.associations.extend(association.map(|object| Stored { object, status }));
            }
        }
    }
}

/// What closes an answer that [`response_head`] opened.
pub const RESPONSE_TAIL: &str = "</rim:RegistryObjectList></query:AdhocQueryResponse>";

/// An answer up to its objects, with the prefixes that they need declared.
pub fn response_head(status: ResponseStatus, errors: &[RegistryError]) -> String {
    let mut writer = Writer::new();
    let attributes =
        [("xmlns:query", QUERY), ("xmlns:rim", RIM), ("xmlns:rs", RS), ("status", status.urn())];
    writer.start("query:AdhocQueryResponse", &attributes);
    write_errors(errors, &mut writer);
    // The list is written even when it stays empty: some clients fail without it.
    // The default namespace is ebRIM inside it, so that rendered objects need no prefix.
    writer.start("rim:RegistryObjectList", &[("xmlns", RIM)]);
    let mut head = writer.finish();
    head.truncate(head.len().saturating_sub(RESPONSE_TAIL.len()));
    head
}

/// An answer that failed: errors and no objects.
pub fn write_failure(errors: &[RegistryError]) -> String {
    response_head(ResponseStatus::Failure, errors) + RESPONSE_TAIL
}

/// A successful answer of references; `home` is written when the community has an id.
pub fn write_object_refs(ids: &[EntryUuid], home: Option<&HomeCommunityId>) -> String {
    let mut writer = Writer::new();
    let home = home.map(HomeCommunityId::as_urn);
    for id in ids {
        let id = id.to_string();
        let mut attributes = vec![("id", id.as_str())];
        attributes.extend(home.as_deref().map(|home| ("home", home)));
        writer.empty("rim:ObjectRef", &attributes);
    }
    response_head(ResponseStatus::Success, &[]) + &writer.finish() + RESPONSE_TAIL
}

/// A whole answer with its objects, as a registry that keeps nothing rendered sends it.
pub fn write_leaf_class(answer: &AdhocQueryResponse) -> String {
    let mut writer = Writer::new();
    for entry in &answer.entries {
        write_document_entry(&mut writer, entry);
    }
    for set in &answer.submission_sets {
        write_submission_set(&mut writer, set);
    }
    for folder in &answer.folders {
        write_folder(&mut writer, folder);
    }
    for association in &answer.associations {
        write_association(&mut writer, association);
    }
    let RegistryResponse { status, errors } = &answer.response;
    response_head(*status, errors) + &writer.finish() + RESPONSE_TAIL
}

/// Renders an entry for an answer; its sub-objects should all have their UUIDs.
pub fn write_document_entry(writer: &mut Writer, stored: &Stored<DocumentEntry>) {
    document_entry::write(&stored.object, stored.status, writer, &mut PartIds::default());
}

/// Renders a SubmissionSet for an answer; its sub-objects should all have their UUIDs.
pub fn write_submission_set(writer: &mut Writer, stored: &Stored<SubmissionSet>) {
    submission_set::write(&stored.object, stored.status, writer, &mut PartIds::default());
}

/// Renders a Folder for an answer; its sub-objects should all have their UUIDs.
pub fn write_folder(writer: &mut Writer, stored: &Stored<Folder>) {
    folder::write(&stored.object, stored.status, writer, &mut PartIds::default());
}

/// Renders an Association for an answer.
pub fn write_association(writer: &mut Writer, stored: &Stored<Association>) {
    association::write(&stored.object, stored.status, writer, &mut PartIds::default());
}

//! `renkei fetch UNIQUE-ID…`: ITI-43 Retrieve Document Set, as a Document Consumer.

mod destination;
mod verify;

use std::path::PathBuf;

use clap::Args;
use datatypes::{RepositoryUniqueId, UniqueId};
use ebxml::Stored;
use ebxml::retrieve_document_set::DocumentRequest;
use xds::query::ReturnType;
use xds::{AvailabilityStatus, DocumentEntry};

use crate::assertion::ActingOptions;
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output;
use crate::stored_query::{Conditions, Named, find_documents, get_documents};
use crate::transactions::registry_stored_query::registry_stored_query;
use crate::transactions::retrieve_document_set::{Retrieved, retrieve_document_set};
use crate::wire::{RegistryErrors, RunningCommunity, SoapEndpoint, WireError, block_on};

use destination::{Destination, DestinationError, Overwriting};
use verify::{Expected, Mismatch};

/// Fetch documents from a running community (ITI-43).
///
/// Asks the registry for the metadata of each document, the repository for its bytes, and
/// compares size and SHA-1: only a document that is the registered one becomes a file, readable
/// for its owner. One that fails does not hinder the others; the command then ends with 1.
#[derive(Debug, Args)]
#[command(
    after_help = "Without --output a file is named after the uniqueId and the MIME type, in \
the current folder.

Examples:
  renkei fetch 2.25.329800735698586629295641978511506172918
  renkei fetch 2.25.329800735698586629295641978511506172918 --output report.pdf --force
  renkei fetch 1.2.3.1 1.2.3.2 --output documents/
  renkei fetch --patient 4711@hospital-a --output documents/ --role pharmacist
  renkei find --patient JP0001 --json | jq -r '.documents[].uniqueId' | xargs renkei fetch"
)]
pub(crate) struct Fetch {
    /// uniqueIds of the documents.
    #[arg(value_name = "UNIQUE-ID", required_unless_present = "patient", value_parser = UniqueId::parse)]
    unique_ids: Vec<UniqueId>,
    /// All approved documents of a patient: an identifier of the affinity domain, ID^^^&OID&ISO, or a hospital's
    /// number as ID@DOMAIN.
    #[arg(long, value_name = "ID", conflicts_with = "unique_ids")]
    patient: Option<String>,
    /// The repository to ask, instead of the one that the registry names.
    #[arg(long, value_name = "OID", value_parser = RepositoryUniqueId::parse)]
    repository: Option<RepositoryUniqueId>,
    /// The file to write, or a folder; a name that ends in / is a folder, which is created.
    #[arg(long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,
    /// Replace files that exist.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    folder: DataFolder,
    #[command(flatten)]
    acting: ActingOptions,
}

/// Why a document did not become a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the registry refused the query")]
    QueryRefused(#[source] RegistryErrors),
    #[error("the registry knows no document with this uniqueId")]
    NotRegistered,
    #[error("the registry knows no document of this patient")]
    NoDocuments,
    #[error("its metadata cannot be read")]
    Unreadable,
    #[error("its metadata name no repository; name it with --repository")]
    NoRepository,
    #[error("the repository did not hand it out")]
    NotHandedOut(#[source] RegistryErrors),
    #[error("it is not the registered document; nothing was written")]
    Mismatch(#[from] Mismatch),
    #[error(transparent)]
    Destination(#[from] DestinationError),
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("{n_failed} of {n_documents} documents were not fetched")]
    NotAll { n_failed: usize, n_documents: usize },
    #[error("{}", output::plain(unique_id.as_str()))]
    Document {
        unique_id: UniqueId,
        #[source]
        source: Box<FetchError>,
    },
}

/// What all documents have in common.
struct Consumer {
    registry: SoapEndpoint,
    repository: SoapEndpoint,
    /// Stands for the one that the registry names.
    repository_unique_id: Option<RepositoryUniqueId>,
    destination: Destination,
}

impl Fetch {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open_for(&self.folder.data, &self.acting)?;
        let unique_ids = match &self.patient {
            Some(patient) => block_on(documents_of(&community, patient))?,
            None => self.unique_ids,
        };
        let overwriting = if self.force { Overwriting::Allowed } else { Overwriting::Refused };
        let destination = Destination::new(self.output.as_deref(), unique_ids.len(), overwriting)
            .map_err(FetchError::Destination)?;
        let consumer = Consumer {
            registry: community.registry()?,
            repository: community.repository()?,
            repository_unique_id: self.repository,
            destination,
        };
        block_on(async move { Ok(consumer.fetch_all(unique_ids).await?) })
    }
}

/// The uniqueIds of all approved documents of a patient.
async fn documents_of(
    community: &RunningCommunity,
    patient: &str,
) -> Result<Vec<UniqueId>, CommandError> {
    let conditions = Conditions {
        patient_id: community.regional_patient(patient).await?.id,
        statuses: vec![AvailabilityStatus::Approved],
        class_codes: Vec::new(),
        type_codes: Vec::new(),
        from: None,
        to: None,
        author_patterns: Vec::new(),
    };
    let request = find_documents(&conditions, ReturnType::LeafClass);
    let answer = registry_stored_query(&community.registry()?, &request).await?;
    // A list that is not all of it would be taken for all of it.
    if !answer.response.is_success() {
        return Err(FetchError::QueryRefused(RegistryErrors(answer.response.errors)).into());
    }
    if !answer.faults.is_empty() {
        return Err(FetchError::Unreadable.into());
    }
    let unique_id = |stored: Stored<DocumentEntry>| stored.object.unique_id.value;
    let unique_ids: Vec<UniqueId> = answer.entries.into_iter().map(unique_id).collect();
    if unique_ids.is_empty() { Err(FetchError::NoDocuments.into()) } else { Ok(unique_ids) }
}

impl Consumer {
    /// One failure is the command's; of several each is told when it happens.
    async fn fetch_all(&self, unique_ids: Vec<UniqueId>) -> Result<(), FetchError> {
        let n_documents = unique_ids.len();
        let mut n_failed = 0_usize;
        for unique_id in unique_ids {
            let Err(source) = self.fetch(&unique_id).await else { continue };
            let error = FetchError::Document { unique_id, source: Box::new(source) };
            if n_documents == 1 {
                return Err(error);
            }
            output::failure(&error);
            n_failed = n_failed.saturating_add(1);
        }
        if n_failed > 0 {
            return Err(FetchError::NotAll { n_failed, n_documents });
        }
        Ok(())
    }

    async fn fetch(&self, unique_id: &UniqueId) -> Result<(), FetchError> {
        let entry = self.metadata(unique_id).await?;
        let expected = Expected::of(&entry)?;
        let file = self.destination.file(unique_id, &entry.mime_type)?;
        let registered = entry.repository_unique_id.as_ref();
        let repository = self.repository_unique_id.as_ref().or(registered);
        let request = DocumentRequest {
            home: entry.home.as_ref().map(|home| home.as_urn()),
            repository_unique_id: repository.ok_or(FetchError::NoRepository)?.to_string(),
            document_unique_id: unique_id.as_str().to_owned(),
        };
        let spool = self.destination.folder();
        let content = match retrieve_document_set(&self.repository, &request, spool).await? {
            Retrieved::Document(content) => content,
            Retrieved::Refused(errors) => {
                return Err(FetchError::NotHandedOut(RegistryErrors(errors)));
            }
        };
        expected.compare(&content)?;
        self.destination.place(content, &file)?;
        output::line(format_args!(
            "{}: {} bytes, SHA-1 {}, as registered",
            output::plain(&file.to_string_lossy()),
            expected.size,
            expected.hash,
        ));
        Ok(())
    }

    /// Each document is asked for alone: one query over several patients would be refused
    /// (XDSResultNotSinglePatient).
    async fn metadata(&self, unique_id: &UniqueId) -> Result<DocumentEntry, FetchError> {
        let named = Named::Documents(vec![unique_id.clone()]);
        let request = get_documents(&named, ReturnType::LeafClass);
        let answer = registry_stored_query(&self.registry, &request).await?;
        if !answer.response.is_success() {
            return Err(FetchError::QueryRefused(RegistryErrors(answer.response.errors)));
        }
        let is_damaged = !answer.faults.is_empty();
        let of_document =
            answer.entries.into_iter().filter(|stored| stored.object.unique_id.value == *unique_id);
        match best(of_document) {
            Some(entry) => Ok(entry),
            None if is_damaged => Err(FetchError::Unreadable),
            None => Err(FetchError::NotRegistered),
        }
    }
}

/// Entries with one uniqueId describe the same bytes; an approved one may name a better place.
fn best(entries: impl Iterator<Item = Stored<DocumentEntry>>) -> Option<DocumentEntry> {
    let is_approved =
        |stored: &Stored<DocumentEntry>| stored.status == Some(AvailabilityStatus::Approved);
    let best = entries.reduce(
        |best, next| {
            if is_approved(&next) && !is_approved(&best) { next } else { best }
        },
    );
    best.map(|stored| stored.object)
}

#[cfg(test)]
mod tests;

//! `renkei find`: ITI-18 Registry Stored Query, as a Document Consumer.

mod json;
mod table;

use clap::{ArgGroup, Args, ValueEnum};
use datatypes::{Dtm, EntryUuid, InvalidUniqueId, UniqueId};
use ebxml::AdhocQueryResponse;
use xds::query::{AdhocQueryRequest, CodeFilter, ReturnType};
use xds::{AvailabilityStatus, ResponseStatus, Severity};

use crate::arguments::{parse_code_filter, parse_dtm, parse_entry_uuid};
use crate::assertion::ActingOptions;
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output;
use crate::stored_query::{Conditions, Named, find_documents, get_documents};
use crate::transactions::registry_stored_query::registry_stored_query;
use crate::wire::{self, RegistryErrors, RunningCommunity, block_on};

/// Find documents in a running community (ITI-18).
///
/// With --patient asks FindDocuments, with --uuid or --unique-id GetDocuments. Prints a table
/// of the documents by time; what is read by programs should be asked for with --json. An
/// answer that is not complete ends with 1, after what came is printed.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["patient", "uuid", "unique_id"]))]
#[command(after_help = "Examples:
  renkei find --patient JP0001
  renkei find --patient 4711@hospital-a
  renkei find --patient JP0001 --status all --type 18842-5^^2.16.840.1.113883.6.1
  renkei find --patient JP0001 --from 2025 --to 20260401 --author '%連携%'
  renkei find --uuid urn:uuid:2f2a3c1e-5f0c-4a1e-9d8e-0d6a0c1b2a3f
  renkei find --patient JP0001 --user sasaki --role nurse --purpose ETREAT
  renkei find --patient JP0001 --json | jq -r '.documents[].uniqueId'")]
pub(crate) struct Find {
    /// The patient: an identifier of the affinity domain, ID^^^&OID&ISO, or a hospital's number as ID@DOMAIN.
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// Documents by entryUUID.
    #[arg(long, value_name = "ENTRY-UUID", num_args = 1.., value_parser = parse_entry_uuid)]
    uuid: Vec<EntryUuid>,
    /// Documents by uniqueId.
    #[arg(long, value_name = "UNIQUE-ID", num_args = 1.., value_parser = parse_unique_id)]
    unique_id: Vec<UniqueId>,
    #[command(flatten)]
    conditions: ConditionOptions,
    /// Print entryUUIDs only, as many as there are.
    #[arg(long)]
    refs: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folder: DataFolder,
    #[command(flatten)]
    acting: ActingOptions,
}

/// Which documents of the patient; all that are given must hold.
#[derive(Debug, Args)]
struct ConditionOptions {
    /// approved, deprecated (superseded) or all.
    #[arg(long, value_name = "STATUS", default_value = "approved", hide_possible_values = true,
          conflicts_with_all = ["uuid", "unique_id"])]
    status: StatusChoice,
    /// Kind of document, coarse (classCode); several are alternatives.
    #[arg(long, value_name = "CODE^^SCHEME", value_parser = parse_code_filter, conflicts_with_all = ["uuid", "unique_id"])]
    class: Vec<CodeFilter>,
    /// Kind of document, precise (typeCode); several are alternatives.
    #[arg(long = "type", value_name = "CODE^^SCHEME", value_parser = parse_code_filter,
          conflicts_with_all = ["uuid", "unique_id"])]
    type_code: Vec<CodeFilter>,
    /// Written at this time or later, in UTC.
    #[arg(long, value_name = "DTM", value_parser = parse_dtm, conflicts_with_all = ["uuid", "unique_id"])]
    from: Option<Dtm>,
    /// Written before this time, in UTC.
    #[arg(long, value_name = "DTM", value_parser = parse_dtm, conflicts_with_all = ["uuid", "unique_id"])]
    to: Option<Dtm>,
    /// Author as registered, with % for any text and _ for one character; several are
    /// alternatives.
    #[arg(long, value_name = "PATTERN", conflicts_with_all = ["uuid", "unique_id"])]
    author: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatusChoice {
    Approved,
    Deprecated,
    All,
}

/// How the answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Table,
    References,
    Json,
}

/// Why an answer is no answer, or not all of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FindError {
    #[error("the registry refused the query")]
    Refused(#[source] RegistryErrors),
    #[error("the answer is not complete")]
    Partial(#[source] RegistryErrors),
    /// What is missing might be what matters.
    #[error("the answer is not complete: faults in its objects: {n_faults}, the first: {first}")]
    Unreadable { n_faults: usize, first: String },
}

impl Find {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open_for(&self.folder.data, &self.acting)?;
        let registry = community.registry()?;
        let format = self.format();
        let answer = block_on(async {
            let request = self.into_request(&community).await?;
            Ok(registry_stored_query(&registry, &request).await?)
        })?;
        if answer.response.status == ResponseStatus::Failure {
            return Err(FindError::Refused(RegistryErrors(answer.response.errors)).into());
        }
        print(&answer, format);
        completeness(answer)
    }

    fn format(&self) -> Format {
        match (self.json, self.refs) {
            (true, _) => Format::Json,
            (false, true) => Format::References,
            (false, false) => Format::Table,
        }
    }

    async fn into_request(
        self,
        community: &RunningCommunity,
    ) -> Result<AdhocQueryRequest, CommandError> {
        let return_type = if self.refs { ReturnType::ObjectRef } else { ReturnType::LeafClass };
        let Some(patient) = self.patient else {
            let named = match self.uuid.is_empty() {
                true => Named::Documents(self.unique_id),
                false => Named::Entries(self.uuid),
            };
            return Ok(get_documents(&named, return_type));
        };
        let options = self.conditions;
        let conditions = Conditions {
            patient_id: community.regional_patient(&patient).await?.id,
            statuses: match options.status {
                StatusChoice::Approved => vec![AvailabilityStatus::Approved],
                StatusChoice::Deprecated => vec![AvailabilityStatus::Deprecated],
                StatusChoice::All => {
                    vec![AvailabilityStatus::Approved, AvailabilityStatus::Deprecated]
                }
            },
            class_codes: options.class,
            type_codes: options.type_code,
            from: options.from,
            to: options.to,
            author_patterns: options.author,
        };
        Ok(find_documents(&conditions, return_type))
    }
}

fn print(answer: &AdhocQueryResponse, format: Format) {
    match format {
        Format::Json => return output::line(json::answer(answer)),
        Format::References => answer.object_refs.iter().for_each(output::line),
        Format::Table => table::lines(&answer.entries).into_iter().for_each(output::line),
    }
    for error in answer.response.errors.iter().filter(|error| error.severity == Severity::Warning) {
        output::warning(wire::error_line(error));
    }
}

/// Whoever reads a list of documents must know when it is not all of them.
fn completeness(answer: AdhocQueryResponse) -> Result<(), CommandError> {
    if !answer.response.is_success() {
        return Err(FindError::Partial(RegistryErrors(answer.response.errors)).into());
    }
    match answer.faults.first() {
        Some(first) => {
            let (n_faults, first) = (answer.faults.len(), first.to_string());
            Err(FindError::Unreadable { n_faults, first }.into())
        }
        None => Ok(()),
    }
}

fn parse_unique_id(text: &str) -> Result<UniqueId, InvalidUniqueId> {
    UniqueId::parse(text)
}

#[cfg(test)]
mod tests;

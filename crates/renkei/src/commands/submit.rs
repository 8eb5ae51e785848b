//! `renkei submit FILE…`: ITI-41 Provide and Register Document Set-b, as a Document Source.

mod codes;
mod report;

use std::path::{Path, PathBuf};

use clap::Args;
use config::agreement::Agreement;
use datatypes::{
    Dtm, EntryUuid, LanguageCode, MimeType, ObjectId, Oid, RepositoryUniqueId, UniqueId, Xcn, Xon,
};
use uuid::Uuid;
use xds::{ResponseStatus, Submission};

use crate::arguments::{parse_dtm, parse_entry_uuid};
use crate::assertion::ActingOptions;
use crate::cli::DataFolder;
use crate::clock;
use crate::error::CommandError;
use crate::output;
use crate::submission::document_file::{DocumentFile, DocumentFileError};
use crate::submission::{Common, NewDocument, media_type, submission};
use crate::transactions::provide_and_register_document_set::{
    ContentSource, DocumentToSend, provide_and_register_document_set,
};
use crate::wire::{
    self, RegionalPatient, RegistryErrors, RunningCommunity, SoapEndpoint, WireError, block_on,
};

use codes::CodeOptions;

/// Submit documents to a running community (ITI-41).
///
/// One SubmissionSet with one DocumentEntry per FILE. Size and SHA-1 go with it, so that the
/// repository refuses bytes that changed on the way. Prints entryUUID, uniqueId and repository
/// of each document. Attributes hold for all FILEs. A patient named as ID@DOMAIN is asked for at the manager (ITI-9):
/// the documents are of the patient of the affinity domain, and ID@DOMAIN is their sourcePatientId.
#[derive(Debug, Args)]
#[command(
    after_help = "A code is written CODE^^SCHEME; its display name comes from the community's \
code tables, or is given as CODE^DISPLAY^SCHEME. A code that is not given is the first one of the \
table for its attribute; without a table it is one for demonstrations:
  class            SUMMARIES^Summaries^1.3.6.1.4.1.19376.1.2.6.1
  type             34133-9^Summarization of episode note^2.16.840.1.113883.6.1
  format           urn:ihe:iti:xds:2017:mimeTypeSufficient^mimeType Sufficient^1.3.6.1.4.1.19376.1.2.3
  facility         HOSP^Hospital^2.16.840.1.113883.5.111
  practice         394802001^General medicine^2.16.840.1.113883.6.96
  confidentiality  N^normal^2.16.840.1.113883.5.25
  content-type     34133-9^Summarization of episode note^2.16.840.1.113883.6.1

Examples:
  renkei submit report.pdf --patient JP0001
  renkei submit report.pdf --patient 4711@hospital-a
  renkei submit summary.xml image.jpg --patient JP0001 --title '退院時サマリー' \\
      --type 18842-5^^2.16.840.1.113883.6.1 --author 'D0042^連携^花子' --institution '連携病院'
  renkei submit new.pdf --patient JP0001 --replace urn:uuid:2f2a3c1e-5f0c-4a1e-9d8e-0d6a0c1b2a3f
  renkei submit report.pdf --patient JP0001 --token token.xml
  renkei submit report.pdf --patient JP0001 --json | jq -r '.documents[].uniqueId'"
)]
pub(crate) struct Submit {
    /// The documents.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The patient: an identifier of the affinity domain, ID^^^&OID&ISO, or a hospital's number as ID@DOMAIN.
    #[arg(long, value_name = "ID")]
    patient: String,
    /// Title of the documents.
    #[arg(long, value_name = "TEXT", value_parser = parse_title)]
    title: Option<String>,
    #[command(flatten)]
    codes: CodeOptions,
    /// MIME type of the documents; without it the ending of each file name tells.
    #[arg(long, value_name = "TYPE", value_parser = MimeType::parse)]
    mime: Option<MimeType>,
    /// Who wrote them: ID^FAMILY^GIVEN, or ^FAMILY^GIVEN.
    #[arg(long, value_name = "XCN", value_parser = Xcn::parse)]
    author: Option<Xcn>,
    /// Where they were written: NAME, or NAME^^^^^^^^^OID.
    #[arg(long, value_name = "XON", value_parser = Xon::parse)]
    institution: Option<Xon>,
    /// Language of the documents.
    #[arg(long, value_name = "TAG", default_value = "ja-JP", value_parser = LanguageCode::parse)]
    language: LanguageCode,
    /// When they were written, in UTC; without it when each file was changed last.
    #[arg(long, value_name = "DTM", value_parser = parse_dtm)]
    creation_time: Option<Dtm>,
    /// The registered entry that gives way to the one FILE.
    #[arg(long, value_name = "ENTRY-UUID", value_parser = parse_entry_uuid)]
    replace: Option<EntryUuid>,
    /// uniqueId of the one FILE; without it a new OID.
    #[arg(long, value_name = "OID", value_parser = UniqueId::parse)]
    unique_id: Option<UniqueId>,
    /// Who submits (sourceId); without it the first one registered for a member, else the
    /// community itself.
    #[arg(long, value_name = "OID", value_parser = Oid::parse)]
    source_id: Option<Oid>,
    /// Send the bytes as base64 inside the envelope instead of parts of their own.
    #[arg(long)]
    inline: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folder: DataFolder,
    #[command(flatten)]
    acting: ActingOptions,
}

/// Why documents could not be submitted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SubmitError {
    #[error(transparent)]
    File(#[from] DocumentFileError),
    #[error("{}: the ending does not tell the MIME type; name it with --mime", path.display())]
    MimeTypeUnknown { path: PathBuf },
    #[error("{}: the file system does not say when it was changed; use --creation-time", path.display())]
    TimeUnknown { path: PathBuf },
    #[error("--replace and --unique-id are for one FILE")]
    OneFileOnly,
    #[error("nothing was registered; the repository refused the submission")]
    Refused(#[source] RegistryErrors),
    #[error(
        "the answer contradicts itself, it may all be registered; look before sending again: {0}"
    )]
    Contradiction(String, #[source] RegistryErrors),
    #[error("it may all be registered although no answer says so; look before sending again: {0}")]
    InDoubt(String, #[source] WireError),
}

/// What is sent, and what is said about it afterwards.
struct Prepared {
    submission: Submission,
    documents: Vec<DocumentToSend>,
    files: Vec<PathBuf>,
    repository: RepositoryUniqueId,
}

impl Submit {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open_for(&self.folder.data, &self.acting)?;
        let repository = community.repository()?;
        let (prints_json, data) = (self.json, self.folder.data.clone());
        let patient = block_on(community.regional_patient(&self.patient))?;
        let mut prepared = self.prepare(&community, patient)?;
        let documents = std::mem::take(&mut prepared.documents);
        let how_to_look = how_to_look(&data, &prepared.submission);
        let warnings = block_on(send(&repository, &prepared.submission, documents, how_to_look))?;
        if prints_json {
            output::line(report::json(&prepared, &warnings));
        } else {
            report::lines(&prepared).into_iter().for_each(output::line);
            warnings.0.iter().for_each(|warning| output::warning(wire::error_line(warning)));
        }
        Ok(())
    }

    /// Reads everything that can be wrong before anything is sent.
    fn prepare(
        self,
        community: &RunningCommunity,
        patient: RegionalPatient,
    ) -> Result<Prepared, CommandError> {
        let is_for_one = self.replace.is_some() || self.unique_id.is_some();
        if is_for_one && self.files.len() > 1 {
            return Err(SubmitError::OneFileOnly.into());
        }
        let agreement = community.agreement()?;
        let source_id = match self.source_id.clone().or_else(|| first_source_id(agreement.as_ref()))
        {
            Some(source_id) => source_id,
            None => community.home_community_id()?,
        };
        let files = self.measure_files()?;
        let new_documents: Vec<NewDocument> =
            files.iter().map(|file| self.document(file)).collect::<Result<_, SubmitError>>()?;
        let common = Common {
            source_patient_id: patient.local.unwrap_or_else(|| patient.id.clone()),
            patient_id: patient.id,
            source_id,
            submission_time: clock::now()?,
            title: self.title,
            language: self.language,
            author: self.author,
            institution: self.institution,
            codes: self.codes.resolve(agreement.as_ref().map(|agreement| &agreement.codes)),
        };
        let sources = files.into_iter().zip(&new_documents).map(|(file, document)| {
            let content = match self.inline {
                true => ContentSource::Inline(file.into_bytes()?),
                false => ContentSource::Part { file: file.file, size: file.size },
            };
            let entry = ObjectId::Uuid(document.entry_uuid);
            Ok(DocumentToSend { entry, mime_type: document.mime_type.clone(), content })
        });
        let documents =
            sources.collect::<Result<_, DocumentFileError>>().map_err(SubmitError::File)?;
        Ok(Prepared {
            submission: submission(&common, &new_documents),
            documents,
            files: self.files,
            repository: community.repository_unique_id()?,
        })
    }

    fn measure_files(&self) -> Result<Vec<DocumentFile>, SubmitError> {
        Ok(self.files.iter().map(|path| DocumentFile::open(path)).collect::<Result<_, _>>()?)
    }

    fn document(&self, file: &DocumentFile) -> Result<NewDocument, SubmitError> {
        let path = || file.path.clone();
        let mime_type = self.mime.clone().or_else(|| media_type::by_ending(&file.path));
        let creation_time = self.creation_time.clone().or_else(|| file.modified.clone());
        Ok(NewDocument {
            entry_uuid: EntryUuid::generate(),
            unique_id: self.unique_id.clone().unwrap_or_else(new_unique_id),
            mime_type: mime_type.ok_or_else(|| SubmitError::MimeTypeUnknown { path: path() })?,
            creation_time: creation_time
                .ok_or_else(|| SubmitError::TimeUnknown { path: path() })?,
            size: file.size,
            hash: file.hash,
            replaces: self.replace,
        })
    }
}

/// Returns the warnings of a success. `how_to_look` is for the person who is left in doubt.
async fn send(
    repository: &SoapEndpoint,
    submission: &Submission,
    documents: Vec<DocumentToSend>,
    how_to_look: String,
) -> Result<RegistryErrors, CommandError> {
    let seed = Uuid::new_v4().to_string();
    let answered =
        provide_and_register_document_set(repository, submission, documents, &seed).await;
    let response = match answered {
        Ok(response) => response,
        Err(error) if error.may_be_carried_out() => {
            return Err(SubmitError::InDoubt(how_to_look, error).into());
        }
        Err(error) => return Err(error.into()),
    };
    let is_success = response.is_success();
    let errors = RegistryErrors(response.errors);
    match response.status {
        _ if is_success => Ok(errors),
        ResponseStatus::Failure => Err(SubmitError::Refused(errors).into()),
        // ITI TF-3: 4.2.4.2 knows no partial success of a submission.
        ResponseStatus::Success | ResponseStatus::PartialSuccess => {
            Err(SubmitError::Contradiction(how_to_look, errors).into())
        }
    }
}

/// The command that tells whether the submission arrived.
fn how_to_look(data: &Path, submission: &Submission) -> String {
    let uuids = submission.entries.iter().map(|entry| format!(" {}", entry.id));
    format!("renkei find --data {} --uuid{}", data.display(), uuids.collect::<String>())
}

fn first_source_id(agreement: Option<&Agreement>) -> Option<Oid> {
    agreement?.members.iter().find_map(|member| member.source_ids.first().cloned())
}

#[expect(clippy::expect_used, reason = "an OID has at most 64 characters, all legal")]
fn new_unique_id() -> UniqueId {
    UniqueId::parse(Oid::generate().as_str()).expect("every OID is a unique id")
}

fn parse_title(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.contains(char::is_control) {
        return Err("a title is one line of text".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;

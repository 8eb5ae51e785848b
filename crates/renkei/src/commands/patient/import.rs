//! `renkei patient import FILE`: many patients of a hospital at once, by ITI-8.

use std::path::PathBuf;

use clap::Args;

use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output;
use crate::patient_import::{
    FileCharset, ImportError, PatientFile, Progress, ReadOptions, Summary, deliver,
};
use crate::wire::{RunningCommunity, block_on};

/// Feed a file of patients to the manager of a running community (ITI-8, ITI-30).
///
/// FILE holds ADT messages, each beginning with MSH, framed as in MLLP or plain, with any line ends; or CSV with the
/// columns domain,id,family,given,family_kana,given_kana,birth_date,sex,postal_code,address,phone in any order, of
/// which id is needed. Messages are sent as they are, in their own sender's name, unless --domain says another; of a
/// list each record is a registration (A04). Messages about one patient keep their order.
///
/// An import that is stopped goes on from FILE.position when the same command is given again; what was sent already
/// may be sent once more, which changes nothing. What the manager refuses is listed in FILE.refused by line and
/// reason, and the command ends with 1.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei patient import patients.csv
  renkei patient import patients.csv --domain hospital-a --charset shift_jis
  renkei patient import feed.hl7
  renkei patient import feed.hl7 --domain hospital-a --restart")]
pub(crate) struct PatientImport {
    /// ADT messages, or CSV.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Name of the domain: of records of CSV that name none, of messages the one in whose name they are sent.
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
    /// In which character set FILE is; without it CSV is utf-8, and messages say it themselves (MSH-18).
    #[arg(long, value_name = "SET")]
    charset: Option<FileCharset>,
    /// Begin at the beginning, whatever was sent before.
    #[arg(long)]
    restart: bool,
    /// Connections at a time.
    #[arg(long, value_name = "N", default_value = "8",
          value_parser = clap::value_parser!(u8).range(1..=64))]
    connections: u8,
    #[command(flatten)]
    folder: DataFolder,
}

impl PatientImport {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.folder.data)?;
        let manager = community.manager()?;
        let mut progress = Progress::open(&self.file, self.restart)?;
        let begin = progress.position();
        let (domain, charset) = (self.domain, self.charset);
        let options = ReadOptions { community: &community, domain, charset };
        let file = PatientFile::open(&self.file, begin, options)?;
        let lanes = (&manager, usize::from(self.connections));
        let Summary { refused } = block_on(deliver((&self.file, file), lanes, &mut progress))?;
        for (line, why) in &refused {
            output::line(format_args!("line {line}: {why}"));
        }
        let (n_accepted, n_refused) = (progress.n_accepted(), progress.n_refused());
        output::line(format_args!("{n_accepted} accepted, {n_refused} refused"));
        if n_refused == 0 {
            return Ok(());
        }
        output::line(format_args!("all refusals: {}", progress.refused_path().display()));
        Err(ImportError::Refused { n_refused }.into())
    }
}

//! Feeding many patients to the manager at once: a file of ADT messages or of CSV, over a few MLLP connections.
//!
//! `adt_file` and `csv_file` make messages of the file, `delivery` sends them, `lane` is one connection, `progress`
//! is how far everything went: the position file, from which an import goes on, and the list of what was refused.
//! Messages about one patient keep their order, since they take the same connection; one about two patients waits
//! for everything before it, and everything behind it waits for its answer.

mod adt_file;
mod csv_file;
mod delivery;
mod lane;
mod progress;

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use hl7v2::Charset;

use crate::error::CommandError;
use crate::wire::RunningCommunity;

pub(crate) use delivery::{Summary, deliver};
pub(crate) use progress::Progress;

use adt_file::AdtFile;
use csv_file::CsvFile;

/// Why nothing could be imported, or not all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error("{} could not be read", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} could not be written", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the head of the CSV file has no column id; known columns: {known}")]
    NoIdColumn { known: String },
    #[error(
        "the head of the CSV file has a column that is not known, number {number}; known: {known}"
    )]
    UnknownColumn { number: usize, known: String },
    #[error("the head of the CSV file names a column twice, number {number}")]
    ColumnTwice { number: usize },
    #[error("a CSV file is in utf-8 or shift_jis")]
    CsvCharset,
    #[error(
        "{} belongs to another file or to an earlier state of it; begin again with --restart",
        path.display()
    )]
    OtherFile { path: PathBuf },
    #[error("stopped; the same command goes on from there")]
    Stopped,
    #[error("the manager cannot take it now; the same command goes on from there")]
    NotNow,
    #[error("the connection to the manager is lost; the same command goes on from there")]
    Lost(#[source] crate::wire::WireError),
    #[error("{n_refused} refused")]
    Refused { n_refused: u64 },
}

/// Sets in which a file may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileCharset {
    #[value(name = "utf-8", alias = "utf8")]
    Utf8,
    #[value(name = "shift_jis", aliases = ["shift-jis", "sjis", "cp932"])]
    ShiftJis,
    #[value(name = "euc-jp")]
    EucJp,
    #[value(name = "iso-2022-jp")]
    Iso2022Jp,
}

impl FileCharset {
    fn charset(self) -> Charset {
        match self {
            FileCharset::Utf8 => Charset::Utf8,
            FileCharset::ShiftJis => Charset::ShiftJis,
            FileCharset::EucJp => Charset::EucJp,
            FileCharset::Iso2022Jp => Charset::Iso2022Jp,
        }
    }
}

/// How a file is read.
pub(crate) struct ReadOptions<'a> {
    pub(crate) community: &'a RunningCommunity,
    pub(crate) domain: Option<String>,
    pub(crate) charset: Option<FileCharset>,
}

/// A place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) offset: u64,
    /// Lines before it.
    pub(crate) n_lines: u64,
}

/// What stands in the file next.
pub(crate) struct Item {
    /// The line in which it begins, from 1.
    line: u64,
    /// Behind it.
    end: Position,
    /// A message, or why there is none.
    content: Result<Outgoing, String>,
}

/// A message on its way.
#[derive(Clone)]
pub(crate) struct Outgoing {
    about: About,
    bytes: Vec<u8>,
    /// MSH-10, unescaped; none if it is no text that an answer can be compared with.
    control_id: Option<String>,
}

/// Whom a message is about, as far as its place in the order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// Digest of the identifier.
    OnePatient(u64),
    /// A merge, a link.
    Several,
}

/// A file of either kind.
pub(crate) enum PatientFile<'a> {
    Adt(AdtFile),
    Csv(Box<CsvFile<'a>>),
}

impl<'a> PatientFile<'a> {
    /// Tells by the first bytes what kind of file it is, and begins at a place in it.
    ///
    /// # Errors
    /// [`ImportError`], and what is wrong with `--domain`.
    pub(crate) fn open(
        path: &Path,
        begin: Position,
        options: ReadOptions<'a>,
    ) -> Result<PatientFile<'a>, CommandError> {
        let unreadable = |source| ImportError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        let mut reader = BufReader::with_capacity(READ_BYTES, file);
        let start = reader.fill_buf().map_err(unreadable)?;
        if adt_file::is_adt(start) {
            // A domain that nobody knows is a slip, also where only its name is used.
            options.domain.as_deref().map(|name| options.community.domain(name)).transpose()?;
            let file = AdtFile::new(reader, begin, (options.domain, options.charset));
            return Ok(PatientFile::Adt(file.map_err(unreadable)?));
        }
        Ok(PatientFile::Csv(Box::new(CsvFile::new((path, reader), begin, options)?)))
    }

    /// # Errors
    /// The file cannot be read.
    fn next(&mut self) -> io::Result<Option<Item>> {
        match self {
            PatientFile::Adt(file) => file.next(),
            PatientFile::Csv(file) => file.next(),
        }
    }
}

/// Bytes of the file that are read at once.
const READ_BYTES: usize = 256 * 1024;

/// Not for secrets: patients are spread over connections by it.
fn digest(parts: &[&[u8]]) -> u64 {
    use std::hash::{Hash as _, Hasher as _};
    let mut hasher = std::hash::DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

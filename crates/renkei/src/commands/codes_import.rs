//! `renkei codes import FILE`: code tables from the XDS Toolkit's `codes.xml`.

use std::path::PathBuf;

use clap::Args;
use config::agreement::{self, Agreement};
use config::codes::{ImportMode, ListChange};
use config::codes_xml::{self, CodesXml};

use crate::admin;
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output;

/// Add the codes of an XDS Toolkit codes.xml to the code tables.
///
/// Codes that are in already stay as they are, so that importing twice changes nothing.
/// Assigning authorities in FILE are ignored: they belong to the agreement. A community
/// that runs takes the new tables when it is started the next time.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei codes import codes.xml
  renkei codes import codes.xml --replace --data /srv/north")]
pub(crate) struct CodesImport {
    /// The codes.xml file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Let each list in FILE take the place of the present one; other lists stay.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    folder: DataFolder,
}

impl CodesImport {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let data = self.folder.data;
        let imported = codes_xml::read(&self.file)?;
        let mut agreement = match Agreement::read(&data.join(agreement::FILE_NAME)) {
            Ok(agreement) => agreement,
            Err(faults) => return Err(CommandError::Faults { data, faults }),
        };
        let before = agreement.codes.clone();
        let mode = if self.replace { ImportMode::Replace } else { ImportMode::Add };
        let changes = agreement.codes.import(&imported.tables, mode);
        let is_changed = agreement.codes != before;
        if is_changed {
            agreement.codes.write(&agreement.codes_file)?;
        }
        report(&changes, &imported);
        if is_changed {
            output::line(format_args!(
                "the agreement has changed: raise `version` in {}",
                data.join(agreement::FILE_NAME).display()
            ));
            admin::reload_if_running(&data)?;
        } else {
            output::line("nothing has changed");
        }
        Ok(())
    }
}

fn report(changes: &[ListChange], imported: &CodesXml) {
    for change in changes {
        let ListChange { attribute, n_added, n_removed, n_now, .. } = change;
        output::line(format_args!(
            "{attribute}: {n_added} added, {n_removed} removed, {n_now} now"
        ));
        let n_differing = change.n_display_names_differing;
        if n_differing > 0 {
            output::line(format_args!("{attribute}: {n_differing} with another display name"));
        }
    }
    note(imported.duplicates.len(), "repetitions of a code, the first one counts");
    note(imported.n_assigning_authorities_ignored, "assigning authorities ignored");
    note(imported.n_other_elements_ignored, "unknown elements ignored");
    for name in &imported.unknown_types {
        output::line(format_args!("unknown CodeType ignored: {name}"));
    }
}

/// Only what occurred.
fn note(count: usize, what: &str) {
    if count > 0 {
        output::line(format_args!("{count} {what}"));
    }
}

//! `renkei patient show ID`: who is one person, and why.

use clap::Args;
use pix_manager::admin::{NetworkIdState, PERSON_PATH, Patient, PersonShown};

use super::OperatorOption;
use crate::admin::order;
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output::{self, plain};
use crate::table::aligned;
use crate::wire::RunningCommunity;

/// Why the trail says that somebody looked.
const LOOKED: &str = "looked at on the command line";

/// Show which identifiers are one person, and why.
///
/// Identifiers in use, those that were merged into them, and what was decided about them by whom; whoever is
/// linked without a decision is so by the rules of the agreement. Identifiers of sensitive domains are shown too.
/// The look stands in the audit trail.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei patient show 4711@hospital-a
  renkei patient show R0000000018 --json")]
pub(crate) struct PatientShow {
    /// A patient: ID@DOMAIN, an identifier of the affinity domain, or ID^^^&OID&ISO.
    #[arg(value_name = "ID")]
    id: String,
    /// Why, for the audit trail.
    #[arg(long, value_name = "TEXT", default_value = LOOKED)]
    reason: String,
    #[command(flatten)]
    operator: OperatorOption,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folder: DataFolder,
}

impl PatientShow {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.folder.data)?;
        let about = Patient { id: community.named_patient_id(&self.id)?.to_cx() };
        let orderer = self.operator.because(self.reason)?;
        let person: PersonShown = order(&self.folder.data, PERSON_PATH, &orderer, &about)?;
        if self.json {
            // What came as JSON can be written as JSON.
            output::line(format_args!("{:#}", serde_json::json!(person)));
        } else {
            lines(&person).into_iter().for_each(output::line);
        }
        Ok(())
    }
}

fn lines(person: &PersonShown) -> Vec<String> {
    let state = match person.network_id_state {
        NetworkIdState::NotGiven => "not given by the manager",
        NetworkIdState::NotAnnounced => "the registry has not acknowledged it",
        NetworkIdState::Announced => "known to the registry",
    };
    let network_id = person.network_id.as_deref().unwrap_or("none");
    let mut rows = vec![row(&["affinity domain", network_id, state])];
    for known in &person.identifiers {
        rows.push(row(&["identifier", &known.id, known.domain.as_deref().unwrap_or("-")]));
    }
    for known in &person.subsumed {
        let said = format!("merged into {}, {}, {}", known.into, known.at, known.cause);
        rows.push(row(&["used no more", &known.id, &said]));
    }
    for known in &person.decisions {
        let said = format!("{}, {}, {}", known.other, known.at, known.cause);
        rows.push(row(&[&format!("decided: {}", known.verdict), &known.one, &said]));
    }
    aligned(&rows)
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| plain(cell).into_owned()).collect()
}

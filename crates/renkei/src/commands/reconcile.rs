//! `renkei reconcile`: what becomes of documents in doubt, and of bytes that no document names.

use clap::Args;
use repository::admin::{RECONCILE_PATH, ReconcileOrder};
use repository::maintenance::job::{FindingKind, Status};

use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::maintenance::{MaintenanceError, Place, RunningRepository, conclude, list, load};
use crate::output;

/// The longest way of a submission from the repository into the registry, with much to spare.
const SAFE_GRACE_MINUTES: u32 = 15;

/// Settle what nobody knows the state of: documents in doubt, and bytes that no document names.
///
/// Asks the registry for each document in doubt. What it has is registered; what it does not have, and is
/// older than the grace period, is removed, with bytes that no document names. While the registry does not
/// answer, nothing is removed. The community must run. Ends with 0 only if nothing stays in doubt.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei reconcile --dry-run
  renkei reconcile
  renkei reconcile --data /srv/north --grace 240")]
pub(crate) struct Reconcile {
    #[command(flatten)]
    folder: DataFolder,
    /// Say what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Remove nothing that is younger: a submission may still be on its way to the registry.
    #[arg(long, value_name = "MINUTES", default_value = "60",
          value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    grace: u32,
    /// Remove no bytes without a document if there are more of them: then the database is not the one that
    /// belongs to these documents, or an older copy.
    #[arg(long, value_name = "N", default_value = "100")]
    max_orphans: u64,
}

impl Reconcile {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        if self.grace < SAFE_GRACE_MINUTES && !self.dry_run {
            output::warning(format_args!(
                "submissions younger than {SAFE_GRACE_MINUTES} minutes may still be on their way to the registry"
            ));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(CommandError::Runtime)?;
        let status = runtime.block_on(self.reconcile())?;
        self.report(&status)
    }

    async fn reconcile(&self) -> Result<Status, CommandError> {
        let community = load(&self.folder.data)?;
        let order = ReconcileOrder {
            grace_seconds: u64::from(self.grace).saturating_mul(60),
            is_dry_run: self.dry_run,
            max_orphans: self.max_orphans,
        };
        let repository = RunningRepository::find(&self.folder.data, &community).await?;
        let repository = repository.ok_or(MaintenanceError::NotRunning)?;
        repository.order(RECONCILE_PATH, &order).await?;
        Place::Running(repository).watch().await
    }

    fn report(&self, status: &Status) -> Result<(), CommandError> {
        list(status, |kind| match kind {
            FindingKind::Registered => "registered",
            FindingKind::Removed if self.dry_run => "would be removed",
            FindingKind::OrphanRemoved if self.dry_run => "orphan would be removed",
            FindingKind::Removed => "removed",
            FindingKind::OrphanRemoved => "orphan removed",
            FindingKind::Young => "in doubt, within the grace period",
            FindingKind::Unclear => "in doubt, the registry's answer is unclear",
            FindingKind::Unanswered => "in doubt, the registry does not answer",
            // Findings of a verification.
            FindingKind::Damaged
            | FindingKind::Missing
            | FindingKind::Unreadable
            | FindingKind::Orphan
            | FindingKind::Foreign => "other",
        });
        let counts = &status.counts;
        let not_done = if self.dry_run { " (nothing was changed)" } else { "" };
        output::line(format_args!(
            "{} registered, {} removed, {} stay in doubt; {} orphans removed{not_done}",
            counts.n_registered, counts.n_removed, counts.n_in_doubt, counts.n_orphans_removed,
        ));
        conclude(status, String::new)
    }
}

//! `renkei verify store`: is every document there, byte for byte?

use std::num::NonZeroU64;
use std::sync::Arc;

use clap::Args;
use config::Community;
use config::actor::{Actor, DatabaseUrl};
use repository::admin::{VERIFY_PATH, VerifyOrder, parse_address};
use repository::maintenance::job::{FindingKind, Job, Status, Task};
use repository::maintenance::verify::{VerifiedStore, verify};

use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::maintenance::{MaintenanceError, Place, RunningRepository, conclude, list, load};
use crate::output;

const MIB: u64 = 1024 * 1024;

/// Verify all stored documents: readable, and of the size, SHA-1 and SHA-256 that were stored.
///
/// Also lists bytes that no document names, and files that do not belong there. Works while the community
/// runs, whose process then does the work, and while it does not. Each finding is one line: what it is, the
/// SHA-256 by which the file is named, the document's uniqueId. Ends with 0 only if all is well.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei verify store
  renkei verify store --data /srv/north --rate 200
  renkei verify store --from 3fa9c07d")]
pub(crate) struct VerifyStore {
    #[command(flatten)]
    folder: DataFolder,
    /// MiB that are read in a second, at most.
    #[arg(long, value_name = "MIB", default_value = "50",
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rate: u64,
    /// Begin at this address, or what it begins with: where a verification was stopped.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    from: Option<String>,
    /// Report bytes that no document names when they are older than this; younger ones may belong to a
    /// submission that is just coming in.
    #[arg(long, value_name = "MINUTES", default_value = "60",
          value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    grace: u32,
    /// PostgreSQL database that the community is started with, if the configuration does not name it; only
    /// used when it does not run.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

impl VerifyStore {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = load(&self.folder.data)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(CommandError::Runtime)?;
        let status = runtime.block_on(self.verify(community))?;
        report(&status)
    }

    async fn verify(&self, community: Community) -> Result<Status, CommandError> {
        let order = VerifyOrder {
            bytes_per_second: NonZeroU64::new(self.rate.saturating_mul(MIB))
                .unwrap_or(NonZeroU64::MIN),
            from: self.from.clone().unwrap_or_default(),
            grace_seconds: u64::from(self.grace).saturating_mul(60),
        };
        match RunningRepository::find(&self.folder.data, &community).await? {
            Some(repository) => {
                repository.order(VERIFY_PATH, &order).await?;
                Place::Running(repository).watch().await
            }
            None => self.verify_here(community, &order).await,
        }
    }

    async fn verify_here(
        &self,
        community: Community,
        order: &VerifyOrder,
    ) -> Result<Status, CommandError> {
        let data = &self.folder.data;
        let absent = || CommandError::ActorAbsent { data: data.clone(), actor: Actor::Repository };
        let mut config = community.repository.ok_or_else(absent)?;
        if let Some(url) = &self.database {
            let url = Some(url).filter(|url| url.starts_with("postgres"));
            let url = url.and_then(|url| DatabaseUrl::parse(url, data));
            config.database.url = url.ok_or(CommandError::DatabaseUrl)?;
        }
        let store = VerifiedStore::open(&config, &community.agreement);
        let store = store.map_err(MaintenanceError::Open)?;
        let options = order.options().ok_or(MaintenanceError::Address)?;
        let job = Arc::new(Job::new(Task::VerifyStore));
        let done = {
            let job = Arc::clone(&job);
            async move {
                let ended = verify(store, options, &job).await;
                job.end(ended);
            }
        };
        let place = Place::Here(job);
        let (status, ()) = tokio::join!(place.watch(), done);
        status
    }
}

fn address(text: &str) -> Result<String, String> {
    match parse_address(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("an address is written in hexadecimal digits, 64 at most".to_owned()),
    }
}

fn report(status: &Status) -> Result<(), CommandError> {
    list(status, |kind| match kind {
        FindingKind::Damaged => "damaged",
        FindingKind::Missing => "missing",
        FindingKind::Unreadable => "unreadable",
        FindingKind::Orphan => "orphan",
        FindingKind::Foreign => "foreign",
        // Findings of a reconciliation.
        FindingKind::Registered
        | FindingKind::Removed
        | FindingKind::OrphanRemoved
        | FindingKind::Young
        | FindingKind::Unclear
        | FindingKind::Unanswered => "other",
    });
    let counts = &status.counts;
    output::line(format_args!(
        "{} documents checked, {} bytes read: {} damaged, {} missing, {} unreadable; \
         {} orphans, {} foreign files",
        counts.n_checked,
        counts.n_bytes,
        counts.n_damaged,
        counts.n_missing,
        counts.n_unreadable,
        counts.n_orphans,
        counts.n_foreign,
    ));
    conclude(status, || match status.address.as_str() {
        "" => String::new(),
        address => format!("; go on with: renkei verify store --from {address}"),
    })
}

//! A repository without the community around it: its registry is wherever the test says.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use config::actor::{RepositoryConfig, Transport};
use config::agreement::Agreement;
use config::init::NewCommunity;
use policy::Access;
use prometheus_client::registry::Registry as MetricsRegistry;
use repository::RepositoryServer;
use repository::maintenance::Maintenance;
use tokio::runtime::Runtime;

use crate::harness::database::Database;
use crate::harness::http::Connection;
use crate::harness::reply::Reply;
use crate::harness::submission::Submission;
use crate::harness::transactions::{retrieve, submit};

const DEADLINE: Duration = Duration::from_secs(60);

/// How long the repository waits for its registry.
const RESPONSE: Duration = Duration::from_millis(700);

/// A repository in this process; stopped when the test ends.
pub(crate) struct RepositoryAlone {
    server: Option<RepositoryServer>,
    runtime: Runtime,
    config: RepositoryConfig,
    agreement: Arc<Agreement>,
    database: Database,
    folder: tempfile::TempDir,
}

impl RepositoryAlone {
    pub(crate) fn start(database: Database, registry_url: &str) -> RepositoryAlone {
        RepositoryAlone::start_with(database, registry_url, |_, _| {})
    }

    /// `change` gets the configuration and the data folder.
    pub(crate) fn start_with(
        database: Database,
        registry_url: &str,
        change: impl FnOnce(&mut RepositoryConfig, &Path),
    ) -> RepositoryAlone {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        config::init::init(&data, &NewCommunity::generate()).unwrap();
        let community = config::Community::load(&data).unwrap();
        let mut config = community.repository.unwrap();
        config.process.transport = Transport::Plain;
        config.listen = ([127, 0, 0, 1], 0).into();
        config.registry_url = registry_url.to_owned();
        config.registry.response = RESPONSE;
        config.registry.body_idle = RESPONSE;
        change(&mut config, &data);
        if let Some(url) = database.url() {
            config.database.url = config::actor::DatabaseUrl::parse(&url, &data).unwrap();
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let agreement = Arc::new(community.agreement);
        let mut repository =
            RepositoryAlone { server: None, runtime, config, agreement, database, folder };
        repository.restart(registry_url);
        repository
    }

    /// Stops it gracefully and starts it again on the same data, with its registry elsewhere.
    pub(crate) fn restart(&mut self, registry_url: &str) {
        self.stop();
        self.config.registry_url = registry_url.to_owned();
        let end = Instant::now() + DEADLINE;
        while self.server.is_none() {
            let metrics = net::Metrics::new(&mut MetricsRegistry::default());
            let agreement = Arc::clone(&self.agreement);
            let start = RepositoryServer::start(&self.config, agreement, Access::Open, &metrics);
            match self.runtime.block_on(start) {
                Ok(server) => self.server = Some(server),
                // A thread of the server before may still hold the database for a moment.
                Err(error) => assert!(Instant::now() < end, "{error:?}"),
            }
        }
    }

    fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop());
        }
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.server.as_ref().unwrap().address(), None)
    }

    /// What an operator would do by the admin listener.
    pub(crate) fn maintenance(&self) -> Arc<Maintenance> {
        self.server.as_ref().unwrap().maintenance()
    }

    pub(crate) fn submit(&self, submission: &Submission) -> Reply {
        submit(&mut self.connect(), submission).unwrap()
    }

    /// The bytes of a submission's documents, as far as they are handed out.
    pub(crate) fn documents_of(&self, submission: &Submission) -> Vec<Vec<u8>> {
        let ids: Vec<_> = submission.documents.iter().map(|d| d.unique_id.clone()).collect();
        let repository_id = self.agreement.repository_unique_id.as_str();
        let reply = retrieve(&mut self.connect(), repository_id, &ids).unwrap();
        reply.documents().into_iter().map(|(_, bytes)| bytes).collect()
    }

    /// How many files the store of documents holds.
    pub(crate) fn n_stored(&self) -> usize {
        let mut folders: Vec<PathBuf> = vec![self.config.documents.clone()];
        let mut n_files = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { n_files += 1 }
            }
        }
        n_files
    }

    pub(crate) fn where_it_runs(&self) -> (&'static str, &Path) {
        (self.database.name(), self.folder.path())
    }
}

impl Drop for RepositoryAlone {
    fn drop(&mut self) {
        self.stop();
    }
}

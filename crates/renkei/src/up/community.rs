//! What one community is started with: its data folder, and what the command line overrides.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atna::Destination;
use config::actor::{
    Actor, AuditRepositoryConfig, DatabaseUrl, PixManagerConfig, ProcessConfig, RegistryConfig,
    RepositoryConfig, Transport,
};
use config::agreement::Agreement;
use config::init::{NewCommunity, init};
use net::process::LogFormat;

use super::ports::Listener;
use policy::Access;

use crate::error::CommandError;
use crate::output;

/// What the command line says against the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) access: Access,
    pub(crate) port_base: Option<u16>,
    pub(crate) transport: Option<Transport>,
    pub(crate) database: Option<String>,
    /// Where audit records go instead; none leaves it to the configuration.
    pub(crate) audit_to: Vec<Destination>,
    pub(crate) audit_ca: Option<PathBuf>,
}

/// A community, completely read and checked, before a port is opened.
#[derive(Clone, Debug)]
pub(crate) struct Community {
    pub(super) data: PathBuf,
    pub(super) agreement: Arc<Agreement>,
    pub(super) registry: RegistryConfig,
    pub(super) repository: RepositoryConfig,
    /// A community may keep its audit trail elsewhere.
    pub(super) audit_repository: Option<AuditRepositoryConfig>,
    /// A community whose patients are known by another manager, or by a feed alone, has none.
    pub(super) pix_manager: Option<PixManagerConfig>,
}

impl Community {
    /// Reads the folder; initialises it first if it is empty or missing.
    pub(crate) fn load(data: &Path, overrides: &Overrides) -> Result<Community, CommandError> {
        if is_empty(data) {
            init(data, &NewCommunity::generate())?;
            output::line(format_args!("{}: initialised with defaults", data.display()));
        }
        let loaded = config::Community::load(data)
            .map_err(|faults| CommandError::Faults { data: data.to_owned(), faults })?;
        let absent = |actor: Actor| CommandError::ActorAbsent { data: data.to_owned(), actor };
        let mut community = Community {
            data: data.to_owned(),
            agreement: Arc::new(loaded.agreement),
            registry: loaded.registry.ok_or_else(|| absent(Actor::Registry))?,
            repository: loaded.repository.ok_or_else(|| absent(Actor::Repository))?,
            audit_repository: loaded.audit_repository,
            pix_manager: loaded.pix_manager,
        };
        community.apply(overrides)?;
        if overrides.access == Access::Open {
            community.demand_loopback()?;
        }
        Ok(community)
    }

    fn apply(&mut self, overrides: &Overrides) -> Result<(), CommandError> {
        if let Some(base) = overrides.port_base {
            self.registry.listen = Listener::Registry.address(base);
            self.repository.listen = Listener::Repository.address(base);
            self.registry.process.admin = Listener::Admin.address(base);
            self.registry.feed.mllp = Some(Listener::RegistryMllp.address(base));
            self.registry.feed.mllps = Some(Listener::RegistryMllps.address(base));
            if let Some(audit) = &mut self.audit_repository {
                audit.listen = Listener::AuditFhir.address(base);
                // What is off stays off.
                audit.syslog.tls = audit.syslog.tls.map(|_| Listener::AuditTls.address(base));
                audit.syslog.udp = audit.syslog.udp.map(|_| Listener::AuditUdp.address(base));
            }
            if let Some(manager) = &mut self.pix_manager {
                manager.listen = Listener::PixManager.address(base);
                manager.mllp.mllp = Some(Listener::PixManagerMllp.address(base));
                manager.mllp.mllps = Some(Listener::PixManagerMllps.address(base));
            }
        }
        let manager = self.pix_manager.as_mut().map(|manager| &mut manager.audit);
        let own = [&mut self.registry.audit, &mut self.repository.audit];
        for audit in own.into_iter().chain(manager) {
            if !overrides.audit_to.is_empty() {
                audit.destinations.clone_from(&overrides.audit_to);
            }
            if let Some(ca) = &overrides.audit_ca {
                audit.ca.clone_from(ca);
            }
        }
        if let Some(transport) = overrides.transport {
            self.registry.process.transport = transport;
            self.repository.process.transport = transport;
            if let Some(audit) = &mut self.audit_repository {
                audit.process.transport = transport;
            }
            if let Some(manager) = &mut self.pix_manager {
                manager.process.transport = transport;
            }
        }
        if let Some(url) = &overrides.database {
            let url = Some(url).filter(|url| url.starts_with("postgres"));
            let url = url
                .and_then(|url| DatabaseUrl::parse(url, &self.data))
                .ok_or(CommandError::DatabaseUrl)?;
            self.registry.database.url = url.clone();
            if let Some(audit) = &mut self.audit_repository {
                audit.database.url = url.clone();
            }
            if let Some(manager) = &mut self.pix_manager {
                manager.database.url = url.clone();
            }
            self.repository.database.url = url;
        }
        Ok(())
    }

    /// Open access stays on this machine, whatever the configuration says. Audit messages may come from
    /// elsewhere: who sends them is given nothing.
    fn demand_loopback(&self) -> Result<(), CommandError> {
        let feed = &self.registry.feed;
        let manager = self
            .pix_manager
            .iter()
            .flat_map(|manager| [Some(manager.listen), manager.mllp.mllp, manager.mllp.mllps]);
        let listeners =
            [Some(self.registry.listen), Some(self.repository.listen), feed.mllp, feed.mllps];
        match listeners
            .into_iter()
            .chain(manager)
            .flatten()
            .find(|address| !address.ip().is_loopback())
        {
            Some(address) => Err(CommandError::OpenBeyondLoopback { address }),
            None => Ok(()),
        }
    }

    pub(crate) fn log_format(&self) -> LogFormat {
        log_format(&self.registry.process)
    }

    /// The all-in-one process has one admin listener: the registry's.
    pub(crate) fn admin_address(&self) -> SocketAddr {
        self.registry.process.admin
    }
}

fn log_format(process: &ProcessConfig) -> LogFormat {
    match process.log_format {
        config::actor::LogFormat::Text => LogFormat::Text,
        config::actor::LogFormat::Json => LogFormat::Json,
    }
}

fn is_empty(data: &Path) -> bool {
    match std::fs::read_dir(data) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

//! `renkei init DIR`: the data folder of a new community.

use std::path::PathBuf;

use clap::Args;
use config::agreement::{Domain, InvalidDomain};
use config::init::NewCommunity;
use config::pki::DEVELOPMENT_PASSWORD;
use datatypes::{HomeCommunityId, Oid, RepositoryUniqueId};

use crate::error::CommandError;
use crate::output;

/// Create the data folder of a new community.
///
/// Writes the agreement of the affinity domain, the configuration of each actor, empty code
/// tables, a development CA with a certificate per actor, and one client certificate. What
/// is not given gets a fresh OID under 2.25. The folder must be new or empty.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei init renkei-data
  renkei init /srv/north --home 1.2.392.999.1 --affinity-domain 1.2.392.999.2
  renkei init data --domain hospital-a=1.2.392.999.3,HOSPA --domain clinic-b=1.2.392.999.4")]
pub(crate) struct Init {
    /// The folder to create.
    #[arg(value_name = "DIR")]
    data: PathBuf,
    /// OID of the community (homeCommunityId), without urn:oid:.
    #[arg(long, value_name = "OID", value_parser = parse_oid)]
    home: Option<Oid>,
    /// OID of the assigning authority of the affinity domain's patient identifiers.
    #[arg(long, value_name = "OID", value_parser = parse_oid)]
    affinity_domain: Option<Oid>,
    /// Another patient identification domain; may be repeated.
    #[arg(long = "domain", value_name = "NAME=OID[,NAMESPACE]", value_parser = parse_domain)]
    domains: Vec<Domain>,
    /// OID of the Document Repository (repositoryUniqueId).
    #[arg(long, value_name = "OID", value_parser = parse_oid)]
    repository: Option<Oid>,
}

impl Init {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let data = self.data.clone();
        let community = self.into_community();
        for file in config::init::init(&data, &community)? {
            output::line(file.display());
        }
        output::line(format_args!(
            "community {}, affinity domain {}, repository {}",
            community.home_community_id, community.affinity_domain, community.repository_unique_id,
        ));
        output::line(format_args!(
            "certificates are for development only; password of the PKCS#12 file: \
             {DEVELOPMENT_PASSWORD}"
        ));
        Ok(())
    }

    fn into_community(self) -> NewCommunity {
        let mut community = NewCommunity::generate();
        if let Some(home) = self.home {
            community.home_community_id = HomeCommunityId::new(home);
        }
        if let Some(affinity_domain) = self.affinity_domain {
            community.affinity_domain = affinity_domain;
        }
        if let Some(repository) = self.repository {
            community.repository_unique_id = RepositoryUniqueId::new(repository);
        }
        community.domains = self.domains;
        community
    }
}

fn parse_oid(text: &str) -> Result<Oid, String> {
    Oid::parse(text).map_err(|_invalid| {
        "an OID is digits and dots without leading zeros, for example 1.2.392.100495".to_owned()
    })
}

fn parse_domain(text: &str) -> Result<Domain, InvalidDomain> {
    Domain::parse(text)
}

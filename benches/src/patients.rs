//! A PIX manager's database on disk with invented patients, and a bare table to compare it with.
//!
//! The patients came through the manager's own unit of work, links and index included, but not over the wire
//! and in large commits: a million of them would take hours otherwise.

use std::path::{Path, PathBuf};

use ::store::{AnyConnection, Database, Settings, StoreError};
use anyhow::{Context, Result};
use config::Agreement;
use config::actor::{Actor, DatabaseUrl, PixManagerConfig};
use config::agreement::{Domain, LinkRules};
use config::init::NewCommunity;
use datatypes::{HomeCommunityId, PatientId, RepositoryUniqueId};
use diesel::prelude::*;
use identity::Demographics;
use pix_manager::change::{Change, Instruction};
use pix_manager::error::ManagementFault;
use pix_manager::linking::Linking;
use pix_manager::network_id;
use pix_manager::record::Facts;
use pix_manager::store::{MIGRATIONS, person as persons, search_key};
use policy::Permit;

use crate::synthetic::person::person;
use crate::synthetic::{AFFINITY_DOMAIN, REPOSITORY, oid};

/// The domains of the hospitals.
pub const DOMAINS: [&str; 3] = ["2.999.1.11", "2.999.1.12", "2.999.1.13"];

/// Patients come in blocks: so many persons, then the second identifiers of half of them.
const BLOCK: u64 = 3_000;
const PERSONS_OF_BLOCK: u64 = 2_000;

/// Pages of SQLite's cache while a database is filled, in KiB as SQLite counts them.
const CACHE: &str = "PRAGMA cache_size = -524288";

diesel::table! {
    /// Of the audit repository's schema: the nearest to a row of numbers and bytes.
    raw_message (sequence) {
        sequence -> BigInt,
        raw -> Binary,
    }
}

/// One identifier of one domain, and whose it is.
#[derive(Clone, Debug)]
pub struct InventedPatient {
    pub id: PatientId,
    pub demographics: Demographics,
}

/// The patient with this number: of three, two are persons who were not known, one a person known elsewhere.
///
/// # Errors
/// None for numbers below 10^15, whose identifiers are short enough.
pub fn patient(number: u64) -> Result<InventedPatient> {
    let (block, place) = (number / BLOCK, number % BLOCK);
    let first = block * PERSONS_OF_BLOCK;
    let (person_number, n_before) = match place.checked_sub(PERSONS_OF_BLOCK) {
        None => (first + place, 0),
        Some(place) => (first + 2 * place, 1),
    };
    let domain = usize::try_from((person_number + n_before) % 3)?;
    let authority = oid(DOMAINS.get(domain).copied().unwrap_or_default());
    let id = PatientId::new(&format!("{number:08}"), authority)?;
    Ok(InventedPatient { id, demographics: person(person_number) })
}

/// The data folder of a community with three hospitals.
#[derive(Clone, Debug)]
pub struct ManagerFolder(PathBuf);

impl ManagerFolder {
    /// Opens the folder, creating a community if it is empty.
    ///
    /// # Errors
    /// The folder cannot be written, or holds something else.
    pub fn open(data: &Path) -> Result<ManagerFolder> {
        if !data.join(config::agreement::FILE_NAME).exists() {
            let domain =
                |(number, oid)| Domain::parse(&format!("hospital-{number}={oid},H{number}"));
            let community = NewCommunity {
                name: "Load test".to_owned(),
                home_community_id: HomeCommunityId::new(oid("2.999.1")),
                repository_unique_id: RepositoryUniqueId::new(oid(REPOSITORY)),
                affinity_domain: oid(AFFINITY_DOMAIN),
                domains: (1..).zip(DOMAINS).map(domain).collect::<Result<_, _>>()?,
                ..NewCommunity::generate()
            };
            config::init::init(data, &community).context("the community cannot be created")?;
        }
        Ok(ManagerFolder(data.to_owned()))
    }

    /// The manager's configuration as `init` writes it, on a free port; on request with another database.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn config(&self, database: Option<&str>) -> Result<PixManagerConfig> {
        let mut config = PixManagerConfig::read(&self.0.join(Actor::PixManager.file_name()))?;
        config.listen = ([127, 0, 0, 1], 0).into();
        if let Some(url) = database {
            config.database.url =
                DatabaseUrl::parse(url, &self.0).context("--database is no URL")?;
        }
        Ok(config)
    }

    /// The agreement, with the link rules of a community in use.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn agreement(&self) -> Result<Agreement> {
        let mut agreement = Agreement::read(&self.0.join(config::agreement::FILE_NAME))?;
        agreement.linking.rules = LinkRules::Production;
        Ok(agreement)
    }

    /// Registers patients until there are so many, as far as they are not there already. The registry is taken
    /// to know all of them.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn fill(&self, database: Option<&str>, n_patients: u64) -> Result<()> {
        let config = self.config(database)?;
        let settings = Settings { schema: Some("pix_manager"), ..Settings::default() };
        let database = Database::open(config.database.url.as_str(), MIGRATIONS, settings)?;
        let n_known = database
            .read(|connection| search_key::n_patients(connection).map_err(StoreError::Database))?;
        let mut number = u64::try_from(n_known)?;
        while number < n_patients {
            let end = n_patients.min(number.saturating_add(BLOCK));
            let patients: Vec<_> = (number..end).map(patient).collect::<Result<_>>()?;
            database.commit_trail(move |connection| register(connection, patients)).await?;
            number = end;
        }
        database.close();
        Ok(())
    }
}

fn register(
    connection: &mut AnyConnection,
    patients: Vec<InventedPatient>,
) -> Result<(), ManagementFault> {
    if let AnyConnection::Sqlite(_) = connection {
        diesel::sql_query(CACHE).execute(connection)?;
    }
    let permit = Permit::maintenance("bench", "fill a database");
    let network_id = |number: i64| Some(network_id::of(number));
    for InventedPatient { id, demographics } in patients {
        let linking = Linking {
            permit: &permit,
            rules: identity::LinkRules::Production,
            network_id: &network_id,
        };
        let facts = Facts { demographics, strong_ids: Vec::new() };
        let instruction = Instruction::Register { id, facts, visit: None, may_create: true };
        let effect = Change { linking, at: 0, cause: "bench" }.run(connection, instruction)?;
        for made in &effect.region.made {
            persons::set_announced(connection, made.person_no)?;
        }
    }
    Ok(())
}

/// The same writer over a table of numbers and bytes.
///
/// # Errors
/// Those of opening.
pub fn open_bare(folder: &Path, database: Option<&str>) -> Result<Database> {
    let file = folder.join("bare.sqlite");
    let file = file.to_str().context("the folder's name is not UTF-8")?;
    let settings = Settings { schema: Some("pix_bare"), ..Settings::default() };
    let migrations = audit_repository::store::MIGRATIONS;
    Ok(Database::open(database.unwrap_or(file), migrations, settings)?)
}

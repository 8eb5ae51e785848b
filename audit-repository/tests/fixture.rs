//! An audit repository of its own for each test, on each back end.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use audit_repository::chain::Transport;
use audit_repository::store::event::{Arrival, EventRow};
use audit_repository::store::{event, raw_message};
use audit_repository::transactions::record_audit_event::record_audit_event;
use audit_repository::verify::{Report, Sources};
use audit_repository::{AuditRepository, AuditRepositoryServer, verify};
use config::actor::{AuditRepositoryConfig, DatabaseUrl};
use config::init::{NewCommunity, init};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use net::Metrics;
use policy::Access;
use store::StoreError;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A data folder with a database; both are removed at the end.
pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) config: AuditRepositoryConfig,
    pub(crate) runtime: Runtime,
    pub(crate) metrics: Metrics,
    /// Server and schema.
    postgres: Option<(String, String)>,
}

/// Runs the test on SQLite, then on PostgreSQL.
pub(crate) fn on_each_backend(test: impl Fn(&Fixture)) {
    test(&Fixture::sqlite());
    match env::var("RENKEI_TEST_POSTGRES") {
        Ok(server) => test(&Fixture::postgres(server)),
        Err(_unset) => eprintln!("skipped: RENKEI_TEST_POSTGRES not set"),
    }
}

impl Fixture {
    pub(crate) fn sqlite() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        init(folder.path(), &NewCommunity::generate()).unwrap();
        let file = folder.path().join("audit-repository.toml");
        let mut config = AuditRepositoryConfig::read(&file).unwrap();
        config.listen = "127.0.0.1:0".parse().unwrap();
        config.syslog.tls = Some("127.0.0.1:0".parse().unwrap());
        // Only what a test asks for.
        config.checkpoints.interval = Duration::from_secs(3_600);
        let mut registry = prometheus_client::registry::Registry::default();
        let metrics = Metrics::new(&mut registry);
        Fixture { folder, config, runtime: Runtime::new().unwrap(), metrics, postgres: None }
    }

    /// Another one on the same back end.
    pub(crate) fn again(&self) -> Fixture {
        match &self.postgres {
            None => Fixture::sqlite(),
            Some((server, _)) => Fixture::postgres(server.clone()),
        }
    }

    /// What the database says about a statement.
    pub(crate) fn plan(
        &self,
        of_sqlite: impl FnOnce(&mut SqliteConnection) -> Vec<String>,
        of_postgres: impl FnOnce(&mut PgConnection) -> Vec<String>,
    ) -> Vec<String> {
        match &self.postgres {
            None => {
                let path = self.config.database.url.as_str();
                of_sqlite(&mut SqliteConnection::establish(path).unwrap())
            }
            Some((server, schema)) => {
                let mut connection = PgConnection::establish(server).unwrap();
                connection.batch_execute(&format!("SET search_path = {schema}")).unwrap();
                of_postgres(&mut connection)
            }
        }
    }

    fn postgres(server: String) -> Fixture {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("audit_test_{}_{number}", std::process::id());
        let mut connection = PgConnection::establish(&server).unwrap();
        connection.batch_execute(&format!("CREATE SCHEMA {name}")).unwrap();
        let mark = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{mark}options=-c%20search_path%3D{name}");
        let mut fixture = Fixture::sqlite();
        fixture.config.database.url = DatabaseUrl::parse(&url, fixture.folder.path()).unwrap();
        fixture.postgres = Some((server, name));
        fixture
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn start(&self) -> AuditRepositoryServer {
        self.try_start().unwrap()
    }

    pub(crate) fn try_start(&self) -> Result<AuditRepositoryServer, audit_repository::StartError> {
        let agreement =
            config::Agreement::read(&self.file("affinity-domain.toml")).map(Arc::new).unwrap();
        let starting =
            AuditRepositoryServer::start(&self.config, agreement, Access::Open, &self.metrics);
        self.runtime.block_on(starting)
    }

    pub(crate) fn stop(&self, server: AuditRepositoryServer) {
        self.runtime.block_on(server.stop());
    }

    /// One run of the server in which messages arrive.
    pub(crate) fn run_with(&self, messages: &[Vec<u8>]) {
        let server = self.start();
        self.store(&server.state(), messages);
        self.stop(server);
    }

    pub(crate) fn store(&self, repository: &AuditRepository, messages: &[Vec<u8>]) {
        let arrival = |raw: &Vec<u8>| {
            let received_at = jiff::Timestamp::now().as_microsecond();
            Arrival::new(received_at, Transport::Tls, ("vendor", "192.0.2.1"), raw.clone())
        };
        let arrivals = messages.iter().map(arrival).collect();
        self.runtime.block_on(record_audit_event(repository, arrivals)).unwrap();
    }

    pub(crate) fn verify(&self) -> Report {
        verify(&self.sources()).unwrap()
    }

    pub(crate) fn sources(&self) -> Sources {
        Sources {
            database_url: self.config.database.url.as_str().to_owned(),
            checkpoint_file: Some(self.config.checkpoints.file.clone()),
            copies: Vec::new(),
            certificates: vec![self.config.process.tls.certificate.clone()],
            checkpoint_interval: self.config.checkpoints.interval,
        }
    }

    /// Changes the database behind the actor's back. `{BYTES}` stands for some bytes.
    pub(crate) fn tamper(&self, sql: &str) {
        match &self.postgres {
            None => {
                let sql = sql.replace("{BYTES}", "x'00'");
                let path = self.config.database.url.as_str();
                SqliteConnection::establish(path).unwrap().batch_execute(&sql).unwrap();
            }
            Some((server, schema)) => {
                let sql = sql.replace("{BYTES}", r"'\x00'::bytea");
                let mut connection = PgConnection::establish(server).unwrap();
                connection.batch_execute(&format!("SET search_path = {schema}; {sql}")).unwrap();
            }
        }
    }

    /// All records with their messages.
    pub(crate) fn records(&self) -> Vec<(EventRow, Option<Vec<u8>>)> {
        let url = self.config.database.url.as_str();
        store::read_offline(url, None, |connection| -> Result<_, StoreError> {
            let rows = event::page_from(connection, 1, 1_000_000)?;
            let with_raw = |row: EventRow| {
                let raw = raw_message::find(connection, row.sequence)?;
                Ok((row, raw))
            };
            rows.into_iter().map(with_raw).collect()
        })
        .unwrap()
    }

    /// The messages of others, in their order.
    pub(crate) fn received(&self) -> Vec<Vec<u8>> {
        let own = i16::from(Transport::Own.number());
        let received = self.records().into_iter().filter(|(row, _)| row.transport != own);
        received.filter_map(|(_, raw)| raw).collect()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.postgres {
            let mut connection = PgConnection::establish(server).unwrap();
            connection.batch_execute(&format!("DROP SCHEMA {name} CASCADE")).unwrap();
        }
    }
}

/// A message about a patient, of a certain minute; its header says when it was written, so exactly.
pub(crate) fn message(patient: &str, minute: u32, fraction: &str) -> Vec<u8> {
    let time = format!("2026-04-01T{:02}:{:02}:00", minute / 60, minute % 60);
    format!(
        "<85>1 {time}{fraction}Z host.example vendor 1 IHE+RFC-3881 - {}",
        xml(patient, &format!("{time}Z"))
    )
    .into_bytes()
}

pub(crate) fn xml(patient: &str, time: &str) -> String {
    format!(
        r#"<AuditMessage><EventIdentification EventActionCode="E" EventDateTime="{time}" EventOutcomeIndicator="0"><EventID csd-code="110112" codeSystemName="DCM" originalText="Query"/><EventTypeCode csd-code="ITI-18" codeSystemName="IHE Transactions" originalText="Registry Stored Query"/></EventIdentification><ActiveParticipant UserID="consumer" UserName="drs&lt;drsato@https://idp.example&gt;" UserIsRequestor="true" NetworkAccessPointID="192.0.2.1" NetworkAccessPointTypeCode="2"><RoleIDCode csd-code="110153" codeSystemName="DCM" originalText="Source Role ID"/></ActiveParticipant><AuditSourceIdentification AuditSourceID="vendor"/><ParticipantObjectIdentification ParticipantObjectID="{patient}" ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1"><ParticipantObjectIDTypeCode csd-code="2" codeSystemName="RFC-3881" originalText="Patient Number"/></ParticipantObjectIdentification><ParticipantObjectIdentification ParticipantObjectID="urn:uuid:1" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="24"><ParticipantObjectIDTypeCode csd-code="ITI-18" codeSystemName="IHE Transactions" originalText="Registry Stored Query"/></ParticipantObjectIdentification></AuditMessage>"#
    )
}

/// Messages of a minute each about one patient.
pub(crate) fn messages(patient: &str, n_messages: u32) -> Vec<Vec<u8>> {
    (0..n_messages).map(|minute| message(patient, minute, ".123456")).collect()
}

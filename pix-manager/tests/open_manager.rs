//! A manager as a running server on a database of its own, under open access.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use config::actor::{DatabaseUrl, MllpAddress, PixManagerConfig, Transport};
use config::agreement::{Agreement, Domain, FeedSource, PatientIds};
use config::init::{NewCommunity, init};
use datatypes::Oid;
use diesel::prelude::*;
use net::Metrics;
use pix_manager::{Manager, PixManagerServer};
use policy::Access;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The authority of the identifiers that the manager gives.
pub(crate) const NETWORK: &str = "1.2.392.200250.99.1";

/// Hospitals by letter; of `Z` nobody may learn who is known there, `S` numbers the insured.
pub(crate) const DOMAINS: [(char, &str); 6] = [
    ('A', "1.2.392.200250.99.11"),
    ('B', "1.2.392.200250.99.12"),
    ('C', "1.2.392.200250.99.13"),
    ('D', "1.2.392.200250.99.14"),
    ('Z', "1.2.392.200250.99.15"),
    ('S', "1.2.392.200250.99.16"),
];

/// Nobody waits longer, on a busy machine either.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// The OID of the domain with this letter; `N` is the network.
pub(crate) fn oid(letter: char) -> &'static str {
    let known = DOMAINS.iter().find(|(known, _)| *known == letter);
    known.map_or(NETWORK, |(_, oid)| oid)
}

/// The letter of the domain with this OID.
pub(crate) fn letter(of: &str) -> char {
    DOMAINS.iter().find(|(_, oid)| *oid == of).map_or('N', |(letter, _)| *letter)
}

/// One empty database with its runtime; removed at the end.
pub(crate) struct Place {
    pub(crate) runtime: Runtime,
    folder: TempDir,
    server: Option<(String, String)>,
    n_opened: AtomicU32,
}

/// What a node is started with.
pub(crate) struct Setup {
    pub(crate) config: PixManagerConfig,
    pub(crate) agreement: Agreement,
}

/// Runs the test on SQLite, then on PostgreSQL.
pub(crate) fn on_each_backend(test: impl Fn(&Place)) {
    test(&Place::sqlite());
    match Place::postgres() {
        Some(place) => test(&place),
        None => eprintln!("skipped: RENKEI_TEST_POSTGRES not set"),
    }
}

impl Place {
    pub(crate) fn sqlite() -> Place {
        Place::new(None)
    }

    pub(crate) fn postgres() -> Option<Place> {
        let server = env::var("RENKEI_TEST_POSTGRES").ok()?;
        let name = format!("managers_{}", uuid::Uuid::new_v4().simple());
        let mut connection = PgConnection::establish(&server).unwrap();
        diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut connection).unwrap();
        Some(Place::new(Some((server, name))))
    }

    fn new(server: Option<(String, String)>) -> Place {
        let folder = tempfile::tempdir().unwrap();
        Place { runtime: Runtime::new().unwrap(), folder, server, n_opened: AtomicU32::new(0) }
    }

    /// Whether several processes may have the database open at once.
    pub(crate) fn is_shared(&self) -> bool {
        self.server.is_some()
    }

    pub(crate) fn url(&self) -> String {
        match &self.server {
            Some((server, name)) => {
                let (server, _) = server.rsplit_once('/').unwrap();
                format!("{server}/{name}")
            }
            None => self.folder.path().join("manager.sqlite").display().to_string(),
        }
    }

    /// The development community, where a source feeds the affinity domain: nobody is told anything.
    pub(crate) fn start(&self) -> Node {
        self.start_with(|setup| setup.agreement.patient_ids = PatientIds::Feed)
    }

    pub(crate) fn start_with(&self, change: impl FnOnce(&mut Setup)) -> Node {
        let (config, agreement) = community();
        let mut setup = Setup { config, agreement };
        let number = self.n_opened.fetch_add(1, Ordering::Relaxed);
        let config = &mut setup.config;
        config.journal = self.folder.path().join(format!("journal-{number}"));
        config.database.url = DatabaseUrl::parse(&self.url(), self.folder.path()).unwrap();
        config.process.transport = Transport::Plain;
        config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.mllp.mllp = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        config.mllp.mllps = None;
        config.registry.retry_min = Duration::from_millis(20);
        config.registry.retry_max = Duration::from_millis(200);
        config.registry.announce_wait = Duration::ZERO;
        change(&mut setup);
        let metrics = Metrics::new(&mut prometheus_client::registry::Registry::default());
        let Setup { config, agreement } = setup;
        let server = self.runtime.block_on(async {
            PixManagerServer::start(&config, Arc::new(agreement), Access::Open, &metrics).unwrap()
        });
        let address = server.mllp_address().unwrap();
        Node { server, address }
    }

    /// Changes the database behind the manager's back.
    pub(crate) fn execute(&self, sql: &str) {
        match &self.server {
            Some(_) => {
                let mut connection = PgConnection::establish(&self.url()).unwrap();
                diesel::sql_query("SET search_path TO pix_manager")
                    .execute(&mut connection)
                    .unwrap();
                diesel::sql_query(sql).execute(&mut connection).unwrap();
            }
            None => {
                let mut connection = SqliteConnection::establish(&self.url()).unwrap();
                diesel::sql_query("PRAGMA busy_timeout = 10000").execute(&mut connection).unwrap();
                diesel::sql_query(sql).execute(&mut connection).unwrap();
            }
        }
    }

    pub(crate) fn stop(&self, node: Node) {
        self.runtime.block_on(node.server.stop());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.server {
            let mut connection = PgConnection::establish(server).unwrap();
            // A database that stays goes with the server of the test run.
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            let _left = diesel::sql_query(drop).execute(&mut connection);
        }
    }
}

/// A running manager.
pub(crate) struct Node {
    server: PixManagerServer,
    pub(crate) address: SocketAddr,
}

impl Node {
    pub(crate) fn manager(&self) -> Arc<Manager> {
        self.server.state()
    }

    /// Sends one message on a connection of its own.
    pub(crate) fn send(&self, message: &str) -> Vec<u8> {
        self.send_bytes(message.as_bytes())
    }

    pub(crate) fn send_bytes(&self, message: &[u8]) -> Vec<u8> {
        Wire::open(self.address).exchange(message)
    }
}

/// A connection to a listener.
pub(crate) struct Wire {
    stream: TcpStream,
}

impl Wire {
    pub(crate) fn open(address: SocketAddr) -> Wire {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Wire { stream }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next frame's content; `None` if the other side closes.
    pub(crate) fn read(&mut self) -> Option<Vec<u8>> {
        let mut frame = Vec::new();
        let mut byte = [0];
        while !frame.ends_with(b"\x1c\r") {
            if self.stream.read(&mut byte).ok()? == 0 {
                return None;
            }
            frame.extend(byte);
        }
        Some(frame[1..frame.len() - 2].to_vec())
    }

    pub(crate) fn exchange(&mut self, message: &[u8]) -> Vec<u8> {
        self.write(&hl7v2::mllp_frame(message));
        self.read().unwrap()
    }
}

/// An address at which nobody listens.
pub(crate) fn nowhere() -> MllpAddress {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    mllp_address(listener.local_addr().unwrap())
}

pub(crate) fn mllp_address(address: SocketAddr) -> MllpAddress {
    let (host, port) = (address.ip().to_string(), address.port());
    MllpAddress { transport: Transport::Plain, host, port }
}

/// Waits until something holds; fails with `what` when it does not.
#[track_caller]
pub(crate) fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Made once, since it comes with keys.
fn community() -> (PixManagerConfig, Agreement) {
    static MADE: OnceLock<(PixManagerConfig, Agreement)> = OnceLock::new();
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("community");
        let domains = DOMAINS.iter().map(|(letter, oid)| {
            let mut domain =
                Domain::parse(&format!("domain-{letter}={oid},SITE-{letter}")).unwrap();
            domain.sensitive = *letter == 'Z';
            domain.strong = *letter == 'S';
            if !domain.strong {
                let source = FeedSource::parse(&format!("HIS-{letter}|SITE-{letter}")).unwrap();
                domain.feeders.sources = vec![source];
            }
            domain
        });
        let community = NewCommunity {
            affinity_domain: Oid::parse(NETWORK).unwrap(),
            domains: domains.collect(),
            ..NewCommunity::generate()
        };
        init(&data, &community).unwrap();
        let mut agreement = Agreement::read(&data.join(config::agreement::FILE_NAME)).unwrap();
        agreement.domains = community.domains;
        let config = PixManagerConfig::read(&data.join("pix-manager.toml")).unwrap();
        (config, agreement)
    };
    MADE.get_or_init(make).clone()
}

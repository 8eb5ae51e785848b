//! A process of the manager, and its partners on the wire.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{env, fs};

use config::init::{NewCommunity, init};
use datatypes::Oid;
use diesel::prelude::*;
use tempfile::TempDir;

use crate::peer::Peer;

/// No start takes longer, and nobody waits longer for an answer, on a busy machine either.
const DEADLINE: Duration = Duration::from_secs(60);

const NETWORK: &str = "1.2.392.99.1";

const DOMAINS: &str = "[[domains]]\nname = \"north\"\noid = \"1.2.392.99.11\"\n\
     [[domains]]\nname = \"south\"\noid = \"1.2.392.99.12\"\n[linking]";

pub(super) fn north(id: &str) -> String {
    format!("{id}^^^&1.2.392.99.11&ISO")
}

pub(super) fn south(id: &str) -> String {
    format!("{id}^^^&1.2.392.99.12&ISO")
}

/// A database that goes with the test, and the data folders of the processes on it.
pub(super) struct Place {
    community: NewCommunity,
    /// The server's URL, and the name of the database.
    postgres: Option<(String, String)>,
    folder: TempDir,
}

impl Place {
    pub(super) fn on_sqlite() -> Place {
        Place::new(None)
    }

    /// `None`, and a word about it, where there is no server.
    pub(super) fn on_postgres() -> Option<Place> {
        let Ok(server) = env::var("RENKEI_TEST_POSTGRES") else {
            eprintln!("skipped: RENKEI_TEST_POSTGRES not set");
            return None;
        };
        let name = format!("managers_{}", uuid::Uuid::new_v4().simple());
        on_server(&server, &format!("CREATE DATABASE {name}")).unwrap();
        Some(Place::new(Some((server, name))))
    }

    fn new(postgres: Option<(String, String)>) -> Place {
        let affinity_domain = Oid::parse(NETWORK).unwrap();
        let community = NewCommunity { affinity_domain, ..NewCommunity::generate() };
        Place { community, postgres, folder: tempfile::tempdir().unwrap() }
    }

    fn url(&self) -> Option<String> {
        let (server, name) = self.postgres.as_ref()?;
        let (server, _) = server.rsplit_once('/').unwrap();
        Some(format!("{server}/{name}"))
    }

    /// The only number that a statement on the database gives, called `number`.
    pub(super) fn number(&self, sql: &str) -> i64 {
        let mut connection = PgConnection::establish(&self.url().unwrap()).unwrap();
        let found: Number = diesel::sql_query(sql).get_result(&mut connection).unwrap();
        found.number
    }

    /// Starts one more process, which tells this registry.
    pub(super) fn start(&self, name: &str, registry: SocketAddr) -> Process {
        let data = self.folder.path().join(name);
        init(&data, &self.community).unwrap();
        let mut process = Process { data, child: None, soap: free(), mllp: free() };
        process.replace("affinity-domain.toml", "[linking]", DOMAINS);
        let soap = format!("listen = \"{}\"", process.soap);
        let mllp = format!("mllp = \"{}\"", process.mllp);
        let feed = format!("feed = \"mllp://{registry}\"");
        for (line, instead) in [
            ("listen = \"127.0.0.1:8081\"", soap.as_str()),
            ("#transport = \"mtls\"", "transport = \"plain\""),
            ("#mllp = \"127.0.0.1:2575\"", &mllp),
            ("#feed = \"\"", &feed),
            ("#announce_wait_ms = 2_000", "announce_wait_ms = 50"),
            ("#retry_min_ms = 1_000", "retry_min_ms = 10"),
            ("#listen = \"127.0.0.1:8093\"", "listen = \"127.0.0.1:0\""),
        ] {
            process.replace("pix-manager.toml", line, instead);
        }
        if let Some(url) = self.url() {
            let url = format!("url = \"{url}\"");
            process.replace("pix-manager.toml", "#url = \"pix-manager.sqlite\"", &url);
        }
        process.start();
        process
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.postgres {
            // A database that stays goes with the server of the test run.
            let _left = on_server(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn on_server(server: &str, statement: &str) -> QueryResult<usize> {
    let mut connection = PgConnection::establish(server).unwrap();
    diesel::sql_query(statement).execute(&mut connection)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

/// One process; killed when the test ends.
pub(super) struct Process {
    data: PathBuf,
    child: Option<Child>,
    soap: SocketAddr,
    mllp: SocketAddr,
}

impl Process {
    fn replace(&self, file: &str, line: &str, instead: &str) {
        let path = self.data.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(line), "{file} has no line {line}");
        fs::write(path, text.replacen(line, instead, 1)).unwrap();
    }

    /// Starts the process and waits until it listens.
    pub(super) fn start(&mut self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_path()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_renkei-pix-manager"));
        command.args(["--access", "open"]).arg("--data").arg(&self.data);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        let end = Instant::now() + DEADLINE;
        for address in [self.mllp, self.soap] {
            while TcpStream::connect(address).is_err() {
                let ended = self.child.as_mut().unwrap().try_wait().unwrap();
                let is_late = Instant::now() > end;
                assert!(ended.is_none() && !is_late, "no start:\n{}", self.log());
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(super) fn partner(&self) -> Partner {
        Partner { mllp: self.mllp }
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.data.join("pix-manager.journal")
    }

    /// Waits until the registry has heard so many messages, those that came twice counted once.
    pub(super) fn await_told(&self, registry: &Peer, n_messages: usize) {
        let end = Instant::now() + DEADLINE;
        let mut n_heard = 0;
        while n_heard < n_messages {
            let mut heard: Vec<String> = registry.heard();
            heard.sort();
            heard.dedup();
            n_heard = heard.len();
            assert!(Instant::now() < end, "{n_heard} messages:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn log_path(&self) -> PathBuf {
        self.data.join("log")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- the log of {}\n{}", self.data.display(), self.log());
        }
    }
}

/// A port that was free a moment ago.
fn free() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

/// Whoever talks to one of the processes, over a connection for each message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partner {
    mllp: SocketAddr,
}

impl Partner {
    /// An error if no answer comes.
    fn exchange(self, message: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(self.mllp)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.write_all(&[&[0x0B], message.as_bytes(), &[0x1C, 0x0D]].concat())?;
        let mut answer = Vec::new();
        while !answer.ends_with(&[0x1C, 0x0D]) {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            answer.extend(byte);
        }
        Ok(String::from_utf8(answer).unwrap())
    }

    fn tell(self, event: &str, version: &str, segments: &str) -> io::Result<()> {
        let message = format!(
            "MSH|^~\\&|HIS|HOSPITAL|RENKEI|REGION|20260101120000||ADT^{event}|c|P|{version}||||||\
             UNICODE UTF-8\rEVN|{event}|20260101120000\r{segments}"
        );
        let answer = self.exchange(&message)?;
        assert!(answer.contains("MSA|AA|c"), "{event}: {answer}");
        Ok(())
    }

    /// ITI-8, which is accepted.
    pub(super) fn feed(self, id: &str, family: &str) -> io::Result<()> {
        let segments = format!("PID|||{id}||{family}^Taro^^^^^L||19700401|M\rPV1||N\r");
        self.tell("A04^ADT_A01", "2.3.1", &segments)
    }

    /// ITI-30, A24 or A37, which is accepted.
    pub(super) fn pair(self, event: &str, (one, other): (&str, &str)) -> io::Result<()> {
        let pid = |id: &str| format!("PID|||{id}|| \rPV1||N\r");
        self.tell(&format!("{event}^ADT_{event}"), "2.5", &(pid(one) + &pid(other)))
    }

    /// ITI-9 for the identifier in the affinity domain, as CX; `None` while none is shown.
    pub(super) fn network_id(self, id: &str) -> io::Result<Option<String>> {
        let answer = self.exchange(&format!(
            "MSH|^~\\&|PORTAL|HOSPITAL|RENKEI|REGION|20260101120000||QBP^Q23^QBP_Q21|q|P|2.5\r\
             QPD|IHE PIX Query|tag|{id}|^^^&{NETWORK}&ISO\rRCP|I\r"
        ))?;
        assert!(answer.contains("MSA|AA|q"), "{answer}");
        let pid = answer.split('\r').find_map(|line| line.strip_prefix("PID|||"));
        Ok(pid.map(|pid| pid.split('|').next().unwrap().to_owned()))
    }
}

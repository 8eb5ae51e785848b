//! `renkei-registry` as a process of its own on a database that it shares, and its partners on the wire.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{env, fs};

use config::init::{NewCommunity, init};
use datatypes::{EntryUuid, Oid, PatientId};
use diesel::prelude::*;
use ebxml::{adhoc_query_request, adhoc_query_response, registry_response, submit_objects};
use tempfile::TempDir;
use xds::query::{AdhocQueryRequest, QueryId, ReturnType};
use xds::{AvailabilityStatus, Severity, Submission};

use crate::feed::{Acknowledged, cx, merge_message, patient_message};
use crate::open_registry::DOMAIN;
use crate::requests::{query, quoted};

/// No start takes longer, and nobody waits longer for an answer, on a busy machine either.
const DEADLINE: Duration = Duration::from_secs(60);

/// A database that goes with the test, and the data folders of the processes on it.
pub(super) struct Database {
    server: String,
    name: String,
    folder: TempDir,
}

impl Database {
    /// `None`, and a word about it, where there is no server.
    pub(super) fn create() -> Option<Database> {
        let Ok(server) = env::var("RENKEI_TEST_POSTGRES") else {
            eprintln!("skipped: RENKEI_TEST_POSTGRES not set");
            return None;
        };
        let name = format!("registries_{}", uuid::Uuid::new_v4().simple());
        let database = Database { server, name, folder: tempfile::tempdir().unwrap() };
        database.on_server(&format!("CREATE DATABASE {}", database.name)).unwrap();
        Some(database)
    }

    fn on_server(&self, statement: &str) -> QueryResult<usize> {
        let mut connection = PgConnection::establish(&self.server).unwrap();
        diesel::sql_query(statement).execute(&mut connection)
    }

    fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').unwrap();
        format!("{server}/{}", self.name)
    }

    /// The only number that a statement on the database gives, called `number`.
    pub(super) fn number(&self, sql: &str) -> i64 {
        let mut connection = PgConnection::establish(&self.url()).unwrap();
        let found: Number = diesel::sql_query(sql).get_result(&mut connection).unwrap();
        found.number
    }

    /// Starts one more process on the database.
    pub(super) fn start(&self, name: &str) -> Process {
        let data = self.folder.path().join(name);
        let community = NewCommunity {
            affinity_domain: Oid::parse(DOMAIN).unwrap(),
            ..NewCommunity::generate()
        };
        init(&data, &community).unwrap();
        let mut process = Process { data, child: None, soap: free(), mllp: free() };
        process.configure(&self.url());
        process.start();
        process
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A database that stays goes with the server of the test run.
        let _left = self.on_server(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
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

/// How a submission ended: the codes of its errors.
pub(super) type Outcome = Result<(), Vec<String>>;

impl Process {
    fn configure(&self, url: &str) {
        let path = self.data.join("registry.toml");
        let mut text = fs::read_to_string(&path).unwrap();
        let mut replace = |line: &str, instead: String| {
            assert!(text.contains(line), "registry.toml has no line {line}");
            text = text.replacen(line, &instead, 1);
        };
        replace("listen = \"127.0.0.1:8082\"", format!("listen = \"{}\"", self.soap));
        replace("#transport = \"mtls\"", "transport = \"plain\"".to_owned());
        replace("#url = \"registry.sqlite\"", format!("url = \"{url}\""));
        replace("#mllp = \"127.0.0.1:2577\"", format!("mllp = \"{}\"", self.mllp));
        replace("#listen = \"127.0.0.1:8090\"", "listen = \"127.0.0.1:0\"".to_owned());
        fs::write(path, text).unwrap();
    }

    /// Starts the process and waits until it listens.
    pub(super) fn start(&mut self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_path()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_renkei-registry"));
        command.args(["--access", "open"]).arg("--data").arg(&self.data);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        let end = Instant::now() + DEADLINE;
        for address in [self.mllp, self.soap] {
            while TcpStream::connect(address).is_err() {
                let ended = self.child.as_mut().unwrap().try_wait().unwrap();
                assert!(ended.is_none() && Instant::now() < end, "{}", self.log());
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub(super) fn partner(&self) -> Partner {
        Partner { soap: self.soap, mllp: self.mllp }
    }

    fn log_path(&self) -> PathBuf {
        Path::new(&self.data).with_extension("log")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _gone = child.kill();
            let _reaped = child.wait();
        }
    }
}

/// An address that was free a moment ago.
fn free() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// Somebody who talks to one process, on a new connection each time.
#[derive(Clone, Copy)]
pub(super) struct Partner {
    soap: SocketAddr,
    mllp: SocketAddr,
}

impl Partner {
    /// ITI-42.
    pub(super) fn register(&self, submission: &Submission) -> io::Result<Outcome> {
        let body = submit_objects::write_submit_objects_request(submission);
        let envelope = self.call("urn:ihe:iti:2007:RegisterDocumentSet-b", &body)?;
        let mut incoming = soap::Incoming::open(&envelope, xml::Limits::default()).unwrap();
        let response =
            registry_response::read_registry_response(&mut incoming.reader, &incoming.payload);
        let errors = response.unwrap().errors.into_iter();
        let errors = errors.filter(|error| error.severity == Severity::Error);
        let codes: Vec<String> = errors.map(|error| error.code).collect();
        Ok(if codes.is_empty() { Ok(()) } else { Err(codes) })
    }

    /// ITI-18: the Approved documents of a patient, in order of their ids.
    pub(super) fn approved(&self, patient: &PatientId) -> io::Result<Vec<EntryUuid>> {
        let status = quoted(AvailabilityStatus::Approved.urn());
        let parameters = [
            ("$XDSDocumentEntryPatientId", vec![quoted(&patient.to_cx())]),
            ("$XDSDocumentEntryStatus", vec![format!("({status})")]),
        ];
        self.find(&query(QueryId::FindDocuments, ReturnType::ObjectRef, parameters))
    }

    fn find(&self, request: &AdhocQueryRequest) -> io::Result<Vec<EntryUuid>> {
        let body = adhoc_query_request::write_adhoc_query_request(request);
        let envelope = self.call("urn:ihe:iti:2007:RegistryStoredQuery", &body)?;
        let mut incoming = soap::Incoming::open(&envelope, xml::Limits::default()).unwrap();
        let answer = adhoc_query_response::read_adhoc_query_response(
            &mut incoming.reader,
            &incoming.payload,
        );
        let answer = answer.unwrap();
        assert!(answer.response.is_success(), "{:?}", answer.response);
        let mut found = answer.object_refs;
        found.sort();
        Ok(found)
    }

    /// A SOAP exchange; an error if the connection breaks before the whole answer is there.
    fn call(&self, action: &str, body: &str) -> io::Result<String> {
        let message_id = format!("urn:uuid:{}", uuid::Uuid::new_v4());
        let envelope = soap::write_request(action, &message_id, "http://localhost/", body);
        let mut stream = connect(self.soap)?;
        write!(
            stream,
            "POST /xds/registry HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/soap+xml; charset=UTF-8; action=\"{action}\"\r\n\
             Content-Length: {}\r\n\r\n{envelope}",
            envelope.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}\n{body}");
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let Some(length) = length else { return without_chunks(body) };
        let is_whole = body.len() == length.parse::<usize>().unwrap();
        if is_whole { Ok(body.to_owned()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// ITI-8 A04.
    pub(super) fn announce(&self, patient: &PatientId) -> io::Result<Acknowledged> {
        self.feed(&patient_message("A04", &cx(patient)))
    }

    /// ITI-8 A40.
    pub(super) fn merge(
        &self,
        subsumed: &PatientId,
        surviving: &PatientId,
    ) -> io::Result<Acknowledged> {
        self.feed(&merge_message(&cx(surviving), &cx(subsumed)))
    }

    fn feed(&self, message: &str) -> io::Result<Acknowledged> {
        let mut stream = connect(self.mllp)?;
        stream.write_all(&hl7v2::mllp_frame(message.as_bytes()))?;
        let mut frame = Vec::new();
        while !frame.ends_with(b"\x1c\r") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            frame.extend(byte);
        }
        Ok(Acknowledged::read(&frame[1..frame.len() - 2]))
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A body of the transfer coding `chunked`, as one text. RFC 9112, 7.1.
fn without_chunks(mut body: &str) -> io::Result<String> {
    let mut whole = String::new();
    loop {
        let (size, rest) = body.split_once("\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        if size == 0 {
            return Ok(whole);
        }
        let (chunk, rest) = rest.split_at_checked(size).ok_or(io::ErrorKind::UnexpectedEof)?;
        whole.push_str(chunk);
        body = rest.strip_prefix("\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    }
}

//! A community in a process of its own, as an operator runs it.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use config::Endpoints;
use config::pki::PkiFolder;
use rustix::process::{Pid, Signal, kill_process};

use super::database::Database;
use super::http::{Connection, Identity};

/// No start and no stop takes longer, on a busy machine either.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Pause between two looks at a condition.
pub(crate) const LOOK: Duration = Duration::from_millis(10);

/// How a community is set up.
pub(crate) struct Setup {
    /// `plain` or `mtls`.
    pub(crate) transport: &'static str,
    /// `open` or `required`.
    pub(crate) access: &'static str,
    pub(crate) affinity_domain: &'static str,
    pub(crate) database: Database,
    /// File of the data folder, a line in it, and what stands there instead.
    pub(crate) edits: Vec<(&'static str, &'static str, &'static str)>,
    /// `RUST_LOG` of the process.
    pub(crate) log: &'static str,
    /// Further variables of the process.
    pub(crate) environment: Vec<(&'static str, OsString)>,
    /// Further options of `renkei up`.
    pub(crate) options: Vec<String>,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            transport: "plain",
            access: "open",
            affinity_domain: "1.2.392.99.1",
            database: Database::Sqlite,
            edits: Vec::new(),
            log: "info",
            environment: Vec::new(),
            options: Vec::new(),
        }
    }
}

/// A community that runs, or is to run again; killed when the test ends.
pub(crate) struct Community {
    process: Option<Child>,
    pub(crate) endpoints: Endpoints,
    setup: Setup,
    folder: tempfile::TempDir,
}

impl Community {
    /// Initialises a data folder and starts its community.
    pub(crate) fn start(setup: Setup) -> Community {
        let folder = tempfile::tempdir().unwrap();
        let mut community =
            Community { process: None, endpoints: Endpoints::default(), setup, folder };
        let mut init = Command::new(env!("CARGO_BIN_EXE_renkei"));
        init.arg("init").arg(community.data());
        init.args(["--affinity-domain", community.setup.affinity_domain]);
        let done = init.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        for (file, line, instead) in &community.setup.edits {
            let path = community.data().join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(line), "{file} has no line {line}");
            std::fs::write(&path, text.replacen(line, instead, 1)).unwrap();
        }
        community.up();
        community
    }

    /// SQLite, plain, everything as `renkei init` makes it.
    pub(crate) fn plain() -> Community {
        Community::start(Setup::default())
    }

    /// Starts the process and waits until it says where it is.
    pub(crate) fn up(&mut self) {
        self.begin_up();
        self.endpoints = self.await_endpoints();
    }

    /// Starts the process.
    pub(crate) fn begin_up(&mut self) {
        // A process that was killed has left the file of its ports.
        let _absent = Endpoints::remove(&self.data());
        let log = self.open_log();
        let mut up = Command::new(env!("CARGO_BIN_EXE_renkei"));
        up.args(["up", "--access", self.setup.access, "--port-base", "0"]);
        up.args(["--transport", self.setup.transport]).arg("--data").arg(self.data());
        if let Some(url) = self.setup.database.url() {
            up.args(["--database", &url]);
        }
        up.args(&self.setup.options);
        up.env("RUST_LOG", self.setup.log).envs(self.setup.environment.iter().cloned());
        up.stdout(log.try_clone().unwrap()).stderr(log);
        self.process = Some(up.spawn().unwrap());
    }

    fn open_log(&self) -> File {
        OpenOptions::new().create(true).append(true).open(self.log_path()).unwrap()
    }

    fn await_endpoints(&mut self) -> Endpoints {
        let end = Instant::now() + DEADLINE;
        let data = self.data();
        loop {
            if let Some(endpoints) = Endpoints::read(&data).unwrap() {
                return endpoints;
            }
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            let is_late = Instant::now() > end;
            assert!(ended.is_none() && !is_late, "the community did not start:\n{}", self.log());
            std::thread::sleep(LOOK);
        }
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// SIGKILL: as if the plug were pulled, except that the system keeps what it was given.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// SIGTERM, without waiting for the end.
    pub(crate) fn ask_to_stop(&self) {
        let process = self.process.as_ref().unwrap();
        kill_process(Pid::from_child(process), Signal::TERM).unwrap();
    }

    /// Waits for the end of a process that was asked to stop.
    pub(crate) fn await_end(&mut self) -> ExitStatus {
        let mut process = self.process.take().unwrap();
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = process.try_wait().unwrap() {
                return status;
            }
            if Instant::now() > end {
                process.kill().unwrap();
                process.wait().unwrap();
                assert!(Instant::now() <= end, "the community did not stop:\n{}", self.log());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// A graceful stop, which ends with success.
    pub(crate) fn stop(&mut self) {
        self.ask_to_stop();
        let status = self.await_end();
        assert!(status.success(), "{status}\n{}", self.log());
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What the processes of this community have said so far.
    pub(crate) fn log(&self) -> String {
        let bytes = std::fs::read(self.log_path()).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Runs `renkei` with these arguments on the data folder; it must find all well.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_renkei"));
        let output = command.args(arguments).arg("--data").arg(self.data()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&said));
    }

    /// The memory in use, in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// The most that was ever in use, in KiB.
    pub(crate) fn peak_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    fn status_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process_id()));
        let status = status.unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    pub(crate) fn database(&self) -> &Database {
        &self.setup.database
    }

    pub(crate) fn affinity_domain(&self) -> &'static str {
        self.setup.affinity_domain
    }

    pub(crate) fn repository_unique_id(&self) -> &str {
        &self.endpoints.repository_unique_id
    }

    /// As [`Community::registry`], by another client of the development authority.
    pub(crate) fn registry_as(&self, client: &str) -> Connection {
        let files = PkiFolder::of(&self.data()).client(client);
        let identity = Identity {
            ca: Path::new(&self.endpoints.ca),
            certificate: &files.certificate,
            key: &files.key,
        };
        let url = self.endpoints.addresses.registry.as_ref().unwrap();
        let address = url.trim_start_matches("https://").split('/').next().unwrap();
        Connection::open(address.parse().unwrap(), Some(identity))
    }

    /// A new connection to an endpoint of this community.
    pub(crate) fn connect(&self, url: &str) -> Connection {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (address, _) = rest.split_once('/').unwrap_or((rest, ""));
        Connection::open(address.parse().unwrap(), self.identity(scheme == "https"))
    }

    pub(crate) fn registry(&self) -> Connection {
        self.connect(self.endpoints.addresses.registry.as_ref().unwrap())
    }

    pub(crate) fn repository(&self) -> Connection {
        self.connect(self.endpoints.addresses.repository.as_ref().unwrap())
    }

    /// A connection to the listener of the patient feed.
    pub(crate) fn mllp(&self) -> Connection {
        let addresses = &self.endpoints.addresses;
        let is_tls = addresses.registry_mllps.is_some();
        let address = addresses.registry_mllps.as_ref().or(addresses.registry_mllp.as_ref());
        let address: SocketAddr = address.unwrap().parse().unwrap();
        Connection::open(address, self.identity(is_tls))
    }

    fn identity(&self, is_tls: bool) -> Option<Identity<'_>> {
        is_tls.then(|| Identity {
            ca: Path::new(&self.endpoints.ca),
            certificate: Path::new(&self.endpoints.client_cert),
            key: Path::new(&self.endpoints.client_key),
        })
    }

    /// Names of the files below a folder of the data folder, without the folders.
    pub(crate) fn files_below(&self, folder: &str) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.data().join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }
}

impl Drop for Community {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _gone = process.kill();
            let _reaped = process.wait();
        }
        if std::thread::panicking() {
            let log = std::fs::read(self.log_path()).unwrap_or_default();
            let start = log.len().saturating_sub(4096);
            let tail = log.get(start..).unwrap_or_default();
            eprintln!("--- the end of the log\n{}", String::from_utf8_lossy(tail));
        }
    }
}

//! A server under load: a process of its own, whose processor time and memory `/proc` tells.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum as _;

use crate::serve::Kind;

/// Linux counts processor time in hundredths of a second for user space, on every architecture.
const TICK: Duration = Duration::from_millis(10);

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts this program as a server and waits for its address.
    pub(crate) fn start(kind: Kind, arguments: &[OsString], logs: &Path) -> Result<Server> {
        let kind = kind.to_possible_value().context("a kind without name")?;
        let log = File::create(logs.join(format!("{}.log", kind.get_name())))?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .arg(kind.get_name())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("the server cannot be started")?;
        let output = child.stdout.take().context("the server has no output")?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let address = line.trim().parse().with_context(|| {
            format!(
                "the {} server did not start; its log is in {}",
                kind.get_name(),
                logs.display()
            )
        })?;
        Ok(Server { address, child, output })
    }

    /// Processor time of the process since its start, all threads.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(self.child.id())
    }

    /// The largest resident size so far, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        Ok(kib.context("/proc/PID/status has no VmHWM")? << 10)
    }

    /// Ends the process in order; what it says last.
    pub(crate) fn stop(mut self) -> Result<String> {
        drop(self.child.stdin.take());
        let mut last_words = String::new();
        self.output.read_to_string(&mut last_words)?;
        ensure!(self.child.wait()?.success(), "a server did not end in order");
        Ok(last_words.trim().to_owned())
    }
}

impl Drop for Server {
    /// A run that failed leaves no process behind; one that was stopped is gone already.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor time of a process since its start, all threads.
pub(crate) fn cpu_of(process: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name of the program, in parentheses, may hold anything; behind it stand numbers.
    let (_, numbers) = stat.rsplit_once(") ").context("/proc/PID/stat has no name")?;
    let mut numbers = numbers.split_ascii_whitespace().skip(11);
    let mut ticks = || numbers.next().and_then(|number| number.parse::<u32>().ok());
    let (user, system) = (ticks(), ticks());
    let ticks = user.zip(system).context("/proc/PID/stat has no times")?;
    Ok(TICK * ticks.0 + TICK * ticks.1)
}

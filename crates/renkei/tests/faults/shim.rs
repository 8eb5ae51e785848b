//! A disk that fails as it is told: `shim.c`, compiled and preloaded into a community's process.
//!
//! Test and process share the plan in a file. A fault hits the k-th call of a kind on a path, so that a test can
//! go through every call that a transaction makes until one passes without being hit.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Calls on files that can fail, as `shim.c` numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Write = 1,
    /// Of a file or a folder.
    Sync = 2,
    Rename = 4,
    Open = 8,
    Truncate = 16,
    Read = 32,
    MakeFolder = 64,
}

impl Operation {
    #[expect(clippy::as_conversions, reason = "the numbers stand above")]
    pub(crate) const fn number(self) -> u32 {
        self as u32
    }
}

/// Everything that changes what is on the disk.
pub(crate) const CHANGES: &[Operation] = &[
    Operation::Write,
    Operation::Sync,
    Operation::Rename,
    Operation::Open,
    Operation::Truncate,
    Operation::MakeFolder,
];

/// What the system says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errno {
    /// Nothing: it kills the process instead.
    Killed = 0,
    Io = 5,
    NoSpace = 28,
}

impl Errno {
    #[expect(clippy::as_conversions, reason = "the numbers stand above")]
    const fn number(self) -> u32 {
        self as u32
    }
}

/// Which calls fail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault<'a> {
    pub(crate) operations: &'a [Operation],
    /// Part of the path.
    pub(crate) path: &'a str,
    pub(crate) error: Errno,
    /// Calls that pass before.
    pub(crate) skip: u32,
    /// Calls that fail then, `u32::MAX` for all.
    pub(crate) times: u32,
    /// The first write to fail takes half of its bytes, and only the next one fails.
    pub(crate) is_partial: bool,
}

impl<'a> Fault<'a> {
    /// Every one of these calls, until the fault is lifted.
    pub(crate) fn lasting(operations: &'a [Operation], path: &'a str, error: Errno) -> Fault<'a> {
        Fault { operations, path, error, skip: 0, times: u32::MAX, is_partial: false }
    }
}

/// How often a plan took effect.
#[derive(Debug)]
pub(crate) struct Fired {
    pub(crate) n_fired: u32,
    /// Number of the operation and path of the last call that failed.
    pub(crate) last: String,
}

/// The plan of one process.
pub(crate) struct Shim {
    plan: File,
    folder: tempfile::TempDir,
}

const FIRED: usize = 28;
const PATH: usize = 32;
const PATH_BYTES: usize = 256;
const LAST: usize = PATH + PATH_BYTES;
const PLAN_BYTES: usize = LAST + PATH_BYTES;

impl Shim {
    pub(crate) fn new() -> Shim {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan");
        fs::write(&path, [0; PLAN_BYTES]).unwrap();
        let plan = OpenOptions::new().read(true).write(true).open(path).unwrap();
        Shim { plan, folder }
    }

    /// For [`crate::harness::community::Setup`].
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("LD_PRELOAD", library().as_os_str().to_owned()),
            ("RENKEI_FAULT_PLAN", self.folder.path().join("plan").into()),
        ]
    }

    pub(crate) fn arm(&self, fault: &Fault<'_>) {
        let operations: u32 = fault.operations.iter().map(|operation| operation.number()).sum();
        let (partial, error) = (u32::from(fault.is_partial), fault.error.number());
        let mut plan = Vec::with_capacity(PLAN_BYTES);
        for number in [0, operations, error, fault.skip, fault.times, partial, 0, 0] {
            plan.extend(number.to_ne_bytes());
        }
        plan.extend(fault.path.as_bytes());
        plan.resize(PLAN_BYTES, 0);
        self.plan.write_all_at(&plan, 0).unwrap();
        self.plan.write_all_at(&1_u32.to_ne_bytes(), 0).unwrap();
    }

    /// Lifts the fault.
    pub(crate) fn disarm(&self) -> Fired {
        self.plan.write_all_at(&0_u32.to_ne_bytes(), 0).unwrap();
        let mut plan = [0; PLAN_BYTES];
        self.plan.read_exact_at(&mut plan, 0).unwrap();
        let n_fired = plan.get(FIRED..FIRED + 4).unwrap().try_into().unwrap();
        let last = String::from_utf8_lossy(plan.get(LAST..).unwrap());
        Fired { n_fired: u32::from_ne_bytes(n_fired), last: last.trim_end_matches('\0').to_owned() }
    }
}

/// The compiled shim, for all tests of this run.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/shim.c");
        // Another run may be using the one that is there.
        let fresh = folder.join(format!("shim-{}.so", std::process::id()));
        let compiler = Command::new("cc")
            .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"])
            .arg(&fresh)
            .args([source, "-ldl"])
            .output()
            .unwrap();
        assert!(compiler.status.success(), "{}", String::from_utf8_lossy(&compiler.stderr));
        let library = folder.join("shim.so");
        fs::rename(fresh, &library).unwrap();
        library
    })
}

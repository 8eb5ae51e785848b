//! Runs the binary in a folder of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A folder with a community in `data`, which is removed at the end.
pub(crate) struct Workplace(tempfile::TempDir);

/// What a command left behind.
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workplace {
    pub(crate) fn empty() -> Workplace {
        Workplace(tempfile::tempdir().unwrap())
    }

    pub(crate) fn initialised() -> Workplace {
        let workplace = Workplace::empty();
        workplace.succeed(&["init", "data"]);
        workplace
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs `renkei` here; `data` is the community, unless the arguments name another.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        let output = Command::new(env!("CARGO_BIN_EXE_renkei"))
            .args(arguments)
            .current_dir(self.0.path())
            .env("RENKEI_DATA", "data")
            .env_remove("RENKEI_P12_PASSWORD")
            .output()
            .unwrap();
        Outcome {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{arguments:?}");
        outcome.stdout
    }

    /// A command that fails says why on standard error only.
    #[track_caller]
    pub(crate) fn fail(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{}", outcome.stderr);
        outcome.stderr
    }

    /// Wrong usage ends with 2.
    #[track_caller]
    pub(crate) fn misuse(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{}", outcome.stderr);
        outcome.stderr
    }
}

//! Why a command failed.

use std::path::PathBuf;

use config::{ConfigError, Faults};

/// What `main` reports; the chain of sources is printed with it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("{}: {}", data.display(), count(faults.count()))]
    Faults {
        data: PathBuf,
        #[source]
        faults: Faults,
    },
    #[error(transparent)]
    Config(#[from] ConfigError),
}

fn count(n_faults: usize) -> String {
    if n_faults == 1 { "1 fault".to_owned() } else { format!("{n_faults} faults") }
}

//! All-in-one launcher and command line.
//!
//! One file per command under `commands/`; the shape of the command line is in `cli`. A
//! command that fails says why on standard error and ends with 1, wrong usage ends with 2.

mod admin;
mod arguments;
mod assertion;
mod audit_trail;
mod cli;
mod clock;
mod commands;
mod error;
mod issuer_dates;
mod maintenance;
mod output;
mod patient_import;
mod stored_query;
mod submission;
mod table;
mod transactions;
mod up;
mod wire;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::failure(&error);
            ExitCode::FAILURE
        }
    }
}

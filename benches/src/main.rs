//! `renkei-load`: what a community does, as a share of what a plain server of the same make does: stored
//! queries against fixed bytes, documents against files, patients against rows.

mod audit;
mod client;
mod load;
mod machine;
mod measured;
mod mllp;
mod pix;
mod serve;
mod server;
mod transfer;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Load driver of stored queries (ITI-18), documents (ITI-41, ITI-43), audit messages and patients (ITI-8, ITI-9, ITI-21).
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fills a registry, drives it and a static server in turns, and prints the ratios as Markdown.
    Load(load::Options),
    /// Sends documents to a community and to a file server in turns, fetches them, and prints the ratios.
    Transfer(transfer::Options),
    /// Stores audit messages in a repository and in a bare table in turns, or searches, and prints the ratios.
    Audit(audit::Options),
    /// Asks and feeds a PIX manager and plain MLLP servers in turns, and prints the ratios.
    Pix(pix::Options),
    /// Serves until standard input ends; what the others start as processes of their own.
    #[command(hide = true)]
    Serve(serve::Options),
}

fn main() -> Result<ExitCode> {
    match Arguments::parse().command {
        Command::Load(options) => load::run(&options)?,
        Command::Transfer(options) => transfer::run(&options)?,
        Command::Audit(options) => audit::run(&options)?,
        Command::Pix(options) => pix::run(&options)?,
        Command::Serve(options) => serve::run(&options)?,
    }
    Ok(ExitCode::SUCCESS)
}

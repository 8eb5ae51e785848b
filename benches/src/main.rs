//! `renkei-load`: how many stored queries a registry answers, as a share of what the same server sends as
//! fixed bytes.

mod load;
mod serve;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Load driver of the stored query (ITI-18).
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
    /// Serves until standard input ends; what `load` starts as processes of their own.
    #[command(hide = true)]
    Serve(serve::Options),
}

fn main() -> Result<ExitCode> {
    match Arguments::parse().command {
        Command::Load(options) => load::run(&options)?,
        Command::Serve(options) => serve::run(&options)?,
    }
    Ok(ExitCode::SUCCESS)
}

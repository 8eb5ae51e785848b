//! `renkei-conformance`: the command line of the conformance runs.

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use conformance::case::Case;
use conformance::endpoints::Endpoints;
use conformance::evidence::Evidence;
use conformance::report::{CaseReport, Report};
use conformance::run::{Certificates, Runner};
use conformance::suite::{Suite, fits};
use std::io::{Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

/// Connectathon-style runs against any IHE server, from outside, over the wire.
#[derive(Parser)]
#[command(
    name = "renkei-conformance",
    version,
    after_help = "Examples:\n  \
        renkei-conformance run --endpoints renkei-data/endpoints.json\n  \
        renkei-conformance run --endpoints peer.json --case 'iti-42/*' --json report.json\n  \
        renkei-conformance show iti-42/unknown_patient"
)]
struct CommandLine {
    /// A suite of your own: a folder with `cases/` and `messages/`
    #[arg(long, global = true, value_name = "DIR")]
    suite: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run cases; the exit code is 1 when one of them fails
    Run(Box<RunArguments>),
    /// List the cases with what they demand
    List(ListArguments),
    /// Show a case file
    Show {
        /// Id of the case, `iti-42/unknown_patient`
        id: String,
    },
}

#[derive(Args)]
struct ListArguments {
    /// What is covered instead: each rule, error code and query parameter with its cases
    #[arg(long, conflicts_with = "suite")]
    coverage: bool,
}

#[derive(Args)]
struct RunArguments {
    /// Addresses, identifiers and certificates of the server under test
    #[arg(long, value_name = "FILE")]
    endpoints: PathBuf,
    /// Only cases whose id fits; `*` stands for anything; may be repeated
    #[arg(long = "case", value_name = "GLOB")]
    cases: Vec<String>,
    /// Cases to skip, and to report as skipped; may be repeated
    #[arg(long = "except", value_name = "GLOB")]
    excepted: Vec<String>,
    /// Where every request and answer is kept
    #[arg(long, value_name = "DIR", default_value = "conformance-evidence")]
    evidence: PathBuf,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Authority of the server's certificate, PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Key of that authority, to make certificates that it might issue (cases iti-19/*), PEM
    #[arg(long, value_name = "FILE")]
    ca_key: Option<PathBuf>,
    /// Own certificate, PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Key of the own certificate, PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    #[command(flatten)]
    assertions: AssertionArguments,
}

/// What is said of the requesting person; each request carries an assertion if there is an issuer.
#[derive(Args)]
#[command(next_help_heading = "Access by assertion (XUA)")]
struct AssertionArguments {
    /// Key of an issuer that the server trusts, PEM: every request carries an assertion of it
    #[arg(long, value_name = "FILE", requires = "issuer_cert")]
    issuer_key: Option<PathBuf>,
    /// Its certificate, PEM
    #[arg(long, value_name = "FILE", requires = "issuer_key")]
    issuer_cert: Option<PathBuf>,
    /// The text of saml:Issuer
    #[arg(long, value_name = "URI")]
    issuer: Option<String>,
    /// The text of saml:Audience; without it `audience`, or else the OID of the affinity domain
    #[arg(long, value_name = "URI")]
    audience: Option<String>,
    /// organization-id; without it that of the hospital of a new Renkei folder
    #[arg(long, value_name = "URI")]
    organization_id: Option<String>,
    /// The role; without it a physician by SNOMED CT
    #[arg(long, value_name = "CODE^SYSTEM^DISPLAY")]
    role: Option<String>,
    /// Purpose of use; without it TREAT
    #[arg(long, value_name = "CODE^SYSTEM^DISPLAY")]
    purpose: Option<String>,
}

impl RunArguments {
    /// What the command line says in place of the endpoints file.
    fn replace(&self, endpoints: &mut Endpoints) -> Result<()> {
        let given = &self.assertions;
        let files = [
            ("ca_key", &self.ca_key),
            ("issuer_key", &given.issuer_key),
            ("issuer_cert", &given.issuer_cert),
        ];
        for (key, file) in files {
            if let Some(file) = file {
                let path = std::path::absolute(file)?;
                endpoints.replace(key, path.to_string_lossy().into_owned());
            }
        }
        let texts = [
            ("issuer", &given.issuer),
            ("audience", &given.audience),
            ("organization_id", &given.organization_id),
            ("role", &given.role),
            ("purpose", &given.purpose),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                endpoints.replace(key, text.clone());
            }
        }
        Ok(())
    }
}

/// Exit codes: 0 when no case failed, 1 when one did, 2 when there was no run.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match perform(CommandLine::parse()).await {
        Ok(code) => code,
        Err(error) => {
            // The chain in one line; nothing can be done about a closed error stream.
            let _ = writeln!(stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn perform(arguments: CommandLine) -> Result<ExitCode> {
    let suite = match &arguments.suite {
        Some(folder) => Suite::in_folder(folder)?,
        None => Suite::built_in(),
    };
    match arguments.command {
        Command::Run(arguments) => run(&suite, *arguments).await,
        Command::List(ListArguments { coverage: true }) => list_coverage(),
        Command::List(ListArguments { coverage: false }) => list(&suite),
        Command::Show { id } => show(&suite, &id),
    }
}

async fn run(suite: &Suite, arguments: RunArguments) -> Result<ExitCode> {
    let mut endpoints = Endpoints::read(&arguments.endpoints)?;
    arguments.replace(&mut endpoints)?;
    let cases = suite.cases()?;
    for pattern in arguments.cases.iter().chain(&arguments.excepted) {
        // A run of nothing must not look like success, nor an exception that no longer exists.
        if !cases.iter().any(|case| fits(pattern, &case.id)) {
            bail!("no case fits `{pattern}`");
        }
    }
    let any = |patterns: &[String], case: &Case| patterns.iter().any(|p| fits(p, &case.id));
    let is_chosen = |case: &Case| arguments.cases.is_empty() || any(&arguments.cases, case);
    let is_excepted = |case: &Case| any(&arguments.excepted, case);
    let certificates =
        Certificates { ca: arguments.ca, certificate: arguments.cert, key: arguments.key };
    let evidence = Evidence::new(arguments.evidence);
    let runner = Runner::new(suite, &endpoints, &certificates, &evidence)?;
    let started = jiff::Timestamp::now().to_string();
    let mut reports = Vec::new();
    for case in cases.iter().filter(|case| is_chosen(case)) {
        let report = if is_excepted(case) {
            CaseReport::excepted(case)
        } else {
            Box::pin(runner.run(case)).await
        };
        writeln!(stdout(), "{report}")?;
        reports.push(report);
    }
    let report = Report::new(started, reports);
    writeln!(stdout(), "{}", report.summary())?;
    if let Some(path) = arguments.json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(if report.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn list(suite: &Suite) -> Result<ExitCode> {
    for case in suite.cases()? {
        writeln!(stdout(), "{}\n    {}\n    {}", case.id, case.requirement, case.paragraph)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn list_coverage() -> Result<ExitCode> {
    for section in conformance::coverage::table() {
        writeln!(stdout(), "{section}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(suite: &Suite, id: &str) -> Result<ExitCode> {
    let Some(text) = suite.case_text(id) else { bail!("there is no case `{id}`") };
    write!(stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}

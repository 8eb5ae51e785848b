//! Tasks of the workspace: `cargo xtask arrows` checks that dependencies point downward only.

mod arrows;

use std::process::ExitCode;

fn main() -> ExitCode {
    let task = std::env::args().nth(1);
    let outcome = match task.as_deref() {
        Some("arrows") => arrows::check_workspace(),
        _ => Err(anyhow::anyhow!("usage: cargo xtask arrows")),
    };
    match outcome {
        Ok(summary) => {
            report(&summary);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a command line task reports on standard output")]
fn report(text: &str) {
    println!("{text}");
}

//! What a command says: results on standard output, failures on standard error.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};

/// One line for people, or for a script that reads this command.
pub(crate) fn line(text: impl Display) {
    // Nobody reads any more (`renkei … | head`): the work of the command is done all the same.
    drop(writeln!(io::stdout(), "{text}"));
}

/// What the user must not overlook, on standard error.
pub(crate) fn warning(text: impl Display) {
    drop(writeln!(io::stderr(), "warning: {text}"));
}

/// The failure with everything that led to it, one cause a line.
pub(crate) fn failure(error: &dyn Error) {
    let mut text = format!("error: {error}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("{error}\n"));
        cause = error.source();
    }
    drop(io::stderr().write_all(text.as_bytes()));
}

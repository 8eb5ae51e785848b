//! What a command says: results on standard output, failures on standard error.

use std::borrow::Cow;
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

/// Text that others wrote, made harmless for a line of ours.
///
/// Replaces what could break the line, command the terminal, or turn the direction of reading
/// and so show another name than the one that is there.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.contains(is_harmful) {
        Cow::Owned(text.replace(is_harmful, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn is_harmful(character: char) -> bool {
    let turns_or_breaks = matches!(
        character,
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    character.is_control() || turns_or_breaks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_stays_on_its_line() {
        assert!(matches!(plain("診療情報提供書 (髙橋)"), Cow::Borrowed(_)));
        assert_eq!(
            plain("a\tb\r\nc\u{1b}[1m\u{9b}"),
            "a\u{fffd}b\u{fffd}\u{fffd}c\u{fffd}[1m\u{fffd}"
        );
        assert_eq!(plain("x\u{202e}fdp.exe\u{2066}"), "x\u{fffd}fdp.exe\u{fffd}");
    }
}

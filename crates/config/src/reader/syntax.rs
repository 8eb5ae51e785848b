//! Broken TOML syntax: every line with a fault, not only the first.
//!
//! The parser gives up at some faults. Each line it objects to is blanked, byte for byte so
//! that places stay what they are, and the rest is parsed again.

use toml::de::{DeTable, Error};

use super::Source;
use crate::fault::Fault;

/// A file with more illegible lines than this is no configuration; each costs one parse.
const MAX_PASSES: usize = 64;

/// A text in which the illegible lines are blank, and what was wrong with them.
pub(super) struct Legible {
    pub(super) text: String,
    pub(super) faults: Vec<Fault>,
}

pub(super) fn legible(source: &Source) -> Legible {
    let mut legible = Legible { text: source.text.clone(), faults: Vec::new() };
    for _ in 0..MAX_PASSES {
        let errors = DeTable::parse_recoverable(&legible.text).1;
        let text = blanked(&legible.text, &errors);
        legible.faults.extend(errors.iter().map(|error| fault(source, error)));
        // Nothing to blank: no error, or one at the end of the file, such as an open string.
        if text == legible.text {
            break;
        }
        legible.text = text;
    }
    legible
}

/// The text without the lines at which errors begin.
fn blanked(text: &str, errors: &[Error]) -> String {
    let starts: Vec<usize> = errors.iter().filter_map(|error| Some(error.span()?.start)).collect();
    let mut blanked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let begin = blanked.len();
        let is_illegible = |start: &usize| (begin..begin + line.len()).contains(start);
        if starts.iter().any(is_illegible) {
            let content = line.trim_end_matches('\n');
            blanked.extend(std::iter::repeat_n(' ', content.len()));
            blanked.push_str(line.strip_prefix(content).unwrap_or_default());
        } else {
            blanked.push_str(line);
        }
    }
    blanked
}

fn fault(source: &Source, error: &Error) -> Fault {
    Fault {
        file: source.file.clone(),
        line: error.span().map(|span| source.line(span.start)),
        key: String::new(),
        problem: format!("not TOML: {}", error.message()),
        remedy: "a line is `key = value`, texts stand in double quotes".to_owned(),
    }
}

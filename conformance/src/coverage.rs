//! What the suite covers: each rule, error code and query parameter, with the case that shows it kept and the
//! case that shows it broken. Of Document Registry and Document Repository the rows stand here; of the Patient
//! Identifier Cross-reference Manager and the Patient Demographics Supplier they are the rows of `rules/`.
//!
//! A row without a case says why there is none. A test demands that no row is empty and that every
//! case exists; `renkei-conformance list --coverage` prints the table.

mod errors;
mod feeds;
mod formats;
mod parameters;
mod repository;
mod rules;

use crate::suite::Suite;
use crate::table::rules as rule_tables;
use std::borrow::Cow;
use std::fmt;

/// One demand of the Technical Framework.
#[derive(Debug)]
pub struct Row {
    /// Rule, error code, parameter or form of an answer.
    pub demand: String,
    /// It is kept: accepted, found, answered.
    pub positive: Cover,
    /// It is broken: refused, or not found.
    pub negative: Cover,
}

/// Why a demand counts as covered.
#[derive(Debug)]
pub enum Cover {
    /// By these cases, at least one.
    Cases(Vec<String>),
    /// By none, for this reason.
    None(String),
}

/// Rows of one kind.
#[derive(Debug)]
pub struct Section {
    /// What the rows are.
    pub title: Cow<'static, str>,
    /// In the order of the Technical Framework.
    pub rows: Vec<Row>,
}

/// A row as the tables of this module write it: demand, positive, negative. A text that begins
/// with `-` is a reason, everything else the ids of cases.
type Line = (&'static str, &'static [&'static str], &'static [&'static str]);

/// The whole table.
#[must_use]
pub fn table() -> Vec<Section> {
    let named = |title: &'static str, rows| Section { title: Cow::Borrowed(title), rows };
    let mut sections = vec![
        named("Rules of ITI-42", rows(rules::RULES)),
        named("Duties of ITI-41", rows(repository::PROVIDE)),
        named("Answers of ITI-43", rows(repository::RETRIEVE)),
        named("Packages of ITI-41 and ITI-43", rows(repository::PACKAGES)),
        named("Error codes of ITI-18, ITI-41, ITI-42 and ITI-43", rows(errors::CODES)),
        named("Parameters of stored queries", parameters::rows()),
        named("Feeds of patients", rows(feeds::FEEDS)),
        named("Forms of objects and answers", rows(formats::FORMATS)),
    ];
    // A table that cannot be read gives no cases either, and the suite says so.
    let suite = Suite::built_in();
    let tables = suite.files_below("rules/");
    sections.extend(tables.filter_map(|(place, text)| rule_tables::section(place, text).ok()));
    sections
}

fn rows(lines: &[Line]) -> Vec<Row> {
    let row = |(demand, positive, negative): &Line| Row {
        demand: (*demand).to_owned(),
        positive: Cover::read(positive),
        negative: Cover::read(negative),
    };
    lines.iter().map(row).collect()
}

impl Cover {
    fn read(texts: &[&str]) -> Cover {
        match texts {
            [one] => match one.strip_prefix('-') {
                Some(reason) => Cover::None(reason.trim().to_owned()),
                None => Cover::Cases(vec![(*one).to_owned()]),
            },
            several => Cover::Cases(several.iter().map(|id| (*id).to_owned()).collect()),
        }
    }
}

impl fmt::Display for Cover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cover::Cases(ids) => f.write_str(&ids.join(", ")),
            Cover::None(reason) => write!(f, "no case: {reason}"),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.demand)?;
        writeln!(f, "    + {}", self.positive)?;
        write!(f, "    - {}", self.negative)
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}\n", self.title)?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

//! The table of what is covered: no row is empty, every case exists, nothing of the Technical
//! Framework is left out.

use crate::case::Case;
use crate::coverage::{Cover, Row, Section, table};
use crate::suite::Suite;
use std::collections::BTreeSet;
use std::path::Path;

fn rows() -> Vec<Row> {
    table().into_iter().flat_map(|section| section.rows).collect()
}

#[test]
fn every_row_names_cases_that_exist_or_a_reason() {
    let cases = Suite::built_in().cases().unwrap();
    let known: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    let rows = rows();
    assert!(rows.len() > 150, "{} rows", rows.len());
    for row in &rows {
        for cover in [&row.positive, &row.negative] {
            match cover {
                Cover::None(reason) => assert!(reason.len() > 10, "{}", row.demand),
                Cover::Cases(ids) => {
                    assert!(!ids.is_empty(), "{} is not covered", row.demand);
                    for id in ids {
                        assert!(known.contains(id.as_str()), "{}: no case {id}", row.demand);
                    }
                }
            }
        }
        // A demand that no case shows at all is a gap, whatever the reasons are.
        let both = matches!((&row.positive, &row.negative), (Cover::None(_), Cover::None(_)));
        assert!(!both, "{} has no case", row.demand);
    }
    let demands: BTreeSet<&str> = rows.iter().map(|row| row.demand.as_str()).collect();
    assert_eq!(demands.len(), rows.len(), "a demand stands there twice");
}

/// A row that was forgotten in the table of what is covered would cover itself by silence.
#[test]
fn every_row_of_a_table_of_queries_or_submissions_is_named() {
    let named: BTreeSet<String> = rows()
        .into_iter()
        .flat_map(|row| [row.positive, row.negative])
        .flat_map(|cover| match cover {
            Cover::Cases(ids) => ids,
            Cover::None(_) => Vec::new(),
        })
        .collect();
    let from_tables = |case: &&Case| case.id.matches('/').count() == 2;
    for case in Suite::built_in().cases().unwrap().iter().filter(from_tables) {
        assert!(named.contains(&case.id), "{} is not in the table", case.id);
    }
}

#[test]
fn the_rules_of_a_registration_are_numbered_without_a_gap() {
    let rules = &table()[0];
    let numbers: Vec<usize> = rules
        .rows
        .iter()
        .filter_map(|row| row.demand.split_once('.').and_then(|(number, _)| number.parse().ok()))
        .collect();
    assert_eq!(numbers, (1..=20).collect::<Vec<usize>>());
}

#[test]
fn the_table_is_printed_with_both_sides_of_each_row() {
    let row = |positive, negative| Row { demand: "d".to_owned(), positive, negative };
    let cases = |ids: &[&str]| Cover::Cases(ids.iter().map(|id| (*id).to_owned()).collect());
    let rows = vec![row(cases(&["a", "b"]), Cover::None("why".to_owned()))];
    let text = Section { title: "Title", rows }.to_string();
    assert_eq!(text, "## Title\n\nd\n    + a, b\n    - no case: why\n");
}

/// The digest of the Technical Framework, where it is at hand, lists what there is.
fn digest() -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/spec/xds.md");
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        eprintln!("skipped: no ../shared");
    }
    text
}

/// The text between two headings of the digest.
fn section<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, text) = text.split_at(text.find(begin).unwrap());
    text.split_at(text.find(end).unwrap()).0
}

#[test]
fn every_parameter_of_every_stored_query_is_covered() {
    let Some(text) = digest() else { return };
    let demands: BTreeSet<String> = rows().into_iter().map(|row| row.demand).collect();
    let mut n_parameters = 0;
    for query in section(&text, "### 6.7", "#### FindDocumentsExclude").split("\n#### ").skip(1) {
        let name = query.split_whitespace().next().unwrap();
        let body = query.split_once('\n').unwrap().1;
        let mut words: Vec<&str> = body.split('`').skip(1).step_by(2).collect();
        words.retain(|word| word.starts_with('$') || *word == "@home");
        for word in words {
            let both: Vec<String> = match word.strip_suffix("From") {
                Some(stem) => vec![word.to_owned(), format!("{stem}To")],
                None => vec![word.to_owned()],
            };
            for parameter in both {
                assert!(demands.contains(&format!("{name} {parameter}")), "{name} {parameter}");
                n_parameters += 1;
            }
        }
    }
    assert!(n_parameters > 80, "{n_parameters}");
}

#[test]
fn every_error_code_of_repository_and_registry_is_covered() {
    let Some(text) = digest() else { return };
    let demands: BTreeSet<String> = rows().into_iter().map(|row| row.demand).collect();
    let mut n_codes = 0;
    for line in section(&text, "## 8.", "## 9.").lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, codes, severity, used_in, ..] = cells.as_slice() else { continue };
        let ours = ["P", "R", "SQ", "all", "as Busy", "–"];
        let used =
            used_in.split_whitespace().any(|word| ours.contains(&word.trim_matches(['(', ')'])))
                || ours.contains(used_in);
        if !matches!(*severity, "E" | "W" | "W/E" | "–") || !used {
            continue;
        }
        for code in codes.split([',', '/']).map(str::trim) {
            let known = demands.iter().any(|demand| {
                demand == code
                    || (code.ends_with('…') && demand.starts_with(code.trim_end_matches('…')))
            });
            assert!(known, "{code} is not in the table");
            n_codes += 1;
        }
    }
    assert!(n_codes >= 35, "{n_codes}");
}

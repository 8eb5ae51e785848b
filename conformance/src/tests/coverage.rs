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
    assert!(rows.len() > 190, "{} rows", rows.len());
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
fn every_row_of_a_table_and_every_case_of_a_repository_is_named() {
    let named: BTreeSet<String> = rows()
        .into_iter()
        .flat_map(|row| [row.positive, row.negative])
        .flat_map(|cover| match cover {
            Cover::Cases(ids) => ids,
            Cover::None(_) => Vec::new(),
        })
        .collect();
    let of_tables = |case: &&Case| {
        let of_repository = case.id.starts_with("iti-41/") || case.id.starts_with("iti-43/");
        of_repository || case.id.matches('/').count() == 2
    };
    for case in Suite::built_in().cases().unwrap().iter().filter(of_tables) {
        assert!(named.contains(&case.id), "{} is not in the table", case.id);
    }
}

/// The numbers in front of the demands of a section, each once.
#[track_caller]
fn numbers(title: &str) -> Vec<usize> {
    let table = table();
    let rules = table.iter().find(|section| section.title == title).unwrap();
    let number = |row: &Row| row.demand.split_once('.').and_then(|(n, _)| n.parse().ok());
    let mut numbers: Vec<usize> = rules.rows.iter().filter_map(number).collect();
    numbers.dedup();
    numbers
}

#[test]
fn the_rules_of_a_registration_are_numbered_without_a_gap() {
    assert_eq!(numbers("Rules of ITI-42"), (1..=20).collect::<Vec<usize>>());
}

/// The numbered lines of a section of the digest.
fn numbered_lines(text: &str) -> Vec<usize> {
    let number = |line: &str| line.split_once(". ").and_then(|(n, _)| n.parse().ok());
    text.lines().filter_map(number).collect()
}

#[test]
fn the_duties_of_a_repository_and_the_rules_of_packages_are_numbered_without_a_gap() {
    let (duties, packages) =
        (numbers("Duties of ITI-41"), numbers("Packages of ITI-41 and ITI-43"));
    assert_eq!(duties, (1..=5).collect::<Vec<usize>>());
    assert_eq!(packages, (1..=10).collect::<Vec<usize>>());
    let Some(text) = digest() else { return };
    assert_eq!(numbered_lines(section(&text, "## 5.", "## 6.")), duties);
    assert_eq!(numbered_lines(section(&text, "### 13.4", "### 13.5")), packages);
}

/// What the digest prints in bold there are the codes that the repository itself may answer.
#[test]
fn every_code_of_a_repository_is_provoked_at_a_repository() {
    let Some(text) = digest() else { return };
    let rows = rows();
    let mut n_codes = 0;
    for part in [section(&text, "## 5.", "## 6."), section(&text, "## 7.", "## 8.")] {
        for code in part.split("**").skip(1).step_by(2).filter(|word| word.starts_with("XDS")) {
            let row = rows.iter().find(|row| row.demand == code);
            let row = row.unwrap_or_else(|| panic!("{code} is not in the table"));
            let at_repository =
                |id: &String| id.starts_with("iti-41/") || id.starts_with("iti-43/");
            if let Cover::Cases(ids) = &row.positive {
                let optional = code == "XDSResultNotSinglePatient";
                assert!(
                    optional || ids.iter().any(at_repository),
                    "{code} comes from no repository"
                );
            }
            n_codes += 1;
        }
    }
    assert!(n_codes >= 10, "{n_codes}");
}

#[test]
fn the_table_is_printed_with_both_sides_of_each_row() {
    let row = |positive, negative| Row { demand: "d".to_owned(), positive, negative };
    let cases = |ids: &[&str]| Cover::Cases(ids.iter().map(|id| (*id).to_owned()).collect());
    let rows = vec![row(cases(&["a", "b"]), Cover::None("why".to_owned()))];
    let text = Section { title: "Title".into(), rows }.to_string();
    assert_eq!(text, "## Title\n\nd\n    + a, b\n    - no case: why\n");
}

/// The digest of the Technical Framework, where it is at hand, lists what there is.
fn digest() -> Option<String> {
    digest_of("xds.md")
}

fn digest_of(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/spec").join(name);
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
        let ours = ["P", "R", "RS", "SQ", "all", "as Busy", "–"];
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
    assert!(n_codes >= 37, "{n_codes}");
}

/// The rules that rows of `rules/` name in front of their demands.
fn named_rules() -> BTreeSet<String> {
    let rows = rows();
    let named = rows.iter().filter_map(|row| row.demand.split_once(": "));
    named.flat_map(|(rules, _)| rules.split(", ")).map(str::to_owned).collect()
}

/// Sections of the digest of PIX and PDQ that a manager is asked about from outside; of the others FHIR is not
/// there yet, ITI-31 is the matter of hospitals, and §8 is that of the registry (`iti-64/*`).
const PIX_SECTIONS: &[&str] = &[
    "1.1", "1.3", "1.4", "2", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "4.1", "4.2", "4.3", "5",
    "6.1", "6.2", "6.3", "6.4", "6.5", "6.6", "7", "9.1", "9.2", "9.3", "9.4", "9.5", "10", "11",
    "13.1", "13.2", "13.3", "17.1", "17.2", "17.3", "17.5",
];

#[test]
fn every_section_about_pix_and_pdq_has_rules() {
    let named = named_rules();
    for section in PIX_SECTIONS {
        let begin = format!("{section} ");
        let is_named = named.iter().any(|rule| rule == section || rule.starts_with(&begin));
        assert!(is_named, "{section} has no rule");
    }
}

/// Audit records (14) cannot be seen from outside.
#[test]
fn the_checklist_is_gone_through() {
    let named = named_rules();
    let missing: Vec<usize> =
        (1..=13).filter(|number| !named.contains(&format!("18.{number}"))).collect();
    assert_eq!(missing, Vec::<usize>::new());
}

/// What an assertion can be, item by item; whether there is one record of each cannot be seen from outside.
#[test]
fn every_assertion_of_the_checklist_has_a_rule() {
    let named = named_rules();
    for section in ["NODE 14.1", "NODE 14.2", "XUA 9.1", "XUA 9.5"] {
        assert!(named.contains(section), "{section} has no rule");
    }
    for step in 1..=10 {
        let begin = format!("XUA 9.4 step {step}");
        let is_named = |rule: &String| *rule == begin || rule.starts_with(&format!("{begin} "));
        assert!(named.iter().any(is_named), "{begin} has no rule");
    }
    let Some(text) = digest_of("security-audit.md") else { return };
    let line = section(&text, "| 9 | XUA: ", "\n| 10 |");
    let items = line.trim_start_matches("| 9 | XUA: ").split(" - ").next().unwrap().split("; ");
    let mut n_items = 0;
    for item in items {
        assert!(named.contains(&format!("XUA 14.9 {item}")), "{item} has no rule");
        n_items += 1;
    }
    assert!(n_items >= 12, "{n_items}");
}

/// The tables of cases, of parameters and of validators are gone through line by line.
#[test]
fn every_case_and_parameter_of_the_tables_has_a_rule() {
    let Some(text) = digest_of("pix-pdq.md") else { return };
    let named = named_rules().into_iter().collect::<Vec<_>>().join("\n");
    let first_cells = |begin: &str, end: &str| -> Vec<String> {
        let lines = section(&text, begin, end).lines();
        let cells = lines.filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        cells.map(|cell| cell.replace('`', "")).filter(|cell| cell != "#").collect()
    };
    let mut n_found = 0;
    for (section_number, begin, end) in [
        ("4.3", "### 4.3", "\n---"),
        ("6.4", "### 6.4", "### 6.5"),
        ("13.2", "### 13.2", "### 13.3"),
    ] {
        for number in first_cells(begin, end).iter().filter(|cell| cell.parse::<u8>().is_ok()) {
            assert!(
                named.contains(&format!("{section_number} case {number}")),
                "{section_number} {number}"
            );
            n_found += 1;
        }
    }
    for (section_number, begin, end) in [
        ("9.5", "### 9.5", "`controlActProcess/@moodCode`"),
        ("13.1", "### 13.1", "semanticsText is"),
    ] {
        for cell in first_cells(begin, end) {
            let names = cell.split(['(', '/']).next().unwrap().split(',');
            for name in
                names.map(str::trim).filter(|name| !matches!(*name, "Message" | "Parameter"))
            {
                let is_named = named
                    .lines()
                    .any(|rule| rule.starts_with(section_number) && rule.contains(name));
                assert!(is_named, "{section_number} {name}");
                n_found += 1;
            }
        }
    }
    assert!(n_found >= 30, "{n_found}");
}

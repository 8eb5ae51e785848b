//! The table of `renkei find`: a line for each document, by time.

use datatypes::Dtm;
use ebxml::Stored;
use xds::{AvailabilityStatus, DocumentEntry};

use crate::output::plain;
use crate::table::width;

const HEAD: [&str; 8] =
    ["TIME (UTC)", "CLASS", "TITLE", "MIME TYPE", "SIZE", "STATUS", "UNIQUE ID", "ENTRY UUID"];

/// Where the size stands, which is set to the right.
const SIZE: usize = 4;

/// Head and documents; one line that says so if there are none.
pub(super) fn lines(entries: &[Stored<DocumentEntry>]) -> Vec<String> {
    if entries.is_empty() {
        return vec!["no documents".to_owned()];
    }
    let mut sorted: Vec<&Stored<DocumentEntry>> = entries.iter().collect();
    sorted.sort_by_key(|stored| stored.object.creation_time.as_ref().map(Dtm::sort_key));
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(sorted.into_iter().map(row));
    let widths: [usize; 8] = std::array::from_fn(|column| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    });
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn row(stored: &Stored<DocumentEntry>) -> [String; 8] {
    let entry = &stored.object;
    let title = entry.title.as_ref().map_or("-", |title| &title.value);
    let status = match stored.status {
        Some(AvailabilityStatus::Approved) => "approved",
        Some(AvailabilityStatus::Deprecated) => "deprecated",
        None => "-",
    };
    [
        entry.creation_time.as_ref().map_or_else(|| "-".to_owned(), readable),
        plain(&entry.class_code.value.display).into_owned(),
        plain(title).into_owned(),
        entry.mime_type.to_string(),
        entry.size.map_or_else(|| "-".to_owned(), |size| size.to_string()),
        status.to_owned(),
        plain(entry.unique_id.value.as_str()).into_owned(),
        plain(&entry.id.to_string()).into_owned(),
    ]
}

fn line(row: &[String; 8], widths: &[usize; 8]) -> String {
    let mut line = String::new();
    for (column, (cell, column_width)) in row.iter().zip(widths).enumerate() {
        let blanks = " ".repeat(column_width.saturating_sub(width(cell)));
        let (before, after) =
            if column == SIZE { (blanks, String::new()) } else { (String::new(), blanks) };
        line.push_str(&before);
        line.push_str(cell);
        line.push_str(&after);
        line.push_str("  ");
    }
    line.trim_end().to_owned()
}

/// `2026-04-01 09:30:00`, as far as the time is precise.
fn readable(time: &Dtm) -> String {
    const BEFORE: [(usize, char); 5] = [(4, '-'), (6, '-'), (8, ' '), (10, ':'), (12, ':')];
    let mut text = String::new();
    for (place, digit) in time.as_str().chars().enumerate() {
        let separator = BEFORE.iter().find(|(position, _)| *position == place);
        text.extend(separator.map(|(_, separator)| *separator));
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use xds::LocalizedText;

    use super::*;
    use crate::submission::tests::{common, document};

    fn stored(time: &str, title: Option<&str>) -> Stored<DocumentEntry> {
        let mut entry =
            crate::submission::submission(&common(), &[document(None)]).entries.remove(0);
        entry.creation_time = Dtm::parse(time).ok();
        entry.class_code.value.display = "報告".to_owned();
        entry.title = title.map(|value| LocalizedText { value: value.to_owned(), lang: None });
        entry.unique_id.value = datatypes::UniqueId::parse("1.2.7").unwrap();
        Stored { object: entry, status: Some(AvailabilityStatus::Approved) }
    }

    #[test]
    fn columns_stand_under_each_other_whatever_the_script() {
        let entries = [
            stored("20260401093000", Some("退院時サマリー")),
            stored("2026", None),
            stored("202605", Some("ｶﾙﾃ")),
        ];
        let lines = lines(&entries);
        let uuid = |place: usize| entries[place].object.id.to_string();
        let expected = [
            "TIME (UTC)           CLASS  TITLE           MIME TYPE        SIZE  STATUS    UNIQUE ID  ENTRY UUID"
                .to_owned(),
            format!("2026                 報告   -               application/pdf     4  approved  1.2.7      {}", uuid(1)),
            format!("2026-04-01 09:30:00  報告   退院時サマリー  application/pdf     4  approved  1.2.7      {}", uuid(0)),
            format!("2026-05              報告   ｶﾙﾃ             application/pdf     4  approved  1.2.7      {}", uuid(2)),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_is_not_known_is_a_dash() {
        let mut entry = stored("2026", None);
        entry.object.creation_time = None;
        entry.object.size = None;
        entry.status = None;
        let line = lines(&[entry]).remove(1);
        assert!(line.starts_with("-  "), "{line}");
        assert_eq!(line.matches(" - ").count(), 3, "{line}");
    }

    #[test]
    fn no_documents_is_said() {
        assert_eq!(lines(&[]), ["no documents"]);
    }

    #[test]
    fn a_title_cannot_command_the_terminal_or_forge_a_line() {
        let line = lines(&[stored("2026", Some("a\u{85}b\u{9b}2J\u{202e}c"))]).remove(1);
        assert!(line.contains(" a\u{fffd}b\u{fffd}2J\u{fffd}c "), "{line}");
    }
}

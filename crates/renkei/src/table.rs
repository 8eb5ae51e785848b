//! Tables on a terminal: columns stand under each other, whatever the script.

/// Rows with their cells filled up to the widest of the column.
pub(crate) fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..n_columns).map(widest).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, column_width) in row.iter().zip(widths) {
        line.push_str(cell);
        line.push_str(&" ".repeat(column_width.saturating_sub(width(cell))));
        line.push_str("  ");
    }
    line.trim_end().to_owned()
}

/// Columns of a terminal that a text takes (Unicode Standard Annex 11, wide and fullwidth).
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(character_width).sum()
}

fn character_width(character: char) -> usize {
    match character {
        // Marks that stand on the character before them; kana voicing among them.
        '\u{300}'..='\u{36f}'
        | '\u{3099}'..='\u{309a}'
        | '\u{200b}'..='\u{200d}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0100}'..='\u{e01ef}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_filled_up_to_the_widest() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["a", "診療", "x"]), row(["bcd", "e", ""])];
        assert_eq!(aligned(&rows), ["a    診療  x", "bcd  e"]);
        assert!(aligned(&[]).is_empty());
    }
}

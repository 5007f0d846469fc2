//! A table, as it can be read where there are none.

use unicode_width::UnicodeWidthStr;

/// What stands in a table.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn begin_row(&mut self) {
        self.rows.push(Vec::new());
    }

    /// Adds a cell to the last row, as it is written in Markdown.
    pub(super) fn push_cell(&mut self, written: &str) {
        let cell = written.trim();
        let cell = cell.strip_prefix('|').unwrap_or(cell);
        // One that is escaped is the cell's own.
        let ends = cell.ends_with('|') && !cell.ends_with("\\|");
        let cell = if ends { &cell[..cell.len() - 1] } else { cell };
        if let Some(row) = self.rows.last_mut() {
            row.push(cell.trim().replace("\\|", "|"));
        }
    }

    /// Columns below each other, where a character is as wide as a terminal shows it: Chinese ones and emoji as
    /// two others.
    pub(super) fn drawn(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<_> = (0..columns).map(width).collect();
        let mut lines = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            let cells = widths.iter().enumerate().map(|(column, width)| {
                let cell = row.get(column).map_or("", String::as_str);
                let padding = " ".repeat(width.saturating_sub(cell.width()));
                format!("{cell}{padding}")
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            lines.push(line.trim_end().to_owned());
            if number == 0 {
                let under = widths.iter().map(|width| "-".repeat(*width));
                lines.push(under.collect::<Vec<_>>().join("  "));
            }
        }
        lines.join("\n")
    }
}

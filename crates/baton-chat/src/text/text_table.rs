//! Draws a table as text, because many platforms have no tables.

use unicode_width::UnicodeWidthStr;

/// The largest table with aligned columns, in characters. One wide cell makes every row as wide, so the drawn
/// form can be thousands of times as long as the table.
const DRAWN: usize = 64 * 1024;

/// The text between the cells of a table without aligned columns.
const BETWEEN: &str = " | ";

/// The cells of a table.
#[derive(Default)]
pub struct TextTable {
    rows: Vec<Vec<String>>,
}

impl TextTable {
    /// Begins a row. The cells that follow belong to it.
    pub fn begin_row(&mut self) {
        self.rows.push(Vec::new());
    }

    /// Adds a cell to the last row. `written` is the Markdown of the cell.
    pub fn push_cell(&mut self, written: &str) {
        let cell = written.trim();
        let cell = cell.strip_prefix('|').unwrap_or(cell);
        // An escaped bar belongs to the text of the cell.
        let ends = cell.ends_with('|') && !cell.ends_with("\\|");
        let cell = if ends { &cell[..cell.len() - 1] } else { cell };
        if let Some(row) = self.rows.last_mut() {
            row.push(cell.trim().replace("\\|", "|"));
        }
    }

    /// Draws aligned columns, by the width of characters on a terminal: Chinese characters and emoji are two
    /// columns wide. A table too large for columns becomes a list.
    pub fn draw_columns(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<_> = (0..columns).map(width).collect();
        let line: usize = widths.iter().map(|width| width + 2).sum();
        if line.saturating_mul(self.rows.len()) > DRAWN {
            return self.draw_list();
        }
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

    /// One line for each row, with [`BETWEEN`] between the cells.
    fn draw_list(&self) -> String {
        let lines = self.rows.iter().map(|row| {
            let end = row.iter().rposition(|cell| !cell.is_empty());
            let cells = end.map_or(&row[..0], |end| &row[..=end]);
            cells.join(BETWEEN)
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

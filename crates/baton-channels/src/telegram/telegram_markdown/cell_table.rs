//! Tables in a dialect.

use baton_chat::text::text_table::TextTable;
use pulldown_cmark::Alignment;

use super::MESSAGE;

/// The longest table of a rich message, in units of UTF-16. The splitter cuts no table of half a message. A longer
/// table is code, because only a block of code can be split.
const LONGEST: usize = MESSAGE.size / 2 - 100;

/// The largest number of columns in a table of a rich message.
const MOST_COLUMNS: usize = 20;

/// The cells of a table.
#[derive(Debug, Default)]
pub(super) struct CellTable {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<TableCell>>,
}

/// The text of a cell.
#[derive(Debug)]
pub(super) struct TableCell {
    /// The text in the dialect.
    pub(super) written: String,
    /// The text without marks.
    pub(super) plain: String,
}

impl CellTable {
    pub(super) fn new(alignments: Vec<Alignment>) -> Self {
        Self {
            alignments,
            rows: Vec::new(),
        }
    }

    pub(super) fn begin_row(&mut self) {
        self.rows.push(Vec::new());
    }

    /// Adds a cell to the last row.
    pub(super) fn push_cell(&mut self, cell: TableCell) {
        if let Some(row) = self.rows.last_mut() {
            row.push(cell);
        }
    }

    /// Writes the table for a rich message. `None` if the table is too large.
    pub(super) fn join_cells(&self) -> Option<String> {
        let columns = self.alignments.len();
        if columns > MOST_COLUMNS {
            return None;
        }
        let alignments = self.alignments.iter().map(|it| match it {
            Alignment::None => "---",
            Alignment::Left => ":--",
            Alignment::Center => ":-:",
            Alignment::Right => "--:",
        });
        let under = join_row(alignments);
        let mut lines = Vec::with_capacity(self.rows.len() + 1);
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().map(|cell| &*cell.written);
            let missing = std::iter::repeat_n("", columns.saturating_sub(row.len()));
            lines.push(join_row(cells.chain(missing)));
            if number == 0 {
                lines.push(under.clone());
            }
        }
        let table = lines.join("\n");
        (MESSAGE.measure_text(&table) <= LONGEST).then_some(table)
    }

    /// Draws the table as text.
    pub(super) fn draw_text(&self) -> String {
        let mut drawn = TextTable::default();
        for row in &self.rows {
            drawn.begin_row();
            for cell in row {
                drawn.push_cell(&cell.plain.replace('|', "\\|"));
            }
        }
        drawn.draw_columns()
    }
}

fn join_row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells = cells.map(|cell| format!(" {cell} |"));
    format!("|{}", cells.collect::<String>())
}

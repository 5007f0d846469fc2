//! Markdown as Discord shows it: it knows no tables, and only one way to mark a code block.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// The same Markdown, with tables and code blocks that Discord shows as such.
pub(super) fn shown(markdown: &str) -> String {
    let mut shown = String::with_capacity(markdown.len());
    let mut done = 0;
    for (range, instead) in replacements(markdown) {
        // One in another is part of it.
        if range.start >= done {
            shown.push_str(&markdown[done..range.start]);
            shown.push_str(&instead);
            done = range.end;
        }
    }
    shown.push_str(&markdown[done..]);
    shown
}

fn replacements(markdown: &str) -> Vec<(Range<usize>, String)> {
    let mut replacements = Vec::new();
    let mut table: Option<Table> = None;
    for (event, range) in Parser::new_ext(markdown, Options::ENABLE_TABLES).into_offset_iter() {
        let begins_line = range.start == 0 || markdown[..range.start].ends_with('\n');
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => {
                replacements.extend(tildes(markdown, range));
            }
            Event::Start(Tag::Table(_)) if begins_line => table = Some(Table::default()),
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                if let Some(table) = &mut table {
                    table.rows.push(Vec::new());
                }
            }
            Event::Start(Tag::TableCell) => {
                let cell = markdown[range].trim().trim_matches('|').trim();
                let row = table.as_mut().and_then(|table| table.rows.last_mut());
                if let Some(row) = row {
                    row.push(cell.replace("\\|", "|"));
                }
            }
            Event::End(TagEnd::Table) => {
                if let Some(table) = table.take() {
                    let end = if markdown[range.clone()].ends_with('\n') {
                        "\n"
                    } else {
                        ""
                    };
                    replacements.push((range, format!("{}{end}", table.drawn())));
                }
            }
            _ => {}
        }
    }
    replacements
}

/// A block between lines of tildes, between lines of backticks.
fn tildes(markdown: &str, range: Range<usize>) -> Option<(Range<usize>, String)> {
    let block = &markdown[range.clone()];
    let inner = block.strip_prefix("~~~")?.trim_start_matches('~');
    let inner = inner.trim_end().strip_suffix("~~~")?.trim_end_matches('~');
    let (info, code) = inner.split_once('\n')?;
    if inner.contains("```") {
        return None;
    }
    let end = if block.ends_with('\n') { "\n" } else { "" };
    Some((range, format!("```{}\n{code}```{end}", info.trim())))
}

#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Columns below each other, in a code block.
    fn drawn(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<_> = (0..columns).map(width).collect();
        // A cell with these marks would end the block.
        let marks = if self.rows.iter().flatten().any(|cell| cell.contains("```")) {
            "````"
        } else {
            "```"
        };
        let mut lines = vec![marks.to_owned()];
        for (number, row) in self.rows.iter().enumerate() {
            let cells = widths.iter().enumerate().map(|(column, width)| {
                let cell = row.get(column).map_or("", String::as_str);
                format!("{cell:width$}")
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            lines.push(line.trim_end().to_owned());
            if number == 0 {
                let under = widths.iter().map(|width| "-".repeat(*width));
                lines.push(under.collect::<Vec<_>>().join("  "));
            }
        }
        lines.push(marks.to_owned());
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_table_is_code_with_its_columns_below_each_other() {
        let table = "before\n\n| name | n |\n|---|--:|\n| owl | 1 |\n| `a|b` | 22 |\n\nafter";
        let expected = "before\n\n```\nname  n\n----  --\nowl   1\n`a    b`\n```\n\nafter";
        assert_eq!(shown(table), expected);
        assert_eq!(
            shown("| é | ü |\n|-|-|\n| 1 |"),
            "```\né  ü\n-  -\n1\n```",
            "a row that is too short is one"
        );
    }

    #[test]
    fn all_else_stays_as_it_is() {
        for text in [
            "",
            "plain",
            "a | b",
            "```\n| a | b |\n|---|---|\n```",
            "- list\n  - in it\n\n> quote\n",
            "| a |",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn a_code_block_has_the_marks_that_discord_knows() {
        assert_eq!(shown("~~~rust\nlet x;\n~~~\n"), "```rust\nlet x;\n```\n");
        let inner = "~~~\n```\n~~~";
        assert_eq!(shown(inner), inner);
    }
}

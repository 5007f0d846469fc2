//! Telegram's limits on the structure of a rich message: <https://core.telegram.org/bots/api#rich-message-limits>.

use pulldown_cmark::{Event, Parser, Tag};

use super::OF_DIALECTS;

/// The maximum number of blocks, with the items of lists and the rows of tables.
const BLOCKS: usize = 500;

/// The maximum number of blocks inside each other.
const LEVELS: usize = 16;

/// The maximum number of columns of a table.
const COLUMNS: usize = 20;

/// Whether Telegram accepts the structure of a piece as a rich message. Otherwise, the piece needs a simpler form.
pub(in crate::telegram) fn fits_rich_message(piece: &str) -> bool {
    let mut blocks = 0;
    // The open parts of the text, outermost first, and whether each is a block.
    let mut open_parts = Vec::new();
    for event in Parser::new_ext(piece, OF_DIALECTS) {
        match event {
            Event::Start(tag) => {
                if matches!(&tag, Tag::Table(columns) if columns.len() > COLUMNS) {
                    return false;
                }
                blocks += usize::from(is_block(&tag));
                open_parts.push(is_block(&tag));
            }
            Event::End(_) => drop(open_parts.pop()),
            Event::Rule => blocks += 1,
            _ => {}
        }
        let level = open_parts.iter().filter(|is_block| **is_block).count();
        if blocks > BLOCKS || level > LEVELS {
            return false;
        }
    }
    true
}

fn is_block(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Paragraph
            | Tag::Heading { .. }
            | Tag::BlockQuote(_)
            | Tag::CodeBlock(_)
            | Tag::HtmlBlock
            | Tag::List(_)
            | Tag::Item
            | Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_has_at_most_500_blocks() {
        // A list is a block too.
        assert!(fits_rich_message(&"- a\n".repeat(499)));
        assert!(!fits_rich_message(&"- a\n".repeat(500)));
        let table = "| a |\n| --- |\n".to_owned();
        assert!(fits_rich_message(&(table.clone() + &"| b |\n".repeat(498))));
        assert!(!fits_rich_message(&(table + &"| b |\n".repeat(499))));
        assert!(!fits_rich_message(&"a\n\n".repeat(501)));
    }

    #[test]
    fn a_table_has_at_most_20_columns() {
        let table = |columns| format!("{}|\n{}|\n", "|a".repeat(columns), "|---".repeat(columns));
        assert!(fits_rich_message(&table(20)));
        assert!(!fits_rich_message(&table(21)));
    }

    #[test]
    fn blocks_are_at_most_16_levels_deep() {
        // The text of the innermost quote is a paragraph.
        let quotes = |depth| format!("{} a\n", ">".repeat(depth));
        assert!(fits_rich_message(&quotes(15)));
        assert!(!fits_rich_message(&quotes(16)));
        // Bold text is no block.
        assert!(fits_rich_message(&format!("{} **a**\n", ">".repeat(15))));
    }
}

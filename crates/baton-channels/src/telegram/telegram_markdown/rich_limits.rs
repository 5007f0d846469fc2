//! Telegram's limit on the blocks of a rich message: <https://core.telegram.org/bots/api#rich-message-limits>. The dialect
//! itself keeps within the limits on levels, columns and media.

use pulldown_cmark::{Event, Parser, Tag};

use super::OF_DIALECTS;

/// The maximum number of blocks, with the items of lists and the rows of tables.
const BLOCKS: usize = 500;

/// Whether Telegram accepts a piece as a rich message. Otherwise, the piece needs a simpler form.
pub(in crate::telegram) fn fits_rich_message(piece: &str) -> bool {
    let events = Parser::new_ext(piece, OF_DIALECTS);
    let blocks = events.filter(begins_block);
    blocks.take(BLOCKS + 1).count() <= BLOCKS
}

fn begins_block(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Rule
            | Event::Start(
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
}

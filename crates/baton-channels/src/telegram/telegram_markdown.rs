//! Converts Markdown to Telegram's messages.
//!
//! A message has one of three forms: a rich message, a text with entities, or a bare text. Each later form
//! is the fallback of the form before, and one piece of text must fit into all three.
//!
//! So a reply is converted twice. First, [`FORMAT`] or [`RICH_FORMAT`] rewrites the whole Markdown in a dialect:
//! Markdown without all that a cut could break. The chat layer splits the dialect and stores the pieces. Later,
//! [`FormattedText::from_dialect`] reads one piece. The text of a piece is never longer than the piece, so each piece
//! within the limit is a message within the limit.
//!
//! The dialect of [`FORMAT`] has emphasised text, inline code, links, quotes and fenced code. Lists and rules are
//! drawn, tables are code, and headings are bold. The dialect of [`RICH_FORMAT`] has headings, lists, rules,
//! tables and details too. Telegram reads that dialect itself: <https://core.telegram.org/bots/api#rich-markdown-style>.
//! It is GitHub's Markdown with more marks, such as `==`, `||` and `$`. The dialect escapes them.

use baton_chat::text::TextFormat;
use pulldown_cmark::Options;

use super::telegram_sizes::MESSAGE;

mod cell_table;
mod code_writing;
mod details_tags;
mod dialect_blocks;
mod dialect_escaping;
mod dialect_inline;
mod dialect_writer;
mod entity_builder;
mod entity_conversion;
mod link_writing;
mod rich_limits;
mod rich_repair;
#[cfg(test)]
mod tests;
mod text_entity;
mod unused_definitions;

pub(super) use entity_conversion::FormattedText;
pub(super) use rich_limits::fits_rich_message;
pub(super) use rich_repair::repair_rich_piece;
pub(super) use text_entity::{EntityKind, MentionedUser, TextEntity};

use dialect_writer::write_dialect;

/// The marks before and after bold text, in both dialects.
const BOLD: [&str; 2] = ["**", "**"];

/// The line that a rule becomes. No written rule is shorter.
const RULE: &str = "———";

/// The additions to Markdown in a reply. Without footnotes, their definitions would be definitions of links, and in no
/// text.
const OF_REPLIES: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_FOOTNOTES);

/// The additions to Markdown in the dialects.
const OF_DIALECTS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS);

/// A form of the dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DialectForm {
    /// Only marks that become entities.
    Entities,
    /// The marks of a rich message.
    Rich,
}

/// The form of messages with entities.
pub(super) const FORMAT: TextFormat = TextFormat {
    render: |markdown| write_dialect(markdown, DialectForm::Entities),
    bold_marks: BOLD,
    small_print: "",
    // A rich message may be longer, but its fallback may not.
    limit: MESSAGE,
};

/// The form of rich messages.
pub(super) const RICH_FORMAT: TextFormat = TextFormat {
    render: |markdown| write_dialect(markdown, DialectForm::Rich),
    bold_marks: BOLD,
    small_print: "",
    limit: MESSAGE,
};

/// The text of a piece without entities.
#[cfg(test)]
fn plain_text(piece: &str) -> String {
    FormattedText::from_dialect(piece).text
}

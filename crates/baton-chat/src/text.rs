//! Texts in pieces that fit a platform's messages.

pub mod chunks;
pub(crate) mod text_end;
pub mod text_splitting;
pub mod text_table;

use chunks::LengthLimit;

/// The form of a platform's messages.
#[derive(Clone, Copy, Debug)]
pub struct TextFormat {
    /// Rewrites Markdown in the platform's dialect. The same text gives the same result. Code blocks stay as
    /// `CommonMark` has them.
    pub render: fn(&str) -> String,
    /// The marks before and after bold text, in the dialect; empty if the dialect has none.
    pub bold_marks: [&'static str; 2],
    /// The beginning of a line in small print, in the dialect; empty if the dialect has none.
    pub small_print: &'static str,
    /// The maximum length of one message, in the dialect.
    pub limit: LengthLimit,
}

impl TextFormat {
    /// Makes a text bold. The text is in the dialect already.
    pub fn make_bold(self, text: &str) -> String {
        let [before, after] = self.bold_marks;
        [before, text, after].concat()
    }
}

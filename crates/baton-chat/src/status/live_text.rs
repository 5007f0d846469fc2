//! The text that an agent has written so far in its turn.

use crate::text::chunks::{LengthLimit, LengthUnit};
use crate::text::text_end::find_text_end;

/// The kept end of the text, in bytes. No platform shows more in one message.
const KEPT: LengthLimit = LengthLimit {
    size: 16 * 1024,
    unit: LengthUnit::Utf8,
};

/// The end of the text that an agent has written so far, as Markdown. At most twice the kept size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LiveText {
    markdown: String,
}

impl LiveText {
    /// Adds a piece.
    pub(super) fn push_piece(&mut self, piece: &str) {
        self.markdown.push_str(piece);
        if self.markdown.len() > 2 * KEPT.size {
            self.markdown = find_text_end(&self.markdown, KEPT);
        }
    }

    pub(super) fn markdown(&self) -> &str {
        &self.markdown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_a_long_text_is_kept() {
        let mut text = LiveText::default();
        text.push_piece("```\n");
        for number in 0..20_000 {
            text.push_piece(&format!("line {number}\n"));
            assert!(text.markdown().len() <= 2 * KEPT.size);
        }
        let kept = text.markdown();
        assert!(kept.starts_with("```\nline "), "the block is open");
        assert!(kept.ends_with("line 19998\nline 19999\n"));
    }
}

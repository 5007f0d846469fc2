//! Splits Markdown into pieces that fit into a platform's messages.
//!
//! Preferred cuts are between paragraphs, then between lines, sentences, words, and graphemes. A cut code
//! block is closed, and opened again with its language in the next piece. A cut line of a quote continues as
//! a quote. Inline code, links with a text, and short emphasised text are not cut if they fit into a piece.
//! Other text is never added or removed, so [`join_chunks`] restores the source.
//!
//! No piece is longer than the limit. Below [`LengthLimit::LEAST`], this comes before everything else: a fence or
//! quote mark that leaves too little space is not repeated, and a character longer than a whole message is in no
//! text.
//!
//! Code follows `CommonMark`. For a platform with another dialect, the caller first rewrites the text so that
//! both dialects read the text alike.

pub(super) mod code_fence;
mod cut_candidates;
mod inline_markup;
mod quote_marks;

#[cfg(test)]
mod tests;

use code_fence::CodeFence;
use cut_candidates::CutCandidates;

/// The maximum length of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthLimit {
    /// The number of units.
    pub size: usize,
    /// The counted unit.
    pub unit: LengthUnit,
}

impl LengthLimit {
    /// The smallest limit that leaves space beside every fence and quote mark, so that each piece of a code block
    /// or quote repeats them. Below this, a piece repeats them only if they take at most half of the message.
    pub const LEAST: usize = 512;

    /// The length of the longest character, in bytes of UTF-8. No other unit is smaller.
    const LONGEST_CHARACTER: usize = 4;

    /// The length of a text in units of this limit.
    pub fn measure_text(self, text: &str) -> usize {
        match self.unit {
            LengthUnit::Characters => text.chars().count(),
            LengthUnit::Utf16 => text.encode_utf16().count(),
            LengthUnit::Utf8 => text.len(),
        }
    }

    /// Number of bytes at the start of the text that fit into `room` units. Ends between two characters.
    fn fitting_bytes(self, text: &str, room: usize) -> usize {
        let mut taken = 0;
        for (at, character) in text.char_indices() {
            taken += match self.unit {
                LengthUnit::Characters => 1,
                LengthUnit::Utf16 => character.len_utf16(),
                LengthUnit::Utf8 => character.len_utf8(),
            };
            if taken > room {
                return at;
            }
        }
        text.len()
    }

    /// Whether a message with this much added text has enough space for the source.
    fn has_space_beside(self, added: usize) -> bool {
        added + added.max(Self::LONGEST_CHARACTER) <= self.size
    }

    /// Whether each piece of a code block repeats its fence.
    fn repeats_fence(self, fence: &CodeFence) -> bool {
        let added = || fence.opening_line() + &fence.closing_line("");
        self.size >= Self::LEAST || self.has_space_beside(self.measure_text(&added()))
    }

    /// The line that opens a code block again in the next piece. Empty if the fence is not repeated.
    fn reopen_block(self, fence: &CodeFence) -> String {
        if self.repeats_fence(fence) {
            fence.opening_line()
        } else {
            String::new()
        }
    }

    /// The text that closes a code block after `body`. Empty if the fence is not repeated.
    fn close_block(self, fence: &CodeFence, body: &str) -> String {
        if self.repeats_fence(fence) {
            fence.closing_line(body)
        } else {
            String::new()
        }
    }
}

/// The unit that a platform counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthUnit {
    /// Unicode code points.
    Characters,
    /// UTF-16 code units. Most emoji have two. A text has at least as many units as code points.
    Utf16,
    /// Bytes of UTF-8. Most emoji have four. A text has at least as many bytes as UTF-16 code units.
    Utf8,
}

/// One piece of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextChunk {
    /// Opens the cut code block or quote again. Not part of the source.
    opening: String,
    /// The part of the source.
    body: String,
    /// Closes a code block that continues in the next piece. Not part of the source.
    closing: String,
    /// Whether the part of the source is a character longer than a whole message. The text is then empty.
    is_too_long: bool,
}

impl TextChunk {
    /// The text to send.
    pub fn text(&self) -> String {
        if self.is_too_long {
            return String::new();
        }
        [&*self.opening, &self.body, &self.closing].concat()
    }

    /// Whether the piece shows nothing. Platforms refuse such messages.
    pub fn is_blank(&self) -> bool {
        self.is_too_long || self.body.trim().is_empty()
    }
}

/// Restores the source: joins all pieces without the added opening and closing text.
pub fn join_chunks(chunks: &[TextChunk]) -> String {
    chunks.iter().map(|chunk| chunk.body.as_str()).collect()
}

/// Splits Markdown into pieces whose texts fit. An empty text gives no pieces.
pub fn split_markdown(markdown: &str, limit: LengthLimit) -> Vec<TextChunk> {
    split_on_demand(markdown, limit).collect()
}

/// Like [`split_markdown`], but makes each piece on demand.
pub fn split_on_demand(markdown: &str, limit: LengthLimit) -> impl Iterator<Item = TextChunk> {
    let mut rest = markdown;
    let mut inside: Option<CodeFence> = None;
    // The quote marks before the rest of a cut line.
    let mut quote = String::new();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let quote_before = std::mem::take(&mut quote);
        let opening = inside
            .as_ref()
            .map_or(quote_before, |fence| limit.reopen_block(fence));
        let room = limit.size - limit.measure_text(&opening);
        let cut = CutCandidates::find_in(rest, inside.as_ref(), limit, room).best_cut();
        if cut.at == 0 {
            // Not even one character fits.
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let (body, after) = rest.split_at(first);
            rest = after;
            return Some(TextChunk {
                body: body.to_owned(),
                is_too_long: true,
                ..TextChunk::default()
            });
        }
        let (body, after) = rest.split_at(cut.at);
        let fence = cut.inside.as_ref();
        let closing = fence.map(|fence| limit.close_block(fence, body));
        quote = quote_marks::continue_quote(&opening, body);
        if !limit.has_space_beside(limit.measure_text(&quote)) {
            quote.clear();
        }
        rest = after;
        inside = cut.inside;
        Some(TextChunk {
            opening,
            body: body.to_owned(),
            closing: closing.unwrap_or_default(),
            is_too_long: false,
        })
    })
}

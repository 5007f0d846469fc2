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

use unicode_segmentation::UnicodeSegmentation;

mod code_fence;
mod inline_markup;
mod quote_marks;

#[cfg(test)]
mod tests;

use code_fence::CodeFence;

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

/// A position for a cut, and the code block that is open there.
#[derive(Clone, Debug)]
struct CutPoint {
    at: usize,
    inside: Option<CodeFence>,
}

/// The last fitting position of each kind.
struct CutCandidates {
    /// The position at half, and at a quarter, of the space.
    half: usize,
    quarter: usize,
    /// The end of the text.
    end: Option<CutPoint>,
    paragraph: Option<CutPoint>,
    line: Option<CutPoint>,
    sentence: Option<CutPoint>,
    word: Option<CutPoint>,
    /// Between graphemes. Between characters, if a single grapheme does not fit. At 0, if a single character
    /// does not fit.
    anywhere: CutPoint,
}

impl CutCandidates {
    fn find_in(text: &str, inside: Option<&CodeFence>, limit: LengthLimit, room: usize) -> Self {
        // `used` is the length of the text before `at`.
        let fits = |at: usize, used: usize, inside: Option<&CodeFence>| {
            let closing = inside.map(|fence| limit.close_block(fence, &text[..at]));
            let closing = closing.map_or(0, |closing| limit.measure_text(&closing));
            used + closing <= room
        };
        let mut cuts = Self {
            half: limit.fitting_bytes(text, room / 2),
            quarter: limit.fitting_bytes(text, room / 4),
            end: None,
            paragraph: None,
            line: None,
            sentence: None,
            word: None,
            anywhere: CutPoint {
                at: 0,
                inside: None,
            },
        };
        let mut inside = inside.cloned();
        let (mut at, mut used) = (0, 0);
        for line in text.split_inclusive('\n') {
            let before = inside.clone();
            let opens = before.is_none() && code_fence::parse_opening(line).is_some();
            inside = code_fence::block_after(line, before.as_ref());
            let closes = before.is_some() && inside.is_none();
            let end = at + line.len();
            let line_used = used + limit.measure_text(line);
            if !fits(end, line_used, inside.as_ref()) {
                let without_end = line.trim_end();
                let (ends, without_used) = (
                    at + without_end.len(),
                    used + limit.measure_text(without_end),
                );
                if closes && fits(ends, without_used, None) {
                    cuts.anywhere = CutPoint {
                        at: ends,
                        inside: None,
                    };
                } else if at == 0 || !(opens || closes) {
                    // A fence that is not repeated and does not fit is cut, and still opens or closes its block.
                    let fence = inside.as_ref().or(before.as_ref());
                    let inside = if fence.is_none_or(|fence| limit.repeats_fence(fence)) {
                        before.as_ref()
                    } else {
                        inside.as_ref()
                    };
                    let measured = |text: &str| limit.measure_text(text);
                    let fits = |at, used| fits(at, used, inside);
                    // Only this much of the line can matter.
                    let near = &line[..limit.fitting_bytes(line, 2 * room)];
                    cuts.find_in_line(text, (at, used), near, inside, &measured, &fits);
                }
                return cuts;
            }
            let cut = CutPoint {
                at: end,
                inside: inside.clone(),
            };
            if end == text.len() {
                cuts.end = Some(cut);
                return cuts;
            }
            let next = text[end..].split_inclusive('\n').next().unwrap_or_default();
            let next_closes =
                inside.is_some() && code_fence::block_after(next, inside.as_ref()).is_none();
            // An empty code block shows nothing, and some platforms do not read it as a block.
            let parts = !opens && !next_closes;
            if parts || cuts.anywhere.at == 0 {
                cuts.anywhere = cut.clone();
            }
            if parts {
                let blank = inside.is_none() && line.trim().is_empty();
                if blank
                    || (inside.is_none() && code_fence::parse_opening(next).is_some())
                    || closes
                {
                    cuts.paragraph = Some(cut.clone());
                }
                cuts.line = Some(cut);
            }
            (at, used) = (end, line_used);
        }
        cuts
    }

    /// Finds cuts in the first line that does not fit. `start` is the position of the line, and the length of
    /// the text before the line.
    fn find_in_line(
        &mut self,
        text: &str,
        start: (usize, usize),
        line: &str,
        inside: Option<&CodeFence>,
        measure: &impl Fn(&str) -> usize,
        fits: &impl Fn(usize, usize) -> bool,
    ) {
        let cut = |at| CutPoint {
            at,
            inside: inside.cloned(),
        };
        let is_space = |it: &str| it.chars().all(char::is_whitespace);
        let mut wholes = match inside {
            None => inline_markup::find_whole_ranges(line),
            Some(_) => Vec::new(),
        };
        loop {
            let mut next_whole = wholes.iter().peekable();
            let (mut at, mut used) = start;
            for (here, next) in line.graphemes(true).zip(line.graphemes(true).skip(1)) {
                at += here.len();
                used += measure(here);
                if !fits(at, used) {
                    break;
                }
                let in_line = at - start.0;
                while next_whole.next_if(|it| it.end <= in_line).is_some() {}
                if next_whole.peek().is_some_and(|it| it.start < in_line) {
                    continue;
                }
                self.anywhere = cut(at);
                if is_space(here) && !is_space(next) {
                    self.word = Some(cut(at));
                    let sentence = text[..at].trim_end();
                    if inside.is_none() && sentence.ends_with(['.', '!', '?', '…', ':', ';']) {
                        self.sentence = Some(cut(at));
                    }
                }
            }
            // A range longer than a piece is cut too.
            if self.anywhere.at > 0 || wholes.is_empty() {
                break;
            }
            wholes.clear();
        }
        if self.anywhere.at == 0 {
            // A single grapheme may be longer than a message.
            let (mut at, mut used) = (0, 0);
            for character in line.chars() {
                at += character.len_utf8();
                used += measure(character.encode_utf8(&mut [0; 4]));
                if !fits(at, used) {
                    break;
                }
                self.anywhere = cut(at);
            }
        }
    }

    /// The best cut that leaves no piece too small.
    fn best_cut(self) -> CutPoint {
        let Self { half, quarter, .. } = self;
        let least = |cut: Option<CutPoint>, least: usize| cut.filter(|cut| cut.at >= least.max(1));
        self.end
            .or_else(|| least(self.paragraph, half))
            .or_else(|| least(self.line, quarter))
            .or_else(|| least(self.sentence, quarter))
            .or_else(|| least(self.word, quarter))
            .unwrap_or(self.anywhere)
    }
}

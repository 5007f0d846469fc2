//! Markdown in pieces that fit into a platform's messages.
//!
//! Cuts come first between paragraphs, then between lines, sentences, words, and graphemes. A cut code block is
//! closed, and opened again with its language in the next piece. A cut line of a quote continues as a quote.
//! Inline code is not cut if it fits into a piece, nor are links with a text of their own and short emphasised
//! text. Nothing else is added, and nothing is removed, so [`join`] restores the source.
//!
//! Code follows `CommonMark`. For a platform with another dialect, the caller first rewrites the text so that
//! both read it alike.

use unicode_segmentation::UnicodeSegmentation;

mod fence;
mod inline;
mod quote;

#[cfg(test)]
mod tests;

use fence::Fence;

/// How much fits into one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// So many units; no less than [`Limit::LEAST`].
    pub size: usize,
    /// What is counted.
    pub unit: Unit,
}

impl Limit {
    /// Below this, what opens and closes a code block again could leave no room for the code.
    pub const LEAST: usize = 512;

    /// What a text takes up.
    pub fn measure(self, text: &str) -> usize {
        match self.unit {
            Unit::Characters => text.chars().count(),
            Unit::Utf16 => text.encode_utf16().count(),
        }
    }

    /// How many bytes of the text fit into `room`; ends between two characters.
    fn fitting(self, text: &str, room: usize) -> usize {
        let mut taken = 0;
        for (at, character) in text.char_indices() {
            taken += match self.unit {
                Unit::Characters => 1,
                Unit::Utf16 => character.len_utf16(),
            };
            if taken > room {
                return at;
            }
        }
        text.len()
    }
}

/// What a platform counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Unicode's code points.
    Characters,
    /// Units of UTF-16, of which an emoji has two. Never fewer than code points.
    Utf16,
}

/// One piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// Opens again the code block or quote that the cut interrupted; not part of the source.
    opening: String,
    /// What is of the source.
    body: String,
    /// Closes the code block that goes on in the next piece; not of the source.
    closing: String,
}

impl Chunk {
    /// What is sent.
    pub fn text(&self) -> String {
        [&*self.opening, &self.body, &self.closing].concat()
    }

    /// Whether people would see nothing. Platforms refuse such messages.
    pub fn is_blank(&self) -> bool {
        self.body.trim().is_empty()
    }
}

/// The source that was split: all pieces without what opens and closes code blocks again.
pub fn join(chunks: &[Chunk]) -> String {
    chunks.iter().map(|chunk| chunk.body.as_str()).collect()
}

/// Splits Markdown into pieces whose texts fit; none for an empty one.
pub fn split(markdown: &str, limit: Limit) -> Vec<Chunk> {
    pieces(markdown, limit).collect()
}

/// The same, each piece when it is asked for.
pub fn pieces(markdown: &str, limit: Limit) -> impl Iterator<Item = Chunk> {
    let limit = Limit {
        size: limit.size.max(Limit::LEAST),
        ..limit
    };
    let mut rest = markdown;
    let mut inside: Option<Fence> = None;
    // The quote marks before the rest of a cut line.
    let mut quote = String::new();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let quote_before = std::mem::take(&mut quote);
        let opening = inside.as_ref().map_or(quote_before, Fence::opening);
        let room = limit.size - limit.measure(&opening);
        let cut = Cuts::of(rest, inside.as_ref(), limit, room).best();
        let (body, after) = rest.split_at(cut.at);
        let closing = cut.inside.as_ref().map(|fence| fence.closing(body));
        quote = quote::after(&opening, body);
        rest = after;
        inside = cut.inside;
        Some(Chunk {
            opening,
            body: body.to_owned(),
            closing: closing.unwrap_or_default(),
        })
    })
}

/// A place where the text may be cut, and the code block that it cuts.
#[derive(Clone, Debug)]
struct Cut {
    at: usize,
    inside: Option<Fence>,
}

/// The last place of each kind that still fits.
struct Cuts {
    /// What would be a piece of half, and of a quarter of the room.
    half: usize,
    quarter: usize,
    /// The end of all.
    end: Option<Cut>,
    paragraph: Option<Cut>,
    line: Option<Cut>,
    sentence: Option<Cut>,
    word: Option<Cut>,
    /// Between graphemes; where one alone does not fit, between characters.
    anywhere: Cut,
}

impl Cuts {
    fn of(text: &str, inside: Option<&Fence>, limit: Limit, room: usize) -> Self {
        // `used` is what the text before `at` takes up.
        let fits = |at: usize, used: usize, inside: Option<&Fence>| {
            let closing = inside.map(|fence| fence.closing(&text[..at]));
            let closing = closing.map_or(0, |closing| limit.measure(&closing));
            used + closing <= room
        };
        let mut cuts = Self {
            half: limit.fitting(text, room / 2),
            quarter: limit.fitting(text, room / 4),
            end: None,
            paragraph: None,
            line: None,
            sentence: None,
            word: None,
            anywhere: Cut {
                at: 0,
                inside: None,
            },
        };
        let mut inside = inside.cloned();
        let (mut at, mut used) = (0, 0);
        for line in text.split_inclusive('\n') {
            let before = inside.clone();
            let opens = before.is_none() && fence::opens(line).is_some();
            inside = fence::after(line, before.as_ref());
            let closes = before.is_some() && inside.is_none();
            let end = at + line.len();
            let line_used = used + limit.measure(line);
            if !fits(end, line_used, inside.as_ref()) {
                let without_end = line.trim_end();
                let (ends, without_used) =
                    (at + without_end.len(), used + limit.measure(without_end));
                if closes && fits(ends, without_used, None) {
                    cuts.anywhere = Cut {
                        at: ends,
                        inside: None,
                    };
                } else if at == 0 || !(opens || closes) {
                    let inside = before.as_ref();
                    let measured = |text: &str| limit.measure(text);
                    let fits = |at, used| fits(at, used, inside);
                    // No more of it is looked at than matters.
                    let near = &line[..limit.fitting(line, 2 * room)];
                    cuts.note_within(text, (at, used), near, inside, &measured, &fits);
                }
                return cuts;
            }
            let cut = Cut {
                at: end,
                inside: inside.clone(),
            };
            if end == text.len() {
                cuts.end = Some(cut);
                return cuts;
            }
            let next = text[end..].split_inclusive('\n').next().unwrap_or_default();
            let next_closes = inside.is_some() && fence::after(next, inside.as_ref()).is_none();
            // A code block of no lines is nothing to look at, and no block to some.
            let parts = !opens && !next_closes;
            if parts || cuts.anywhere.at == 0 {
                cuts.anywhere = cut.clone();
            }
            if parts {
                let blank = inside.is_none() && line.trim().is_empty();
                if blank || (inside.is_none() && fence::opens(next).is_some()) || closes {
                    cuts.paragraph = Some(cut.clone());
                }
                cuts.line = Some(cut);
            }
            (at, used) = (end, line_used);
        }
        cuts
    }

    /// Looks for cuts in the one line that does not fit whole. `start` is where it begins, and what
    /// the text before it takes up.
    fn note_within(
        &mut self,
        text: &str,
        start: (usize, usize),
        line: &str,
        inside: Option<&Fence>,
        measure: &impl Fn(&str) -> usize,
        fits: &impl Fn(usize, usize) -> bool,
    ) {
        let cut = |at| Cut {
            at,
            inside: inside.cloned(),
        };
        let is_space = |it: &str| it.chars().all(char::is_whitespace);
        let mut wholes = match inside {
            None => inline::wholes(line),
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
                    let told = text[..at].trim_end();
                    if inside.is_none() && told.ends_with(['.', '!', '?', '…', ':', ';']) {
                        self.sentence = Some(cut(at));
                    }
                }
            }
            // What is longer than a piece is cut all the same.
            if self.anywhere.at > 0 || wholes.is_empty() {
                break;
            }
            wholes.clear();
        }
        if self.anywhere.at == 0 {
            // A grapheme as long as a message.
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

    /// The best of those that leave no piece too small.
    fn best(self) -> Cut {
        let Self { half, quarter, .. } = self;
        let least = |cut: Option<Cut>, least: usize| cut.filter(|cut| cut.at >= least.max(1));
        self.end
            .or_else(|| least(self.paragraph, half))
            .or_else(|| least(self.line, quarter))
            .or_else(|| least(self.sentence, quarter))
            .or_else(|| least(self.word, quarter))
            .unwrap_or(self.anywhere)
    }
}

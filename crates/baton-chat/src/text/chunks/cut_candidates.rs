//! The positions where a text can be cut, from the best kind to the worst.

use unicode_segmentation::UnicodeSegmentation;

use super::code_fence::CodeFence;
use super::{LengthLimit, code_fence, inline_markup};

/// A position for a cut, and the code block that is open there.
#[derive(Clone, Debug)]
pub(super) struct CutPoint {
    pub(super) at: usize,
    pub(super) inside: Option<CodeFence>,
}

/// The last fitting position of each kind.
pub(super) struct CutCandidates {
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

/// A line of the text, with the code blocks around the line.
struct ScannedLine<'a> {
    text: &'a str,
    /// The position of the line.
    start: usize,
    /// The length of the text before the line, in units of the limit.
    used: usize,
    /// The code block that is open before the line.
    before: Option<CodeFence>,
    /// The code block that is open after the line.
    after: Option<CodeFence>,
}

impl ScannedLine<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether the line opens a code block.
    fn opens(&self) -> bool {
        self.before.is_none() && self.after.is_some()
    }

    /// Whether the line closes a code block.
    fn closes(&self) -> bool {
        self.before.is_some() && self.after.is_none()
    }
}

/// The space for one piece of a text.
struct PieceSpace<'a> {
    /// The rest of the text, from the beginning of the piece.
    text: &'a str,
    limit: LengthLimit,
    /// The number of units for the piece and the closing line of its code block.
    room: usize,
}

impl PieceSpace<'_> {
    /// Whether a cut at `at` inside this code block fits. `used` is the length of the text before the cut.
    fn fits(&self, at: usize, used: usize, inside: Option<&CodeFence>) -> bool {
        let closing = inside.map(|fence| self.limit.close_block(fence, &self.text[..at]));
        let closing = closing.map_or(0, |closing| self.limit.measure_text(&closing));
        used + closing <= self.room
    }
}

impl CutCandidates {
    /// Finds the cuts of a text. `inside` is the code block around the beginning of the text, and `room` the space for
    /// the piece, in units of the limit.
    pub(super) fn find_in(
        text: &str,
        inside: Option<&CodeFence>,
        limit: LengthLimit,
        room: usize,
    ) -> Self {
        let space = PieceSpace { text, limit, room };
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
        let (mut start, mut used) = (0, 0);
        for line in text.split_inclusive('\n') {
            let line = ScannedLine {
                text: line,
                start,
                used,
                after: code_fence::block_after(line, inside.as_ref()),
                before: inside,
            };
            let (end, line_used) = (line.end(), used + limit.measure_text(line.text));
            if !space.fits(end, line_used, line.after.as_ref()) {
                cuts.find_in_last_line(&space, &line);
                return cuts;
            }
            if end == text.len() {
                cuts.end = Some(CutPoint {
                    at: end,
                    inside: line.after,
                });
                return cuts;
            }
            cuts.add_line_end(text, &line);
            (start, used, inside) = (end, line_used, line.after);
        }
        cuts
    }

    /// Adds the cut after a line that fits.
    fn add_line_end(&mut self, text: &str, line: &ScannedLine<'_>) {
        let cut = CutPoint {
            at: line.end(),
            inside: line.after.clone(),
        };
        let next = text[line.end()..].split_inclusive('\n').next();
        let next = next.unwrap_or_default();
        let inside = line.after.as_ref();
        let next_closes = inside.is_some() && code_fence::block_after(next, inside).is_none();
        // An empty code block shows nothing, and some platforms do not read it as a block.
        let parts = !line.opens() && !next_closes;
        if parts || self.anywhere.at == 0 {
            self.anywhere = cut.clone();
        }
        if !parts {
            return;
        }
        let is_blank = inside.is_none() && line.text.trim().is_empty();
        let next_opens = inside.is_none() && code_fence::parse_opening(next).is_some();
        if is_blank || next_opens || line.closes() {
            self.paragraph = Some(cut.clone());
        }
        self.line = Some(cut);
    }

    /// Finds cuts in the first line that does not fit as a whole.
    fn find_in_last_line(&mut self, space: &PieceSpace<'_>, line: &ScannedLine<'_>) {
        let limit = space.limit;
        let without_end = line.text.trim_end();
        let end = line.start + without_end.len();
        let used = line.used + limit.measure_text(without_end);
        if line.closes() && space.fits(end, used, None) {
            self.anywhere = CutPoint {
                at: end,
                inside: None,
            };
        } else if line.start == 0 || !(line.opens() || line.closes()) {
            // A fence that is not repeated and does not fit is cut, and still opens or closes its block.
            let fence = line.after.as_ref().or(line.before.as_ref());
            let inside = if fence.is_none_or(|fence| limit.repeats_fence(fence)) {
                line.before.as_ref()
            } else {
                line.after.as_ref()
            };
            let measured = |text: &str| limit.measure_text(text);
            let fits = |at, used| space.fits(at, used, inside);
            // Only this much of the line can matter.
            let near = &line.text[..limit.fitting_bytes(line.text, 2 * space.room)];
            let start = (line.start, line.used);
            self.find_in_line(space.text, start, near, inside, &measured, &fits);
        }
    }

    /// Finds cuts between the graphemes of a line. `start` is the position of the line, and the length of
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
    pub(super) fn best_cut(self) -> CutPoint {
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

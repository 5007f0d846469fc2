//! The text of one paragraph, heading or cell, in a dialect.

use super::{code_writing, dialect_escaping, link_writing};

/// A longer emphasised text is emphasised in parts, in bytes. The splitter cuts no part of this size.
const LONGEST_EMPHASIS: usize = 200;

/// The marks of an emphasised text.
#[derive(Clone, Debug)]
struct EmphasisMark {
    style: EmphasisStyle,
    /// The mark on both sides. Empty if a text around it has the style already.
    mark: String,
    /// The text on both sides, if the marks belong to an address.
    letters: String,
}

/// A style of emphasised text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EmphasisStyle {
    Bold,
    Italic,
    Struck,
    /// No style: the marks belong to an address.
    OfAddress,
}

/// The text that is written. Whitespace waits for the word after it, because no mark may stand beside whitespace.
#[derive(Clone, Debug, Default)]
pub(super) struct InlineText {
    written: String,
    /// The text without marks.
    plain: String,
    /// The whitespace before the next word.
    space: String,
    /// The emphasis of the next word, from the outside.
    marks: Vec<EmphasisMark>,
    /// The number of these marks that are written.
    open: usize,
    /// The position of the first mark that is open.
    open_since: usize,
    /// The character before the next, as the reply has it.
    before: Option<char>,
    /// Whether the text has one line.
    is_single_line: bool,
    /// Whether whitespace stands before the first word.
    begins_with_space: bool,
}

impl InlineText {
    /// A text in one line.
    pub(super) fn in_one_line() -> Self {
        Self {
            is_single_line: true,
            ..Self::default()
        }
    }

    /// The text of a link within this text. The marks around the link stand outside.
    pub(super) fn begin_link(&self) -> Self {
        let around = self.marks.iter().map(|it| EmphasisMark {
            mark: String::new(),
            ..it.clone()
        });
        Self {
            marks: around.collect(),
            is_single_line: true,
            ..Self::default()
        }
    }

    /// An empty text with the same emphasis.
    pub(super) fn begin_rest(&self) -> Self {
        Self {
            marks: self.marks.clone(),
            is_single_line: self.is_single_line,
            ..Self::default()
        }
    }

    /// Begins emphasised text. `written` is the Markdown of the text with its marks.
    pub(super) fn begin_emphasis(&mut self, style: EmphasisStyle, written: &str) {
        let is_known = self.marks.iter().any(|it| it.style == style);
        let mark = written.chars().next().filter(|it| "*_".contains(*it));
        let mark = mark.unwrap_or('*').to_string();
        let mark = match style {
            _ if is_known => String::new(),
            EmphasisStyle::Bold => mark.repeat(2),
            EmphasisStyle::Italic => mark,
            EmphasisStyle::Struck => "~~".to_owned(),
            EmphasisStyle::OfAddress => String::new(),
        };
        self.marks.push(EmphasisMark {
            style,
            mark,
            letters: String::new(),
        });
    }

    /// Begins a text between marks that belong to a bare address.
    pub(super) fn begin_address_part(&mut self, letters: &str) {
        self.push_text(letters);
        self.marks.push(EmphasisMark {
            style: EmphasisStyle::OfAddress,
            mark: String::new(),
            letters: letters.to_owned(),
        });
    }

    /// Ends the innermost emphasised text.
    pub(super) fn end_emphasis(&mut self) {
        let Some(last) = self.marks.pop() else {
            return;
        };
        if self.open > self.marks.len() {
            self.open = self.marks.len();
            self.written.push_str(&last.mark);
        }
        self.push_text(&last.letters);
    }

    /// Adds plain text.
    pub(super) fn push_text(&mut self, text: &str) {
        for word in text.split_inclusive(char::is_whitespace) {
            let is_address = word.contains("://");
            for (at, character) in word.char_indices() {
                if character.is_whitespace() || character.is_control() {
                    self.push_space(character);
                } else if !dialect_escaping::is_invisible(character) {
                    let after = &word[at + character.len_utf8()..];
                    let before = self.before;
                    self.begin_word();
                    if dialect_escaping::is_mark(character, before, after, is_address) {
                        self.written.push('\\');
                    }
                    self.written.push(character);
                    self.plain.push(character);
                    self.before = Some(character);
                }
            }
        }
    }

    /// Adds inline code. Telegram's code has no other style, and the splitter could take a mark within the code for the
    /// end of the style. So the style ends before the code.
    pub(super) fn push_code(&mut self, code: &str) {
        self.close_marks();
        let marks = std::mem::take(&mut self.marks);
        self.push_written(&code_writing::join_span(code), code);
        self.open = 0;
        self.marks = marks;
    }

    /// Adds a link with its text. Only an address on the web becomes a link. Telegram refuses others, so another address
    /// is shown beside the text.
    pub(super) fn push_link(&mut self, text: Self, address: &str) {
        let (begins, ends) = (text.begins_with_space, !text.space.is_empty());
        if begins {
            self.push_space(' ');
        }
        let plain = text.plain.clone();
        let written = text.into_written();
        if link_writing::is_web_address(address) && !written.is_empty() && plain != address {
            self.push_written(&link_writing::join_link(&written, address), &plain);
        } else if written.is_empty() {
            self.push_text(address);
        } else if plain == address {
            // Telegram finds a bare address.
            self.push_text(&plain);
        } else {
            self.push_written(&written, &plain);
            if let Some(shown) = link_writing::shown_address(address, &plain) {
                self.push_text(&format!(" ({shown})"));
            }
        }
        if ends {
            self.push_space(' ');
        }
    }

    /// Begins a new line.
    pub(super) fn break_line(&mut self, line_break: &str) {
        if self.is_single_line {
            self.push_space(' ');
        } else if !self.space.contains('\n') {
            self.space.clear();
            self.space.push_str(line_break);
            self.before = None;
        }
    }

    /// The text in the dialect. Empty if the text shows nothing.
    pub(super) fn into_written(mut self) -> String {
        self.close_marks();
        self.written
    }

    /// The text without marks.
    pub(super) fn plain(&self) -> &str {
        &self.plain
    }

    /// Adds a part that is in the dialect already.
    fn push_written(&mut self, part: &str, plain: &str) {
        self.begin_word();
        self.written.push_str(part);
        self.plain.push_str(plain);
        self.before = part.chars().next_back();
    }

    fn push_space(&mut self, character: char) {
        let is_plain = character.is_ascii() || character.is_control();
        let character = match character {
            // Telegram removes these.
            '\u{2028}' | '\u{2029}' => ' ',
            _ if is_plain => ' ',
            other => other,
        };
        self.before = Some(' ');
        // Many spaces show as one, and a line that begins with spaces would be code.
        if character != ' ' || !self.space.ends_with([' ', '\n']) {
            self.space.push(character);
        }
    }

    /// Writes the whitespace and the marks before a word.
    fn begin_word(&mut self) {
        let space = std::mem::take(&mut self.space);
        if self.plain.is_empty() {
            self.begins_with_space = self.begins_with_space || !space.is_empty();
        } else if !space.is_empty() {
            let length = self.written.len() - self.open_since;
            if self.open > 0 && (space.contains('\n') || length > LONGEST_EMPHASIS) {
                self.close_marks();
            }
            self.written.push_str(&space);
            self.plain.push_str(&space);
        }
        if self.open == 0 {
            self.open_since = self.written.len();
        }
        for mark in &self.marks[self.open..] {
            self.written.push_str(&mark.mark);
        }
        self.open = self.marks.len();
    }

    /// Closes all open marks. They open again before the next word.
    fn close_marks(&mut self) {
        for mark in self.marks[..self.open].iter().rev() {
            self.written.push_str(&mark.mark);
        }
        self.open = 0;
    }
}

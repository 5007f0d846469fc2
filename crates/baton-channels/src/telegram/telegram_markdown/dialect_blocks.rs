//! The blocks of a text in a dialect, with their quotes and lists.
//!
//! Code and tables stand outside lists and quotes, because a cut would take them out. The list or quote goes on after
//! the block.

use super::DialectForm;

/// The indent of one level in a drawn list. Markdown reads it as text, so a cut changes nothing.
const INDENT: &str = "\u{2003}";

/// The deepest level of a list. Deeper items have the indent of this level.
const DEEPEST: usize = 8;

/// The place of a block in the text. Two blocks in one place are nearer to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct BlockPlace {
    /// The number of the outermost quote.
    quote: Option<usize>,
    /// The number of the outermost list.
    list: Option<usize>,
}

/// A list around the next block.
#[derive(Debug)]
struct OpenList {
    /// The number of the next item. `None` if the items have no numbers.
    next: Option<u64>,
    /// The mark of the item, until its first text.
    mark: Option<String>,
    /// The width of the mark.
    width: usize,
}

/// The blocks that are written.
#[derive(Debug)]
pub(super) struct BlockWriter {
    form: DialectForm,
    written: String,
    /// The place of the last block.
    last: Option<BlockPlace>,
    /// The number of open quotes, and of all outermost quotes.
    quotes: (usize, usize),
    lists: Vec<OpenList>,
    /// The number of all outermost lists.
    list_count: usize,
    /// The lists that a block outside of them has interrupted.
    left: usize,
}

impl BlockWriter {
    pub(super) fn new(form: DialectForm) -> Self {
        Self {
            form,
            written: String::new(),
            last: None,
            quotes: (0, 0),
            lists: Vec::new(),
            list_count: 0,
            left: 0,
        }
    }

    pub(super) fn begin_quote(&mut self) {
        self.write_number();
        self.left = self.lists.len();
        self.quotes.0 += 1;
        self.quotes.1 += usize::from(self.quotes.0 == 1);
    }

    pub(super) fn end_quote(&mut self) {
        self.quotes.0 -= 1;
        self.left = self.lists.len();
    }

    pub(super) fn begin_list(&mut self, first: Option<u64>) {
        if self.lists.len() == self.left {
            self.list_count += 1;
        }
        self.lists.push(OpenList {
            next: first,
            mark: None,
            width: 0,
        });
    }

    pub(super) fn end_list(&mut self) {
        self.lists.pop();
        self.left = self.left.min(self.lists.len());
    }

    /// Begins an item. `written` is the Markdown of the item.
    pub(super) fn begin_item(&mut self, written: &str) {
        let depth = self.lists.len();
        if self.left == depth {
            self.list_count += 1;
        }
        self.left = self.left.min(depth.saturating_sub(1));
        let form = self.form;
        let Some(list) = self.lists.last_mut() else {
            return;
        };
        // Two lists in a row differ in this character only.
        let marks = written.trim_start_matches(|it: char| it == ' ' || it.is_ascii_digit());
        let mark = marks.chars().next().unwrap_or('-');
        let mark = match (list.next, form) {
            (Some(number), DialectForm::Entities) => format!("{number}\\{mark} "),
            (Some(number), DialectForm::Rich) => format!("{number}{mark} "),
            (None, DialectForm::Entities) => "• ".to_owned(),
            (None, DialectForm::Rich) => format!("{mark} "),
        };
        list.next = list.next.map(|number| number.saturating_add(1));
        list.width = mark.chars().count();
        list.mark = Some(mark);
    }

    /// Marks the item as a task.
    pub(super) fn begin_task(&mut self, is_done: bool) {
        let form = self.form;
        let mark = self.lists.last_mut().and_then(|list| list.mark.as_mut());
        if let Some(mark) = mark {
            match form {
                DialectForm::Entities => {
                    mark.truncate(mark.len() - "• ".len().min(mark.len()));
                    mark.push_str(if is_done { "☑ " } else { "☐ " });
                }
                DialectForm::Rich => mark.push_str(if is_done { "[x] " } else { "[ ] " }),
            }
        }
    }

    pub(super) fn end_item(&mut self) {
        if let Some(list) = self.lists.last_mut() {
            list.mark = None;
        }
    }

    /// Whether the next block is within a list.
    pub(super) fn is_in_list(&self) -> bool {
        self.lists.len() > self.left
    }

    /// Whether the next block is within a list or a quote, also one that a block has interrupted.
    pub(super) fn is_within(&self) -> bool {
        !self.lists.is_empty() || self.quotes.0 > 0
    }

    /// Writes a text of one or more lines.
    pub(super) fn write_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let (quote, first, rest) = self.begin_block();
        for (number, line) in text.split('\n').enumerate() {
            let indent = if number == 0 {
                &first
            } else {
                self.written.push('\n');
                &rest
            };
            self.written.push_str(quote);
            self.written.push_str(indent);
            self.written.push_str(line);
        }
    }

    /// Writes a block that stands outside lists and quotes.
    pub(super) fn write_outside(&mut self, block: &str) {
        self.write_number();
        self.separate_from_last(BlockPlace::default());
        self.written.push_str(block);
        self.left = self.lists.len();
    }

    pub(super) fn into_written(self) -> String {
        self.written
    }

    /// Writes the number of an item whose first block stands outside the list.
    fn write_number(&mut self) {
        let lists = &self.lists[self.left..];
        let has_number = lists
            .iter()
            .any(|it| it.next.is_some() && it.mark.is_some());
        if has_number {
            let (quote, first, _) = self.begin_block();
            self.written.push_str(quote);
            self.written.push_str(first.trim_end());
        }
        for list in &mut self.lists {
            list.mark = None;
        }
    }

    /// Begins a block within the open lists and quotes. Returns the marks of the quote before each line, and the text
    /// before the first line and before the other lines.
    fn begin_block(&mut self) -> (&'static str, String, String) {
        let place = BlockPlace {
            quote: (self.quotes.0 > 0).then_some(self.quotes.1),
            list: self.is_in_list().then_some(self.list_count),
        };
        self.separate_from_last(place);
        let quote = if place.quote.is_some() { "> " } else { "" };
        let (first, rest) = self.take_indents();
        (quote, first, rest)
    }

    /// Writes the line breaks between the last block and the next.
    fn separate_from_last(&mut self, place: BlockPlace) {
        let Some(last) = self.last.replace(place) else {
            return;
        };
        let lists = &self.lists[self.left..];
        let begins_item = lists.iter().any(|it| it.mark.is_some());
        // In a list, a number that is not 1 cannot follow a text directly.
        let is_odd_start = |it: &OpenList| it.mark.is_some() && it.next > Some(2);
        let is_odd_start = lists.len() > 1 && lists.iter().any(is_odd_start);
        let is_near = place.list.is_some() && place == last;
        let is_near = is_near
            && match self.form {
                DialectForm::Entities => true,
                DialectForm::Rich => begins_item && !is_odd_start,
            };
        self.written.push_str(if is_near {
            "\n"
        } else if place.quote.is_some() && place.quote == last.quote {
            "\n>\n"
        } else {
            "\n\n"
        });
    }

    /// The text before the first line of a block, and before its other lines. The marks of items are used up.
    fn take_indents(&mut self) -> (String, String) {
        let lists = &mut self.lists[self.left..];
        let depth = lists.len().min(DEEPEST);
        let begun = lists.iter().position(|it| it.mark.is_some());
        let around = begun.unwrap_or(depth).min(DEEPEST);
        let width = |lists: &[OpenList]| lists.iter().map(|it| it.width).sum::<usize>();
        let Some(begun) = begun else {
            let indent = match self.form {
                DialectForm::Entities => INDENT.repeat(depth),
                DialectForm::Rich => " ".repeat(width(&lists[..depth])),
            };
            return (indent.clone(), indent);
        };
        let around = around.min(DEEPEST - 1);
        let marked = begun.max(lists.len().saturating_sub(DEEPEST - around));
        let marks = lists[marked..].iter_mut().filter_map(|it| it.mark.take());
        let marks = marks.collect::<String>();
        for list in &mut *lists {
            list.mark = None;
        }
        match self.form {
            DialectForm::Entities => (INDENT.repeat(around) + &marks, INDENT.repeat(depth)),
            DialectForm::Rich => {
                let before = width(&lists[..around]);
                let rest = before + width(&lists[marked..]);
                (" ".repeat(before) + &marks, " ".repeat(rest))
            }
        }
    }
}

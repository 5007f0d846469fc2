//! Collects the text of a message with its entities.

use super::dialect_escaping;
use super::text_entity::{EntityKind, TextEntity};

/// The largest number of entities that Telegram reads in one message. The text of the others stays, without its style.
const MOST_ENTITIES: usize = 100;

/// A quote with more lines is shown by its beginning.
const LONGEST_QUOTE: usize = 8;

/// The width of a line on a phone, in units of UTF-16.
const LINE_WIDTH: usize = 50;

/// A style that is open.
#[derive(Debug)]
struct OpenStyle {
    /// `None` if a style around it says the same.
    kind: Option<EntityKind>,
    start: usize,
}

/// The text and the entities so far.
#[derive(Debug, Default)]
pub(super) struct EntityBuilder {
    text: String,
    /// The length of the text, in units of UTF-16.
    length: usize,
    entities: Vec<TextEntity>,
    styles: Vec<OpenStyle>,
    /// The text before the next word, such as line breaks and the mark of an item.
    before: String,
}

impl EntityBuilder {
    /// Ends the line, so that at least this many line breaks come before the next text.
    pub(super) fn break_lines(&mut self, count: usize) {
        if self.text.is_empty() {
            return;
        }
        let missing = count.saturating_sub(self.before.matches('\n').count());
        self.before.push_str(&"\n".repeat(missing));
    }

    /// Adds a text that is shown if another text follows.
    pub(super) fn push_before(&mut self, text: &str) {
        self.before.push_str(text);
    }

    /// Forgets the text before the next word.
    pub(super) fn drop_before(&mut self) {
        self.before.clear();
    }

    /// Adds plain text.
    pub(super) fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let before = std::mem::take(&mut self.before);
        self.append(&before);
        self.append(text);
    }

    pub(super) fn begin_style(&mut self, kind: EntityKind) {
        let is_known = self.styles.iter().any(|it| it.kind.as_ref() == Some(&kind));
        let is_link = matches!(kind, EntityKind::TextLink { .. }) && self.is_in_link();
        let kind = (!is_known && !is_link).then_some(kind);
        let start = self.length;
        self.styles.push(OpenStyle { kind, start });
    }

    pub(super) fn end_style(&mut self) {
        if let Some(OpenStyle {
            kind: Some(kind),
            start,
        }) = self.styles.pop()
        {
            self.add_entity(kind, start);
        }
    }

    /// Adds inline code. Code has no other style and is in no link, so the styles end before the code and begin again
    /// after it.
    pub(super) fn push_code(&mut self, code: &str) {
        if self.is_in_link() {
            self.push_text(code);
            return;
        }
        let before = std::mem::take(&mut self.before);
        self.append(&before);
        self.push_apart(EntityKind::Code, code);
    }

    /// Adds a code block.
    pub(super) fn push_block(&mut self, language: &str, code: &str) {
        let before = std::mem::take(&mut self.before);
        self.append(&before);
        let language = (!language.is_empty()).then(|| language.to_owned());
        self.push_apart(EntityKind::Pre { language }, code);
    }

    /// The position after the text.
    pub(super) fn position(&self) -> usize {
        self.length
    }

    /// The text from this position.
    pub(super) fn text_from(&self, start: usize) -> &str {
        let mut units = self.length - start;
        let mut at = self.text.len();
        for character in self.text.chars().rev() {
            if units == 0 {
                break;
            }
            units = units.saturating_sub(character.len_utf16());
            at -= character.len_utf8();
        }
        &self.text[at..]
    }

    /// The position of the next text, with the text before it.
    pub(super) fn next_position(&self) -> usize {
        self.length + count_units(&self.before)
    }

    /// Makes the text from this position a quote.
    pub(super) fn add_quote(&mut self, start: usize) {
        let quote = self.text_from(start);
        let lines = quote.lines().map(|it| 1 + count_units(it) / LINE_WIDTH);
        let kind = if lines.sum::<usize>() > LONGEST_QUOTE {
            EntityKind::ExpandableBlockquote
        } else {
            EntityKind::Blockquote
        };
        self.add_entity(kind, start);
    }

    /// The text, and the entities in order: an outer entity comes before the entities within.
    pub(super) fn into_parts(mut self) -> (String, Vec<TextEntity>) {
        while !self.styles.is_empty() {
            self.end_style();
        }
        let text = self.text.trim_end();
        let end = count_units(text);
        let text = text.to_owned();
        let mut entities = self.entities;
        for entity in &mut entities {
            entity.length = entity.end().min(end).saturating_sub(entity.offset);
        }
        entities.retain(|it| it.length > 0);
        entities.sort_by_key(|it| (it.kind.loss_order(), it.offset));
        entities.truncate(MOST_ENTITIES);
        entities.sort_by_key(|it| {
            (
                it.offset,
                std::cmp::Reverse(it.length),
                it.kind.loss_order(),
            )
        });
        (text, entities)
    }

    fn is_in_link(&self) -> bool {
        let is_link = |it: &OpenStyle| matches!(it.kind, Some(EntityKind::TextLink { .. }));
        self.styles.iter().any(is_link)
    }

    fn append(&mut self, text: &str) {
        self.text.push_str(text);
        self.length += count_units(text);
    }

    /// Adds a text of this kind, outside all open styles.
    fn push_apart(&mut self, kind: EntityKind, text: &str) {
        let start = self.length;
        let open: Vec<_> = self
            .styles
            .iter()
            .map(|it| (it.kind.clone(), it.start))
            .collect();
        for (kind, start) in open.into_iter().rev() {
            if let Some(kind) = kind {
                self.add_entity(kind, start);
            }
        }
        self.append(text);
        self.add_entity(kind, start);
        for style in &mut self.styles {
            style.start = self.length;
        }
    }

    /// Adds an entity from this position to the end of the text. Whitespace at its ends has no style.
    fn add_entity(&mut self, kind: EntityKind, start: usize) {
        let styled = self.text_from(start);
        if !dialect_escaping::is_visible(styled) {
            return;
        }
        let is_code = matches!(kind, EntityKind::Code | EntityKind::Pre { .. });
        let (offset, length) = if is_code {
            (start, count_units(styled))
        } else {
            let trimmed = styled.trim_start();
            let offset = start + count_units(styled) - count_units(trimmed);
            (offset, count_units(trimmed.trim_end()))
        };
        self.entities.push(TextEntity {
            kind,
            offset,
            length,
        });
    }
}

/// The length of a text in units of UTF-16.
pub(super) fn count_units(text: &str) -> usize {
    text.encode_utf16().count()
}

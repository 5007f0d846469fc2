//! The words of Telegram's rich messages. Their blocks become paragraphs, and their marks are left out.

use serde_json::Value;

/// The depth to which blocks are read.
const DEEPEST: usize = 32;

/// The maximum size of the words, in bytes. A rich message has at most 32,768 characters.
const LONGEST: usize = 128 * 1024;

/// The blocks of a block, in the order of the fields.
const INNER: [&str; 4] = ["blocks", "items", "cells", "caption"];

/// The words of a rich message.
pub(crate) fn rich_message_words(message: &Value) -> String {
    let mut words = RichWords::default();
    if let Some(blocks) = message.get("blocks") {
        words.add_block(blocks, 0);
    }
    words.end_paragraph();
    words.paragraphs.join("\n\n")
}

/// Collects the paragraphs of a rich message.
#[derive(Default)]
struct RichWords {
    paragraphs: Vec<String>,
    current: String,
    size: usize,
}

impl RichWords {
    fn add_block(&mut self, block: &Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match block {
            Value::Array(blocks) => {
                for block in blocks {
                    self.add_block(block, depth + 1);
                }
            }
            Value::Object(fields) => {
                if let Some(label) = fields.get("label").and_then(Value::as_str) {
                    self.end_paragraph();
                    self.add_words(label);
                    self.add_words(" ");
                } else if fields.contains_key("type") && fields.contains_key("text") {
                    self.end_paragraph();
                }
                for name in ["text", "summary", "expression"] {
                    if let Some(text) = fields.get(name) {
                        self.add_text(text, depth + 1);
                    }
                }
                let is_item = fields.contains_key("label");
                if !is_item {
                    self.end_paragraph();
                }
                for inner in INNER.iter().filter_map(|name| fields.get(*name)) {
                    self.add_inner(inner, is_item, depth + 1);
                }
            }
            // A caption or a cell may be a bare text.
            Value::String(text) => {
                self.add_words(text);
                self.end_paragraph();
            }
            _ => {}
        }
    }

    /// Adds the blocks inside a block. The first words of an item of a list stand beside the label.
    fn add_inner(&mut self, inner: &Value, is_item: bool, depth: usize) {
        let blocks = inner.as_array().map_or(&[][..], Vec::as_slice);
        if let ([first, rest @ ..], true) = (blocks, is_item)
            && let Some(text) = first.get("text")
        {
            self.add_text(text, depth);
            self.end_paragraph();
            for block in rest {
                self.add_block(block, depth);
            }
            return;
        }
        self.add_block(inner, depth);
        self.end_paragraph();
    }

    /// Adds a formatted text: a bare text, a list of texts, or an object with a text inside.
    fn add_text(&mut self, text: &Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match text {
            Value::String(words) => self.add_words(words),
            Value::Array(parts) => {
                for part in parts {
                    self.add_text(part, depth + 1);
                }
            }
            Value::Object(fields) => {
                if let Some(inner) = fields.get("text").or_else(|| fields.get("expression")) {
                    self.add_text(inner, depth + 1);
                }
                if let Some(url) = fields.get("url").and_then(Value::as_str)
                    && fields.get("text").and_then(Value::as_str) != Some(url)
                {
                    self.add_words(&format!(" ({url})"));
                }
            }
            _ => {}
        }
    }

    fn add_words(&mut self, words: &str) {
        let room = LONGEST.saturating_sub(self.size);
        let words = &words[..words.floor_char_boundary(room)];
        self.size += words.len();
        self.current.push_str(words);
    }

    fn end_paragraph(&mut self) {
        let paragraph = self.current.trim();
        if !paragraph.is_empty() {
            self.paragraphs.push(paragraph.to_owned());
        }
        self.current.clear();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_become_paragraphs() {
        let message = json!({ "blocks": [
            { "type": "heading", "size": 1, "text": "Plan" },
            { "type": "paragraph", "text": [
                "Read ",
                { "type": "bold", "text": { "type": "italic", "text": "this" } },
                " and ",
                { "type": "url", "text": "the page", "url": "https://example.org/" },
            ] },
            { "type": "list", "items": [
                { "label": "1.", "blocks": [{ "type": "paragraph", "text": "first" }] },
                { "label": "2.", "blocks": [
                    { "type": "paragraph", "text": "second" },
                    { "type": "pre", "text": "code" },
                ] },
            ] },
            { "type": "table", "cells": [[{ "text": "a" }, { "text": "b" }]] },
            { "type": "divider" },
        ] });
        assert_eq!(
            rich_message_words(&message),
            "Plan\n\nRead this and the page (https://example.org/)\n\n1. first\n\n2. second\n\ncode\n\na\n\nb"
        );
    }

    #[test]
    fn strange_blocks_cost_only_themselves() {
        let mut deep = json!({ "type": "paragraph", "text": "deep" });
        for _ in 0..100 {
            deep = json!({ "type": "quote", "blocks": [deep] });
        }
        let message = json!({ "blocks": [7, null, deep, { "text": 7 }, { "text": "here" }] });
        assert_eq!(rich_message_words(&message), "here");
        for message in [json!(7), json!({}), json!({ "blocks": "x" })] {
            assert!(rich_message_words(&message).len() < 2);
        }
        let long = json!({ "blocks": [{ "text": "é".repeat(LONGEST) }, { "text": "x" }] });
        assert_eq!(rich_message_words(&long).len(), LONGEST);
    }
}

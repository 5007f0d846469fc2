//! Rich messages: their size, and their form in answers.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::{Value, json};

/// The types of blocks that have the same form in requests and answers.
const SAME: [&str; 8] = [
    "paragraph",
    "heading",
    "pre",
    "footer",
    "divider",
    "blockquote",
    "expandable_blockquote",
    "pullquote",
];

/// The types of blocks with a file.
const MEDIA: [&str; 6] = [
    "animation",
    "audio",
    "document",
    "photo",
    "video",
    "voice_note",
];

/// The sizes of a rich message that Telegram limits.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RichSize {
    pub(super) characters: usize,
    /// The blocks, with items of lists and rows of tables.
    pub(super) blocks: usize,
    /// The greatest number of blocks inside each other.
    pub(super) levels: usize,
    pub(super) media: usize,
    /// The columns of the widest table.
    pub(super) columns: usize,
}

impl RichSize {
    pub(super) fn of(rich: &Value) -> Self {
        let mut size = Self::default();
        if let Some(text) = rich["markdown"].as_str() {
            size.characters = text.chars().count();
            size.count_markdown(text);
        } else if let Some(text) = rich["html"].as_str() {
            // The fake does not parse HTML.
            size.characters = text.chars().count();
            size.blocks = usize::from(!text.trim().is_empty());
        } else {
            size.characters = plain_text(&rich["blocks"]).chars().count();
            size.count_blocks(&rich["blocks"], 1);
        }
        size
    }

    fn count_markdown(&mut self, source: &str) {
        let tables = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
        let mut level = 0;
        for event in Parser::new_ext(source, tables) {
            match event {
                Event::Start(tag) => {
                    match &tag {
                        Tag::Table(columns) => self.columns = self.columns.max(columns.len()),
                        Tag::Image { .. } => self.media += 1,
                        _ => {}
                    }
                    if is_block_end(tag.to_end()) {
                        level += 1;
                        self.count_block(level);
                    }
                }
                Event::End(tag) if is_block_end(tag) => level -= 1,
                Event::Rule => self.count_block(level + 1),
                _ => {}
            }
        }
    }

    fn count_blocks(&mut self, blocks: &Value, level: usize) {
        for block in blocks.as_array().into_iter().flatten() {
            self.count_block(level);
            if block["type"].as_str().is_some_and(|it| MEDIA.contains(&it)) {
                self.media += 1;
            }
            for row in block["cells"].as_array().into_iter().flatten() {
                self.count_block(level + 1);
                let cells = row.as_array().into_iter().flatten();
                let columns = cells.map(|cell| cell["colspan"].as_u64().unwrap_or(1));
                let columns = usize::try_from(columns.sum::<u64>()).unwrap_or(usize::MAX);
                self.columns = self.columns.max(columns);
            }
            for item in block["items"].as_array().into_iter().flatten() {
                self.count_block(level + 1);
                self.count_blocks(&item["blocks"], level + 2);
            }
            self.count_blocks(&block["blocks"], level + 1);
        }
    }

    fn count_block(&mut self, level: usize) {
        self.blocks += 1;
        self.levels = self.levels.max(level);
    }
}

/// Whether this end of a part of a Markdown source ends a block, an item of a list or a row.
fn is_block_end(tag: TagEnd) -> bool {
    !matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Link
            | TagEnd::Image
            | TagEnd::TableCell
    )
}

/// The source of a rich message, or the plain text of its blocks.
pub(super) fn source_text(rich: &Value) -> String {
    for source in ["markdown", "html"] {
        if let Some(text) = rich[source].as_str() {
            return text.to_owned();
        }
    }
    plain_text(&rich["blocks"])
}

/// The texts of blocks, with one line for each block.
fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().any(is_block) => {
            let lines: Vec<String> = items.iter().map(plain_text).collect();
            lines.join("\n")
        }
        Value::Array(items) => items.iter().map(plain_text).collect(),
        Value::Object(fields) => {
            let parts = [
                "text", "summary", "caption", "credit", "blocks", "items", "cells",
            ];
            let mut found = String::new();
            for part in parts.iter().filter_map(|name| fields.get(*name)) {
                let text = plain_text(part);
                if !found.is_empty() && !text.is_empty() {
                    found.push('\n');
                }
                found.push_str(&text);
            }
            found
        }
        _ => String::new(),
    }
}

/// Whether a value is a block, an item of a list or a row, in contrast to a formatted part of a line.
fn is_block(value: &Value) -> bool {
    let kind = value["type"].as_str().unwrap_or_default();
    SAME.contains(&kind)
        || matches!(
            kind,
            "list" | "table" | "details" | "buttons" | "mathematical_expression"
        )
        || !value["blocks"].is_null()
        || value.is_array()
}

/// The rich message of an answer. The fake shows no Markdown and no HTML: the source becomes one paragraph.
/// Blocks with other forms in answers become paragraphs too.
pub(super) fn rich_json(rich: &Value) -> Value {
    let paragraph = |text: String| json!({"type": "paragraph", "text": text});
    let blocks: Vec<Value> = match rich["blocks"].as_array() {
        None => vec![paragraph(source_text(rich))],
        Some(blocks) => {
            let simple = |block: &Value| {
                matches!(
                    block["type"].as_str(),
                    Some("paragraph" | "heading" | "pre" | "footer" | "divider")
                )
            };
            let shown = blocks.iter();
            shown
                .map(|block| {
                    if simple(block) {
                        block.clone()
                    } else {
                        paragraph(plain_text(block))
                    }
                })
                .collect()
        }
    };
    let mut json = json!({"blocks": blocks});
    if let Some(is_rtl) = rich.get("is_rtl") {
        json["is_rtl"] = is_rtl.clone();
    }
    json
}

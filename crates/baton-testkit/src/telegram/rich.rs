//! Rich messages: their measure, and their form in answers.

use pulldown_cmark::{Event, Options, Parser, Tag};
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

/// The number of characters and of blocks in a rich message.
pub(super) fn measure(rich: &Value) -> (usize, usize) {
    if let Some(text) = rich["markdown"].as_str() {
        return (text.chars().count(), count_markdown_blocks(text));
    }
    // The fake does not parse HTML.
    if let Some(text) = rich["html"].as_str() {
        return (text.chars().count(), usize::from(!text.trim().is_empty()));
    }
    (
        plain_text(&rich["blocks"]).chars().count(),
        count_blocks(&rich["blocks"]),
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

/// The number of blocks, with items of lists and rows of tables.
fn count_blocks(blocks: &Value) -> usize {
    let blocks = blocks.as_array().into_iter().flatten();
    blocks
        .map(|block| {
            let rows = block["cells"].as_array().map_or(0, Vec::len);
            let items = block["items"].as_array().into_iter().flatten();
            let items: usize = items.map(|item| 1 + count_blocks(&item["blocks"])).sum();
            1 + rows + items + count_blocks(&block["blocks"])
        })
        .sum()
}

/// The number of blocks of a Markdown source, with items of lists and rows of tables.
fn count_markdown_blocks(source: &str) -> usize {
    let tables = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(source, tables);
    let blocks = events.filter(|event| match event {
        Event::Start(tag) => !matches!(
            tag,
            Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Link { .. }
                | Tag::Image { .. }
                | Tag::TableCell
        ),
        Event::Rule => true,
        _ => false,
    });
    blocks.count()
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

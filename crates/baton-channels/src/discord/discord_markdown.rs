//! Converts Markdown to Discord's dialect.
//!
//! Discord knows one mark for a code block: three backticks, anywhere in a line, up to the next three
//! backticks. Tildes, more backticks, indents and tables mean nothing to Discord. A blank line ends a list,
//! in code too.
//!
//! So code is written again in Discord's form. All other characters that only look like marks are escaped.
//! The splitter and Discord must find the same code blocks.

use std::ops::Range;

use baton_chat::text::TextFormat;
use baton_chat::text::text_table::TextTable;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::discord_sizes;

mod mark_escaping;
#[cfg(test)]
mod tests;

use mark_escaping::PlainRanges;

/// An invisible character between two backticks, so that Discord does not read the two as one mark. Discord
/// has no escape inside code.
const APART: char = '\u{200b}';

/// Longer inline code, as [`discord_sizes::MESSAGE`] counts, becomes a block, because only a block can be split. The
/// size is less than a quarter of a message, so that the splitter finds a good place before the code.
const LONGEST_SPAN: usize = 250;

/// The marks of the deepest heading in Discord's dialect.
const DEEPEST: &str = "###";

/// The longest name of a language, in bytes. No language has a longer name.
const LONGEST_LANGUAGE: usize = 40;

/// The form of Discord's messages.
pub(super) const FORMAT: TextFormat = TextFormat {
    render: render_markdown,
    bold_marks: ["**", "**"],
    small_print: "-# ",
    limit: discord_sizes::MESSAGE,
};

/// Converts Markdown to Discord's dialect.
pub(super) fn render_markdown(markdown: &str) -> String {
    let mut rendered = String::with_capacity(markdown.len());
    let mut done = 0;
    let (codes, plain) = parse_markdown(markdown);
    for (range, code) in codes {
        mark_escaping::push_escaped(&mut rendered, markdown, done..range.start, &plain);
        done = range.end;
        match code {
            RewrittenPart::Heading => rendered.push_str(DEEPEST),
            RewrittenPart::Span(code) => push_span(&mut rendered, &code),
            RewrittenPart::Block(block) => {
                push_block(&mut rendered, &block);
                let after = &markdown[range.end..];
                let ends_line = after.is_empty() || after.starts_with(['\n', '\r']);
                if markdown[range].ends_with('\n') || !ends_line {
                    rendered.push('\n');
                }
            }
        }
    }
    mark_escaping::push_escaped(&mut rendered, markdown, done..markdown.len(), &plain);
    rendered
}

/// A part of the Markdown that is written again.
enum RewrittenPart {
    /// The marks of a heading that is too deep for Discord.
    Heading,
    /// Inline code.
    Span(String),
    Block(CodeBlock),
}

#[derive(Default)]
struct CodeBlock {
    language: String,
    code: String,
    /// Whether the block is in a list or a quote.
    within: bool,
}

/// Finds all code with its range, in order, and the plain text.
fn parse_markdown(markdown: &str) -> (Vec<(Range<usize>, RewrittenPart)>, PlainRanges) {
    let mut codes = Vec::new();
    let mut texts = Vec::new();
    let mut table: Option<TextTable> = None;
    let mut block: Option<CodeBlock> = None;
    let mut containers = 0_usize;
    let mut struck = false;
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        match event {
            Event::Start(Tag::List(_) | Tag::BlockQuote(_)) => containers += 1,
            Event::End(TagEnd::List(_) | TagEnd::BlockQuote(_)) => containers -= 1,
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => parse_language(&info),
                    CodeBlockKind::Indented => String::new(),
                };
                block = Some(CodeBlock {
                    language,
                    within: containers > 0,
                    ..CodeBlock::default()
                });
            }
            Event::Text(text) => {
                if let Some(block) = &mut block {
                    block.code.push_str(&text);
                } else {
                    texts.push(range);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                codes.extend(
                    block
                        .take()
                        .map(|block| (range, RewrittenPart::Block(block))),
                );
            }
            Event::Start(Tag::Strikethrough) => struck = true,
            Event::End(TagEnd::Strikethrough) => struck = false,
            Event::Start(Tag::Heading { .. }) => {
                let marks = markdown[range.start..].bytes();
                let marks = marks.take_while(|it| *it == b'#').count();
                if marks > DEEPEST.len() {
                    codes.push((range.start..range.start + marks, RewrittenPart::Heading));
                }
            }
            Event::Start(Tag::Table(_)) => table = Some(TextTable::default()),
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                if let Some(table) = &mut table {
                    table.begin_row();
                }
            }
            Event::Start(Tag::TableCell) => {
                if let Some(table) = &mut table {
                    table.push_cell(&markdown[range]);
                }
            }
            Event::End(TagEnd::Table) => {
                let drawn = table.take().map(|table| CodeBlock {
                    code: table.draw_columns(),
                    within: containers > 0,
                    ..CodeBlock::default()
                });
                codes.extend(drawn.map(|block| (range, RewrittenPart::Block(block))));
            }
            Event::Code(code) if table.is_none() => {
                let span = if discord_sizes::MESSAGE.measure_text(&code) > LONGEST_SPAN {
                    // Two tildes would end the strikethrough, in a code block too.
                    let code = if struck {
                        separate_marks(&code, '~', 2)
                    } else {
                        code.into_string()
                    };
                    RewrittenPart::Block(CodeBlock {
                        code,
                        within: containers > 0,
                        ..CodeBlock::default()
                    })
                } else {
                    RewrittenPart::Span(code.into_string())
                };
                codes.push((range, span));
            }
            _ => {}
        }
    }
    (codes, PlainRanges::new(markdown, texts))
}

/// The language of a code block, reduced to one word. Discord would show any other text of that line as code.
fn parse_language(info: &str) -> String {
    let is_part =
        |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '+' | '-' | '.' | '#');
    let word = info.trim_start();
    let end = word.find(|it| !is_part(it)).unwrap_or(word.len());
    let word = &word[..end];
    if word.len() > LONGEST_LANGUAGE {
        return String::new();
    }
    word.to_owned()
}

/// Writes inline code.
fn push_span(rendered: &mut String, code: &str) {
    let marks = if code.contains('`') { "``" } else { "`" };
    // Without a space, a backtick at the end of the code would join the marks.
    let pad = if code.starts_with('`') || code.ends_with('`') {
        " "
    } else {
        ""
    };
    rendered.push_str(&[marks, pad].concat());
    rendered.push_str(&separate_marks(code, '`', 2));
    rendered.push_str(&[pad, marks].concat());
}

/// Writes a code block on lines of its own, outside lists and quotes. A split line would leave its list or
/// quote, and a blank line ends both.
fn push_block(rendered: &mut String, block: &CodeBlock) {
    let line = rendered.rfind('\n').map_or(0, |at| at + 1);
    let before = &rendered[line..];
    if before.chars().all(|it| it == '>' || it.is_whitespace()) {
        rendered.truncate(line);
    } else {
        rendered.push('\n');
    }
    if block.within && !rendered.is_empty() && !rendered.ends_with("\n\n") {
        rendered.push('\n');
    }
    let mut lines = block.code.lines().skip_while(|it| it.trim().is_empty());
    // Without content, the closing marks would open another block.
    let first = lines.next().unwrap_or(" ");
    let code: Vec<_> = std::iter::once(first).chain(lines).collect();
    let is_blank = |line: &&&str| line.trim().is_empty();
    let blank = code.iter().skip(1).rev().take_while(is_blank).count();
    let code = code[..code.len() - blank].join("\n");
    rendered.push_str("```");
    rendered.push_str(&block.language);
    rendered.push('\n');
    rendered.push_str(&separate_marks(&code, '`', 3));
    rendered.push_str("\n```");
}

/// The code, with [`APART`] inside each run of `many` marks.
fn separate_marks(code: &str, mark: char, many: usize) -> String {
    let mut apart = String::with_capacity(code.len());
    let mut marks = 0;
    for character in code.chars() {
        marks = if character == mark { marks + 1 } else { 0 };
        if marks == many {
            apart.push(APART);
            marks = 1;
        }
        apart.push(character);
    }
    apart
}

//! Writes a Markdown text again in a dialect.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd, TextMergeWithOffset};

use super::cell_table::{CellTable, TableCell};
use super::details_tags::{self, HtmlPart};
use super::dialect_blocks::BlockWriter;
use super::dialect_inline::{EmphasisStyle, InlineText};
use super::unused_definitions::UnusedDefinitions;
use super::{BOLD, DialectForm, OF_REPLIES, RULE, code_writing, link_writing};

/// Converts Markdown to a dialect.
pub(super) fn write_dialect(markdown: &str, form: DialectForm) -> String {
    let markdown = markdown.replace("\r\n", "\n").replace('\r', "\n");
    let mut writer = DialectWriter {
        form,
        blocks: BlockWriter::new(form),
        texts: Vec::new(),
        addresses: Vec::new(),
        heading: None,
        code: None,
        html: None,
        table: None,
        note: None,
        unused: UnusedDefinitions::find_in(&markdown),
        details: 0,
        is_in_address: false,
    };
    let parser = Parser::new_ext(&markdown, OF_REPLIES).into_offset_iter();
    for (event, range) in TextMergeWithOffset::new(parser) {
        if matches!(&event, Event::Rule) || matches!(&event, Event::Start(tag) if begins_block(tag))
        {
            writer.write_definitions_before(range.start);
        }
        writer.is_in_address = link_writing::ends_in_address(&markdown[..range.start]);
        writer.take_event(event, &markdown[range]);
    }
    writer.end_text();
    writer.write_definitions_before(markdown.len());
    for _ in 0..writer.details {
        writer.blocks.write_outside("</details>");
    }
    writer.blocks.into_written()
}

/// Whether a part is a block, so that another block can stand before it.
fn begins_block(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Paragraph
            | Tag::Heading { .. }
            | Tag::BlockQuote(_)
            | Tag::CodeBlock(_)
            | Tag::HtmlBlock
            | Tag::List(_)
            | Tag::Item
            | Tag::FootnoteDefinition(_)
            | Tag::Table(_)
    )
}

/// The state between two parts of the Markdown.
struct DialectWriter {
    form: DialectForm,
    blocks: BlockWriter,
    /// The open text, and the texts of open links within.
    texts: Vec<InlineText>,
    /// The addresses of the open links.
    addresses: Vec<String>,
    /// The marks of the open heading. Empty if the heading is bold text.
    heading: Option<String>,
    /// The language and the lines of the open code block.
    code: Option<(String, String)>,
    /// The open block of HTML.
    html: Option<String>,
    table: Option<CellTable>,
    /// The label of a footnote, until its first text.
    note: Option<String>,
    unused: UnusedDefinitions,
    /// The number of details that are open in the dialect.
    details: usize,
    /// Whether a bare address stands directly before the part.
    is_in_address: bool,
}

impl DialectWriter {
    /// Writes one part. `written` is its Markdown.
    fn take_event(&mut self, event: Event<'_>, written: &str) {
        match event {
            Event::Start(tag) => self.begin_part(tag, written),
            Event::End(tag) => self.end_part(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.open_text().push_text(&text),
            },
            Event::Code(code) => self.take_code(&code),
            Event::Html(text) => match &mut self.html {
                Some(html) => html.push_str(&text),
                None => self.open_text().push_text(&text),
            },
            Event::InlineHtml(tag) => self.take_tag(&tag),
            Event::SoftBreak => self.open_text().break_line("\n"),
            Event::HardBreak => {
                let line_break = self.hard_break();
                self.open_text().break_line(line_break);
            }
            Event::Rule => {
                self.end_text();
                if self.form == DialectForm::Rich && !self.blocks.is_within() {
                    self.blocks.write_text("---");
                } else {
                    self.blocks.write_text(RULE);
                }
            }
            Event::TaskListMarker(is_done) => self.blocks.begin_task(is_done),
            Event::FootnoteReference(label) => self.open_text().push_text(&format!("[{label}]")),
            Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.open_text().push_text(&text);
            }
        }
    }

    fn begin_part(&mut self, tag: Tag<'_>, written: &str) {
        match tag {
            Tag::Emphasis => self.begin_emphasis(EmphasisStyle::Italic, written),
            Tag::Strong => self.begin_emphasis(EmphasisStyle::Bold, written),
            Tag::Strikethrough => self.begin_emphasis(EmphasisStyle::Struck, written),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                let text = self.open_text().begin_link();
                self.texts.push(text);
                self.addresses.push(dest_url.into_string());
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.begin_row();
                }
            }
            Tag::TableCell => self.texts.push(InlineText::in_one_line()),
            _ => {
                self.end_text();
                self.begin_block(tag, written);
            }
        }
    }

    fn begin_block(&mut self, tag: Tag<'_>, written: &str) {
        match tag {
            Tag::Heading { level, .. } => {
                let mut text = InlineText::in_one_line();
                if self.form == DialectForm::Rich && !self.blocks.is_in_list() {
                    self.heading = Some("#".repeat(level as usize) + " ");
                } else {
                    text.begin_emphasis(EmphasisStyle::Bold, BOLD[0]);
                    self.heading = Some(String::new());
                }
                self.texts.push(text);
            }
            Tag::BlockQuote(_) => self.blocks.begin_quote(),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::HtmlBlock => self.html = Some(String::new()),
            Tag::List(first) => self.blocks.begin_list(first),
            Tag::Item => self.blocks.begin_item(written),
            Tag::FootnoteDefinition(label) => self.note = Some(format!("[{label}]: ")),
            Tag::Table(alignments) => self.table = Some(CellTable::new(alignments)),
            _ => {}
        }
    }

    fn end_part(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.open_text().end_emphasis();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(tag),
            TagEnd::TableCell => self.end_cell(),
            TagEnd::TableHead | TagEnd::TableRow => {}
            _ => {
                self.end_text();
                self.end_block(tag);
            }
        }
    }

    fn end_block(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::BlockQuote(_) => self.blocks.end_quote(),
            TagEnd::CodeBlock => {
                if let Some((language, code)) = self.code.take() {
                    self.write_code(&language, &code);
                }
            }
            TagEnd::HtmlBlock => {
                let html = self.html.take().unwrap_or_default();
                self.write_html(&html);
            }
            TagEnd::List(_) => self.blocks.end_list(),
            TagEnd::Item => self.blocks.end_item(),
            TagEnd::Table => self.end_table(),
            _ => {}
        }
    }

    /// The text that is written now.
    fn open_text(&mut self) -> &mut InlineText {
        if self.texts.is_empty() {
            let mut text = InlineText::default();
            if let Some(note) = self.note.take() {
                text.push_text(&note);
            }
            self.texts.push(text);
        }
        let last = self.texts.len() - 1;
        &mut self.texts[last]
    }

    /// Writes the open text.
    fn end_text(&mut self) {
        let mut text = self.texts.drain(..).next();
        let heading = self.heading.take();
        let text = text
            .take()
            .map(InlineText::into_written)
            .unwrap_or_default();
        if !text.is_empty() {
            self.blocks
                .write_text(&(heading.unwrap_or_default() + &text));
        }
    }

    /// Writes the definitions that no link uses, up to this place in the Markdown.
    fn write_definitions_before(&mut self, place: usize) {
        while let Some(definition) = self.unused.take_before(place) {
            self.end_text();
            self.open_text().push_text(&definition);
            self.end_text();
        }
    }

    fn begin_emphasis(&mut self, style: EmphasisStyle, written: &str) {
        if self.is_in_address {
            let mark = written.chars().next().unwrap_or_default();
            let letters = match style {
                EmphasisStyle::Bold => &written[..2],
                EmphasisStyle::Struck => &written[..count_marks(written, mark).min(2)],
                _ => &written[..1],
            };
            self.open_text().begin_address_part(letters);
        } else {
            self.open_text().begin_emphasis(style, written);
        }
    }

    fn end_link(&mut self, tag: TagEnd) {
        let (Some(text), Some(address)) = (self.texts.pop(), self.addresses.pop()) else {
            return;
        };
        // A link cannot be within a link.
        let is_within = tag == TagEnd::Image && !self.addresses.is_empty();
        let address = if is_within && !text.plain().is_empty() {
            text.plain().to_owned()
        } else {
            address
        };
        let around = self.open_text();
        if is_within {
            around.push_text(&address);
        } else {
            around.push_link(text, &address);
        }
    }

    /// A line break that also a rich message shows.
    fn hard_break(&self) -> &'static str {
        match self.form {
            DialectForm::Entities => "\n",
            DialectForm::Rich => "\\\n",
        }
    }

    /// Writes a tag within a text. Only a line break is more than its letters.
    fn take_tag(&mut self, tag: &str) {
        let name = tag.trim_matches(['<', '>', '/', ' ']);
        if name.eq_ignore_ascii_case("br") {
            let line_break = self.hard_break();
            self.open_text().break_line(line_break);
        } else {
            self.open_text().push_text(tag);
        }
    }

    /// Writes inline code. Long code becomes a block between two texts.
    fn take_code(&mut self, code: &str) {
        let is_alone = self.texts.len() <= 1 && self.table.is_none() && self.heading.is_none();
        if is_alone && code_writing::is_long_span(code) {
            let rest = self.open_text().begin_rest();
            self.end_text();
            self.write_code("", code);
            self.texts.push(rest);
            return;
        }
        let code = if self.table.is_some() {
            // Also in code, a bar would end the cell.
            &code.replace('|', "\\|")
        } else {
            code
        };
        self.open_text().push_code(code);
    }

    fn write_code(&mut self, language: &str, code: &str) {
        if let Some(block) = code_writing::join_block(language, code) {
            self.blocks.write_outside(&block);
        }
    }

    /// Writes a block of HTML as its letters, without the tags of details.
    fn write_html(&mut self, html: &str) {
        let is_rich = self.form == DialectForm::Rich && !self.blocks.is_within();
        let mut is_begun = false;
        for part in details_tags::split_details(html) {
            match part {
                HtmlPart::DetailsStart => is_begun = is_rich,
                HtmlPart::Summary(summary) if is_begun => {
                    is_begun = false;
                    self.details += 1;
                    let summary = details_tags::escape_summary(&summary);
                    let tags = format!("<details><summary>{summary}</summary>");
                    self.blocks.write_outside(&tags);
                }
                HtmlPart::DetailsEnd => {
                    if self.details > 0 && is_rich {
                        self.details -= 1;
                        self.blocks.write_outside("</details>");
                    }
                }
                HtmlPart::Summary(summary) => {
                    let text = self.open_text();
                    text.begin_emphasis(EmphasisStyle::Bold, BOLD[0]);
                    text.push_text(&summary);
                    self.end_text();
                }
                HtmlPart::Text(text) => {
                    for line in text.lines() {
                        let line_break = self.hard_break();
                        let open = self.open_text();
                        open.push_text(line);
                        open.break_line(line_break);
                    }
                    self.end_text();
                }
            }
        }
    }

    fn end_cell(&mut self) {
        let Some(text) = self.texts.pop() else {
            return;
        };
        let plain = text.plain().replace("\\|", "|");
        let written = text.into_written();
        if let Some(table) = &mut self.table {
            table.push_cell(TableCell { written, plain });
        }
    }

    fn end_table(&mut self) {
        let Some(table) = self.table.take() else {
            return;
        };
        let is_rich = self.form == DialectForm::Rich;
        match is_rich.then(|| table.join_cells()).flatten() {
            Some(table) => self.blocks.write_outside(&table),
            None => self.write_code("", &table.draw_text()),
        }
    }
}

fn count_marks(text: &str, mark: char) -> usize {
    text.len() - text.trim_start_matches(mark).len()
}

//! Converts one piece of a dialect to a text with entities.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Parser, Tag, TagEnd};

use super::details_tags::{self, HtmlPart};
use super::entity_builder::{self, EntityBuilder};
use super::text_entity::{EntityKind, TextEntity};
use super::{OF_DIALECTS, RULE, code_writing, dialect_escaping, link_writing, rich_repair};

/// The indent of one level of a list.
const INDENT: &str = "\u{2003}";

/// The text between two cells of a table. The Markdown has at least as many characters there.
const BETWEEN_CELLS: &str = " | ";

/// The text of a message that would show nothing, because Telegram refuses such a message.
const NOTHING: &str = "…";

/// A text with its styles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::telegram) struct FormattedText {
    pub(in crate::telegram) text: String,
    /// In order, at most 100. If the piece has more styles, emphasis is left out first.
    pub(in crate::telegram) entities: Vec<TextEntity>,
}

impl FormattedText {
    /// Reads a piece of a dialect. The text is not longer than the piece, and it is only blank if the piece is.
    pub(in crate::telegram) fn from_dialect(piece: &str) -> Self {
        if piece.trim().is_empty() {
            return Self::default();
        }
        let source = rich_repair::remove_indent(piece);
        let mut conversion = EntityConversion::new(&source);
        for (event, range) in Parser::new_ext(&source, OF_DIALECTS).into_offset_iter() {
            conversion.take_event(event, range);
        }
        let (text, entities) = conversion.builder.into_parts();
        if !dialect_escaping::is_visible(&text) {
            return Self {
                text: NOTHING.to_owned(),
                entities: Vec::new(),
            };
        }
        // The dialects give no longer text. Any other text would not fit into the message.
        if entity_builder::count_units(&text) > entity_builder::count_units(piece) {
            return Self {
                text: piece.trim_end().to_owned(),
                entities: Vec::new(),
            };
        }
        Self { text, entities }
    }
}

/// A link whose text is read.
struct OpenLink {
    address: String,
    /// The position of the text.
    start: usize,
    /// Whether the text is a link in the message too.
    is_styled: bool,
}

/// The state between two parts of the piece.
struct EntityConversion<'a> {
    source: &'a str,
    builder: EntityBuilder,
    /// The number of open lists.
    lists: usize,
    /// The indent and the marks before the next text.
    mark: String,
    /// Whether the next text is the first of an item.
    begins_item: bool,
    /// The number of open quotes, and the position of the outermost quote's text.
    quotes: usize,
    quote_start: Option<usize>,
    links: Vec<OpenLink>,
    /// The language and the lines of the open code block.
    code: Option<(String, String)>,
    /// The open block of HTML.
    html: Option<String>,
    /// Whether the next cell is the first of its row.
    begins_row: bool,
}

impl<'a> EntityConversion<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            builder: EntityBuilder::default(),
            lists: 0,
            mark: String::new(),
            begins_item: false,
            quotes: 0,
            quote_start: None,
            links: Vec::new(),
            code: None,
            html: None,
            begins_row: false,
        }
    }

    fn take_event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.begin_part(tag, range),
            Event::End(tag) => self.end_part(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.push_text(&text),
            },
            Event::Html(text) => match &mut self.html {
                Some(html) => html.push_str(&text),
                None => self.push_text(&text),
            },
            Event::Code(code) => {
                self.begin_text();
                self.builder.push_code(&code);
            }
            Event::InlineHtml(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.push_text(&text);
            }
            Event::FootnoteReference(label) => self.push_text(&format!("[{label}]")),
            Event::SoftBreak | Event::HardBreak => self.builder.break_lines(1),
            Event::Rule => {
                self.begin_block(range.start);
                self.push_text(RULE);
            }
            Event::TaskListMarker(is_done) => {
                let bullet = self.mark.rfind('•').unwrap_or(self.mark.len());
                self.mark.truncate(bullet);
                self.mark.push_str(if is_done { "☑ " } else { "☐ " });
            }
        }
    }

    fn begin_part(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Emphasis => self.builder.begin_style(EntityKind::Italic),
            Tag::Strong => self.builder.begin_style(EntityKind::Bold),
            Tag::Strikethrough => self.builder.begin_style(EntityKind::Strikethrough),
            Tag::Link {
                link_type,
                dest_url,
                ..
            } => self.begin_link(link_type, &dest_url),
            Tag::Image { dest_url, .. } => self.begin_link(LinkType::Inline, &dest_url),
            Tag::TableCell => {
                if !std::mem::take(&mut self.begins_row) {
                    self.builder.push_before(BETWEEN_CELLS);
                }
            }
            Tag::Item => self.begin_item(range),
            Tag::List(_) => {
                self.begin_block(range.start);
                self.lists += 1;
            }
            Tag::BlockQuote(_) => {
                self.begin_block(range.start);
                self.quotes += 1;
            }
            _ => {
                self.begin_block(range.start);
                self.begin_leaf(tag);
            }
        }
    }

    fn begin_leaf(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => self.builder.begin_style(EntityKind::Bold),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => code_writing::parse_language(&info).to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::HtmlBlock => self.html = Some(String::new()),
            Tag::TableHead | Tag::TableRow => self.begins_row = true,
            _ => {}
        }
    }

    fn end_part(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Heading(_) => {
                self.builder.end_style();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::TableHead | TagEnd::TableRow => self.builder.drop_before(),
            TagEnd::Item if self.begins_item => {
                // A number can stand alone, if a cut has taken the text.
                let mark = self.mark.trim_end().to_owned();
                self.mark.clear();
                self.push_text(&mark);
            }
            TagEnd::List(_) => self.lists -= 1,
            TagEnd::BlockQuote(_) => {
                self.quotes -= 1;
                if self.quotes == 0
                    && let Some(start) = self.quote_start.take()
                {
                    self.builder.add_quote(start);
                }
            }
            TagEnd::CodeBlock => {
                if let Some((language, code)) = self.code.take() {
                    let code = code.trim_end();
                    if !code.is_empty() {
                        self.begin_text();
                        self.builder.push_block(&language, code);
                    }
                }
            }
            TagEnd::HtmlBlock => {
                let html = self.html.take().unwrap_or_default();
                self.push_html(&html);
            }
            _ => {}
        }
    }

    /// Begins a block at this position of the piece. As many line breaks come before as in the piece, but at most two.
    fn begin_block(&mut self, position: usize) {
        if self.begins_item {
            return;
        }
        let before = self.source[..position].chars().rev();
        let before = before.take_while(|it| matches!(it, '\n' | ' ' | '\t' | '>'));
        let most = if self.lists > 0 { 1 } else { 2 };
        let breaks = before.filter(|it| *it == '\n').count().clamp(1, most);
        self.builder.break_lines(breaks);
        self.mark = INDENT.repeat(self.lists);
    }

    fn begin_item(&mut self, range: Range<usize>) {
        self.begin_block(range.start);
        if !self.begins_item {
            self.mark = INDENT.repeat(self.lists.saturating_sub(1));
        }
        // The number as written. Markdown would count from the first number, which may be in another piece.
        let written = self.source[range].trim_start();
        let digits = written.len()
            - written
                .trim_start_matches(|it: char| it.is_ascii_digit())
                .len();
        match written.get(..=digits) {
            Some(number) if digits > 0 => self.mark.push_str(number),
            _ => self.mark.push('•'),
        }
        self.mark.push(' ');
        self.begins_item = true;
    }

    fn begin_link(&mut self, link_type: LinkType, address: &str) {
        let is_styled = link_type != LinkType::Autolink && link_writing::is_web_address(address);
        if is_styled {
            let url = address.to_owned();
            self.builder.begin_style(EntityKind::TextLink { url });
        }
        self.links.push(OpenLink {
            address: address.to_owned(),
            start: self.builder.position(),
            is_styled,
        });
    }

    fn end_link(&mut self) {
        let Some(link) = self.links.pop() else {
            return;
        };
        let text = self.builder.text_from(link.start).trim().to_owned();
        if text.is_empty() {
            self.push_text(&link.address);
        }
        if link.is_styled {
            self.builder.end_style();
        } else if !text.is_empty()
            && let Some(address) = link_writing::shown_address(&link.address, &text)
        {
            self.push_text(&format!(" ({address})"));
        }
    }

    fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.begin_text();
            self.builder.push_text(text);
        }
    }

    /// Writes the marks before a text.
    fn begin_text(&mut self) {
        if self.quotes > 0 && self.quote_start.is_none() {
            self.quote_start = Some(self.builder.next_position());
        }
        let mark = std::mem::take(&mut self.mark);
        self.builder.push_before(&mark);
        self.begins_item = false;
    }

    /// Adds a block of HTML as its letters, without the tags of details.
    fn push_html(&mut self, html: &str) {
        for part in details_tags::split_details(html) {
            match part {
                HtmlPart::DetailsStart | HtmlPart::DetailsEnd => {}
                HtmlPart::Summary(summary) => {
                    self.builder.begin_style(EntityKind::Bold);
                    self.push_text(&details_tags::unescape_summary(&summary));
                    self.builder.end_style();
                    self.builder.break_lines(1);
                }
                HtmlPart::Text(text) => {
                    for line in text.lines() {
                        self.push_text(line.trim());
                        self.builder.break_lines(1);
                    }
                }
            }
        }
    }
}

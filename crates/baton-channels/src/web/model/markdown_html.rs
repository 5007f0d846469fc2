//! Renders Markdown as safe HTML, for text of any author.
//!
//! `tex_formulas` keeps formulas as written, `link_elements` makes links of bare addresses and of pictures,
//! `styled_elements` renders columns, footnotes and tasks.
//!
//! There are two lines of defence. HTML within the text is shown as text. The rendered HTML passes a
//! sanitiser that permits only the elements of this module. Code is coloured by classes that begin with
//! `hl-`, see `code_coloring`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, TextMergeStream};

mod code_coloring;
mod link_elements;
mod styled_elements;
mod tex_formulas;

/// Maximum nesting of quotes, lists and other elements.
const DEEPEST: usize = 32;

/// Prefix of the classes of coloured code.
const PREFIX: &str = "hl-";

static SANITIZER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::default();
    builder
        .tags(HashSet::from([
            "a",
            "blockquote",
            "br",
            "code",
            "del",
            "div",
            "em",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "hr",
            "li",
            "ol",
            "p",
            "pre",
            "span",
            "strong",
            "sup",
            "table",
            "tbody",
            "td",
            "th",
            "thead",
            "tr",
            "ul",
        ]))
        .add_tag_attributes("div", ["class"])
        .add_tag_attributes("span", ["class"])
        .add_tag_attributes("td", ["class"])
        .add_tag_attributes("th", ["class"])
        .add_tag_attributes("ol", ["start"])
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .attribute_filter(|_, attribute, value| {
            let ours = attribute != "class"
                || value
                    .split_whitespace()
                    .all(|class| class.starts_with(PREFIX));
            ours.then_some(Cow::Borrowed(value))
        });
    builder
});

/// Renders Markdown as safe HTML.
pub(crate) fn render_html(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    let markdown = tex_formulas::escape_formulas(markdown, options);
    let mut html = String::with_capacity(markdown.len() * 3 / 2);
    let events = TextMergeStream::new(Parser::new_ext(&markdown, options).map(replace_element));
    let events = DepthLimit {
        events: link_elements::add_links(events),
        depth: 0,
    };
    // These steps come last, because `DepthLimit` cannot count the levels of finished HTML.
    let events = CodeHighlighter(styled_elements::add_styled_markup(events));
    pulldown_cmark::html::push_html(&mut html, events);
    SANITIZER.clean(&html).to_string()
}

/// Any text as HTML that shows the text unchanged.
pub(crate) fn render_plain(text: &str) -> String {
    format!("<p>{}</p>", ammonia::clean_text(text))
}

/// Replaces the elements that a chat does not use.
fn replace_element(event: Event<'_>) -> Event<'_> {
    match event {
        // HTML in Markdown is shown as text.
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        // In a chat, the author means every line break.
        Event::SoftBreak => Event::HardBreak,
        event => event,
    }
}

/// Removes elements nested too deeply, but keeps their text. Browsers and the sanitiser are very slow with
/// thousands of levels.
struct DepthLimit<I> {
    events: I,
    depth: usize,
}

impl<'a, I: Iterator<Item = Event<'a>>> Iterator for DepthLimit<I> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        loop {
            let event = self.events.next()?;
            let depth = match &event {
                Event::Start(_) => {
                    self.depth += 1;
                    self.depth
                }
                Event::End(_) => {
                    self.depth -= 1;
                    self.depth + 1
                }
                _ => return Some(event),
            };
            if depth <= DEEPEST {
                return Some(event);
            }
        }
    }
}

/// Replaces code blocks by coloured code.
struct CodeHighlighter<I>(I);

impl<'a, I: Iterator<Item = Event<'a>>> Iterator for CodeHighlighter<I> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        let kind = match self.0.next()? {
            Event::Start(Tag::CodeBlock(kind)) => kind,
            event => return Some(event),
        };
        let mut code = String::new();
        for event in self.0.by_ref() {
            match event {
                Event::End(TagEnd::CodeBlock) => break,
                Event::Text(text) => code.push_str(&text),
                _ => {}
            }
        }
        let language = match &kind {
            CodeBlockKind::Fenced(info) => info.split([' ', ',']).next().unwrap_or_default(),
            CodeBlockKind::Indented => "",
        };
        let colored = code_coloring::color_code(&code, language)
            .unwrap_or_else(|| ammonia::clean_text(&code));
        let html = format!("<pre><code>{colored}</code></pre>\n");
        Some(Event::Html(CowStr::from(html)))
    }
}

#[cfg(test)]
mod tests;

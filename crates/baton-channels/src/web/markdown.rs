//! Markdown to HTML that is safe to show, whoever wrote it.
//!
//! `mathematics` keeps formulas as they are written, `links` makes links of bare addresses and of
//! pictures, `marks` spells out columns, footnotes and tasks.
//!
//! Two walls: HTML that somebody writes is shown as the text it is, never taken as HTML; and what
//! comes out passes a sanitiser that lets nothing through but the elements we make. Code is
//! coloured by classes that begin with `hl-`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, TextMergeStream};
use syntect::html::{ClassStyle, ClassedHTMLGenerator};
use syntect::parsing::SyntaxSet;
use syntect::util::LinesWithEndings;

mod links;
mod marks;
mod mathematics;

/// Code that is longer, in bytes, is not coloured: that could take seconds.
const LONGEST_COLORED: usize = 20_000;

/// How many levels of quotes, lists and the like are shown.
const DEEPEST: usize = 32;

/// What the classes of coloured code begin with.
const PREFIX: &str = "hl-";

/// Megabytes, so read only when the first piece of code is shown.
static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

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

/// Markdown as safe HTML.
pub(crate) fn html(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    let markdown = mathematics::keep(markdown, options);
    let mut html = String::with_capacity(markdown.len() * 3 / 2);
    let events = TextMergeStream::new(Parser::new_ext(&markdown, options).map(tame));
    let events = Shallow {
        events: links::linked(events),
        depth: 0,
    };
    // Last: what they make HTML of themselves is not counted by its levels any more.
    let events = Coded(marks::marked(events));
    pulldown_cmark::html::push_html(&mut html, events);
    SANITIZER.clean(&html).to_string()
}

/// Any text as HTML that shows it as it is.
pub(crate) fn plain(text: &str) -> String {
    format!("<p>{}</p>", ammonia::clean_text(text))
}

/// Takes out of Markdown what has no place in a chat.
fn tame(event: Event<'_>) -> Event<'_> {
    match event {
        // What looks like HTML is text.
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        // A chat's lines are meant as lines.
        Event::SoftBreak => Event::HardBreak,
        event => event,
    }
}

/// Leaves out what is nested deeper than anybody reads; the text in it stays. Browsers, and our own
/// sanitiser, take very long over thousands of levels.
struct Shallow<I> {
    events: I,
    depth: usize,
}

impl<'a, I: Iterator<Item = Event<'a>>> Iterator for Shallow<I> {
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

/// Puts coloured code where code blocks were.
struct Coded<I>(I);

impl<'a, I: Iterator<Item = Event<'a>>> Iterator for Coded<I> {
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
        let colored = colored(&code, language).unwrap_or_else(|| ammonia::clean_text(&code));
        let html = format!("<pre><code>{colored}</code></pre>\n");
        Some(Event::Html(CowStr::from(html)))
    }
}

fn colored(code: &str, language: &str) -> Option<String> {
    if language.is_empty() || code.len() > LONGEST_COLORED {
        return None;
    }
    let syntax = SYNTAXES.find_syntax_by_token(language)?;
    let style = ClassStyle::SpacedPrefixed { prefix: PREFIX };
    let mut generator = ClassedHTMLGenerator::new_with_class_style(syntax, &SYNTAXES, style);
    for line in LinesWithEndings::from(code) {
        generator
            .parse_html_for_line_which_includes_newline(line)
            .ok()?;
    }
    Some(generator.finalize())
}

#[cfg(test)]
mod tests;

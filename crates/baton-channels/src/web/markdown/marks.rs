//! Features of Markdown that need a style sheet: column alignment, footnotes, and task lists. The
//! page allows no inline styles, so each gets a class. None gets an id, because another post may
//! have the same one.

use std::collections::HashMap;

use pulldown_cmark::{Alignment, CowStr, Event, Tag, TagEnd};

/// Adds the markup for columns, footnotes and tasks.
pub(super) fn marked<'a>(
    events: impl Iterator<Item = Event<'a>>,
) -> impl Iterator<Item = Event<'a>> {
    let mut columns = Columns::default();
    let mut notes = Notes::default();
    events.map(move |event| notes.spell(columns.spell(task(event))))
}

fn task(event: Event<'_>) -> Event<'_> {
    match event {
        Event::TaskListMarker(true) => html("<span class=\"hl-task\">☑</span> "),
        Event::TaskListMarker(false) => html("<span class=\"hl-task\">☐</span> "),
        event => event,
    }
}

/// The current table.
#[derive(Default)]
struct Columns {
    alignments: Vec<Alignment>,
    /// The number of finished cells in the row.
    cells: usize,
    cell: &'static str,
}

impl Columns {
    fn spell<'a>(&mut self, event: Event<'a>) -> Event<'a> {
        match &event {
            Event::Start(Tag::Table(alignments)) => self.alignments.clone_from(alignments),
            Event::Start(Tag::TableHead) => (self.cells, self.cell) = (0, "th"),
            Event::Start(Tag::TableRow) => (self.cells, self.cell) = (0, "td"),
            Event::Start(Tag::TableCell) => {
                let class = match self.alignments.get(self.cells) {
                    Some(Alignment::Right) => " class=\"hl-right\"",
                    Some(Alignment::Center) => " class=\"hl-center\"",
                    _ => "",
                };
                return html(format!("<{}{class}>", self.cell));
            }
            Event::End(TagEnd::TableCell) => {
                self.cells += 1;
                return html(format!("</{}>", self.cell));
            }
            _ => {}
        }
        event
    }
}

/// Footnotes, numbered in the order of their first reference.
#[derive(Default)]
struct Notes(HashMap<String, usize>);

impl Notes {
    fn spell<'a>(&mut self, event: Event<'a>) -> Event<'a> {
        match event {
            Event::FootnoteReference(label) => html(format!("<sup>{}</sup>", self.number(&label))),
            Event::Start(Tag::FootnoteDefinition(label)) => html(format!(
                "<div class=\"hl-note\"><sup>{}</sup> ",
                self.number(&label)
            )),
            Event::End(TagEnd::FootnoteDefinition) => html("</div>\n"),
            event => event,
        }
    }

    fn number(&mut self, label: &str) -> usize {
        let next = self.0.len() + 1;
        *self.0.entry(label.to_owned()).or_insert(next)
    }
}

fn html<'a>(html: impl Into<CowStr<'a>>) -> Event<'a> {
    Event::Html(html.into())
}

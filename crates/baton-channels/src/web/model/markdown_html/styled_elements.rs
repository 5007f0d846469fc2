//! Features of Markdown that need a style sheet: column alignment, footnotes, and task lists. The
//! page allows no inline styles, so each gets a class. None gets an id, because another post may
//! have the same one.

use std::collections::HashMap;

use pulldown_cmark::{Alignment, CowStr, Event, Tag, TagEnd};

/// Adds the markup for columns, footnotes and tasks.
pub(super) fn add_styled_markup<'a>(
    events: impl Iterator<Item = Event<'a>>,
) -> impl Iterator<Item = Event<'a>> {
    let mut columns = TableColumns::default();
    let mut notes = FootnoteNumbers::default();
    events.map(move |event| notes.render_note(columns.render_cell(render_task(event))))
}

fn render_task(event: Event<'_>) -> Event<'_> {
    match event {
        Event::TaskListMarker(true) => html_event("<span class=\"hl-task\">☑</span> "),
        Event::TaskListMarker(false) => html_event("<span class=\"hl-task\">☐</span> "),
        event => event,
    }
}

/// The current table.
#[derive(Default)]
struct TableColumns {
    alignments: Vec<Alignment>,
    /// The number of finished cells in the row.
    cells: usize,
    cell: &'static str,
}

impl TableColumns {
    fn render_cell<'a>(&mut self, event: Event<'a>) -> Event<'a> {
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
                return html_event(format!("<{}{class}>", self.cell));
            }
            Event::End(TagEnd::TableCell) => {
                self.cells += 1;
                return html_event(format!("</{}>", self.cell));
            }
            _ => {}
        }
        event
    }
}

/// Footnotes, numbered in the order of their first reference.
#[derive(Default)]
struct FootnoteNumbers(HashMap<String, usize>);

impl FootnoteNumbers {
    fn render_note<'a>(&mut self, event: Event<'a>) -> Event<'a> {
        match event {
            Event::FootnoteReference(label) => {
                html_event(format!("<sup>{}</sup>", self.number_of(&label)))
            }
            Event::Start(Tag::FootnoteDefinition(label)) => html_event(format!(
                "<div class=\"hl-note\"><sup>{}</sup> ",
                self.number_of(&label)
            )),
            Event::End(TagEnd::FootnoteDefinition) => html_event("</div>\n"),
            event => event,
        }
    }

    fn number_of(&mut self, label: &str) -> usize {
        let next = self.0.len() + 1;
        *self.0.entry(label.to_owned()).or_insert(next)
    }
}

fn html_event<'a>(html: impl Into<CowStr<'a>>) -> Event<'a> {
    Event::Html(html.into())
}

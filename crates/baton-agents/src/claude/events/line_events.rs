//! The events of a line, while the line is parsed.

use serde_json::Value;

use super::fields::log_excerpt;
use super::{CliNotice, Event};

/// The events of a line, collected during parsing.
pub(super) struct LineEvents<'a> {
    line: &'a str,
    events: Vec<Event>,
}

impl<'a> LineEvents<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self {
            line,
            events: Vec::new(),
        }
    }

    pub(super) fn into_events(self) -> Vec<Event> {
        self.events
    }

    pub(super) fn add_event(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(super) fn add_quiet(&mut self, kind: impl Into<String>) {
        self.add_event(Event::Quiet { kind: kind.into() });
    }

    /// Reports the whole line as unknown.
    pub(super) fn add_unknown(&mut self, kind: impl Into<String>) {
        let excerpt = log_excerpt(self.line);
        self.add_event(Event::Unknown {
            kind: kind.into(),
            excerpt,
        });
    }

    /// Reports a part of the line as unknown.
    pub(super) fn add_unknown_part(&mut self, kind: impl Into<String>, part: &Value) {
        self.add_event(Event::Unknown {
            kind: kind.into(),
            excerpt: log_excerpt(&part.to_string()),
        });
    }

    /// Adds the event, or reports the line as incomplete.
    pub(super) fn add_or_unknown(&mut self, event: Option<Event>, kind: &str) {
        match event {
            Some(event) => self.add_event(event),
            None => self.add_unknown(format!("{kind}, but incomplete")),
        }
    }

    /// Adds a notice, unless the text is empty.
    pub(super) fn add_notice(&mut self, kind: impl Into<String>, text: String) {
        let kind = kind.into();
        if text.is_empty() {
            self.add_quiet(kind);
        } else {
            self.add_event(Event::Notice(CliNotice { kind, text }));
        }
    }
}

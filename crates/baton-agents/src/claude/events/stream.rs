//! Splits bytes into lines, and lines into events, however the pipe cuts the bytes.

use super::fields::excerpt;
use super::{Event, Malformed, line};

/// Limit of a line, in bytes. The longest expected line is a picture that a tool read.
pub const LINE_LIMIT: usize = 16 * 1024 * 1024;

/// Capacity that the buffer keeps after a long line, in bytes.
const KEPT: usize = 64 * 1024;

/// Limit of the bytes used for an excerpt.
const LOOKED_AT: usize = 4096;

/// Reads the CLI's standard output.
///
/// The reader holds at most one line. Bytes outside UTF-8 become `�`. A line above the limit is reported
/// once, and reading continues with the next line.
#[derive(Debug)]
pub struct StreamReader {
    /// The beginning of a line without its end yet.
    begun: Vec<u8>,
    /// Whether the rest of the line is skipped, because the line is too long.
    skipping: bool,
    limit: usize,
}

impl Default for StreamReader {
    fn default() -> Self {
        Self::with_limit(LINE_LIMIT)
    }
}

impl StreamReader {
    /// A reader with a lower limit, for tests.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            begun: Vec::new(),
            skipping: false,
            limit,
        }
    }

    /// Returns the events of the next bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut lines = bytes.split(|byte| *byte == b'\n');
        // The part after the last line end is incomplete.
        let rest = lines.next_back().unwrap_or_default();
        for line in lines {
            self.begin(line, &mut events);
            self.end(&mut events);
        }
        self.begin(rest, &mut events);
        events
    }

    /// Returns the events of the last line, at the end of the output.
    pub fn finish(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let beginning = excerpt_of(&self.begun);
        self.end(&mut events);
        for event in &mut events {
            // Only an incomplete last line counts as cut off. A complete line without a line end is valid.
            if let Event::Malformed {
                why: Malformed::NotJson,
                ..
            } = event
            {
                *event = Event::Malformed {
                    why: Malformed::CutOff,
                    excerpt: beginning.clone(),
                };
            }
        }
        events
    }

    fn begin(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        if self.skipping {
            return;
        }
        if self.begun.len() + bytes.len() > self.limit {
            let room = LOOKED_AT.saturating_sub(self.begun.len()).min(bytes.len());
            self.begun.truncate(LOOKED_AT);
            self.begun.extend_from_slice(&bytes[..room]);
            events.push(Event::Malformed {
                why: Malformed::TooLong,
                excerpt: excerpt_of(&self.begun),
            });
            self.begun.clear();
            self.skipping = true;
            return;
        }
        self.begun.extend_from_slice(bytes);
    }

    fn end(&mut self, events: &mut Vec<Event>) {
        if std::mem::take(&mut self.skipping) {
            return;
        }
        let text = String::from_utf8_lossy(&self.begun);
        let text = text.trim();
        if !text.is_empty() {
            events.extend(line::events(text));
        }
        self.begun.clear();
        self.begun.shrink_to(KEPT);
    }
}

fn excerpt_of(bytes: &[u8]) -> String {
    excerpt(&String::from_utf8_lossy(
        &bytes[..bytes.len().min(LOOKED_AT)],
    ))
}

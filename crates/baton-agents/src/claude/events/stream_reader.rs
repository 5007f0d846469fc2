//! Splits bytes into lines, and lines into events, however the pipe cuts the bytes.

use super::fields::log_excerpt;
use super::{Event, LINE_LIMIT, MalformedLine, line_parser};

/// Capacity that the buffer keeps after a long line, in bytes.
const CAPACITY_KEPT: usize = 64 * 1024;

/// Limit of the bytes used for an excerpt.
const EXCERPT_BYTES: usize = 4096;

/// Reads the CLI's standard output.
///
/// The reader holds at most one line. Bytes outside UTF-8 become `�`. A line above the limit is reported
/// once, and reading continues with the next line.
#[derive(Debug)]
pub struct StreamReader {
    /// The beginning of a line without its end yet.
    unfinished: Vec<u8>,
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
            unfinished: Vec::new(),
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
            self.extend_line(line, &mut events);
            self.end_line(&mut events);
        }
        self.extend_line(rest, &mut events);
        events
    }

    /// Returns the events of the last line, at the end of the output.
    pub fn finish(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let beginning = excerpt_of(&self.unfinished);
        self.end_line(&mut events);
        for event in &mut events {
            // Only an incomplete last line counts as cut off. A complete line without a line end is valid.
            if let Event::Malformed {
                why: MalformedLine::NotJson,
                ..
            } = event
            {
                *event = Event::Malformed {
                    why: MalformedLine::CutOff,
                    excerpt: beginning.clone(),
                };
            }
        }
        events
    }

    fn extend_line(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        if self.skipping {
            return;
        }
        if self.unfinished.len() + bytes.len() > self.limit {
            let room = EXCERPT_BYTES
                .saturating_sub(self.unfinished.len())
                .min(bytes.len());
            self.unfinished.truncate(EXCERPT_BYTES);
            self.unfinished.extend_from_slice(&bytes[..room]);
            events.push(Event::Malformed {
                why: MalformedLine::TooLong,
                excerpt: excerpt_of(&self.unfinished),
            });
            self.unfinished.clear();
            self.skipping = true;
            return;
        }
        self.unfinished.extend_from_slice(bytes);
    }

    fn end_line(&mut self, events: &mut Vec<Event>) {
        if std::mem::take(&mut self.skipping) {
            return;
        }
        let text = String::from_utf8_lossy(&self.unfinished);
        let text = text.trim();
        if !text.is_empty() {
            events.extend(line_parser::parse_line(text));
        }
        self.unfinished.clear();
        self.unfinished.shrink_to(CAPACITY_KEPT);
    }
}

fn excerpt_of(bytes: &[u8]) -> String {
    log_excerpt(&String::from_utf8_lossy(
        &bytes[..bytes.len().min(EXCERPT_BYTES)],
    ))
}

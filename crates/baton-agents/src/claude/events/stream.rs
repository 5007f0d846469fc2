//! Bytes into lines into events, wherever the pipe cuts them.

use super::fields::excerpt;
use super::{Event, Malformed, line};

/// How long a line may be, in bytes. The longest that the CLI has reason to print is a picture that
/// a tool read.
pub const LINE_LIMIT: usize = 16 * 1024 * 1024;

/// What is kept of a buffer that a long line has made large, in bytes.
const KEPT: usize = 64 * 1024;

/// How much of what is no line is looked at for a log, in bytes.
const LOOKED_AT: usize = 4096;

/// Reads the CLI's standard output.
///
/// It holds at most one line. What is no UTF-8 becomes `�`; a line that is too long is reported once,
/// and reading goes on with the next one.
#[derive(Debug)]
pub struct StreamReader {
    /// The beginning of a line whose end has not come.
    begun: Vec<u8>,
    /// The line was too long: its rest is nothing.
    skipping: bool,
    limit: usize,
}

impl Default for StreamReader {
    fn default() -> Self {
        Self::with_limit(LINE_LIMIT)
    }
}

impl StreamReader {
    /// A reader that takes shorter lines. For tests.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            begun: Vec::new(),
            skipping: false,
            limit,
        }
    }

    /// What the next bytes say.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut lines = bytes.split(|byte| *byte == b'\n');
        // What is behind the last end of line has none yet.
        let rest = lines.next_back().unwrap_or_default();
        for line in lines {
            self.begin(line, &mut events);
            self.end(&mut events);
        }
        self.begin(rest, &mut events);
        events
    }

    /// What is left when no more comes.
    pub fn finish(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let beginning = excerpt_of(&self.begun);
        self.end(&mut events);
        for event in &mut events {
            // Only the last line can be cut off; a whole one that lacks its end of line counts.
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

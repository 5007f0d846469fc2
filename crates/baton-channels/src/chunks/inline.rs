//! What belongs together within a line, outside of code blocks.

use std::ops::Range;

/// What a cut would break: code within the line, and what a backslash escapes. In order.
pub(super) fn wholes(line: &str) -> Vec<Range<usize>> {
    let mut wholes = Vec::new();
    let mut at = 0;
    while let Some(found) = line[at..].find(['\\', '`']) {
        let start = at + found;
        let rest = &line[start..];
        let whole = if let Some(escaped) = rest.strip_prefix('\\') {
            Some(1 + escaped.chars().next().map_or(0, char::len_utf8))
        } else {
            span(rest)
        };
        at = start + whole.unwrap_or_else(|| marks(rest));
        if whole.is_some() {
            wholes.push(start..at);
        }
    }
    wholes
}

/// How long the code is that begins here, its marks included; `None` where nothing ends it.
fn span(text: &str) -> Option<usize> {
    let opening = marks(text);
    let mut at = opening;
    while let Some(found) = text[at..].find('`') {
        at += found;
        let closing = marks(&text[at..]);
        at += closing;
        if closing == opening {
            return Some(at);
        }
    }
    None
}

fn marks(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

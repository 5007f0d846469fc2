//! The end of a text that is too long for one message.

use super::chunks::LengthLimit;
use super::chunks::code_fence::{CodeFence, block_after};

/// The longest end of a Markdown text that fits into the limit; the whole text if it fits. The end begins with a whole
/// line, unless that would leave out more than half of the space. A cut code block is opened again.
pub(crate) fn find_text_end(markdown: &str, limit: LengthLimit) -> String {
    let mut room = limit.size;
    loop {
        let end = &markdown[find_cut(markdown, limit, room)..];
        let before = &markdown[..markdown.len() - end.len()];
        let fence = open_block(before);
        let opening = fence.map_or_else(String::new, |fence| fence.opening_line());
        let end = if opening.is_empty() && !before.is_empty() {
            end.trim_start_matches('\n')
        } else {
            end
        };
        let size = limit.measure_text(&opening) + limit.measure_text(end);
        if size <= limit.size {
            return opening + end;
        }
        if room == 0 {
            return String::new();
        }
        // The opening line needs room.
        room = room.saturating_sub(size - limit.size);
    }
}

/// The place of the cut, in bytes: at most `room` units come after the place.
fn find_cut(markdown: &str, limit: LengthLimit, room: usize) -> usize {
    let (mut at, mut taken) = (markdown.len(), 0);
    for (index, letter) in markdown.char_indices().rev() {
        taken += limit.measure_text(letter.encode_utf8(&mut [0; 4]));
        if taken > room {
            break;
        }
        at = index;
    }
    let (before, end) = markdown.split_at(at);
    if before.is_empty() || before.ends_with('\n') {
        return at;
    }
    let line = end.find('\n').map(|index| index + 1);
    let line = line.filter(|line| limit.measure_text(&end[*line..]) * 2 >= room);
    at + line.unwrap_or(0)
}

/// The code block that is open after these lines.
fn open_block(lines: &str) -> Option<CodeFence> {
    let lines = lines.split_inclusive('\n');
    // The cut can be inside a line, which then decides nothing.
    let lines = lines.filter(|line| line.ends_with('\n'));
    lines.fold(None, |inside, line| block_after(line, inside.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::chunks::LengthUnit;

    fn end_of(markdown: &str, size: usize) -> String {
        let unit = LengthUnit::Utf16;
        let end = find_text_end(markdown, LengthLimit { size, unit });
        assert!(end.encode_utf16().count() <= size, "{end:?}");
        end
    }

    #[test]
    fn the_end_begins_with_a_whole_line() {
        assert_eq!(end_of("one\ntwo\n", 8), "one\ntwo\n");
        assert_eq!(end_of("one\n\ntwo\nthree\n", 13), "two\nthree\n");
        assert_eq!(end_of("one two three four\nx\n", 12), "hree four\nx\n");
    }

    #[test]
    fn a_cut_code_block_is_opened_again() {
        let code = format!("Text\n```rust\n{}", "let a = 1;\n".repeat(20));
        let end = end_of(&code, 60);
        assert_eq!(end, format!("```rust\n{}", "let a = 1;\n".repeat(4)));
        let closed = code + "```\nMore text\n";
        assert_eq!(end_of(&closed, 12), "More text\n");
    }

    #[test]
    fn a_letter_is_never_cut() {
        assert_eq!(end_of(&"🙂".repeat(10), 5), "🙂🙂");
        assert_eq!(end_of("🙂", 1), "");
    }
}

//! Texts in Discord's dialect, split into messages.

use baton_chat::text::text_splitting::{SplitText, split_text, truncate_text};

use super::super::{FORMAT, render_markdown};

#[test]
fn nothing_is_sent_of_nothing() {
    assert_eq!(split_text(FORMAT, " \n ", 5), SplitText::default());
}

#[test]
fn a_beginning_fits_and_leaves_nothing_open() {
    let table = format!("| a | {} |\n|---|---|\n| 1 | 2 |\n", "long ".repeat(100));
    let code = format!("~~~\n{}", "x ```\n".repeat(1_000));
    for source in [
        table,
        code,
        "🦉".repeat(900),
        "a`".repeat(900),
        "word ".repeat(900),
    ] {
        for size in [4, 40, 300, 511, 512, 800] {
            let beginning = truncate_text(FORMAT, &source, size);
            assert!(
                FORMAT.limit.measure_text(&beginning) <= size,
                "{size}: {beginning}"
            );
            assert!(beginning.ends_with('…'), "{beginning}");
            assert_eq!(beginning.matches("```").count() % 2, 0, "{beginning}");
        }
    }
}

#[test]
fn a_table_takes_not_much_more_than_its_text() {
    let (wide, rows) = ("x".repeat(50_000), "|x|y|\n".repeat(8_000));
    let wide_first = format!("|{wide}|b|\n|-|-|\n{rows}");
    let wide_last = format!("|a|b|\n|-|-|\n{rows}|{wide}|b|\n");
    for table in [wide_first, wide_last] {
        let length = render_markdown(&table).len();
        assert!(length < 4 * table.len(), "{length} of {}", table.len());
        let texts = split_text(FORMAT, &table, 5);
        assert_eq!(texts.messages.len(), 1);
        assert_eq!(texts.whole, Some(table));
    }
}

#[test]
fn what_would_be_too_many_messages_is_a_file() {
    let long = "A paragraph.\n\n".repeat(2_000);
    let texts = split_text(FORMAT, &long, 5);
    assert_eq!(texts.whole.as_deref(), Some(long.as_str()));
    assert_eq!(texts.messages.len(), 1);
    assert!(texts.messages[0].starts_with("A paragraph."));
    assert!(texts.messages[0].ends_with("in reply.md.*"));
    let texts = split_text(FORMAT, &long, 100);
    assert!(texts.whole.is_none() && texts.messages.len() > 10);
}

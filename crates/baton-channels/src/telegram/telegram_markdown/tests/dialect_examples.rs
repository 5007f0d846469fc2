//! Texts in the dialect of messages with entities, as the splitter gets them.

use super::super::FORMAT;
use super::split;

fn render(markdown: &str) -> String {
    (FORMAT.render)(markdown)
}

#[test]
fn marks_of_the_dialect_stay() {
    for text in [
        "",
        "plain\nlines",
        "*a*, _b_, **c**, __d__, ***e***, ~~f~~ and `g`",
        "[a *b*](https://a.b/c)",
        "> a\n> b\n>\n> c",
        "```rust\nlet x;\n\nlet y;\n```",
        "a ``b`c`` d",
    ] {
        assert_eq!(render(text), text);
    }
}

#[test]
fn all_else_is_drawn_or_escaped() {
    for (markdown, dialect) in [
        ("# a", "**a**"),
        ("- a\n- b", "• a\n• b"),
        ("1. a", "1\\. a"),
        ("***", "———"),
        ("    code", "```\ncode\n```"),
        ("a_b [c] 5 * 3", "a\\_b \\[c\\] 5 \\* 3"),
        ("a\\\nb  \nc", "a\nb\nc"),
        ("a    b\tc", "a b c"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("**a\nb**", "**a**\n**b**"),
        ("> ```\n> a\n> ```\n> b", "```\na\n```\n\n> b"),
        (
            "- a\n\n  ```\n  b\n  ```\n\n  c\n- d",
            "• a\n\n```\nb\n```\n\nc\n\n• d",
        ),
    ] {
        assert_eq!(render(markdown), dialect, "{markdown}");
    }
}

#[test]
fn long_inline_code_is_a_block() {
    let long = "x".repeat(300);
    assert_eq!(
        render(&format!("a `{long}` b")),
        format!("a\n\n```\n{long}\n```\n\nb")
    );
    let dialect = format!("**a**\n\n```\n{long}\n```\n\n**b**");
    assert_eq!(render(&format!("**a `{long}` b**")), dialect);
}

#[test]
fn long_emphasis_is_emphasised_in_parts() {
    let bold = format!("**{}**", "word ".repeat(400).trim_end());
    let pieces = split(FORMAT, &bold, 600);
    assert!(pieces.len() > 3);
    for piece in pieces {
        let piece = piece.trim_end();
        assert!(
            piece.starts_with("**word") && piece.ends_with("word**"),
            "{piece}"
        );
    }
}

#[test]
fn a_long_quote_is_one_in_each_piece() {
    let quote = format!("> {}", "word ".repeat(1_000).trim_end());
    let pieces = split(FORMAT, &quote, 1_000);
    assert!(pieces.len() > 3 && pieces.iter().all(|it| it.starts_with("> word")));
}

#[test]
fn deep_lists_take_little_space() {
    let items = (0..200).map(|level| " ".repeat(2 * level) + "- a\n");
    let deep: String = items.collect();
    for format in [super::RICH_FORMAT, FORMAT] {
        assert!((format.render)(&deep).len() < 200 * 40);
        assert!((format.render)(&"- ".repeat(5_000)).len() < 100);
    }
}

//! Rich messages, and their fallback.

use super::super::{RICH_FORMAT, plain_text, repair_rich_piece};
use super::split;

fn render(markdown: &str) -> String {
    (RICH_FORMAT.render)(markdown)
}

#[test]
fn blocks_of_rich_messages_stay() {
    for text in [
        "## a **b**\n\nc",
        "- a\n  - b\n  - c\n- d",
        "1. a\n2. b\n   - c",
        "- [ ] a\n- [x] b",
        "a\n\n---\n\nb",
        "| a | b |\n| :-- | --: |\n| **c** | `d\\|e` |",
        "> a\n>\n> b",
        "```rust\nlet x;\n```",
        "<details><summary>a</summary>\n\nb\n\n</details>",
    ] {
        assert_eq!(render(text), text);
        assert_eq!(repair_rich_piece(text), text);
    }
}

#[test]
fn marks_of_rich_messages_alone_are_escaped() {
    for (markdown, dialect) in [
        (
            "==a== ||b|| $c$ <u>d</u>",
            "\\=\\=a=\\= \\|\\|b\\|\\| \\$c\\$ \\<u\\>d\\</u\\>",
        ),
        ("![a](https://a.b/c.png)", "[a](https://a.b/c.png)"),
        ("![a](tg://emoji?id=1)", "a (tg://emoji?id=1\\)"),
        ("a  \nb", "a\\\nb"),
        ("#tag", "\\#tag"),
    ] {
        assert_eq!(render(markdown), dialect, "{markdown}");
    }
}

#[test]
fn a_fallback_has_all_text() {
    for (markdown, text) in [
        ("## a\n\n- b\n  - c\n- [x] d", "a\n\n• b\n\u{2003}• c\n☑ d"),
        ("| a | b |\n|---|---|\n| c | d |\n\ne", "a | b\nc | d\n\ne"),
        ("a\n\n---\n\nb", "a\n\n———\n\nb"),
        (
            "<details>\n<summary>A <b></summary>\n\nb\n\n</details>\n\nc",
            "A <b>\n\nb\n\nc",
        ),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- a\n\n  b", "• a\n\u{2003}b"),
    ] {
        assert_eq!(plain_text(&render(markdown)), text, "{markdown}");
    }
}

#[test]
fn a_table_is_whole_or_code() {
    let table = |rows: usize| {
        format!(
            "| a | b |\n|---|---|\n{}",
            "| cell | other |\n".repeat(rows)
        )
    };
    let text = format!("{}\n\n{}", "word ".repeat(600), table(100));
    let pieces = split(RICH_FORMAT, &text, 4_096);
    assert_eq!(pieces.len(), 2);
    assert!(pieces[1].starts_with("| a | b |\n| --- | --- |\n"));
    assert!(render(&table(200)).starts_with("```\na     b\n"));
    let wide = format!("|{}\n|{}\n", "a|".repeat(21), "-|".repeat(21));
    assert!(render(&wide).starts_with("```\n"));
}

#[test]
fn details_end_with_their_piece() {
    let text = format!(
        "<details><summary>a</summary>\n\n{}\n\n</details>\n\nend",
        "word ".repeat(300)
    );
    let pieces = split(RICH_FORMAT, &text, 1_000);
    assert!(pieces.len() > 1);
    for piece in &pieces {
        let repaired = repair_rich_piece(piece);
        let count = |tag: &str| repaired.matches(tag).count();
        assert_eq!(count("<details>"), count("</details>"), "{repaired}");
    }
    let code = "```\n</details>\n```";
    assert_eq!(repair_rich_piece(code), code);
}

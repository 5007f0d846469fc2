//! Converted text: Discord reads all code as code, and nothing else.

use baton_chat::text::chunks::{LengthLimit, TextChunk, join_chunks, split_markdown};
use proptest::prelude::*;

use super::super::discord_sizes;
use super::{APART, render_markdown};

mod documents;
mod reading;
mod splitting;

use documents::{document, is_block, is_link, is_quote, is_span, is_text};
use reading::{Part, read};

/// The text without its links.
fn without_links(text: &str) -> String {
    let mut left = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        left.push_str(before);
        let words = link.split_once("](https://example.org/");
        let words = words.filter(|(words, _)| words.chars().all(|it| is_link(it) || it == ' '));
        rest = match words.and_then(|(_, address)| address.split_once(')')) {
            Some((_, after)) => after,
            None => link,
        };
    }
    left + rest
}

/// Checks each line: Discord must read the line as the document means it.
fn read_lines(text: &str) -> Result<(), TestCaseError> {
    let left = without_links(text);
    prop_assert!(!left.contains(is_link), "a link is cut in\n{}", text);
    for line in text.lines() {
        let is_quote = !line.contains(is_quote) || line.starts_with("> ");
        prop_assert!(is_quote, "{:?} is no quote in\n{}", line, text);
        let begins = line.trim_start_matches([' ', '>', '-', '1', '.']);
        let is_small = line.starts_with("-# ") || begins.starts_with("-# ");
        let is_endless = line.trim_start().starts_with(">>> ");
        prop_assert!(!is_small && !is_endless, "{:?} is more than it was", line);
    }
    Ok(())
}

/// Checks that Discord reads each piece of a document as complete. Returns the content of the code blocks.
fn read_pieces(chunks: &[TextChunk], limit: LengthLimit) -> Result<String, TestCaseError> {
    let mut blocks = String::new();
    for text in chunks
        .iter()
        .filter(|it| !it.is_blank())
        .map(TextChunk::text)
    {
        prop_assert!(limit.measure_text(&text) <= limit.size);
        read_lines(&text)?;
        for part in read(&text) {
            match part {
                Part::Text(part) => {
                    let of_code = part.contains(|it| is_block(it) || is_span(it));
                    let is_text = !of_code && !part.contains("```");
                    prop_assert!(is_text, "{:?} is no code in\n{}", part, text);
                }
                Part::Span(part) => {
                    let is_span = part.chars().any(is_span);
                    let other = part.contains(|it| is_text(it) || is_block(it));
                    prop_assert!(is_span && !other, "{:?} is code in\n{}", part, text);
                }
                Part::Block { language, code } => {
                    let is_known = ["", "rust", "c++"].contains(&&*language);
                    prop_assert!(is_known, "{:?} is a language in\n{}", language, text);
                    let is_code = !code.contains(is_text);
                    prop_assert!(is_code, "{:?} is a block in\n{}", code, text);
                    blocks.push_str(&code);
                }
            }
        }
    }
    Ok(blocks)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_are_to_discord_what_the_document_is(source in document(), size in LengthLimit::LEAST..=2_000) {
        let limit = LengthLimit { size, ..discord_sizes::MESSAGE };
        let shown = render_markdown(&source);
        let chunks = split_markdown(&shown, limit);
        prop_assert_eq!(join_chunks(&chunks), shown);
        let blocks = read_pieces(&chunks, limit)?;
        let code = |text: &str| text.chars().filter(|it| is_block(*it)).collect::<String>();
        prop_assert_eq!(code(&blocks), code(&source));
        prop_assert!(!source.contains(APART), "it is only added");
    }

    #[test]
    fn whatever_it_is_no_mark_is_left_over(source in "([`~]{0,5}|[> -]{0,3}|\\\\|\n|[a-z|]{0,9}|    |(ab){0,400}){0,20}") {
        let limit = LengthLimit { size: LengthLimit::LEAST, ..discord_sizes::MESSAGE };
        let chunks = split_markdown(&render_markdown(&source), limit);
        for text in chunks.iter().filter(|it| !it.is_blank()).map(TextChunk::text) {
            let is_left = |part: &Part| matches!(part, Part::Text(text) if text.contains("```"));
            prop_assert!(!read(&text).iter().any(is_left), "{:?}", text);
        }
    }
}

#[test]
fn all_else_stays_as_it_is() {
    for text in [
        "",
        "plain",
        "a | b",
        "| a |",
        "- list\n  - in it\n\n> quote\n",
        "a `b` and ``c`d``, ~~gone~~ and \\`escaped\\`",
        "```rust\nlet x;\n\nlet y;\n```\n",
        "```\n| a | b |\n|---|---|\n```",
        "before\n\n```c++\nx\n```\nafter",
    ] {
        assert_eq!(render_markdown(text), text);
    }
}

#[test]
fn what_is_struck_out_does_not_end_in_its_code() {
    let long = "ab".repeat(200);
    let source = format!("~~`{long}~~~`~~");
    let expected = format!("~~\n```\n{long}~\u{200b}~\u{200b}~\n```\n~~");
    assert_eq!(render_markdown(&source), expected);
}

#[test]
fn a_block_has_the_marks_that_discord_knows() {
    let block = "```rust\nlet x;\n```";
    for source in [
        "~~~rust\nlet x;\n~~~",
        "````rust\nlet x;\n`````",
        "``` rust,ignore\nlet x;\n```",
        "   ```rust\n   let x;\n   ```",
        "```rust\nlet x;",
        "```rust\n\nlet x;\n\n\n```",
    ] {
        assert_eq!(render_markdown(source), block, "{source}");
    }
    assert_eq!(
        render_markdown("so:\n\n    a\n\n    b\n\nend"),
        "so:\n\n```\na\n\nb\n```\n\nend"
    );
    assert_eq!(
        render_markdown("```{.a}\nx\n```"),
        "```\nx\n```",
        "no language of its"
    );
}

#[test]
fn marks_within_a_block_end_it_not() {
    let source = "````md\n```sh\nls\n```\n````";
    let expected = "```md\n``\u{200b}`sh\nls\n``\u{200b}`\n```";
    assert_eq!(render_markdown(source), expected);
    assert_eq!(
        render_markdown("~~~\n`````\n~~~"),
        "```\n``\u{200b}``\u{200b}`\n```"
    );
}

#[test]
fn a_block_of_nothing_ends_where_it_ends() {
    let parts = read("```\n \n```\ntext");
    assert_eq!(render_markdown("```\n\n```\ntext"), "```\n \n```\ntext");
    assert_eq!(parts[1], Part::Text("\ntext".to_owned()));
    assert_ne!(read("```\n```\ntext\n```\n```")[1..], parts[1..], "why");
}

#[test]
fn a_block_leaves_its_list_and_its_quote() {
    let source = "1. one\n   ```sh\n   ls\n\n     -l\n   ```\n2. two";
    let expected = "1. one\n\n```sh\nls\n\n  -l\n```\n2. two";
    assert_eq!(render_markdown(source), expected);
    let source = "> said\n> ```\n> code\n>\n> more\n> ```\n> again\n\nend";
    let expected = "> said\n\n```\ncode\n\nmore\n```\n> again\n\nend";
    assert_eq!(render_markdown(source), expected);
    assert_eq!(render_markdown("> ```\n> code\nend"), "```\ncode\n```\nend");
}

#[test]
fn what_is_no_code_has_no_marks() {
    assert_eq!(
        render_markdown("write ``` before"),
        "write \\`\\`\\` before"
    );
    assert_eq!(render_markdown("a ~~~ b"), "a \\~\\~\\~ b");
    assert_eq!(render_markdown("<b>\n```\n</b>"), "<b>\n\\`\\`\\`\n</b>");
}

#[test]
fn what_is_no_mark_is_none_on_discord() {
    for (source, expected) in [
        ("either a || b or **c**", "either a \\|\\| b or **c**"),
        (
            "the *args of my_var, 5 * 3",
            "the \\*args of my\\_var, 5 * 3",
        ),
        (
            "a_b__c and ~~ or ~ or ~~gone~~",
            "a\\_b\\_\\_c and \\~\\~ or ~ or ~~gone~~",
        ),
        (
            "is \\*escaped and \\\\*is not",
            "is \\*escaped and \\\\\\*is not",
        ),
        ("*a*, _b_, __c__ and ***d***", "*a*, _b_, __c__ and ***d***"),
        (
            "see https://example.org/_next/*a_b or <:my_owl:12>",
            "see https://example.org/_next/*a_b or <:my_owl:12>",
        ),
        ("- *a\n- b*", "- \\*a\n- b*"),
    ] {
        assert_eq!(render_markdown(source), expected);
    }
}

#[test]
fn a_line_is_to_discord_what_it_is() {
    for (source, expected) in [
        ("-# x", "\\-# x"),
        ("a\n-# x\n  -# y", "a\n\\-# x\n  \\-# y"),
        ("- -# x\n> -# y", "- \\-# x\n> \\-# y"),
        ("so -# x, -#x", "so -# x, -#x"),
        (">>> x\n\ny", "> >> x\n\ny"),
        (">>x\n>>> y", "> >x\n> >> y"),
        (">x\n>\n>y", "> x\n> \n> y"),
        ("a > b -> c", "a > b -> c"),
        (
            "a\n       > b\n       >>> c",
            "a\n       \\> b\n       \\>>> c",
        ),
    ] {
        assert_eq!(render_markdown(source), expected, "{source}");
    }
}

#[test]
fn a_long_quote_is_one_in_each_piece() {
    for source in [
        format!("> {}", "word ".repeat(1_000).trim_end()),
        format!(">>> {}", "word ".repeat(1_000).trim_end()),
        format!("> short\n> {}\n\nafter", "x".repeat(5_000)),
    ] {
        let shown = render_markdown(&source);
        let chunks = split_markdown(&shown, discord_sizes::MESSAGE);
        assert!(chunks.len() >= 3);
        for text in chunks.iter().map(TextChunk::text) {
            assert!(text.starts_with("> "), "{text}");
        }
        assert_eq!(join_chunks(&chunks), shown);
    }
}

#[test]
fn a_heading_is_no_deeper_than_discord_knows() {
    assert_eq!(
        render_markdown("### a\n#### b\n###### c"),
        "### a\n### b\n### c"
    );
}

#[test]
fn code_within_a_line_is_no_block() {
    assert_eq!(render_markdown("a ```b``` c"), "a `b` c");
    assert_eq!(
        render_markdown("a ```` b```c ```` d"),
        "a ``b`\u{200b}`\u{200b}`c`` d"
    );
    assert_eq!(render_markdown("`` `a` ``"), "`` `a` ``");
    assert_eq!(render_markdown("`a\nb`"), "`a b`");
    let long = "x".repeat(300);
    assert_eq!(
        render_markdown(&format!("a `{long}` b")),
        format!("a \n```\n{long}\n```\n b")
    );
}

#[test]
fn a_table_is_code_with_its_columns_below_each_other() {
    let table = "before\n\n| name | n |\n|---|--:|\n| owl | 1 |\n| `a|b` | 22 |\n\nafter";
    let expected = "before\n\n```\nname  n\n----  --\nowl   1\n`a    b`\n```\n\nafter";
    assert_eq!(render_markdown(table), expected);
    for (cell, drawn) in [
        ("`a\\|b`", "`a|b`"),
        ("a \\|", "a |"),
        ("\\| a", "| a"),
        ("\\|", "|"),
        ("`\\|\\|`", "`||`"),
    ] {
        let table = render_markdown(&format!("| c | d |\n|---|---|\n| {cell} | 1 |\n"));
        let line = table.lines().nth(3).unwrap();
        let expected = format!("{drawn:width$}  1", width = drawn.len().max(1));
        assert_eq!(line, expected, "{cell}");
        let last = render_markdown(&format!("c | d\n---|---\n1 | {cell}\n"));
        assert_eq!(last.lines().nth(3), Some(&*format!("1  {drawn}")), "{cell}");
    }
    assert_eq!(
        render_markdown("| 名前 | n |\n|---|---|\n| ふくろう | 1 |\n| owl | 22 |\n| 🦉 | 3 |"),
        "```\n名前      n\n--------  --\nふくろう  1\nowl       22\n🦉        3\n```",
        "a character may be as wide as two"
    );
    assert_eq!(
        render_markdown("| é | ü |\n|-|-|\n| 1 |"),
        "```\né  ü\n-  -\n1\n```",
        "a row that is too short is one"
    );
    assert_eq!(
        render_markdown("- a\n\n  | b | c |\n  |---|---|\n  | 1 | 2 |\n- d"),
        "- a\n\n```\nb  c\n-  -\n1  2\n```\n- d",
        "in a list too"
    );
}

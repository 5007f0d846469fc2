//! Pieces fit, are whole, and give the source back.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{LengthLimit, LengthUnit, TextChunk, join_chunks, split_markdown};

const MESSAGE: LengthLimit = LengthLimit {
    size: 2_000,
    unit: LengthUnit::Utf16,
};

fn texts(chunks: &[TextChunk]) -> Vec<String> {
    chunks.iter().map(TextChunk::text).collect()
}

/// Whether all code blocks of a text are closed, by a simple reading.
fn is_balanced(text: &str) -> bool {
    let mut open: Option<String> = None;
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '\t', '>', '-', '*', '1', '.']);
        let Some(mark) = line.chars().next().filter(|it| matches!(it, '`' | '~')) else {
            continue;
        };
        let marks: String = line.chars().take_while(|it| *it == mark).collect();
        let info = line[marks.len()..].trim();
        if marks.len() < 3 {
            continue;
        }
        match &open {
            None if mark == '~' || !info.contains('`') => open = Some(marks),
            Some(fence) if info.is_empty() && marks.starts_with(fence.as_str()) => open = None,
            _ => {}
        }
    }
    open.is_none()
}

fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        16 => "[a-z]{1,12}[.,!?]?",
        1 => "[א-ת]{1,8}",
        1 => Just("🧑🏽‍🚀".to_owned()),
        1 => Just("`code`".to_owned()),
        1 => Just("**bold**".to_owned()),
        1 => "\\[[а-я]{1,9}( [а-я]{1,9}){0,9}\\]\\(https://example\\.org/[a-z]{1,20}\\)",
        1 => "[a-z]{200,1500}",
    ];
    vec(word, 1..30).prop_map(|words| words.join(" "))
}

fn code() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        16 => " {0,8}[a-z(){};=]{0,60}",
        1 => "[a-z ]{300,1500}",
        1 => Just(String::new()),
    ];
    let fence = prop_oneof![Just("```"), Just("````"), Just("~~~")];
    let language = prop_oneof![Just(""), Just("rust"), Just("c++ linenos")];
    let indent = prop_oneof![4 => Just(""), 1 => Just("  "), 1 => Just("> ")];
    (fence, language, indent, vec(line, 0..40)).prop_map(|(fence, language, indent, lines)| {
        let lines = lines.iter().map(|line| format!("{indent}{line}\n"));
        let lines: String = lines.collect();
        format!("{indent}{fence}{language}\n{lines}{indent}{fence}")
    })
}

fn block() -> impl Strategy<Value = String> {
    let items = vec(words(), 1..5);
    prop_oneof![
        4 => words(),
        1 => words().prop_map(|it| format!("## {it}")),
        2 => items.prop_map(|items| {
            let items = items.iter().enumerate();
            let items = items.map(|(n, it)| format!("{}- {it}\n", "  ".repeat(n % 4)));
            items.collect()
        }),
        3 => code(),
        1 => vec("[a-z]{1,20}", 2..30).prop_map(|cells| {
            let rows: Vec<_> = cells.iter().map(|it| format!("| {it} | 1 |\n")).collect();
            let rows = rows.concat();
            format!("| a | b |\n|---|---|\n{rows}")
        }),
        1 => words().prop_map(|it| format!("> {it}")),
    ]
}

fn document() -> impl Strategy<Value = String> {
    vec(block(), 0..10).prop_map(|blocks| blocks.join("\n\n"))
}

fn limit() -> impl Strategy<Value = LengthLimit> {
    (LengthLimit::LEAST..=4_096, unit()).prop_map(|(size, unit)| LengthLimit { size, unit })
}

fn small_limit() -> impl Strategy<Value = LengthLimit> {
    let size = prop_oneof![1..40_usize, 1..LengthLimit::LEAST];
    (size, unit()).prop_map(|(size, unit)| LengthLimit { size, unit })
}

fn unit() -> impl Strategy<Value = LengthUnit> {
    prop_oneof![
        Just(LengthUnit::Utf16),
        Just(LengthUnit::Characters),
        Just(LengthUnit::Utf8),
    ]
}

/// The beginning of a document, or of anything else.
fn short_text() -> impl Strategy<Value = String> {
    let anything = "([`~]{0,4}|[> -]{0,3}|\\n|.{0,40}|(a|\u{301}){0,40}){0,12}";
    let text = prop_oneof![document(), anything];
    text.prop_map(|text| text.chars().take(300).collect::<String>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_give_the_source_back(source in document(), limit in limit()) {
        prop_assert!(is_balanced(&source));
        let chunks = split_markdown(&source, limit);
        prop_assert_eq!(join_chunks(&chunks), source);
        for text in texts(&chunks) {
            prop_assert!(limit.measure_text(&text) <= limit.size, "{} of {}", limit.measure_text(&text), limit.size);
            prop_assert!(is_balanced(&text), "{}", text);
            let links = text.matches('[').count();
            let whole = [text.matches("](https://example.org/").count(), text.matches(')').count()];
            prop_assert!(whole[0] == links && whole[1] >= links, "{}", text);
        }
    }

    #[test]
    fn a_quote_is_one_in_each_piece(lines in vec("[א-ת]{1,9}( [א-ת]{1,9}){0,300}", 1..4), limit in limit()) {
        let lines: Vec<_> = lines.iter().map(|line| format!("> {line}\n")).collect();
        let source = lines.concat();
        let chunks = split_markdown(&source, limit);
        prop_assert_eq!(join_chunks(&chunks), source);
        for text in texts(&chunks) {
            prop_assert!(limit.measure_text(&text) <= limit.size);
            prop_assert!(text.lines().all(|line| line.starts_with("> ")), "{}", text);
        }
    }

    #[test]
    fn whatever_it_is_it_fits(source in "([`~]{0,4}|[> -]{0,3}|\\n|.{0,40}|(a|\u{301}){0,700}){0,12}") {
        let limit = LengthLimit { size: LengthLimit::LEAST, unit: LengthUnit::Utf16 };
        let chunks = split_markdown(&source, limit);
        prop_assert_eq!(join_chunks(&chunks), source);
        for text in texts(&chunks) {
            prop_assert!(limit.measure_text(&text) <= limit.size);
        }
    }

    #[test]
    fn it_fits_however_little_fits(source in short_text(), limit in small_limit()) {
        let chunks = split_markdown(&source, limit);
        prop_assert_eq!(join_chunks(&chunks), source);
        for text in texts(&chunks) {
            prop_assert!(limit.measure_text(&text) <= limit.size, "{} of {}", limit.measure_text(&text), limit.size);
        }
    }
}

#[test]
fn cuts_where_it_hurts_least() {
    let paragraph = format!("{}.\n\n", "word ".repeat(250).trim_end());
    let chunks = split_markdown(&paragraph.repeat(3), MESSAGE);
    assert_eq!(texts(&chunks), [&*paragraph; 3], "between paragraphs");

    let line = format!("{}\n", "word ".repeat(250).trim_end());
    let chunks = split_markdown(&line.repeat(3), MESSAGE);
    assert_eq!(texts(&chunks), [&*line; 3], "between lines");

    let sentence = format!("{}. ", "word ".repeat(150).trim_end());
    let chunks = split_markdown(&sentence.repeat(4), MESSAGE);
    let two = sentence.repeat(2);
    assert_eq!(texts(&chunks), [&*two; 2], "between sentences");

    let astronaut = "🧑🏽‍🚀";
    let chunks = split_markdown(&astronaut.repeat(600), MESSAGE);
    assert!(chunks.len() > 1);
    for text in texts(&chunks) {
        assert_eq!(text.replace(astronaut, ""), "", "between graphemes");
    }
}

#[test]
fn a_code_block_goes_on_with_its_language() {
    let source = format!(
        "before\n\n```rust\n{}```\n\nafter",
        "let x = 1;\n".repeat(300)
    );
    let chunks = split_markdown(&source, MESSAGE);
    let texts = texts(&chunks);
    assert_eq!(texts.len(), 2);
    assert!(texts[0].ends_with("let x = 1;\n```"), "{}", texts[0]);
    assert!(
        texts[1].starts_with("```rust\nlet x = 1;\n"),
        "{}",
        texts[1]
    );
    assert_eq!(join_chunks(&chunks), source);
}

#[test]
fn no_piece_has_a_code_block_of_nothing() {
    for letters in 1_970..2_010 {
        let source = format!("```\n{}\n```\nafter\n", "x".repeat(letters));
        let chunks = split_markdown(&source, MESSAGE);
        assert_eq!(join_chunks(&chunks), source);
        for text in texts(&chunks) {
            assert!(!text.contains("```\n```"), "{letters}: {text}");
        }
    }
}

#[test]
fn code_within_a_line_and_what_is_escaped_are_not_cut() {
    let span = format!("`{}`,", "code ".repeat(50).trim_end());
    let chunks = split_markdown(&span.repeat(20), MESSAGE);
    assert!(chunks.len() > 1);
    for text in texts(&chunks) {
        assert_eq!(text.replace(&span, ""), "", "between them");
    }
    let escaped = "\\`";
    for text in texts(&split_markdown(
        &format!("x{}", escaped.repeat(3_000)),
        MESSAGE,
    )) {
        assert!(text.ends_with(escaped) && !text.starts_with('`'), "{text}");
    }
    let long = format!("before `{}`", "code ".repeat(1_000));
    let chunks = split_markdown(&long, MESSAGE);
    assert_eq!(join_chunks(&chunks), long);
    for text in &texts(&chunks)[1..] {
        assert!(
            !text.starts_with(' '),
            "what is too long is cut between words: {text}"
        );
    }
}

#[test]
fn a_link_is_not_cut_in_its_words() {
    let link = "[click here then please](https://example.org/a_(b)?c=d)";
    for letters in 1_900..2_000 {
        let source = format!("{} {link} and on", "x".repeat(letters));
        let chunks = split_markdown(&source, MESSAGE);
        let texts = texts(&chunks);
        assert_eq!(texts.iter().filter(|it| it.contains(link)).count(), 1);
        assert_eq!(join_chunks(&chunks), source);
    }
    let long = format!("[{}](https://example.org)", "word ".repeat(1_000));
    assert_eq!(
        join_chunks(&split_markdown(&long, MESSAGE)),
        long,
        "what is too long is cut"
    );
}

#[test]
fn one_that_nobody_closed_is_closed() {
    let chunks = split_markdown("```sh\nls", MESSAGE);
    assert_eq!(texts(&chunks), ["```sh\nls\n```"]);
    assert_eq!(join_chunks(&chunks), "```sh\nls");
}

#[test]
fn counts_as_it_is_told() {
    let owls = "🦉".repeat(2_000);
    assert_eq!(split_markdown(&owls, MESSAGE).len(), 2);
    let limit = LengthLimit {
        unit: LengthUnit::Characters,
        ..MESSAGE
    };
    assert_eq!(split_markdown(&owls, limit).len(), 1);
    let limit = LengthLimit {
        unit: LengthUnit::Utf8,
        ..MESSAGE
    };
    assert_eq!(split_markdown(&owls, limit).len(), 4);
}

#[test]
fn a_fence_goes_on_where_there_is_room_for_it() {
    let source = format!("```rust\n{}```", "let x;\n".repeat(3));
    for unit in [LengthUnit::Characters, LengthUnit::Utf16, LengthUnit::Utf8] {
        let chunks = split_markdown(&source, LengthLimit { size: 24, unit });
        assert_eq!(texts(&chunks), ["```rust\nlet x;\n```"; 3]);
        assert_eq!(join_chunks(&chunks), source);
        let chunks = split_markdown(&source, LengthLimit { size: 23, unit });
        let pieces = ["```rust\nlet x;\nlet x;\n", "let x;\n```"];
        assert_eq!(texts(&chunks), pieces, "half of the room is too much");
    }
}

#[test]
fn a_fence_longer_than_a_message_is_still_one() {
    let source = "```a language with a name\nx\n```\nThe end.";
    let limit = LengthLimit {
        size: 16,
        unit: LengthUnit::Characters,
    };
    let texts = texts(&split_markdown(source, limit));
    assert_eq!(texts.concat(), source, "nothing is added");
}

#[test]
fn a_character_longer_than_a_message_is_left_out() {
    let limit = |size| LengthLimit {
        size,
        unit: LengthUnit::Utf8,
    };
    let chunks = split_markdown("aé🦉b", limit(2));
    assert_eq!(texts(&chunks), ["a", "é", "", "b"]);
    assert!(chunks[2].is_blank());
    assert_eq!(join_chunks(&chunks), "aé🦉b");
    let chunks = split_markdown("ab", limit(0));
    assert!(chunks.iter().all(TextChunk::is_blank), "nothing fits");
    assert_eq!(join_chunks(&chunks), "ab");
}

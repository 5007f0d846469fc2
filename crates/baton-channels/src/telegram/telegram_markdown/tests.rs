//! Replies as messages: nothing of their text is lost, and Telegram takes every message.

use baton_chat::text::TextFormat;
use baton_chat::text::chunks::LengthLimit;
use baton_chat::text::text_splitting::{SplitText, split_text, truncate_text};
use proptest::prelude::*;

use super::{FORMAT, FormattedText, RICH_FORMAT, plain_text, repair_rich_piece};

mod dialect_examples;
mod entity_checks;
mod entity_examples;
mod reply_documents;
mod rich_examples;

use entity_checks::{check_message, styled_letters};
use reply_documents::{clean_document, document, is_block, is_bold, is_link, is_span, is_text};

/// More messages than any document has.
const ALL: usize = 10_000;

/// The messages of a text, as dialect.
fn split(format: TextFormat, markdown: &str, size: usize) -> Vec<String> {
    let limit = LengthLimit {
        size,
        ..format.limit
    };
    split_text(TextFormat { limit, ..format }, markdown, ALL).messages
}

/// The letters of a text. No mark, address or language of a document has such a letter.
fn letters(text: &str) -> String {
    text.chars().filter(|it| is_text(*it)).collect()
}

/// The words of a text.
fn words(text: &str) -> Vec<&str> {
    let words = text.split(|it| !is_text(it));
    words.filter(|it| !it.is_empty()).collect()
}

/// Checks that each letter has the style of its kind.
fn check_styles(message: &FormattedText) -> Result<(), TestCaseError> {
    if message.entities.len() >= 100 {
        return Ok(());
    }
    for (letter, styles) in styled_letters(message) {
        let is_block_code = styles.iter().any(|it| it == "pre");
        let is_code = is_block_code || styles.iter().any(|it| it == "code");
        prop_assert!(
            !is_block(letter) || is_block_code,
            "{letter} is no block in\n{}",
            message.text
        );
        prop_assert!(
            !is_span(letter) || is_code,
            "{letter} is no code in\n{}",
            message.text
        );
        let is_plain = letter.is_ascii_lowercase() || is_bold(letter) || is_link(letter);
        prop_assert!(
            !is_plain || !is_code,
            "{letter} is code in\n{}",
            message.text
        );
    }
    Ok(())
}

/// Checks all messages of a document.
fn check_document(format: TextFormat, source: &str, size: usize) -> Result<(), TestCaseError> {
    let mut shown = String::new();
    for piece in split(format, source, size) {
        let message = FormattedText::from_dialect(&piece);
        let length = message.text.encode_utf16().count();
        prop_assert!(length <= size, "{length} of {size} in\n{}", message.text);
        prop_assert!(
            length <= piece.encode_utf16().count(),
            "longer than\n{}",
            piece
        );
        check_message(&message)?;
        check_styles(&message)?;
        prop_assert_eq!(plain_text(&piece), &*message.text);
        shown.push_str(&message.text);
    }
    prop_assert_eq!(letters(&shown), letters(source), "of\n{}", source);
    Ok(())
}

/// Checks a document in one message, whose words and marks are all as meant.
fn check_whole(format: TextFormat, source: &str) -> Result<(), TestCaseError> {
    let piece = (format.render)(source);
    let message = FormattedText::from_dialect(&piece);
    prop_assert_eq!(
        words(&message.text),
        words(source),
        "of\n{}\nas\n{}",
        source,
        piece
    );
    let is_mark = |it: char| "*_`~[]|\\<>#".contains(it);
    let without_cells = message.text.replace(" | ", " ");
    prop_assert!(
        !without_cells.contains(is_mark),
        "a mark is left in\n{}\nof\n{}",
        message.text,
        piece
    );
    let has_all = message.entities.len() < 100;
    for (letter, styles) in styled_letters(&message).into_iter().filter(|_| has_all) {
        let has = |style: &str| styles.iter().any(|it| it == style);
        prop_assert!(
            !is_bold(letter) || has("bold"),
            "{letter} is not bold in\n{}",
            piece
        );
        prop_assert!(
            !is_link(letter) || has("text_link"),
            "{letter} is no link in\n{}",
            piece
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_message_is_one_that_telegram_takes(source in document(), size in sizes()) {
        check_document(FORMAT, &source, size)?;
    }

    #[test]
    fn each_rich_message_has_a_fallback(source in document(), size in sizes()) {
        check_document(RICH_FORMAT, &source, size)?;
        for piece in split(RICH_FORMAT, &source, size) {
            // The repair adds and removes only tags of details.
            let repaired = FormattedText::from_dialect(&repair_rich_piece(&piece));
            prop_assert_eq!(letters(&repaired.text), letters(&plain_text(&piece)));
        }
    }

    #[test]
    fn all_marks_are_read_as_meant(source in clean_document()) {
        check_whole(FORMAT, &source)?;
        check_whole(RICH_FORMAT, &source)?;
    }

    #[test]
    fn whatever_it_is_nothing_is_lost(
        source in "([`~*_|$=&#]{0,5}|[> +-]{0,4}|\\\\|\n|\t|[a-z|.()!]{0,9}|    |[0-9]{1,3}[.)] |\\[[a-z]{0,4}\\]|🦉|(ab){0,400}){0,30}",
        size in sizes(),
    ) {
        check_any(FORMAT, &source, size)?;
        check_any(RICH_FORMAT, &source, size)?;
    }
}

/// Checks that a text of any form gives messages that Telegram takes.
fn check_any(format: TextFormat, source: &str, size: usize) -> Result<(), TestCaseError> {
    for piece in split(format, source, size) {
        let message = FormattedText::from_dialect(&piece);
        prop_assert!(
            message.text.encode_utf16().count() <= size,
            "too long: {}",
            piece
        );
        check_message(&message)?;
    }
    Ok(())
}

fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![
        Just(LengthLimit::LEAST),
        LengthLimit::LEAST..2_000,
        Just(4_096)
    ]
}

#[test]
fn nothing_is_sent_of_nothing() {
    for format in [FORMAT, RICH_FORMAT] {
        assert_eq!(split_text(format, " \n ", 5), SplitText::default());
        assert_eq!(split_text(format, "```\n\n```\n", 5), SplitText::default());
        assert_eq!(split_text(format, "\u{200b}", 5), SplitText::default());
        assert_eq!(
            split_text(format, "&nbsp; &#8203;", 5),
            SplitText::default()
        );
    }
    assert_eq!(FormattedText::from_dialect(""), FormattedText::default());
    assert_eq!(
        plain_text("```\n\u{2800}\n```"),
        "…",
        "Telegram shows nothing of it"
    );
}

#[test]
fn a_long_text_has_a_beginning() {
    let long = "# Title\n\nA paragraph of *many* words.\n\n- an item\n\n".repeat(500);
    for format in [FORMAT, RICH_FORMAT] {
        let texts = split_text(format, &long, 3);
        assert_eq!(texts.whole.as_deref(), Some(&*long));
        let message = FormattedText::from_dialect(&texts.messages[0]);
        assert!(
            message
                .text
                .starts_with("Title\n\nA paragraph of many words.")
        );
        assert!(message.text.ends_with("The whole text is in reply.md."));
        let beginning = truncate_text(format, &long, 40);
        assert!(plain_text(&beginning).ends_with('…'), "{beginning}");
    }
}

#[test]
fn a_copied_mark_of_a_prompt_is_no_link() {
    for address in [
        "https://baton.example/form?form=a&person=1&key=b",
        "HTTPS://Baton.Example/form?form=a&person=1&key=b",
    ] {
        for markdown in [
            format!("[hi]({address})"),
            format!("![hi]({address})"),
            format!("<{address}>"),
        ] {
            let formatted = FormattedText::from_dialect(&(FORMAT.render)(&markdown));
            let mut kinds = formatted.entities.iter().map(|entity| &entity.kind);
            assert!(
                !kinds.any(|kind| matches!(kind, super::EntityKind::TextLink { .. })),
                "{markdown}"
            );
            assert!(formatted.text.contains("form=a"), "{}", formatted.text);
        }
    }
}

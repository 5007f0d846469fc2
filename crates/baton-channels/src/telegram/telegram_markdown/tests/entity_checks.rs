//! Telegram's rules for a message, written again from their description:
//! <https://core.telegram.org/bots/api#formatting-options>.

use std::ops::Range;

use proptest::prelude::*;
use serde_json::Value;

use super::super::FormattedText;

/// An entity as the request has it.
struct SentEntity {
    kind: String,
    range: Range<usize>,
}

/// Checks a message against the rules.
pub(super) fn check_message(message: &FormattedText) -> Result<(), TestCaseError> {
    let units: Vec<u16> = message.text.encode_utf16().collect();
    let is_blank = |it: char| it.is_whitespace() || "\u{200b}\u{200c}\u{200d}\u{feff}".contains(it);
    prop_assert!(!message.text.chars().all(is_blank), "the text is blank");
    prop_assert!(units.len() <= 4_096);
    prop_assert!(message.entities.len() <= 100);
    let mut entities = Vec::new();
    for entity in &message.entities {
        entities.push(read_entity(&serde_json::to_value(entity).unwrap())?);
    }
    for (number, entity) in entities.iter().enumerate() {
        check_range(&units, entity)?;
        for other in &entities[number + 1..] {
            check_pair(entity, other)?;
        }
    }
    Ok(())
}

/// Each character of the text with its styles.
pub(super) fn styled_letters(message: &FormattedText) -> Vec<(char, Vec<String>)> {
    let mut letters = Vec::new();
    let mut unit = 0;
    let kind = |it| {
        serde_json::to_value(it).unwrap()["type"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let entities: Vec<_> = message.entities.iter().map(|it| (it, kind(it))).collect();
    for letter in message.text.chars() {
        let around = entities.iter();
        let around = around.filter(|(it, _)| it.offset <= unit && unit < it.offset + it.length);
        letters.push((letter, around.map(|(_, kind)| kind.clone()).collect()));
        unit += letter.len_utf16();
    }
    letters
}

fn read_entity(entity: &Value) -> Result<SentEntity, TestCaseError> {
    let number = |name: &str| usize::try_from(entity[name].as_u64().unwrap()).unwrap();
    let (offset, length) = (number("offset"), number("length"));
    let kind = entity["type"].as_str().unwrap().to_owned();
    prop_assert!(length > 0, "{} is empty", entity);
    let mut fields = vec!["length", "offset", "type"];
    match &*kind {
        "text_link" => {
            let url = entity["url"].as_str().unwrap().to_lowercase();
            prop_assert!(
                url.starts_with("http://") || url.starts_with("https://"),
                "{url}"
            );
            fields.push("url");
        }
        "pre" if !entity["language"].is_null() => {
            let language = entity["language"].as_str().unwrap();
            prop_assert!(!language.contains(char::is_whitespace) && !language.is_empty());
            fields.push("language");
        }
        "pre"
        | "code"
        | "bold"
        | "italic"
        | "strikethrough"
        | "blockquote"
        | "expandable_blockquote" => {}
        _ => prop_assert!(false, "{} is unknown", entity),
    }
    let mut named: Vec<_> = entity
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    named.sort_unstable();
    fields.sort_unstable();
    prop_assert_eq!(named, fields);
    let range = offset..offset + length;
    Ok(SentEntity { kind, range })
}

fn check_range(units: &[u16], entity: &SentEntity) -> Result<(), TestCaseError> {
    let Range { start, end } = entity.range;
    prop_assert!(end <= units.len(), "{} ends after the text", entity.kind);
    let is_second_half = |at: usize| {
        units
            .get(at)
            .is_some_and(|it| (0xdc00..0xe000).contains(it))
    };
    prop_assert!(
        !is_second_half(start) && !is_second_half(end),
        "{} is in a character",
        entity.kind
    );
    let text = String::from_utf16(&units[start..end]).unwrap();
    prop_assert!(!text.trim().is_empty(), "{} is blank", entity.kind);
    let is_code = entity.kind == "code" || entity.kind == "pre";
    prop_assert!(
        is_code || text == text.trim(),
        "{} has whitespace: {:?}",
        entity.kind,
        text
    );
    Ok(())
}

fn check_pair(one: &SentEntity, other: &SentEntity) -> Result<(), TestCaseError> {
    let contains =
        |it: &Range<usize>, other: &Range<usize>| it.start <= other.start && other.end <= it.end;
    let is_apart = one.range.end <= other.range.start || other.range.end <= one.range.start;
    if is_apart {
        return Ok(());
    }
    let is_nested = contains(&one.range, &other.range) || contains(&other.range, &one.range);
    prop_assert!(is_nested, "{} and {} overlap", one.kind, other.kind);
    prop_assert!(one.kind != other.kind, "{} within itself", one.kind);
    let is_quote = |it: &SentEntity| it.kind.ends_with("blockquote");
    prop_assert!(!(is_quote(one) && is_quote(other)), "a quote in a quote");
    for (code, around) in [(one, other), (other, one)] {
        if code.kind == "code" || code.kind == "pre" {
            let is_in_quote = is_quote(around) && contains(&around.range, &code.range);
            prop_assert!(is_in_quote, "code with {}", around.kind);
        }
        if is_quote(code) {
            prop_assert!(
                contains(&code.range, &around.range),
                "{} around a quote",
                around.kind
            );
        }
    }
    Ok(())
}

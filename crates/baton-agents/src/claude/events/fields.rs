//! Reads fields that may be absent, or of another type than expected.

use std::time::Duration;

use serde_json::Value;

/// Limit of an excerpt for the log, in characters.
const EXCERPT_LIMIT: usize = 200;

/// A text that is not empty.
pub(super) fn text_field(value: &Value, key: &str) -> Option<String> {
    let text = value.get(key)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// The texts in a list.
pub(super) fn text_list(value: &Value, key: &str) -> Vec<String> {
    list_field(value, key)
        .iter()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// A list; empty if absent.
pub(super) fn list_field<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A non-negative whole number. JavaScript may write one as `3.0`.
pub(super) fn whole_number(value: &Value, key: &str) -> Option<u64> {
    let number = value.get(key)?;
    number.as_u64().or_else(|| {
        let number = number.as_f64()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "within the range, and what is behind the point is not wanted"
        )]
        (0.0..u64::MAX as f64)
            .contains(&number)
            .then_some(number as u64)
    })
}

pub(super) fn number_field(value: &Value, key: &str) -> Option<f64> {
    value.get(key)?.as_f64()
}

/// A duration, given in milliseconds.
pub(super) fn millis_field(value: &Value, key: &str) -> Option<Duration> {
    whole_number(value, key).map(Duration::from_millis)
}

/// Whether the value is exactly `true`.
pub(super) fn is_true(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// Takes a part out of the line.
pub(super) fn take_field(value: &mut Value, key: &str) -> Option<Value> {
    value
        .get_mut(key)
        .map(Value::take)
        .filter(|part| !part.is_null())
}

/// The beginning of a line, without control characters.
pub(super) fn log_excerpt(line: &str) -> String {
    let mut letters = line.chars().map(|letter| match letter {
        letter if letter.is_control() => ' ',
        letter => letter,
    });
    let mut excerpt: String = letters.by_ref().take(EXCERPT_LIMIT).collect();
    if letters.next().is_some() {
        excerpt.push('…');
    }
    excerpt
}

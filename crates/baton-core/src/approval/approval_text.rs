//! The text form of an approval, for platforms without cards. The text must show everything that a person
//! allows.

use std::fmt::Write;

use serde_json::Value;

use super::{Approval, Choice, Wants};
use crate::letters::is_hidden;

/// The maximum length of a tool's input in the text, in characters: a few messages of a chat.
const INPUT_LIMIT: usize = 6_000;

/// The maximum number of fields to show one by one. An input with more fields is shown as JSON.
const FIELD_LIMIT: usize = 20;

/// The maximum length of a field's name, in bytes, for showing the fields one by one.
const FIELD_NAME_LIMIT: usize = 64;

impl Approval {
    /// One line of Markdown, for a platform with a card that shows the rest.
    pub fn summary_line(&self) -> String {
        format!("{} ({})", self.question.title, self.decision_hint())
    }

    /// The title and the complete question, as Markdown. A very long input loses its middle; the text then
    /// gives the number of missing characters, and the address of the complete input.
    pub fn full_text(&self) -> String {
        let mut text = self.question.title.clone();
        match &self.question.wants {
            Wants::Permission { .. } => {
                let left_out = write_input(&mut text, &self.question.input);
                if left_out > 0 {
                    let _ = write!(
                        text,
                        "\n\n**{left_out} characters of the question are not shown here.** The whole question \
                         is on Baton's web page, at `/api/approvals/{}`.",
                        self.id
                    );
                }
            }
            Wants::Answers { choices } => choices
                .iter()
                .for_each(|choice| write_choice(&mut text, choice)),
        }
        let _ = write!(text, "\n\n({})", self.decision_hint());
        text
    }

    fn decision_hint(&self) -> String {
        let ways = match self.question.wants {
            Wants::Permission { .. } => "allow or deny it",
            Wants::Answers { .. } => "answer or deny it",
        };
        let minutes = self.within.as_secs().div_ceil(60);
        let minutes = match minutes {
            1 => "a minute".to_owned(),
            minutes => format!("{minutes} minutes"),
        };
        format!("approval {}: {ways} within {minutes}", self.id)
    }
}

/// Writes a question with its suggested answers.
fn write_choice(text: &mut String, choice: &Choice) {
    let _ = write!(text, "\n\n{}", quote_text(&choice.text));
    let mut before = "\n\n";
    for option in &choice.options {
        let _ = write!(text, "{before}- {}", on_one_line(&option.label));
        if !option.description.is_empty() {
            let _ = write!(text, ": {}", on_one_line(&option.description));
        }
        before = "\n";
    }
}

/// Writes the input of a tool, each field in a separate code block, so that no field can imitate another.
/// Returns the number of omitted characters.
fn write_input(text: &mut String, input: &Value) -> usize {
    let fields = match input {
        Value::Null => return 0,
        Value::Object(fields) if fields.is_empty() => return 0,
        Value::Object(fields)
            if fields.len() <= FIELD_LIMIT && fields.keys().all(|name| is_plain_name(name)) =>
        {
            let fields = fields
                .iter()
                .map(|(name, value)| (Some(name), value_text(value)));
            fields.collect()
        }
        other => vec![(None, value_text(other))],
    };
    let lengths: Vec<_> = fields
        .iter()
        .map(|(_, value)| value.chars().count())
        .collect();
    let mut left_out = 0;
    for ((name, value), room) in fields.iter().zip(divide_room(&lengths, INPUT_LIMIT)) {
        if let Some(name) = name {
            let _ = write!(text, "\n\n`{name}`:");
        }
        let (shown, without) = cut_middle(value, room);
        let _ = write!(text, "\n\n{}", code_block(&shown));
        left_out += without;
    }
    left_out
}

fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !name.is_empty() && name.len() <= FIELD_NAME_LIMIT && name.bytes().all(plain)
}

fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => escape_invisible(text),
        other => escape_invisible(&format!("{other:#}")),
    }
}

/// Replaces control characters and invisible characters by their escapes, because people must see everything
/// that they decide.
fn escape_invisible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => shown.push(letter),
            letter if letter.is_control() || is_hidden(letter) => {
                shown.extend(letter.escape_unicode());
            }
            letter => shown.push(letter),
        }
    }
    shown
}

/// The number of characters for each field. Short fields are shown completely, and the longer ones share the
/// remaining room.
fn divide_room(lengths: &[usize], mut room: usize) -> Vec<usize> {
    let mut by_length: Vec<_> = lengths.iter().copied().enumerate().collect();
    by_length.sort_by_key(|(_, length)| *length);
    let mut shares = vec![0; lengths.len()];
    for (done, (at, length)) in by_length.into_iter().enumerate() {
        shares[at] = length.min(room / (lengths.len() - done));
        room -= shares[at];
    }
    shares
}

/// Cuts the middle of a text to leave at most `room` characters, and returns the number of omitted
/// characters. The end of a command matters as much as its beginning.
fn cut_middle(text: &str, room: usize) -> (String, usize) {
    let length = text.chars().count();
    if length <= room {
        return (text.to_owned(), 0);
    }
    let begins = room * 2 / 3;
    let left_out = length - room;
    let at = |number| {
        text.char_indices()
            .nth(number)
            .map_or(text.len(), |(at, _)| at)
    };
    let (begin, end) = (&text[..at(begins)], &text[at(begins + left_out)..]);
    let shown = format!("{begin}\n[… {left_out} characters are left out here …]\n{end}");
    (shown, left_out)
}

/// A text as a code block, with a fence longer than any run of backticks in the text.
fn code_block(text: &str) -> String {
    let runs = text.split(|letter| letter != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or_default().max(2) + 1);
    format!("{fence}\n{}\n{fence}", text.trim_end_matches('\n'))
}

fn quote_text(text: &str) -> String {
    let text = escape_invisible(text);
    let lines = text.lines().map(|line| format!("> {line}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn on_one_line(text: &str) -> String {
    let text = escape_invisible(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

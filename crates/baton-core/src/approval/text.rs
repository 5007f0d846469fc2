//! The text form of an approval, for platforms without cards. The text must show everything that a person
//! allows.

use std::fmt::Write;

use serde_json::Value;

use super::{Approval, Choice, Wants};
use crate::letters::is_hidden;

/// The maximum length of a tool's input in the text, in characters: a few messages of a chat.
const SHOWN: usize = 6_000;

/// The maximum number of fields to show one by one. An input with more fields is shown as JSON.
const FIELDS: usize = 20;

/// The maximum length of a field's name, in bytes, for showing the fields one by one.
const NAME: usize = 64;

impl Approval {
    /// One line of Markdown, for a platform with a card that shows the rest.
    pub fn line(&self) -> String {
        format!("{} ({})", self.question.title, self.ways())
    }

    /// The title and the complete question, as Markdown. A very long input loses its middle; the text then
    /// gives the number of missing characters, and the address of the complete input.
    pub fn whole(&self) -> String {
        let mut text = self.question.title.clone();
        match &self.question.wants {
            Wants::Permission { .. } => {
                let left_out = show_input(&mut text, &self.question.input);
                if left_out > 0 {
                    let _ = write!(
                        text,
                        "\n\n**{left_out} characters of it are not shown here.** All of it is on Baton's web page, at `/api/approvals/{}`.",
                        self.id
                    );
                }
            }
            Wants::Answers { choices } => choices.iter().for_each(|choice| show(&mut text, choice)),
        }
        let _ = write!(text, "\n\n({})", self.ways());
        text
    }

    fn ways(&self) -> String {
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
fn show(text: &mut String, choice: &Choice) {
    let _ = write!(text, "\n\n{}", quoted(&choice.text));
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
fn show_input(text: &mut String, input: &Value) -> usize {
    let fields = match input {
        Value::Null => return 0,
        Value::Object(fields) if fields.is_empty() => return 0,
        Value::Object(fields)
            if fields.len() <= FIELDS && fields.keys().all(|name| is_plain(name)) =>
        {
            let fields = fields
                .iter()
                .map(|(name, value)| (Some(name), spelled(value)));
            fields.collect()
        }
        other => vec![(None, spelled(other))],
    };
    let lengths: Vec<_> = fields
        .iter()
        .map(|(_, value)| value.chars().count())
        .collect();
    let mut left_out = 0;
    for ((name, value), room) in fields.iter().zip(shares(&lengths, SHOWN)) {
        if let Some(name) = name {
            let _ = write!(text, "\n\n`{name}`:");
        }
        let (shown, without) = with_its_end(value, room);
        let _ = write!(text, "\n\n{}", fenced(&shown));
        left_out += without;
    }
    left_out
}

fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !name.is_empty() && name.len() <= NAME && name.bytes().all(plain)
}

fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text),
        other => visible(&format!("{other:#}")),
    }
}

/// Replaces control characters and invisible characters by their escapes, because people must see everything
/// that they decide.
fn visible(text: &str) -> String {
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
fn shares(lengths: &[usize], mut room: usize) -> Vec<usize> {
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
fn with_its_end(text: &str, room: usize) -> (String, usize) {
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
fn fenced(text: &str) -> String {
    let runs = text.split(|letter| letter != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or_default().max(2) + 1);
    format!("{fence}\n{}\n{fence}", text.trim_end_matches('\n'))
}

fn quoted(text: &str) -> String {
    let text = visible(text);
    let lines = text.lines().map(|line| format!("> {line}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn on_one_line(text: &str) -> String {
    let text = visible(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

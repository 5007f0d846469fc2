//! Answers on standard output. A reader may close the pipe at any time, which is not a failure.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;

/// Prints one or several lines.
pub(crate) fn say(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) {
    say(in_json(value));
}

/// Prints a value, in JSON or as text.
pub(crate) fn answer<T: Serialize + Display>(as_json: bool, value: &T) {
    say(spelled(as_json, value));
}

/// The text that [`answer`] prints.
pub(crate) fn spelled<T: Serialize + Display>(as_json: bool, value: &T) -> String {
    if as_json {
        in_json(value)
    } else {
        value.to_string()
    }
}

fn in_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer could not be written as JSON");
        "null".to_owned()
    })
}

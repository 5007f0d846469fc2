//! Answers on standard output. A reader may close the pipe at any time, which is not a failure.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;

/// Prints one or several lines.
pub(crate) fn print_text(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a value as one line of JSON.
pub(crate) fn print_json(value: &impl Serialize) {
    print_text(render_json(value));
}

/// Prints a value, in JSON or as text.
pub(crate) fn print_answer<T: Serialize + Display>(as_json: bool, value: &T) {
    print_text(render_answer(as_json, value));
}

/// The text that [`print_answer`] prints.
pub(crate) fn render_answer<T: Serialize + Display>(as_json: bool, value: &T) -> String {
    if as_json {
        render_json(value)
    } else {
        value.to_string()
    }
}

fn render_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer could not be written as JSON");
        "null".to_owned()
    })
}

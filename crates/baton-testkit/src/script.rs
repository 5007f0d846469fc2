//! What the fake servers of models share beside the wire: what a request says, and the answers in order.

use std::collections::VecDeque;

use serde_json::Value;

/// Answers that a test has written down for requests to come.
pub(crate) struct Answers<A>(VecDeque<Answering<A>>);

struct Answering<A> {
    /// How what a person said last begins, where that matters.
    said: Option<String>,
    answer: A,
}

impl<A> Default for Answers<A> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<A> Answers<A> {
    /// The next request has this answer.
    pub(crate) fn push(&mut self, answer: A) {
        self.0.push_back(Answering { said: None, answer });
    }

    /// The next request to which these words led has this answer.
    pub(crate) fn push_to(&mut self, said: &str, answer: A) {
        let said = Some(said.to_owned());
        self.0.push_back(Answering { said, answer });
    }

    /// The answer to a request in which a person said this last.
    pub(crate) fn take(&mut self, last_said: &str) -> Option<A> {
        let fits = |it: &Answering<A>| {
            let said = it.said.as_deref();
            said.is_none_or(|said| last_said.starts_with(said))
        };
        let at = self.0.iter().position(fits)?;
        Some(self.0.remove(at)?.answer)
    }
}

/// What the person said last; what a program adds of itself comes before it in the same message.
pub(crate) fn last_said(request: &Value) -> &str {
    let messages = request["messages"].as_array().into_iter().flatten();
    let mut texts = messages
        .filter(|message| message["role"] == "user")
        .flat_map(|message| texts(&message["content"]))
        .filter(|text| !text.starts_with("<system-reminder>"));
    texts.next_back().unwrap_or_default()
}

/// The texts of a content, which is a text itself or a list of parts.
pub(crate) fn texts(content: &Value) -> Vec<&str> {
    match content {
        Value::String(text) => vec![text],
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => Vec::new(),
    }
}

//! Shared by the fake model servers: the texts of a request, and the queue of answers.

use std::collections::VecDeque;

use serde_json::Value;

/// The answers that a test has queued for later requests.
pub(crate) struct Answers<A>(VecDeque<Answering<A>>);

struct Answering<A> {
    /// The required beginning of the person's last text, if any.
    said: Option<String>,
    answer: A,
}

impl<A> Default for Answers<A> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<A> Answers<A> {
    /// Queues the answer to the next request.
    pub(crate) fn push(&mut self, answer: A) {
        self.0.push_back(Answering { said: None, answer });
    }

    /// Queues the answer to the next request whose last text of the person begins with `said`.
    pub(crate) fn push_to(&mut self, said: &str, answer: A) {
        let said = Some(said.to_owned());
        self.0.push_back(Answering { said, answer });
    }

    /// Takes the first queued answer that fits the person's last text.
    pub(crate) fn take(&mut self, last_said: &str) -> Option<A> {
        let fits = |it: &Answering<A>| {
            let said = it.said.as_deref();
            said.is_none_or(|said| last_said.starts_with(said))
        };
        let at = self.0.iter().position(fits)?;
        Some(self.0.remove(at)?.answer)
    }
}

/// The last text of the person. Programs put their own text before the person's text, in the same message.
pub(crate) fn last_said(request: &Value) -> &str {
    let messages = request["messages"].as_array().into_iter().flatten();
    let mut texts = messages
        .filter(|message| message["role"] == "user")
        .flat_map(|message| texts(&message["content"]))
        .filter(|text| !text.starts_with("<system-reminder>"));
    texts.next_back().unwrap_or_default()
}

/// The texts of a message's content, which is a text or a list of parts.
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

//! The reasoning of a model that writes it into its answer, between two tags.

/// The tags around reasoning.
const TAGS: [(&str, &str); 4] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("[THINK]", "[/THINK]"),
];

/// A text, split into answer and reasoning.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parted {
    pub(super) said: String,
    pub(super) thought: String,
}

/// Splits streamed text into answer and reasoning, wherever the pieces end. Only tags at the beginning of an
/// answer mark reasoning; later tags are part of the answer.
#[derive(Debug, Default)]
pub(super) struct Parting {
    at: At,
    /// The end of the text so far, if it may begin a tag.
    held: String,
    /// Whether there was reasoning.
    has_thought: bool,
}

#[derive(Clone, Copy, Debug, Default)]
enum At {
    #[default]
    Beginning,
    /// Within reasoning, up to this closing tag.
    Thinking(&'static str),
    Speaking,
}

impl Parting {
    /// Adds a piece.
    pub(super) fn push(&mut self, text: &str) -> Parted {
        let mut parted = Parted::default();
        self.held.push_str(text);
        loop {
            let held = std::mem::take(&mut self.held);
            match self.at {
                At::Speaking => {
                    parted.said.push_str(&held);
                    return parted;
                }
                At::Thinking(end) => {
                    if let Some((thought, rest)) = held.split_once(end) {
                        parted.thought.push_str(thought);
                        self.at = At::Beginning;
                        self.held = rest.to_owned();
                        continue;
                    }
                    let kept = held.len() - tail_that_begins(&held, end);
                    parted.thought.push_str(&held[..kept]);
                    self.held = held[kept..].to_owned();
                    return parted;
                }
                At::Beginning => {
                    let words = held.trim_start();
                    if let Some((begin, end)) = TAGS.iter().find(|tag| words.starts_with(tag.0)) {
                        self.at = At::Thinking(end);
                        self.has_thought = true;
                        self.held = words[begin.len()..].to_owned();
                    } else if TAGS.iter().any(|tag| tag.0.starts_with(words)) {
                        self.held = held;
                        return parted;
                    } else {
                        self.at = At::Speaking;
                        // White space between reasoning and answer belongs to neither.
                        let said = if self.has_thought { words } else { &held };
                        self.held = said.to_owned();
                    }
                }
            }
        }
    }

    /// The rest, at the end of the text.
    pub(super) fn finish(&mut self) -> Parted {
        let held = std::mem::take(&mut self.held);
        match self.at {
            At::Thinking(_) => Parted {
                thought: held,
                ..Parted::default()
            },
            At::Beginning | At::Speaking => Parted {
                said: held,
                ..Parted::default()
            },
        }
    }
}

/// The length in bytes of the longest suffix of `text` that begins `tag`.
fn tail_that_begins(text: &str, tag: &str) -> usize {
    (1..tag.len())
        .rev()
        .find(|&length| text.ends_with(&tag[..length]))
        .unwrap_or_default()
}

/// Splits a text that contains only the closing tag, because the opening tag was in the model's prompt. The
/// closing tag must stand alone on its line. Within a code block, the tag is part of the answer.
pub(super) fn part_at_end(text: &str) -> Option<Parted> {
    let mut at = 0;
    let mut in_code = false;
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        if words.starts_with("```") || words.starts_with("~~~") {
            in_code = !in_code;
        }
        if !in_code && TAGS.iter().any(|tag| tag.1 == words) {
            return Some(Parted {
                thought: text[..at].trim().to_owned(),
                said: text[at + line.len()..].trim_start().to_owned(),
            });
        }
        at += line.len();
    }
    None
}

/// The answer in a complete text, without reasoning.
pub(super) fn said_in(text: &str) -> String {
    let mut parting = Parting::default();
    let said = parting.push(text).said;
    said + &parting.finish().said
}

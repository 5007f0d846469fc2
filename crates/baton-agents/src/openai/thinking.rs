//! What a model thinks before it speaks, where it writes that into its answer between two tags.

/// How thinking begins and ends.
const TAGS: [(&str, &str); 4] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("[THINK]", "[/THINK]"),
];

/// What is said and what is thought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parted {
    pub(super) said: String,
    pub(super) thought: String,
}

/// Parts what a model says from what it thinks, wherever the text is cut. Only what an answer begins with is
/// thinking: tags in the middle of it are what it speaks of.
#[derive(Debug, Default)]
pub(super) struct Parting {
    at: At,
    /// What may be the beginning of a tag.
    held: String,
    /// It has thought.
    has_thought: bool,
}

#[derive(Clone, Copy, Debug, Default)]
enum At {
    #[default]
    Beginning,
    /// Until this tag.
    Thinking(&'static str),
    Speaking,
}

impl Parting {
    /// Reads on.
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
                        // The space between a thought and the answer belongs to neither.
                        let said = if self.has_thought { words } else { &held };
                        self.held = said.to_owned();
                    }
                }
            }
        }
    }

    /// What is left when no more comes.
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

/// How much of the end of `text` may be the beginning of `tag`, in bytes.
fn tail_that_begins(text: &str, tag: &str) -> usize {
    (1..tag.len())
        .rev()
        .find(|&length| text.ends_with(&tag[..length]))
        .unwrap_or_default()
}

/// Parts a whole text in which thinking only ends, because its beginning was in the model's prompt. Then the
/// tag stands on a line of its own; in a block of code it is what the model speaks of.
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

/// What is said in a whole text.
pub(super) fn said_in(text: &str) -> String {
    let mut parting = Parting::default();
    let said = parting.push(text).said;
    said + &parting.finish().said
}

//! Splits off the reasoning of a model that writes reasoning into its answer, between two tags.

/// The tags around reasoning.
const TAGS: [(&str, &str); 4] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("[THINK]", "[/THINK]"),
];

/// A text, split into answer and reasoning.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SplitAnswer {
    pub(super) answer: String,
    pub(super) reasoning: String,
}

/// Splits streamed text into answer and reasoning, wherever the pieces end. Only tags at the beginning of an
/// answer mark reasoning; later tags are part of the answer.
#[derive(Debug, Default)]
pub(super) struct ReasoningSplitter {
    state: SplitterState,
    /// The end of the text so far, if this end may begin a tag.
    held: String,
    /// Whether there was reasoning.
    has_reasoning: bool,
}

#[derive(Clone, Copy, Debug, Default)]
enum SplitterState {
    #[default]
    Beginning,
    /// Within reasoning, up to this closing tag.
    InReasoning(&'static str),
    InAnswer,
}

impl ReasoningSplitter {
    /// Whether a tag opened reasoning, also an empty one.
    pub(super) fn has_reasoning(&self) -> bool {
        self.has_reasoning
    }

    /// Adds a piece.
    pub(super) fn push(&mut self, text: &str) -> SplitAnswer {
        let mut split = SplitAnswer::default();
        self.held.push_str(text);
        loop {
            let held = std::mem::take(&mut self.held);
            match self.state {
                SplitterState::InAnswer => {
                    split.answer.push_str(&held);
                    return split;
                }
                SplitterState::InReasoning(end) => {
                    if let Some((reasoning, rest)) = held.split_once(end) {
                        split.reasoning.push_str(reasoning);
                        self.state = SplitterState::Beginning;
                        self.held = rest.to_owned();
                        continue;
                    }
                    let kept = held.len() - unfinished_tag_length(&held, end);
                    split.reasoning.push_str(&held[..kept]);
                    self.held = held[kept..].to_owned();
                    return split;
                }
                SplitterState::Beginning => {
                    let words = held.trim_start();
                    if let Some((begin, end)) = TAGS.iter().find(|tag| words.starts_with(tag.0)) {
                        self.state = SplitterState::InReasoning(end);
                        self.has_reasoning = true;
                        self.held = words[begin.len()..].to_owned();
                    } else if TAGS.iter().any(|tag| tag.0.starts_with(words)) {
                        self.held = held;
                        return split;
                    } else {
                        self.state = SplitterState::InAnswer;
                        // White space between reasoning and answer belongs to neither.
                        let answer = if self.has_reasoning { words } else { &held };
                        self.held = answer.to_owned();
                    }
                }
            }
        }
    }

    /// The rest, at the end of the text.
    pub(super) fn finish(&mut self) -> SplitAnswer {
        let held = std::mem::take(&mut self.held);
        match self.state {
            SplitterState::InReasoning(_) => SplitAnswer {
                reasoning: held,
                ..SplitAnswer::default()
            },
            SplitterState::Beginning | SplitterState::InAnswer => SplitAnswer {
                answer: held,
                ..SplitAnswer::default()
            },
        }
    }
}

/// The length in bytes of the longest suffix of `text` that begins `tag`.
fn unfinished_tag_length(text: &str, tag: &str) -> usize {
    (1..tag.len())
        .rev()
        .find(|&length| text.ends_with(&tag[..length]))
        .unwrap_or_default()
}

/// Splits a text with only a closing tag, because the model's prompt contained the opening tag. Only the
/// first closing tag can end such reasoning, under three conditions, because an answer may be about tags:
///
/// * The tag stands alone on its line, neither indented nor within a code block.
/// * The text before the tag mentions no tag.
/// * The tag does not stand in the middle of a sentence: a sentence ends before it, or a blank line follows.
pub(super) fn split_at_closing_tag(text: &str) -> Option<SplitAnswer> {
    let mut at = 0;
    let mut in_code = false;
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        let is_end = TAGS.iter().any(|tag| tag.1 == line.trim_end());
        if is_end && !in_code {
            let (reasoning, answer) = (text[..at].trim(), &text[at + line.len()..]);
            let is_blank = |line: &str| line.trim().is_empty();
            let parts = ends_a_sentence(reasoning) || answer.lines().next().is_some_and(is_blank);
            return parts.then(|| SplitAnswer {
                reasoning: reasoning.to_owned(),
                answer: answer.trim_start().to_owned(),
            });
        }
        if TAGS
            .iter()
            .any(|tag| line.contains(tag.0) || line.contains(tag.1))
        {
            return None;
        }
        if words.starts_with("```") || words.starts_with("~~~") {
            in_code = !in_code;
        }
        at += line.len();
    }
    None
}

/// Whether the last sentence of a text is complete. Most scripts have their own marks for this.
fn ends_a_sentence(text: &str) -> bool {
    let goes_on = |last: char| last.is_alphanumeric() || ",;:-–—`'\"([{".contains(last);
    !text.ends_with(goes_on)
}

/// The answer in a complete text, without reasoning.
pub(super) fn answer_in(text: &str) -> String {
    let mut splitter = ReasoningSplitter::default();
    let answer = splitter.push(text).answer;
    answer + &splitter.finish().answer
}

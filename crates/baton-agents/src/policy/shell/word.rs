//! The known text of words before the shell expands them.

/// A word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ShellWord {
    /// The exact text.
    Literal(String),
    /// One or several words with this common beginning, possibly empty.
    Begins(String),
    /// Any number of unknown words, or none.
    Anything,
}

impl ShellWord {
    /// The text of the word, if known.
    pub(crate) fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Begins(_) | Self::Anything => None,
        }
    }

    /// Whether the word is no option after any expansion.
    pub(crate) fn is_operand(&self) -> bool {
        match self {
            Self::Literal(text) => !text.starts_with('-') || text == "-",
            Self::Begins(text) => !text.is_empty() && !text.starts_with('-'),
            Self::Anything => false,
        }
    }

    /// The word as text, for people.
    pub(crate) fn display_text(&self) -> String {
        match self {
            Self::Literal(text) if text.is_empty() || text.contains(char::is_whitespace) => {
                format!("'{text}'")
            }
            Self::Literal(text) => text.clone(),
            Self::Begins(text) => format!("{text}…"),
            Self::Anything => "…".to_owned(),
        }
    }
}

/// A word under construction.
#[derive(Debug, Default)]
pub(super) struct WordBuilder {
    text: String,
    end: WordEnd,
}

/// The knowledge about the end of a word.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum WordEnd {
    #[default]
    Known,
    /// The word has an unknown end.
    Open,
    /// The word may also become several words.
    Split,
}

impl WordBuilder {
    /// Adds a known text.
    pub(super) fn add_text(&mut self, text: &str) {
        if self.end == WordEnd::Known {
            self.text.push_str(text);
        }
    }

    /// Adds an unknown text.
    pub(super) fn add_unknown(&mut self) {
        self.end = self.end.max(WordEnd::Open);
    }

    /// Adds an unknown text that may become several words.
    pub(super) fn add_unknown_words(&mut self) {
        self.end = WordEnd::Split;
    }

    pub(super) fn into_word(self) -> ShellWord {
        match self.end {
            WordEnd::Known => ShellWord::Literal(self.text),
            WordEnd::Open => ShellWord::Begins(self.text),
            WordEnd::Split => ShellWord::Anything,
        }
    }
}

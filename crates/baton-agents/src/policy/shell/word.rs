//! The known text of words before the shell expands them.

/// A word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// The exact text.
    Literal(String),
    /// One or several words with this common beginning, possibly empty.
    Begins(String),
    /// Any number of unknown words, or none.
    Anything,
}

impl Word {
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
    pub(crate) fn shown(&self) -> String {
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
pub(super) struct Builder {
    text: String,
    end: End,
}

/// The knowledge about the end of a word.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    #[default]
    Known,
    /// The word has an unknown end.
    Open,
    /// The word may also become several words.
    Split,
}

impl Builder {
    /// Adds a known text.
    pub(super) fn text(&mut self, text: &str) {
        if self.end == End::Known {
            self.text.push_str(text);
        }
    }

    /// Adds an unknown text.
    pub(super) fn open(&mut self) {
        self.end = self.end.max(End::Open);
    }

    /// Adds an unknown text that may become several words.
    pub(super) fn split(&mut self) {
        self.end = End::Split;
    }

    pub(super) fn word(self) -> Word {
        match self.end {
            End::Known => Word::Literal(self.text),
            End::Open => Word::Begins(self.text),
            End::Split => Word::Anything,
        }
    }
}

//! Words, as far as they are known before the shell expands them.

/// A word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// It is this.
    Literal(String),
    /// It becomes one or several words that each begin with this, which may be nothing.
    Begins(String),
    /// It becomes any words, or none.
    Anything,
}

impl Word {
    /// The word, if it is known.
    pub(crate) fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Begins(_) | Self::Anything => None,
        }
    }

    /// Whether it can be no option, whatever it becomes.
    pub(crate) fn is_operand(&self) -> bool {
        match self {
            Self::Literal(text) => !text.starts_with('-') || text == "-",
            Self::Begins(text) => !text.is_empty() && !text.starts_with('-'),
            Self::Anything => false,
        }
    }

    /// The word, for people.
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

/// A word that is being put together.
#[derive(Debug, Default)]
pub(super) struct Builder {
    text: String,
    end: End,
}

/// How much of the rest is known.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    #[default]
    Known,
    /// It goes on somehow.
    Open,
    /// It may also fall into several words.
    Split,
}

impl Builder {
    /// It goes on with this.
    pub(super) fn text(&mut self, text: &str) {
        if self.end == End::Known {
            self.text.push_str(text);
        }
    }

    /// It goes on with something that is not known.
    pub(super) fn open(&mut self) {
        self.end = self.end.max(End::Open);
    }

    /// It goes on with something that may fall into several words.
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

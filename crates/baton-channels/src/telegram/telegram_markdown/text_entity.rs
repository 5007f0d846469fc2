//! Styled ranges of a message's text: Telegram's `MessageEntity`.

use serde::Serialize;

/// A styled range. Positions count units of UTF-16.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::telegram) struct TextEntity {
    #[serde(flatten)]
    pub(in crate::telegram) kind: EntityKind,
    pub(in crate::telegram) offset: usize,
    pub(in crate::telegram) length: usize,
}

impl TextEntity {
    /// The position after the range.
    pub(in crate::telegram) fn end(&self) -> usize {
        self.offset + self.length
    }
}

/// The style of a range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::telegram) enum EntityKind {
    Blockquote,
    /// A quote of which Telegram first shows only the beginning.
    ExpandableBlockquote,
    /// A link with a text.
    TextLink {
        url: String,
    },
    /// The mention of a person without a user name. No Markdown becomes such a mention.
    TextMention {
        user: MentionedUser,
    },
    Bold,
    Italic,
    Strikethrough,
    /// Inline code.
    Code,
    /// A code block.
    Pre {
        #[serde(skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
}

/// A person in a mention: Telegram's `User`, of which the number counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::telegram) struct MentionedUser {
    pub(in crate::telegram) id: i64,
    pub(in crate::telegram) is_bot: bool,
    pub(in crate::telegram) first_name: String,
}

impl EntityKind {
    /// The order in which entities are kept if a message has too many. Without a link, its address would be lost.
    pub(super) fn loss_order(&self) -> u8 {
        match self {
            Self::TextLink { .. } | Self::TextMention { .. } => 0,
            Self::Pre { .. } => 1,
            Self::Blockquote | Self::ExpandableBlockquote => 2,
            Self::Code => 3,
            Self::Bold | Self::Italic | Self::Strikethrough => 4,
        }
    }
}

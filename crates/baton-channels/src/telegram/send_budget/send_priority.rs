//! The order of requests within the budget.

/// The kind of a request, from the most urgent to the least urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SendPriority {
    /// The question for an approval, and the change of a decided question.
    Approval,
    /// A reply to a person.
    Reply,
    /// The creation, or another change, of a topic.
    Topic,
    /// An edit of a progress message.
    Edit,
    /// A notice about a tool.
    ToolNotice,
    /// A draft of a running turn.
    Draft,
    /// The answer to a command of a person whom the bot does not answer otherwise.
    Stranger,
}

impl SendPriority {
    /// The number of permits that requests of this priority leave to more urgent ones, in a window with `limit` permits.
    /// Always less than `limit`.
    pub(super) fn reserve(self, limit: usize) -> usize {
        match self {
            Self::Approval | Self::Reply | Self::Topic => 0,
            Self::Edit => limit / 4,
            Self::ToolNotice | Self::Draft | Self::Stranger => limit / 2,
        }
    }

    /// Whether a refused request comes back. A refused edit or notice does not come back, because a later one replaces the
    /// refused one. A stranger asks again.
    pub(crate) fn is_kept(self) -> bool {
        matches!(self, Self::Approval | Self::Reply | Self::Topic)
    }
}

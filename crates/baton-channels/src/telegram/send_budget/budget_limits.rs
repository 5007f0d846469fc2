//! The limits of the budget.

use schemars::JsonSchema;
use serde::Deserialize;

/// The most requests that the bot makes. The defaults stay within Telegram's limits for every bot. A Bot API server of
/// one's own can permit more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetLimits {
    /// The most messages, edits and new topics in one group, in a minute.
    #[schemars(range(min = 1, max = 10_000))]
    pub group_per_minute: u32,
    /// The most messages, edits and drafts in one private chat, in a second.
    #[schemars(range(min = 1, max = 1_000))]
    pub private_per_second: u32,
    /// The most messages, edits, drafts and new topics in all chats together, in a second.
    #[schemars(range(min = 1, max = 1_000))]
    pub bot_per_second: u32,
}

impl Default for BudgetLimits {
    fn default() -> Self {
        Self {
            group_per_minute: 20,
            private_per_second: 1,
            // Telegram permits about 30.
            bot_per_second: 25,
        }
    }
}

//! The connector for Telegram: a bot in private chats, groups and topics.

pub mod send_budget;

/// The name of the channel in places.
pub const CHANNEL: &str = "telegram";
/// The name of the only account.
pub const ACCOUNT: &str = "default";

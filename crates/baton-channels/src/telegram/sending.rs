//! The requests that show in a chat.
//!
//! * [`telegram_sending`]: new messages. [`telegram_edits`]: edited and deleted messages. [`telegram_drafts`]: the
//!   answers of running turns in private chats. [`telegram_marks`]: reactions and typing.
//! * [`group_topics`]: groups whose topics are switched off. [`telegram_topics`]: the creation, the name and the end of topics. [`topic_reports`]: notices about topics.

pub(super) mod group_topics;
pub(super) mod telegram_drafts;
pub(super) mod telegram_edits;
pub(super) mod telegram_marks;
pub(super) mod telegram_sending;
pub(super) mod telegram_topics;
pub(super) mod topic_reports;

//! The job for the missed messages of a listed chat.

use super::ingest_worker::{IngestJob, MissedRange, UnreadRule};
use crate::connector::{ListedChat, NewestMessage};

/// The job for the missed messages of a chat. For a thread with `counts_since`, the messages since the last
/// read of that chat count.
pub(super) fn plan_backfill(chat: &ListedChat) -> IngestJob {
    let last = match &chat.newest {
        NewestMessage::At(position) => Some(position.clone()),
        NewestMessage::Nothing => None,
        NewestMessage::Unknown => return IngestJob::CheckAgain,
    };
    // All messages in a thread of Baton are for Baton.
    let unread = if chat.info.is_own_thread() {
        UnreadRule::All
    } else {
        let parent = chat.counts_since.clone();
        parent.map_or(UnreadRule::Nothing, UnreadRule::Since)
    };
    IngestJob::Backfill(MissedRange { last, unread })
}

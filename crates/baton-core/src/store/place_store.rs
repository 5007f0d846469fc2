//! The places, and the chats that move to another id.

use async_trait::async_trait;

use super::{ChatMove, MoveReport, StoreError};
use crate::name::{AccountName, ChannelName};

/// Moves the places of a chat that gets another id on its platform.
///
/// * Order: one commit moves the place of the chat, and the places and topics within. Messages, turns, deliveries and
///   approvals belong to a place, and go with it. Incomplete messages go with their chat. A conversation keeps its session, its queue and its outbox.
/// * Open approvals: an approval that people have seen is shown once more, because the buttons of the earlier chat may be
///   out of reach. The time to decide goes on.
/// * Later calls with the earlier id: [`ingest`](super::MessageStore::ingest),
///   [`post_reply`](super::DeliveryStore::post_reply) and [`topic_created`](super::TopicStore::topic_created) store the
///   new id.
/// * Fence: a move changes no fence and no attempt. The holder of a turn, a delivery or a reservation goes on, and its
///   outcome counts.
/// * Two places: if the store already has a place with the new address, this other place is set aside. The set-aside
///   place has the same address, and its conversations keep their rows. Its waiting messages are answered, and its
///   deliveries are sent. All later messages go to the conversations of the moved place.
/// * Idempotency: the first move of an id counts. A further report changes nothing, and a move back does not either.
/// * Numbers of the platform: the external ids of stored messages, cursors and gaps stay as they are. They belong to the
///   numbering of the earlier chat. The new chat begins without a cursor and without a gap.
/// * Reply routes stay as they are, because only the channel reads them. The channel follows
///   [`moved_chats`](Self::moved_chats).
/// * Errors: [`StoreError`] only.
#[async_trait]
pub trait PlaceStore: Send + Sync + 'static {
    /// Moves a chat, with everything that the store has of the chat. The store remembers the move for ever.
    async fn move_chat(&self, chat: ChatMove) -> Result<MoveReport, StoreError>;

    /// All moves of an account, in the order of the earlier ids. `to` is the id after all later moves.
    async fn moved_chats(
        &self,
        channel: &ChannelName,
        account: &AccountName,
    ) -> Result<Vec<ChatMove>, StoreError>;
}

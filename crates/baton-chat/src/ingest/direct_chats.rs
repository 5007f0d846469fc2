//! The direct chats. Some platforms have no list of them, so Baton stores a list, as a cursor.

use baton_core::inbox::Inbox;
use baton_core::store::StoreError;
use tokio::sync::Mutex;

use super::account_cursor::{cursor_move, read_cursor};
use crate::connector::{ChatId, Connector};

/// The name of the cursor. No chat has this name, because ids of chats have no white space.
const READER: &str = "direct conversations";

/// The maximum number of remembered chats. The oldest chat is forgotten first.
const KEPT: usize = 200;

/// The direct chats, read from the store on the first use.
#[derive(Default)]
pub(crate) struct DirectChats(Mutex<Option<Vec<ChatId>>>);

impl DirectChats {
    /// All remembered chats.
    pub(crate) async fn read_all(
        &self,
        connector: &dyn Connector,
        inbox: &Inbox,
    ) -> Result<Vec<ChatId>, StoreError> {
        let mut known = self.0.lock().await;
        read_chats(&mut known, connector, inbox).await.cloned()
    }

    /// Remembers a chat. The call comes before the first message of the chat is stored.
    pub(crate) async fn remember(
        &self,
        connector: &dyn Connector,
        inbox: &Inbox,
        chat: &ChatId,
    ) -> Result<(), StoreError> {
        // Calls go one after the other, because each call writes the whole list.
        let mut known = self.0.lock().await;
        let directs = read_chats(&mut known, connector, inbox).await?;
        if directs.contains(chat) {
            return Ok(());
        }
        let skip = (directs.len() + 1).saturating_sub(KEPT);
        let kept = directs.iter().skip(skip).chain([chat]);
        let kept: Vec<_> = kept.cloned().collect();
        let position: Vec<_> = kept.iter().map(ChatId::as_str).collect();
        let cursor = cursor_move(connector, READER.to_owned(), position.join(" "));
        inbox.store().set_cursor(cursor).await?;
        *directs = kept;
        Ok(())
    }
}

async fn read_chats<'a>(
    known: &'a mut Option<Vec<ChatId>>,
    connector: &dyn Connector,
    inbox: &Inbox,
) -> Result<&'a mut Vec<ChatId>, StoreError> {
    if known.is_none() {
        let read = read_cursor(connector, inbox, READER).await?;
        let read = read.unwrap_or_default();
        let ids = read.split(' ').filter(|id| !id.is_empty());
        *known = Some(ids.map(ChatId::from).collect());
    }
    Ok(known.get_or_insert_default())
}

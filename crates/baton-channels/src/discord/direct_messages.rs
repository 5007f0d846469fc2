//! The direct message channels. Discord has no list of them, so Baton stores a list, as a cursor.

use baton_core::inbox::Inbox;
use baton_core::store::{CursorMove, StoreError};
use tokio::sync::Mutex;

use super::discord_id::Id;
use super::{ACCOUNT, CHANNEL, read_cursor};

/// The name of the cursor.
const READER: &str = "direct conversations";

/// The maximum number of remembered channels. The oldest channel is forgotten first.
const KEPT: usize = 200;

/// The direct message channels, read from the store on the first use.
#[derive(Default)]
pub(super) struct DirectChannels(Mutex<Option<Vec<Id>>>);

impl DirectChannels {
    /// All remembered channels.
    pub(super) async fn read_all(&self, inbox: &Inbox) -> Result<Vec<Id>, StoreError> {
        let mut known = self.0.lock().await;
        read_channels(&mut known, inbox).await.cloned()
    }

    /// Remembers a channel. The call comes before the first message of the channel is stored.
    pub(super) async fn remember(&self, inbox: &Inbox, channel: Id) -> Result<(), StoreError> {
        // Calls go one after the other, because each call writes the whole list.
        let mut known = self.0.lock().await;
        let directs = read_channels(&mut known, inbox).await?;
        if directs.contains(&channel) {
            return Ok(());
        }
        let skip = (directs.len() + 1).saturating_sub(KEPT);
        let kept = directs.iter().skip(skip).copied().chain([channel]);
        let kept: Vec<_> = kept.collect();
        let position: Vec<_> = kept.iter().map(Id::to_string).collect();
        let cursor = CursorMove {
            channel: CHANNEL.into(),
            account: ACCOUNT.into(),
            reader: READER.to_owned(),
            position: position.join(" "),
        };
        inbox.store().set_cursor(cursor).await?;
        *directs = kept;
        Ok(())
    }
}

async fn read_channels<'a>(
    known: &'a mut Option<Vec<Id>>,
    inbox: &Inbox,
) -> Result<&'a mut Vec<Id>, StoreError> {
    if known.is_none() {
        let read = read_cursor(inbox, READER).await?.unwrap_or_default();
        *known = Some(read.split(' ').filter_map(|id| id.parse().ok()).collect());
    }
    Ok(known.get_or_insert_default())
}

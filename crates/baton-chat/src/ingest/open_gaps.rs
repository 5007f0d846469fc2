//! The open gaps: the chats whose new messages are left to the history.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use baton_core::inbox::Inbox;
use baton_core::store::{Gap, StoreError};
use tokio::sync::MutexGuard;

use super::kept_messages::KeptMessages;
use super::store_retry::wait_for_store;
use crate::ChatLayer;
use crate::backoff::BackoffTimer;
use crate::connector::{Acknowledgment, ChatGap, ChatId, IncomingMessage, Position};

impl ChatLayer {
    /// Whether the platform gives batches. Then the cursor of a chat belongs to the gaps, and tells nothing about
    /// the messages that came in batches.
    pub(super) fn gives_batches(&self) -> bool {
        self.connector.account_capabilities().acknowledgment == Acknowledgment::AfterCommit
    }
}

/// The open gaps of an account, as the store has them.
#[derive(Default)]
pub(super) struct OpenGaps {
    /// A batch holds the lock until the commit of the batch, and a worker holds the lock while the worker closes a gap.
    /// So no commit opens a gap while a worker closes the gap in the store. The value is whether the stored gaps were
    /// read.
    turn: tokio::sync::Mutex<bool>,
    open: Mutex<BTreeMap<ChatId, OpenGap>>,
}

#[derive(Debug)]
struct OpenGap {
    after: Position,
    pages: NextPage,
    kept: KeptMessages,
}

/// Whether the history of a gap needs another page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NextPage {
    /// Since the last request for a page, a message was left to the history. The page may lack the message.
    Needed,
    /// Since the last request for a page, no message was left to the history. So the gap may be closed after this page.
    NotNeeded,
}

impl OpenGap {
    /// Takes the left-out messages that the history has not given.
    fn take_kept(&mut self) -> KeptMessages {
        std::mem::take(&mut self.kept)
    }
}

/// The permission to open and close gaps.
pub(super) struct GapTurn<'a> {
    gaps: &'a OpenGaps,
    is_read: MutexGuard<'a, bool>,
}

impl OpenGaps {
    /// Waits for the turn to open and close gaps. The first turn reads the stored gaps.
    pub(super) async fn take_turn(
        &self,
        layer: &ChatLayer,
        inbox: &Inbox,
    ) -> Result<GapTurn<'_>, StoreError> {
        let mut turn = GapTurn {
            gaps: self,
            is_read: self.turn.lock().await,
        };
        if !*turn.is_read {
            turn.read_stored(layer, inbox).await?;
            *turn.is_read = true;
        }
        Ok(turn)
    }

    fn with_open<T>(&self, work: impl FnOnce(&mut BTreeMap<ChatId, OpenGap>) -> T) -> T {
        work(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The position before the open gap of a chat; `None` if the chat has no open gap.
    pub(super) fn position_before_gap(&self, chat: &ChatId) -> Option<Position> {
        self.with_open(|open| open.get(chat).map(|gap| gap.after.clone()))
    }

    /// Records a request for a page. The page has all messages up to now.
    pub(super) fn begin_page(&self, chat: &ChatId) {
        self.with_open(|open| {
            if let Some(gap) = open.get_mut(chat) {
                gap.pages = NextPage::NotNeeded;
            }
        });
    }

    /// Leaves a message to the history, if the chat has an open gap. Returns the message if the chat has none.
    pub(super) fn leave_to_history(
        &self,
        chat: &ChatId,
        message: IncomingMessage,
    ) -> Option<IncomingMessage> {
        self.with_open(|open| match open.get_mut(chat) {
            Some(gap) => {
                gap.pages = NextPage::Needed;
                gap.kept.keep(message);
                None
            }
            None => Some(message),
        })
    }

    /// Forgets the left-out messages that the history has given.
    pub(super) fn forget_read(&self, chat: &ChatId, is_read: impl Fn(&Position) -> bool) {
        self.with_open(|open| {
            if let Some(gap) = open.get_mut(chat) {
                gap.kept.forget_read(is_read);
            }
        });
    }

    /// Takes the left-out messages that the history has not given, because the gap is given up. The gap needs no
    /// further page.
    pub(super) fn take_kept(&self, chat: &ChatId) -> KeptMessages {
        let taken = self.with_open(|open| {
            let gap = open.get_mut(chat)?;
            gap.pages = NextPage::NotNeeded;
            Some(gap.take_kept())
        });
        taken.unwrap_or_default()
    }

    /// Like [`Self::take_kept`], at the end of the history. Takes nothing if the gap needs another page.
    pub(super) fn take_rest(&self, chat: &ChatId) -> KeptMessages {
        let taken = self.with_open(|open| {
            let gap = open.get_mut(chat)?;
            (gap.pages == NextPage::NotNeeded).then(|| gap.take_kept())
        });
        taken.unwrap_or_default()
    }
}

impl GapTurn<'_> {
    async fn read_stored(&self, layer: &ChatLayer, inbox: &Inbox) -> Result<(), StoreError> {
        let (channel, account) = (layer.connector.channel(), layer.connector.account());
        let mut pause = BackoffTimer::default();
        let stored = loop {
            match inbox.store().gaps(&channel, &account).await {
                Ok(stored) => break stored,
                Err(error) => wait_for_store(layer, error, &mut pause).await?,
            }
        };
        for gap in stored {
            let chat = ChatId::from(gap.chat.as_str());
            let Some(history) = layer.connector.history() else {
                tracing::error!(%chat, "a gap is left out, because the platform has no history");
                self.close_stored(layer, inbox, &chat, &gap.after.into())
                    .await?;
                continue;
            };
            let after = history.parse_position(&gap.after);
            let after = after.unwrap_or_else(|| history.beginning());
            self.open_gap(&ChatGap { chat, after });
        }
        Ok(())
    }

    /// Opens the gap of a chat. An open gap keeps its position, and is read once more.
    pub(super) fn open_gap(&self, gap: &ChatGap) {
        self.gaps.with_open(|open| {
            let open = open.entry(gap.chat.clone()).or_insert_with(|| OpenGap {
                after: gap.after.clone(),
                pages: NextPage::Needed,
                kept: KeptMessages::default(),
            });
            open.pages = NextPage::Needed;
        });
    }

    /// The chats with open gaps.
    pub(super) fn open_chats(&self) -> Vec<ChatId> {
        self.gaps.with_open(|open| open.keys().cloned().collect())
    }

    /// Closes the gap of a chat, unless the gap needs another page. Returns whether the gap is closed. Closes the gap
    /// in memory and then in the store. After a crash in between, the next process reads the gap again.
    pub(super) async fn close_gap(
        &self,
        layer: &ChatLayer,
        inbox: &Inbox,
        chat: &ChatId,
    ) -> Result<bool, StoreError> {
        let closed = self.gaps.with_open(|open| {
            let pages = open.get(chat)?.pages;
            (pages == NextPage::NotNeeded).then(|| open.remove(chat))?
        });
        let Some(gap) = closed else {
            return Ok(false);
        };
        self.close_stored(layer, inbox, chat, &gap.after).await?;
        Ok(true)
    }

    async fn close_stored(
        &self,
        layer: &ChatLayer,
        inbox: &Inbox,
        chat: &ChatId,
        after: &Position,
    ) -> Result<(), StoreError> {
        let gap = stored_gap(layer, chat, after);
        let mut pause = BackoffTimer::default();
        while let Err(error) = inbox.store().gap_closed(gap.clone()).await {
            wait_for_store(layer, error, &mut pause).await?;
        }
        Ok(())
    }
}

/// The stored form of a gap.
pub(super) fn stored_gap(layer: &ChatLayer, chat: &ChatId, after: &Position) -> Gap {
    Gap {
        channel: layer.connector.channel(),
        account: layer.connector.account(),
        chat: chat.to_string(),
        after: after.to_string(),
    }
}

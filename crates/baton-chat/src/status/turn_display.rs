//! A running turn as people see it: the typing indicator, and the draft or the progress message.

use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use baton_core::id::{ConversationId, MessageId, TurnId};
use tokio::sync::watch;

use super::draft_display::DraftDisplay;
use super::progress_message::ProgressMessage;
use super::progress_text::TurnProgress;
use super::stale_progress;
use crate::ChatLayer;
use crate::connector::{ChatId, ConnectorError, Refusal, Typing};
use crate::delivery::reply_thread::{self, ReplyThread};
use crate::moved_chats;
use crate::reply_route::ReplyRoute;

/// Shows a turn for this message, until the sender of `doing` is dropped.
pub(super) async fn show_turn(
    layer: Arc<ChatLayer>,
    turn: TurnId,
    message: MessageId,
    mut doing: watch::Receiver<TurnProgress>,
) {
    let inbox = layer.wait_for_inbox().await;
    let Ok(Some(message)) = inbox.views().message(message).await else {
        return;
    };
    let Ok(route) = layer.read_route(&message.reply_route) else {
        return;
    };
    stale_progress::delete_stale(&layer, message.conversation, message.id, &route).await;
    let mut display = TurnDisplay::new(&layer, turn, message.conversation, route);
    loop {
        display.follow_move();
        // The reply meets the same error and reports the error.
        if display.show_typing().await.is_err() {
            return;
        }
        // The turn may have ended during these requests, and nothing of the turn may follow its reply.
        if has_ended(&doing) {
            break;
        }
        let wake = display.show_view(&mut doing).await;
        if wait_for_end(&mut doing, wake, layer.clock()).await {
            break;
        }
    }
    if let ProgressView::Message(message) = display.view {
        message.delete_shown(&display.target).await;
    }
}

/// Whether the turn has ended.
pub(super) fn has_ended(doing: &watch::Receiver<TurnProgress>) -> bool {
    doing.has_changed().is_err()
}

/// Waits for a change or for the time `wake`; returns whether the turn has ended. A change stays unseen, for the view.
async fn wait_for_end(
    doing: &mut watch::Receiver<TurnProgress>,
    wake: Option<Steady>,
    clock: &Arc<dyn Clock>,
) -> bool {
    let woken = async {
        match wake {
            Some(wake) => clock.sleep_until(wake).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        changed = doing.changed() => {
            doing.mark_changed();
            changed.is_err()
        }
        () = woken => false,
    }
}

/// The typing indicator of a running turn, and its view.
struct TurnDisplay<'a> {
    layer: &'a ChatLayer,
    turn: TurnId,
    conversation: ConversationId,
    route: ReplyRoute,
    /// The chat of the answers.
    target: ChatId,
    /// Whether the chat of the answers exists. `false` only until the thread is created; until then, no progress is
    /// shown.
    is_there: bool,
    began: Steady,
    next_typing: Steady,
    view: ProgressView<'a>,
}

/// The view of a running turn: never a draft and a progress message at once.
enum ProgressView<'a> {
    /// Only the typing indicator.
    Typing,
    Message(ProgressMessage<'a>),
    Draft(DraftDisplay<'a>),
}

impl<'a> TurnDisplay<'a> {
    fn new(
        layer: &'a ChatLayer,
        turn: TurnId,
        conversation: ConversationId,
        route: ReplyRoute,
    ) -> Self {
        let (connector, now) = (&*layer.connector, layer.clock().steady());
        let mut display = Self {
            layer,
            turn,
            conversation,
            target: route.target(connector),
            is_there: !route.thread && connector.named_threads().is_none(),
            began: now,
            next_typing: now,
            view: ProgressView::Typing,
            route,
        };
        if display.is_there {
            display.view = display.choose_view();
        }
        display
    }

    fn choose_view(&self) -> ProgressView<'a> {
        let (layer, turn) = (self.layer, self.turn);
        let drafts = layer.connector.drafts();
        let drafts = drafts.filter(|drafts| drafts.can_draft_in(&self.target));
        match drafts {
            Some(drafts) if !layer.status.draftless.contains_chat(&self.target) => {
                ProgressView::Draft(DraftDisplay::new(layer, drafts, turn, self.began))
            }
            _ => self.view_without_draft(),
        }
    }

    fn view_without_draft(&self) -> ProgressView<'a> {
        self.layer.status.turns.forget_text(self.turn);
        match self.layer.connector.revisions() {
            Some(revisions) => {
                let layer = self.layer;
                ProgressView::Message(ProgressMessage::new(layer, revisions, self.began))
            }
            None => ProgressView::Typing,
        }
    }

    /// Goes on in the new chat, if the chat of the answers has another id now.
    fn follow_move(&mut self) {
        let moved = &self.layer.places.moved;
        let current = moved.current_chat(&self.target);
        if current == self.target {
            return;
        }
        self.target = current;
        self.route = self.route.clone().follow_moves(moved);
        if let ProgressView::Message(message) = &mut self.view {
            message.leave_chat();
        }
    }

    /// Shows typing when the time has come, in the chat of the answers. Creates a missing thread first. Returns an
    /// error if the platform refuses the thread.
    async fn show_typing(&mut self) -> Result<(), ConnectorError> {
        let now = self.layer.clock().steady();
        if now < self.next_typing || self.has_draft(now) {
            return Ok(());
        }
        // The platform shows the indicator until a message arrives, so the next request comes in good time.
        let shown = self.layer.connector.typing().map(Typing::shown_for);
        self.next_typing = now.after(shown.unwrap_or(Duration::MAX / 8) * 4 / 5);
        let mut is_known = false;
        if !self.is_there {
            match self.prepare_chat().await {
                Ok(thread) => {
                    is_known = thread == ReplyThread::Known;
                    self.is_there = true;
                    self.view = self.choose_view();
                }
                Err(error) if error.is_refused() => return Err(error),
                Err(error) => {
                    tracing::debug!(%error, "the thread of a reply is created later");
                    return Ok(());
                }
            }
        }
        if let Some(typing) = self.layer.connector.typing()
            && let Err(error) = typing.show_typing(&self.target).await
        {
            self.mend_chat(&error, is_known).await;
        }
        Ok(())
    }

    /// Whether a draft is visible, which also tells people that Baton works.
    fn has_draft(&self, now: Steady) -> bool {
        matches!(&self.view, ProgressView::Draft(draft) if draft.is_visible(now))
    }

    /// Creates a missing thread for the answers, and finds the id of a named thread.
    async fn prepare_chat(&mut self) -> Result<ReplyThread, ConnectorError> {
        let (layer, conversation) = (self.layer, self.conversation);
        if layer.connector.named_threads().is_none() {
            return reply_thread::create_thread(layer, conversation, &self.route).await;
        }
        let chat = reply_thread::prepare_answer_chat(layer, conversation, &self.route);
        self.target = chat.await?;
        Ok(ReplyThread::Known)
    }

    /// Creates a deleted thread again, or records the move of the chat.
    async fn mend_chat(&mut self, error: &ConnectorError, is_known: bool) {
        if let Some(moved) = error.moved.as_deref() {
            let _ = moved_chats::record_move(self.layer, &moved.from, &moved.to).await;
            self.follow_move();
            return;
        }
        match error.refusal() {
            Some(Refusal::NoSuchChat) if is_known => {
                // Somebody deleted the thread after an earlier turn.
                let _ = reply_thread::recreate_thread(self.layer, &self.route).await;
            }
            Some(Refusal::ThreadGone) => {
                let (layer, conversation) = (self.layer, self.conversation);
                let next = reply_thread::replace_gone_thread(
                    layer,
                    conversation,
                    &self.route,
                    &self.target,
                );
                if let Ok(Some(thread)) = next.await {
                    self.target = thread;
                }
            }
            _ => {}
        }
    }

    /// Updates the view when the time has come. Returns the time for the next look; `None` if only a change can need
    /// one.
    async fn show_view(&mut self, doing: &mut watch::Receiver<TurnProgress>) -> Option<Steady> {
        let next = match &mut self.view {
            ProgressView::Typing => {
                doing.mark_unchanged();
                None
            }
            ProgressView::Message(message) => {
                let progress = doing.borrow_and_update().clone();
                message.show_progress(&self.target, &progress).await
            }
            ProgressView::Draft(draft) => match draft.show_progress(&self.target, doing).await {
                Ok(next) => next,
                Err(refused) => {
                    let was_shown = draft.was_shown();
                    self.leave_drafts(&refused, was_shown);
                    // The next look shows the other view.
                    Some(self.layer.clock().steady())
                }
            },
        };
        let now = self.layer.clock().steady();
        let typing = (!self.has_draft(now)).then_some(self.next_typing);
        next.into_iter().chain(typing).min()
    }

    /// Shows this turn, and later ones of the chat, without drafts.
    fn leave_drafts(&mut self, refused: &ConnectorError, was_shown: bool) {
        tracing::info!(chat = %self.target, error = %refused, "the platform refuses drafts in a chat");
        self.layer.status.draftless.add_chat(self.target.clone());
        let view = self.view_without_draft();
        // A draft that people may still see is enough for this turn.
        self.view = if was_shown {
            ProgressView::Typing
        } else {
            view
        };
    }
}

//! A running turn: the typing indicator, and the progress message.

use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use baton_core::id::{ConversationId, MessageId};
use baton_core::name::ExternalId;
use tokio::sync::watch;

use super::edit_pace::EditPace;
use super::progress_text::TurnProgress;
use super::stale_progress;
use crate::ChatLayer;
use crate::backoff::BackoffTimer;
use crate::connector::{
    ChatId, ConnectorError, MessageEdit, OutgoingMessage, OwnRevisions, Refusal, SendTarget,
    Typing, Urgency,
};
use crate::delivery::reply_thread::{self, ReplyThread};
use crate::reply_route::ReplyRoute;
use crate::text::TextFormat;

/// A turn that ends sooner and uses no tool has no progress message.
const QUICK: Duration = Duration::from_secs(5);

/// Shows the progress of the turn for this message, until the sender of `doing` is dropped.
pub(super) async fn show_progress(
    layer: Arc<ChatLayer>,
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
    let mut display = TurnDisplay::new(&layer, message.conversation, route);
    loop {
        // The reply meets the same error and reports the error.
        if display.show_typing().await.is_err() {
            return;
        }
        let progress = doing.borrow_and_update().clone();
        let wake = display.show_text(&progress).await;
        if wait_for_end(&mut doing, wake, layer.clock()).await {
            break;
        }
    }
    display.message.delete_shown().await;
}

/// Waits for a change or for the time `wake`; returns whether the turn has ended.
async fn wait_for_end(
    doing: &mut watch::Receiver<TurnProgress>,
    wake: Steady,
    clock: &Arc<dyn Clock>,
) -> bool {
    tokio::select! {
        biased;
        changed = doing.changed() => changed.is_err(),
        () = clock.sleep_until(wake) => false,
    }
}

/// The typing indicator and the progress message of a running turn.
struct TurnDisplay<'a> {
    layer: &'a ChatLayer,
    conversation: ConversationId,
    route: ReplyRoute,
    message: ProgressMessage<'a>,
    /// The text format of the chat of the answers.
    format: TextFormat,
    /// Whether the chat of the answers exists. `false` only until the thread is created; until then, no progress is
    /// shown.
    is_there: bool,
    /// From this time on, a turn without tools has a progress message too.
    quick: Steady,
    next_typing: Steady,
    edits: EditPace,
}

impl<'a> TurnDisplay<'a> {
    fn new(layer: &'a ChatLayer, conversation: ConversationId, route: ReplyRoute) -> Self {
        let (connector, now) = (&*layer.connector, layer.clock().steady());
        let target = route.target(connector);
        let format = connector.capabilities(&target).text;
        let edit_pause = connector.revisions().map(OwnRevisions::edit_pause);
        let edit_pause = edit_pause.unwrap_or_default();
        Self {
            layer,
            conversation,
            message: ProgressMessage {
                layer,
                revisions: connector.revisions(),
                target,
                message: None,
                is_untraceable: false,
                text: String::new(),
            },
            format,
            is_there: !route.thread && connector.named_threads().is_none(),
            quick: now.after(QUICK),
            next_typing: now,
            edits: EditPace::new(edit_pause),
            route,
        }
    }

    /// Shows typing when the time has come, in the chat of the answers. Creates a missing thread first. Returns an
    /// error if the platform refuses the thread.
    async fn show_typing(&mut self) -> Result<(), ConnectorError> {
        let now = self.layer.clock().steady();
        if now < self.next_typing {
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
                }
                Err(error) if error.is_refused() => return Err(error),
                Err(error) => {
                    tracing::debug!(%error, "the thread of a reply is created later");
                    return Ok(());
                }
            }
        }
        if let Some(typing) = self.layer.connector.typing() {
            let typed = typing.show_typing(&self.message.target).await;
            match typed.map_err(|error| error.refusal()) {
                Err(Some(Refusal::NoSuchChat)) if is_known => {
                    // Somebody deleted the thread after an earlier turn.
                    let _ = reply_thread::recreate_thread(self.layer, &self.route).await;
                }
                Err(Some(Refusal::ThreadGone)) => {
                    let (layer, conversation) = (self.layer, self.conversation);
                    let gone = &self.message.target;
                    let next =
                        reply_thread::replace_gone_thread(layer, conversation, &self.route, gone);
                    if let Ok(Some(thread)) = next.await {
                        self.message.target = thread;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Creates a missing thread for the answers, and finds the id of a named thread.
    async fn prepare_chat(&mut self) -> Result<ReplyThread, ConnectorError> {
        let (layer, conversation) = (self.layer, self.conversation);
        if layer.connector.named_threads().is_none() {
            return reply_thread::create_thread(layer, conversation, &self.route).await;
        }
        let chat = reply_thread::prepare_answer_chat(layer, conversation, &self.route);
        self.message.target = chat.await?;
        Ok(ReplyThread::Known)
    }

    /// Updates the progress message when the time has come. Returns the time for the next look.
    async fn show_text(&mut self, progress: &TurnProgress) -> Steady {
        let clock = self.layer.clock();
        let now = clock.steady();
        let text = progress.render_text(self.format);
        let has_begun = progress.has_activities() || now >= self.quick;
        let is_possible = self.message.revisions.is_some() && self.is_there;
        let tells = is_possible && has_begun && !self.message.is_untraceable;
        if tells && text != self.message.text && self.edits.permits(now) {
            self.message.update_text(text.clone()).await;
            self.edits.mark_edited(clock.steady());
        }
        let mut wake = self.next_typing;
        if is_possible && !self.message.is_untraceable {
            if !has_begun {
                wake = wake.min(self.quick);
            } else if text != self.message.text {
                wake = wake.min(self.edits.next_at(now));
            }
        }
        wake
    }
}

/// The progress message on the platform.
struct ProgressMessage<'a> {
    layer: &'a ChatLayer,
    revisions: Option<&'a dyn OwnRevisions>,
    target: ChatId,
    message: Option<ExternalId>,
    /// Whether the platform told no id of the message, so that Baton can neither edit nor delete the message.
    is_untraceable: bool,
    text: String,
}

impl ProgressMessage<'_> {
    async fn update_text(&mut self, text: String) {
        let result = if let Some((revisions, message)) = self.revisions.zip(self.message.as_ref()) {
            let edit = MessageEdit {
                text: text.clone(),
                removes_buttons: false,
            };
            let urgency = Urgency::NowOrNever;
            revisions.edit(&self.target, message, &edit, urgency).await
        } else {
            let target = SendTarget {
                chat: self.target.clone(),
                reply_to: None,
            };
            let message = OutgoingMessage {
                is_silent: true,
                ..OutgoingMessage::text(text.as_str())
            };
            let connector = &self.layer.connector;
            let sent = connector.send(&target, &message, None, Urgency::NowOrNever);
            sent.await.map(|sent| {
                self.is_untraceable = sent.is_none();
                self.message = sent;
            })
        };
        if let Err(error) = result {
            tracing::debug!(%error, "progress is not shown");
            if error.refusal() == Some(Refusal::NoSuchMessage) {
                // Somebody deleted the progress message, so the next text is a new message.
                self.message = None;
                return;
            }
        }
        self.text = text;
    }

    /// Deletes the progress message, and retries until the platform answers. If Baton ends first, a later
    /// process finds the message by its beginning, [`MARK`].
    async fn delete_shown(self) {
        let Some((revisions, message)) = self.revisions.zip(self.message) else {
            return;
        };
        let mut pause = BackoffTimer::default();
        loop {
            match revisions.delete(&self.target, &message).await {
                Ok(()) => return,
                // Somebody deleted the message already, or the last try did.
                Err(error) if error.refusal() == Some(Refusal::NoSuchMessage) => return,
                Err(error) if error.is_refused() => {
                    tracing::warn!(%error, "a progress message cannot be deleted");
                    return;
                }
                Err(error) => tracing::debug!(%error, "a progress message is deleted later"),
            }
            pause.wait_once(self.layer.clock()).await;
        }
    }
}

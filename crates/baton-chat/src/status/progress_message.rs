//! A running turn: the typing indicator, and the progress message.

use std::sync::Arc;
use std::time::Duration;

use baton_core::activity::{Activity, ActivityState};
use baton_core::channel::Step;
use baton_core::clock::{Clock, Steady};
use baton_core::id::MessageId;
use baton_core::name::ExternalId;
use tokio::sync::watch;

use super::stale_progress;
use crate::ChatLayer;
use crate::backoff::BackoffTimer;
use crate::connector::{
    ChatId, MessageEdit, OutgoingMessage, OwnRevisions, Refusal, SendTarget, Urgency,
};
use crate::delivery::reply_thread::{self, ReplyThread};
use crate::reply_route::ReplyRoute;
use crate::text::TextFormat;

/// The pause between typing requests. A platform shows typing for ten seconds, or until a message arrives.
const TYPING: Duration = Duration::from_secs(8);

/// A turn that ends sooner and uses no tool has no progress message.
const QUICK: Duration = Duration::from_secs(5);

/// The shortest time between two edits of the progress message.
const EDITS: Duration = Duration::from_secs(2);

/// The beginning of a progress message. A later process finds stale progress messages by this text.
const MARK: &str = "⏳ Working";

/// The maximum number of listed activities; earlier activities are only counted.
const LISTED: usize = 5;

/// Whether a message of Baton is a progress message.
pub(crate) fn is_progress(text: &str, is_silent: bool) -> bool {
    // A reply can begin with the same words, but is never silent.
    is_silent && text.starts_with(MARK)
}

/// The state of a turn in the progress message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TurnProgress {
    writes: bool,
    activities: Vec<Activity>,
    /// The number of earlier activities, no longer listed.
    before: usize,
}

impl TurnProgress {
    /// Records a step; returns whether the step changes the state.
    pub(super) fn add_step(&mut self, step: &Step) -> bool {
        match step {
            Step::Text(_) => !std::mem::replace(&mut self.writes, true),
            Step::Did(activity) => {
                let known = self.activities.iter_mut().find(|it| it.id == activity.id);
                if let Some(known) = known {
                    known.clone_from(activity);
                    return true;
                }
                self.activities.push(activity.clone());
                if self.activities.len() > LISTED {
                    self.activities.remove(0);
                    self.before += 1;
                }
                true
            }
            Step::Started | Step::Ended => false,
        }
    }

    /// The text in the platform's dialect. Activities with titles too long for one message are only counted.
    fn render_text(&self, format: TextFormat) -> String {
        let mut texts = (0..=self.activities.len()).map(|cut| self.render_after(cut, format));
        let found = texts.find(|text| format.limit.measure_text(text) <= format.limit.size);
        // Never happens, because each limit has room for the first two lines.
        found.unwrap_or_else(|| MARK.to_owned())
    }

    /// The text without the first `cut` activities.
    fn render_after(&self, cut: usize, format: TextFormat) -> String {
        let small = |line: String| format!("{}{}", format.small_print, (format.render)(&line));
        let what = if self.writes { "and writing" } else { "" };
        let mut lines = vec![format!("{MARK} {what}").trim_end().to_owned() + " …"];
        let before = self.before + cut;
        if before > 0 {
            lines.push(small(format!("and {before} earlier")));
        }
        for activity in self.activities.iter().skip(cut) {
            let mark = match activity.state {
                ActivityState::Running => "▸",
                ActivityState::Done => "✓",
                ActivityState::Failed => "✗",
                ActivityState::Denied => "⊘",
            };
            lines.push(small(format!("{mark} {}", activity.title)));
        }
        lines.join("\n")
    }
}

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
    let Ok(route) = ReplyRoute::parse(&message.reply_route) else {
        return;
    };
    stale_progress::delete_stale(&layer, message.id, &route).await;
    let connector = &*layer.connector;
    let (format, typing) = (connector.text_format(), connector.typing());
    let mut shown = ProgressMessage {
        layer: &layer,
        // A progress message is edited, and deleted in the end.
        revisions: connector.revisions(),
        target: route.target(connector),
        message: None,
        is_untraceable: false,
        text: String::new(),
    };
    let capabilities = connector.capabilities();
    let can_tell = shown.revisions.is_some() && capabilities.edits && capabilities.deletes;
    let clock = layer.clock();
    let quick = clock.steady().after(QUICK);
    let mut next_typing = clock.steady();
    let mut next_edit = clock.steady();
    // Without its thread, the progress has no place, and nobody can stop the turn there.
    let mut is_there = !route.thread;
    loop {
        let now = clock.steady();
        if now >= next_typing {
            let mut is_known = false;
            if !is_there {
                let conversation = message.conversation;
                let thread = reply_thread::create_thread(&layer, conversation, &route).await;
                is_there = match thread {
                    Ok(thread) => {
                        is_known = thread == ReplyThread::Known;
                        true
                    }
                    // The reply meets the same error and reports the error.
                    Err(error) if error.is_refused() => return,
                    Err(error) => {
                        tracing::debug!(%error, "the thread of a reply is created later");
                        false
                    }
                };
            }
            if is_there && let Some(typing) = typing {
                let typed = typing.show_typing(&shown.target).await;
                let missing =
                    typed.is_err_and(|error| error.refusal() == Some(Refusal::NoSuchChat));
                if is_known && missing {
                    // Somebody deleted the thread after an earlier turn.
                    let _ = reply_thread::recreate_thread(&layer, &route).await;
                }
            }
            next_typing = now.after(TYPING);
        }
        let text = doing.borrow_and_update().clone();
        let may_tell = is_there && can_tell && !shown.is_untraceable;
        let tells = may_tell && (!text.activities.is_empty() || now >= quick);
        let text = text.render_text(format);
        let changed = tells && text != shown.text;
        if changed && now >= next_edit {
            shown.update_text(text).await;
            next_edit = clock.steady().after(EDITS);
            continue;
        }
        let waits = may_tell && !tells;
        let wake = [(true, next_typing), (changed, next_edit), (waits, quick)];
        let wake = wake.iter().filter(|(counts, _)| *counts);
        let wake = wake.map(|(_, at)| *at).min().unwrap_or(next_typing);
        if wait_for_end(&mut doing, wake, clock).await {
            break;
        }
    }
    shown.delete_shown().await;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::chunks::{LengthLimit, LengthUnit};

    #[test]
    fn what_does_not_fit_into_one_message_is_only_counted() {
        let mut progress = TurnProgress::default();
        for number in 0..7 {
            progress.add_step(&Step::Did(Activity {
                id: number.to_string(),
                title: number.to_string().repeat(50),
                detail: String::new(),
                state: ActivityState::Done,
                within: None,
            }));
        }
        let rendered = |size| {
            let unit = LengthUnit::Characters;
            progress.render_text(TextFormat {
                render: str::to_owned,
                bold_marks: ["**", "**"],
                small_print: "-# ",
                limit: LengthLimit { size, unit },
            })
        };
        let whole = rendered(2_000);
        assert!(
            whole.starts_with("⏳ Working …\n-# and 2 earlier\n-# ✓ 22"),
            "{whole}"
        );
        assert_eq!(whole.lines().count(), 7);
        let cut = rendered(200);
        assert!(
            cut.starts_with("⏳ Working …\n-# and 4 earlier\n-# ✓ 44"),
            "{cut}"
        );
    }
}

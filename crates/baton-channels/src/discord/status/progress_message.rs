//! A running turn: the typing indicator, and the progress message.

use std::sync::Arc;
use std::time::Duration;

use baton_core::activity::{Activity, ActivityState};
use baton_core::channel::Step;
use baton_core::clock::{Clock, Steady};
use baton_core::id::MessageId;
use tokio::sync::watch;

use super::stale_progress;
use crate::discord::backoff::BackoffTimer;
use crate::discord::discord_id::Id;
use crate::discord::reply_route::ReplyRoute;
use crate::discord::rest::{
    AllowedMentions, CreateMessage, EditMessage, Patience, RestError, code,
};
use crate::discord::type_numbers::MessageFlags;
use crate::discord::wire::DiscordMessage;
use crate::discord::{BotState, reply_thread};

/// The pause between typing requests. Discord shows typing for ten seconds, or until a message arrives.
const TYPING: Duration = Duration::from_secs(8);

/// A turn that ends sooner and uses no tool has no progress message.
const QUICK: Duration = Duration::from_secs(5);

/// The shortest time between two edits of the progress message.
const EDITS: Duration = Duration::from_secs(2);

/// The beginning of a progress message. A later process finds stale progress messages by this text.
const MARK: &str = "⏳ Working";

/// The maximum number of listed activities; earlier activities are only counted.
const LISTED: usize = 5;

/// Whether a message of the bot is a progress message.
pub(in crate::discord) fn is_progress(message: &DiscordMessage) -> bool {
    // A reply can begin with the same words, but is never silent.
    let is_silent = message.flags.contains(MessageFlags::SUPPRESS_NOTIFICATIONS);
    is_silent && message.content.starts_with(MARK)
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

    fn render_text(&self) -> String {
        let what = if self.writes { "and writing" } else { "" };
        let mut lines = vec![format!("{MARK} {what}").trim_end().to_owned() + " …"];
        if self.before > 0 {
            lines.push(format!("-# and {} before", self.before));
        }
        for activity in &self.activities {
            let mark = match activity.state {
                ActivityState::Running => "▸",
                ActivityState::Done => "✓",
                ActivityState::Failed => "✗",
                ActivityState::Denied => "⊘",
            };
            lines.push(format!("-# {mark} {}", activity.title));
        }
        lines.join("\n")
    }
}

/// Shows the progress of the turn for this message, until the sender of `doing` is dropped.
pub(super) async fn show_progress(
    shared: Arc<BotState>,
    message: MessageId,
    mut doing: watch::Receiver<TurnProgress>,
) {
    let inbox = shared.wait_for_inbox().await;
    let Ok(Some(message)) = inbox.views().message(message).await else {
        return;
    };
    let Ok(route) = serde_json::from_value::<ReplyRoute>(message.reply_route) else {
        return;
    };
    stale_progress::delete_stale(&shared, message.id, route).await;
    let target = route.target();
    let mut shown = ProgressMessage {
        shared: &shared,
        target,
        message: None,
        text: String::new(),
    };
    let clock = shared.clock();
    let quick = clock.steady().after(QUICK);
    let mut next_typing = clock.steady();
    let mut next_edit = clock.steady();
    // Without its thread, the progress has no place, and nobody can stop the turn there.
    let mut is_there = !route.thread;
    loop {
        let now = clock.steady();
        if now >= next_typing {
            if !is_there {
                is_there = match reply_thread::create_thread(&shared, route).await {
                    Ok(()) => true,
                    // The reply meets the same error and reports the error.
                    Err(RestError::Refused { .. }) => return,
                    Err(error) => {
                        tracing::debug!(%error, "its thread is made later");
                        false
                    }
                };
            }
            if is_there {
                let _ = shared.rest.trigger_typing(target).await;
            }
            next_typing = now.after(TYPING);
        }
        let text = doing.borrow_and_update().clone();
        let tells = is_there && (!text.activities.is_empty() || now >= quick);
        let text = text.render_text();
        let changed = tells && text != shown.text;
        if changed && now >= next_edit {
            shown.update_text(text).await;
            next_edit = clock.steady().after(EDITS);
            continue;
        }
        let waits = is_there && !tells;
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

/// The progress message on Discord.
struct ProgressMessage<'a> {
    shared: &'a BotState,
    target: Id,
    message: Option<Id>,
    text: String,
}

impl ProgressMessage<'_> {
    async fn update_text(&mut self, text: String) {
        let (rest, target) = (&self.shared.rest, self.target);
        let result = if let Some(message) = self.message {
            let edit = EditMessage {
                content: text.clone(),
                components: None,
                allowed_mentions: AllowedMentions::NONE,
            };
            rest.edit_message(target, message, &edit, Patience::None)
                .await
        } else {
            let message = CreateMessage {
                allowed_mentions: Some(AllowedMentions::NONE),
                flags: Some(MessageFlags::SUPPRESS_NOTIFICATIONS),
                ..CreateMessage::with_content(text.as_str())
            };
            let sent = rest.create_message(target, &message, Vec::new(), Patience::None);
            sent.await.map(|sent| self.message = Some(sent.id))
        };
        if let Err(error) = result {
            tracing::debug!(%error, "progress is not shown");
            if error.code() == Some(code::UNKNOWN_MESSAGE) {
                // Somebody deleted the progress message, so the next text is a new message.
                self.message = None;
                return;
            }
        }
        self.text = text;
    }

    /// Deletes the progress message, and retries until Discord answers. If Baton ends first, a later process
    /// finds the message by its beginning, [`MARK`].
    async fn delete_shown(self) {
        let Some(message) = self.message else {
            return;
        };
        let mut pause = BackoffTimer::default();
        loop {
            match self.shared.rest.delete_message(self.target, message).await {
                Ok(()) => return,
                // Somebody deleted the message already, or the last try did.
                Err(error) if error.code() == Some(code::UNKNOWN_MESSAGE) => return,
                Err(error @ RestError::Refused { .. }) => {
                    tracing::warn!(%error, "a message of progress stays");
                    return;
                }
                Err(error) => tracing::debug!(%error, "a message of progress stays a while"),
            }
            pause.wait_once(self.shared.clock()).await;
        }
    }
}

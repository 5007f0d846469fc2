//! One turn that runs: typing, and a message that says what it does.

use std::sync::Arc;
use std::time::Duration;

use baton_core::activity::{Activity, ActivityState};
use baton_core::channel::Step;
use baton_core::clock::{Clock, Steady};
use baton_core::id::MessageId;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;

use super::left;
use crate::discord::id::Id;
use crate::discord::pause::Pause;
use crate::discord::rest::{Call, RestError, code};
use crate::discord::route::ReplyRoute;
use crate::discord::wire::Message;
use crate::discord::{Shared, thread};

/// Discord shows typing for ten seconds, or until a message comes.
const TYPING: Duration = Duration::from_secs(8);

/// A turn that is quicker, and does nothing on its way, has no message of progress.
const QUICK: Duration = Duration::from_secs(5);

/// How often that message changes at most.
const EDITS: Duration = Duration::from_secs(2);

/// What it begins with. One that a process left behind is found by it.
const MARK: &str = "⏳ Working";

/// How many things that it did are listed: the last ones.
const LISTED: usize = 5;

/// A message that rings nobody's bell.
const SILENT: u64 = 1 << 12;

/// Whether a message of ours tells what a turn does.
pub(in crate::discord) fn is_progress(message: &Message) -> bool {
    // A reply that begins so is not silent.
    message.content.starts_with(MARK) && message.flags & SILENT != 0
}

/// What a turn does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Doing {
    writes: bool,
    activities: Vec<Activity>,
    /// How many there were before those.
    before: usize,
}

impl Doing {
    /// Whether that changes anything.
    pub(super) fn note(&mut self, step: &Step) -> bool {
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

    fn text(&self) -> String {
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

#[derive(Deserialize)]
struct Created {
    id: Id,
}

/// Shows what a turn does that answers this message, until nobody tells of it any more.
pub(super) async fn show(
    shared: Arc<Shared>,
    message: MessageId,
    mut doing: watch::Receiver<Doing>,
) {
    let inbox = shared.inbox().await;
    let Ok(Some(message)) = inbox.store().message(message).await else {
        return;
    };
    let Ok(route) = serde_json::from_value::<ReplyRoute>(message.reply_route) else {
        return;
    };
    left::clear_up(&shared, message.id, route).await;
    let target = route.target();
    let mut shown = Shown {
        shared: &shared,
        target,
        message: None,
        text: String::new(),
    };
    let clock = shared.clock();
    let quick = clock.steady().after(QUICK);
    let mut next_typing = clock.steady();
    let mut next_edit = clock.steady();
    // What is shown needs somewhere to be; so does whoever wants to stop it there.
    let mut is_there = !route.thread;
    loop {
        let now = clock.steady();
        if now >= next_typing {
            if !is_there {
                is_there = match thread::make(&shared, route).await {
                    Ok(()) => true,
                    // The reply meets the same, and says so.
                    Err(RestError::Refused { .. }) => return,
                    Err(error) => {
                        tracing::debug!(%error, "its thread is made later");
                        false
                    }
                };
            }
            if is_there {
                let call = Call::new(Method::POST, format!("channels/{target}/typing"));
                let _ = shared.rest.done(call.best_effort()).await;
            }
            next_typing = now.after(TYPING);
        }
        let text = doing.borrow_and_update().clone();
        let tells = is_there && (!text.activities.is_empty() || now >= quick);
        let text = text.text();
        let changed = tells && text != shown.text;
        if changed && now >= next_edit {
            shown.tell(text).await;
            next_edit = clock.steady().after(EDITS);
            continue;
        }
        let waits = is_there && !tells;
        let wake = [(true, next_typing), (changed, next_edit), (waits, quick)];
        let wake = wake.iter().filter(|(counts, _)| *counts);
        let wake = wake.map(|(_, at)| *at).min().unwrap_or(next_typing);
        if ended_by(&mut doing, wake, clock).await {
            break;
        }
    }
    shown.clear().await;
}

/// Waits until something changes or that time; whether the turn has ended.
async fn ended_by(
    doing: &mut watch::Receiver<Doing>,
    wake: Steady,
    clock: &Arc<dyn Clock>,
) -> bool {
    tokio::select! {
        biased;
        changed = doing.changed() => changed.is_err(),
        () = clock.sleep_until(wake) => false,
    }
}

/// The message of progress.
struct Shown<'a> {
    shared: &'a Shared,
    target: Id,
    message: Option<Id>,
    text: String,
}

impl Shown<'_> {
    async fn tell(&mut self, text: String) {
        let path = format!("channels/{}/messages", self.target);
        let none = json!({ "parse": [] });
        let result = if let Some(message) = self.message {
            let body = json!({ "content": text, "allowed_mentions": none });
            let call = Call::new(Method::PATCH, format!("{path}/{message}")).body(&body);
            self.shared.rest.done(call.best_effort()).await
        } else {
            let body = json!({ "content": text, "allowed_mentions": none, "flags": SILENT });
            let call = Call::new(Method::POST, path).body(&body);
            let sent = self.shared.rest.call::<Created>(call.best_effort()).await;
            sent.map(|sent| self.message = Some(sent.id))
        };
        if let Err(error) = result {
            tracing::debug!(%error, "progress is not shown");
            if error.code() == Some(code::UNKNOWN_MESSAGE) {
                // Somebody took it away; it is told anew.
                self.message = None;
                return;
            }
        }
        self.text = text;
    }

    /// Takes it away, however long Discord is away. Where we end before that, it is found by its mark.
    async fn clear(self) {
        let Some(message) = self.message else {
            return;
        };
        let mut pause = Pause::default();
        loop {
            match left::take_away(self.shared, self.target, message).await {
                Ok(()) => return,
                // Somebody took it away already, or our last try did.
                Err(error) if error.code() == Some(code::UNKNOWN_MESSAGE) => return,
                Err(error @ RestError::Refused { .. }) => {
                    tracing::warn!(%error, "a message of progress stays");
                    return;
                }
                Err(error) => tracing::debug!(%error, "a message of progress stays a while"),
            }
            pause.pass(self.shared.clock()).await;
        }
    }
}

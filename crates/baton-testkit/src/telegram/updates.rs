//! The updates that wait for the bot, and the long poll.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

use super::Shared;
use super::answer::{ApiError, Done};
use super::requests::Call;
use super::world::World;

/// The longest poll that Telegram permits.
const LONGEST_POLL: Duration = Duration::from_secs(50);
/// An offset further beyond the next id is ignored: the answer begins with the oldest update.
const FUTURE: i64 = 10;

/// The kinds of updates that come only if the bot names the kind.
const ONLY_WHEN_NAMED: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

pub(super) struct Updates {
    pub(super) queue: VecDeque<(i64, Value)>,
    next: i64,
    /// The kinds of updates that the bot wants; none for the default.
    pub(super) allowed: Option<BTreeSet<String>>,
    /// The number of the newest poll.
    newest_poll: u64,
    /// The number of polls that wait now.
    pub(super) waiting: usize,
    /// Whether polls get no answer.
    pub(super) hangs: bool,
    /// Whether another program polls with the same token.
    pub(super) other_poller: bool,
}

impl Default for Updates {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            next: 760_546_001,
            allowed: None,
            newest_poll: 0,
            waiting: 0,
            hangs: false,
            other_poller: false,
        }
    }
}

impl Updates {
    /// Queues an update, if the bot wants updates of this kind.
    pub(super) fn push(&mut self, kind: &str, mut update: Value) {
        let wanted = match &self.allowed {
            Some(allowed) => allowed.contains(kind),
            None => !ONLY_WHEN_NAMED.contains(&kind),
        };
        if wanted {
            update["update_id"] = json!(self.next);
            self.push_raw(update);
        }
    }

    /// Queues an update of any form. The id is set if the update is an object without an id.
    pub(super) fn push_raw(&mut self, mut update: Value) {
        if update.is_object() && update["update_id"].is_null() {
            update["update_id"] = json!(self.next);
        }
        self.queue.push_back((self.next, update));
        self.next += 1;
    }

    /// Begins new ids, as after a week without updates.
    pub(super) fn restart(&mut self, first: i64) {
        self.next = first;
        for (id, update) in &mut self.queue {
            *id = self.next;
            if update.is_object() {
                update["update_id"] = json!(self.next);
            }
            self.next += 1;
        }
    }

    /// Forgets the updates before the offset, and returns the id of the first update to answer.
    fn acknowledge(&mut self, offset: i64) -> i64 {
        if offset < 0 {
            let count = usize::try_from(-offset).unwrap_or(usize::MAX);
            let drop = self.queue.len().saturating_sub(count);
            self.queue.drain(..drop);
            return i64::MIN;
        }
        if offset > self.next + FUTURE {
            return i64::MIN;
        }
        self.queue.retain(|(id, _)| *id >= offset);
        offset
    }

    pub(super) fn remember_allowed(&mut self, allowed: &Value) {
        let Some(kinds) = allowed.as_array() else {
            return;
        };
        let kinds: BTreeSet<String> = kinds
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        self.allowed = (!kinds.is_empty()).then_some(kinds);
    }
}

/// A poll that waits. The drop ends the wait, also if the bot hangs up.
struct Waiting<'a>(&'a Shared);

impl<'a> Waiting<'a> {
    fn begin(shared: &'a Shared) -> Self {
        shared.change(|world| world.updates.waiting += 1);
        Self(shared)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.change(|world| world.updates.waiting -= 1);
    }
}

/// Answers `getUpdates`: at once, or when an update comes, or at the end of the time.
pub(super) async fn poll(shared: &Shared, call: &Call) -> Done {
    let seconds = call.number("timeout").unwrap_or(0).try_into().unwrap_or(0);
    let timeout = Duration::from_secs(seconds).min(LONGEST_POLL);
    let limit = call.number("limit").unwrap_or(100).clamp(1, 100);
    let limit = usize::try_from(limit).unwrap_or(100);
    let mut changed = shared.changed.subscribe();
    let (number, first, clock) = shared.change(|world| {
        if world.webhook.is_some() {
            return Err(active_webhook());
        }
        world.updates.remember_allowed(call.get("allowed_updates"));
        world.updates.newest_poll += 1;
        let first = world
            .updates
            .acknowledge(call.number("offset").unwrap_or(0));
        Ok((world.updates.newest_poll, first, world.clock.clone()))
    })?;
    // A poll without a timeout waits for no update.
    let _waiting = (!timeout.is_zero()).then(|| Waiting::begin(shared));
    let deadline = clock.steady().after(timeout);
    loop {
        changed.mark_unchanged();
        let found = ready(&shared.lock(), number, first, limit);
        if let Some(done) = found {
            return done;
        }
        let hangs = shared.lock().updates.hangs;
        tokio::select! {
            _ = changed.changed() => {}
            () = clock.sleep_until(deadline), if !hangs => return Ok(json!([])),
            () = shared.gone.cancelled() => return Ok(json!([])),
        }
    }
}

fn active_webhook() -> ApiError {
    let what = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
    ApiError::new(409, &format!("Conflict: {what}"))
}

fn ready(world: &World, number: u64, first: i64, limit: usize) -> Option<Done> {
    let updates = &world.updates;
    if updates.hangs {
        return None;
    }
    if world.webhook.is_some() {
        return Some(Err(ApiError::new(
            409,
            "Conflict: terminated by setWebhook request",
        )));
    }
    if updates.newest_poll != number || updates.other_poller {
        let what = "terminated by other getUpdates request; make sure that only one bot instance is running";
        return Some(Err(ApiError::new(409, &format!("Conflict: {what}"))));
    }
    let found = updates
        .queue
        .iter()
        .filter(|(id, _)| *id >= first)
        .take(limit);
    let found: Vec<Value> = found.map(|(_, update)| update.clone()).collect();
    (!found.is_empty()).then_some(Ok(Value::Array(found)))
}

//! Acknowledged updates whose message may have further parts. Their raw form is stored, so that a crash loses no part.
//! The position of the polls is stored with them.

use std::collections::VecDeque;
use std::time::Duration;

use baton_chat::connector::{BatchCursor, EventSink};
use baton_core::clock::Steady;
use baton_core::store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::message_joining::join_updates;
use super::update_passing::UpdatePasser;
use crate::telegram::bot_api::BotDescription;
use crate::telegram::conversion::telegram_update::TelegramUpdate;

/// The time in which the rest of an album or of a long text arrives.
const GATHERING: Duration = Duration::from_millis(800);

/// The maximum size of all held updates together, in bytes of JSON. A fuller store holds no further update.
const LARGEST: usize = 1 << 20;

/// The number of parts that are remembered over a restart. Telegram sends only few updates at once, so only few can come
/// again.
const REMEMBERED_PARTS: usize = 128;

/// The number of updates that are remembered by this process.
const REMEMBERED: usize = 4_096;

/// The digest of an update. Telegram repeats an update in the same form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UpdateDigest(u64);

impl UpdateDigest {
    pub(crate) fn of_update(raw: &Value) -> Self {
        let digest = Sha256::digest(raw.to_string());
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Self(u64::from_le_bytes(first))
    }
}

/// An update that is not passed on yet.
#[derive(Debug)]
struct HeldUpdate {
    digest: UpdateDigest,
    raw: Value,
    /// The time of the commit; `None` before. Telegram sends a further part only after the commit.
    stored: Option<Steady>,
}

impl HeldUpdate {
    /// The time after which no further part can follow.
    fn due_time(&self) -> Option<Steady> {
        self.stored.map(|stored| stored.after(GATHERING))
    }
}

/// The stored form. The store keeps the form as the position of a reader, in the commit that also stores the messages.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct StoredUpdates {
    /// The number for the next poll.
    next: Option<i64>,
    held: Vec<Value>,
    /// The latest passed parts. The store does not know their numbers, because only the joined message is stored.
    passed: VecDeque<UpdateDigest>,
}

/// The source of the updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpdateSource {
    /// A poll acknowledges updates by its offset, which the store keeps. So no update comes again.
    Poll,
    /// The answer to a webhook can be lost. Then Telegram sends an acknowledged update again.
    Webhook,
}

/// The updates that are not passed on yet, and the memory of the passed updates.
#[derive(Debug)]
pub(crate) struct HeldUpdates {
    /// The name of the stored position. Each bot has its own numbers of updates.
    reader: String,
    source: UpdateSource,
    /// The number for the next poll.
    next: Option<i64>,
    updates: Vec<HeldUpdate>,
    passed_parts: VecDeque<UpdateDigest>,
    /// The updates of this process, the newest last.
    recent: VecDeque<UpdateDigest>,
    /// Whether the store holds an update.
    is_stored: bool,
    /// The time of the last look at the held updates.
    looked: Steady,
}

/// The updates to pass on now.
#[derive(Debug)]
pub(crate) struct DueUpdates {
    pub(crate) updates: Vec<TelegramUpdate>,
    /// The new stored form, for the commit of these updates; `None` without a change.
    pub(crate) cursor: Option<BatchCursor>,
}

impl HeldUpdates {
    /// Reads the stored updates of an earlier process. The time for further parts begins anew at `now`. Returns an error
    /// if the program ends.
    pub(crate) async fn restore_updates(
        events: &dyn EventSink,
        bot: &BotDescription,
        source: UpdateSource,
        now: Steady,
    ) -> Result<Self, StoreError> {
        let reader = bot.id.to_string();
        let stored = events.batch_cursor(&reader).await?;
        let StoredUpdates { next, held, passed } =
            stored.as_deref().map(parse_stored).unwrap_or_default();
        let updates = held.into_iter().map(|raw| HeldUpdate {
            digest: UpdateDigest::of_update(&raw),
            raw,
            stored: Some(now),
        });
        let updates: Vec<_> = updates.collect();
        Ok(Self {
            reader,
            source,
            next,
            is_stored: !updates.is_empty(),
            updates,
            recent: VecDeque::new(),
            passed_parts: passed,
            looked: now,
        })
    }

    /// The number for the next poll; `None` before the first update.
    pub(crate) fn next_offset(&self) -> Option<i64> {
        self.next
    }

    /// Adds a new update. Returns false for a repeated one, which changes nothing.
    pub(crate) fn add_update(&mut self, raw: Value) -> bool {
        let digest = UpdateDigest::of_update(&raw);
        let is_known = self.recent.contains(&digest)
            || self.passed_parts.contains(&digest)
            || self.updates.iter().any(|held| held.digest == digest);
        if is_known {
            return false;
        }
        remember_digest(&mut self.recent, digest, REMEMBERED);
        self.updates.push(HeldUpdate {
            digest,
            raw,
            stored: None,
        });
        true
    }

    /// Begins the wait for further parts of the new updates, which were stored `now`.
    pub(crate) fn begin_wait(&mut self, now: Steady) {
        for held in &mut self.updates {
            held.stored = held.stored.or(Some(now));
        }
    }

    /// The next time at which no further part of a message can follow; `None` without held updates. The time may be over,
    /// because the commit after the last look can take long.
    pub(crate) fn next_due(&self) -> Option<Steady> {
        // The last part of each held message was not due at the last look. Its earlier parts may have been.
        let due = self.updates.iter().filter_map(HeldUpdate::due_time);
        due.filter(|due| *due > self.looked).min()
    }

    /// Takes the finished updates out. `offset` is the number after the updates of a poll.
    pub(crate) fn take_due(
        &mut self,
        passer: &UpdatePasser<'_>,
        now: Steady,
        offset: Option<i64>,
    ) -> DueUpdates {
        self.looked = now;
        let size: usize = self
            .updates
            .iter()
            .map(|held| held.raw.to_string().len())
            .sum();
        let takes_all = size > LARGEST;
        let decoded = self.updates.iter().map(|held| passer.decode_raw(&held.raw));
        let joined = join_updates(decoded.collect(), |index| {
            takes_all || self.updates[index].due_time().is_some_and(|due| due <= now)
        });
        let mut is_held = joined.is_held.into_iter();
        let (kept, done): (Vec<_>, Vec<_>) = std::mem::take(&mut self.updates)
            .into_iter()
            .partition(|_| is_held.next().unwrap_or(false));
        self.updates = kept;
        let mut is_changed = !self.updates.is_empty() || self.is_stored;
        if self.is_stored && self.source == UpdateSource::Webhook {
            for held in done {
                remember_digest(&mut self.passed_parts, held.digest, REMEMBERED_PARTS);
            }
        }
        if let Some(offset) = offset.filter(|offset| self.next != Some(*offset)) {
            self.next = Some(offset);
            is_changed = true;
        }
        self.is_stored = !self.updates.is_empty();
        DueUpdates {
            updates: joined.ready,
            cursor: is_changed.then(|| self.stored_form()),
        }
    }

    fn stored_form(&self) -> BatchCursor {
        let stored = StoredUpdates {
            next: self.next,
            held: self.updates.iter().map(|held| held.raw.clone()).collect(),
            passed: self.passed_parts.clone(),
        };
        BatchCursor {
            reader: self.reader.clone(),
            position: write_stored(&stored),
        }
    }
}

/// The stored form as a text. Mostly, only the number for the next poll is stored.
fn write_stored(stored: &StoredUpdates) -> String {
    match stored {
        StoredUpdates {
            next: Some(next),
            held,
            passed,
        } if held.is_empty() && passed.is_empty() => next.to_string(),
        stored => serde_json::to_string(stored).unwrap_or_default(),
    }
}

fn parse_stored(stored: &str) -> StoredUpdates {
    if let Ok(next) = stored.parse() {
        return StoredUpdates {
            next: Some(next),
            ..StoredUpdates::default()
        };
    }
    serde_json::from_str(stored).unwrap_or_else(|error| {
        tracing::error!(%error, "the stored updates of Telegram cannot be read, and are left out");
        StoredUpdates::default()
    })
}

fn remember_digest(digests: &mut VecDeque<UpdateDigest>, digest: UpdateDigest, most: usize) {
    if digests.len() >= most {
        digests.pop_front();
    }
    digests.push_back(digest);
}

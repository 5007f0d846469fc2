//! Queue marks: ⏳ and the place in the queue, as reactions on a waiting message.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use baton_core::id::MessageId;
use baton_core::inbox::Inbox;
use baton_core::message::Message;
use baton_core::store::{Change, StoreError, WaitingQuery};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::ChatLayer;
use crate::connector::{ChatId, ConnectorError};
use crate::reply_route::ReplyRoute;

const WAITS: &str = "⏳";

/// The maximum number of marked messages in a queue. Later messages wait long anyway.
const MARKED: usize = 5;

/// The pause before another try for marks that the platform did not accept.
const AGAIN: Duration = Duration::from_secs(1);

/// The maximum number of changed queues to collect at once. If further changes are lost meanwhile, all marked
/// queues are checked.
const TOLD: usize = 1_000;

/// The maximum size of waiting messages in one read, in bytes.
const BYTES: usize = 16 * 1024 * 1024;

/// The marks on a message.
struct MessageMarks {
    route: ReplyRoute,
    address: String,
    /// The place in the queue, from 1; `None` if the mark is missing or unknown.
    number: Option<usize>,
}

/// Keeps the marks equal to the queues, until `shutdown`.
pub(crate) async fn keep_marks(layer: Arc<ChatLayer>, inbox: Inbox, shutdown: CancellationToken) {
    let mut changes = inbox.views().changes();
    let mut all = QueueMarks {
        layer,
        inbox,
        marked: HashMap::new(),
    };
    let mut to_update = all.find_earlier_marks().await;
    // The queues whose marks the platform did not accept.
    let mut undone = BTreeSet::new();
    let clock = Arc::clone(all.layer.clock());
    loop {
        // Further changes are collected first, so that each queue is updated once.
        while to_update.len() < TOLD {
            match changes.try_recv() {
                Ok(change) => to_update.extend(all.address_of(change)),
                Err(_) => break,
            }
        }
        if let Some(address) = to_update.pop_first() {
            tokio::select! {
                () = shutdown.cancelled() => return,
                done = all.update_queue(&address) => if !done {
                    undone.insert(address);
                }
            }
            continue;
        }
        let again = clock.steady().after(AGAIN);
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = clock.sleep_until(again), if !undone.is_empty() => to_update.append(&mut undone),
            change = changes.recv() => match change {
                Ok(change) => to_update.extend(all.address_of(change)),
                Err(RecvError::Lagged(_)) => {
                    to_update.extend(all.marked.values().map(|marks| marks.address.clone()));
                }
                Err(RecvError::Closed) => return,
            },
        }
    }
}

struct QueueMarks {
    layer: Arc<ChatLayer>,
    inbox: Inbox,
    marked: HashMap<MessageId, MessageMarks>,
}

impl QueueMarks {
    /// The address of the queue that may have changed.
    fn address_of(&self, change: Change) -> Option<String> {
        match change {
            Change::Moved { place, .. } | Change::Posted { place, .. } => {
                let connector = &self.layer.connector;
                let is_ours =
                    place.channel == connector.channel() && place.account == connector.account();
                is_ours.then_some(place.address)
            }
            Change::Asked { .. } | Change::Undelivered { .. } | Change::Claimable { .. } => None,
        }
    }

    /// Finds the messages that an earlier process may have marked. Returns the addresses of their queues.
    async fn find_earlier_marks(&mut self) -> BTreeSet<String> {
        let waiting = self.read_waiting(None).await.unwrap_or_default();
        for message in &waiting {
            if let Some(marks) = self.marks_for(message, None) {
                self.marked.insert(message.id, marks);
            }
        }
        self.marked
            .values()
            .map(|marks| marks.address.clone())
            .collect()
    }

    async fn read_waiting(&self, address: Option<&str>) -> Result<Vec<Message>, StoreError> {
        let connector = &self.layer.connector;
        let query = WaitingQuery {
            of: Some((connector.channel(), connector.account())),
            addresses: address.map(|it| vec![it.to_owned()]),
            // A running message may still have the marks of an earlier process.
            only_waiting: address.is_some(),
            ..WaitingQuery::at_most(if address.is_some() { MARKED } else { TOLD })
        };
        self.inbox.views().waiting(query, BYTES).await
    }

    /// Updates the marks of one queue. Returns whether the platform accepted all changes.
    async fn update_queue(&mut self, address: &str) -> bool {
        let Ok(waiting) = self.read_waiting(Some(address)).await else {
            return false;
        };
        let is_gone = |id: &MessageId| waiting.iter().all(|message| message.id != *id);
        let gone = self.marked.iter();
        let moved = &self.layer.places.moved;
        let is_here = |marks: &MessageMarks| {
            let chat = moved.current_chat(&ChatId::from(marks.address.as_str()));
            chat.as_str() == address
        };
        let gone = gone.filter(|(id, marks)| is_here(marks) && is_gone(id));
        let gone: Vec<_> = gone.map(|(id, _)| *id).collect();
        for id in gone {
            let Some(marks) = self.marked.remove(&id) else {
                continue;
            };
            let mut done = self.remove_mark(&marks.route, WAITS).await;
            if let Some(number) = marks.number {
                let keycap = keycap_emoji(number);
                done &= self.remove_mark(&marks.route, &keycap).await;
            }
            if !done {
                self.marked.insert(id, marks);
                return false;
            }
        }
        for (number, message) in (1..).zip(&waiting) {
            let shown = self.marked.get(&message.id).map(|marks| marks.number);
            if shown == Some(Some(number)) {
                continue;
            }
            let Some(marks) = self.marks_for(message, Some(number)) else {
                continue;
            };
            let before = match shown {
                None => self.add_mark(&marks.route, WAITS).await,
                Some(Some(old)) => self.remove_mark(&marks.route, &keycap_emoji(old)).await,
                Some(None) => true,
            };
            if !before || !self.add_mark(&marks.route, &keycap_emoji(number)).await {
                let number = shown.flatten();
                self.marked
                    .insert(message.id, MessageMarks { number, ..marks });
                return false;
            }
            self.marked.insert(message.id, marks);
        }
        true
    }

    /// The marks for a message; `None` if the platform cannot show any, because the chat of the message has moved.
    fn marks_for(&self, message: &Message, number: Option<usize>) -> Option<MessageMarks> {
        let route = self.layer.read_route(&message.reply_route).ok()?;
        route.moved_from.is_none().then(|| MessageMarks {
            route,
            address: message.place.address.clone(),
            number,
        })
    }

    /// Adds a mark. Returns `false` if another try can help.
    async fn add_mark(&self, route: &ReplyRoute, emoji: &str) -> bool {
        let Some(reactions) = self.layer.connector.reactions() else {
            return true;
        };
        is_settled(reactions.add(&route.chat, &route.message, emoji).await)
    }

    /// Removes a mark. Returns `false` if another try can help.
    async fn remove_mark(&self, route: &ReplyRoute, emoji: &str) -> bool {
        let Some(reactions) = self.layer.connector.reactions() else {
            return true;
        };
        is_settled(reactions.remove(&route.chat, &route.message, emoji).await)
    }
}

/// Whether another try for a mark would change nothing.
fn is_settled(result: Result<(), ConnectorError>) -> bool {
    match result {
        Ok(()) => true,
        Err(error) => {
            tracing::debug!(%error, "a mark is not shown");
            error.is_refused()
        }
    }
}

/// The keycap emoji for a number from 1 to 9.
fn keycap_emoji(number: usize) -> String {
    format!("{number}\u{fe0f}\u{20e3}")
}

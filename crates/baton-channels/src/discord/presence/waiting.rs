//! Messages that wait: ⏳, and their place in the queue.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use baton_core::id::MessageId;
use baton_core::inbox::Inbox;
use baton_core::message::Message;
use baton_core::store::{Change, StoreError, WaitingQuery};
use reqwest::Method;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::discord::rest::{Call, RestError};
use crate::discord::route::ReplyRoute;
use crate::discord::{ACCOUNT, CHANNEL, Shared};

const WAITS: &str = "⏳";

/// How many of a queue are marked. Whoever waits behind them waits long either way.
const MARKED: usize = 5;

/// When what Discord did not take at once is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How many queues are told of that change at once; of more, all are looked at.
const TOLD: usize = 1_000;

/// The most bytes of them that are read at once.
const BYTES: usize = 16 * 1024 * 1024;

/// What is on a message.
struct Marks {
    route: ReplyRoute,
    address: String,
    /// 1 for the first; `None` where it has none, or it is not known.
    number: Option<usize>,
}

/// Keeps the marks as the queues are, until it is told to stop.
pub(in crate::discord) async fn follow(
    shared: Arc<Shared>,
    inbox: Inbox,
    shutdown: CancellationToken,
) {
    let mut told = inbox.store().changes();
    let mut all = Waiting {
        shared,
        inbox,
        marked: HashMap::new(),
    };
    let mut changed = all.begun_before().await;
    // Where Discord did not take all of it.
    let mut undone = BTreeSet::new();
    let clock = Arc::clone(all.shared.clock());
    loop {
        // What came meanwhile is looked at together.
        while changed.len() < TOLD {
            match told.try_recv() {
                Ok(change) => changed.extend(address_of(change)),
                Err(_) => break,
            }
        }
        if let Some(address) = changed.pop_first() {
            tokio::select! {
                () = shutdown.cancelled() => return,
                done = all.look(&address) => if !done {
                    undone.insert(address);
                }
            }
            continue;
        }
        let again = clock.steady().after(AGAIN);
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = clock.sleep_until(again), if !undone.is_empty() => changed.append(&mut undone),
            change = told.recv() => match change {
                Ok(change) => changed.extend(address_of(change)),
                Err(RecvError::Lagged(_)) => {
                    changed.extend(all.marked.values().map(|marks| marks.address.clone()));
                }
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// The address where a queue may have changed.
fn address_of(change: Change) -> Option<String> {
    match change {
        Change::Moved { place, .. } | Change::Posted { place, .. } => {
            (place.channel.as_str() == CHANNEL).then_some(place.address)
        }
        Change::Asked { .. } | Change::Claimable { .. } => None,
    }
}

struct Waiting {
    shared: Arc<Shared>,
    inbox: Inbox,
    marked: HashMap<MessageId, Marks>,
}

impl Waiting {
    /// What a process before this one may have marked.
    async fn begun_before(&mut self) -> BTreeSet<String> {
        let waiting = self.waiting(None).await.unwrap_or_default();
        for message in &waiting {
            if let Some(marks) = marks(message, None) {
                self.marked.insert(message.id, marks);
            }
        }
        self.marked
            .values()
            .map(|marks| marks.address.clone())
            .collect()
    }

    async fn waiting(&self, address: Option<&str>) -> Result<Vec<Message>, StoreError> {
        let query = WaitingQuery {
            of: Some((CHANNEL.into(), ACCOUNT.into())),
            addresses: address.map(|it| vec![it.to_owned()]),
            // What runs by now may still have the marks of a process before this one.
            only_waiting: address.is_some(),
            ..WaitingQuery::at_most(if address.is_some() { MARKED } else { TOLD })
        };
        self.inbox.store().waiting(query, BYTES).await
    }

    /// Brings the marks of one queue up to date; whether Discord took all of it.
    async fn look(&mut self, address: &str) -> bool {
        let Ok(waiting) = self.waiting(Some(address)).await else {
            return false;
        };
        let is_gone = |id: &MessageId| waiting.iter().all(|message| message.id != *id);
        let gone = self.marked.iter();
        let gone = gone.filter(|(id, marks)| marks.address == address && is_gone(id));
        let gone: Vec<_> = gone.map(|(id, _)| *id).collect();
        for id in gone {
            let Some(marks) = self.marked.remove(&id) else {
                continue;
            };
            let mut done = self.mark(Method::DELETE, &marks.route, WAITS).await;
            if let Some(number) = marks.number {
                done &= self
                    .mark(Method::DELETE, &marks.route, &keycap(number))
                    .await;
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
            let Some(marks) = marks(message, Some(number)) else {
                continue;
            };
            let before = match shown {
                None => self.mark(Method::PUT, &marks.route, WAITS).await,
                Some(Some(old)) => self.mark(Method::DELETE, &marks.route, &keycap(old)).await,
                Some(None) => true,
            };
            if !before || !self.mark(Method::PUT, &marks.route, &keycap(number)).await {
                let number = shown.flatten();
                self.marked.insert(message.id, Marks { number, ..marks });
                return false;
            }
            self.marked.insert(message.id, marks);
        }
        true
    }

    /// Whether it need not be tried again.
    async fn mark(&self, method: Method, route: &ReplyRoute, emoji: &str) -> bool {
        let ReplyRoute {
            channel, message, ..
        } = route;
        let emoji: String = url::form_urlencoded::byte_serialize(emoji.as_bytes()).collect();
        let path = format!("channels/{channel}/messages/{message}/reactions/{emoji}/@me");
        // One channel that is too fast holds up no other.
        let call = Call::new(method, path).best_effort();
        match self.shared.rest.done(call).await {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(%error, "a mark is not shown");
                matches!(error, RestError::Refused { .. })
            }
        }
    }
}

fn marks(message: &Message, number: Option<usize>) -> Option<Marks> {
    let route = serde_json::from_value(message.reply_route.clone()).ok()?;
    Some(Marks {
        route,
        address: message.place.address.clone(),
        number,
    })
}

/// A number on a key, 1 to 9.
fn keycap(number: usize) -> String {
    format!("{number}\u{fe0f}\u{20e3}")
}

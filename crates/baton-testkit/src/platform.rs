//! A chat platform as seen from outside. People post to the platform, and the platform hands out updates
//! until Baton acknowledges them. The platform shows deliveries and outlives every run of the program.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use baton_core::channel::{DeliverError, Progress, Sent};
use baton_core::delivery::Delivery;
use baton_core::id::{DeliveryId, MessageId};
use baton_core::message::Author;
use baton_core::name::{AccountName, ChannelName, PersonaName};
use tokio::sync::watch;

use crate::agent_run::within;
use crate::channel_contract::Guarantee;

/// The channel name of the platform in places.
pub fn channel_name() -> ChannelName {
    "fake".into()
}

/// The only account of Baton on the platform.
pub fn account() -> AccountName {
    "default".into()
}

/// The author of all messages on the platform.
pub fn writer() -> Author {
    Author {
        id: "person-1".into(),
        name: "Ada".to_owned(),
    }
}

/// A chat platform. Clones share one state.
#[derive(Clone)]
pub struct Platform {
    state: Arc<watch::Sender<State>>,
    guarantee: Guarantee,
    batch: usize,
}

#[derive(Default)]
struct State {
    updates: Vec<Update>,
    acknowledged: usize,
    calls: Vec<DeliveryId>,
    shown: Vec<Shown>,
    progress: Vec<Progress>,
    faults: VecDeque<Fault>,
    down: bool,
    /// The channel's code panics at its next wait for updates.
    panics_waiting: bool,
    /// The channel's code panics whenever a turn shows progress.
    panics_showing: bool,
}

/// A message that a person posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The platform's id of the message.
    pub id: String,
    /// The address of the place.
    pub address: String,
    /// The persona that is asked.
    pub persona: PersonaName,
    /// The text.
    pub text: String,
}

/// A delivery that people see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The delivery's id in the store.
    pub delivery: DeliveryId,
    /// The address of the place.
    pub address: String,
    /// The kind of operation: `reply`, `notice`, `question` or `verdict`.
    pub kind: &'static str,
    /// The visible text.
    pub text: String,
    /// Whether the delivery is marked as possibly repeated.
    pub maybe_repeated: bool,
    /// The message that the delivery answers.
    pub answers: Option<MessageId>,
}

/// A planted fault of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The platform refuses for now, and may say when to try again.
    Later(Option<Duration>),
    /// The delivery is shown, but the connection is cut before the answer.
    CutAfter,
    /// The connection is cut before the delivery arrives, so nothing is shown.
    CutBefore,
    /// The platform refuses for good.
    Never,
    /// The platform never answers.
    Hang,
    /// The channel's code panics before sending.
    Panic,
}

impl Platform {
    /// Creates a platform with this guarantee for a delivery sent twice.
    pub fn new(guarantee: Guarantee) -> Self {
        Self {
            state: Arc::new(watch::Sender::new(State::default())),
            guarantee,
            batch: usize::MAX,
        }
    }

    /// The same platform, with at most `batch` updates handed out at once.
    #[must_use]
    pub fn in_batches_of(mut self, batch: usize) -> Self {
        self.batch = batch;
        self
    }

    /// The guarantee for a delivery sent twice.
    pub fn guarantee(&self) -> Guarantee {
        self.guarantee
    }

    // People

    /// Posts an update as a person. The same id may be posted again, as on real platforms.
    pub fn post(&self, update: Update) {
        self.post_all([update]);
    }

    /// Posts all updates at the same instant.
    pub fn post_all(&self, updates: impl IntoIterator<Item = Update>) {
        let updates: Vec<_> = updates.into_iter().collect();
        self.state
            .send_modify(|state| state.updates.extend(updates));
    }

    /// The deliveries shown in a place, in order.
    pub fn shown_in(&self, address: &str) -> Vec<Shown> {
        let state = self.state.borrow();
        let shown = state.shown.iter();
        shown
            .filter(|shown| shown.address == address)
            .cloned()
            .collect()
    }

    /// The texts shown in a place, in order.
    pub fn texts_in(&self, address: &str) -> Vec<String> {
        let shown = self.shown_in(address).into_iter();
        shown.map(|shown| shown.text).collect()
    }

    /// Waits until a place shows `count` deliveries, and returns their texts.
    pub async fn until_shown(&self, address: &str, count: usize) -> Vec<String> {
        let mut state = self.state.subscribe();
        let enough = state.wait_for(|state| {
            let shown = state.shown.iter();
            shown.filter(|shown| shown.address == address).count() >= count
        });
        let what = format!("{count} deliveries are shown in {address}");
        drop(within(&what, enough).await);
        self.texts_in(address)
    }

    // Faults

    /// Plants a fault for the next delivery.
    pub fn fail_next(&self, fault: Fault) {
        self.state
            .send_modify(|state| state.faults.push_back(fault));
    }

    /// Sets an outage: a platform that is down refuses every delivery for now.
    pub fn set_down(&self, down: bool) {
        self.state.send_modify(|state| state.down = down);
    }

    /// Makes the channel's code panic once, at its next wait for updates.
    pub fn panic_waiting(&self) {
        self.state.send_modify(|state| state.panics_waiting = true);
    }

    /// Makes the channel's code panic whenever a turn shows progress.
    pub fn panic_showing(&self) {
        self.state.send_modify(|state| state.panics_showing = true);
    }

    // State that tests check

    /// All updates ever posted, in order.
    pub fn updates(&self) -> Vec<Update> {
        self.state.borrow().updates.clone()
    }

    /// The number of updates that Baton has acknowledged, counted from the first one.
    pub fn acknowledged(&self) -> usize {
        self.state.borrow().acknowledged
    }

    /// Waits until Baton has acknowledged `count` updates.
    pub async fn until_acknowledged(&self, count: usize) {
        let mut state = self.state.subscribe();
        let enough = state.wait_for(|state| state.acknowledged >= count);
        drop(within(&format!("{count} updates are acknowledged"), enough).await);
    }

    /// All deliveries shown, in all places.
    pub fn shown(&self) -> Vec<Shown> {
        self.state.borrow().shown.clone()
    }

    /// Every delivery that a channel tried to send, with any outcome, in order.
    pub fn calls(&self) -> Vec<DeliveryId> {
        self.state.borrow().calls.clone()
    }

    /// Waits until channels have tried to send `count` deliveries.
    pub async fn until_called(&self, count: usize) {
        let mut state = self.state.subscribe();
        let enough = state.wait_for(|state| state.calls.len() >= count);
        drop(within(&format!("{count} deliveries are sent"), enough).await);
    }

    /// The progress of turns shown so far, in order.
    pub fn progress(&self) -> Vec<Progress> {
        self.state.borrow().progress.clone()
    }

    /// Waits until `is` accepts the progress shown so far.
    pub async fn until_progress(&self, what: &str, is: impl Fn(&[Progress]) -> bool) {
        let mut state = self.state.subscribe();
        let enough = state.wait_for(|state| is(&state.progress));
        drop(within(what, enough).await);
    }

    // The interface for the channel

    /// Waits for updates after number `position`. Returns the updates and the number of the last one.
    pub(crate) async fn updates_after(&self, position: usize) -> (Vec<Update>, usize) {
        let mut state = self.state.subscribe();
        let something = |state: &State| state.panics_waiting || state.updates.len() > position;
        if state.wait_for(something).await.is_err() {
            return std::future::pending().await;
        }
        let mut panics = false;
        self.state
            .send_modify(|state| panics = std::mem::take(&mut state.panics_waiting));
        assert!(!panics, "a planted fault");
        let state = self.state.borrow();
        let updates: Vec<_> = state.updates[position..]
            .iter()
            .take(self.batch)
            .cloned()
            .collect();
        let last = position + updates.len();
        (updates, last)
    }

    /// Acknowledges all updates up to number `position`.
    pub(crate) fn acknowledge(&self, position: usize) {
        self.state
            .send_modify(|state| state.acknowledged = state.acknowledged.max(position));
    }

    /// Sends a delivery to the platform; the next planted fault applies.
    pub(crate) async fn send(&self, delivery: &Delivery) -> Result<Sent, DeliverError> {
        let address = &delivery.place.address;
        let mut fault = None;
        self.state.send_modify(|state| {
            state.calls.push(delivery.id);
            fault = state.next_fault();
        });
        match fault {
            Some(Fault::Later(after)) => {
                let reason = "too many requests".to_owned();
                return Err(DeliverError::Later { reason, after });
            }
            Some(Fault::CutBefore) => return Err(cut()),
            Some(Fault::Never) => {
                let reason = "no such place".to_owned();
                return Err(DeliverError::Never { reason });
            }
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Panic) => panic!("a planted fault"),
            Some(Fault::CutAfter) | None => {}
        }
        self.state.send_modify(|state| {
            let known = state
                .shown
                .iter()
                .any(|shown| shown.delivery == delivery.id);
            if !known || self.guarantee == Guarantee::AtLeastOnce {
                state.shown.push(Shown {
                    delivery: delivery.id,
                    address: address.clone(),
                    kind: delivery.operation.kind(),
                    text: delivery.operation.text().to_owned(),
                    maybe_repeated: delivery.maybe_repeated,
                    answers: delivery.message,
                });
            }
        });
        match fault {
            Some(_) => Err(cut()),
            None => Ok(Sent {
                platform_id: Some(format!("shown-{}", delivery.id)),
            }),
        }
    }

    /// Shows the progress of a turn.
    pub(crate) fn show(&self, progress: &Progress) {
        assert!(!self.state.borrow().panics_showing, "a planted fault");
        self.state
            .send_modify(|state| state.progress.push(progress.clone()));
    }
}

fn cut() -> DeliverError {
    DeliverError::Unknown {
        reason: "the connection was cut".to_owned(),
    }
}

impl State {
    fn next_fault(&mut self) -> Option<Fault> {
        if self.down {
            return Some(Fault::Later(None));
        }
        self.faults.pop_front()
    }
}

//! A chat platform as it is from outside: people post to it, it hands out what they post until it is
//! told that we have it, and it shows what is delivered. It outlives every run of the program.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use baton_core::channel::{DeliverError, Guarantee, Progress, Sent};
use baton_core::delivery::Delivery;
use baton_core::id::{DeliveryId, MessageId};
use baton_core::message::Author;
use baton_core::name::{AccountName, ChannelName, PersonaName};
use tokio::sync::watch;

use crate::agent_run::within;

/// The platform's name, as places spell it.
pub fn channel_name() -> ChannelName {
    "fake".into()
}

/// Our only account there.
pub fn account() -> AccountName {
    "default".into()
}

/// Whoever writes everything there.
pub fn writer() -> Author {
    Author {
        id: "person-1".into(),
        name: "Ada".to_owned(),
    }
}

/// A chat platform. Cheap to clone.
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
    /// Our own code for this platform panics the next time that it waits for updates.
    panics_waiting: bool,
    /// And whenever it shows what a turn does.
    panics_showing: bool,
}

/// Something that a person posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The platform's id of the message.
    pub id: String,
    /// Where.
    pub address: String,
    /// Who is asked.
    pub persona: PersonaName,
    /// What was said.
    pub text: String,
}

/// Something that people see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The delivery that brought it.
    pub delivery: DeliveryId,
    /// Where.
    pub address: String,
    /// Which operation it was: `reply`, `notice`, `question`, `verdict`.
    pub kind: &'static str,
    /// What it says.
    pub text: String,
    /// Marked as possibly repeated.
    pub maybe_repeated: bool,
    /// The message that it answers.
    pub answers: Option<MessageId>,
}

/// What goes wrong with one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not taken, and the platform says when it will.
    Later(Option<Duration>),
    /// Shown, but the connection is cut before the answer.
    CutAfter,
    /// Not shown: the connection is cut before it arrives.
    CutBefore,
    /// Refused for good.
    Never,
    /// No answer, ever.
    Hang,
    /// Our own code for this platform panics before anything is sent.
    Panic,
}

impl Platform {
    /// A platform that treats a delivery sent twice like this.
    pub fn new(guarantee: Guarantee) -> Self {
        Self {
            state: Arc::new(watch::Sender::new(State::default())),
            guarantee,
            batch: usize::MAX,
        }
    }

    /// The same platform, which hands out at most so many updates at once.
    #[must_use]
    pub fn in_batches_of(mut self, batch: usize) -> Self {
        self.batch = batch;
        self
    }

    /// What becomes of a delivery that is sent twice.
    pub fn guarantee(&self) -> Guarantee {
        self.guarantee
    }

    // People

    /// A person posts this. The same id may be posted again, as platforms do.
    pub fn post(&self, update: Update) {
        self.post_all([update]);
    }

    /// People post all of these at the same instant.
    pub fn post_all(&self, updates: impl IntoIterator<Item = Update>) {
        let updates: Vec<_> = updates.into_iter().collect();
        self.state
            .send_modify(|state| state.updates.extend(updates));
    }

    /// What people see in a place, in order.
    pub fn shown_in(&self, address: &str) -> Vec<Shown> {
        let state = self.state.borrow();
        let shown = state.shown.iter();
        shown
            .filter(|shown| shown.address == address)
            .cloned()
            .collect()
    }

    /// The texts that people see in a place, in order.
    pub fn texts_in(&self, address: &str) -> Vec<String> {
        let shown = self.shown_in(address).into_iter();
        shown.map(|shown| shown.text).collect()
    }

    /// Waits until people see so many deliveries in a place; their texts.
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

    /// The next delivery meets this.
    pub fn fail_next(&self, fault: Fault) {
        self.state
            .send_modify(|state| state.faults.push_back(fault));
    }

    /// While it is down it takes nothing.
    pub fn set_down(&self, down: bool) {
        self.state.send_modify(|state| state.down = down);
    }

    /// Our own code for this platform panics where it waits for updates, once.
    pub fn panic_waiting(&self) {
        self.state.send_modify(|state| state.panics_waiting = true);
    }

    /// Our own code for this platform panics whenever it is to show what a turn does.
    pub fn panic_showing(&self) {
        self.state.send_modify(|state| state.panics_showing = true);
    }

    // What tests look at

    /// All that was ever posted, in order.
    pub fn updates(&self) -> Vec<Update> {
        self.state.borrow().updates.clone()
    }

    /// How many updates, from the first one on, we said that we have.
    pub fn acknowledged(&self) -> usize {
        self.state.borrow().acknowledged
    }

    /// Waits until we said so of that many.
    pub async fn until_acknowledged(&self, count: usize) {
        let mut state = self.state.subscribe();
        let enough = state.wait_for(|state| state.acknowledged >= count);
        drop(within(&format!("{count} updates are acknowledged"), enough).await);
    }

    /// All that people see, everywhere.
    pub fn shown(&self) -> Vec<Shown> {
        self.state.borrow().shown.clone()
    }

    /// Each call that asked to show something, whatever came of it.
    pub fn calls(&self) -> Vec<DeliveryId> {
        self.state.borrow().calls.clone()
    }

    /// Waits until there were so many calls.
    pub async fn until_called(&self, count: usize) {
        let mut state = self.state.subscribe();
        let enough = state.wait_for(|state| state.calls.len() >= count);
        drop(within(&format!("{count} deliveries are sent"), enough).await);
    }

    /// What turns were shown to be doing, in order.
    pub fn progress(&self) -> Vec<Progress> {
        self.state.borrow().progress.clone()
    }

    /// Waits until what turns were shown to be doing is as asked for.
    pub async fn until_progress(&self, what: &str, is: impl Fn(&[Progress]) -> bool) {
        let mut state = self.state.subscribe();
        let enough = state.wait_for(|state| is(&state.progress));
        drop(within(what, enough).await);
    }

    // The side that a channel talks to

    /// Waits for updates after number `position`; those, and the number of the last one.
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

    /// We say that we have everything up to this number.
    pub(crate) fn acknowledge(&self, position: usize) {
        self.state
            .send_modify(|state| state.acknowledged = state.acknowledged.max(position));
    }

    /// We ask it to show this.
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

    /// It shows this where it can.
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

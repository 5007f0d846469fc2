//! Tools for the cases: a store over a fresh ground, a program with this store, and `words` for messages,
//! ends and answers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use baton_core::id::Seq;
use baton_core::message::{Message, NewMessage};
use baton_core::name::{AgentName, ChannelName};
use baton_core::persona::{Persona, Personas};
use baton_core::slots::Slots;
use baton_core::store::{
    Attach, Direction, Outgoing, Post, Started, Store, Timeline, TurnEffect, Work,
};
use baton_core::turn::TurnEnd;

use super::Ground;

mod words;

pub(super) use words::{
    But, account, claim, claim_next, claim_of, cursor, dead, done, ended, ids, is_lost, job,
    message, now, place, priority, reply, retry, route, say, state, web,
};

/// The agent of this process.
pub(super) const ECHO: &str = "echo";
/// The agent of the outside workers.
pub(super) const HANDS: &str = "hands";
/// The lease of every claim in these cases.
pub(super) const LEASE: Duration = Duration::from_mins(1);
/// Just less than the lease.
pub(super) const NEARLY_LEASE: Duration = Duration::from_millis(59_999);
/// The tries of a message with a lost holder.
pub(super) const ATTEMPTS: u32 = 3;

/// Opens stores over one ground.
pub(super) struct Bed {
    ground: Arc<dyn Ground>,
}

impl Bed {
    pub(super) fn new(ground: Arc<dyn Ground>) -> Self {
        Self { ground }
    }

    /// A store without an attached process.
    pub(super) async fn open(&self) -> Arc<dyn Store> {
        self.ground.open().await
    }

    /// A program with eight turns of `echo` at once.
    pub(super) async fn start(&self) -> Process {
        self.start_with(8, &[(ECHO, 8)], 8).await
    }

    /// A program without turns, so that every message waits for a worker.
    pub(super) async fn start_idle(&self) -> Process {
        self.start_with(0, &[], 8).await
    }

    /// A program with these slots for turns in total, for turns of each agent, and for deliveries.
    pub(super) async fn start_with(
        &self,
        in_all: usize,
        of_agent: &[(&str, usize)],
        deliveries: usize,
    ) -> Process {
        let of_agent = of_agent
            .iter()
            .map(|(name, n)| (AgentName::from(*name), *n));
        let turns = Slots::new(in_all, of_agent);
        self.attach(turns, deliveries, BTreeSet::new()).await
    }

    /// A program whose `echo` accepts messages in running turns.
    pub(super) async fn start_steerable(&self) -> Process {
        let turns = Slots::new(8, [(ECHO.into(), 8)]);
        self.attach(turns, 8, BTreeSet::from([ECHO.into()])).await
    }

    /// A program without the channel of all messages in its configuration.
    pub(super) async fn start_without_channel(&self) -> Process {
        let turns = Slots::new(8, [(ECHO.into(), 8)]);
        let elsewhere = Slots::new(usize::MAX, [("elsewhere".into(), 8)]);
        self.attach_with(turns, elsewhere, BTreeSet::new(), personas())
            .await
    }

    /// A program without turns, and without this persona in its configuration.
    pub(super) async fn start_without_persona(&self, name: &str) -> Process {
        let deliveries = Slots::new(usize::MAX, [(web(), 8)]);
        let all = personas().all();
        let others = all.iter().filter(|persona| persona.name.as_str() != name);
        let others = others.map(|persona| Persona::clone(persona)).collect();
        self.attach_with(Slots::new(0, []), deliveries, BTreeSet::new(), others)
            .await
    }

    async fn attach(
        &self,
        turns: Slots<AgentName>,
        deliveries: usize,
        steerable: BTreeSet<AgentName>,
    ) -> Process {
        let deliveries = Slots::new(usize::MAX, [(web(), deliveries)]);
        self.attach_with(turns, deliveries, steerable, personas())
            .await
    }

    async fn attach_with(
        &self,
        turns: Slots<AgentName>,
        deliveries: Slots<ChannelName>,
        steerable: BTreeSet<AgentName>,
        personas: Personas,
    ) -> Process {
        let store = self.ground.open().await;
        let work = store
            .attach(Attach {
                turns: turns.clone(),
                deliveries,
                personas,
                steerable,
                attempts: ATTEMPTS,
            })
            .await
            .unwrap();
        Process { store, work, turns }
    }

    pub(super) fn advance(&self, pause: Duration) {
        self.ground.advance(pause);
    }

    pub(super) fn jump(&self, millis: i64) {
        self.ground.jump(millis);
    }
}

/// A program that uses the store. Dropping the value is a crash.
pub(super) struct Process {
    pub(super) store: Arc<dyn Store>,
    pub(super) work: Work,
    pub(super) turns: Slots<AgentName>,
}

impl Process {
    /// The next started turn.
    pub(super) async fn started(&mut self) -> Started {
        match soon(self.work.turns.recv()).await {
            Some(TurnEffect::Start(started)) => started,
            other => panic!("a turn should start, not {other:?}"),
        }
    }

    /// The next effect on a turn.
    pub(super) async fn effect(&mut self) -> TurnEffect {
        soon(self.work.turns.recv()).await.unwrap()
    }

    /// The next delivery to send.
    pub(super) async fn outgoing(&mut self) -> Outgoing {
        soon(self.work.deliveries.recv()).await.unwrap()
    }

    /// All turns started so far.
    pub(super) async fn all_started(&mut self) -> Vec<Started> {
        self.settle().await;
        let mut all = Vec::new();
        while let Ok(effect) = self.work.turns.try_recv() {
            match effect {
                TurnEffect::Start(started) => all.push(started),
                other => panic!("only starts are expected, not {other:?}"),
            }
        }
        all
    }

    /// All deliveries to send so far.
    pub(super) async fn all_outgoing(&mut self) -> Vec<Outgoing> {
        self.settle().await;
        std::iter::from_fn(|| self.work.deliveries.try_recv().ok()).collect()
    }

    pub(super) async fn nothing_starts(&mut self) {
        let started = self.all_started().await;
        assert!(started.is_empty(), "nothing should start, not {started:?}");
    }

    pub(super) async fn nothing_goes_out(&mut self) {
        let outgoing = self.all_outgoing().await;
        assert!(
            outgoing.is_empty(),
            "nothing should go out, not {outgoing:?}"
        );
    }

    /// Ends a turn with a reply.
    pub(super) async fn answer(&self, started: Started, text: &str) {
        let finish = done(&started.claim, text);
        self.store.finish(finish, Some(started.slot)).await.unwrap();
    }

    /// Ends a turn without a reply.
    pub(super) async fn end(&self, started: Started, end: TurnEnd) {
        let finish = ended(&started.claim, end);
        self.store.finish(finish, Some(started.slot)).await.unwrap();
    }

    /// Marks the next delivery as sent, and returns its text.
    pub(super) async fn carry(&mut self) -> String {
        let Outgoing { delivery, slot } = self.outgoing().await;
        let store = &self.store;
        store
            .delivery_sent(delivery.id, None, Some(slot))
            .await
            .unwrap();
        delivery.operation.text().to_owned()
    }

    /// Stores a message, answers it, and marks the answer as sent.
    pub(super) async fn exchange(&mut self, message: NewMessage, answer: &str) -> Message {
        let message = say(&*self.store, message).await;
        let started = self.started().await;
        self.answer(started, answer).await;
        self.carry().await;
        message
    }

    /// Waits until the effects of all commits so far are sent, by means of a later commit.
    pub(super) async fn settle(&self) {
        self.store
            .set_cursor(cursor("settle", "now"))
            .await
            .unwrap();
    }
}

/// All posts of a place.
pub(super) async fn timeline_of(store: &dyn Store, address: &str) -> Vec<Post> {
    let query = Timeline {
        channel: web(),
        account: account(),
        addresses: Some(vec![address.to_owned()]),
        direction: Direction::After(Seq::START),
        since: None,
        search: None,
        kinds: None,
        author_name: None,
        limit: 1_000,
        bytes: usize::MAX,
        longest: usize::MAX,
        not_in: Vec::new(),
        reach: usize::MAX,
        reach_bytes: usize::MAX,
    };
    store.timeline(query).await.unwrap().posts
}

/// Waits for the future. After 30 seconds, the case fails with the location of the caller.
#[track_caller]
pub(super) fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    async move {
        let waited = tokio::time::timeout(Duration::from_secs(30), future).await;
        let Ok(value) = waited else {
            panic!("what is waited for at {caller} did not come");
        };
        value
    }
}

/// The configured personas: `echo` answers for `bob` and `eve`, outside workers for the others.
fn personas() -> Personas {
    [
        ("bob", ECHO),
        ("eve", ECHO),
        ("hal", HANDS),
        ("quick", HANDS),
        ("slow", HANDS),
        ("other", HANDS),
    ]
    .map(|(persona, agent)| Persona::new(persona, agent))
    .into_iter()
    .collect()
}

//! Tools for the cases: a store over a fresh fixture, a program with this store, and `sample_values`:
//! messages, ends and answers.

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

use super::StoreFixture;

mod sample_values;

pub(super) use sample_values::{
    WithChange, claim_message, claim_next_request, claim_request, cursor_move, dead_end,
    default_account, external_ids, finish_with, finish_with_reply, ingest_message, is_lost,
    new_message, priority_of, read_message, read_state, reply_to, retry_end, route_to_bob,
    web_channel, web_place, worker_message,
};

/// The agent of this process.
pub(super) const ECHO: &str = "echo";
/// The agent of the outside workers.
pub(super) const WORKER_AGENT: &str = "hands";
/// The lease of every claim in these cases.
pub(super) const LEASE: Duration = Duration::from_mins(1);
/// Just less than the lease.
pub(super) const NEARLY_LEASE: Duration = Duration::from_millis(59_999);
/// The tries of a message with a lost holder.
pub(super) const ATTEMPTS: u32 = 3;

/// Opens stores over one fixture.
pub(super) struct CaseContext {
    fixture: Arc<dyn StoreFixture>,
}

impl CaseContext {
    pub(super) fn new(fixture: Arc<dyn StoreFixture>) -> Self {
        Self { fixture }
    }

    /// A store without an attached process.
    pub(super) async fn open_store(&self) -> Arc<dyn Store> {
        self.fixture.open_store().await
    }

    /// A program with eight turns of `echo` at once.
    pub(super) async fn start_process(&self) -> TestProcess {
        self.start_with(8, &[(ECHO, 8)], 8).await
    }

    /// A program without turns, so that every message waits for a worker.
    pub(super) async fn start_idle(&self) -> TestProcess {
        self.start_with(0, &[], 8).await
    }

    /// A program with these slots for turns in total, for turns of each agent, and for deliveries.
    pub(super) async fn start_with(
        &self,
        in_all: usize,
        of_agent: &[(&str, usize)],
        deliveries: usize,
    ) -> TestProcess {
        let of_agent = of_agent
            .iter()
            .map(|(name, n)| (AgentName::from(*name), *n));
        let turns = Slots::new(in_all, of_agent);
        self.attach_process(turns, deliveries, BTreeSet::new())
            .await
    }

    /// A program whose `echo` accepts messages in running turns.
    pub(super) async fn start_steerable(&self) -> TestProcess {
        let turns = Slots::new(8, [(ECHO.into(), 8)]);
        self.attach_process(turns, 8, BTreeSet::from([ECHO.into()]))
            .await
    }

    /// A program without the channel of all messages in its configuration.
    pub(super) async fn start_without_channel(&self) -> TestProcess {
        let turns = Slots::new(8, [(ECHO.into(), 8)]);
        let elsewhere = Slots::new(usize::MAX, [("elsewhere".into(), 8)]);
        self.attach_with(turns, elsewhere, BTreeSet::new(), configured_personas())
            .await
    }

    /// A program without turns, and without this persona in its configuration.
    pub(super) async fn start_without_persona(&self, name: &str) -> TestProcess {
        let deliveries = Slots::new(usize::MAX, [(web_channel(), 8)]);
        let all = configured_personas().all();
        let others = all.iter().filter(|persona| persona.name.as_str() != name);
        let others = others.map(|persona| Persona::clone(persona)).collect();
        self.attach_with(Slots::new(0, []), deliveries, BTreeSet::new(), others)
            .await
    }

    async fn attach_process(
        &self,
        turns: Slots<AgentName>,
        deliveries: usize,
        steerable: BTreeSet<AgentName>,
    ) -> TestProcess {
        let deliveries = Slots::new(usize::MAX, [(web_channel(), deliveries)]);
        self.attach_with(turns, deliveries, steerable, configured_personas())
            .await
    }

    async fn attach_with(
        &self,
        turns: Slots<AgentName>,
        deliveries: Slots<ChannelName>,
        steerable: BTreeSet<AgentName>,
        personas: Personas,
    ) -> TestProcess {
        let store = self.fixture.open_store().await;
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
        TestProcess { store, work, turns }
    }

    pub(super) fn advance_clocks(&self, pause: Duration) {
        self.fixture.advance_clocks(pause);
    }

    pub(super) fn move_wall_clock(&self, millis: i64) {
        self.fixture.move_wall_clock(millis);
    }
}

/// A program that uses the store. Dropping the value is a crash.
pub(super) struct TestProcess {
    pub(super) store: Arc<dyn Store>,
    pub(super) work: Work,
    pub(super) turns: Slots<AgentName>,
}

impl TestProcess {
    /// The next started turn.
    pub(super) async fn next_started(&mut self) -> Started {
        match wait_for(self.work.turns.recv()).await {
            Some(TurnEffect::Start(started)) => started,
            other => panic!("a turn should start, not {other:?}"),
        }
    }

    /// The next effect on a turn.
    pub(super) async fn next_effect(&mut self) -> TurnEffect {
        wait_for(self.work.turns.recv()).await.unwrap()
    }

    /// The next delivery to send.
    pub(super) async fn next_outgoing(&mut self) -> Outgoing {
        wait_for(self.work.deliveries.recv()).await.unwrap()
    }

    /// All turns started so far.
    pub(super) async fn all_started(&mut self) -> Vec<Started> {
        self.wait_for_effects().await;
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
        self.wait_for_effects().await;
        std::iter::from_fn(|| self.work.deliveries.try_recv().ok()).collect()
    }

    pub(super) async fn assert_nothing_starts(&mut self) {
        let started = self.all_started().await;
        assert!(started.is_empty(), "nothing should start, not {started:?}");
    }

    pub(super) async fn assert_nothing_goes_out(&mut self) {
        let outgoing = self.all_outgoing().await;
        assert!(
            outgoing.is_empty(),
            "nothing should go out, not {outgoing:?}"
        );
    }

    /// Ends a turn with a reply.
    pub(super) async fn answer_turn(&self, started: Started, text: &str) {
        let finish = finish_with_reply(&started.claim, text);
        self.store.finish(finish, Some(started.slot)).await.unwrap();
    }

    /// Ends a turn without a reply.
    pub(super) async fn end_turn(&self, started: Started, end: TurnEnd) {
        let finish = finish_with(&started.claim, end);
        self.store.finish(finish, Some(started.slot)).await.unwrap();
    }

    /// Marks the next delivery as sent, and returns its text.
    pub(super) async fn mark_next_sent(&mut self) -> String {
        let outgoing = self.next_outgoing().await;
        let attempt = outgoing.attempt();
        let Outgoing { delivery, slot, .. } = outgoing;
        let sent = self.store.delivery_sent(attempt, None, Some(slot));
        sent.await.unwrap();
        delivery.operation.text().to_owned()
    }

    /// Stores a message, answers it, and marks the answer as sent.
    pub(super) async fn complete_exchange(&mut self, message: NewMessage, answer: &str) -> Message {
        let message = ingest_message(&*self.store, message).await;
        let started = self.next_started().await;
        self.answer_turn(started, answer).await;
        self.mark_next_sent().await;
        message
    }

    /// Waits until the effects of all commits so far are sent, by means of a later commit.
    pub(super) async fn wait_for_effects(&self) {
        self.store
            .set_cursor(cursor_move("settle", "now"))
            .await
            .unwrap();
    }
}

/// All posts of a place.
pub(super) async fn timeline_of(store: &dyn Store, address: &str) -> Vec<Post> {
    let query = Timeline {
        channel: web_channel(),
        account: default_account(),
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
pub(super) fn wait_for<F: Future>(future: F) -> impl Future<Output = F::Output> {
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
fn configured_personas() -> Personas {
    [
        ("bob", ECHO),
        ("eve", ECHO),
        ("hal", WORKER_AGENT),
        ("quick", WORKER_AGENT),
        ("slow", WORKER_AGENT),
        ("other", WORKER_AGENT),
    ]
    .map(|(persona, agent)| Persona::new(persona, agent))
    .into_iter()
    .collect()
}

//! What the cases are written with: a store over fresh ground, a program that runs on it, and short
//! words for messages, ends and answers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use baton_core::delivery::{NewDelivery, Operation};
use baton_core::id::Seq;
use baton_core::message::{Author, Message, MessageState, NewMessage};
use baton_core::name::{AccountName, AgentName, ChannelName, WorkerId};
use baton_core::persona::{Persona, Personas};
use baton_core::place::{Place, QueueMode, Route};
use baton_core::slots::Slots;
use baton_core::store::{
    Attach, ClaimMessage, ClaimNext, Claimed, CursorMove, Direction, Finish, Ingested, LeaseError,
    Outgoing, Post, Started, Store, Timeline, TurnEffect, Work,
};
use baton_core::turn::{Claim, SessionChange, TurnEnd, Usage};

use super::Ground;

/// The agent that runs in-process.
pub(super) const ECHO: &str = "echo";
/// The agent whose turns outside workers run.
pub(super) const HANDS: &str = "hands";
/// The lease of every claim here.
pub(super) const LEASE: Duration = Duration::from_mins(1);
/// Just short of it.
pub(super) const NEARLY_LEASE: Duration = Duration::from_millis(59_999);
/// How many tries a message has whose holder goes away.
pub(super) const ATTEMPTS: u32 = 3;

/// A ground to open stores over.
pub(super) struct Bed {
    ground: Box<dyn Ground>,
}

impl Bed {
    pub(super) fn new(ground: impl Ground) -> Self {
        Self {
            ground: Box::new(ground),
        }
    }

    /// A store that is not handed work.
    pub(super) async fn open(&self) -> Arc<dyn Store> {
        self.ground.open().await
    }

    /// A program that runs eight turns of `echo` at once.
    pub(super) async fn start(&self) -> Process {
        self.start_with(8, &[(ECHO, 8)], 8).await
    }

    /// A program that runs nothing, so that every message waits until a worker claims it.
    pub(super) async fn start_idle(&self) -> Process {
        self.start_with(0, &[], 8).await
    }

    /// A program with so many slots in all, for each agent, and for deliveries.
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

    /// A program whose `echo` takes messages into running turns.
    pub(super) async fn start_steerable(&self) -> Process {
        let turns = Slots::new(8, [(ECHO.into(), 8)]);
        self.attach(turns, 8, BTreeSet::from([ECHO.into()])).await
    }

    /// A program in whose configuration the channel of all messages is no more.
    pub(super) async fn start_without_channel(&self) -> Process {
        let turns = Slots::new(8, [(ECHO.into(), 8)]);
        let elsewhere = Slots::new(usize::MAX, [("elsewhere".into(), 8)]);
        self.attach_with(turns, elsewhere, BTreeSet::new()).await
    }

    async fn attach(
        &self,
        turns: Slots<AgentName>,
        deliveries: usize,
        steerable: BTreeSet<AgentName>,
    ) -> Process {
        let deliveries = Slots::new(usize::MAX, [(web(), deliveries)]);
        self.attach_with(turns, deliveries, steerable).await
    }

    async fn attach_with(
        &self,
        turns: Slots<AgentName>,
        deliveries: Slots<ChannelName>,
        steerable: BTreeSet<AgentName>,
    ) -> Process {
        let store = self.ground.open().await;
        let work = store
            .attach(Attach {
                turns: turns.clone(),
                deliveries,
                personas: personas(),
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

/// A program that runs on the store; it crashes when it is dropped.
pub(super) struct Process {
    pub(super) store: Arc<dyn Store>,
    pub(super) work: Work,
    pub(super) turns: Slots<AgentName>,
}

impl Process {
    /// The next turn that is this program's to run.
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

    /// The next delivery that is this program's to carry.
    pub(super) async fn outgoing(&mut self) -> Outgoing {
        soon(self.work.deliveries.recv()).await.unwrap()
    }

    /// All turns that are this program's to run by now.
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

    /// All deliveries that are this program's to carry by now.
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

    /// Ends a turn in this way, saying nothing.
    pub(super) async fn end(&self, started: Started, end: TurnEnd) {
        let finish = ended(&started.claim, end);
        self.store.finish(finish, Some(started.slot)).await.unwrap();
    }

    /// Carries the next delivery to its platform.
    pub(super) async fn carry(&mut self) -> String {
        let Outgoing { delivery, slot } = self.outgoing().await;
        let store = &self.store;
        store
            .delivery_sent(delivery.id, None, Some(slot))
            .await
            .unwrap();
        delivery.operation.text().to_owned()
    }

    /// Says this, has it answered, and has the answer delivered.
    pub(super) async fn exchange(&mut self, message: NewMessage, answer: &str) -> Message {
        let message = say(&*self.store, message).await;
        let started = self.started().await;
        self.answer(started, answer).await;
        self.carry().await;
        message
    }

    /// Returns when the effects of all commits so far are handed out: a later commit is through.
    async fn settle(&self) {
        self.store
            .set_cursor(cursor("settle", "now"))
            .await
            .unwrap();
    }
}

/// All that was said in a place.
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
        not_in: Vec::new(),
        reach: usize::MAX,
    };
    store.timeline(query).await.unwrap().posts
}

/// The future's value; a case that hangs fails, with the line that waits.
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

pub(super) fn web() -> ChannelName {
    "web".into()
}

pub(super) fn account() -> AccountName {
    "default".into()
}

pub(super) fn place(address: &str) -> Place {
    Place {
        channel: web(),
        account: account(),
        address: address.to_owned(),
    }
}

/// Who is configured: `bob` and `eve` are answered for by `echo`, the others by outside workers.
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

/// A route to the persona `bob`, who is answered for by `echo`.
pub(super) fn route(address: &str) -> Route {
    Route {
        place: place(address),
        persona: "bob".into(),
        agent: ECHO.into(),
        mode: QueueMode::Queue,
        waiting_limit: 100,
    }
}

/// A message to the persona `bob` in that place; its text is `text of ID`.
pub(super) fn message(address: &str, id: &str) -> NewMessage {
    NewMessage {
        external_id: id.into(),
        route: route(address),
        author: Author {
            id: "person-1".into(),
            name: "Ada".to_owned(),
        },
        text: format!("text of {id}"),
        attachments: Vec::new(),
        reply_to: None,
        reply_route: serde_json::Value::Null,
        extra: serde_json::Value::Null,
        priority: baton_core::message::Priority::default(),
    }
}

/// A message that an outside worker is to answer.
pub(super) fn job(address: &str, id: &str) -> NewMessage {
    message(address, id).but(|message| {
        message.route.persona = "hal".into();
        message.route.agent = HANDS.into();
    })
}

/// A value, but for this.
pub(super) trait But: Sized {
    fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl But for NewMessage {}
impl But for Finish {}
impl But for ClaimNext {}
impl But for ClaimMessage {}
impl But for baton_core::store::Timeline {}

pub(super) fn priority(value: u8) -> baton_core::message::Priority {
    value.try_into().unwrap()
}

pub(super) fn cursor(reader: &str, position: &str) -> CursorMove {
    CursorMove {
        channel: web(),
        account: account(),
        reader: reader.to_owned(),
        position: position.to_owned(),
    }
}

/// Stores one message that is new.
pub(super) async fn say(store: &dyn Store, message: NewMessage) -> Message {
    match store.ingest(message.into()).await.unwrap().remove(0) {
        Ingested::Stored(message) => message,
        other => panic!("it should be stored, not {other:?}"),
    }
}

/// What that message is now.
pub(super) async fn now(store: &dyn Store, message: &Message) -> Message {
    store.message(message.id).await.unwrap().unwrap()
}

/// What became of that message.
pub(super) async fn state(store: &dyn Store, message: &Message) -> MessageState {
    now(store, message).await.state
}

pub(super) fn claim_of(message: &Message, worker: &str) -> ClaimMessage {
    ClaimMessage {
        message: message.id,
        worker: worker.into(),
        lease: LEASE,
        agents: vec![HANDS.into()],
    }
}

pub(super) fn claim_next(worker: &str) -> ClaimNext {
    ClaimNext {
        worker: WorkerId::from(worker),
        personas: Vec::new(),
        lease: LEASE,
        agents: vec![HANDS.into()],
        of: None,
        not_in: Vec::new(),
    }
}

/// A worker's claim of a message that it can have.
pub(super) async fn claim(store: &dyn Store, message: &Message, worker: &str) -> Claim {
    let Claimed { claim, lease } = store.claim(claim_of(message, worker)).await.unwrap();
    assert_eq!(lease, LEASE);
    claim
}

/// Ends the turn in this way, saying nothing.
pub(super) fn ended(claim: &Claim, end: TurnEnd) -> Finish {
    Finish {
        turn: claim.turn,
        fence: claim.fence,
        end,
        taken: claim.messages.iter().map(|message| message.id).collect(),
        deliveries: Vec::new(),
        session: SessionChange::Keep,
        usage: Usage::default(),
        rest: Duration::ZERO,
    }
}

/// Ends the turn with a reply to its last message.
pub(super) fn done(claim: &Claim, text: &str) -> Finish {
    ended(claim, TurnEnd::Done).but(|finish| finish.deliveries.push(reply(claim, text)))
}

/// A reply to the last message of the turn.
pub(super) fn reply(claim: &Claim, text: &str) -> NewDelivery {
    NewDelivery {
        operation: Operation::reply(text),
        message: claim.messages.last().unwrap().id,
    }
}

pub(super) fn retry(pause: Duration) -> TurnEnd {
    TurnEnd::Retry {
        reason: "the model stumbled".to_owned(),
        pause,
    }
}

pub(super) fn dead() -> TurnEnd {
    TurnEnd::Dead {
        reason: "the model will not".to_owned(),
    }
}

pub(super) fn is_lost(result: &Result<(), LeaseError>) -> bool {
    matches!(result, Err(LeaseError::Lost(_)))
}

/// The external ids of a claim's messages.
pub(super) fn ids(claim: &Claim) -> Vec<&str> {
    let ids = claim
        .messages
        .iter()
        .map(|message| message.external_id.as_str());
    ids.collect()
}

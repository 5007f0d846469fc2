//! The same operations on the real store.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use baton_core::delivery::{DeliveryState, NewDelivery, Operation};
use baton_core::message::{Author, Message, NewMessage};
use baton_core::name::AgentName;
use baton_core::persona::Persona;
use baton_core::place::{Place, QueueMode, Route};
use baton_core::slots::{Slot, Slots};
use baton_core::store::{
    Attach, ClaimNext, Claimed, ControlError, CursorMove, DeliveryFailure, Finish, Ingested,
    LeaseError, Outgoing, Started, Stopped, Store, TurnEffect, Work,
};
use baton_core::turn::{Claim, SessionChange, TurnEnd, Usage};
use baton_store::sqlite::Sqlite;
use baton_testkit::clock::SimClock;
use baton_testkit::tally;
use tempfile::TempDir;

use super::plain::{Seen, States};
use super::{ATTEMPTS, End, LEASE, LIMIT, Op, Outcome, PAUSE, SLOTS, WORKERS};

pub(crate) struct Real {
    folder: TempDir,
    clock: Arc<SimClock>,
    process: Option<Process>,
    /// In the order of arrival.
    messages: Vec<Message>,
    /// All turns ever started, each with its slot until the slot is returned.
    turns: Vec<(Claim, Option<Slot<AgentName>>)>,
}

struct Process {
    store: Arc<dyn Store>,
    work: Work,
    sending: Vec<Outgoing>,
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs())
}

fn agent(conversation: usize) -> &'static str {
    match conversation {
        WORKERS => "hands",
        _ => "agent",
    }
}

impl Real {
    pub(crate) async fn open() -> Self {
        let mut real = Self {
            folder: TempDir::new().unwrap(),
            clock: SimClock::shared(),
            process: None,
            messages: Vec::new(),
            turns: Vec::new(),
        };
        real.start().await;
        real
    }

    async fn start(&mut self) {
        let path = self.folder.path().join("baton.db");
        let store = Sqlite::open(&path, self.clock.clone()).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let attach = Attach {
            turns: Slots::new(SLOTS, [("agent".into(), SLOTS)]),
            deliveries: Slots::new(usize::MAX, [("fake".into(), 100)]),
            personas: ["agent", "hands"]
                .map(|agent| Persona::new(agent, agent))
                .into_iter()
                .collect(),
            steerable: BTreeSet::new(),
            attempts: ATTEMPTS,
        };
        let work = store.attach(attach).await.unwrap();
        self.process = Some(Process {
            store,
            work,
            sending: Vec::new(),
        });
    }

    pub(crate) async fn apply(&mut self, op: &Op) -> Seen {
        let mut seen = Seen::default();
        seen.answer = self.command(op, &mut seen).await.to_owned();
        self.collect(&mut seen).await;
        seen
    }

    pub(crate) async fn states(&self) -> States {
        let store = self.store();
        let mut messages = Vec::new();
        for message in &self.messages {
            let now = store.message(message.id).await.unwrap().unwrap();
            let id = now.external_id.as_str().parse().unwrap();
            messages.push((id, now.state, now.attempts));
        }
        let counts = store.counts().await.unwrap();
        assert_eq!(counts.received, messages.len() as u64);
        assert_eq!(counts.received, counts.messages.values().sum::<u64>());
        let deliveries = DeliveryState::ALL.map(|state| counts.deliveries_in(state));
        States {
            messages,
            deliveries: deliveries.to_vec(),
        }
    }

    /// The wrong sums in the store's files.
    pub(crate) fn miscounted(mut self) -> Vec<String> {
        self.process = None;
        tally::miscounted(&self.folder.path().join("baton.db"))
    }

    fn store(&self) -> &Arc<dyn Store> {
        &self.process.as_ref().unwrap().store
    }

    async fn command(&mut self, op: &Op, seen: &mut Seen) -> &'static str {
        match *op {
            Op::Ingest {
                conversation,
                id,
                priority,
            } => self.ingest(conversation, id, priority).await,
            Op::ClaimNext => {
                let claim = ClaimNext {
                    worker: "worker".into(),
                    personas: Vec::new(),
                    lease: seconds(LEASE),
                    agents: vec!["hands".into()],
                    of: None,
                    not_in: Vec::new(),
                };
                match self.store().claim_next(claim).await.unwrap() {
                    Some(Claimed { claim, .. }) => {
                        self.handed_out(claim, None, seen);
                        "claimed"
                    }
                    None => "nothing",
                }
            }
            Op::Finish { turn, end } => self.finish(turn, end).await,
            Op::Stop { message } => {
                let Some(message) = self.choose(message) else {
                    return "nothing";
                };
                match self.store().stop(message.id, &"ada".into()).await {
                    Ok(Stopped::Withdrawn) => "withdrawn",
                    Ok(Stopped::Running(_)) => "runs here",
                    Err(ControlError::NotPossible { .. }) => "not possible",
                    Err(error) => panic!("{error}"),
                }
            }
            Op::Replay { message } => {
                let Some(message) = self.choose(message) else {
                    return "nothing";
                };
                match self.store().replay(message.id.into(), &"ada".into()).await {
                    Ok(_) => "replayed",
                    Err(ControlError::NotPossible { .. }) => "not possible",
                    Err(error) => panic!("{error}"),
                }
            }
            Op::Deliver { delivery, outcome } => self.deliver(delivery, outcome).await,
            Op::Advance { seconds: passed } => {
                self.clock.advance(seconds(passed));
                self.store().expire().await.unwrap();
                "expired"
            }
            Op::Reopen => {
                for (_, slot) in &mut self.turns {
                    *slot = None;
                }
                self.process = None;
                self.clock = self.clock.restarted();
                self.start().await;
                "reopened"
            }
        }
    }

    async fn ingest(&mut self, conversation: usize, id: u8, priority: u8) -> &'static str {
        let new = NewMessage {
            external_id: id.to_string().into(),
            part_ids: Vec::new(),
            route: Route {
                place: Place {
                    channel: "fake".into(),
                    account: "default".into(),
                    address: conversation.to_string(),
                },
                persona: agent(conversation).into(),
                agent: agent(conversation).into(),
                mode: QueueMode::Queue,
                waiting_limit: u32::try_from(LIMIT).unwrap(),
            },
            author: Author {
                id: "ada".into(),
                name: "Ada".to_owned(),
            },
            text: format!("text {id}"),
            attachments: Vec::new(),
            reply_to: None,
            reply_route: serde_json::Value::Null,
            extra: serde_json::Value::Null,
            priority: priority.try_into().unwrap(),
        };
        let outcome = self.store().ingest(new.into()).await.unwrap().remove(0);
        let answer = match outcome {
            Ingested::Duplicate(_) => return "duplicate",
            Ingested::Stored(_) => "stored",
            Ingested::Refused(_) => "refused",
        };
        let message = outcome.message().clone();
        // The store may accept a message that it refused before.
        if self.messages.iter().all(|known| known.id != message.id) {
            self.messages.push(message);
        }
        answer
    }

    async fn finish(&mut self, turn: usize, end: End) -> &'static str {
        if self.turns.is_empty() {
            return "nothing";
        }
        let n = turn % self.turns.len();
        let slot = self.turns[n].1.take();
        let claim = &self.turns[n].0;
        let reason = "because".to_owned();
        let mut finish = Finish {
            turn: claim.turn,
            fence: claim.fence,
            end: match end {
                End::Done => TurnEnd::Done,
                End::Retry => TurnEnd::Retry {
                    reason,
                    pause: seconds(PAUSE),
                    unavailable: false,
                },
                End::Dead => TurnEnd::Dead { reason },
                End::Cancelled => TurnEnd::Cancelled { reason },
                End::Interrupted => TurnEnd::Interrupted,
            },
            detail: None,
            taken: claim.messages.iter().map(|message| message.id).collect(),
            deliveries: Vec::new(),
            session: SessionChange::Keep,
            usage: Usage::default(),
            rest: Duration::ZERO,
        };
        if let End::Done = end {
            let message = &claim.messages[0];
            finish.deliveries.push(NewDelivery {
                operation: Operation::reply(format!("answer to {}", message.external_id)),
                message: message.id,
            });
        }
        match self.store().finish(finish, slot).await {
            Ok(()) => "finished",
            Err(LeaseError::Lost(_)) => "lost",
            Err(LeaseError::Store(error)) => panic!("{error}"),
        }
    }

    async fn deliver(&mut self, delivery: usize, outcome: Outcome) -> &'static str {
        let process = self.process.as_mut().unwrap();
        if process.sending.is_empty() {
            return "nothing";
        }
        // The model visits one outbox after the other, so the order must match.
        process
            .sending
            .sort_by_key(|outgoing| outgoing.delivery.place.address.clone());
        let n = delivery % process.sending.len();
        let outgoing = process.sending.remove(n);
        let (attempt, slot) = (outgoing.attempt(), Some(outgoing.slot));
        let reason = "because".to_owned();
        let pause = seconds(PAUSE);
        let failure = match outcome {
            Outcome::Sent => {
                let sent = process.store.delivery_sent(attempt, None, slot);
                sent.await.unwrap();
                return "kept";
            }
            Outcome::Later => DeliveryFailure::Retry { reason, pause },
            Outcome::Unknown => DeliveryFailure::Unknown { reason, pause },
            Outcome::Dead => DeliveryFailure::Dead { reason },
        };
        let failed = process.store.delivery_failed(attempt, failure, slot);
        failed.await.unwrap();
        "kept"
    }

    /// Collects the turns and deliveries that all commits so far have handed out.
    async fn collect(&mut self, seen: &mut Seen) {
        // After a later commit has returned, the effects of all earlier commits have arrived.
        let marker = CursorMove {
            channel: "fake".into(),
            account: "default".into(),
            reader: "marker".to_owned(),
            position: String::new(),
        };
        self.store().set_cursor(marker).await.unwrap();
        let mut started = Vec::new();
        let process = self.process.as_mut().unwrap();
        while let Ok(effect) = process.work.turns.try_recv() {
            match effect {
                TurnEffect::Start(Started { claim, slot }) => started.push((claim, slot)),
                // The answer to the command tells the same.
                TurnEffect::Stop(..) => {}
                other => panic!("{other:?} without interrupt or steer"),
            }
        }
        while let Ok(outgoing) = process.work.deliveries.try_recv() {
            let delivery = &outgoing.delivery;
            let text = match &delivery.operation {
                Operation::Reply { text, .. } => text.clone(),
                other => other.kind().to_owned(),
            };
            let conversation = delivery.place.address.parse().unwrap();
            seen.outgoing
                .push((conversation, text, delivery.maybe_repeated));
            process.sending.push(outgoing);
        }
        // Outboxes are independent of each other, so the order between outboxes does not matter.
        seen.outgoing.sort();
        for (claim, slot) in started {
            self.handed_out(claim, Some(slot), seen);
        }
    }

    fn handed_out(&mut self, claim: Claim, slot: Option<Slot<AgentName>>, seen: &mut Seen) {
        assert_eq!(claim.messages.len(), 1);
        let id = claim.messages[0].external_id.as_str().parse().unwrap();
        seen.started.push((id, claim.attempt));
        self.turns.push((claim, slot));
    }

    fn choose(&self, message: usize) -> Option<&Message> {
        let n = message.checked_rem(self.messages.len())?;
        self.messages.get(n)
    }
}

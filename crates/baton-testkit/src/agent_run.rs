//! Runs one turn of an agent without a dispatcher, for the tests of agents.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use baton_core::agent::Agent;
//! # use baton_testkit::agent_run::{AgentRun, turn};
//! # async fn example(agent: Arc<dyn Agent>) {
//! let mut run = AgentRun::start(&agent, turn("hello"));
//! run.said("hel").await; // until the agent has said this text
//! run.stop();
//! let reply = run.end().await.unwrap();
//! # }
//! ```

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use baton_core::activity::{Activities, Activity};
use baton_core::agent::{Agent, AgentError, Reply, Said, Turn, TurnIo};
use baton_core::approval::{Question, Verdict};
use baton_core::clock::Wall;
use baton_core::files::TurnFiles;
use baton_core::id::{ConversationId, Fence, Generation, MessageId, TurnId};
use baton_core::message::{Author, Message, MessageState, Priority};
use baton_core::name::SessionId;
use baton_core::persona::Persona;
use baton_core::place::Place;
use baton_core::turn::{Claim, Usage};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The longest wait of a test for an expected event. The limit is long because real agents need seconds to
/// answer on a busy machine, and only a failing test waits so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for `future` and returns its value. Panics with `what` after one minute.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let Ok(value) = tokio::time::timeout(PATIENCE, future).await else {
        panic!("not within {} s: {what}", PATIENCE.as_secs());
    };
    value
}

/// Builds the first attempt to answer one message by `ann` in its own conversation. A test can change every
/// field. The conversation's number is unique in this process and among processes running now.
pub fn turn(text: &str) -> Turn {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    let number = i64::from(std::process::id()) * 1_000_000 + NEXT.fetch_add(1, Ordering::Relaxed);
    let place = Place {
        channel: "web".into(),
        account: "default".into(),
        address: "main".to_owned(),
    };
    let conversation = ConversationId(number);
    let message = Message {
        id: MessageId(number),
        conversation,
        place: place.clone(),
        persona: "baton".into(),
        external_id: number.to_string().into(),
        author: Author {
            id: "ann".into(),
            name: "ann".to_owned(),
        },
        text: text.to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        reply_route: serde_json::Value::Null,
        extra: serde_json::Value::Null,
        priority: Priority::default(),
        at: Wall(0),
        state: MessageState::Running,
        reason: None,
        attempts: 1,
        unavailable: 0,
        turn: Some(TurnId(number)),
    };
    Turn {
        claim: Claim {
            turn: TurnId(number),
            conversation,
            place,
            persona: "baton".into(),
            agent: "agent".into(),
            messages: vec![message],
            session: None,
            model: None,
            generation: Generation(1),
            fence: Fence(1),
            attempt: 1,
            unavailable: 0,
            interrupted: false,
        },
        persona: Persona::new("baton", "agent"),
        history: Vec::new(),
        files: TurnFiles::default(),
    }
}

/// A running turn. Every side effect and session that the agent reports is confirmed as stored.
pub struct AgentRun {
    stop: CancellationToken,
    steer: mpsc::UnboundedSender<Message>,
    heard: mpsc::Receiver<Said>,
    run: JoinHandle<Result<Reply, AgentError>>,
    so_far: String,
    effects: bool,
    session: Option<SessionId>,
    activities: Activities,
    used: Usage,
    taken: Vec<MessageId>,
    asks: VecDeque<(Question, oneshot::Sender<Verdict>)>,
}

impl AgentRun {
    /// Starts a turn.
    pub fn start(agent: &Arc<dyn Agent>, turn: Turn) -> Self {
        let stop = CancellationToken::new();
        let (steer, steered) = mpsc::unbounded_channel();
        let (mut io, heard) = TurnIo::new(stop.clone(), steered);
        let agent = Arc::clone(agent);
        Self {
            stop,
            steer,
            heard,
            run: tokio::spawn(async move { agent.run(&turn, &mut io).await }),
            so_far: String::new(),
            effects: false,
            session: None,
            activities: Activities::default(),
            used: Usage::default(),
            taken: Vec::new(),
            asks: VecDeque::new(),
        }
    }

    /// Tells the agent to end the turn.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Hands a message to the running turn.
    pub fn steer(&self, message: Message) {
        let _ = self.steer.send(message);
    }

    /// The text heard from the agent so far.
    pub fn so_far(&self) -> &str {
        &self.so_far
    }

    /// Whether the agent has reported a side effect, among the events heard so far.
    pub fn has_effects(&self) -> bool {
        self.effects
    }

    /// The last session that the agent has reported, among the events heard so far.
    pub fn session(&self) -> Option<&SessionId> {
        self.session.as_ref()
    }

    /// Whether the agent has returned.
    pub fn is_over(&self) -> bool {
        self.run.is_finished()
    }

    /// The activities of the agent heard so far.
    pub fn activities(&self) -> &[Activity] {
        self.activities.all()
    }

    /// The steered messages that the agent has taken, among the events heard so far.
    pub fn taken(&self) -> &[MessageId] {
        &self.taken
    }

    /// The usage that the agent has reported, among the events heard so far.
    pub fn used(&self) -> &Usage {
        &self.used
    }

    /// Listens until the agent asks people a question; panics if the turn ends first. The caller answers
    /// through the returned sender.
    pub async fn asked(&mut self) -> (Question, oneshot::Sender<Verdict>) {
        let any = async {
            loop {
                if let Some(asked) = self.asks.pop_front() {
                    return asked;
                }
                assert!(self.hear().await, "it ended and had asked nothing");
            }
        };
        within("the agent asks", any).await
    }

    /// Listens until the whole text so far contains `text`; panics if the turn ends first.
    pub async fn said(&mut self, text: &str) {
        let all = async {
            while !self.so_far.contains(text) {
                let goes_on = self.hear().await;
                assert!(goes_on, "it ended and had said only {:?}", self.so_far);
            }
        };
        within(&format!("the agent says {text:?}"), all).await;
    }

    /// Listens while `awaited` runs, so that the agent's requests to store something are confirmed.
    pub async fn meanwhile<T>(&mut self, awaited: impl Future<Output = T>) -> T {
        let listening = async {
            while self.hear().await {}
            std::future::pending::<()>().await;
        };
        tokio::select! {
            awaited = awaited => awaited,
            () = listening => unreachable!("it is pending"),
        }
    }

    /// Listens until the agent has sent its last event.
    pub async fn heard_out(&mut self) {
        let over = async { while self.hear().await {} };
        within("the turn is over", over).await;
    }

    /// Listens until the agent says any text; panics if the turn ends first.
    pub async fn said_something(&mut self) {
        let anything = async {
            while self.so_far.is_empty() {
                assert!(self.hear().await, "it ended and had said nothing");
            }
        };
        within("the agent says something", anything).await;
    }

    /// Listens to the end of the turn. A panic of the agent fails the test.
    pub async fn end(self) -> Result<Reply, AgentError> {
        self.end_and_said().await.0
    }

    /// Listens to the end of the turn. Returns the agent's result and the whole text.
    pub async fn end_and_said(mut self) -> (Result<Reply, AgentError>, String) {
        let end = async {
            while self.hear().await {}
            (&mut self.run).await.expect("the agent died")
        };
        let end = within("the agent returns", end).await;
        (end, self.so_far)
    }

    /// Stops listening while the turn goes on, and returns the agent's result.
    pub async fn end_unheard(self) -> Result<Reply, AgentError> {
        drop(self.heard);
        let end = within("the agent returns when nobody listens", self.run).await;
        end.expect("the agent died")
    }

    /// Drops the running turn, as the dispatcher does when an agent does not return in time.
    pub async fn abandon(self) {
        self.run.abort();
        let _ = within("the agent's future is dropped", self.run).await;
    }

    /// Waits for the next event of the agent; false after the last event.
    async fn hear(&mut self) -> bool {
        match self.heard.recv().await {
            Some(Said::Text(text)) => self.so_far.push_str(&text),
            Some(Said::Effects(stored)) => {
                self.effects = true;
                let _ = stored.send(());
            }
            Some(Said::Session(session, stored)) => {
                self.session = Some(session);
                let _ = stored.send(());
            }
            Some(Said::Did(activity)) => self.activities.note(activity),
            Some(Said::Asks(question, decided)) => self.asks.push_back((question, decided)),
            Some(Said::Took(message)) => self.taken.push(message),
            Some(Said::Used(usage)) => self.used = usage,
            // This harness keeps no turn limit.
            Some(Said::Waits(_) | Said::GoesOn) => {}
            None => return false,
        }
        true
    }
}

//! Runs one turn of an agent, without a dispatcher: what an agent's own tests need.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use baton_core::agent::Agent;
//! # use baton_testkit::agent_run::{AgentRun, turn};
//! # async fn example(agent: Arc<dyn Agent>) {
//! let mut run = AgentRun::start(&agent, turn("hello"));
//! run.said("hel").await; // until it has said so much
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

/// How long a test waits for what must happen. Long, because only a failing test waits so long, and real
/// agents need seconds of work until they answer, on a machine that may be busy with others.
const PATIENCE: Duration = Duration::from_mins(1);

/// What `future` brings; a panic that says what did not happen if it never comes.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let Ok(value) = tokio::time::timeout(PATIENCE, future).await else {
        panic!("not within {} s: {what}", PATIENCE.as_secs());
    };
    value
}

/// A first try to answer one message by `ann` in a conversation of its own; every field can be
/// changed. No other conversation has its number, in this process or in another that runs now.
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

/// A turn that runs. Whatever it begins as a side effect is granted.
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
    /// Begins a turn.
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

    /// Tells it to end.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Hands a message into it.
    pub fn steer(&self, message: Message) {
        let _ = self.steer.send(message);
    }

    /// All that it has said, as far as it was listened to.
    pub fn so_far(&self) -> &str {
        &self.so_far
    }

    /// Whether it has begun to act on the world, as far as it was listened to.
    pub fn has_effects(&self) -> bool {
        self.effects
    }

    /// The session that it has kept, as far as it was listened to.
    pub fn session(&self) -> Option<&SessionId> {
        self.session.as_ref()
    }

    /// Whether it has returned.
    pub fn is_over(&self) -> bool {
        self.run.is_finished()
    }

    /// All that it has done, as far as it was listened to.
    pub fn activities(&self) -> &[Activity] {
        self.activities.all()
    }

    /// The messages that it took of those that were handed into it, as far as it was listened to.
    pub fn taken(&self) -> &[MessageId] {
        &self.taken
    }

    /// What it has used, as far as it was listened to.
    pub fn used(&self) -> &Usage {
        &self.used
    }

    /// Listens until it asks people something; panics if it ends before. What is sent back is what
    /// they decided.
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

    /// Listens until what it said, taken together, holds `text`; panics if it ends before.
    pub async fn said(&mut self, text: &str) {
        let all = async {
            while !self.so_far.contains(text) {
                let goes_on = self.hear().await;
                assert!(goes_on, "it ended and had said only {:?}", self.so_far);
            }
        };
        within(&format!("the agent says {text:?}"), all).await;
    }

    /// Listens while something else is waited for, so that what it wants kept is granted.
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

    /// Listens until it has nothing more to say.
    pub async fn heard_out(&mut self) {
        let over = async { while self.hear().await {} };
        within("the turn is over", over).await;
    }

    /// Listens until it says anything at all; panics if it ends before.
    pub async fn said_something(&mut self) {
        let anything = async {
            while self.so_far.is_empty() {
                assert!(self.hear().await, "it ended and had said nothing");
            }
        };
        within("the agent says something", anything).await;
    }

    /// Listens to the end of the turn. A panic of the agent is one of the test.
    pub async fn end(self) -> Result<Reply, AgentError> {
        self.end_and_said().await.0
    }

    /// Listens to the end of the turn; also returns all that was said.
    pub async fn end_and_said(mut self) -> (Result<Reply, AgentError>, String) {
        let end = async {
            while self.hear().await {}
            (&mut self.run).await.expect("the agent died")
        };
        let end = within("the agent returns", end).await;
        (end, self.so_far)
    }

    /// Stops listening; the turn goes on. Returns its end.
    pub async fn end_unheard(self) -> Result<Reply, AgentError> {
        drop(self.heard);
        let end = within("the agent returns when nobody listens", self.run).await;
        end.expect("the agent died")
    }

    /// Drops the turn where it is, as the dispatcher does with one that does not return in time.
    pub async fn abandon(self) {
        self.run.abort();
        let _ = within("the agent's future is dropped", self.run).await;
    }

    /// Waits for the next thing that it says; false when it has nothing more to say.
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
            // No turn limit is kept here.
            Some(Said::Waits(_) | Said::GoesOn) => {}
            None => return false,
        }
        true
    }
}

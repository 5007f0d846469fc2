//! The interface of agents. To write a new agent, implement [`Agent`]: one method that receives a turn and
//! returns a reply. `baton-testkit`'s `examples/agent.rs` is a complete example; the contract suite in that
//! crate checks the rules for every agent.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

mod agent_error;

use crate::activity::Activity;
use crate::approval::{Question, Verdict};
use crate::files::{Received, TurnFiles};
use crate::id::MessageId;
use crate::message::Message;
use crate::name::SessionId;
use crate::persona::Persona;
use crate::store::Post;
use crate::turn::{Claim, SessionChange, Usage};
pub use agent_error::{AgentError, ErrorClass, Harmless, PublicText};

/// A configured agent.
///
/// One value serves every conversation at once, so it must not hold the state of a conversation. State that
/// must last belongs in the session: the agent returns its id, and gets the id again in the next turn.
#[async_trait]
pub trait Agent: Send + Sync + 'static {
    /// Answers one turn.
    ///
    /// * The agent passes pieces of its reply to [`TurnIo::say`] while it writes. Only the returned reply
    ///   counts, and it must contain the whole text.
    /// * The agent must return soon after [`TurnIo::stop`] is cancelled, with its output so far. Otherwise
    ///   Baton drops the future. A drop must therefore end everything that the agent started, above all child
    ///   processes.
    /// * The agent must not rely on its own memory: if the program dies before the reply is stored, Baton
    ///   runs the message again. Before any action that must not happen twice, the agent awaits
    ///   [`TurnIo::begin_effects`].
    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError>;

    /// Whether a running turn can take new messages. The agent reads them from [`TurnIo::next_steered`] or
    /// [`TurnIo::next_offered`].
    fn can_steer(&self) -> bool {
        false
    }

    /// Whether the agent can use files. Only then does Baton fill [`Turn::files`]. The agent names files that
    /// it could not open in [`Reply::notes`].
    fn handles_files(&self) -> bool {
        false
    }

    /// Whether Baton should fill [`Turn::history`], at the cost of one query for each turn.
    fn wants_history(&self) -> bool {
        false
    }
}

/// The input of a turn.
#[derive(Debug)]
pub struct Turn {
    /// The conversation, the messages, the session, and the number of the try.
    pub claim: Claim,
    /// The persona of the conversation.
    pub persona: Persona,
    /// Earlier posts of the place, oldest first. At most as many as the persona's `context_messages`, and
    /// empty unless the agent [wants](Agent::wants_history) the history.
    pub history: Vec<Post>,
    /// The files of the turn's messages, and the output folder.
    pub files: TurnFiles,
}

impl Turn {
    /// The working directory: the persona's folder if there is one, else the agent's own.
    pub fn directory<'a>(&'a self, own: Option<&'a Path>) -> Option<&'a Path> {
        self.persona.directory.as_deref().or(own)
    }

    /// The texts of all messages as one prompt, each wrapped by the persona's `user_prompt`.
    pub fn prompt(&self) -> String {
        let messages = self.claim.messages.iter();
        let texts = messages.map(|message| self.prompt_of(message));
        texts.collect::<Vec<_>>().join("\n\n")
    }

    /// Like [`prompt`](Self::prompt), followed by the paths of the attached files, for agents that can read
    /// files.
    pub fn prompt_with_files(&self) -> String {
        let mut prompt = self.prompt();
        for file in &self.files.received {
            let Received { name, size, .. } = file;
            let path = file.path.display();
            let _ = write!(prompt, "\n\n[attached file {name}, {size} bytes: {path}]");
        }
        prompt
    }

    /// The text of one message, wrapped by the persona's `user_prompt`.
    pub fn prompt_of(&self, message: &Message) -> String {
        match &self.persona.user_prompt {
            None => message.text.clone(),
            // The name is inserted first, so that a literal `{name}` in the message's text stays unchanged.
            Some(wrapping) => wrapping
                .split("{text}")
                .map(|part| part.replace("{name}", &message.author.name))
                .collect::<Vec<_>>()
                .join(&message.text),
        }
    }
}

/// The connection between a running agent and the dispatcher.
#[derive(Debug)]
pub struct TurnIo {
    /// Cancelled when the turn must end: after a stop by a person, at the time limit, or at shutdown.
    pub stop: CancellationToken,
    /// The events for the dispatcher.
    events: mpsc::Sender<Said>,
    /// The messages from the dispatcher. The lock lets several readers share the queue, one at a time.
    steered: tokio::sync::Mutex<mpsc::UnboundedReceiver<Message>>,
}

/// An event from an agent before its reply.
#[derive(Debug)]
pub enum Said {
    /// A further piece of the reply.
    Text(String),
    /// The next action must not happen twice. The dispatcher answers after the store has recorded this.
    Effects(tokio::sync::oneshot::Sender<()>),
    /// The agent has a session. The dispatcher answers after the store has recorded the session.
    Session(SessionId, tokio::sync::oneshot::Sender<()>),
    /// A visible step of the agent.
    Did(Activity),
    /// A question for people. The dispatcher answers with the verdict.
    Asks(Question, tokio::sync::oneshot::Sender<Verdict>),
    /// The agent has included a steered message in its reply.
    Took(MessageId),
    /// The total usage of the turn so far.
    Used(Usage),
    /// The agent waits for a resource that is not ready, at most this long.
    Waits(Duration),
    /// The agent continues after its wait.
    GoesOn,
}

/// The capacity of the queue of events, as a number of events.
const EVENT_QUEUE_CAPACITY: usize = 64;

/// The turn has ended, so the agent should return.
#[derive(Debug, thiserror::Error)]
#[error("the turn is over")]
pub struct TurnOver;

impl TurnIo {
    /// The agent's and the dispatcher's ends of the connection for one turn. The caller cancels `stop` to end
    /// the turn, and sends messages for the running turn through `steered`.
    pub fn new(
        stop: CancellationToken,
        steered: mpsc::UnboundedReceiver<Message>,
    ) -> (Self, mpsc::Receiver<Said>) {
        let (events, receiver) = mpsc::channel(EVENT_QUEUE_CAPACITY);
        let io = Self {
            stop,
            events,
            steered: steered.into(),
        };
        (io, receiver)
    }

    /// Shows people a further piece of the reply. Waits while the queue of events is full.
    pub async fn say(&self, text: impl Into<String>) {
        // Without a receiver, the returned reply still counts.
        let _ = self.events.send(Said::Text(text.into())).await;
    }

    /// Returns after the store has recorded that the turn acts on the outside world. If the program dies
    /// later, the next try knows that an earlier one was interrupted. Fails if the turn is over; then the
    /// agent must not act.
    pub async fn begin_effects(&self) -> Result<(), TurnOver> {
        let (stored, wait) = tokio::sync::oneshot::channel();
        self.events
            .send(Said::Effects(stored))
            .await
            .map_err(|_| TurnOver)?;
        wait.await.map_err(|_| TurnOver)
    }

    /// Returns after the store has recorded the session of the conversation. The next turn gets this session,
    /// even if this turn is stopped, fails, or dies with the program. Fails if the turn is over.
    pub async fn keep_session(&self, session: SessionId) -> Result<(), TurnOver> {
        let (stored, wait) = tokio::sync::oneshot::channel();
        self.events
            .send(Said::Session(session, stored))
            .await
            .map_err(|_| TurnOver)?;
        wait.await.map_err(|_| TurnOver)
    }

    /// Reports the total usage of the turn so far. Baton records it if the turn ends without a reply, because
    /// failed turns cost money too.
    pub async fn used(&self, usage: Usage) {
        let _ = self.events.send(Said::Used(usage)).await;
    }

    /// Reports that the agent waits for a resource that is not ready, such as a model that loads. The wait
    /// lasts at most `at_most`. The time until [`goes_on`](Self::goes_on) does not count towards the turn's
    /// limit.
    pub async fn waits(&self, at_most: Duration) {
        let _ = self.events.send(Said::Waits(at_most)).await;
    }

    /// Ends the [wait](Self::waits).
    pub async fn goes_on(&self) {
        let _ = self.events.send(Said::GoesOn).await;
    }

    /// Shows people a step of the agent. A later activity with the same id replaces it.
    pub async fn show(&self, activity: Activity) {
        let _ = self.events.send(Said::Did(activity)).await;
    }

    /// Asks people, and returns the verdict; a denial at the time limit. The time without a decision does not
    /// count towards the turn's limit. A drop of the future withdraws the question. Fails if the turn is
    /// over.
    pub async fn ask(&self, question: Question) -> Result<Verdict, TurnOver> {
        let (decided, wait) = tokio::sync::oneshot::channel();
        self.events
            .send(Said::Asks(question, decided))
            .await
            .map_err(|_| TurnOver)?;
        wait.await.map_err(|_| TurnOver)
    }

    /// Returns the next message for the running turn, and marks it as answered by this turn. Never returns if
    /// no message comes.
    pub async fn next_steered(&self) -> Message {
        let message = self.next_offered().await;
        self.took(message.id).await;
        message
    }

    /// Returns the next message for the running turn. The message counts as answered only after a call of
    /// [`took`](Self::took); otherwise it waits again after the turn. Safe to drop and call again.
    pub async fn next_offered(&self) -> Message {
        match self.steered.lock().await.recv().await {
            Some(message) => message,
            None => std::future::pending().await,
        }
    }

    /// Marks an offered message as answered by this turn.
    pub async fn took(&self, message: MessageId) {
        let _ = self.events.send(Said::Took(message)).await;
    }
}

/// The result of a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The reply, as Markdown; empty if the agent chose to say nothing.
    pub text: String,
    /// Notices before the reply, for example "the session was not known any more".
    pub notes: Vec<String>,
    /// The change to the conversation's session.
    pub session: SessionChange,
    /// The total usage of the turn.
    pub usage: Usage,
}

impl Reply {
    /// A reply with only a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

//! What answers. To write a new agent, implement [`Agent`]: one method that is given a turn and
//! returns a reply. `baton-testkit`'s `examples/agent.rs` is a whole one; the contract suite there
//! says what every agent must hold to.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

mod error;

use crate::activity::Activity;
use crate::approval::{Question, Verdict};
use crate::files::{Received, TurnFiles};
use crate::id::MessageId;
use crate::message::Message;
use crate::name::SessionId;
use crate::persona::Persona;
use crate::store::Post;
use crate::turn::{Claim, SessionChange, Usage};
pub use error::{AgentError, ErrorClass, Harmless, PublicText};

/// A configured answerer.
///
/// One value serves every conversation at once, so it keeps no conversation's state; what must
/// last is the session that it returns and is given again.
#[async_trait]
pub trait Agent: Send + Sync + 'static {
    /// Answers one turn.
    ///
    /// * It says what it writes, as it writes it, through [`TurnIo::say`]; the reply that it
    ///   returns is what counts, and is the whole text.
    /// * It returns soon after [`TurnIo::stop`] is cancelled, with whatever it has. If it does not,
    ///   the future is dropped; so everything that it started must end when dropped, child
    ///   processes above all.
    /// * It keeps nothing for itself: a message is answered again if the program dies before the
    ///   reply is stored. Before anything that must not happen twice, it awaits
    ///   [`TurnIo::begin_effects`].
    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError>;

    /// Whether messages that arrive during a turn can be handed into it; they come through
    /// [`TurnIo::next_steered`].
    fn can_steer(&self) -> bool {
        false
    }

    /// Whether it can do something with files: [`Turn::files`] is filled only where it can. What it cannot
    /// open of what came, it says in [`Reply::notes`].
    fn handles_files(&self) -> bool {
        false
    }

    /// Whether [`Turn::history`] is to be filled; reading it costs a query a turn.
    fn wants_history(&self) -> bool {
        false
    }
}

/// What an agent is given.
#[derive(Debug)]
pub struct Turn {
    /// Conversation, messages, session, number of the try.
    pub claim: Claim,
    /// Who it answers as.
    pub persona: Persona,
    /// What was said in the place before, oldest first; at most the persona's `context_messages`,
    /// and only where the agent [wants](Agent::wants_history) it.
    pub history: Vec<Post>,
    /// The files that came with its messages, and where those go that are sent back.
    pub files: TurnFiles,
}

impl Turn {
    /// Where it is worked: in the persona's folder, or else in the agent's own.
    pub fn directory<'a>(&'a self, own: Option<&'a Path>) -> Option<&'a Path> {
        self.persona.directory.as_deref().or(own)
    }

    /// What is to be answered, as one text, in the persona's wrapping.
    pub fn prompt(&self) -> String {
        let messages = self.claim.messages.iter();
        let texts = messages.map(|message| self.prompt_of(message));
        texts.collect::<Vec<_>>().join("\n\n")
    }

    /// The same, and where the files are that came with it: for agents that can open them.
    pub fn prompt_with_files(&self) -> String {
        let mut prompt = self.prompt();
        for file in &self.files.received {
            let Received { name, size, .. } = file;
            let path = file.path.display();
            let _ = write!(prompt, "\n\n[attached file {name}, {size} bytes: {path}]");
        }
        prompt
    }

    /// One message, in the same wrapping.
    pub fn prompt_of(&self, message: &Message) -> String {
        match &self.persona.user_prompt {
            None => message.text.clone(),
            // The name first: what a person wrote may itself hold `{name}`, and stays as it is.
            Some(wrapping) => wrapping
                .split("{text}")
                .map(|part| part.replace("{name}", &message.author.name))
                .collect::<Vec<_>>()
                .join(&message.text),
        }
    }
}

/// What goes back and forth while an agent runs.
#[derive(Debug)]
pub struct TurnIo {
    /// Cancelled when the turn is to end: a person pressed stop, the time limit is reached, the
    /// program is going down.
    pub stop: CancellationToken,
    /// To the dispatcher.
    said: mpsc::Sender<Said>,
    /// From the dispatcher. One of those that share this waits for it at a time.
    steered: tokio::sync::Mutex<mpsc::UnboundedReceiver<Message>>,
}

/// What an agent says before it is done.
#[derive(Debug)]
pub enum Said {
    /// More of the reply.
    Text(String),
    /// What follows must not happen twice; answered when that is stored.
    Effects(tokio::sync::oneshot::Sender<()>),
    /// It goes on in this session; answered when that is stored.
    Session(SessionId, tokio::sync::oneshot::Sender<()>),
    /// What it does on its way to the reply.
    Did(Activity),
    /// It waits for people; answered with what they decided.
    Asks(Question, tokio::sync::oneshot::Sender<Verdict>),
    /// A steered message was taken into the reply.
    Took(MessageId),
    /// What the turn has used so far.
    Used(Usage),
    /// The agent waits for something that is not ready, at most this long.
    Waits(Duration),
    /// The agent goes on.
    GoesOn,
}

/// How far an agent may write ahead of those who read along, in pieces.
const SAID_AHEAD: usize = 64;

/// The turn is over and nobody listens; the agent should return.
#[derive(Debug, thiserror::Error)]
#[error("the turn is over")]
pub struct TurnOver;

impl TurnIo {
    /// What one turn of an agent is given, and where all comes out that it says. Whoever drives an
    /// agent makes one a turn; `steered` is where messages come from that are handed into it.
    pub fn new(
        stop: CancellationToken,
        steered: mpsc::UnboundedReceiver<Message>,
    ) -> (Self, mpsc::Receiver<Said>) {
        let (said, heard) = mpsc::channel(SAID_AHEAD);
        let io = Self {
            stop,
            said,
            steered: steered.into(),
        };
        (io, heard)
    }

    /// Shows people more of the reply while it is being written. Waits when they are slower than
    /// the agent.
    pub async fn say(&self, text: impl Into<String>) {
        // When nobody listens any more the reply still counts.
        let _ = self.said.send(Said::Text(text.into())).await;
    }

    /// Returns once the store knows that this turn has begun to act on the world. If the program
    /// dies after this, the next try is told that it was interrupted.
    pub async fn begin_effects(&self) -> Result<(), TurnOver> {
        let (stored, wait) = tokio::sync::oneshot::channel();
        self.said
            .send(Said::Effects(stored))
            .await
            .map_err(|_| TurnOver)?;
        wait.await.map_err(|_| TurnOver)
    }

    /// Returns once the store knows that the conversation goes on in this session: the next turn is
    /// given it, whether this one is stopped, fails, or dies with the program.
    pub async fn keep_session(&self, session: SessionId) -> Result<(), TurnOver> {
        let (stored, wait) = tokio::sync::oneshot::channel();
        self.said
            .send(Said::Session(session, stored))
            .await
            .map_err(|_| TurnOver)?;
        wait.await.map_err(|_| TurnOver)
    }

    /// What the turn has used so far, in all. It is kept where the turn brings no reply: what failed
    /// was paid for too.
    pub async fn used(&self, usage: Usage) {
        let _ = self.said.send(Said::Used(usage)).await;
    }

    /// Notes that the agent waits, at most `at_most`, for something that is not ready, such as a model that
    /// loads. The time until [`goes_on`](Self::goes_on) does not count towards the turn's limit.
    pub async fn waits(&self, at_most: Duration) {
        let _ = self.said.send(Said::Waits(at_most)).await;
    }

    /// Ends the [wait](Self::waits).
    pub async fn goes_on(&self) {
        let _ = self.said.send(Said::GoesOn).await;
    }

    /// Shows people what the agent does; more under the same id replaces it.
    pub async fn show(&self, activity: Activity) {
        let _ = self.said.send(Said::Did(activity)).await;
    }

    /// Asks people, and returns what they decided; a denial where nobody does in time. The time that
    /// they take does not count towards the turn's limit. Dropped, the question is withdrawn.
    pub async fn ask(&self, question: Question) -> Result<Verdict, TurnOver> {
        let (decided, wait) = tokio::sync::oneshot::channel();
        self.said
            .send(Said::Asks(question, decided))
            .await
            .map_err(|_| TurnOver)?;
        wait.await.map_err(|_| TurnOver)
    }

    /// The next message that is handed into this turn; it counts as answered by it. Pending for
    /// ever where none comes.
    pub async fn next_steered(&self) -> Message {
        let message = self.next_offered().await;
        self.took(message.id).await;
        message
    }

    /// The same, but it counts as answered only when the agent says that it [took](Self::took) it;
    /// else it waits again when the turn is over. May be dropped and called again.
    pub async fn next_offered(&self) -> Message {
        match self.steered.lock().await.recv().await {
            Some(message) => message,
            None => std::future::pending().await,
        }
    }

    /// A message that was offered is answered by this turn.
    pub async fn took(&self, message: MessageId) {
        let _ = self.said.send(Said::Took(message)).await;
    }
}

/// What an agent answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Markdown; empty when it chose to say nothing.
    pub text: String,
    /// What people are told before the reply, by Baton itself: "the session was not known any more".
    pub notes: Vec<String>,
    /// What becomes of the conversation's session.
    pub session: SessionChange,
    /// What it used, in all.
    pub usage: Usage,
}

impl Reply {
    /// A reply that is only text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

//! An agent controlled step by step by the test.
//!
//! ```no_run
//! # use baton_testkit::scripted_agent::scripted;
//! # async fn example() {
//! let (agent, mut script) = scripted(); // hand `agent` to the runtime
//! let turn = script.next_turn().await; // waits until a turn begins
//! turn.say("so ").await;
//! turn.reply("so be it");
//! # }
//! ```
//!
//! A turn goes on until the test ends the turn. When told to stop, the agent returns its text so far, unless
//! the test called [`ignore_stop`](ScriptedTurn::ignore_stop). [`answering`] needs no script.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_core::activity::Activity;
use baton_core::agent::{Agent, AgentError, PublicText, Reply, Turn, TurnIo, TurnOver};
use baton_core::approval::{Question, Verdict};
use baton_core::message::Message;
use baton_core::turn::Usage;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::agent_run::within;

mod record;
#[cfg(test)]
mod tests;

pub use record::{Begun, Record};

/// The abilities of a scripted agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// See [`Agent::can_steer`].
    pub can_steer: bool,
    /// See [`Agent::wants_history`].
    pub wants_history: bool,
    /// See [`Agent::handles_files`].
    pub handles_files: bool,
}

/// Creates an agent, and the script that controls the agent.
pub fn scripted() -> (Arc<dyn Agent>, Script) {
    scripted_with(Abilities::default())
}

/// Like [`scripted`], with these abilities.
pub fn scripted_with(abilities: Abilities) -> (Arc<dyn Agent>, Script) {
    let (turns, begun) = mpsc::unbounded_channel();
    let record = Record::default();
    let panics = Arc::<Panics>::default();
    let agent = ScriptedAgent {
        abilities,
        turns,
        record: record.clone(),
        panics: Arc::clone(&panics),
    };
    let script = Script {
        turns: begun,
        record,
        panics,
    };
    (Arc::new(agent), script)
}

/// Creates an agent that answers each turn at once with the result of `answer`, and the record of its turns.
pub fn answering(
    answer: impl Fn(&Turn) -> Result<Reply, AgentError> + Send + Sync + 'static,
) -> (Arc<dyn Agent>, Record) {
    let record = Record::default();
    let agent = AnsweringAgent {
        answer: Box::new(answer),
        record: record.clone(),
    };
    (Arc::new(agent), record)
}

/// Controls a scripted agent.
pub struct Script {
    turns: mpsc::UnboundedReceiver<ScriptedTurn>,
    record: Record,
    panics: Arc<Panics>,
}

/// How many more times the agent panics when asked for its abilities, in the dispatcher's own task.
#[derive(Default)]
struct Panics {
    before_a_turn: AtomicUsize,
    about_files: AtomicUsize,
}

impl Script {
    /// Waits for the next turn, in the order of their beginning.
    pub async fn next_turn(&mut self) -> ScriptedTurn {
        within("a turn begins", self.turns.recv())
            .await
            .expect("the agent was dropped, so no turn can begin")
    }

    /// The next turn, if it has begun already.
    pub fn begun(&mut self) -> Option<ScriptedTurn> {
        self.turns.try_recv().ok()
    }

    /// Makes the next `count` turns panic before their agent runs, in the dispatcher's own task.
    pub fn panic_before_turns(&self, count: usize) {
        self.panics.before_a_turn.store(count, Ordering::SeqCst);
    }

    /// Makes the dispatcher's own task panic `count` times while handling files: before, during and after the
    /// agent's run.
    pub fn panic_about_files(&self, count: usize) {
        self.panics.about_files.store(count, Ordering::SeqCst);
    }

    /// The record of all turns.
    pub fn record(&self) -> &Record {
        &self.record
    }
}

/// Controls one turn. After this value is dropped, the turn goes on until told to stop.
pub struct ScriptedTurn {
    /// The turn that the agent got.
    pub turn: Turn,
    orders: mpsc::UnboundedSender<Order>,
    stop: CancellationToken,
    gone: CancellationToken,
}

enum Order {
    Say(String, oneshot::Sender<()>),
    Effects(oneshot::Sender<Result<(), TurnOver>>),
    Show(Activity, oneshot::Sender<()>),
    Ask(Question, oneshot::Sender<Result<Verdict, TurnOver>>),
    Used(Usage),
    Waits(Duration),
    GoesOn,
    Steered(oneshot::Sender<Message>),
    IgnoreStop,
    End(Result<Reply, AgentError>),
    Panic,
}

impl ScriptedTurn {
    /// The texts of the turn's messages.
    pub fn texts(&self) -> Vec<&str> {
        let messages = self.turn.claim.messages.iter();
        messages.map(|message| message.text.as_str()).collect()
    }

    /// Says more of the reply; returns when the runtime has taken the text.
    pub async fn say(&self, text: impl Into<String>) {
        let (done, taken) = oneshot::channel();
        self.order(Order::Say(text.into(), done));
        within("what the turn says is taken", taken)
            .await
            .expect("the turn is over, so it says nothing");
    }

    /// Reports a side effect; returns when the report is stored or refused.
    pub async fn begin_effects(&self) -> Result<(), TurnOver> {
        let (done, stored) = oneshot::channel();
        self.order(Order::Effects(done));
        within("the begin of effects is stored", stored)
            .await
            .unwrap_or(Err(TurnOver))
    }

    /// Shows an activity; returns when the runtime has taken it.
    pub async fn show(&self, activity: Activity) {
        let (done, taken) = oneshot::channel();
        self.order(Order::Show(activity, done));
        within("what the turn does is taken", taken)
            .await
            .expect("the turn is over, so it does nothing");
    }

    /// Asks people at once. The future returns the verdict, and the turn does nothing else before.
    pub fn ask(
        &self,
        question: Question,
    ) -> impl Future<Output = Result<Verdict, TurnOver>> + use<> {
        let (done, decided) = oneshot::channel();
        self.order(Order::Ask(question, done));
        async {
            let decided = within("a question is decided", decided).await;
            decided.unwrap_or(Err(TurnOver))
        }
    }

    /// Reports the usage so far.
    pub fn used(&self, usage: Usage) {
        self.order(Order::Used(usage));
    }

    /// Announces a wait of at most this length.
    pub fn waits(&self, at_most: Duration) {
        self.order(Order::Waits(at_most));
    }

    /// Announces the end of the wait.
    pub fn goes_on(&self) {
        self.order(Order::GoesOn);
    }

    /// Waits for a steered message.
    pub async fn next_steered(&self) -> Message {
        let (done, steered) = oneshot::channel();
        self.order(Order::Steered(done));
        within("a message is handed into the turn", steered)
            .await
            .expect("the turn is over, so nothing is handed into it")
    }

    /// Makes the turn ignore every later stop. The turn hangs until the test ends the turn or the future is
    /// dropped.
    pub fn ignore_stop(&self) {
        self.order(Order::IgnoreStop);
    }

    /// Whether the turn was told to stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Waits until the turn is told to stop.
    pub async fn stopped(&self) {
        within("the turn is told to stop", self.stop.cancelled()).await;
    }

    /// Waits until the agent's future has ended or was dropped.
    pub async fn gone(&self) {
        within("the turn is gone", self.gone.cancelled()).await;
    }

    /// Ends the turn with a reply.
    pub fn reply(self, text: impl Into<String>) {
        self.end(Ok(Reply::text(text)));
    }

    /// Ends the turn with a failure that Baton may retry.
    pub fn fail(self, reason: impl Into<PublicText>) {
        self.end(Err(AgentError::failed(reason)));
    }

    /// Ends the turn with this result.
    pub fn end(self, end: Result<Reply, AgentError>) {
        self.order(Order::End(end));
    }

    /// Makes the agent's code panic.
    pub fn panic(self) {
        self.order(Order::Panic);
    }

    fn order(&self, order: Order) {
        // An ended turn takes no orders; a waiting caller panics.
        let _ = self.orders.send(order);
    }
}

struct ScriptedAgent {
    abilities: Abilities,
    turns: mpsc::UnboundedSender<ScriptedTurn>,
    record: Record,
    panics: Arc<Panics>,
}

/// Panics and counts down, until no panics are left.
fn panic_if_told(left: &AtomicUsize) {
    let less = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
        left.checked_sub(1)
    });
    assert!(less.is_err(), "the script says so");
}

#[async_trait]
impl Agent for ScriptedAgent {
    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        let (orders, mut next_order) = mpsc::unbounded_channel();
        let gone = CancellationToken::new();
        let _entry = self.record.enter(turn);
        let _ = self.turns.send(ScriptedTurn {
            turn: copy(turn),
            orders,
            stop: io.stop.clone(),
            gone: gone.clone(),
        });
        let _gone = gone.drop_guard();
        let stop = io.stop.clone();
        let mut heeds_stop = true;
        let mut so_far = String::new();
        loop {
            tokio::select! {
                // Orders from before the stop are carried out first.
                biased;
                order = next_order.recv() => match order {
                    Some(Order::Say(text, taken)) => {
                        so_far.push_str(&text);
                        io.say(text).await;
                        let _ = taken.send(());
                    }
                    Some(Order::Effects(stored)) => {
                        let _ = stored.send(io.begin_effects().await);
                    }
                    Some(Order::Show(activity, taken)) => {
                        io.show(activity).await;
                        let _ = taken.send(());
                    }
                    Some(Order::Ask(question, decided)) => tokio::select! {
                        verdict = io.ask(question) => {
                            let _ = decided.send(verdict);
                        }
                        () = stop.cancelled(), if heeds_stop => {}
                    },
                    Some(Order::Used(usage)) => io.used(usage).await,
                    Some(Order::Waits(at_most)) => io.waits(at_most).await,
                    Some(Order::GoesOn) => io.goes_on().await,
                    Some(Order::Steered(took)) => tokio::select! {
                        message = io.next_steered() => {
                            let _ = took.send(message);
                        }
                        () = stop.cancelled(), if heeds_stop => {}
                    },
                    Some(Order::IgnoreStop) => heeds_stop = false,
                    Some(Order::End(end)) => return end,
                    Some(Order::Panic) => panic!("the script says so"),
                    None if heeds_stop => {
                        stop.cancelled().await;
                        return Ok(Reply::text(so_far));
                    }
                    None => return std::future::pending().await,
                },
                () = stop.cancelled(), if heeds_stop => return Ok(Reply::text(so_far)),
            }
        }
    }

    fn can_steer(&self) -> bool {
        self.abilities.can_steer
    }

    fn wants_history(&self) -> bool {
        panic_if_told(&self.panics.before_a_turn);
        self.abilities.wants_history
    }

    fn handles_files(&self) -> bool {
        panic_if_told(&self.panics.about_files);
        self.abilities.handles_files
    }
}

type Answer = dyn Fn(&Turn) -> Result<Reply, AgentError> + Send + Sync;

struct AnsweringAgent {
    answer: Box<Answer>,
    record: Record,
}

#[async_trait]
impl Agent for AnsweringAgent {
    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        let _entry = self.record.enter(turn);
        // Gives other tasks a chance to run, so that overlapping turns can overlap.
        tokio::task::yield_now().await;
        let answer = (self.answer)(turn);
        if let Ok(reply) = &answer {
            io.say(reply.text.as_str()).await;
        }
        answer
    }
}

fn copy(turn: &Turn) -> Turn {
    Turn {
        claim: turn.claim.clone(),
        persona: turn.persona.clone(),
        history: turn.history.clone(),
        files: turn.files.clone(),
    }
}

//! The contract of every channel, as a test suite. The tests of a channel implement [`Rig`] for its platform,
//! and call [`holds`].

use std::sync::Arc;

use async_trait::async_trait;
use baton_core::channel::{Abilities, Channel, ChannelError, DeliverError, Progress, Sent, Step};
use baton_core::delivery::Delivery;
use baton_core::id::{MessageId, TurnId};
use baton_core::inbox::Inbox;
use baton_core::name::ChannelName;
use baton_core::place::Place;
use tokio_util::sync::CancellationToken;

use crate::agent_run::within;
use crate::contract_program::{self, ContractProgram, ContractRun, IngestGate};

/// The persona to which a channel under test sends messages.
pub const PERSONA: &str = contract_program::PERSONA;

/// A channel, and control over its platform.
#[async_trait]
pub trait Rig: Send + Sync {
    /// Creates the channel for a run of the program. A later call creates the channel of the next run, on the
    /// same platform. By then the channel before must have ended, and all its output must have arrived.
    async fn channel(&self) -> Arc<dyn Channel>;

    /// What people see of a delivery that is sent twice.
    fn guarantee(&self) -> Guarantee;

    /// The place where people write; one place is enough.
    fn place(&self) -> Place;

    /// A person writes a message, or the platform sends the same message again.
    async fn write(&self, id: &str, text: &str);

    /// Whether the channel has acknowledged the message to the platform.
    fn is_acknowledged(&self, id: &str) -> bool;

    /// Waits until the channel has acknowledged the message.
    async fn until_acknowledged(&self, id: &str);

    /// Waits until people have seen `count` replies, and returns them in order.
    async fn until_seen(&self, count: usize) -> Vec<Seen>;
}

/// The result of sending a delivery twice with one id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// People see the delivery once.
    Once,
    /// People may see the delivery twice, the second one marked as possibly repeated.
    AtLeastOnce,
}

/// A reply as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The text without any mark.
    pub text: String,
    /// Whether the reply is marked as possibly repeated.
    pub marked: bool,
}

/// Runs all checks, and panics if the channel breaks a promise of [`Channel`]. `make` creates a new platform
/// for each check.
pub async fn holds<R: Rig>(make: impl AsyncFn() -> R) {
    brings_messages_in_and_replies_out(&make().await).await;
    takes_the_same_message_once(&make().await).await;
    acknowledges_nothing_that_is_not_kept(&make().await).await;
    delivers_twice_as_it_declares(&make().await).await;
    shows_at_once(&make().await).await;
    ends_when_it_is_told(&make().await).await;
}

/// Starts a program with an agent that repeats each message.
async fn start(program: &ContractProgram, channel: Arc<dyn Channel>) -> ContractRun {
    let repeat = |message| message;
    program.start(channel, IngestGate::Open, repeat).await
}

async fn brings_messages_in_and_replies_out(rig: &impl Rig) {
    let program = ContractProgram::new();
    let run = start(&program, rig.channel().await).await;
    let texts = ["plain", "two\nlines", "emoji 🦉, שלום, \"quotes\" and \\"];
    for (n, text) in texts.iter().enumerate() {
        rig.write(&format!("m{n}"), text).await;
        rig.until_acknowledged(&format!("m{n}")).await;
    }
    let seen = rig.until_seen(texts.len()).await;
    let seen: Vec<_> = seen.iter().map(|seen| seen.text.as_str()).collect();
    assert_eq!(seen, texts, "replies come whole and in order");
    run.end().await;
}

async fn takes_the_same_message_once(rig: &impl Rig) {
    let program = ContractProgram::new();
    let run = start(&program, rig.channel().await).await;
    rig.write("same", "hello").await;
    rig.write("same", "hello").await;
    rig.write("other", "goodbye").await;
    rig.until_acknowledged("other").await;
    rig.until_seen(2).await;
    run.end().await;
    let run = start(&program, rig.channel().await).await;
    rig.write("same", "hello").await;
    rig.write("last", "the end").await;
    rig.until_acknowledged("last").await;
    let seen = rig.until_seen(3).await;
    let seen: Vec<_> = seen.iter().map(|seen| seen.text.as_str()).collect();
    assert_eq!(seen, ["hello", "goodbye", "the end"]);
    // Each message is one message, however often it comes.
    run.end_with(3).await;
}

async fn acknowledges_nothing_that_is_not_kept(rig: &impl Rig) {
    let program = ContractProgram::new();
    let (gate, repeat) = (IngestGate::HoldsBeforeCommit, |message| message);
    let run = program.start(rig.channel().await, gate, repeat).await;
    rig.write("m", "hello").await;
    program.until_held().await;
    assert!(!rig.is_acknowledged("m"), "it is not kept yet");
    // The program dies before the message is stored.
    drop(run);
    let channel = rig.channel().await;
    assert!(!rig.is_acknowledged("m"), "it was never kept");
    let run = start(&program, channel).await;
    rig.write("m", "hello").await;
    rig.until_acknowledged("m").await;
    rig.until_seen(1).await;
    run.end().await;
}

/// A channel that carries out each delivery twice. The second time, the outcome of the first one counts as lost.
struct DeliversTwice(Arc<dyn Channel>);

#[async_trait]
impl Channel for DeliversTwice {
    fn name(&self) -> ChannelName {
        self.0.name()
    }

    fn abilities(&self) -> Abilities {
        self.0.abilities()
    }

    async fn receive(&self, inbox: Inbox, shutdown: CancellationToken) -> Result<(), ChannelError> {
        self.0.receive(inbox, shutdown).await
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Sent, DeliverError> {
        let first = self.0.deliver(delivery).await?;
        let again = Delivery {
            maybe_repeated: true,
            ..delivery.clone()
        };
        self.0.deliver(&again).await?;
        Ok(first)
    }

    fn show(&self, progress: &Progress) {
        self.0.show(progress);
    }
}

async fn delivers_twice_as_it_declares(rig: &impl Rig) {
    let program = ContractProgram::new();
    let channel = rig.channel().await;
    // A real delivery, because a channel may store the parts of the delivery.
    let twice = Arc::new(DeliversTwice(Arc::clone(&channel)));
    let run = start(&program, twice).await;
    let mut expected = Vec::new();
    for text in ["once", "last"] {
        expected.push((text, false));
        if rig.guarantee() == Guarantee::AtLeastOnce {
            expected.push((text, true));
        }
        rig.write(text, text).await;
        rig.until_seen(expected.len()).await;
    }
    let seen = rig.until_seen(expected.len()).await;
    let seen: Vec<_> = seen
        .iter()
        .map(|seen| (seen.text.as_str(), seen.marked))
        .collect();
    assert_eq!(seen, expected);
    assert!(channel.abilities().parallel > 0);
    assert_eq!(channel.name(), rig.place().channel);
    run.end().await;
}

async fn shows_at_once(rig: &impl Rig) {
    let channel = rig.channel().await;
    let progress = |step| Progress {
        turn: TurnId(1),
        place: rig.place(),
        persona: PERSONA.into(),
        messages: vec![MessageId(1)],
        step,
    };
    // Far more progress than anybody reads, and nobody reads. `show` must not block.
    let steps = (0..10_000).map(|n| Step::Text(format!("word {n} ")));
    let steps = [Step::Started]
        .into_iter()
        .chain(steps)
        .chain([Step::Ended]);
    let all: Vec<_> = steps.map(progress).collect();
    let shown = tokio::task::spawn_blocking(move || {
        for progress in &all {
            channel.show(progress);
        }
    });
    let shown = within("progress is shown, or dropped", shown).await;
    shown.expect("show does not panic");
}

async fn ends_when_it_is_told(rig: &impl Rig) {
    let program = ContractProgram::new();
    let run = start(&program, rig.channel().await).await;
    rig.write("m", "hello").await;
    rig.until_seen(1).await;
    // People are still connected.
    run.end().await;
}

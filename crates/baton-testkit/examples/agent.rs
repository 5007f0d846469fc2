//! A complete agent: it says every message backwards, word by word.
//!
//! An agent produces the answers. Baton decides when an agent runs: Baton hands over one [`Turn`] at a time
//! for each conversation, and several at once for different conversations. Baton also stores every reply. So
//! an agent needs no queue, no lock, no store and no memory of its own. To write an agent:
//!
//! 1. Implement [`Agent::run`]: read [`Turn`], say text through [`TurnIo::say`] while writing, and return the
//!    whole text as a [`Reply`].
//! 2. Listen to [`TurnIo::stop`] during every wait.
//! 3. Return the right [`AgentError`] for a failure; the kind of error decides whether Baton retries.
//! 4. Run the contract suite, `baton_testkit::agent_contract::holds`, on the agent.
//!
//! Try it: `cargo run -p baton-testkit --example agent`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, Reply, Turn, TurnIo};
use baton_core::clock::{Clock, SystemClock};
use baton_testkit::agent_run::{AgentRun, turn};

/// Says every message backwards.
///
/// One value serves all conversations at the same time. The value holds settings and handles, but nothing of
/// a single turn. A session keeps state between turns: a reply [sets](baton_core::turn::SessionChange::Set)
/// the session, and the next turn contains it.
pub struct Backwards {
    /// The pause before each word.
    pub pause: Duration,
    /// The source of time. An agent that waits takes a clock, so that a test need not wait.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Agent for Backwards {
    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        // All messages of the turn as one text, wrapped as configured for the persona. The single messages
        // are in `turn.claim.messages`. Earlier posts are in `turn.history` if `wants_history` returns true.
        let prompt = turn.prompt();

        // Reject a message that can never be answered: Baton does not retry, and tells people the reason.
        // After `failed` Baton retries a few times, after `unavailable` for a long time. Everybody who reads
        // along sees the reason, so use your own words. Put the words of a program or a server into
        // `with_detail`, for operators and the log only.
        if prompt.trim().is_empty() {
            return Err(AgentError::rejected("there is nothing to say backwards"));
        }

        // An agent with side effects (sends, deletes, runs something) would call `io.begin_effects().await`
        // here. If the program dies afterwards, the next attempt is marked as interrupted
        // (`turn.claim.interrupted`), and can check before acting again.

        let mut so_far = String::new();
        for word in prompt.split_whitespace().rev() {
            tokio::select! {
                // A person, the time limit or the end of the program stops the turn: return the text so far
                // soon. After half a second the future is dropped, so a drop must also end all work begun.
                () = io.stop.cancelled() => break,
                () = self.clock.sleep_until(self.clock.steady().after(self.pause)) => {}
            }
            // People see this piece now. The call waits if they cannot keep up.
            let space = if so_far.is_empty() { "" } else { " " };
            let piece = format!("{space}{word}");
            so_far.push_str(&piece);
            io.say(piece).await;
        }

        // Only the returned text is stored as the reply. The pieces before were only shown.
        Ok(Reply::text(so_far))
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), AgentError> {
    let agent: Arc<dyn Agent> = Arc::new(Backwards {
        pause: Duration::from_millis(200),
        clock: SystemClock::shared(),
    });
    let run = AgentRun::start(&agent, turn("down upside world the Turn"));
    println!("{}", run.end().await?.text);
    Ok(())
}

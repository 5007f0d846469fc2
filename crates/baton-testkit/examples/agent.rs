//! A whole agent: it says every message backwards, word by word.
//!
//! An agent is what answers. Baton decides when: it hands the agent one [`Turn`] at a time for each
//! conversation, several at once for different ones, and keeps what comes back. So an agent needs no
//! queue, no lock, no store, and no memory of its own. To write one:
//!
//! 1. Implement [`Agent::run`]: read [`Turn`], say what you write through [`TurnIo::say`], return the
//!    whole text as a [`Reply`].
//! 2. Listen to [`TurnIo::stop`] wherever you wait.
//! 3. Say what went wrong with the right [`AgentError`]; it decides whether there is another try.
//! 4. Run the contract suite, `baton_testkit::agent_contract::holds`, on it.
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
/// One value serves all conversations at the same time: it holds settings and handles, nothing that
/// belongs to one turn. What must last from one turn to the next is named by the session that a reply
/// [sets](baton_core::turn::SessionChange::Set) and that the next turn brings along.
pub struct Backwards {
    /// Before each word.
    pub pause: Duration,
    /// Where time comes from. An agent that waits takes a clock, so that a test need not.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Agent for Backwards {
    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        // All messages of the turn as one text, wrapped as the persona is configured. Each by itself
        // is in `turn.claim.messages`; what was said before is in `turn.history`, for agents that
        // return true from `wants_history`.
        let prompt = turn.prompt();

        // A message that can never be answered is rejected: nobody tries again, and people are told
        // why. What `failed` is tried again a few times, what is `unavailable` for long. Everybody
        // who reads along is shown the reason, so it is made of your own words; what a program or
        // a server said of it goes into `with_detail`, which only operators and the log see.
        if prompt.trim().is_empty() {
            return Err(AgentError::rejected("there is nothing to say backwards"));
        }

        // An agent that acts on the world (sends, deletes, runs something) would call
        // `io.begin_effects().await` here. If the program dies after that, the next try is told
        // so (`turn.claim.interrupted`), and can look before it acts again.

        let mut so_far = String::new();
        for word in prompt.split_whitespace().rev() {
            tokio::select! {
                // Stopped by a person, by the time limit, or because the program goes down: return
                // what there is, soon. Half a second later the future is dropped, so whatever was
                // started must end when dropped, too.
                () = io.stop.cancelled() => break,
                () = self.clock.sleep_until(self.clock.steady().after(self.pause)) => {}
            }
            // People see this now. It waits when they cannot keep up.
            let space = if so_far.is_empty() { "" } else { " " };
            let piece = format!("{space}{word}");
            so_far.push_str(&piece);
            io.say(piece).await;
        }

        // This is what counts and what is kept. What was said before was only shown.
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

//! `claude`: the Claude Code CLI, a child for every turn, in the conversation's own session.
//!
//! It works in the configured directory, with the tools that it has; what it wants to do and may not
//! do by itself, people are asked. When a turn is over nothing is left of it, not even commands that
//! it began in the background.
//!
//! * [`settings`]: how it is run.
//! * `arguments`: what it is called with. `in_use`: whether somebody else has the session open.
//! * `talk`: one child, from its start to its end. `input`: what is written to it. `words`: that what
//!   people say is no command.
//! * `asking`: what it asks, and the answers. `rules`: those that the policy gives.
//! * `handing`: messages that come while it works.
//! * `course`: what it has said so far. `doing`: its tools, as people see them.
//! * `failure`: why there is no reply, in words for people.
//! * [`events`]: what its standard output says (`--output-format stream-json`).
//! * [`outgoing`]: what is written to its standard input (`--input-format stream-json`).
//! * [`questions`]: the questions that it asks people, and their answers.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, Reply, Turn, TurnIo};
use baton_core::clock::Clock;
use baton_core::name::SessionId;

mod arguments;
mod asking;
mod course;
mod doing;
pub mod events;
mod failure;
mod handing;
mod in_use;
mod input;
pub mod outgoing;
pub mod questions;
mod rules;
pub mod settings;
mod talk;
mod words;

use crate::child::environment;
use crate::policy::PolicyError;
use arguments::Begin;
use rules::Rules;
pub use settings::{ClaudeSettings, SessionInUse};
use talk::talk;

const FORKED: &str = "This conversation's Claude session is open in another terminal. The conversation \
                      goes on in a copy of it.";
const NOT_KNOWN: &str = "Claude does not know this conversation's session any more. A new one begins, \
                         without what was said before.";

/// How often, and how far apart, it is looked whether a session is really in use: what an earlier
/// Baton left behind is being ended.
const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Runs the Claude CLI for every turn.
pub struct ClaudeAgent {
    settings: ClaudeSettings,
    rules: Rules,
    clock: Arc<dyn Clock>,
}

impl ClaudeAgent {
    /// An agent that runs the CLI so. Whether it is there shows when it first answers.
    pub fn new(settings: ClaudeSettings, clock: Arc<dyn Clock>) -> Result<Self, PolicyError> {
        let rules = Rules::new(&settings.policy)?;
        Ok(Self {
            settings,
            rules,
            clock,
        })
    }

    /// How a turn begins that has this session; `None` where it is in use and may not be copied.
    async fn begin(
        &self,
        session: &SessionId,
        env: &BTreeMap<OsString, OsString>,
    ) -> Option<Begin> {
        for look in 1.. {
            if !in_use::is_in_use(session, env).await {
                return Some(Begin::Resume(session.clone()));
            }
            if look == LOOKS {
                break;
            }
            let again = self.clock.steady().after(BETWEEN_LOOKS);
            self.clock.sleep_until(again).await;
        }
        match self.settings.session_in_use {
            SessionInUse::Fork => Some(Begin::Fork(session.clone())),
            SessionInUse::Refuse => None,
        }
    }
}

#[async_trait]
impl Agent for ClaudeAgent {
    fn handles_files(&self) -> bool {
        true
    }

    fn can_steer(&self) -> bool {
        true
    }

    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        let io = &*io;
        let mut notes = Vec::new();
        let mut begin = Begin::Fresh;
        if let Some(session) = &turn.claim.session {
            let env = environment::of(turn, &self.settings.env);
            begin = tokio::select! {
                biased;
                () = io.stop.cancelled() => return Ok(Reply::default()),
                begin = self.begin(session, &env) => begin.ok_or_else(failure::session_in_use)?,
            };
        }
        if matches!(begin, Begin::Fork(_)) {
            notes.push(FORKED.to_owned());
        }
        if io.stop.is_cancelled() {
            return Ok(Reply::default());
        }
        let mut ended = talk(self, io, turn, &begin).await?;
        if ended.session_is_unknown() && !matches!(begin, Begin::Fresh) {
            notes = vec![NOT_KNOWN.to_owned()];
            ended = talk(self, io, turn, &Begin::Fresh).await?;
        }
        let mut reply = ended.reply(&self.settings)?;
        notes.append(&mut reply.notes);
        Ok(Reply { notes, ..reply })
    }
}

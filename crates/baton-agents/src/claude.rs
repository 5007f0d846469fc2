//! `claude`: the Claude Code CLI, a child for every turn, in the conversation's own session.
//!
//! It works in the configured directory, with the tools that it has; what it wants to do and may not
//! do by itself, people are asked. When a turn is over nothing is left of it, not even commands that
//! it began in the background; unless children are to be kept, and it has nothing more to do.
//!
//! * [`settings`]: how it is run.
//! * `arguments`: what it is called with. `in_use`: whether somebody else has the session open.
//! * `talk`: one child, from its start to its end. `input`: what is written to it. `words`: that what
//!   people say is no command.
//! * `asking`: what it asks, and the answers. `rules`: those that the policy gives.
//! * `cli`: a child and its pipes. `warm`: those that are kept for the next turn.
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
mod cli;
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
mod warm;
mod words;

use crate::child::environment;
use crate::policy::PolicyError;
use arguments::Begin;
use cli::Cli;
use rules::Rules;
pub use settings::{ClaudeSettings, SessionInUse};
use talk::talk;
use warm::Warm;

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
    warm: Warm,
    clock: Arc<dyn Clock>,
}

impl ClaudeAgent {
    /// An agent that runs the CLI so. Whether it is there shows when it first answers.
    pub fn new(settings: ClaudeSettings, clock: Arc<dyn Clock>) -> Result<Self, PolicyError> {
        let rules = Rules::new(&settings.policy)?;
        let warm = Warm::new(
            settings.keep_warm,
            settings.warm_at_most,
            Arc::clone(&clock),
        );
        Ok(Self {
            settings,
            rules,
            warm,
            clock,
        })
    }

    /// The child that was kept for this conversation, where it can answer this turn; else it ends.
    async fn kept(&self, turn: &Turn) -> Option<Cli> {
        let claim = &turn.claim;
        let mut cli = self.warm.take(claim.conversation).await?;
        let fits = self.fits(&mut cli, turn).await;
        if fits && cli.begin_turn().await.is_ok() {
            return Some(cli);
        }
        cli.end(&*self.clock).await;
        None
    }

    async fn fits(&self, cli: &mut Cli, turn: &Turn) -> bool {
        let claim = &turn.claim;
        let Some(session) = &claim.session else {
            return false;
        };
        let is_same = cli.session.as_ref() == Some(session)
            && cli.words == arguments::common(&self.settings, turn)
            && cli.directory.as_deref() == turn.directory(self.settings.directory.as_deref())
            // Its environment says that it is the first try.
            && claim.attempt == 1
            && !claim.interrupted;
        let env = environment::of(turn, &self.settings.env);
        // Somebody may have opened it in a terminal since.
        is_same && !in_use::is_in_use(session, &env, Some(cli.child.id())).await
    }

    /// How a turn begins that has this session; `None` where it is in use and may not be copied.
    async fn begin(
        &self,
        session: &SessionId,
        env: &BTreeMap<OsString, OsString>,
    ) -> Option<Begin> {
        for look in 1.. {
            if !in_use::is_in_use(session, env, None).await {
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
        let kept = tokio::select! {
            biased;
            () = io.stop.cancelled() => return Ok(Reply::default()),
            kept = self.kept(turn) => kept,
        };
        if let (Some(_), Some(session)) = (&kept, &turn.claim.session) {
            begin = Begin::Resume(session.clone());
        } else if let Some(session) = &turn.claim.session {
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
        let was_kept = kept.is_some();
        let (mut ended, mut stays) = talk(self, io, turn, &begin, kept).await?;
        if was_kept && ended.was_gone() {
            (ended, stays) = talk(self, io, turn, &begin, None).await?;
        }
        if ended.session_is_unknown() && !matches!(begin, Begin::Fresh) {
            notes = vec![NOT_KNOWN.to_owned()];
            (ended, stays) = talk(self, io, turn, &Begin::Fresh, None).await?;
        }
        let mut reply = ended.reply(&self.settings)?;
        if let Some(cli) = stays {
            self.warm.keep(turn.claim.conversation, cli);
        }
        notes.append(&mut reply.notes);
        Ok(Reply { notes, ..reply })
    }
}

//! `claude`: runs the Claude Code CLI as a child process, in the conversation's own session.
//!
//! The CLI works in the configured directory with its own tools. People are asked about actions that the CLI
//! may not do by itself. The child ends with its turn, together with all commands in the background. A child
//! can also be kept for the next turn (`keep_warm`), if nothing runs in the background.
//!
//! * [`settings`]: the configuration of the CLI.
//! * `arguments`: the arguments of the CLI. `in_use`: whether another process has the session open.
//! * `talk`: one child from start to end. `input`: its standard input. `words`: escapes messages so that the
//!   CLI takes no message for a command.
//! * `asking`: answers the requests of the CLI. `rules`: the answers of the policy.
//! * `cli`: a child and its pipes. `warm`: the children kept for the next turn.
//! * `handing`: steering, the messages that arrive during a turn.
//! * `course`: the output so far. `doing`: the running tools, as people see them.
//! * `failure`: error messages for people.
//! * [`events`]: parses the standard output (`--output-format stream-json`).
//! * [`outgoing`]: writes the standard input (`--input-format stream-json`).
//! * [`questions`]: the CLI's questions to people, and their answers.

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

/// How often, and how far apart, Baton checks whether a session is really in use. A child of an earlier Baton
/// may still be ending.
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
    /// Creates an agent with these settings. A missing program shows only at the first answer. Fails if a
    /// rule of the policy is not valid.
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

    /// Returns the child kept for this conversation, if the child can answer this turn. Ends the child
    /// otherwise.
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
            // The environment of a kept child says that this is the first attempt.
            && claim.attempt == 1
            && !claim.interrupted;
        let env = environment::for_turn(turn, &self.settings.env);
        // Somebody may have opened the session in a terminal since.
        is_same && !in_use::is_in_use(session, &env, Some(cli.child.id())).await
    }

    /// Decides how a turn with this session begins. Returns `None` if the session is in use and may not be
    /// copied.
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
            let env = environment::for_turn(turn, &self.settings.env);
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

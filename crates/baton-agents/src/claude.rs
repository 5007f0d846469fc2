//! `claude`: runs the Claude Code CLI as a child process, in the conversation's own session.
//!
//! The CLI works in the configured directory with its own tools. People are asked about actions that the CLI
//! may not do by itself. The child ends with its turn, together with all commands in the background. A child
//! can also be kept for the next turn (`keep_warm`), if nothing runs in the background.
//!
//! * [`settings`]: the configuration of the CLI.
//! * `arguments`: the arguments of the CLI. `session_in_use`: whether another process has the session open.
//! * `cli_run`: one child from start to end. `cli_input`: its standard input. `prompt_escaping`: escapes
//!   messages so that the CLI takes no message for a command.
//! * `permission_handler`: answers the requests of the CLI. `guarded_policy`: the answers of the policy.
//! * `cli_process`: a child and its pipes. `warm_pool`: the children kept for the next turn.
//! * `steering`: the messages that arrive during a turn.
//! * `transcript`: the output so far. `tool_runs`: the running tools, as people see them.
//! * `claude_errors`: error messages for people.
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
mod claude_errors;
mod cli_input;
mod cli_process;
mod cli_run;
pub mod events;
mod guarded_policy;
pub mod outgoing;
mod permission_handler;
mod prompt_escaping;
pub mod questions;
mod session_in_use;
pub mod settings;
mod steering;
mod tool_runs;
mod transcript;
mod warm_pool;

use crate::child::environment;
use crate::policy::PolicyError;
use arguments::SessionOrigin;
use cli_process::CliProcess;
use cli_run::run_cli;
use guarded_policy::GuardedPolicy;
pub use settings::{ClaudeSettings, SessionInUse};
use warm_pool::WarmPool;

const FORKED: &str = "This conversation's Claude session is open in another terminal. The conversation \
    continues in a copy of the session.";
const NOT_KNOWN: &str = "Claude no longer knows this conversation's session. A new session begins, without the \
    earlier messages.";

/// How often, and how far apart, Baton checks whether a session is really in use. A child of an earlier Baton
/// may still be ending.
const CHECKS: u32 = 10;
const BETWEEN_CHECKS: Duration = Duration::from_millis(100);

/// Runs the Claude CLI for every turn.
pub struct ClaudeAgent {
    settings: ClaudeSettings,
    policy: GuardedPolicy,
    warm: WarmPool,
    clock: Arc<dyn Clock>,
}

impl ClaudeAgent {
    /// Creates an agent with these settings. A missing program shows only at the first answer. Fails if a
    /// rule of the policy is not valid.
    pub fn new(settings: ClaudeSettings, clock: Arc<dyn Clock>) -> Result<Self, PolicyError> {
        let policy = GuardedPolicy::new(&settings.policy)?;
        let warm = WarmPool::new(
            settings.keep_warm,
            settings.warm_at_most,
            Arc::clone(&clock),
        );
        Ok(Self {
            settings,
            policy,
            warm,
            clock,
        })
    }

    /// Returns the child kept for this conversation, if the child can answer this turn. Ends the child
    /// otherwise.
    async fn take_warm_cli(&self, turn: &Turn) -> Option<CliProcess> {
        let claim = &turn.claim;
        let mut cli = self.warm.take_cli(claim.conversation).await?;
        let fits = self.fits_turn(&mut cli, turn).await;
        if fits && cli.begin_turn().await.is_ok() {
            return Some(cli);
        }
        cli.shut_down(&*self.clock).await;
        None
    }

    async fn fits_turn(&self, cli: &mut CliProcess, turn: &Turn) -> bool {
        let claim = &turn.claim;
        let Some(session) = &claim.session else {
            return false;
        };
        let is_same = cli.session.as_ref() == Some(session)
            && cli.arguments == arguments::build_common_arguments(&self.settings, turn)
            && cli.directory.as_deref() == turn.directory(self.settings.directory.as_deref())
            // The environment of a kept child says that this is the first attempt.
            && claim.attempt == 1
            && !claim.interrupted;
        let env = environment::for_turn(turn, &self.settings.env);
        // Somebody may have opened the session in a terminal since.
        is_same && !session_in_use::is_in_use(session, &env, Some(cli.child.id())).await
    }

    /// Decides how a turn with this session begins. Returns `None` if the session is in use and may not be
    /// copied.
    async fn choose_origin(
        &self,
        session: &SessionId,
        env: &BTreeMap<OsString, OsString>,
    ) -> Option<SessionOrigin> {
        for check in 1.. {
            if !session_in_use::is_in_use(session, env, None).await {
                return Some(SessionOrigin::Resume(session.clone()));
            }
            if check == CHECKS {
                break;
            }
            let again = self.clock.steady().after(BETWEEN_CHECKS);
            self.clock.sleep_until(again).await;
        }
        match self.settings.session_in_use {
            SessionInUse::Fork => Some(SessionOrigin::Fork(session.clone())),
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
        let mut origin = SessionOrigin::Fresh;
        let warm_cli = tokio::select! {
            biased;
            () = io.stop.cancelled() => return Ok(Reply::default()),
            warm_cli = self.take_warm_cli(turn) => warm_cli,
        };
        if let (Some(_), Some(session)) = (&warm_cli, &turn.claim.session) {
            origin = SessionOrigin::Resume(session.clone());
        } else if let Some(session) = &turn.claim.session {
            let env = environment::for_turn(turn, &self.settings.env);
            origin = tokio::select! {
                biased;
                () = io.stop.cancelled() => return Ok(Reply::default()),
                origin = self.choose_origin(session, &env) => origin.ok_or_else(claude_errors::session_in_use)?,
            };
        }
        if matches!(origin, SessionOrigin::Fork(_)) {
            notes.push(FORKED.to_owned());
        }
        if io.stop.is_cancelled() {
            return Ok(Reply::default());
        }
        let was_warm = warm_cli.is_some();
        let (mut outcome, mut kept) = run_cli(self, io, turn, &origin, warm_cli).await?;
        if was_warm && outcome.was_gone() {
            (outcome, kept) = run_cli(self, io, turn, &origin, None).await?;
        }
        if outcome.session_is_unknown() && !matches!(origin, SessionOrigin::Fresh) {
            notes = vec![NOT_KNOWN.to_owned()];
            (outcome, kept) = run_cli(self, io, turn, &SessionOrigin::Fresh, None).await?;
        }
        let mut reply = outcome.into_reply(&self.settings)?;
        if let Some(cli) = kept {
            self.warm.keep_cli(turn.claim.conversation, cli);
        }
        notes.append(&mut reply.notes);
        Ok(Reply { notes, ..reply })
    }
}

//! One child of the CLI, from start to end.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;

use baton_core::agent::{AgentError, Reply, Turn, TurnIo, TurnOver};
use baton_core::turn::SessionChange;
use nix::sys::signal::Signal;
use serde_json::json;

mod cli_exchange;

use super::arguments::{self, SessionOrigin};
use super::cli_process::CliProcess;
use super::events::ResultMessage;
use super::permission_handler::{HOOK_ID, PermissionHandler};
use super::transcript::{TakeReason, TranscriptState};
use super::{ClaudeAgent, ClaudeSettings, claude_errors, outgoing, prompt_escaping, steering};
use crate::child::{self, ChildProcess, ProgramInput, ProgramSpec, environment};
use crate::images;
use cli_exchange::CliExchange;

/// Environment variable: the CLI reports its state, so an idle CLI is known to be idle.
const STATE_EVENTS: &str = "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS";

/// The outcome of a CLI: its output, and how the process ended.
pub(super) struct CliOutcome {
    transcript: TranscriptState,
    status: io::Result<ExitStatus>,
    complaints: String,
    early_end: Option<EarlyEnd>,
    /// The commands still running in the background.
    left_running: Vec<String>,
    /// Whether some output files could not be read.
    files_lost: bool,
}

/// Why Baton ended a child early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EarlyEnd {
    /// Somebody stopped the turn.
    Stopped,
    /// The turn is over, so nobody waits for a reply.
    Over,
    /// A kept child did not confirm the turn.
    Deaf,
    Silent,
    TooMuch,
}

/// Answers a turn with the kept CLI, or with a new one. The child is gone at the return, unless the second
/// value holds a CLI that may be kept.
pub(super) async fn run_cli(
    ClaudeAgent {
        settings,
        policy,
        clock,
        warm,
    }: &ClaudeAgent,
    io: &TurnIo,
    turn: &Turn,
    origin: &SessionOrigin,
    warm_cli: Option<CliProcess>,
) -> Result<(CliOutcome, Option<CliProcess>), AgentError> {
    let was_warm = warm_cli.is_some();
    let mut cli = match warm_cli {
        Some(cli) => cli,
        None => start_cli(settings, turn, origin).await?,
    };
    // A message with a name: a CLI that reports the state of messages reports this one too, and is known by
    // that report.
    let uuid = steering::random_uuid();
    let prompt = arguments::build_prompt(turn);
    // The CLI stores images in its session and sends them on unchanged. Only newer versions remove an image
    // again that the model's server refuses. So the CLI gets only complete images of limited width. The CLI
    // can open other images as files, and scales these down.
    let seen = images::read_images(turn, images::WIDEST_KEPT).await;
    let line = prompt_escaping::escape_message(&prompt, &seen.images, &settings.commands, &uuid);
    cli.input.queue_line(&line);
    // Images need much memory, and the turn is long.
    drop((line, seen));
    let session = match origin {
        SessionOrigin::Resume(session) => Some(session.clone()),
        SessionOrigin::Fresh | SessionOrigin::Fork(_) => None,
    };
    let directory = absolute_directory(settings, turn).await;
    let permissions = PermissionHandler::new(io, policy, &directory);
    let transcript = TranscriptState::new(session, directory.clone());
    let files = cli.plan_hand_over(turn.files.outbox.as_deref());
    let exchange = CliExchange::new(
        settings,
        &**clock,
        io,
        &permissions,
        turn,
        (cli, was_warm),
        transcript,
    );
    let (mut outcome, stays) = exchange.run_exchange(warm.is_on()).await;
    if let Err(error) = files.carry_out().await {
        tracing::warn!(turn = %turn.claim.turn, %error, "the output files of a turn are lost");
        outcome.files_lost = true;
    }
    Ok((outcome, stays))
}

/// Starts a CLI, and asks for the permission requests and the hook calls.
async fn start_cli(
    settings: &ClaudeSettings,
    turn: &Turn,
    origin: &SessionOrigin,
) -> Result<CliProcess, AgentError> {
    let args = arguments::build_arguments(settings, turn, origin);
    let directory = turn.directory(settings.directory.as_deref());
    let program = ProgramSpec {
        name: &settings.program,
        args: &args,
        env: build_environment(settings, turn),
        directory,
        input: ProgramInput::Pipe,
    };
    let started = ChildProcess::start(program).await;
    let started =
        started.map_err(|error| child::program_error::not_started(&settings.program, &error))?;
    let common = arguments::build_common_arguments(settings, turn);
    let mut cli = CliProcess::new(started, common, directory, turn.files.outbox.clone());
    let hooks = json!({"PreToolUse": [{"hookCallbackIds": [HOOK_ID]}]});
    cli.input
        .queue_line(&outgoing::initialize_cli("initialize", Some(&hooks)));
    Ok(cli)
}

fn build_environment(settings: &ClaudeSettings, turn: &Turn) -> BTreeMap<OsString, OsString> {
    let mut env = environment::for_turn(turn, &settings.env);
    env.insert(STATE_EVENTS.into(), "1".into());
    env
}

/// The working directory, as an absolute path without symbolic links.
async fn absolute_directory(settings: &ClaudeSettings, turn: &Turn) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let directory = match turn.directory(settings.directory.as_deref()) {
        Some(directory) => here.join(directory),
        None => here,
    };
    tokio::fs::canonicalize(&directory)
        .await
        .unwrap_or(directory)
}

impl CliOutcome {
    /// Whether the session to resume does not exist.
    pub(super) fn session_is_unknown(&self) -> bool {
        let finished = self.transcript.finished.as_deref();
        self.early_end.is_none() && finished.is_some_and(ResultMessage::session_is_unknown)
    }

    /// Whether the child was gone before the CLI confirmed the turn.
    pub(super) fn was_gone(&self) -> bool {
        matches!(self.early_end, None | Some(EarlyEnd::Deaf)) && !self.transcript.has_output
    }

    /// The reply to people, or the reason for none.
    pub(super) fn into_reply(mut self, settings: &ClaudeSettings) -> Result<Reply, AgentError> {
        match self.early_end {
            Some(EarlyEnd::Stopped) => {
                // The session is recorded too: a CLI with output has one.
                let text = self.transcript.shown_text.clone();
                return Ok(self.build_reply(text, Vec::new()));
            }
            Some(EarlyEnd::Over) => return Err(TurnOver.into()),
            Some(EarlyEnd::Deaf) => {
                return Err(claude_errors::silence_exceeded(cli_exchange::CONFIRM_LIMIT));
            }
            Some(EarlyEnd::Silent) => {
                return Err(claude_errors::silence_exceeded(
                    settings.silence.unwrap_or_default(),
                ));
            }
            Some(EarlyEnd::TooMuch) => return Err(claude_errors::too_much_output()),
            None => {}
        }
        let mut notes = Vec::new();
        if let Some(error) = self.find_error(settings) {
            // Earlier replies count, because a retry would only produce them again.
            if self.transcript.replies.is_empty() {
                return Err(error);
            }
            notes.push(format!(
                "Claude could not continue after its reply: {error}."
            ));
        }
        notes.extend(self.transcript.cut_note().map(str::to_owned));
        if !self.left_running.is_empty() {
            let left_running = self.left_running.join(", ");
            notes.push(format!(
                "Still running, and ended with the turn: {left_running}."
            ));
        }
        if self.files_lost {
            notes.push("Files could not be read, and are not sent.".to_owned());
        }
        let replies = std::mem::take(&mut self.transcript.replies);
        Ok(self.build_reply(replies.join("\n\n"), notes))
    }

    fn build_reply(self, text: String, notes: Vec<String>) -> Reply {
        // A CLI killed before its first output may have left no session on disk.
        let session_exists = !self.was_killed() || self.transcript.came_to_something();
        let session = self.transcript.session.filter(|_| session_exists);
        Reply {
            text,
            notes,
            session: session.map(SessionChange::Set).unwrap_or_default(),
            usage: self.transcript.usage,
        }
    }

    fn was_killed(&self) -> bool {
        let status = self.status.as_ref();
        status.is_ok_and(|status| status.signal() == Some(Signal::SIGKILL as i32))
    }

    /// Returns an error if the CLI failed or ended early.
    fn find_error(&self, settings: &ClaudeSettings) -> Option<AgentError> {
        match &self.transcript.finished {
            Some(finished) if !self.transcript.is_working() => {
                let failed = !finished.has_succeeded();
                failed.then(|| claude_errors::from_result(finished, &self.transcript, settings))
            }
            // Baton asked the CLI to end.
            _ if self.transcript.taken_reason() == Some(TakeReason::Silent) => None,
            _ => Some(match &self.status {
                Ok(status) if status.success() && self.transcript.taken_reason().is_some() => {
                    return None;
                }
                Ok(status) if status.success() => claude_errors::no_answer(),
                Ok(status) => {
                    let secrets = settings.env.values();
                    child::program_error::failed_exit(
                        &settings.program,
                        *status,
                        &self.complaints,
                        secrets,
                    )
                }
                Err(error) => child::program_error::unknown_exit(&settings.program, error),
            }),
        }
    }
}

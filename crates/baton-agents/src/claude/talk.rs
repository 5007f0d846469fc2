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

mod running;

use super::arguments::{self, Begin};
use super::asking::{Asking, BEFORE};
use super::cli::Cli;
use super::course::{Course, Taken};
use super::events::Finished;
use super::{ClaudeAgent, ClaudeSettings, failure, handing, outgoing, words};
use crate::child::{self, ChildProcess, ProgramInput, ProgramSpec, environment};
use crate::images;
use running::Running;

/// Environment variable: the CLI reports its state, so an idle CLI is known to be idle.
const TELLS_STATE: &str = "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS";

/// The outcome of a CLI: its output, and how the process ended.
pub(super) struct Ended {
    course: Course,
    status: io::Result<ExitStatus>,
    complaints: String,
    cut: Option<Cut>,
    /// The commands still running in the background.
    left: Vec<String>,
    /// Whether some output files could not be read.
    left_out: bool,
}

/// Why Baton ended a child early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
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
pub(super) async fn talk(
    ClaudeAgent {
        settings,
        rules,
        clock,
        warm,
    }: &ClaudeAgent,
    io: &TurnIo,
    turn: &Turn,
    begin: &Begin,
    kept: Option<Cli>,
) -> Result<(Ended, Option<Cli>), AgentError> {
    let was_kept = kept.is_some();
    let mut cli = match kept {
        Some(cli) => cli,
        None => start(settings, turn, begin).await?,
    };
    // A message with a name: a CLI that reports the state of messages reports this one too, and is known by
    // that report.
    let name = handing::name();
    let prompt = arguments::prompt(turn);
    // The CLI stores images in its session and sends them on unchanged. Only newer versions remove an image
    // again that the model's server refuses. So the CLI gets only complete images of limited width. The CLI
    // can open other images as files, and scales these down.
    let seen = images::read_images(turn, images::WIDEST_KEPT).await;
    let line = words::line(&prompt, &seen.images, &settings.commands, &name);
    cli.input.tell(&line);
    // Images need much memory, and the turn is long.
    drop((line, seen));
    let session = match begin {
        Begin::Resume(session) => Some(session.clone()),
        Begin::Fresh | Begin::Fork(_) => None,
    };
    let directory = directory(settings, turn).await;
    let asking = Asking::new(io, rules, &directory);
    let course = Course::new(session, directory.clone());
    let files = cli.hands_over(turn.files.outbox.as_deref());
    let running = Running::new(
        settings,
        &**clock,
        io,
        &asking,
        turn,
        (cli, was_kept),
        course,
    );
    let (mut ended, stays) = running.attend(warm.is_on()).await;
    if let Err(error) = files.carry_out().await {
        tracing::warn!(turn = %turn.claim.turn, %error, "what a turn sends is lost");
        ended.left_out = true;
    }
    Ok((ended, stays))
}

/// Starts a CLI, and asks for the permission requests and the hook calls.
async fn start(settings: &ClaudeSettings, turn: &Turn, begin: &Begin) -> Result<Cli, AgentError> {
    let args = arguments::of(settings, turn, begin);
    let directory = turn.directory(settings.directory.as_deref());
    let program = ProgramSpec {
        name: &settings.program,
        args: &args,
        env: env(settings, turn),
        directory,
        input: ProgramInput::Pipe,
    };
    let started = ChildProcess::start(program).await;
    let started =
        started.map_err(|error| child::program_error::not_started(&settings.program, &error))?;
    let words = arguments::common(settings, turn);
    let mut cli = Cli::new(started, words, directory, turn.files.outbox.clone());
    let hooks = json!({"PreToolUse": [{"hookCallbackIds": [BEFORE]}]});
    cli.input
        .tell(&outgoing::initialize("initialize", Some(&hooks)));
    Ok(cli)
}

fn env(settings: &ClaudeSettings, turn: &Turn) -> BTreeMap<OsString, OsString> {
    let mut env = environment::for_turn(turn, &settings.env);
    env.insert(TELLS_STATE.into(), "1".into());
    env
}

/// The working directory, as an absolute path without symbolic links.
async fn directory(settings: &ClaudeSettings, turn: &Turn) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let directory = match turn.directory(settings.directory.as_deref()) {
        Some(directory) => here.join(directory),
        None => here,
    };
    tokio::fs::canonicalize(&directory)
        .await
        .unwrap_or(directory)
}

impl Ended {
    /// Whether the session to resume does not exist.
    pub(super) fn session_is_unknown(&self) -> bool {
        let finished = self.course.finished.as_deref();
        self.cut.is_none() && finished.is_some_and(Finished::session_is_unknown)
    }

    /// Whether the child was gone before the CLI confirmed the turn.
    pub(super) fn was_gone(&self) -> bool {
        matches!(self.cut, None | Some(Cut::Deaf)) && !self.course.heard
    }

    /// The reply to people, or the reason for none.
    pub(super) fn reply(mut self, settings: &ClaudeSettings) -> Result<Reply, AgentError> {
        match self.cut {
            Some(Cut::Stopped) => {
                // The session is recorded too: a CLI with output has one.
                let said = self.course.said.clone();
                return Ok(self.with(said, Vec::new()));
            }
            Some(Cut::Over) => return Err(TurnOver.into()),
            Some(Cut::Deaf) => return Err(failure::silent(running::HEARS)),
            Some(Cut::Silent) => return Err(failure::silent(settings.silence.unwrap_or_default())),
            Some(Cut::TooMuch) => return Err(failure::too_much()),
            None => {}
        }
        let mut notes = Vec::new();
        if let Some(error) = self.failed(settings) {
            // Earlier replies count, because a retry would only produce them again.
            if self.course.replies.is_empty() {
                return Err(error);
            }
            notes.push(format!("Claude could not go on after its reply: {error}."));
        }
        notes.extend(self.course.cut_short().map(str::to_owned));
        if !self.left.is_empty() {
            let left = self.left.join(", ");
            notes.push(format!("Ended with the turn, though it still ran: {left}."));
        }
        if self.left_out {
            notes.push("Files could not be read, and are not sent.".to_owned());
        }
        let replies = std::mem::take(&mut self.course.replies);
        Ok(self.with(replies.join("\n\n"), notes))
    }

    fn with(self, text: String, notes: Vec<String>) -> Reply {
        // A CLI killed before its first output may have left no session on disk.
        let is_there = !self.was_killed() || self.course.came_to_something();
        let session = self.course.session.filter(|_| is_there);
        Reply {
            text,
            notes,
            session: session.map(SessionChange::Set).unwrap_or_default(),
            usage: self.course.usage,
        }
    }

    fn was_killed(&self) -> bool {
        let status = self.status.as_ref();
        status.is_ok_and(|status| status.signal() == Some(Signal::SIGKILL as i32))
    }

    /// Returns an error if the CLI failed or ended early.
    fn failed(&self, settings: &ClaudeSettings) -> Option<AgentError> {
        match &self.course.finished {
            Some(finished) if !self.course.works() => {
                let failed = !finished.succeeded();
                failed.then(|| failure::of(finished, &self.course, settings))
            }
            // Baton asked the CLI to end.
            _ if self.course.taken() == Some(Taken::Silent) => None,
            _ => Some(match &self.status {
                Ok(status) if status.success() && self.course.taken().is_some() => return None,
                Ok(status) if status.success() => failure::no_end(),
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

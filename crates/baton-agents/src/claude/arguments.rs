//! The arguments and the prompt for the CLI.

use std::path::Path;

use baton_core::agent::Turn;
use baton_core::name::SessionId;

use super::ClaudeSettings;
use crate::CUT_OFF;

/// How the session of a child begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SessionOrigin {
    /// A new session.
    Fresh,
    /// The existing session is resumed.
    Resume(SessionId),
    /// A copy of this session is used.
    Fork(SessionId),
}

/// The options of every call: JSON lines in both directions, streamed text, and permission requests to Baton.
const COMMON_OPTIONS: [&str; 9] = [
    "-p",
    "--input-format",
    "stream-json",
    "--output-format",
    "stream-json",
    "--verbose",
    "--include-partial-messages",
    "--permission-prompt-tool",
    "stdio",
];

/// The instruction for sending files. The text names a variable because every turn has its own folder, and a
/// kept CLI keeps its first instructions.
const FILES_INSTRUCTION: &str = "Files that are put into the folder $BATON_OUTBOX, a variable in the environment of \
                     your commands, are sent to people with your reply.";

/// Returns all arguments.
pub(super) fn build_arguments(
    settings: &ClaudeSettings,
    turn: &Turn,
    origin: &SessionOrigin,
) -> Vec<String> {
    let mut arguments = collect_arguments(settings, turn, turn.files.outbox.as_deref());
    match origin {
        SessionOrigin::Fresh => {}
        SessionOrigin::Resume(session) => {
            arguments.push_option("--resume", Some(&session.to_string()));
        }
        SessionOrigin::Fork(session) => {
            arguments.push_option("--resume", Some(&session.to_string()));
            arguments.0.push("--fork-session".to_owned());
        }
    }
    arguments.0
}

/// Returns the arguments without the parts that differ in every turn. A kept child with equal arguments can
/// answer this turn.
pub(super) fn build_common_arguments(settings: &ClaudeSettings, turn: &Turn) -> Vec<String> {
    collect_arguments(settings, turn, None).0
}

fn collect_arguments(
    settings: &ClaudeSettings,
    turn: &Turn,
    outbox: Option<&Path>,
) -> CliArguments {
    let mut arguments = CliArguments(Vec::new());
    // These options take values up to the next option. `COMMON_OPTIONS` follows.
    arguments.push_list("--allowedTools", &settings.allowed_tools);
    arguments.push_list("--disallowedTools", &settings.disallowed_tools);
    arguments.push_list("--add-dir", &list_folders(turn, outbox));
    arguments.0.extend(COMMON_OPTIONS.map(str::to_owned));
    let model = turn.claim.model.as_ref().or(settings.model.as_ref());
    arguments.push_option("--model", model);
    arguments.push_option("--permission-mode", settings.permission_mode.as_ref());
    arguments.push_option(
        "--append-system-prompt",
        build_system_prompt(settings, turn).as_ref(),
    );
    arguments.0.extend(settings.args.iter().cloned());
    arguments
}

/// Returns the prompt. After an interrupted attempt, a note about the interruption comes first.
pub(super) fn build_prompt(turn: &Turn) -> String {
    let prompt = turn.prompt_with_files();
    if turn.claim.interrupted {
        format!("{CUT_OFF}\n\n{prompt}")
    } else {
        prompt
    }
}

fn build_system_prompt(settings: &ClaudeSettings, turn: &Turn) -> Option<String> {
    let configured = [&settings.system_prompt, &turn.persona.system_prompt];
    let configured = configured.into_iter().flatten().map(String::as_str);
    let files = turn.files.outbox.as_ref().map(|_| FILES_INSTRUCTION);
    let parts: Vec<_> = configured.chain(files).collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// Returns the folders outside the working directory that the CLI may use: the folders of received files,
/// also of earlier messages, and the folder for output files.
fn list_folders(turn: &Turn, outbox: Option<&Path>) -> Vec<String> {
    let received = turn.files.received.iter();
    let received = received.filter_map(|file| file.path.parent());
    let kept = turn.files.kept.as_deref();
    let mut folders: Vec<_> = received.chain(kept).chain(outbox).collect();
    folders.sort();
    folders.dedup();
    let folders = folders.into_iter();
    folders.map(|folder| folder.display().to_string()).collect()
}

struct CliArguments(Vec<String>);

impl CliArguments {
    fn push_option(&mut self, name: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.0.extend([name.to_owned(), value.clone()]);
        }
    }

    fn push_list(&mut self, name: &str, values: &[String]) {
        if !values.is_empty() {
            self.0.push(name.to_owned());
            self.0.extend_from_slice(values);
        }
    }
}

#[cfg(test)]
mod tests;

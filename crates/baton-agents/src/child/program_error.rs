//! Errors of a child that brought no reply. The public text holds the program's name, never the path and
//! never the program's own output.

use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use baton_core::agent::{AgentError, Harmless, PublicText};
use secrecy::SecretString;

use super::StartError;
use crate::safe_text;

/// The public name of a program: the last part of the configured path.
pub(crate) struct ProgramName<'a>(&'a str);

impl fmt::Display for ProgramName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Path::new(self.0).file_name().unwrap_or_default();
        name.display().fmt(f)
    }
}

impl Harmless for ProgramName<'_> {}

pub(crate) fn public_name(program: &str) -> ProgramName<'_> {
    ProgramName(program)
}

pub(crate) fn not_started(program: &str, error: &StartError) -> AgentError {
    let name = public_name(program);
    let rejected = |words| AgentError::rejected(PublicText::of(words, &[&name]));
    match error {
        StartError::NoDirectory => rejected(
            "the working directory that is configured for the program {} does not exist; make it, or \
             correct the agent's configuration",
        ),
        StartError::NotFound => rejected(
            "the program {} was not found; install it, or correct the agent's configuration",
        ),
        StartError::NotExecutable => {
            rejected("the program {} may not be run; make it executable for this user")
        }
        StartError::NoInterpreter { windows: true } => rejected(
            "the program {} cannot be run: its lines end as on Windows; save the program with Unix line ends",
        ),
        StartError::NoInterpreter { windows: false } => rejected(
            "the program {} cannot be run: the interpreter in its first line (#!) does not exist; install the \
             interpreter, or correct the line",
        ),
        StartError::System(error) if error.kind() == io::ErrorKind::InvalidInput => {
            rejected("the program {} cannot be called like this; correct the agent's configuration")
                .with_detail(error)
        }
        // Too many processes or files, or no memory: temporary errors.
        StartError::System(_) | StartError::Unguarded(_) => {
            let words = "the program {} could not be started";
            AgentError::unavailable(PublicText::of(words, &[&name])).with_detail(error)
        }
    }
}

/// The error of a program that ended without success. `said` is the end of the program's standard error, for
/// the log. `secrets` are masked there.
pub(crate) fn failed_exit<'a>(
    program: &str,
    status: ExitStatus,
    said: &str,
    secrets: impl IntoIterator<Item = &'a SecretString>,
) -> AgentError {
    let name = public_name(program);
    let reason = match (status.code(), status.signal()) {
        (Some(code), _) => {
            PublicText::of("the program {} ended with exit code {}", &[&name, &code])
        }
        (None, Some(signal)) => {
            PublicText::of("the program {} was ended by signal {}", &[&name, &signal])
        }
        (None, None) => PublicText::of("the program {} ended", &[&name]),
    };
    AgentError::failed(reason).with_detail(safe_text::safe_end(said, secrets))
}

pub(crate) fn unknown_exit(program: &str, error: &io::Error) -> AgentError {
    let words = "the exit status of the program {} is unknown";
    AgentError::failed(PublicText::of(words, &[&public_name(program)])).with_detail(error)
}

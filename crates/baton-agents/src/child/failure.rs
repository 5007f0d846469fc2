//! Why a child brought no reply, in words for people: its name, never its path.

use std::borrow::Cow;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use baton_core::agent::AgentError;
use secrecy::SecretString;

use super::StartError;
use crate::text;

/// What a program is called in words for people.
pub(crate) fn name(program: &str) -> Cow<'_, str> {
    Path::new(program)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
}

pub(crate) fn not_started(program: &str, error: &StartError) -> AgentError {
    let name = name(program);
    let rejected = |reason| AgentError::Rejected { reason };
    match error {
        StartError::NoDirectory => rejected(format!(
            "the working directory that is configured for the program {name} does not exist; make \
             it, or correct the agent's configuration"
        )),
        StartError::NotFound => rejected(format!(
            "the program {name} was not found; install it, or correct the agent's configuration"
        )),
        StartError::NotExecutable => rejected(format!(
            "the program {name} may not be run; make it executable for this user"
        )),
        StartError::System(error) if error.kind() == io::ErrorKind::InvalidInput => {
            rejected(format!(
                "the program {name} cannot be called like this ({error}); correct the agent's \
                 configuration"
            ))
        }
        // Too many processes or files, no memory: that passes.
        StartError::System(_) | StartError::Unguarded(_) => AgentError::Unavailable {
            reason: format!("the program {name} could not be started ({error})"),
        },
    }
}

/// It ended without success. `said` is what it complained about, `secrets` what nobody may read there.
pub(crate) fn ended<'a>(
    program: &str,
    status: ExitStatus,
    said: &str,
    secrets: impl IntoIterator<Item = &'a SecretString>,
) -> AgentError {
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    };
    let said = text::end(said, secrets);
    let name = name(program);
    AgentError::Failed {
        reason: if said.is_empty() {
            format!("the program {name} {how}")
        } else {
            format!("the program {name} {how}: {said}")
        },
    }
}

pub(crate) fn lost(program: &str, error: &io::Error) -> AgentError {
    AgentError::Failed {
        reason: format!(
            "how the program {} ended is not known ({error})",
            name(program)
        ),
    }
}

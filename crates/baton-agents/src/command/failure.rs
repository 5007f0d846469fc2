//! Why a program brought no reply, in words for people: its name, never its path.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use baton_core::agent::AgentError;

use super::CommandSettings;
use crate::text;

fn name(settings: &CommandSettings) -> std::borrow::Cow<'_, str> {
    Path::new(&settings.program)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
}

pub(super) fn not_started(settings: &CommandSettings, error: &io::Error) -> AgentError {
    let name = name(settings);
    let no_directory = settings
        .directory
        .as_ref()
        .is_some_and(|directory| !directory.is_dir());
    match error.kind() {
        _ if no_directory => AgentError::Rejected {
            reason: format!(
                "the working directory that is configured for the program {name} does not exist; \
                 make it, or correct the agent's configuration"
            ),
        },
        io::ErrorKind::NotFound => AgentError::Rejected {
            reason: format!(
                "the program {name} was not found; install it, or correct the agent's configuration"
            ),
        },
        io::ErrorKind::PermissionDenied => AgentError::Rejected {
            reason: format!("the program {name} may not be run; make it executable for this user"),
        },
        io::ErrorKind::InvalidInput => AgentError::Rejected {
            reason: format!(
                "the program {name} cannot be called like this ({error}); correct the agent's \
                 configuration"
            ),
        },
        // Too many processes or files, no memory: that passes.
        _ => AgentError::Unavailable {
            reason: format!("the program {name} could not be started ({error})"),
        },
    }
}

pub(super) fn too_much(settings: &CommandSettings) -> AgentError {
    AgentError::Failed {
        reason: format!(
            "the program {} wrote more than {} bytes and was ended",
            name(settings),
            settings.output_limit
        ),
    }
}

pub(super) fn ended(settings: &CommandSettings, status: ExitStatus, said: &str) -> AgentError {
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    };
    let said = text::end(said, settings.env.values());
    let name = name(settings);
    AgentError::Failed {
        reason: if said.is_empty() {
            format!("the program {name} {how}")
        } else {
            format!("the program {name} {how}: {said}")
        },
    }
}

pub(super) fn lost(settings: &CommandSettings, error: &io::Error) -> AgentError {
    AgentError::Failed {
        reason: format!(
            "how the program {} ended is not known ({error})",
            name(settings)
        ),
    }
}

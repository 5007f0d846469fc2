//! The exit codes: one number for each kind of failure, listed in `docs/operating.md`.

use std::io;
use std::process::ExitCode;

use baton_config::ChannelOpenError;
use baton_core::runtime::Failed;
use baton_core::store::{ControlError, StoreError};

use crate::config::config_problem::ConfigProblems;
use crate::daemon_client::DaemonClientError;
use crate::instance::InstanceError;
use crate::listen_address::ListenError;
use crate::paths::MissingHomeFolder;

/// The reason for the failure of a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProgramFailure {
    /// The configuration or the command line is wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigProblems),
    /// The data folder cannot be used.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be used.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A channel cannot be built.
    #[error(transparent)]
    Channel(#[from] ChannelOpenError),
    /// The running Baton did not answer, or refused.
    #[error(transparent)]
    Remote(#[from] DaemonClientError),
    /// An essential task stopped.
    #[error(transparent)]
    Failed(#[from] Failed),
    /// A dead letter could not be replayed or dropped.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The message or delivery does not exist.
    #[error(
        "there is no message or delivery {0}; `baton dead list` and the page show numbers and ids"
    )]
    NoSuchThing(String),
    /// Baton does not know the topic, or has no conversation there.
    #[error("Baton has no conversation in topic {0}; `baton topics list` shows all topics")]
    NoSuchTopic(String),
    /// The data folder is unknown.
    #[error(transparent)]
    NoHome(#[from] MissingHomeFolder),
    /// Before 1970, no date can be shown or sent.
    #[error(
        "this machine's clock is before 1970; set the clock, or start its time service, then start Baton again"
    )]
    Before1970,
    /// A second signal ended the program before its turns.
    #[error("stopped at once; interrupted turns run again after the next start")]
    CutOff,
    /// The system refused an essential operation.
    #[error("{what}: {error}")]
    System {
        /// The failed operation.
        what: &'static str,
        /// The error of the system.
        error: io::Error,
    },
}

impl ProgramFailure {
    /// The exit code for the shell.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let number = match self {
            Self::Configuration(_) | Self::Listen(ListenError::Open { .. }) | Self::NoHome(_) => 2,
            Self::Instance(InstanceError::Held { .. }) => 3,
            Self::Store(error) | Self::Control(ControlError::Store(error)) => {
                store_exit_code(error)
            }
            Self::Listen(ListenError::Refused { .. }) => 5,
            _ => 1,
        };
        ExitCode::from(number)
    }
}

fn store_exit_code(error: &StoreError) -> u8 {
    match error {
        StoreError::Corrupt { .. } | StoreError::Newer { .. } | StoreError::Foreign { .. } => 4,
        _ => 1,
    }
}

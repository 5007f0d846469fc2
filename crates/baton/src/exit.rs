//! What a shell is told: one number for each kind of failure, listed in `docs/operating.md`.

use std::io;
use std::process::ExitCode;

use baton_channels::discord::DiscordError;
use baton_core::runtime::Failed;
use baton_core::store::{ControlError, StoreError};

use crate::config::problem::Problems;
use crate::instance::InstanceError;
use crate::listening::ListenError;
use crate::remote::RemoteError;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The configuration, or what was asked on the command line, is wrong.
    #[error(transparent)]
    Configuration(#[from] Problems),
    /// The data folder is not ours to use.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address is not ours to use.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// There is no way to Discord.
    #[error(transparent)]
    Discord(#[from] DiscordError),
    /// The running Baton could not be asked, or refused.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// Something stopped without which nothing works.
    #[error(transparent)]
    Failed(#[from] Failed),
    /// Nothing could be done to a dead letter.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// What was asked about is not there.
    #[error(
        "there is no message or delivery {0}; `baton dead list` and the page show numbers and ids"
    )]
    NoSuchThing(String),
    /// There is no folder for the data.
    #[error("this user has no home folder; say where the data is to be kept: baton --data FOLDER")]
    NoHome,
    /// Nothing that shows or sends a date works.
    #[error(
        "this machine's clock is before 1970; set the clock, or start its time service, then start Baton again"
    )]
    Before1970,
    /// Somebody would not wait for what was running.
    #[error("stopped at once; what was running is run again at the next start")]
    CutOff,
    /// The system refused something that nothing works without.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What it said.
        error: io::Error,
    },
}

impl Failure {
    /// What the shell is told.
    pub(crate) fn code(&self) -> ExitCode {
        let number = match self {
            Self::Configuration(_) | Self::Listen(ListenError::Open { .. }) | Self::NoHome => 2,
            Self::Instance(InstanceError::Held { .. }) => 3,
            Self::Store(error) | Self::Control(ControlError::Store(error)) => of_store(error),
            Self::Listen(ListenError::Refused { .. }) => 5,
            _ => 1,
        };
        ExitCode::from(number)
    }
}

fn of_store(error: &StoreError) -> u8 {
    match error {
        StoreError::Corrupt { .. } | StoreError::Newer { .. } | StoreError::Foreign { .. } => 4,
        _ => 1,
    }
}

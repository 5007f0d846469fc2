//! The commands other than running Baton, one file for each.

use std::path::Path;

use baton_core::clock::SystemClock;
use baton_core::name::PersonId;
use baton_core::store::Store;
use baton_store::sqlite::Sqlite;

use crate::daemon_client::DaemonClient;
use crate::instance::{self, FolderHolder, InstanceLock};
use crate::program_failure::ProgramFailure;

pub(crate) mod config_command;
pub(crate) mod dead_letter_command;
pub(crate) mod status_command;
pub(crate) mod topics_command;
pub(crate) mod trace_command;

/// The source of a command's answer: a running Baton or, without one, its store.
pub(crate) enum AnswerSource {
    /// A Baton runs in the data folder.
    Running(DaemonClient),
    /// No Baton runs. As long as the instance is held, none can start.
    Stopped(Box<dyn Store>, InstanceLock),
    /// The data folder has no database.
    Nothing,
}

impl AnswerSource {
    /// Finds the source for a data folder.
    pub(crate) fn find_source(folder: &Path) -> Result<Self, ProgramFailure> {
        if !instance::database_path(folder).exists() {
            return Ok(Self::Nothing);
        }
        match InstanceLock::take_or_find(folder)? {
            FolderHolder::Daemon(daemon) => Ok(Self::Running(DaemonClient::new(daemon)?)),
            FolderHolder::Us(instance) => {
                let store = Sqlite::open(&instance.database_path(), SystemClock::shared())?;
                Ok(Self::Stopped(Box::new(store), instance))
            }
        }
    }
}

/// The actor of commands that change the store directly. Every user with write access to the folder can run
/// these commands.
pub(crate) fn local_operator() -> PersonId {
    baton_channels::web::settings::LOCAL.into()
}

/// Milliseconds since 1970 as a date and time, in UTC.
pub(crate) fn render_timestamp(millis: i64) -> String {
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S%.3f UTC").to_string(),
        Err(_) => format!("{millis} ms"),
    }
}

/// The beginning of the first line of a text, without control characters, for a list.
pub(crate) fn render_excerpt(text: &str) -> String {
    const SHOWN: usize = 80;
    let line = text.trim().lines().next().unwrap_or_default();
    let visible: String = line
        .chars()
        .filter(|it| !it.is_control())
        .take(SHOWN)
        .collect();
    if visible.len() < text.trim().len() {
        format!("{visible} …")
    } else {
        visible
    }
}

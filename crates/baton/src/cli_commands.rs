//! The commands other than running Baton, one file for each.

use std::path::Path;

use baton_core::clock::SystemClock;
use baton_core::name::PersonId;
use baton_store::sqlite::Sqlite;

use crate::command_failure::Failure;
use crate::daemon_client::Remote;
use crate::instance::{self, Holder, Instance};

pub(crate) mod config_command;
pub(crate) mod dead_letter_command;
pub(crate) mod status_command;
pub(crate) mod trace_command;

/// The source of a command's answer: a running Baton or, without one, its store.
pub(crate) enum Source {
    /// A Baton runs in the data folder.
    Running(Remote),
    /// No Baton runs. As long as the instance is held, none can start.
    Stopped(Sqlite, Instance),
    /// The data folder has no database.
    Nothing,
}

impl Source {
    /// Finds the source for a data folder.
    pub(crate) fn find(folder: &Path) -> Result<Self, Failure> {
        if !instance::database(folder).exists() {
            return Ok(Self::Nothing);
        }
        match Instance::take_or_find(folder)? {
            Holder::Daemon(daemon) => Ok(Self::Running(Remote::new(daemon)?)),
            Holder::Us(instance) => {
                let store = Sqlite::open(&instance.database(), SystemClock::shared())?;
                Ok(Self::Stopped(store, instance))
            }
        }
    }
}

/// The actor of commands that change the store directly. Every user with write access to the folder can run
/// these commands.
pub(crate) fn operator() -> PersonId {
    baton_channels::web::settings::LOCAL.into()
}

/// Milliseconds since 1970 as a date and time, in UTC.
pub(crate) fn in_words(millis: i64) -> String {
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S%.3f UTC").to_string(),
        Err(_) => format!("{millis} ms"),
    }
}

/// The beginning of the first line of a text, without control characters, for a list.
pub(crate) fn beginning(text: &str) -> String {
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

//! What can be asked besides running: one file a command.

use std::path::Path;

use baton_core::clock::SystemClock;
use baton_core::name::PersonId;
use baton_store::sqlite::Sqlite;

use crate::exit::Failure;
use crate::instance::{self, Holder, Instance};
use crate::remote::Remote;

pub(crate) mod config;
pub(crate) mod dead;
pub(crate) mod status;
pub(crate) mod trace;

/// Where a command finds out: from the Baton that runs or, where none does, from its store.
pub(crate) enum Source {
    /// One runs.
    Running(Remote),
    /// None does, and as long as this is held, none can start.
    Stopped(Sqlite, Instance),
    /// None ever did.
    Nothing,
}

impl Source {
    /// What there is in a data folder.
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

/// Who acts where the command line changes the store by itself: whoever may write to the folder.
pub(crate) fn operator() -> PersonId {
    baton_channels::web::settings::LOCAL.into()
}

/// Milliseconds since 1970, as people write it.
pub(crate) fn in_words(millis: i64) -> String {
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S%.3f UTC").to_string(),
        Err(_) => format!("{millis} ms"),
    }
}

/// The first line of a text, as far as it is good to look at in a list.
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

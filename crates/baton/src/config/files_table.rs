//! `[files]`: limits for files of messages and replies.

use std::time::Duration;

use baton_core::files::FileLimits;
use schemars::JsonSchema;
use serde::Deserialize;

/// The seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// Limits for files. `baton config example` shows the defaults.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FilesTable {
    /// The largest size of a file, in MiB.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) size_mib: Option<u64>,
    /// The most files of one message or one reply.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) at_once: Option<usize>,
    /// The days for which a file is kept after the end of its message, or after its delivery.
    #[schemars(range(min = 1, max = 36_500))]
    pub(crate) keep_days: Option<u64>,
    /// The total size of uploads that no message has named yet, in MiB. An upload that no message names
    /// within a day is removed.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) uploads_mib: Option<u64>,
}

impl FilesTable {
    /// The limits, with defaults for absent keys.
    pub(crate) fn file_limits(self) -> FileLimits {
        let plain = FileLimits::default();
        let mib = |mib: u64| mib * 1024 * 1024;
        FileLimits {
            size: self.size_mib.map_or(plain.size, mib),
            at_once: self.at_once.unwrap_or(plain.at_once),
            kept: self
                .keep_days
                .map_or(plain.kept, |days| Duration::from_secs(days * DAY)),
            uploads: self.uploads_mib.map_or(plain.uploads, mib),
        }
    }
}

//! `[files]`: what may come with messages, and be sent with replies.

use std::time::Duration;

use baton_core::files::FileLimits;
use schemars::JsonSchema;
use serde::Deserialize;

/// The seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// Files; what is not given has a default that is written in the example.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FilesTable {
    /// How large one file may be, in MiB.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) size_mib: Option<u64>,
    /// How many may come with one message, or be sent with one reply.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) at_once: Option<usize>,
    /// How many days a file is kept after its message was done, or it was sent.
    #[schemars(range(min = 1, max = 36_500))]
    pub(crate) keep_days: Option<u64>,
    /// How much all files together may take that were uploaded and that no message has named yet, in
    /// MiB. What none names within a day is removed.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) uploads_mib: Option<u64>,
}

impl FilesTable {
    /// With the defaults for what is not given.
    pub(crate) fn limits(self) -> FileLimits {
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

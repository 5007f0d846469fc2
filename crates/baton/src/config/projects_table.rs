//! `[projects]`: projects that people add with `/add-project`.

use std::path::{Path, PathBuf};

use baton_agents::git::{GitSettings, Protocol};
use baton_config::table_schema::as_words;
use schemars::JsonSchema;
use serde::Deserialize;

use super::duration_seconds::DurationSeconds;

/// Settings of projects. `baton config example` shows the defaults.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ProjectsTable {
    /// The folder for the cloned projects; a relative path starts from the configuration's folder. By default
    /// `projects` in the data folder.
    pub(crate) folder: Option<PathBuf>,
    /// The agent for the projects. Without an agent, no project can be added.
    pub(crate) agent: Option<String>,
    /// The permitted protocols of repositories.
    #[schemars(length(min = 1))]
    pub(crate) protocols: Option<Vec<ProtocolWord>>,
    /// The time limit of a clone, in seconds; at most 840.
    pub(crate) clone_seconds: Option<DurationSeconds>,
    /// The largest size of a clone, in MiB. The limit applies to the transfer, and separately to the files.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) clone_mib: Option<u64>,
}

/// A protocol of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub(crate) enum ProtocolWord {
    /// `https://…`
    Https,
    /// `ssh://…`, `user@host:path`
    Ssh,
    /// `file://…`: every file that Baton's user may read.
    File,
}

impl From<ProtocolWord> for Protocol {
    fn from(word: ProtocolWord) -> Self {
        match word {
            ProtocolWord::Https => Self::Https,
            ProtocolWord::Ssh => Self::Ssh,
            ProtocolWord::File => Self::File,
        }
    }
}

impl ProjectsTable {
    /// The settings for git, with defaults for absent keys.
    pub(crate) fn git_settings(&self) -> GitSettings {
        let plain = GitSettings::default();
        let protocols = self.protocols.as_ref();
        GitSettings {
            protocols: protocols.map_or(plain.protocols, |words| {
                words.iter().copied().map(Protocol::from).collect()
            }),
            limit: self.clone_seconds.map_or(plain.limit, Into::into),
            size: self.clone_mib.map_or(plain.size, |mib| mib * 1024 * 1024),
            ..plain
        }
    }

    /// The folder for the cloned projects. `folder` is the configuration's folder, and `data` the data
    /// folder. The path is absolute if the current folder is known.
    pub(crate) fn projects_folder(&self, folder: &Path, data: &Path) -> PathBuf {
        let configured = self.folder.as_ref().map(|it| folder.join(it));
        let path = configured.unwrap_or_else(|| data.join("projects"));
        std::path::absolute(&path).unwrap_or(path)
    }
}

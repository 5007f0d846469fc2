//! `[projects]`: what people add with `/add-project`.

use std::path::{Path, PathBuf};

use baton_agents::git::{GitSettings, Protocol};
use schemars::JsonSchema;
use serde::Deserialize;

use super::seconds::Seconds;
use super::shape::as_words;

/// Projects; what is not given has a default that is written in the example.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ProjectsTable {
    /// Where they are cloned to; a relative path starts from the configuration's folder. By default
    /// `projects` in the data folder.
    pub(crate) folder: Option<PathBuf>,
    /// The agent that works on them. Without it, nobody can add any.
    pub(crate) agent: Option<String>,
    /// How their repositories may be reached.
    #[schemars(length(min = 1))]
    pub(crate) protocols: Option<Vec<ProtocolWord>>,
    /// How long a clone may take.
    pub(crate) clone_seconds: Option<Seconds>,
    /// How much a clone may bring, in MiB.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) clone_mib: Option<u64>,
}

/// How a repository may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub(crate) enum ProtocolWord {
    /// `https://…`
    Https,
    /// `ssh://…`, `user@host:path`
    Ssh,
    /// `file://…`: whatever Baton's user may read.
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
    /// How git is run for them.
    pub(crate) fn git(&self) -> GitSettings {
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

    /// Where they are, in a configuration in `folder` and with that data folder: absolute where our own
    /// folder is known.
    pub(crate) fn folder(&self, folder: &Path, data: &Path) -> PathBuf {
        let configured = self.folder.as_ref().map(|it| folder.join(it));
        let path = configured.unwrap_or_else(|| data.join("projects"));
        std::path::absolute(&path).unwrap_or(path)
    }
}

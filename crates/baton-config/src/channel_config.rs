//! The parsed table of a channel: the checks of its values, its summary, and the channel that the table describes.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;

use baton_chat::chat_settings::PlaceSettings;
use baton_chat::projects::AddsProjects;
use baton_core::channel::Channel;
use baton_core::clock::Clock;
use secrecy::SecretString;
use serde_json::Value;

use crate::secret_location::SecretLocation;

/// The parsed table of a channel. All keys are relative to the table `[channels.NAME]`. The table of a chat platform
/// implements [`ChatTable`](crate::ChatTable) instead.
pub trait ChannelConfig: Debug + Send + Sync {
    /// Reports all invalid or contradictory values, each with its keys.
    fn check_values(&self, report: &mut dyn FnMut(&[&str], &str));

    /// All tables with the name of an agent or persona.
    fn list_answerers(&self) -> Vec<Answerer<'_>>;

    /// All secrets of the channel, by their keys. The keys come back in [`ChannelSecrets`].
    fn list_secrets(&self) -> Vec<(&'static str, &SecretLocation)>;

    /// A summary without secrets.
    fn summary(&self) -> ChannelSummary;

    /// The settings of the place with this name; `None` for an absent or invalid place.
    fn find_place(&self, name: &str) -> Option<PlaceSettings>;

    /// Builds the channel. The channel connects when its `receive` starts.
    fn build(&self, parts: ChannelParts) -> Result<Arc<dyn Channel>, ChannelOpenError>;
}

/// A table with the name of an agent or persona.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answerer<'a> {
    /// The keys of the table.
    pub keys: Vec<&'a str>,
    /// The named agent, which answers under its own name.
    pub agent: Option<&'a str>,
    /// The named persona.
    pub persona: Option<&'a str>,
}

impl<'a> Answerer<'a> {
    /// The name of the persona. An agent without a persona answers under its own name.
    pub(crate) fn persona_name(&self) -> Option<&'a str> {
        self.persona.or(self.agent)
    }
}

/// A summary of a channel's table.
#[derive(Clone, Debug)]
pub struct ChannelSummary {
    /// One line for people.
    pub line: String,
    /// The same facts for programs.
    pub facts: Value,
}

/// The program's parts for a channel.
pub struct ChannelParts {
    /// The secrets of the channel's table.
    pub secrets: ChannelSecrets,
    /// The implementation of `/add-project`; `None` means no such command.
    pub projects: Option<Arc<dyn AddsProjects>>,
    /// The source of the time.
    pub clock: Arc<dyn Clock>,
}

/// The secrets of a channel's table, by their keys.
#[derive(Clone, Debug, Default)]
pub struct ChannelSecrets(BTreeMap<&'static str, SecretString>);

impl ChannelSecrets {
    /// The secret of the key; empty for a key that [`ChannelConfig::list_secrets`] does not name.
    pub fn read_key(&self, key: &str) -> SecretString {
        self.0.get(key).cloned().unwrap_or_default()
    }
}

impl FromIterator<(&'static str, SecretString)> for ChannelSecrets {
    fn from_iter<I: IntoIterator<Item = (&'static str, SecretString)>>(secrets: I) -> Self {
        Self(secrets.into_iter().collect())
    }
}

/// The reason why a channel cannot be built. The text is the text of the channel's own error.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ChannelOpenError(Box<dyn Error + Send + Sync>);

impl ChannelOpenError {
    /// Takes the error of a channel.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }
}

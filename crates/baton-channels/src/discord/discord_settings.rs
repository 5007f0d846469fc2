//! The settings of the Discord channel.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_core::clock::Clock;
use baton_core::name::PersonaName;
use secrecy::SecretString;
use url::Url;

use super::discord_id::Id;
use super::project_requests::AddsProjects;
use super::translations::Translations;

/// The address of Discord's REST API.
pub const API: &str = "https://discord.com/api/v10";

/// The default of [`DiscordSettings::messages`].
const MESSAGES: usize = 5;

/// All settings of the Discord channel.
#[derive(Clone)]
pub struct DiscordSettings {
    /// The token of the bot.
    pub token: SecretString,
    /// The address of the REST API: [`API`], except in tests and behind proxies.
    pub api: Url,
    /// The address of the gateway; `None` means the address that Discord names.
    pub gateway: Option<Url>,
    /// The channels and servers where the bot listens.
    pub places: Vec<PlaceSettings>,
    /// The settings for direct messages; `None` means that the bot ignores direct messages.
    pub direct: Option<Answering>,
    /// The maximum number of messages of one reply. A longer reply is sent as a file.
    pub messages: usize,
    /// The implementation of `/add-project`; `None` means no such command.
    pub projects: Option<Arc<dyn AddsProjects>>,
    /// The servers where Discord offers the commands.
    pub offered_in: OfferedIn,
    /// The names and descriptions of commands in other languages.
    pub translations: Translations,
    /// The source of the time.
    pub clock: Arc<dyn Clock>,
}

impl DiscordSettings {
    /// Settings without any place.
    ///
    /// # Panics
    ///
    /// Never: [`API`] is a valid address.
    pub fn new(token: impl Into<SecretString>, clock: Arc<dyn Clock>) -> Self {
        Self {
            token: token.into(),
            api: Url::parse(API).expect("a constant"),
            gateway: None,
            places: Vec::new(),
            direct: None,
            messages: MESSAGES,
            projects: None,
            offered_in: OfferedIn::default(),
            translations: Translations::default(),
            clock,
        }
    }
}

/// A set of channels, with the settings for answers there.
#[derive(Clone, Debug)]
pub struct PlaceSettings {
    /// The channels.
    pub covers: Covers,
    /// The settings.
    pub answering: Answering,
}

/// A set of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    /// This channel and its threads.
    Channel(Id),
    /// The channels of this server that have no settings of their own.
    Server(Id),
}

/// The settings for answers.
#[derive(Clone, Debug)]
pub struct Answering {
    /// The persona that answers.
    pub persona: PersonaName,
    /// The messages that get an answer.
    pub trigger: Trigger,
    /// Whether the answer to a message outside threads goes into a new thread.
    pub thread_per_request: bool,
    /// The people who may talk to the bot; `None` means everybody.
    pub speakers: Option<People>,
    /// The people who decide approvals; `None` means the author of the answered message.
    pub deciders: Option<People>,
    /// Whether other bots and webhooks may talk to the bot.
    pub allow_bots: bool,
    /// Whether the reactions ⏹ and 🔁 on a message stop and retry the message.
    pub reactions: bool,
}

impl Answering {
    /// The defaults: `persona` answers messages that mention the bot.
    pub fn by(persona: impl Into<PersonaName>) -> Self {
        Self {
            persona: persona.into(),
            trigger: Trigger::Mention,
            thread_per_request: false,
            speakers: None,
            deciders: None,
            allow_bots: false,
            reactions: false,
        }
    }
}

/// The servers where Discord offers the commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OfferedIn {
    /// All servers of the bot, and direct messages.
    #[default]
    Everywhere,
    /// The servers of configured places; direct messages only if the bot answers them.
    Servers,
}

/// The messages that get an answer, besides direct messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// Messages that mention the bot.
    #[default]
    Mention,
    /// Every message.
    Every,
    /// Every message in threads that the bot created; elsewhere, messages that mention the bot.
    Threads,
}

/// A set of people, by user ids and roles. People cannot change these themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// The ids of users.
    pub users: BTreeSet<Id>,
    /// The ids of roles; every member with one of the roles belongs to the set.
    pub roles: BTreeSet<Id>,
}

impl People {
    /// Whether the set contains the person with this id and these roles.
    pub fn contains_person(&self, user: Id, roles: &[Id]) -> bool {
        self.users.contains(&user) || roles.iter().any(|role| self.roles.contains(role))
    }
}

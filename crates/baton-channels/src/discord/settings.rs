//! What is configured of Discord.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_core::clock::Clock;
use baton_core::name::PersonaName;
use secrecy::SecretString;
use url::Url;

use super::id::Id;
use super::projects::AddsProjects;
use super::translations::Translations;

/// Where Discord is reached.
pub const API: &str = "https://discord.com/api/v10";

/// Over how many messages a reply goes before it becomes a file.
const MESSAGES: usize = 5;

/// All of it.
#[derive(Clone)]
pub struct DiscordSettings {
    /// What proves that we are the bot.
    pub token: SecretString,
    /// Where REST is reached: [`API`], but for tests and proxies.
    pub api: Url,
    /// Where the gateway is reached; where Discord says, if this is `None`.
    pub gateway: Option<Url>,
    /// Where we listen and answer.
    pub places: Vec<PlaceSettings>,
    /// How direct messages are answered; not at all where it is `None`.
    pub direct: Option<Answering>,
    /// How many messages one reply may become. A longer one is sent as a file.
    pub messages: usize,
    /// What adds projects; without it, no `/add-project` is offered.
    pub projects: Option<Arc<dyn AddsProjects>>,
    /// Where commands are offered.
    pub offered_in: OfferedIn,
    /// What commands are called and said to do in other languages.
    pub translations: Translations,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
}

impl DiscordSettings {
    /// A bot that listens nowhere yet.
    ///
    /// # Panics
    ///
    /// Never: [`API`] is an address.
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

/// Some channels, and how people are answered there.
#[derive(Clone, Debug)]
pub struct PlaceSettings {
    /// Which.
    pub covers: Covers,
    /// How.
    pub answering: Answering,
}

/// Some channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    /// This one, and its threads.
    Channel(Id),
    /// All of this server that are not given themselves.
    Server(Id),
}

/// How people are answered.
#[derive(Clone, Debug)]
pub struct Answering {
    /// Who answers.
    pub persona: PersonaName,
    /// What is answered.
    pub trigger: Trigger,
    /// Whether each message outside of threads gets a thread of its own for its answer.
    pub thread_per_request: bool,
    /// Who is heard; `None` for everybody.
    pub speakers: Option<People>,
    /// Who decides what agents ask; where it is `None`, whoever wrote what is being answered.
    pub deciders: Option<People>,
    /// Whether other bots and webhooks are heard.
    pub allow_bots: bool,
    /// Whether ⏹ and 🔁 on a message stop and retry it.
    pub reactions: bool,
}

impl Answering {
    /// By this persona, whoever mentions us.
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

    /// Whether somebody with these roles is one of those who decide; `None` where none are named.
    pub fn lets_decide(&self, user: Id, roles: &[Id]) -> Option<bool> {
        let deciders = self.deciders.as_ref();
        deciders.map(|deciders| deciders.include(user, roles))
    }

    /// Whether somebody with these roles is heard; `is_bot` for other bots and webhooks.
    pub fn hears(&self, user: Id, is_bot: bool, roles: &[Id]) -> bool {
        let speakers = self.speakers.as_ref();
        let may = |speakers: &People| speakers.include(user, roles);
        (self.allow_bots || !is_bot) && speakers.is_none_or(may)
    }
}

/// Where commands are offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OfferedIn {
    /// Wherever the bot is.
    #[default]
    Everywhere,
    /// In each server where it listens, and nowhere else; where it answers who writes to it alone, there too.
    Servers,
}

/// What is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// What mentions us.
    #[default]
    Mention,
    /// Every message.
    Every,
    /// Every message in threads that we began; elsewhere what mentions us.
    Threads,
}

/// Some people, by what they cannot change themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// These.
    pub users: BTreeSet<Id>,
    /// Whoever has one of these roles.
    pub roles: BTreeSet<Id>,
}

impl People {
    /// Whether that person is one of them.
    pub fn include(&self, user: Id, roles: &[Id]) -> bool {
        self.users.contains(&user) || roles.iter().any(|role| self.roles.contains(role))
    }
}

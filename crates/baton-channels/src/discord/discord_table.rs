//! `[channels.discord]`: a bot on Discord.

use std::collections::BTreeMap;

use baton_chat::chat_settings::{Answering, People, PlaceScope, PlaceSettings, Trigger};
use baton_config::table_schema::as_words;
use baton_config::{Answerer, SecretLocation};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::translations::{Kind, Translation, TranslationError, Translations, Words};
use super::{Id, NotAnId, OfferedIn};

mod discord_check;

/// A bot on Discord.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DiscordTable {
    /// The location of the bot's token.
    pub(super) token: SecretLocation,
    /// The address of Discord's API; only for proxies and tests.
    api: Option<String>,
    /// The address of Discord's gateway; only for proxies and tests. By default, Discord names the address.
    gateway: Option<String>,
    /// The most messages for one reply. A longer reply is sent as a file.
    #[schemars(range(min = 1, max = 50))]
    pub(super) messages: Option<usize>,
    /// The servers in which Discord offers the commands.
    #[serde(default)]
    pub(super) offered_in: OfferedInWord,
    /// Translations of command names and descriptions: by language, then by the command's own name.
    #[serde(default)]
    pub(super) commands: BTreeMap<String, BTreeMap<String, CommandWords>>,
    /// The channels and servers in which the bot answers.
    #[serde(default)]
    pub(super) places: BTreeMap<String, PlaceTable>,
    /// The settings for direct messages. Without this table, the bot does not answer direct messages.
    pub(super) direct: Option<DirectTable>,
}

/// `[channels.discord.commands.LANGUAGE.COMMAND]`: the translation of a command.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CommandWords {
    /// The translated name.
    pub(super) name: Option<String>,
    /// The translated description, in one line.
    pub(super) description: Option<String>,
    /// Translations of the command's options, by the option's own name.
    #[serde(default)]
    pub(super) options: BTreeMap<String, OptionWords>,
}

/// `[channels.discord.commands.LANGUAGE.COMMAND.options.OPTION]`: the translation of an option.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionWords {
    /// The translated name.
    pub(super) name: Option<String>,
    /// The translated description, in one line.
    pub(super) description: Option<String>,
}

/// `[channels.discord.places.NAME]`: a channel or server in which the bot answers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceTable {
    /// The id of a channel. The place includes the channel's threads.
    pub(super) channel: Option<String>,
    /// The id of a server, instead of `channel`. The place is every channel of the server without its own
    /// table.
    pub(super) server: Option<String>,
    /// The agent that answers here, under its own name.
    pub(super) agent: Option<String>,
    /// The persona that answers here; instead of `agent`.
    pub(super) persona: Option<String>,
    /// The messages that the bot answers.
    #[serde(default)]
    pub(super) trigger: TriggerWord,
    /// Whether each message outside of threads gets its own thread for the answer.
    #[serde(default)]
    pub(super) thread_per_request: bool,
    /// The people whose messages are answered: `user:ID` or `role:ID`. By default, everybody.
    pub(super) speakers: Option<Vec<String>>,
    /// The people who decide approvals: `user:ID` or `role:ID`. By default, the deciders of `[approvals]`.
    pub(super) deciders: Option<Vec<String>>,
    /// Whether messages of other bots and webhooks are answered.
    #[serde(default)]
    pub(super) allow_bots: bool,
    /// Whether the reaction ⏹ stops a message, and 🔁 tries a message again.
    #[serde(default)]
    pub(super) reactions: bool,
}

/// `[channels.discord.direct]`: the settings for direct messages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DirectTable {
    /// The agent that answers, under its own name.
    pub(super) agent: Option<String>,
    /// The persona that answers; instead of `agent`.
    pub(super) persona: Option<String>,
    /// The people whose messages are answered: `user:ID`. By default, everybody who can write to the bot.
    pub(super) speakers: Option<Vec<String>>,
    /// Whether the reaction ⏹ stops a message, and 🔁 tries a message again.
    #[serde(default)]
    pub(super) reactions: bool,
}

/// The servers in which Discord offers the commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub(super) enum OfferedInWord {
    /// Every server of the bot, and direct messages.
    #[default]
    Everywhere,
    /// Each server with a configured place, and direct messages if the bot answers them.
    Servers,
}

impl From<OfferedInWord> for OfferedIn {
    fn from(word: OfferedInWord) -> Self {
        match word {
            OfferedInWord::Everywhere => Self::Everywhere,
            OfferedInWord::Servers => Self::Servers,
        }
    }
}

/// The messages that the bot answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub(super) enum TriggerWord {
    /// Messages that mention the bot.
    #[default]
    Mention,
    /// Every message.
    Every,
    /// Every message in threads that the bot began; elsewhere messages that mention the bot.
    Threads,
}

impl From<TriggerWord> for Trigger {
    fn from(word: TriggerWord) -> Self {
        match word {
            TriggerWord::Mention => Self::Mention,
            TriggerWord::Every => Self::Every,
            TriggerWord::Threads => Self::Threads,
        }
    }
}

/// The error for a person or role in an unknown form.
#[derive(Debug, thiserror::Error)]
#[error("write user:ID or role:ID, with the number that Copy ID gives on Discord")]
struct PersonFormatError;

/// Parses people and roles. The error has the index of the first invalid item.
fn parse_people(spelled: &[String]) -> Result<People, (usize, PersonFormatError)> {
    let mut people = People::default();
    for (number, spelled) in spelled.iter().enumerate() {
        let nobody = || (number, PersonFormatError);
        let (kind, id) = spelled.split_once(':').ok_or_else(nobody)?;
        let id: Id = id.parse().map_err(|_: NotAnId| nobody())?;
        match kind {
            "user" => people.users.insert(id.to_string().into()),
            "role" => people.roles.insert(id.to_string().into()),
            _ => return Err(nobody()),
        };
    }
    Ok(people)
}

/// The error for an unusable address.
#[derive(Debug, thiserror::Error)]
#[error("this must be an address that begins with {0}://")]
pub(super) struct AddressError(&'static str);

/// Parses an address with one of two schemes. The error names the second scheme, which is the usual one.
fn parse_address(text: &str, schemes: [&'static str; 2]) -> Result<Url, AddressError> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| schemes.contains(&url.scheme()) && url.host().is_some());
    url.ok_or(AddressError(schemes[1]))
}

impl PlaceTable {
    /// The channel or server of the place; `None` if the table has neither or both keys.
    pub(super) fn place_scope(&self) -> Option<Result<PlaceScope, (&'static str, NotAnId)>> {
        let (key, id) = match (&self.channel, &self.server) {
            (Some(id), None) => ("channel", id),
            (None, Some(id)) => ("server", id),
            _ => return None,
        };
        let scope = |id: Id| match key {
            "channel" => PlaceScope::Chat(id.to_string().into()),
            _ => PlaceScope::Workspace(id.to_string().into()),
        };
        Some(id.parse().map(scope).map_err(|error| (key, error)))
    }

    /// The settings of the place; `None` for a mistake, which the check of the file has reported.
    pub(super) fn place_settings(&self) -> Option<PlaceSettings> {
        let some = |spelled: &Option<Vec<String>>| spelled.as_deref().map(parse_people).transpose();
        let answering = Answering {
            trigger: self.trigger.into(),
            thread_per_request: self.thread_per_request,
            speakers: some(&self.speakers).ok()?,
            deciders: some(&self.deciders).ok()?,
            allow_bots: self.allow_bots,
            reactions: self.reactions,
            ..Answering::by(persona_name(self.persona.as_ref(), self.agent.as_ref())?)
        };
        let scope = self.place_scope()?.ok()?;
        Some(PlaceSettings { scope, answering })
    }
}

impl DirectTable {
    /// The settings for direct messages; `None` for a mistake, which the check of the file has reported.
    pub(super) fn answering_settings(&self) -> Option<Answering> {
        let speakers = self.speakers.as_deref().map(parse_people).transpose();
        Some(Answering {
            trigger: Trigger::Every,
            speakers: speakers.ok()?,
            reactions: self.reactions,
            ..Answering::by(persona_name(self.persona.as_ref(), self.agent.as_ref())?)
        })
    }
}

impl DiscordTable {
    /// The configured address of the API, if present.
    pub(super) fn api_url(&self) -> Option<Result<Url, AddressError>> {
        let text = self.api.as_deref()?;
        Some(parse_address(text, ["http", "https"]))
    }

    /// The configured address of the gateway, if present.
    pub(super) fn gateway_url(&self) -> Option<Result<Url, AddressError>> {
        let text = self.gateway.as_deref()?;
        Some(parse_address(text, ["ws", "wss"]))
    }

    /// All valid translations, and each invalid translation with its error.
    pub(super) fn parse_translations(
        &self,
    ) -> (Translations, Vec<(Translation, TranslationError)>) {
        let mut all = Vec::new();
        for (locale, commands) in &self.commands {
            for (command, words) in commands {
                let mut add = |option: Option<&String>, kind, text: &Option<String>| {
                    all.extend(text.clone().map(|text| Translation {
                        locale: locale.clone(),
                        of: Words {
                            command: command.clone(),
                            option: option.cloned(),
                            kind,
                        },
                        text,
                    }));
                };
                add(None, Kind::Name, &words.name);
                add(None, Kind::Description, &words.description);
                for (option, words) in &words.options {
                    add(Some(option), Kind::Name, &words.name);
                    add(Some(option), Kind::Description, &words.description);
                }
            }
        }
        Translations::new(all)
    }

    /// All tables that name an agent or persona.
    pub(super) fn find_answerers(&self) -> Vec<Answerer<'_>> {
        let places = self.places.iter().map(|(name, place)| Answerer {
            keys: vec!["places", name],
            agent: place.agent.as_deref(),
            persona: place.persona.as_deref(),
        });
        let direct = self.direct.as_ref().map(|direct| Answerer {
            keys: vec!["direct"],
            agent: direct.agent.as_deref(),
            persona: direct.persona.as_deref(),
        });
        places.chain(direct).collect()
    }
}

/// The name of the persona. An agent without a persona answers under its own name.
fn persona_name<'a>(persona: Option<&'a String>, agent: Option<&'a String>) -> Option<&'a str> {
    persona.or(agent).map(String::as_str)
}

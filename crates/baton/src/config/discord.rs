//! `[channels.discord]`: a bot on Discord.

use std::collections::BTreeMap;

use baton_channels::discord::translations::{
    Kind, Translation, TranslationError, Translations, Words,
};
use baton_channels::discord::{
    Answering, Covers, Id, NotAnId, OfferedIn, People, PlaceSettings, Trigger,
};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::secret::Secret;
use super::shape::as_words;

mod check;

/// A bot on Discord.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiscordTable {
    /// Where the bot's token is.
    pub(crate) token: Secret,
    /// The address of its API; only for proxies and tests.
    api: Option<String>,
    /// The address of its gateway; only for proxies and tests. By default where Discord says.
    gateway: Option<String>,
    /// How many messages one reply may become. A longer one is sent as a file.
    #[schemars(range(min = 1, max = 50))]
    pub(crate) messages: Option<usize>,
    /// Where commands are offered.
    #[serde(default)]
    pub(crate) offered_in: OfferedInWord,
    /// What commands are called and said to do in other languages: by language, then by the command's own
    /// name.
    #[serde(default)]
    pub(crate) commands: BTreeMap<String, BTreeMap<String, CommandWords>>,
    /// Where the bot listens and answers.
    #[serde(default)]
    pub(crate) places: BTreeMap<String, PlaceTable>,
    /// How it answers whoever writes to it alone; without it, not at all.
    pub(crate) direct: Option<DirectTable>,
}

/// `[channels.discord.commands.LANGUAGE.COMMAND]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandWords {
    /// What it is called.
    pub(crate) name: Option<String>,
    /// What it does, in a line.
    pub(crate) description: Option<String>,
    /// The same of its options, by their own names.
    #[serde(default)]
    pub(crate) options: BTreeMap<String, OptionWords>,
}

/// `[channels.discord.commands.LANGUAGE.COMMAND.options.OPTION]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OptionWords {
    /// What it is called.
    pub(crate) name: Option<String>,
    /// What it is for, in a line.
    pub(crate) description: Option<String>,
}

/// `[channels.discord.places.NAME]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceTable {
    /// The id of a channel: it and its threads.
    pub(crate) channel: Option<String>,
    /// The id of a server: all of its channels that have no table of their own; instead of `channel`.
    pub(crate) server: Option<String>,
    /// The agent that answers, under its own name.
    pub(crate) agent: Option<String>,
    /// The persona that answers; instead of `agent`.
    pub(crate) persona: Option<String>,
    /// What is answered.
    #[serde(default)]
    pub(crate) trigger: TriggerWord,
    /// Whether each message outside of threads gets a thread of its own for its answer.
    #[serde(default)]
    pub(crate) thread_per_request: bool,
    /// Who is heard: `user:ID` or `role:ID`. By default everybody.
    pub(crate) speakers: Option<Vec<String>>,
    /// Who decides what agents ask, in the same words. By default what `[approvals]` says.
    pub(crate) deciders: Option<Vec<String>>,
    /// Whether other bots and webhooks are heard.
    #[serde(default)]
    pub(crate) allow_bots: bool,
    /// Whether ⏹ on a message stops it, and 🔁 tries it again.
    #[serde(default)]
    pub(crate) reactions: bool,
}

/// `[channels.discord.direct]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectTable {
    /// The agent that answers, under its own name.
    pub(crate) agent: Option<String>,
    /// The persona that answers; instead of `agent`.
    pub(crate) persona: Option<String>,
    /// Who is heard: `user:ID`. By default everybody who can write to the bot.
    pub(crate) speakers: Option<Vec<String>>,
    /// Whether ⏹ on a message stops it, and 🔁 tries it again.
    #[serde(default)]
    pub(crate) reactions: bool,
}

/// Where commands are offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub(crate) enum OfferedInWord {
    /// Wherever the bot is.
    #[default]
    Everywhere,
    /// In each server of which the configuration names a place, and in direct messages where they are answered.
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

/// What is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub(crate) enum TriggerWord {
    /// What mentions the bot.
    #[default]
    Mention,
    /// Every message.
    Every,
    /// Every message in threads that the bot began; elsewhere what mentions it.
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

/// A person or role that is written in no way we know.
#[derive(Debug, thiserror::Error)]
#[error("write user:ID or role:ID, with the number that Copy ID gives on Discord")]
struct NoPerson;

/// Some people, as the configuration spells them; the number of the first one that is nobody.
fn people(spelled: &[String]) -> Result<People, (usize, NoPerson)> {
    let mut people = People::default();
    for (number, spelled) in spelled.iter().enumerate() {
        let nobody = || (number, NoPerson);
        let (kind, id) = spelled.split_once(':').ok_or_else(nobody)?;
        let id: Id = id.parse().map_err(|_: NotAnId| nobody())?;
        match kind {
            "user" => people.users.insert(id),
            "role" => people.roles.insert(id),
            _ => return Err(nobody()),
        };
    }
    Ok(people)
}

/// An address that nothing can be sent to.
#[derive(Debug, thiserror::Error)]
#[error("this must be an address that begins with {0}://")]
pub(crate) struct NoAddress(&'static str);

/// An address with one of these schemes, the second of which is the usual one.
fn address(text: &str, schemes: [&'static str; 2]) -> Result<Url, NoAddress> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| schemes.contains(&url.scheme()) && url.host().is_some());
    url.ok_or(NoAddress(schemes[1]))
}

impl PlaceTable {
    /// Where it is; `None` where the table names no place, or two.
    pub(crate) fn covers(&self) -> Option<Result<Covers, (&'static str, NotAnId)>> {
        let (key, id) = match (&self.channel, &self.server) {
            (Some(id), None) => ("channel", id),
            (None, Some(id)) => ("server", id),
            _ => return None,
        };
        let covers = |id| match key {
            "channel" => Covers::Channel(id),
            _ => Covers::Server(id),
        };
        Some(id.parse().map(covers).map_err(|error| (key, error)))
    }

    /// What it means; `None` where it has a mistake, which was reported while reading.
    pub(crate) fn settings(&self) -> Option<PlaceSettings> {
        let some = |spelled: &Option<Vec<String>>| spelled.as_deref().map(people).transpose();
        let answering = Answering {
            trigger: self.trigger.into(),
            thread_per_request: self.thread_per_request,
            speakers: some(&self.speakers).ok()?,
            deciders: some(&self.deciders).ok()?,
            allow_bots: self.allow_bots,
            reactions: self.reactions,
            ..Answering::by(who(self.persona.as_ref(), self.agent.as_ref())?)
        };
        let covers = self.covers()?.ok()?;
        Some(PlaceSettings { covers, answering })
    }
}

impl DirectTable {
    /// What it means; `None` where it has a mistake, which was reported while reading.
    pub(crate) fn answering(&self) -> Option<Answering> {
        let speakers = self.speakers.as_deref().map(people).transpose();
        Some(Answering {
            trigger: Trigger::Every,
            speakers: speakers.ok()?,
            reactions: self.reactions,
            ..Answering::by(who(self.persona.as_ref(), self.agent.as_ref())?)
        })
    }
}

impl DiscordTable {
    /// The address of its API, where the configuration gives one.
    pub(crate) fn api(&self) -> Option<Result<Url, NoAddress>> {
        let text = self.api.as_deref()?;
        Some(address(text, ["http", "https"]))
    }

    /// The address of its gateway, where the configuration gives one.
    pub(crate) fn gateway(&self) -> Option<Result<Url, NoAddress>> {
        let text = self.gateway.as_deref()?;
        Some(address(text, ["ws", "wss"]))
    }

    /// What commands are called and said to do, and what of it has a mistake.
    pub(crate) fn translations(&self) -> (Translations, Vec<(Translation, TranslationError)>) {
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

    /// Each table that says who answers: its keys, and the agent and persona that it names.
    pub(crate) fn answerers(&self) -> Vec<(Vec<&str>, Option<&String>, Option<&String>)> {
        let root = ["channels", "discord"];
        let places = self.places.iter().map(|(name, place)| {
            let keys = root.iter().copied().chain(["places", name]).collect();
            (keys, place.agent.as_ref(), place.persona.as_ref())
        });
        let direct = self.direct.as_ref().map(|direct| {
            let keys = root.iter().copied().chain(["direct"]).collect();
            (keys, direct.agent.as_ref(), direct.persona.as_ref())
        });
        places.chain(direct).collect()
    }
}

/// An agent alone answers under its own name.
fn who<'a>(persona: Option<&'a String>, agent: Option<&'a String>) -> Option<&'a str> {
    persona.or(agent).map(String::as_str)
}

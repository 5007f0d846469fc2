//! The bodies of requests about commands, with Discord's names for the fields:
//! <https://docs.discord.com/developers/interactions/application-commands>.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::discord::discord_id::Id;
use crate::discord::type_numbers::{CommandContext, CommandType, OptionType};

/// A list of commands at Discord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::discord) enum CommandList {
    Everywhere,
    Server(Id),
}

impl fmt::Display for CommandList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everywhere => f.write_str("everywhere"),
            Self::Server(server) => write!(f, "server {server}"),
        }
    }
}

/// A command of Baton.
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct CommandDefinition {
    pub(in crate::discord) name: &'static str,
    description: &'static str,
    #[serde(rename = "type")]
    kind: CommandType,
    /// A bit set. At first, Discord offers the command to members with all these permissions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) default_member_permissions: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::discord) options: Vec<CommandOption>,
    /// `None` for a command of one server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) contexts: Option<Vec<CommandContext>>,
    #[serde(flatten)]
    pub(in crate::discord) localized: LocalizedWords,
}

impl CommandDefinition {
    /// A command for everybody, without options, that a person writes.
    pub(in crate::discord) fn new(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            description,
            kind: CommandType::CHAT_INPUT,
            default_member_permissions: None,
            options: Vec::new(),
            contexts: None,
            localized: LocalizedWords::default(),
        }
    }

    /// Removes the words of one language. `steps` is a path in this JSON, such as `name_localizations`, `he`
    /// or `options`, `0`, `name_localizations`, `he`. Returns the words; `None` if the path names no words of
    /// one language.
    pub(in crate::discord) fn remove_words(&mut self, steps: &[&str]) -> Option<String> {
        let (localized, field, locale) = match *steps {
            ["options", option, field, locale, ..] => {
                let option = self.options.get_mut(option.parse::<usize>().ok()?)?;
                (&mut option.localized, field, locale)
            }
            [field, locale, ..] => (&mut self.localized, field, locale),
            _ => return None,
        };
        localized.words_mut(field)?.remove(locale)
    }
}

/// An option of a command.
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct CommandOption {
    #[serde(rename = "type")]
    kind: OptionType,
    pub(in crate::discord) name: &'static str,
    description: &'static str,
    required: bool,
    /// In characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<usize>,
    #[serde(flatten)]
    pub(in crate::discord) localized: LocalizedWords,
}

impl CommandOption {
    /// An option with a text as value.
    pub(in crate::discord) fn text(
        name: &'static str,
        description: &'static str,
        required: bool,
        max_length: Option<usize>,
    ) -> Self {
        Self {
            kind: OptionType::STRING,
            name,
            description,
            required,
            max_length,
            localized: LocalizedWords::default(),
        }
    }
}

/// The translations of a command or option, by Discord's names for the languages.
#[derive(Clone, Debug, Default, Serialize)]
pub(in crate::discord) struct LocalizedWords {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) name_localizations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) description_localizations: Option<BTreeMap<String, String>>,
}

impl LocalizedWords {
    fn words_mut(&mut self, field: &str) -> Option<&mut BTreeMap<String, String>> {
        match field {
            "name_localizations" => self.name_localizations.as_mut(),
            "description_localizations" => self.description_localizations.as_mut(),
            _ => None,
        }
    }
}

/// A command that Discord has already.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(in crate::discord) struct ExistingCommand(Value);

/// The fields to send back with an existing command.
const KEPT: [&str; 10] = [
    "id",
    "type",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "default_member_permissions",
    "contexts",
    "integration_types",
    "handler",
];

impl ExistingCommand {
    /// The command in the form to send back, if the command is an entry point. Discord refuses a list without
    /// the existing entry point. `None` for removable commands of other types.
    pub(in crate::discord) fn to_entry_point(&self) -> Option<EntryPointCommand> {
        let kind = CommandType::deserialize(&self.0["type"]).ok()?;
        if kind != CommandType::PRIMARY_ENTRY_POINT {
            return None;
        }
        let fields = KEPT.iter().filter_map(|name| {
            let value = self.0.get(name).filter(|value| !value.is_null())?;
            Some(((*name).to_owned(), value.clone()))
        });
        Some(EntryPointCommand(fields.collect()))
    }
}

/// The command that Discord creates for an application with an activity
/// (`interactions/application-commands#entry-point-commands`).
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(in crate::discord) struct EntryPointCommand(Map<String, Value>);

/// An entry of a new list of commands.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ListedCommand<'a> {
    Own(&'a CommandDefinition),
    EntryPoint(&'a EntryPointCommand),
}

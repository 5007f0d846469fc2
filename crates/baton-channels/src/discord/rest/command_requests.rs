//! The bodies of requests about commands, with Discord's names for the fields:
//! <https://docs.discord.com/developers/interactions/application-commands>.

use std::collections::BTreeMap;
use std::fmt;

use baton_chat::command_specs::{CommandAudience, CommandSpec};
use baton_chat::command_translations::{CommandTranslations, WordsKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::discord::discord_id::Id;
use crate::discord::type_numbers::{
    ADMINISTRATOR, CommandContext, CommandType, MANAGE_MESSAGES, OptionType,
};

/// A list of commands at Discord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CommandList {
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
pub(crate) struct CommandDefinition {
    pub(crate) name: &'static str,
    description: &'static str,
    #[serde(rename = "type")]
    kind: CommandType,
    /// A bit set. At first, Discord offers the command to members with all these permissions.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_member_permissions: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<CommandOption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contexts: Option<Vec<CommandContext>>,
    #[serde(flatten)]
    localized: LocalizedWords,
}

impl CommandDefinition {
    /// A command that a person writes, with its translations. `contexts` is `None` for a command of one server.
    pub(crate) fn new(
        spec: &CommandSpec,
        translations: &CommandTranslations,
        contexts: Option<Vec<CommandContext>>,
    ) -> Self {
        let localize = |option| {
            let texts = |kind| translations.find_texts(spec.name, option, kind).cloned();
            LocalizedWords {
                name_localizations: texts(WordsKind::Name),
                description_localizations: texts(WordsKind::Description),
            }
        };
        let options = spec.options.iter().map(|option| CommandOption {
            kind: OptionType::STRING,
            name: option.name,
            description: option.description,
            required: option.required,
            max_length: option.limit,
            localized: localize(Some(option.name)),
        });
        Self {
            name: spec.name,
            description: spec.description,
            kind: CommandType::CHAT_INPUT,
            default_member_permissions: match spec.audience {
                CommandAudience::Everybody => None,
                CommandAudience::Moderators => Some(MANAGE_MESSAGES),
                CommandAudience::Administrators => Some(ADMINISTRATOR),
            },
            options: options.collect(),
            contexts,
            localized: localize(None),
        }
    }

    /// Removes the words of one language. `path` is a path in this JSON, such as `name_localizations.he` or
    /// `options.0.name_localizations.he`. Returns the words; `None` if the path names no words of one language.
    pub(crate) fn remove_words(&mut self, path: &str) -> Option<String> {
        let steps: Vec<_> = path.split('.').collect();
        let (localized, field, locale) = match *steps {
            ["options", option, field, locale, ..] => {
                let option = self.options.get_mut(option.parse::<usize>().ok()?)?;
                (&mut option.localized, field, locale)
            }
            [field, locale, ..] => (&mut self.localized, field, locale),
            _ => return None,
        };
        let words = match field {
            "name_localizations" => &mut localized.name_localizations,
            "description_localizations" => &mut localized.description_localizations,
            _ => return None,
        };
        words.as_mut()?.remove(locale)
    }
}

/// An option of a command, with a text as value.
#[derive(Clone, Debug, Serialize)]
struct CommandOption {
    #[serde(rename = "type")]
    kind: OptionType,
    name: &'static str,
    description: &'static str,
    required: bool,
    /// In characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<usize>,
    #[serde(flatten)]
    localized: LocalizedWords,
}

/// The translations of a command or option, by Discord's names for the languages.
#[derive(Clone, Debug, Serialize)]
struct LocalizedWords {
    #[serde(skip_serializing_if = "Option::is_none")]
    name_localizations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description_localizations: Option<BTreeMap<String, String>>,
}

/// A command that Discord has already.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct ExistingCommand(Value);

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
    pub(crate) fn to_entry_point(&self) -> Option<EntryPointCommand> {
        let kind = CommandType::deserialize(&self.0["type"]).ok()?;
        if kind != CommandType::PRIMARY_ENTRY_POINT {
            return None;
        }
        let mut fields = self.0.as_object()?.clone();
        fields.retain(|name, value| KEPT.contains(&name.as_str()) && !value.is_null());
        Some(EntryPointCommand(fields))
    }
}

/// The command that Discord creates for an application with an activity
/// (`interactions/application-commands#entry-point-commands`).
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct EntryPointCommand(Map<String, Value>);

/// An entry of a new list of commands.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ListedCommand<'a> {
    Own(&'a CommandDefinition),
    EntryPoint(&'a EntryPointCommand),
}

//! Translated names and descriptions of commands. Discord shows each person the words of their language, and
//! sends Baton the original name.

use std::collections::BTreeMap;
use std::fmt;

use super::limits::{COMMAND_DESCRIPTION, COMMAND_NAME};
use super::rest::{CommandDefinition, LocalizedWords};

mod translation_check;

/// The languages of Discord.
const LOCALES: [&str; 34] = [
    "ar", "bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "he",
    "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE",
    "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
];

/// The translations of all languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Translations(BTreeMap<Words, BTreeMap<String, String>>);

/// The words to translate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Words {
    /// The original name of the command.
    pub command: String,
    /// The original name of the option; `None` for the words of the command itself.
    pub option: Option<String>,
    /// Whether the words are a name or a description.
    pub kind: Kind,
}

/// The kind of words of a command or option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The name.
    Name,
    /// The description, one line.
    Description,
}

/// The translation of one name or description into one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    /// Discord's name for the language, such as `de` or `pt-BR`.
    pub locale: String,
    /// The translated words.
    pub of: Words,
    /// The words in this language.
    pub text: String,
}

/// Why a translation is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TranslationError {
    /// Discord does not have this language.
    #[error("Discord has no such language; there are: {}", LOCALES.join(", "))]
    UnknownLocale,
    /// No command has this name. The field lists all commands.
    #[error("there is no such command; there are: {}", .0.join(", "))]
    UnknownCommand(Vec<String>),
    /// The command has no option with this name. The field lists its options.
    #[error("this command has no such option; it has {}", OptionNames(.0))]
    UnknownOption(Vec<String>),
    /// Discord would refuse this name.
    #[error("{0:?} cannot be a name: write 1 to {COMMAND_NAME} lower-case letters, digits, - or _")]
    NotAName(String),
    /// The description is empty or too long. The field is its length in characters.
    #[error("a description has 1 to {COMMAND_DESCRIPTION} characters, and this one {0}")]
    Length(usize),
    /// Two commands, or two options of one command, would have the same name in this language. The fields are
    /// the name, and the original name of the other command or option.
    #[error("{0:?} is the name of `{1}` too in this language; choose another name for one of them")]
    Taken(String, String),
}

struct OptionNames<'a>(&'a [String]);

impl fmt::Display for OptionNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("none"),
            some => f.write_str(&some.join(", ")),
        }
    }
}

impl Translations {
    /// Adds all translations to a command.
    pub(super) fn add_to_command(&self, command: &mut CommandDefinition) {
        command.localized = self.localized_words(command.name, None);
        for option in &mut command.options {
            option.localized = self.localized_words(command.name, Some(option.name));
        }
    }

    fn localized_words(&self, command: &str, option: Option<&str>) -> LocalizedWords {
        let words_of = |kind| {
            let of = Words {
                command: command.to_owned(),
                option: option.map(str::to_owned),
                kind,
            };
            self.0.get(&of).cloned()
        };
        LocalizedWords {
            name_localizations: words_of(Kind::Name),
            description_localizations: words_of(Kind::Description),
        }
    }
}

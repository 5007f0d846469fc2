//! Checks translations by the names of the commands and by the platform's rules.

use std::fmt;

use super::command_specs::{CommandSpec, all_commands};
use super::command_translations::{CommandTranslations, Translation, WordsKind};
use super::conversation_specs::conversation_commands;

/// A platform's rules for the words of commands.
#[derive(Clone, Copy, Debug)]
pub struct TranslationRules {
    /// The name of the platform, for errors.
    pub platform: &'static str,
    /// The platform's names for all its languages.
    pub locales: &'static [&'static str],
    /// The maximum length of a name, in characters.
    pub name_limit: usize,
    /// The characters of a name, for errors.
    pub name_characters: &'static str,
    /// Whether the platform permits all characters of the text in a name.
    pub is_name: fn(&str) -> bool,
    /// The maximum length of a description, in characters.
    pub description_limit: usize,
}

/// Why a translation is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TranslationError {
    /// The platform does not have this language.
    #[error("{platform} has no such language; there are: {}", locales.join(", "))]
    UnknownLocale {
        /// The name of the platform.
        platform: &'static str,
        /// All languages of the platform.
        locales: &'static [&'static str],
    },
    /// No command has this name. The field lists all commands.
    #[error("there is no such command; there are: {}", .0.join(", "))]
    UnknownCommand(Vec<&'static str>),
    /// The command has no option with this name. The field lists its options.
    #[error("this command has no such option; it has {}", OptionNames(.0))]
    UnknownOption(Vec<&'static str>),
    /// The platform would refuse this name.
    #[error("{name:?} cannot be a name: write 1 to {limit} {characters}")]
    NotAName {
        /// The name.
        name: String,
        /// The maximum length of a name, in characters.
        limit: usize,
        /// The characters of a name.
        characters: &'static str,
    },
    /// The description is empty or too long.
    #[error("a description has 1 to {limit} characters, and this one {length}")]
    Length {
        /// The maximum length of a description, in characters.
        limit: usize,
        /// The length of this description, in characters.
        length: usize,
    },
    /// Two commands, or two options of one command, would have the same name in this language. The fields are
    /// the name, and the original name of the other command or option.
    #[error("{0:?} is the name of `{1}` too in this language; choose another name for one of them")]
    Taken(String, &'static str),
}

struct OptionNames<'a>(&'a [&'static str]);

impl fmt::Display for OptionNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("none"),
            some => f.write_str(&some.join(", ")),
        }
    }
}

/// The check of translations for one platform.
pub(super) struct TranslationCheck<'a> {
    rules: &'a TranslationRules,
    commands: Vec<CommandSpec>,
}

impl<'a> TranslationCheck<'a> {
    pub(super) fn new(rules: &'a TranslationRules) -> Self {
        Self {
            rules,
            commands: all_commands()
                .into_iter()
                .chain(conversation_commands())
                .collect(),
        }
    }

    /// Checks one translation alone.
    pub(super) fn check_translation(
        &self,
        Translation { locale, of, text }: &Translation,
    ) -> Result<(), TranslationError> {
        let rules = self.rules;
        if !rules.locales.contains(&locale.as_str()) {
            return Err(TranslationError::UnknownLocale {
                platform: rules.platform,
                locales: rules.locales,
            });
        }
        let Some(options) = self.option_names(&of.command) else {
            return Err(TranslationError::UnknownCommand(self.command_names()));
        };
        if let Some(option) = &of.option
            && !options.contains(&option.as_str())
        {
            return Err(TranslationError::UnknownOption(options));
        }
        let length = text.chars().count();
        let has_length = |limit| (1..=limit).contains(&length);
        match of.kind {
            WordsKind::Name if !has_length(rules.name_limit) || !(rules.is_name)(text) => {
                Err(TranslationError::NotAName {
                    name: text.clone(),
                    limit: rules.name_limit,
                    characters: rules.name_characters,
                })
            }
            WordsKind::Description if !has_length(rules.description_limit) => {
                Err(TranslationError::Length {
                    limit: rules.description_limit,
                    length,
                })
            }
            _ => Ok(()),
        }
    }

    /// Compares a translated name with the other names of the same list in this language.
    pub(super) fn find_same_name(
        &self,
        Translation { locale, of, text }: &Translation,
        known: &CommandTranslations,
    ) -> Option<TranslationError> {
        let (own, all) = match &of.option {
            Some(option) => (option, self.option_names(&of.command)?),
            None => (&of.command, self.command_names()),
        };
        let is_same = |other: &&str| {
            let (command, option) = match of.option {
                Some(_) => (of.command.as_str(), Some(*other)),
                None => (*other, None),
            };
            let texts = known.find_texts(command, option, WordsKind::Name);
            let translated = texts.and_then(|texts| texts.get(locale));
            translated.map_or(*other, String::as_str) == text
        };
        let mut others = all.into_iter().filter(|other| other != own);
        let other = others.find(is_same)?;
        Some(TranslationError::Taken(text.clone(), other))
    }

    fn command_names(&self) -> Vec<&'static str> {
        self.commands.iter().map(|command| command.name).collect()
    }

    /// The names of the command's options; `None` for an unknown command.
    fn option_names(&self, command: &str) -> Option<Vec<&'static str>> {
        let mut commands = self.commands.iter();
        let found = commands.find(|known| known.name == command)?;
        Some(found.options.iter().map(|option| option.name).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command_translations::CommandWords;

    const RULES: TranslationRules = TranslationRules {
        platform: "Nowhere",
        locales: &["de", "fr"],
        name_limit: 8,
        name_characters: "letters",
        is_name: |name| name.chars().all(char::is_alphabetic),
        description_limit: 20,
    };

    /// A translated name for tests. `of` is a command, or a command and an option with a space between.
    fn named(locale: &str, of: &str, text: &str) -> Translation {
        translated(WordsKind::Name, locale, of, text)
    }

    fn translated(kind: WordsKind, locale: &str, of: &str, text: &str) -> Translation {
        let (command, option) = of
            .split_once(' ')
            .map_or((of, None), |(command, option)| (command, Some(option)));
        Translation {
            locale: locale.to_owned(),
            of: CommandWords {
                command: command.to_owned(),
                option: option.map(str::to_owned),
                kind,
            },
            text: text.to_owned(),
        }
    }

    fn wrong<const N: usize>(all: [Translation; N]) -> Vec<TranslationError> {
        let (_, wrong) = CommandTranslations::new(all, &RULES);
        wrong.into_iter().map(|(_, error)| error).collect()
    }

    #[test]
    fn words_against_the_rules_of_the_platform_are_refused() {
        for of in ["reset", "add-project url"] {
            assert_eq!(wrong([named("de", of, "übergabe")]), []);
            for name in ["", "übergaben", "a b"] {
                let [error] = &wrong([named("de", of, name)])[..] else {
                    panic!("{name:?} is a name");
                };
                let told = format!("{name:?} cannot be a name: write 1 to 8 letters");
                assert_eq!(error.to_string(), told);
            }
        }
        let long = "ü".repeat(20);
        for of in ["reset", "trace number"] {
            let described = |text: &str| {
                let wrong = wrong([translated(WordsKind::Description, "de", of, text)]);
                wrong.iter().map(ToString::to_string).collect::<Vec<_>>()
            };
            let told =
                |length| format!("a description has 1 to 20 characters, and this one {length}");
            assert!(described("Vergiss, was war.").is_empty());
            assert!(described(&long).is_empty());
            assert_eq!(described(""), [told(0)]);
            assert_eq!(described(&format!("{long}u")), [told(21)]);
        }
        let [unknown] = &wrong([named("xx", "reset", "x")])[..] else {
            panic!("an unknown language is accepted");
        };
        let told = "Nowhere has no such language; there are: de, fr";
        assert_eq!(unknown.to_string(), told);
        let unknown = wrong([named("de", "rest", "x"), named("de", "trace nr", "x")]);
        let [TranslationError::UnknownCommand(commands), option] = &unknown[..] else {
            panic!("{unknown:?}");
        };
        assert!(commands.contains(&"add-project"), "{commands:?}");
        let told = "this command has no such option; it has number";
        assert_eq!(option.to_string(), told);
    }

    #[test]
    fn no_two_look_the_same_in_a_language() {
        let taken = |name: &str, by| TranslationError::Taken(name.to_owned(), by);
        // A command without a translation keeps its original name.
        let one = wrong([named("de", "stop", "queue"), named("fr", "queue", "file")]);
        assert_eq!(one, [taken("queue", "queue")]);
        let two = wrong([named("de", "stop", "halt"), named("de", "queue", "halt")]);
        assert_eq!(two, [taken("halt", "queue"), taken("halt", "stop")]);
        let option = wrong([named("de", "add-project url", "name")]);
        assert_eq!(option, [taken("name", "name")]);
        // Two commands may swap names.
        let changed = [named("de", "queue", "stop"), named("de", "stop", "queue")];
        assert_eq!(wrong(changed), []);
        let apart = [named("de", "stop", "halt"), named("fr", "queue", "halt")];
        assert_eq!(wrong(apart), []);
        assert_eq!(wrong([named("de", "trace number", "stop")]), []);
    }
}

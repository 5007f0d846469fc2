//! The tables of translated command names and descriptions, below the table of a channel.

use std::collections::BTreeMap;

use baton_chat::command_translations::{CommandTranslations, CommandWords, Translation, WordsKind};
use baton_chat::translation_check::{TranslationError, TranslationRules};
use schemars::JsonSchema;
use serde::Deserialize;

/// Translations of command names and descriptions: by language, then by the command's own name.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TranslationTables(pub(crate) BTreeMap<String, BTreeMap<String, TranslatedCommand>>);

/// `[channels.discord.commands.LANGUAGE.COMMAND]`: the translation of a command.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TranslatedCommand {
    /// The translated name.
    name: Option<String>,
    /// The translated description, in one line.
    description: Option<String>,
    /// Translations of the command's options, by the option's own name.
    #[serde(default)]
    options: BTreeMap<String, TranslatedOption>,
}

/// `[channels.discord.commands.LANGUAGE.COMMAND.options.OPTION]`: the translation of an option.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TranslatedOption {
    /// The translated name.
    name: Option<String>,
    /// The translated description, in one line.
    description: Option<String>,
}

impl TranslatedCommand {
    /// A translation of the description alone.
    pub(crate) fn of_description(description: &str) -> Self {
        Self {
            description: Some(description.to_owned()),
            ..Self::default()
        }
    }
}

impl TranslationTables {
    /// The valid translations for the platform with these rules.
    pub fn valid_translations(&self, rules: &TranslationRules) -> CommandTranslations {
        CommandTranslations::new(self.list_translations(), rules).0
    }

    /// Reports each invalid translation with its keys. The first key is `table`, the key of these tables.
    pub fn report_invalid(
        &self,
        table: &str,
        rules: &TranslationRules,
        report: &mut dyn FnMut(&[&str], &str),
    ) {
        let (_, wrong) = CommandTranslations::new(self.list_translations(), rules);
        for (Translation { locale, of, .. }, error) in wrong {
            let mut keys = vec![table, &locale];
            if !matches!(error, TranslationError::UnknownLocale { .. }) {
                keys.push(&of.command);
                if let Some(option) = &of.option {
                    keys.extend(["options", option]);
                }
                keys.push(match of.kind {
                    WordsKind::Name => "name",
                    WordsKind::Description => "description",
                });
            }
            report(&keys, &error.to_string());
        }
    }

    fn list_translations(&self) -> Vec<Translation> {
        let mut all = Vec::new();
        for (locale, commands) in &self.0 {
            for (command, words) in commands {
                let mut add = |option: Option<&String>, kind, text: &Option<String>| {
                    all.extend(text.clone().map(|text| Translation {
                        locale: locale.clone(),
                        of: CommandWords {
                            command: command.clone(),
                            option: option.cloned(),
                            kind,
                        },
                        text,
                    }));
                };
                add(None, WordsKind::Name, &words.name);
                add(None, WordsKind::Description, &words.description);
                for (option, words) in &words.options {
                    add(Some(option), WordsKind::Name, &words.name);
                    add(Some(option), WordsKind::Description, &words.description);
                }
            }
        }
        all
    }
}

//! The tables of translated descriptions, for a channel whose commands have the same names in every language.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::translation_tables::{TranslatedCommand, TranslationTables};

/// Translations of the descriptions of commands: by language, then by the command's own name.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DescriptionTables(BTreeMap<String, BTreeMap<String, DescribedCommand>>);

/// `[channels.telegram.commands.LANGUAGE.COMMAND]`: the translated description of a command.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DescribedCommand {
    /// The translated description, in one line.
    description: String,
}

impl DescriptionTables {
    /// The same translations, in the form of a channel that also translates names.
    pub fn to_translations(&self) -> TranslationTables {
        let languages = self.0.iter().map(|(language, commands)| {
            let commands = commands.iter().map(|(command, words)| {
                let translated = TranslatedCommand::of_description(&words.description);
                (command.clone(), translated)
            });
            (language.clone(), commands.collect())
        });
        TranslationTables(languages.collect())
    }
}

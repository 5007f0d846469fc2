//! Translated names and descriptions of commands. The platform shows each person the words of their language, and
//! sends Baton the original name.

use std::collections::BTreeMap;

use super::translation_check::{TranslationCheck, TranslationError, TranslationRules};

/// The translations of all languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandTranslations(BTreeMap<CommandWords, BTreeMap<String, String>>);

/// The words to translate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommandWords {
    /// The original name of the command.
    pub command: String,
    /// The original name of the option; `None` for the words of the command itself.
    pub option: Option<String>,
    /// Whether the words are a name or a description.
    pub kind: WordsKind,
}

/// The kind of words of a command or option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WordsKind {
    /// The name.
    Name,
    /// The description, one line.
    Description,
}

/// The translation of one name or description into one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The platform's name for the language, such as `de` or `pt-BR`.
    pub locale: String,
    /// The translated words.
    pub of: CommandWords,
    /// The words in this language.
    pub text: String,
}

impl CommandTranslations {
    /// Returns the valid translations, and the invalid ones with their errors.
    pub fn new(
        all: impl IntoIterator<Item = Translation>,
        rules: &TranslationRules,
    ) -> (Self, Vec<(Translation, TranslationError)>) {
        let (mut known, mut wrong) = (Self::default(), Vec::new());
        let check = TranslationCheck::new(rules);
        let mut names = Vec::new();
        for translation in all {
            if let Err(error) = check.check_translation(&translation) {
                wrong.push((translation, error));
                continue;
            }
            let Translation { locale, of, text } = translation.clone();
            known.0.entry(of).or_default().insert(locale, text);
            if translation.of.kind == WordsKind::Name {
                names.push(translation);
            }
        }
        // A name without a translation keeps its original form, so the comparison needs all names.
        for name in names {
            if let Some(error) = check.find_same_name(&name, &known) {
                wrong.push((name, error));
            }
        }
        (known, wrong)
    }

    /// Whether anything is translated into the language with this name.
    pub fn has_locale(&self, locale: &str) -> bool {
        self.0.values().any(|texts| texts.contains_key(locale))
    }

    /// The texts by the platform's names for the languages; `None` without any translation. The names are original
    /// names, and `option` is `None` for the words of the command itself.
    pub fn find_texts(
        &self,
        command: &str,
        option: Option<&str>,
        kind: WordsKind,
    ) -> Option<&BTreeMap<String, String>> {
        self.0.get(&CommandWords {
            command: command.to_owned(),
            option: option.map(str::to_owned),
            kind,
        })
    }
}

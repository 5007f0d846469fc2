//! What commands are called in people's own languages. Discord shows each person the name of their
//! language, and tells us the command's own name.

use std::collections::BTreeMap;

use baton_core::commands::OFFERS;
use serde_json::Value;

use super::commands::TRACE;
use super::projects;

/// How long a name may be, in characters.
const LONGEST: usize = 32;

/// The languages that Discord knows.
const LOCALES: [&str; 34] = [
    "ar", "bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "he",
    "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE",
    "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
];

/// What commands are called: by language, then by the command's own name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandNames(BTreeMap<String, BTreeMap<String, String>>);

/// A name that Discord would not take, or nobody could use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Discord has no such language.
    #[error("Discord has no such language; there are: {}", LOCALES.join(", "))]
    UnknownLocale,
    /// There is no such command.
    #[error("there is no such command; there are: {}", known().collect::<Vec<_>>().join(", "))]
    UnknownCommand,
    /// Discord takes no such name.
    #[error(
        "{0:?} cannot be a command's name: write 1 to {LONGEST} lower-case letters, digits, - or _"
    )]
    NotAName(String),
    /// Two commands would look the same.
    #[error("another command is called {0:?} in this language; choose another name")]
    Taken(String),
}

impl CommandNames {
    /// Calls a command so in a language.
    pub fn add(&mut self, locale: &str, command: &str, name: &str) -> Result<(), NameError> {
        if !LOCALES.contains(&locale) {
            return Err(NameError::UnknownLocale);
        }
        if !known().any(|known| known == command) {
            return Err(NameError::UnknownCommand);
        }
        if !is_name(name) {
            return Err(NameError::NotAName(name.to_owned()));
        }
        let names = self.0.entry(locale.to_owned()).or_default();
        let mut others = names.iter().filter(|(other, _)| *other != command);
        if others.any(|(_, taken)| taken == name) {
            return Err(NameError::Taken(name.to_owned()));
        }
        names.insert(command.to_owned(), name.to_owned());
        Ok(())
    }

    /// Puts the names of a command, as Discord is told of it, beside its own.
    pub(super) fn put_on(&self, command: &mut Value) {
        let own = command["name"].as_str().unwrap_or_default();
        let names = self.0.iter().filter_map(|(locale, names)| {
            let name = names.get(own)?;
            Some((locale.clone(), Value::from(name.as_str())))
        });
        let names: serde_json::Map<_, _> = names.collect();
        if !names.is_empty() {
            command["name_localizations"] = names.into();
        }
    }
}

/// The commands' own names.
fn known() -> impl Iterator<Item = &'static str> {
    let offers = OFFERS.iter().map(|offer| offer.name);
    offers.chain([TRACE, projects::NAME])
}

fn is_name(name: &str) -> bool {
    // These two are written with marks that are no letters.
    let is_devanagari_or_thai = |it| matches!(it, '\u{900}'..='\u{97f}' | '\u{e00}'..='\u{e7f}');
    let is_allowed =
        |it: char| it.is_alphanumeric() || "-_'".contains(it) || is_devanagari_or_thai(it);
    (1..=LONGEST).contains(&name.chars().count())
        && name.chars().all(is_allowed)
        && name.to_lowercase() == name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_discord_would_refuse_is_refused() {
        let long = "ü".repeat(LONGEST);
        let mut names = CommandNames::default();
        for name in ["zurücksetzen", "リセット", "รีเซ็ต", "रीसेट", "a-b_1", &long]
        {
            assert_eq!(names.add("de", "reset", name), Ok(()), "{name}");
        }
        for name in [
            "",
            "Reset",
            "ÜBER",
            "two words",
            "/reset",
            &format!("{long}u"),
        ] {
            let refused = NameError::NotAName(name.to_owned());
            assert_eq!(names.add("de", "reset", name), Err(refused));
        }
        let unknown = names.add("xx", "reset", "x");
        assert_eq!(unknown, Err(NameError::UnknownLocale));
        let unknown = names.add("de", "rest", "x");
        assert_eq!(unknown, Err(NameError::UnknownCommand));
        names.add("de", "stop", "halt").unwrap();
        let taken = Err(NameError::Taken("halt".to_owned()));
        assert_eq!(names.add("de", "queue", "halt"), taken);
        assert_eq!(names.add("fr", "queue", "halt"), Ok(()));
    }
}

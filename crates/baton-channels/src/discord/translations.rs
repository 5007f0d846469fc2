//! Translated names and descriptions of commands. Discord shows each person the words of their language, and
//! sends Baton the original name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::command_registration;
use super::limits::{COMMAND_DESCRIPTION, COMMAND_NAME};

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

impl Kind {
    /// Discord's name for the field with the translations.
    fn json_field(self) -> &'static str {
        match self {
            Self::Name => "name_localizations",
            Self::Description => "description_localizations",
        }
    }
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
    /// Returns the valid translations, and the invalid ones with their errors.
    pub fn new(
        all: impl IntoIterator<Item = Translation>,
    ) -> (Self, Vec<(Translation, TranslationError)>) {
        let (mut known, mut wrong) = (Self::default(), Vec::new());
        let ours = CommandNames::read_all();
        let mut names = Vec::new();
        for translation in all {
            if let Err(error) = ours.check_translation(&translation) {
                wrong.push((translation, error));
                continue;
            }
            let Translation { locale, of, text } = translation.clone();
            known.0.entry(of).or_default().insert(locale, text);
            if translation.of.kind == Kind::Name {
                names.push(translation);
            }
        }
        // A name without a translation keeps its original form, so the comparison needs all names.
        for name in names {
            let others = ours.other_names(&name.of).into_iter();
            let mut others =
                others.filter(|other| known.localized_name(other, &name.locale) == name.text);
            if let Some(other) = others.next() {
                let own = other.option.unwrap_or(other.command);
                let error = TranslationError::Taken(name.text.clone(), own);
                wrong.push((name, error));
            }
        }
        (known, wrong)
    }

    /// The name in this language, or else the original name.
    fn localized_name<'a>(&'a self, name: &'a Words, locale: &str) -> &'a str {
        let own = name.option.as_ref().unwrap_or(&name.command);
        let translated = self.0.get(name).and_then(|words| words.get(locale));
        translated.unwrap_or(own)
    }

    /// Adds all translations to the JSON of a command.
    pub(super) fn add_to_command(&self, command: &mut Value) {
        let own = original_name(command);
        self.add_to(command, &own, None);
        let options = command.get_mut("options").and_then(Value::as_array_mut);
        for option in options.into_iter().flatten() {
            let option_name = original_name(option);
            self.add_to(option, &own, Some(&option_name));
        }
    }

    fn add_to(&self, place: &mut Value, command: &str, option: Option<&String>) {
        for kind in [Kind::Name, Kind::Description] {
            let of = Words {
                command: command.to_owned(),
                option: option.cloned(),
                kind,
            };
            if let Some(words) = self.0.get(&of) {
                let words = words.iter();
                let words: Map<_, _> = words
                    .map(|(locale, text)| (locale.clone(), text.as_str().into()))
                    .collect();
                place[kind.json_field()] = words.into();
            }
        }
    }
}

/// The original names of the commands, each with the names of its options.
struct CommandNames(Vec<(String, Vec<String>)>);

impl CommandNames {
    fn read_all() -> Self {
        let commands = command_registration::all_commands()
            .into_iter()
            .map(|command| {
                let options = command["options"].as_array().into_iter().flatten();
                (
                    original_name(&command),
                    options.map(original_name).collect(),
                )
            });
        Self(commands.collect())
    }

    fn command_names(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(command, _)| command)
    }

    fn option_names(&self, command: &str) -> Option<&[String]> {
        let found = self.0.iter().find(|(known, _)| known == command);
        found.map(|(_, options)| options.as_slice())
    }

    fn check_translation(
        &self,
        Translation { locale, of, text }: &Translation,
    ) -> Result<(), TranslationError> {
        if !LOCALES.contains(&locale.as_str()) {
            return Err(TranslationError::UnknownLocale);
        }
        let Some(options) = self.option_names(&of.command) else {
            let known = self.command_names().cloned().collect();
            return Err(TranslationError::UnknownCommand(known));
        };
        if of.option.as_ref().is_some_and(|it| !options.contains(it)) {
            return Err(TranslationError::UnknownOption(options.to_vec()));
        }
        let length = text.chars().count();
        match of.kind {
            Kind::Name if !is_name(text) => Err(TranslationError::NotAName(text.clone())),
            Kind::Description if !(1..=COMMAND_DESCRIPTION).contains(&length) => {
                Err(TranslationError::Length(length))
            }
            _ => Ok(()),
        }
    }

    /// The other names in the same list.
    fn other_names(&self, name: &Words) -> Vec<Words> {
        let all: Vec<_> = if name.option.is_none() {
            self.command_names().map(|it| (it.clone(), None)).collect()
        } else {
            let options = self.option_names(&name.command).unwrap_or_default().iter();
            let options = options.map(|it| (name.command.clone(), Some(it.clone())));
            options.collect()
        };
        let all = all.into_iter().map(|(command, option)| Words {
            command,
            option,
            kind: Kind::Name,
        });
        all.filter(|other| other != name).collect()
    }
}

fn original_name(of: &Value) -> String {
    of["name"].as_str().unwrap_or_default().to_owned()
}

/// Discord's rule for names
/// (`interactions/application-commands#application-command-object-application-command-naming`). Most
/// combining marks, above and below letters, are not letters for this rule.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$").expect("a constant")
});

fn is_name(name: &str) -> bool {
    NAME.is_match(name) && name.to_lowercase() == name
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A translated name for tests. `of` is a command, or a command and an option with a space between.
    fn named(locale: &str, of: &str, text: &str) -> Translation {
        translated(Kind::Name, locale, of, text)
    }

    fn translated(kind: Kind, locale: &str, of: &str, text: &str) -> Translation {
        let (command, option) = of
            .split_once(' ')
            .map_or((of, None), |(command, option)| (command, Some(option)));
        Translation {
            locale: locale.to_owned(),
            of: Words {
                command: command.to_owned(),
                option: option.map(str::to_owned),
                kind,
            },
            text: text.to_owned(),
        }
    }

    fn wrong<const N: usize>(all: [Translation; N]) -> Vec<TranslationError> {
        let (_, wrong) = Translations::new(all);
        wrong.into_iter().map(|(_, error)| error).collect()
    }

    #[test]
    fn what_discord_would_refuse_is_refused() {
        let long = "ü".repeat(COMMAND_NAME);
        for name in [
            "zurücksetzen",
            "リセット",
            "รีเซ็ต",
            "रीसेट",
            "איפוס",
            "إعادة",
            "a-b_1",
            "l'arrêt",
            &long,
        ] {
            assert_eq!(wrong([named("de", "reset", name)]), [], "{name}");
        }
        for name in [
            "",
            "Reset",
            "ÜBER",
            "two words",
            "/reset",
            // Vowels as combining marks, and a letter in a circle.
            "אִפּוּס",
            "إِعَادَة",
            "ⓐ",
            &format!("{long}u"),
        ] {
            let refused = [TranslationError::NotAName(name.to_owned())];
            assert_eq!(wrong([named("de", "reset", name)]), refused);
            assert_eq!(wrong([named("de", "add-project url", name)]), refused);
        }
        let long = "ü".repeat(COMMAND_DESCRIPTION);
        for of in ["reset", "trace number"] {
            let described = |text: &str| wrong([translated(Kind::Description, "de", of, text)]);
            assert_eq!(described("Vergiss, was war."), []);
            assert_eq!(described(&long), []);
            assert_eq!(described(""), [TranslationError::Length(0)]);
            assert_eq!(
                described(&format!("{long}u")),
                [TranslationError::Length(101)]
            );
        }
        let unknown = wrong([named("xx", "reset", "x")]);
        assert_eq!(unknown, [TranslationError::UnknownLocale]);
        let unknown = wrong([named("de", "rest", "x"), named("de", "trace nr", "x")]);
        let [TranslationError::UnknownCommand(commands), option] = &unknown[..] else {
            panic!("{unknown:?}");
        };
        assert!(commands.contains(&"add-project".to_owned()), "{commands:?}");
        let told = "this command has no such option; it has number";
        assert_eq!(option.to_string(), told);
    }

    #[test]
    fn no_two_look_the_same_in_a_language() {
        let taken = |name: &str, by: &str| TranslationError::Taken(name.to_owned(), by.to_owned());
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

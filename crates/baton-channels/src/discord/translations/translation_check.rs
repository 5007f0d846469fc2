//! Checks translations by the names of the commands and by Discord's rules.

use std::sync::LazyLock;

use baton_chat::command_specs;
use regex::Regex;

use super::{Kind, LOCALES, Translation, TranslationError, Translations, Words};
use crate::discord::limits::COMMAND_DESCRIPTION;

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
}

/// The original names of the commands, each with the names of its options.
struct CommandNames(Vec<(String, Vec<String>)>);

impl CommandNames {
    fn read_all() -> Self {
        let commands = command_specs::all_commands().into_iter().map(|command| {
            let options = command.options.iter();
            let options = options.map(|option| option.name.to_owned());
            (command.name.to_owned(), options.collect())
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
    use crate::discord::limits::COMMAND_NAME;

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

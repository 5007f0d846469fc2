//! Discord's rules for translated names and descriptions of commands.

use std::sync::LazyLock;

use baton_chat::translation_check::TranslationRules;
use regex::Regex;

use super::discord_settings::PLATFORM;
use super::discord_sizes::{COMMAND_DESCRIPTION, COMMAND_NAME};

/// Discord's rules.
pub static TRANSLATION_RULES: TranslationRules = TranslationRules {
    platform: PLATFORM,
    locales: &[
        "ar", "bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "he",
        "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru",
        "sv-SE", "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
    ],
    name_limit: COMMAND_NAME,
    name_characters: "lower-case letters, digits, - or _",
    is_name: |name| NAME.is_match(name) && name.to_lowercase() == name,
    description_limit: COMMAND_DESCRIPTION,
};

/// The characters of a name
/// (`interactions/application-commands#application-command-object-application-command-naming`). Most
/// combining marks, above and below letters, are not letters for this rule.
static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]+$").expect("a constant"));

#[cfg(test)]
mod tests {
    use baton_chat::command_translations::{
        CommandTranslations, CommandWords, Translation, WordsKind,
    };

    use super::*;

    /// The error about the translation of `/reset` into German, if any.
    fn refusal(kind: WordsKind, text: &str) -> Option<String> {
        let translation = Translation {
            locale: "de".to_owned(),
            of: CommandWords {
                command: "reset".to_owned(),
                option: None,
                kind,
            },
            text: text.to_owned(),
        };
        let (_, wrong) = CommandTranslations::new([translation], &TRANSLATION_RULES);
        wrong.first().map(|(_, error)| error.to_string())
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
            assert_eq!(refusal(WordsKind::Name, name), None, "{name}");
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
            let told = format!(
                "{name:?} cannot be a name: write 1 to 32 lower-case letters, digits, - or _"
            );
            assert_eq!(refusal(WordsKind::Name, name), Some(told));
        }
        let long = "ü".repeat(COMMAND_DESCRIPTION);
        assert_eq!(refusal(WordsKind::Description, &long), None);
        let told = "a description has 1 to 100 characters, and this one 101";
        let refused = refusal(WordsKind::Description, &format!("{long}u"));
        assert_eq!(refused.as_deref(), Some(told));
    }
}

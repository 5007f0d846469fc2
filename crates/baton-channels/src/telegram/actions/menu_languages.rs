//! Telegram's rules for translated descriptions of commands.

use baton_chat::translation_check::TranslationRules;

use crate::telegram::telegram_settings::PLATFORM;
use crate::telegram::telegram_sizes::{COMMAND_DESCRIPTION, COMMAND_NAME};

/// Telegram's rules. Telegram names languages by two letters, and sends a command in the words of the person. So the
/// names of commands are the same in every language.
pub(crate) static TRANSLATION_RULES: TranslationRules = TranslationRules {
    platform: PLATFORM,
    locales: &[
        "ar", "be", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "eo", "es", "et", "eu", "fa",
        "fi", "fr", "ga", "gl", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk",
        "ko", "ky", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "my", "nb", "ne", "nl", "no", "pl",
        "ps", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "tg", "th", "tk",
        "tr", "tt", "uk", "ur", "uz", "vi", "zh",
    ],
    name_limit: COMMAND_NAME,
    name_characters: "letters of the command's own name, because commands keep their names on Telegram",
    is_name: |_| false,
    description_limit: COMMAND_DESCRIPTION,
};

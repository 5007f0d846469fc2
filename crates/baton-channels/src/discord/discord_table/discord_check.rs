//! Checks the translations of `[channels.discord]`.

use super::DiscordTable;
use crate::discord::translations::{Kind, Translation, TranslationError};

impl DiscordTable {
    /// Reports all invalid translations, each with its keys.
    pub(super) fn report_translations(&self, report: &mut dyn FnMut(&[&str], &str)) {
        for (Translation { locale, of, .. }, error) in self.parse_translations().1 {
            let mut keys = vec!["commands", &locale];
            if error != TranslationError::UnknownLocale {
                keys.push(&of.command);
                if let Some(option) = &of.option {
                    keys.extend(["options", option]);
                }
                keys.push(match of.kind {
                    Kind::Name => "name",
                    Kind::Description => "description",
                });
            }
            report(&keys, &error.to_string());
        }
    }
}

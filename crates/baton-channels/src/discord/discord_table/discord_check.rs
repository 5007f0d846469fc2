//! Checks the values of `[channels.discord]`.

use super::DiscordTable;
use crate::discord::translations::{Kind, Translation, TranslationError};

impl DiscordTable {
    /// Reports all invalid or contradictory values, each with its keys.
    pub(in crate::discord) fn report_values(&self, report: &mut dyn FnMut(&[&str], &str)) {
        for (key, address) in [("api", self.api_url()), ("gateway", self.gateway_url())] {
            if let Some(Err(error)) = address {
                report(&[key], &error.to_string());
            }
        }
        if self.places.is_empty() && self.direct.is_none() {
            let what = "the bot answers nowhere; add [channels.discord.places.NAME] or \
                        [channels.discord.direct]";
            report(&[], what);
        }
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
        let mut seen = Vec::new();
        for (name, place) in &self.places {
            let keys = ["places", name.as_str()];
            match place.place_scope() {
                None => report(&keys, "give either `channel` or `server`, with its id"),
                Some(Err((key, error))) => {
                    report(&[&keys[..], &[key]].concat(), &error.to_string());
                }
                Some(Ok(scope)) if seen.contains(&scope) => {
                    report(
                        &keys,
                        "another table names the same place; keep one of the two",
                    );
                }
                Some(Ok(scope)) => seen.push(scope),
            }
            check_people(&keys, "speakers", place.speakers.as_deref(), report);
            check_people(&keys, "deciders", place.deciders.as_deref(), report);
        }
        if let Some(direct) = &self.direct {
            check_people(&["direct"], "speakers", direct.speakers.as_deref(), report);
        }
    }
}

fn check_people(
    keys: &[&str],
    key: &str,
    spelled: Option<&[String]>,
    report: &mut dyn FnMut(&[&str], &str),
) {
    if let Some(Err((number, error))) = spelled.map(super::parse_people) {
        let number = number.to_string();
        report(&[keys, &[key, &number]].concat(), &error.to_string());
    }
}

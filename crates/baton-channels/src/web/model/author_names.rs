//! The names that a caller may write under: the caller's own, or a name that belongs to nobody.

use axum::http::StatusCode;
use baton_core::authority::Right;
use baton_core::persona::Personas;
use unicode_security::skeleton;

use crate::web::http::api_error::ApiError;
use crate::web::http::authentication::WebCaller;
use crate::web::settings::WebSettings;

/// The name of this program in its own messages.
const OURS: &str = "Baton";

/// Refuses a name that is, or looks like, the name of another person or persona. Operators may use any name,
/// because bridge programs post for other people.
pub(crate) fn check_author_name(
    settings: &WebSettings,
    personas: &Personas,
    caller: &WebCaller,
    name: &str,
) -> Result<(), ApiError> {
    let looks = NameAppearance::of_name(name);
    let own = |known: &str| caller.name.as_deref() == Some(known);
    if caller.has_right(Right::SpeakForOthers)
        || caller
            .name
            .as_deref()
            .is_some_and(|own| looks.looks_like(own))
    {
        return Ok(());
    }
    let people = settings.people.iter().map(|person| &*person.name);
    let personas = personas.all();
    let personas = personas.iter().map(|persona| persona.name.as_str());
    let mut known = people
        .filter(|known| !own(known))
        .chain(personas)
        .chain([OURS]);
    if known.any(|known| looks.looks_like(known)) {
        let then = if caller.has_right(Right::ActUnderOwnId) {
            ""
        } else {
            ", or sign in"
        };
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "name_taken",
            format!(
                "{name:?} is, or looks like, the name of another person here; choose another name{then}"
            ),
        ));
    }
    Ok(())
}

/// The appearance of a name. Similar letters of all scripts are equal, and only letters and digits count.
struct NameAppearance([String; 2]);

impl NameAppearance {
    fn of_name(name: &str) -> Self {
        let all: String = name.chars().flat_map(char::to_lowercase).collect();
        // The name as written and its lower-case form both count: `l` looks like `I`, but not like `i`.
        Self([letter_outline(name), letter_outline(&all)])
    }

    fn looks_like(&self, other: &str) -> bool {
        let other = Self::of_name(other);
        self.0.iter().any(|look| other.0.contains(look))
    }
}

/// The letters and digits of a name, or the whole name without letters and digits.
fn letter_outline(name: &str) -> String {
    let letters = skeleton(name).filter(|c| c.is_alphanumeric());
    let letters: String = letters.flat_map(char::to_lowercase).collect();
    // Some letters look the same only in lower case.
    let letters: String = skeleton(&letters).collect();
    if letters.is_empty() {
        name.to_owned()
    } else {
        letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_alike(one: &str, other: &str) -> bool {
        NameAppearance::of_name(one).looks_like(other)
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        for look in [
            "ADA",
            "Ada ",
            "A.d\u{200b}a",
            "\u{410}da",
            "Ad\u{430}",
            "\u{391}d\u{251}",
            "\u{ff21}\u{ff44}\u{ff41}",
            "\u{1d400}\u{1d41d}\u{1d41a}",
            "A\u{301}da",
            "\u{c1}da",
        ] {
            assert!(look_alike(look, "Ada"), "{look}");
        }
        for (look, name) in [
            ("lris", "Iris"),
            ("B0b", "Bob"),
            ("rnax", "max"),
            ("E\u{441}ho", "Echo"),
        ] {
            assert!(look_alike(look, name), "{look} {name}");
        }
    }

    #[test]
    fn other_names_are_others() {
        for (one, other) in [
            ("Adam", "Ada"),
            ("\u{418}\u{432}\u{430}\u{43d}", "Ivan"),
            ("Bo", "Bob"),
            ("\u{1f600}", "\u{1f601}"),
            ("Ina", "Lina"),
            ("", "Ada"),
        ] {
            assert!(!look_alike(one, other), "{one} {other}");
        }
    }
}

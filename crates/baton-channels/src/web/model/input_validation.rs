//! Checks names, ids, colours and numbers, and brings them into the stored form.

pub(crate) use baton_core::said::said;

use super::public_id::BY_NUMBER;
use crate::web::http::api_error::ApiError;

/// Maximum length of the name of a room or a person, in characters.
const LONGEST_NAME: usize = 64;
/// Maximum length of an id chosen by a client, in bytes.
const LONGEST_ID: usize = 128;

/// Stands for every room in requests that read comments. No room may have this name.
pub(crate) const ALL_ROOMS: &str = "all";

/// Checks the name of a room.
pub(crate) fn check_room(name: &str) -> Result<&str, ApiError> {
    if name == ALL_ROOMS {
        return Err(ApiError::invalid(
            "invalid_domain",
            "`all` stands for every room; choose another name",
        ));
    }
    short_name(name).ok_or_else(|| {
        ApiError::invalid(
            "invalid_domain",
            format!("a room's name has 1 to {LONGEST_NAME} characters, and no control characters"),
        )
    })
}

/// Checks the name of a person and trims it; `None` for an empty name.
pub(crate) fn check_username(name: &str) -> Result<Option<String>, ApiError> {
    let name = name.trim();
    if name.is_empty() {
        return Ok(None);
    }
    short_name(name)
        .map(|name| Some(name.to_owned()))
        .ok_or_else(|| {
            ApiError::invalid(
                "invalid_username",
                format!("a name has at most {LONGEST_NAME} characters, and no control characters"),
            )
        })
}

fn short_name(name: &str) -> Option<&str> {
    let fits = name.chars().count() <= LONGEST_NAME && !name.trim().is_empty();
    (fits && !name.chars().any(|c| c.is_control() || changes_direction(c))).then_some(name)
}

/// Whether a character changes the direction of the text after it. A name with such a character would look
/// like another name.
fn changes_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a text is a hexadecimal CSS colour. No other text may get into a style.
pub fn is_color(color: &str) -> bool {
    let digits = color.strip_prefix('#').unwrap_or_default();
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A colour as hexadecimal digits. Accepts `#rgb`, `#rrggbb`, `rgb(1, 2, 3)`, or nine decimal digits.
pub(crate) fn parse_color(color: &str) -> Result<String, ApiError> {
    if is_color(color) {
        return Ok(color.to_ascii_lowercase());
    }
    parse_rgb(color)
        .or_else(|| parse_nine_digits(color))
        .map(|[red, green, blue]| format!("#{red:02x}{green:02x}{blue:02x}"))
        .ok_or_else(|| {
            ApiError::invalid(
                "invalid_color",
                "a colour is #rgb, #rrggbb, rgb(r, g, b), or nine digits, three for each of r, g, b",
            )
        })
}

fn parse_rgb(color: &str) -> Option<[u8; 3]> {
    let parts = color.trim().strip_prefix("rgb(")?.strip_suffix(')')?;
    let mut parts = parts.split(',').map(|part| part.trim().parse().ok());
    let color = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(color)
}

fn parse_nine_digits(color: &str) -> Option<[u8; 3]> {
    let digits = color.len() == 9 && color.bytes().all(|byte| byte.is_ascii_digit());
    let part = |from: usize| color.get(from..from + 3)?.parse().ok();
    digits
        .then(|| Some([part(0)?, part(3)?, part(6)?]))
        .flatten()
}

/// Checks an id: one chosen by a client for a new post, or the id of an existing post.
pub(crate) fn check_id(id: &str) -> Result<&str, ApiError> {
    if (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(id)
    } else {
        Err(ApiError::invalid(
            "invalid_id",
            format!("an id has 1 to {LONGEST_ID} visible ASCII characters"),
        ))
    }
}

/// Checks an id chosen by a client for a new post.
pub(crate) fn check_new_id(new: &str) -> Result<&str, ApiError> {
    if new.starts_with("reply-") || new.starts_with(BY_NUMBER) {
        return Err(ApiError::invalid(
            "invalid_id",
            "only this server gives ids that begin with `reply-` or `#`; choose another id",
        ));
    }
    check_id(new)
}

/// A number without sign or spaces.
pub(crate) fn parse_digits(value: &str) -> Option<i64> {
    let plain = value.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| value.parse().ok()).flatten()
}

/// Parses a `limit` parameter: 1 to `most`.
pub(crate) fn parse_limit(
    asked: Option<&str>,
    default: usize,
    most: usize,
) -> Result<usize, ApiError> {
    let Some(asked) = asked else {
        return Ok(default);
    };
    parse_digits(asked)
        .and_then(|limit| usize::try_from(limit).ok())
        .filter(|limit| (1..=most).contains(limit))
        .ok_or_else(|| {
            ApiError::invalid(
                "invalid_limit",
                format!("`limit` is 1 to {most}, not {asked:?}"),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_visible() {
        assert!(check_room("main").is_ok() && check_room("Büro 3").is_ok());
        assert!(check_room("").is_err() && check_room(" ").is_err() && check_room("a\nb").is_err());
        assert!(check_room("a\u{202e}b").is_err() && check_username("\u{202e}adA").is_err());
        assert!(check_room(&"a".repeat(64)).is_ok() && check_room(&"a".repeat(65)).is_err());
        assert_eq!(check_username(" Ada ").unwrap().unwrap(), "Ada");
        assert_eq!(check_username("  ").unwrap(), None);
        assert!(check_username(&"a".repeat(65)).is_err());
        assert!(parse_color("#0aF").is_ok() && parse_color("#00aaff").is_ok());
        assert_eq!(parse_color("rgb(0, 170,255)").unwrap(), "#00aaff");
        assert_eq!(parse_color("000170255").unwrap(), "#00aaff");
        assert!(check_room(ALL_ROOMS).is_err());
        for broken in [
            "",
            "red",
            "#0a",
            "#00aaf",
            "#gggggg",
            "#fff;x:url()",
            "rgb(1,2)",
            "rgb(1,2,3,4)",
            "rgb(1,2,256)",
            "000170256",
            "00017025",
            "+00170255",
        ] {
            assert!(parse_color(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn ids_are_visible_and_not_ours() {
        assert!(check_new_id("#1").is_err());
        assert!(
            check_new_id("a").is_ok()
                && check_new_id("reply-1").is_err()
                && check_id("reply-1").is_ok()
        );
        assert!(check_id("").is_err() && check_id("a b").is_err() && check_id("ä").is_err());
        assert!(check_id(&"a".repeat(128)).is_ok() && check_id(&"a".repeat(129)).is_err());
    }
}

//! Lists of people in tables, such as `speakers = ["user:12", "role:34"]`.

use std::error::Error;
use std::fmt::Display;
use std::str::FromStr;

use baton_chat::chat_settings::People;

/// An id of a platform, as people write the id in a table. The chat layer gets the id in the form of `Display`.
pub trait WrittenId: FromStr<Err: Error> + Display {
    /// The error for a person or role in an unknown form: the right form, and where people find the ids.
    const PERSON_HINT: &'static str;
}

/// Parses an optional list of `user:ID` and `role:ID`. The error is the index of the first invalid item.
pub(crate) fn parse_people<I: WrittenId>(
    written: Option<&[String]>,
) -> Result<Option<People>, usize> {
    let Some(written) = written else {
        return Ok(None);
    };
    let mut people = People::default();
    for (number, person) in written.iter().enumerate() {
        let (kind, id) = person.split_once(':').ok_or(number)?;
        let id = id.parse::<I>().map_err(|_| number)?.to_string();
        match kind {
            "user" => people.users.insert(id.into()),
            "role" => people.roles.insert(id.into()),
            _ => return Err(number),
        };
    }
    Ok(Some(people))
}

/// Reports the first invalid item of the list `key` in the table with these keys.
pub(crate) fn check_people<I: WrittenId>(
    keys: &[&str],
    key: &str,
    written: Option<&[String]>,
    report: &mut dyn FnMut(&[&str], &str),
) {
    if let Err(number) = parse_people::<I>(written) {
        report(
            &[keys, &[key, &number.to_string()]].concat(),
            I::PERSON_HINT,
        );
    }
}

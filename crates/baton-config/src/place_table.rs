//! The table of a place: the keys for the platform's ids, and the keys that all chat platforms share.

use std::collections::BTreeMap;
use std::fmt::Debug;

use baton_chat::chat_settings::{PlaceScope, PlaceSettings};

use crate::answering_table::AnsweringTable;
use crate::person_list::WrittenId;

/// The table of a place, `[channels.NAME.places.PLACE]`.
pub trait PlaceTable: Debug + Send + Sync {
    /// The ids of the platform.
    type Id: WrittenId;

    /// The keys for the id of the place. A table gives exactly one of these keys.
    fn scope_keys(&self) -> Vec<ScopeKey<'_>>;

    /// The keys that all chat platforms share.
    fn shared_keys(&self) -> &AnsweringTable;
}

/// A key of a place's table for the id of the place.
#[derive(Clone, Debug)]
pub struct ScopeKey<'a> {
    key: &'static str,
    /// `None` if the table is without this key.
    id: Option<&'a str>,
    scope: fn(String) -> PlaceScope,
}

impl<'a> ScopeKey<'a> {
    /// The key for the id of a chat.
    pub fn of_chat(key: &'static str, id: Option<&'a str>) -> Self {
        let scope = |id: String| PlaceScope::Chat(id.into());
        Self { key, id, scope }
    }

    /// The key for the id of a workspace.
    pub fn of_workspace(key: &'static str, id: Option<&'a str>) -> Self {
        let scope = |id: String| PlaceScope::Workspace(id.into());
        Self { key, id, scope }
    }
}

/// The error for a place without one valid id.
struct ScopeError {
    /// The key with the invalid id; `None` if the table has no such key, or several.
    key: Option<&'static str>,
    what: String,
}

fn parse_scope<P: PlaceTable>(place: &P) -> Result<PlaceScope, ScopeError> {
    let keys = place.scope_keys();
    let mut given = keys.iter().filter_map(|key| Some((key, key.id?)));
    let (Some((key, id)), None) = (given.next(), given.next()) else {
        let names: Vec<_> = keys.iter().map(|key| format!("`{}`", key.key)).collect();
        let what = match names.as_slice() {
            [name] => format!("give {name} with the id of the place"),
            names => format!("give either {}, with its id", names.join(" or ")),
        };
        return Err(ScopeError { key: None, what });
    };
    match id.parse::<P::Id>() {
        Ok(id) => Ok((key.scope)(id.to_string())),
        Err(error) => Err(ScopeError {
            key: Some(key.key),
            what: error.to_string(),
        }),
    }
}

/// The settings of a place; `None` for a mistake, which the check of the file has reported.
pub(crate) fn place_settings<P: PlaceTable>(place: &P) -> Option<PlaceSettings> {
    let answering = place.shared_keys().answering_settings::<P::Id>()?;
    let scope = parse_scope(place).ok()?;
    Some(PlaceSettings { scope, answering })
}

/// Reports the mistakes in all tables of places. `table` is the key of these tables, below the channel's table.
pub(crate) fn check_places<P: PlaceTable>(
    table: &str,
    places: &BTreeMap<String, P>,
    report: &mut dyn FnMut(&[&str], &str),
) {
    let mut seen = Vec::new();
    for (name, place) in places {
        let keys = [table, name.as_str()];
        match parse_scope(place) {
            Err(ScopeError { key, what }) => {
                let key: Vec<_> = key.into_iter().collect();
                report(&[&keys[..], &key].concat(), &what);
            }
            Ok(scope) if seen.contains(&scope) => {
                let what = "another table names the same place; keep one of the two";
                report(&keys, what);
            }
            Ok(scope) => seen.push(scope),
        }
        place.shared_keys().check_values::<P::Id>(&keys, report);
    }
}

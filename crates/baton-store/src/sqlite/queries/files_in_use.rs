//! The files that must not be removed.

use baton_core::clock::Wall;
use baton_core::store::FilesInUse;
use rusqlite::{Connection, OptionalExtension};

use crate::sqlite::cached_statements::CachedStatements;

/// Each statement uses an index of waiting or running rows only. A damaged list contributes no file.
const LOCATIONS: [&str; 3] = [
    "SELECT file.value ->> 'location'
     FROM message m, json_each(iif(json_valid(m.attachments), m.attachments, '[]')) file
     WHERE m.state = 'waiting'",
    "SELECT file.value ->> 'location'
     FROM message m, json_each(iif(json_valid(m.attachments), m.attachments, '[]')) file
     WHERE m.state = 'running'",
    "SELECT file.value ->> 'location'
     FROM delivery d, json_each(iif(json_valid(d.extra), d.extra -> 'files', '[]')) file
     WHERE d.state IN ('waiting', 'sending', 'unknown')",
];

/// The time of the newest row. The newest row has the greatest number, because the calendar may have gone
/// back.
const NEWEST: &str = "
    SELECT at FROM (
        SELECT id, at FROM message WHERE id = (SELECT max(id) FROM message)
        UNION ALL
        SELECT id, started_at FROM turn WHERE id = (SELECT max(id) FROM turn)
        UNION ALL
        SELECT id, at FROM delivery WHERE id = (SELECT max(id) FROM delivery))
    ORDER BY id DESC LIMIT 1";

pub(in crate::sqlite) fn read_files_in_use(
    connection: &Connection,
) -> rusqlite::Result<FilesInUse> {
    let mut in_use = FilesInUse::default();
    for sql in LOCATIONS {
        let mut named = connection.prepare_statement(sql)?;
        let named = named.query_map((), |row| row.get::<_, Option<String>>(0))?;
        for location in named {
            in_use.locations.extend(location?);
        }
    }
    let newest = connection.prepare_statement(NEWEST)?;
    let newest = { newest }.query_row((), |row| row.get(0)).optional()?;
    in_use.newest = newest.map(Wall);
    Ok(in_use)
}

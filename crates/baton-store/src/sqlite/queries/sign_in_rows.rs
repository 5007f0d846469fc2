//! Reads a sign-in.

use baton_core::clock::Wall;
use baton_core::name::PersonId;
use baton_core::store::SignIn;
use rusqlite::{Connection, OptionalExtension, params};

use crate::sqlite::cached_statements::CachedStatements;

pub(in crate::sqlite) fn read_sign_in(
    connection: &Connection,
    key: &str,
) -> rusqlite::Result<Option<SignIn>> {
    connection
        .prepare_statement("SELECT key, person, proof, until FROM sign_in WHERE key = ?1")?
        .query_row(params![key], |row| {
            Ok(SignIn {
                key: row.get(0)?,
                person: PersonId::from(row.get::<_, String>(1)?),
                proof: row.get(2)?,
                until: Wall(row.get(3)?),
            })
        })
        .optional()
}

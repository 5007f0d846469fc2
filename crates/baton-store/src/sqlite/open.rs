//! Opening the file: pragmas, migrations, and what a new run makes of the old one's clock.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use baton_core::clock::{Steady, Wall};
use baton_core::store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::failure::explain;
use super::statements::Statements;

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// The newest migration. A file that has it is not compared with them all: reading their names takes
/// a regular expression of 400 KiB, which stays.
const NEWEST: u32 = 9;

/// The name of the first migration.
const FIRST: &str = "ground_floor";

/// How long another program may hold the file before we say so.
const BUSY_LIMIT: Duration = Duration::from_secs(2);

/// A reader's own page cache, in KiB. The system keeps the pages as well, and there are several
/// readers.
const READER_CACHE_KIB: i64 = 512;

/// All statements of all commands stay prepared.
const STATEMENTS_KEPT: usize = 256;

/// Plans do not depend on the values that are bound, so that a prepared statement stays prepared:
/// otherwise every use of one that a partial index could serve is planned anew.
fn keep_plans(connection: &Connection) -> rusqlite::Result<bool> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
}

/// The one connection that writes.
pub(super) fn writer(path: &Path, now: Steady, wall: Wall) -> Result<Connection, StoreError> {
    let explain = |error: rusqlite::Error| explain(&error, path);
    make_private(path);
    let mut connection = Connection::open(path).map_err(explain)?;
    connection.busy_timeout(BUSY_LIMIT).map_err(explain)?;
    keep_plans(&connection).map_err(explain)?;
    // Before anything is written to it.
    if is_foreign(&connection).map_err(explain)? {
        let path = path.display().to_string();
        return Err(StoreError::Foreign { path });
    }
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA journal_size_limit = 67108864;",
        )
        .map_err(explain)?;
    migrate(&mut connection, path)?;
    begin_clock(&connection, now, wall).map_err(explain)?;
    Ok(connection)
}

/// What people say is nobody else's to read: a new database is its owner's alone, and `SQLite` gives
/// the files beside it the same mode. Where the file cannot be made, opening it says why.
fn make_private(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    let _ = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
}

/// A connection that reads.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| explain(&error, path))?;
    connection
        .busy_timeout(BUSY_LIMIT)
        .map_err(|error| explain(&error, path))?;
    keep_plans(&connection).map_err(|error| explain(&error, path))?;
    connection
        .pragma_update(None, "cache_size", -READER_CACHE_KIB)
        .map_err(|error| explain(&error, path))?;
    Ok(connection)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = version(connection).map_err(|error| explain(&error, path))?;
    if found > NEWEST {
        return Err(StoreError::Newer {
            path: path.display().to_string(),
            found,
            known: NEWEST,
        });
    }
    if found < NEWEST {
        let runner = embedded::migrations::runner();
        runner.run(connection).map_err(|error| {
            let cause = error.source().and_then(|cause| cause.downcast_ref());
            cause.map_or_else(
                || StoreError::Failed {
                    detail: format!("migration: {error}"),
                },
                |cause| explain(cause, path),
            )
        })?;
    }
    Ok(())
}

/// Gives back what reading much of the file at once has put into the page cache.
pub(super) fn forget_pages(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA shrink_memory")
}

/// The version that the file was brought to; 0 for a new one.
fn version(connection: &Connection) -> rusqlite::Result<u32> {
    let migrated: Option<i64> = connection
        .query_row(
            "SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    if migrated.is_none() {
        return Ok(0);
    }
    connection.query_row(
        "SELECT coalesce(max(version), 0) FROM refinery_schema_history",
        [],
        |row| row.get(0),
    )
}

/// Whether a file holds what another program keeps: tables without our history, or with the history of others,
/// for the same library keeps that for them.
fn is_foreign(connection: &Connection) -> rusqlite::Result<bool> {
    let tables: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema
         WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
           AND name <> 'refinery_schema_history'",
        [],
        |row| row.get(0),
    )?;
    if version(connection)? == 0 {
        return Ok(tables > 0);
    }
    let first: Option<String> = connection
        .query_row(
            "SELECT name FROM refinery_schema_history WHERE version = 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    Ok(first.as_deref() != Some(FIRST))
}

/// Steady time begins anew with every run. Whatever ends by itself is given its full length again:
/// that steals nothing from anybody, and delays by one length at most. Pauses are simply over.
fn begin_clock(connection: &Connection, now: Steady, wall: Wall) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    for sql in [
        "UPDATE turn SET lease_until = ?1 + lease_ms
         WHERE state = 'running' AND lease_until IS NOT NULL",
        "UPDATE topic SET until = ?1 + lease_ms WHERE platform_id IS NULL",
    ] {
        transaction.statement(sql)?.execute([now.0])?;
    }
    transaction
        .statement(
            "UPDATE approval SET until = ?1 + within_ms, expires_at = ?2 + within_ms
             WHERE state = 'open' AND until IS NOT NULL",
        )?
        .execute([now.0, wall.0])?;
    for sql in [
        "UPDATE conversation SET held_until = NULL, held_since = NULL WHERE held_until IS NOT NULL",
        "UPDATE delivery SET held_until = NULL WHERE held_until IS NOT NULL",
    ] {
        transaction.statement(sql)?.execute(())?;
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use refinery::Migration;

    use super::*;

    #[test]
    fn the_newest_migration_is_the_last_one() {
        let runner = embedded::migrations::runner();
        let versions = runner.get_migrations().iter().map(Migration::version);
        assert_eq!(versions.max(), i32::try_from(NEWEST).ok());
    }
}

//! Opens the file: pragmas, migrations, and a new start for all steady times.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use baton_core::clock::{Steady, Wall};
use baton_core::name::DataId;
use baton_core::store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::cached_statements::CachedStatements;
use super::write_failure::to_store_error;

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// The number of the newest migration. A file with this version is not compared with all migrations, because
/// their comparison compiles a regular expression of 400 KiB, which stays in memory.
const NEWEST: u32 = 18;

/// The name of the first migration.
const FIRST: &str = "ground_floor";

/// How long another program may lock the file before the store returns an error.
const BUSY_LIMIT: Duration = Duration::from_secs(2);

/// The page cache of a reading connection, in KiB. The cache is small, because there are several readers, and
/// the system caches the pages as well.
const READER_CACHE_KIB: i64 = 512;

/// The number of prepared statements in the cache, enough for all commands.
const STATEMENTS_KEPT: usize = 256;

/// Makes plans independent of bound values, so that a prepared statement stays prepared. Otherwise `SQLite`
/// plans a statement again for each use of a partial index.
fn configure_statements(connection: &Connection) -> rusqlite::Result<bool> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
}

/// Opens the only writing connection.
pub(super) fn open_writer(path: &Path, now: Steady, wall: Wall) -> Result<Connection, StoreError> {
    let to_store_error = |error: rusqlite::Error| to_store_error(&error, path);
    make_private(path);
    let mut connection = Connection::open(path).map_err(to_store_error)?;
    connection
        .busy_timeout(BUSY_LIMIT)
        .map_err(to_store_error)?;
    configure_statements(&connection).map_err(to_store_error)?;
    // This check comes before any write to the file.
    if is_foreign(&connection).map_err(to_store_error)? {
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
        .map_err(to_store_error)?;
    migrate_database(&mut connection, path)?;
    restart_steady_times(&connection, now, wall).map_err(to_store_error)?;
    Ok(connection)
}

/// Creates a new database with access for its owner only, because messages are private. `SQLite` gives the
/// files beside the database the same mode. If this fails, opening the database reports the reason.
fn make_private(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    let _ = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
}

/// Opens a reading connection.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| to_store_error(&error, path))?;
    connection
        .busy_timeout(BUSY_LIMIT)
        .map_err(|error| to_store_error(&error, path))?;
    configure_statements(&connection).map_err(|error| to_store_error(&error, path))?;
    connection
        .pragma_update(None, "cache_size", -READER_CACHE_KIB)
        .map_err(|error| to_store_error(&error, path))?;
    Ok(connection)
}

fn migrate_database(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = read_version(connection).map_err(|error| to_store_error(&error, path))?;
    if found > NEWEST {
        return Err(StoreError::Newer {
            path: path.display().to_string(),
            found,
            known: NEWEST,
        });
    }
    if found < NEWEST {
        // A migration that rebuilds a table drops the old table while other tables refer to its rows.
        set_foreign_keys(connection, false).map_err(|error| to_store_error(&error, path))?;
        let runner = embedded::migrations::runner();
        runner.run(connection).map_err(|error| {
            let cause = error.source().and_then(|cause| cause.downcast_ref());
            cause.map_or_else(
                || StoreError::Failed {
                    detail: format!("migration: {error}"),
                },
                |cause| to_store_error(cause, path),
            )
        })?;
        set_foreign_keys(connection, true).map_err(|error| to_store_error(&error, path))?;
    }
    Ok(())
}

fn set_foreign_keys(connection: &Connection, on: bool) -> rusqlite::Result<()> {
    connection.pragma_update(None, "foreign_keys", on)
}

/// Reads the id of the data, which the migrations made.
pub(super) fn read_data_id(connection: &Connection, path: &Path) -> Result<DataId, StoreError> {
    let read: rusqlite::Result<String> =
        connection.query_row("SELECT id FROM data_id", [], |row| row.get(0));
    let read = read.map_err(|error| to_store_error(&error, path))?;
    Ok(read.into())
}

/// Releases the page cache after a large read.
pub(super) fn release_page_cache(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA shrink_memory")
}

/// The version of the file; 0 for a new file.
fn read_version(connection: &Connection) -> rusqlite::Result<u32> {
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

/// Whether the file belongs to another program. Such a file has tables but no migration history, or has the
/// history of another program with the same migration library.
fn is_foreign(connection: &Connection) -> rusqlite::Result<bool> {
    let tables: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema
         WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
           AND name <> 'refinery_schema_history'",
        [],
        |row| row.get(0),
    )?;
    if read_version(connection)? == 0 {
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

/// Steady time begins again with every run. All leases and time limits therefore get their full length again,
/// which delays their end by at most one length. Pauses end at once.
fn restart_steady_times(connection: &Connection, now: Steady, wall: Wall) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    for sql in [
        "UPDATE turn SET lease_until = ?1 + lease_ms
         WHERE state = 'running' AND lease_until IS NOT NULL",
        "UPDATE topic SET until = ?1 + lease_ms WHERE platform_id IS NULL",
    ] {
        transaction.prepare_statement(sql)?.execute([now.0])?;
    }
    transaction
        .prepare_statement(
            "UPDATE approval SET until = ?1 + within_ms, expires_at = ?2 + within_ms
             WHERE state = 'open' AND until IS NOT NULL",
        )?
        .execute([now.0, wall.0])?;
    for sql in [
        "UPDATE conversation SET held_until = NULL, held_since = NULL WHERE held_until IS NOT NULL",
        "UPDATE delivery SET held_until = NULL WHERE held_until IS NOT NULL",
    ] {
        transaction.prepare_statement(sql)?.execute(())?;
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use baton_core::id::Generation;
    use baton_core::place::Place;
    use baton_core::store::{MessageViews as _, TopicStore as _};
    use refinery::{Migration, Target};

    use super::*;
    use crate::sqlite::Sqlite;

    #[test]
    fn the_newest_migration_is_the_last_one() {
        let runner = embedded::migrations::runner();
        let versions = runner.get_migrations().iter().map(Migration::version);
        assert_eq!(versions.max(), i32::try_from(NEWEST).ok());
    }

    #[tokio::test]
    async fn an_older_database_keeps_its_conversations_and_topics() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baton.db");
        let mut older = Connection::open(&path).unwrap();
        let runner = embedded::migrations::runner().set_target(Target::Version(14));
        runner.run(&mut older).unwrap();
        older
            .execute_batch(
                "INSERT INTO account VALUES (1, 'telegram', 'default');
                 INSERT INTO place VALUES (2, 1, '-100123/for 7', 0);
                 INSERT INTO conversation (id, place, persona, agent, mode, window_ms, session, generation)
                     VALUES (3, 2, 'bob', 'agent', 'queue', 0, 'session-1', 5);
                 INSERT INTO topic (conversation, state, fence, lease_ms, until, platform_id)
                     VALUES (3, 'ready', 1, 30000, 0, '-100123/9');",
            )
            .unwrap();
        drop(older);
        let store = Sqlite::open(&path, baton_core::clock::SystemClock::shared()).unwrap();
        let place = Place {
            channel: "telegram".into(),
            account: "default".into(),
            address: "-100123/for 7".to_owned(),
        };
        let kept = store.conversation(&place, &"bob".into()).await.unwrap();
        let kept = kept.unwrap();
        assert_eq!(kept.session, Some("session-1".into()));
        assert_eq!(kept.generation, Generation(5));
        assert!(!kept.is_muted);
        let topic = store.topic_of(kept.id).await.unwrap().unwrap();
        assert_eq!(topic.platform_id.as_deref(), Some("-100123/9"));
        assert_eq!(topic.title, None);
    }
}

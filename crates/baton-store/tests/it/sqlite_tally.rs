//! The migration counts the rows of an earlier version once.

use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;
use baton_core::store::QueueViews;
use baton_store::sqlite::Sqlite;
use baton_testkit::clock::SimClock;
use baton_testkit::tally;
use refinery::Target;
use rusqlite::Connection;
use tempfile::TempDir;

mod migrations {
    refinery::embed_migrations!("migrations/sqlite");
}

/// The last version without the table `tally`.
const BEFORE: i32 = 3;

#[tokio::test]
async fn what_an_earlier_version_kept_is_counted() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("baton.db");
    let mut connection = Connection::open(&path).unwrap();
    let runner = migrations::migrations::runner();
    runner
        .set_target(Target::Version(BEFORE))
        .run(&mut connection)
        .unwrap();
    connection
        .execute_batch(
            "INSERT INTO account VALUES (1, 'web', 'default');
             INSERT INTO place VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 1, 'c');
             INSERT INTO conversation (id, place, persona, agent, mode, window_ms)
             VALUES (1, 1, 'bob', 'echo', 'queue', 0), (2, 2, 'bob', 'echo', 'queue', 0),
                    (3, 2, 'eve', 'echo', 'queue', 0);
             WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 24)
             INSERT INTO message (id, conversation, place, account, external_id, author,
                                  author_name, text, priority, at, state)
             SELECT i * 2 + 1, i % 2 + 1, i % 2 + 1, 1, 'm' || i, 'ada', 'Ada', 'hello', 5, 0,
                    iif(i < 10, 'answered', iif(i < 20, 'dead', 'withdrawn')) FROM n;
             INSERT INTO delivery (id, conversation, place, account, channel, message, operation,
                                   text, state, first, at)
             SELECT id + 1, conversation, place, 1, 'web', id, 'notice', 'hello',
                    iif(id % 3 = 0, 'sent', 'dead'), 0, 0 FROM message;
             INSERT INTO turn (id, conversation, agent, attempt, fence, generation, state, started_at)
             VALUES (99, 1, 'echo', 1, 1, 0, 'done', 0);
             INSERT INTO approval (id, conversation, generation, turn, message, question, deciders,
                                   state, within_ms, at)
             VALUES (98, 1, 0, 99, 1, '{}', '[]', 'denied', 1, 0);",
        )
        .unwrap();
    drop(connection);
    let store = Sqlite::open(&path, SimClock::shared()).unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.received, counts.conversations), (25, 3));
    assert_eq!(counts.messages_in(MessageState::Answered), 10);
    assert_eq!(counts.messages_in(MessageState::Dead), 10);
    assert_eq!(counts.messages_in(MessageState::Withdrawn), 5);
    assert_eq!(counts.deliveries_in(DeliveryState::Sent), 8);
    assert_eq!(counts.deliveries_in(DeliveryState::Dead), 17);
    drop(store);
    assert_eq!(tally::miscounted(&path), [""; 0]);
    let connection = Connection::open(&path).unwrap();
    let broken: i64 = connection
        .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(broken, 0, "the approval still has its message");
}

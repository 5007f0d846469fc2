//! s82: errors of the embedded store with an unusable file. Meanwhile the store acknowledges nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_core::approval::{Question, Verdict, Wants};
use baton_core::id::ApprovalId;
use baton_core::message::{Author, Message, MessageState, NewMessage, Priority};
use baton_core::persona::Persona;
use baton_core::place::{Place, QueueMode, Route};
use baton_core::slots::Slots;
use baton_core::store::{
    ApprovalViews, ApprovalsQuery, Ask, Asked, Attach, CursorStore, DeliveryStore, Ingested,
    QueueViews, Store, StoreError, TimeStore, TurnEffect, Work,
};
use baton_core::turn::Claim;
use baton_store::sqlite::Sqlite;
use baton_testkit::clock::SimClock;
use rusqlite::Connection;
use tempfile::TempDir;

/// The id of the message that is stored before the fault.
const KEPT: &str = "kept";

/// A folder for a database.
struct DatabaseFixture {
    folder: TempDir,
}

impl DatabaseFixture {
    /// A folder without a database.
    fn bare() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    /// A folder with a closed database of one message.
    async fn with_a_message() -> Self {
        let fixture = Self::bare();
        let store = fixture.open().unwrap();
        said(&store, KEPT).await.unwrap();
        store.close().await;
        fixture
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("baton.db")
    }

    fn open(&self) -> Result<Sqlite, StoreError> {
        open(&self.database())
    }

    /// A second program with the same file.
    fn another(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }
}

fn open(path: &Path) -> Result<Sqlite, StoreError> {
    Sqlite::open(path, SimClock::shared())
}

fn refused(opened: Result<Sqlite, StoreError>) -> StoreError {
    match opened {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}

/// Stores a message, and returns the store's answer.
async fn said(store: &dyn Store, id: &str) -> Result<Ingested, StoreError> {
    let message = NewMessage {
        external_id: id.into(),
        part_ids: Vec::new(),
        route: Route {
            place: Place {
                channel: "web".into(),
                account: "default".into(),
                address: "room".to_owned(),
            },
            persona: "bob".into(),
            agent: "echo".into(),
            mode: QueueMode::Queue,
            waiting_limit: 100,
        },
        author: Author {
            id: "person-1".into(),
            name: "Ada".to_owned(),
        },
        text: format!("text of {id}"),
        attachments: Vec::new(),
        reply_to: None,
        reply_route: serde_json::Value::Null,
        extra: serde_json::Value::Null,
        priority: Priority::default(),
    };
    let ingested = store.ingest(message.into()).await?;
    Ok(ingested.into_iter().next().unwrap())
}

async fn found(store: &dyn Store, id: &str) -> Result<Option<Message>, StoreError> {
    store
        .message_by_external_id(&"web".into(), &"default".into(), &id.into())
        .await
}

/// Attaches a process with one slot for turns and one for deliveries.
async fn attached(store: &dyn Store) -> Work {
    let attach = Attach {
        turns: Slots::new(1, [("echo".into(), 1)]),
        deliveries: Slots::new(1, [("web".into(), 1)]),
        personas: [Persona::new("bob", "echo")].into_iter().collect(),
        steerable: BTreeSet::new(),
        attempts: 3,
    };
    store.attach(attach).await.unwrap()
}

/// Asks a question in the turn, and marks the question as sent.
async fn asked(store: &dyn Store, work: &mut Work, claim: &Claim, tool: &str) -> ApprovalId {
    let ask = Ask {
        turn: claim.turn,
        fence: claim.fence,
        question: Question {
            tool: tool.to_owned(),
            title: tool.to_owned(),
            input: serde_json::Value::Null,
            wants: Wants::Permission { grant: None },
        },
        deciders: Vec::new(),
        within: Duration::from_mins(1),
    };
    let Asked::Open(id) = store.ask(ask).await.unwrap() else {
        panic!("it was decided");
    };
    let outgoing = work.deliveries.recv().await.unwrap();
    let (attempt, slot) = (outgoing.attempt(), Some(outgoing.slot));
    let sent = store.delivery_sent(attempt, None, slot);
    sent.await.unwrap();
    id
}

#[tokio::test]
async fn a_question_that_is_damaged_holds_up_no_other() {
    let fixture = DatabaseFixture::bare();
    let clock = SimClock::shared();
    let store = Sqlite::open(&fixture.database(), clock.clone()).unwrap();
    let mut work = attached(&store).await;
    said(&store, "1").await.unwrap();
    let Some(TurnEffect::Start(started)) = work.turns.recv().await else {
        panic!("a turn should start");
    };
    let damaged = asked(&store, &mut work, &started.claim, "first").await;
    let whole = asked(&store, &mut work, &started.claim, "second").await;
    let damage = "UPDATE approval SET question = '{' WHERE id = ?1";
    fixture.another().execute(damage, [damaged.0]).unwrap();
    let everything = ApprovalsQuery {
        limit: 10,
        bytes: usize::MAX,
        ..ApprovalsQuery::default()
    };
    let listed = store.approvals(everything).await.unwrap();
    assert_eq!(
        listed.iter().map(|asked| asked.id).collect::<Vec<_>>(),
        [whole]
    );

    clock.advance(Duration::from_mins(1));
    assert_eq!(
        store.expire().await.unwrap(),
        None,
        "nothing is left to end"
    );
    for (id, why) in [
        (damaged, "can no longer be read"),
        (whole, "nobody decided"),
    ] {
        match work.turns.recv().await.unwrap() {
            TurnEffect::Decided(turn, told, Verdict::Denied { reason }) => {
                assert_eq!((turn, told), (started.claim.turn, id));
                assert!(reason.contains(why), "{reason}");
            }
            other => panic!("the turn should be told, not {other:?}"),
        }
        let outgoing = work.deliveries.recv().await.unwrap();
        let delivery = &outgoing.delivery;
        assert!(delivery.operation.text().contains(why), "{delivery:?}");
        let (attempt, slot) = (outgoing.attempt(), Some(outgoing.slot));
        let sent = store.delivery_sent(attempt, None, slot);
        sent.await.unwrap();
    }
}

#[tokio::test]
async fn s82_a_database_of_a_newer_version_is_left_alone() {
    let fixture = DatabaseFixture::with_a_message().await;
    fixture
        .another()
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
             VALUES (4711, 'from_the_future', '2100-01-01T00:00:00Z', '0')",
            (),
        )
        .unwrap();
    let before = std::fs::read(fixture.database()).unwrap();
    let error = refused(fixture.open());
    let StoreError::Newer { found: 4711, .. } = &error else {
        panic!("it is newer, not: {error}");
    };
    let told = error.to_string();
    let path = fixture.database().display().to_string();
    for part in [path.as_str(), "4711", "newer Baton"] {
        assert!(told.contains(part), "{part} is not in: {told}");
    }
    assert_eq!(std::fs::read(fixture.database()).unwrap(), before);
}

#[tokio::test]
async fn s82_a_file_that_is_no_database_is_left_alone() {
    let fixture = DatabaseFixture::bare();
    let text = "this is no database".repeat(1_000);
    std::fs::write(fixture.database(), &text).unwrap();
    let error = refused(fixture.open());
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    let kept = std::fs::read_to_string(fixture.database()).unwrap();
    assert_eq!(kept, text);
}

#[tokio::test]
async fn s82_whichever_page_is_damaged_nothing_is_acknowledged_that_is_not_kept() {
    let fixture = DatabaseFixture::with_a_message().await;
    let whole = std::fs::read(fixture.database()).unwrap();
    let page = usize::from(u16::from_be_bytes([whole[16], whole[17]]));
    let mut corrupt = 0;
    for start in (0..whole.len()).step_by(page) {
        let fixture = DatabaseFixture::bare();
        let mut damaged = whole.clone();
        damaged[start..start + page].fill(0xA5);
        std::fs::write(fixture.database(), &damaged).unwrap();
        let acknowledged = match fixture.open() {
            Ok(store) => said(&store, "later").await,
            Err(error) => Err(error),
        };
        match acknowledged {
            // The write did not need the damaged page.
            Ok(_) => {
                let kept: String = fixture
                    .another()
                    .query_row(
                        "SELECT text FROM message NOT INDEXED WHERE external_id = 'later'",
                        (),
                        |row| row.get(0),
                    )
                    .unwrap();
                assert_eq!(kept, "text of later");
            }
            Err(StoreError::Corrupt { .. }) => corrupt += 1,
            Err(error) => panic!("the page at {start} is damaged, and it says: {error}"),
        }
    }
    assert!(corrupt > 3, "only {corrupt} pages were needed");
}

#[tokio::test]
async fn s82_what_cannot_be_read_is_told() {
    let fixture = DatabaseFixture::with_a_message().await;
    // The first page of a table, so that its first use finds the damage, not the opening.
    let root: u32 = fixture
        .another()
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'cursor'",
            (),
            |row| row.get(0),
        )
        .unwrap();
    let mut damaged = std::fs::read(fixture.database()).unwrap();
    let page = usize::from(u16::from_be_bytes([damaged[16], damaged[17]]));
    let end = usize::try_from(root).unwrap() * page;
    damaged[end - page..end].fill(0xA5);
    std::fs::write(fixture.database(), &damaged).unwrap();
    let store = fixture.open().unwrap();
    let read = store
        .cursor(&"web".into(), &"default".into(), "updates")
        .await;
    assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");
    // Reads of other pages still work.
    assert!(found(&store, KEPT).await.unwrap().is_some());
}

/// A debug build checks the counts at each commit. Wrong counts end its writer, so that a test sees them.
#[cfg(debug_assertions)]
#[tokio::test]
async fn counts_that_lose_a_message_end_the_writer_of_a_debug_build() {
    let fixture = DatabaseFixture::with_a_message().await;
    let store = fixture.open().unwrap();
    let loss = "UPDATE tally SET message_waiting = 0";
    fixture.another().execute(loss, ()).unwrap();
    let acknowledged = said(&store, "later").await;
    assert!(
        matches!(acknowledged, Err(StoreError::Closed)),
        "{acknowledged:?}"
    );
    drop(store);
    let count = "SELECT count(*) FROM message";
    let kept: i64 = fixture
        .another()
        .query_row(count, (), |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 1, "nothing of the transaction is stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s82_while_another_program_holds_the_database_nothing_is_acknowledged() {
    let fixture = DatabaseFixture::with_a_message().await;
    let store = fixture.open().unwrap();
    let another = fixture.another();
    another.execute_batch("BEGIN IMMEDIATE").unwrap();

    let error = said(&store, "refused").await.unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    // Readers do not wait for the other program.
    assert!(found(&store, KEPT).await.unwrap().is_some());
    assert!(found(&store, "refused").await.unwrap().is_none());
    let error = refused(fixture.open());
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");

    another.execute_batch("ROLLBACK").unwrap();
    let again = said(&store, "refused").await.unwrap();
    assert!(matches!(again, Ingested::Stored(_)), "{again:?}");
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Waiting), 2);
}

#[test]
fn s82_where_there_may_be_no_file_is_told() {
    let fixture = DatabaseFixture::bare();
    let folder = fixture.folder.path();
    std::fs::write(folder.join("file"), "").unwrap();
    let mut places = vec![
        folder.join("not-there").join("baton.db"),
        folder.join("file").join("baton.db"),
        folder.to_owned(),
    ];
    if cfg!(target_os = "linux") {
        // In this folder, not even root can create a file.
        places.push("/proc/baton.db".into());
    }
    for path in places {
        let error = refused(open(&path));
        let told = error.to_string();
        assert!(matches!(error, StoreError::Denied { .. }), "{told}");
        assert!(told.contains(&path.display().to_string()), "{told}");
    }
    assert!(!folder.join("not-there").exists());
}

#[tokio::test]
async fn the_database_of_another_program_is_left_alone() {
    for history in [
        "",
        "CREATE TABLE refinery_schema_history (version INTEGER, name TEXT, applied_on TEXT, checksum TEXT);
         INSERT INTO refinery_schema_history VALUES (1, 'of_others', '', '0');",
    ] {
        let fixture = DatabaseFixture::bare();
        let other = rusqlite::Connection::open(fixture.database()).unwrap();
        let theirs = "CREATE TABLE message (id INTEGER PRIMARY KEY, body TEXT);";
        other.execute_batch(&format!("{theirs}{history}")).unwrap();
        drop(other);
        let before = std::fs::read(fixture.database()).unwrap();
        let error = refused(fixture.open());
        assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
        let told = error.to_string();
        assert!(!told.contains("CREATE") && told.lines().count() == 1, "{told}");
        for part in [&*fixture.database().display().to_string(), "another program", "choose another folder"] {
            assert!(told.contains(part), "{part} is not in: {told}");
        }
        assert_eq!(std::fs::read(fixture.database()).unwrap(), before);
    }
}

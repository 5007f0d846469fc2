use baton_core::clock::SystemClock;

use super::*;

/// Writes a number, and then panics if the number is odd.
struct NumberCommand(i64);

impl WriteCommand for NumberCommand {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<StoreError>> {
        tx.run("INSERT INTO number VALUES (?1)", [self.0])?;
        assert!(self.0 % 2 == 0, "{} is odd", self.0);
        Ok(())
    }
}

#[tokio::test]
async fn s89_a_command_that_panics_is_refused_alone_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baton.db");
    let clock = SystemClock::shared();
    let connection = database_file::open_writer(&path, clock.steady(), clock.wall()).unwrap();
    connection
        .execute_batch("CREATE TABLE number (value INTEGER NOT NULL)")
        .unwrap();
    let (deadline, _) = watch::channel(None);
    let changes = broadcast::Sender::new(1);
    let writer = WriterHandle::start(&path, connection, clock, changes, deadline).unwrap();
    // All commands are queued together, so that they share a commit.
    let answers = tokio::join!(
        writer.run(NumberCommand(0)),
        writer.run(NumberCommand(1)),
        writer.run(NumberCommand(2)),
        writer.run(NumberCommand(3)),
        writer.run(NumberCommand(4)),
    );
    assert!(answers.0.is_ok() && answers.2.is_ok() && answers.4.is_ok());
    for refused in [answers.1, answers.3] {
        assert!(
            matches!(refused, Err(StoreError::Failed { .. })),
            "{refused:?}"
        );
    }
    writer.close().await;
    let kept = database_file::open_reader(&path).unwrap();
    let mut kept = kept
        .prepare("SELECT value FROM number ORDER BY value")
        .unwrap();
    let kept = kept.query_map((), |row| row.get::<_, i64>(0)).unwrap();
    let kept: Vec<_> = kept.map(Result::unwrap).collect();
    assert_eq!(kept, [0, 2, 4]);
}

//! An agent's memory of a conversation: given to the next turn, and gone when it is reset.

use baton_core::name::SessionId;
use baton_core::store::Started;
use baton_core::turn::SessionChange;

use super::bed::{Bed, But, Process, done, message, say};

/// Says something there and has its turn started.
async fn turn(process: &mut Process, address: &str, id: &str) -> Started {
    say(&*process.store, message(address, id)).await;
    process.started().await
}

async fn finish(process: &Process, started: Started, session: SessionChange) {
    let finish = done(&started.claim, "answer").but(|finish| finish.session = session);
    let slot = Some(started.slot);
    process.store.finish(finish, slot).await.unwrap();
}

fn session(name: &str) -> SessionChange {
    SessionChange::Set(SessionId::from(name))
}

pub(super) async fn is_given_to_the_next_turn(bed: Bed) {
    let mut process = bed.start().await;
    let first = turn(&mut process, "a", "1").await;
    assert_eq!(first.claim.session, None);
    finish(&process, first, session("s-1")).await;
    drop(process);
    let mut process = bed.start().await;
    let second = turn(&mut process, "a", "2").await;
    assert_eq!(second.claim.session, Some("s-1".into()));
}

pub(super) async fn is_kept_or_forgotten_as_the_turn_says(bed: Bed) {
    let mut process = bed.start().await;
    let changes = [
        (session("s-1"), Some("s-1")),
        (SessionChange::Keep, Some("s-1")),
        (session("s-2"), Some("s-2")),
        (SessionChange::Forget, None),
        (SessionChange::Keep, None),
    ];
    let mut expected = None;
    for (n, (change, after)) in changes.into_iter().enumerate() {
        let started = turn(&mut process, "a", &n.to_string()).await;
        assert_eq!(started.claim.session, expected.map(SessionId::from));
        finish(&process, started, change).await;
        expected = after;
    }
}

pub(super) async fn a_reset_during_a_turn_is_not_undone(bed: Bed) {
    let mut process = bed.start().await;
    let first = turn(&mut process, "a", "1").await;
    finish(&process, first, session("old")).await;
    let during = turn(&mut process, "a", "2").await;
    let generation = during.claim.generation;
    let conversation = during.claim.conversation;
    process.store.reset(conversation).await.unwrap();
    finish(&process, during, session("old-again")).await;
    let after = turn(&mut process, "a", "3").await;
    assert_eq!(after.claim.session, None);
    assert!(after.claim.generation > generation);
    // The new session is kept, as any other.
    finish(&process, after, session("new")).await;
    let last = turn(&mut process, "a", "4").await;
    assert_eq!(last.claim.session, Some("new".into()));
}

pub(super) async fn belongs_to_one_conversation(bed: Bed) {
    let mut process = bed.start().await;
    let first = turn(&mut process, "a", "1").await;
    finish(&process, first, session("s-1")).await;
    // The same person, the same persona and agent, another place.
    let elsewhere = turn(&mut process, "b", "2").await;
    assert_eq!(elsewhere.claim.session, None);
    finish(&process, elsewhere, session("s-2")).await;
    let again = turn(&mut process, "b", "3").await;
    let conversation = again.claim.conversation;
    process.store.reset(conversation).await.unwrap();
    let here = turn(&mut process, "a", "4").await;
    assert_eq!(here.claim.session, Some("s-1".into()));
}

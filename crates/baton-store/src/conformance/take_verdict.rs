//! A verdict reaches one turn once, whatever crashes happen.

use baton_core::approval::{Decision, Verdict};
use baton_core::id::ApprovalId;
use baton_core::store::{Ask, Asked, Started};
use baton_core::turn::TurnEnd;

use super::approvals::{asked, decide, question, told, turn};
use super::bed::{Bed, But, Process, ended, is_lost};

/// A turn with an approval that a person allowed during the turn.
async fn allowed(process: &mut Process) -> (Started, ApprovalId) {
    let started = turn(process, "1").await;
    let id = asked(process, question(&started.claim)).await;
    let allow = decide(id, Decision::Allow, "ada");
    process.store.decide(allow).await.unwrap();
    assert_eq!(told(process).await, (id, Verdict::Allowed));
    (started, id)
}

/// Restarts the program after a crash, and returns the turn of the next try.
async fn again(bed: &Bed, crashed: (Process, Started)) -> (Process, Started) {
    drop(crashed);
    let mut process = bed.start().await;
    let started = process.started().await;
    (process, started)
}

async fn ask(process: &Process, ask: Ask) -> Asked {
    process.store.ask(ask).await.unwrap()
}

pub(super) async fn what_was_not_heard_is_taken_by_the_next_turn(bed: Bed) {
    let mut process = bed.start().await;
    let (started, _) = allowed(&mut process).await;
    let (process, started) = again(&bed, (process, started)).await;
    let same = || question(&started.claim);
    assert_eq!(
        ask(&process, same()).await,
        Asked::Decided(Verdict::Allowed)
    );
    // The verdict counts once, even after another crash.
    assert!(matches!(ask(&process, same()).await, Asked::Open(_)));
    let (process, started) = again(&bed, (process, started)).await;
    let same = question(&started.claim);
    assert!(matches!(ask(&process, same).await, Asked::Open(_)));
}

pub(super) async fn what_was_heard_is_asked_again(bed: Bed) {
    let mut process = bed.start().await;
    let (started, id) = allowed(&mut process).await;
    let claim = &started.claim;
    let taken = process.store.take_verdict(claim.turn, claim.fence, id);
    taken.await.unwrap();
    let (process, started) = again(&bed, (process, started)).await;
    let same = question(&started.claim);
    assert!(matches!(ask(&process, same).await, Asked::Open(_)));
}

pub(super) async fn it_is_the_answer_to_no_other_question(bed: Bed) {
    let mut process = bed.start().await;
    let (started, _) = allowed(&mut process).await;
    let (process, started) = again(&bed, (process, started)).await;
    let other = question(&started.claim).but(|ask| {
        ask.question.input = serde_json::json!({"command": "rm -rf /"});
    });
    assert!(matches!(ask(&process, other).await, Asked::Open(_)));
}

pub(super) async fn an_outdated_claim_takes_nothing(bed: Bed) {
    let mut process = bed.start().await;
    let (started, id) = allowed(&mut process).await;
    let claim = started.claim;
    let end = ended(&claim, TurnEnd::Interrupted);
    let finished = process.store.finish(end, Some(started.slot));
    finished.await.unwrap();
    let late = process.store.take_verdict(claim.turn, claim.fence, id);
    assert!(is_lost(&late.await));
    let next = process.started().await;
    let same = question(&next.claim);
    assert_eq!(ask(&process, same).await, Asked::Decided(Verdict::Allowed));
}

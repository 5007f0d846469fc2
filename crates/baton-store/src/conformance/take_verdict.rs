//! A verdict reaches one turn once, whatever crashes happen.

use baton_core::approval::{Decision, Verdict};
use baton_core::id::ApprovalId;
use baton_core::store::{Ask, Asked, Started};
use baton_core::turn::TurnEnd;

use super::approvals::{ask_people, ask_permission, decide_as, next_verdict, start_turn};
use super::case_context::{CaseContext, TestProcess, WithChange, finish_with, is_lost};

/// A turn with an approval that a person allowed during the turn.
async fn allow_in_turn(process: &mut TestProcess) -> (Started, ApprovalId) {
    let started = start_turn(process, "1").await;
    let id = ask_people(process, ask_permission(&started.claim)).await;
    let allow = decide_as(id, Decision::Allow, "ada");
    process.store.decide(allow).await.unwrap();
    assert_eq!(next_verdict(process).await, (id, Verdict::Allowed));
    (started, id)
}

/// Restarts the program after a crash, and returns the turn of the next try.
async fn restart_process(
    context: &CaseContext,
    crashed: (TestProcess, Started),
) -> (TestProcess, Started) {
    drop(crashed);
    let mut process = context.start_process().await;
    let started = process.next_started().await;
    (process, started)
}

async fn ask_again(process: &TestProcess, ask: Ask) -> Asked {
    process.store.ask(ask).await.unwrap()
}

pub(super) async fn what_was_not_heard_is_taken_by_the_next_turn(context: CaseContext) {
    let mut process = context.start_process().await;
    let (started, _) = allow_in_turn(&mut process).await;
    let (process, started) = restart_process(&context, (process, started)).await;
    let same = || ask_permission(&started.claim);
    assert_eq!(
        ask_again(&process, same()).await,
        Asked::Decided(Verdict::Allowed)
    );
    // The verdict counts once, even after another crash.
    assert!(matches!(ask_again(&process, same()).await, Asked::Open(_)));
    let (process, started) = restart_process(&context, (process, started)).await;
    let same = ask_permission(&started.claim);
    assert!(matches!(ask_again(&process, same).await, Asked::Open(_)));
}

pub(super) async fn what_was_heard_is_asked_again(context: CaseContext) {
    let mut process = context.start_process().await;
    let (started, id) = allow_in_turn(&mut process).await;
    let claim = &started.claim;
    let taken = process.store.take_verdict(claim.turn, claim.fence, id);
    taken.await.unwrap();
    let (process, started) = restart_process(&context, (process, started)).await;
    let same = ask_permission(&started.claim);
    assert!(matches!(ask_again(&process, same).await, Asked::Open(_)));
}

pub(super) async fn it_is_the_answer_to_no_other_question(context: CaseContext) {
    let mut process = context.start_process().await;
    let (started, _) = allow_in_turn(&mut process).await;
    let (process, started) = restart_process(&context, (process, started)).await;
    let other = ask_permission(&started.claim).with_change(|ask| {
        ask.question.input = serde_json::json!({"command": "rm -rf /"});
    });
    assert!(matches!(ask_again(&process, other).await, Asked::Open(_)));
}

pub(super) async fn an_outdated_claim_takes_nothing(context: CaseContext) {
    let mut process = context.start_process().await;
    let (started, id) = allow_in_turn(&mut process).await;
    let claim = started.claim;
    let end = finish_with(&claim, TurnEnd::Interrupted);
    let finished = process.store.finish(end, Some(started.slot));
    finished.await.unwrap();
    let late = process.store.take_verdict(claim.turn, claim.fence, id);
    assert!(is_lost(&late.await));
    let next = process.next_started().await;
    let same = ask_permission(&next.claim);
    assert_eq!(
        ask_again(&process, same).await,
        Asked::Decided(Verdict::Allowed)
    );
}

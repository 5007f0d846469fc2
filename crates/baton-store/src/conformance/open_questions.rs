//! Open approvals after the end of their turn, their message, or the program.

use baton_core::approval::{ApprovalState, Decision, Verdict};
use baton_core::delivery::Operation;
use baton_core::store::{Asked, DecideError, TurnEffect};
use baton_core::turn::TurnEnd;

use super::approvals::{
    ask_people, ask_permission, decide_as, read_approval, send_next_operation, start_turn,
};
use super::case_context::{CaseContext, LEASE, WithChange, finish_with, is_lost};

pub(super) async fn ends_with_its_turn(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let asked = ask_people(&process, ask_permission(&started.claim)).await;
    let reason = "stopped".to_owned();
    process
        .end_turn(started, TurnEnd::Cancelled { reason })
        .await;
    assert_eq!(
        read_approval(&process, asked).await.state,
        ApprovalState::Expired
    );
    let late = process
        .store
        .decide(decide_as(asked, Decision::Allow, "ada"))
        .await;
    assert!(matches!(late, Err(DecideError::Over { .. })), "{late:?}");
}

pub(super) async fn what_came_of_it_goes_out_before_the_reply(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let asked = ask_people(&process, ask_permission(&started.claim)).await;
    assert_eq!(send_next_operation(&mut process).await.kind(), "question");
    // The agent finishes without a decision.
    process.answer_turn(started, "answer").await;
    match send_next_operation(&mut process).await {
        Operation::Verdict { approval, .. } => assert_eq!(approval, asked),
        other => panic!("people should be told first what came of it, not {other:?}"),
    }
    assert_eq!(
        send_next_operation(&mut process).await,
        Operation::reply("answer")
    );
}

pub(super) async fn survives_a_restart(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let open = ask_people(&process, ask_permission(&started.claim)).await;
    context.advance_clocks(LEASE / 2);
    drop((process, started));
    let mut process = context.start_process().await;
    // The time limit begins again in full, because nobody could decide while the program was down.
    context.advance_clocks(LEASE * 3 / 4);
    process.store.expire().await.unwrap();
    assert_eq!(
        read_approval(&process, open).await.state,
        ApprovalState::Open
    );
    // The turn runs again with the same question, and people do not see a second question.
    let again = process.next_started().await;
    assert_eq!(
        ask_people(&process, ask_permission(&again.claim)).await,
        open
    );
    let allow = decide_as(open, Decision::Allow, "grace");
    process.store.decide(allow).await.unwrap();
    match process.next_effect().await {
        TurnEffect::Decided(turn, approval, Verdict::Allowed) => {
            assert_eq!((turn, approval), (again.claim.turn, open));
        }
        other => panic!("the new turn should be told, not {other:?}"),
    }
    // The verdict was taken, so the same question is a new approval.
    assert_ne!(
        ask_people(&process, ask_permission(&again.claim)).await,
        open
    );
}

pub(super) async fn decided_while_nobody_ran_is_taken_by_the_next(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let other = ask_permission(&started.claim)
        .with_change(|ask| "other".clone_into(&mut ask.question.tool));
    let (open, other) = (
        ask_people(&process, ask_permission(&started.claim)).await,
        ask_people(&process, other).await,
    );
    drop((process, started));
    let mut process = context.start_idle().await;
    let allow = decide_as(open, Decision::Allow, "ada");
    process.store.decide(allow).await.unwrap();
    drop(process);
    process = context.start_process().await;
    let again = process.next_started().await;
    let ask = || process.store.ask(ask_permission(&again.claim));
    assert_eq!(ask().await.unwrap(), Asked::Decided(Verdict::Allowed));
    // The verdict counts only once. The same question needs a new decision.
    assert!(matches!(ask().await.unwrap(), Asked::Open(_)));
    assert_eq!(
        read_approval(&process, other).await.state,
        ApprovalState::Open
    );
}

pub(super) async fn ends_with_its_message(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let message = started.claim.messages[0].id;
    let asked = ask_people(&process, ask_permission(&started.claim)).await;
    drop((process, started));
    // The turn was interrupted. Its message waits for another try, and is then withdrawn.
    let process = context.start_idle().await;
    assert_eq!(
        read_approval(&process, asked).await.state,
        ApprovalState::Open
    );
    process.store.stop(message, &"ada".into()).await.unwrap();
    assert_eq!(
        read_approval(&process, asked).await.state,
        ApprovalState::Expired
    );
}

pub(super) async fn an_outdated_claim_may_not_ask(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = start_turn(&mut process, "1").await;
    let end = finish_with(&first.claim, TurnEnd::Interrupted);
    process.store.finish(end, None).await.unwrap();
    let asked = process.store.ask(ask_permission(&first.claim)).await;
    assert!(is_lost(&asked.map(|_| ())));
}

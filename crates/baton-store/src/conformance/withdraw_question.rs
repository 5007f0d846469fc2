//! An approval ends when its agent no longer needs a decision.

use baton_core::approval::{ApprovalState, Decision, Verdict};
use baton_core::delivery::Operation;
use baton_core::store::DecideError;
use baton_core::turn::TurnEnd;

use super::approvals::{
    ask_people, ask_permission, decide_as, next_verdict, read_approval, send_next_operation,
    start_turn,
};
use super::case_context::{CaseContext, finish_with, is_lost};

pub(super) async fn its_agent_no_longer_asks(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let claim = &started.claim;
    let open = ask_people(&process, ask_permission(claim)).await;
    let other = ask_people(&process, ask_permission(claim)).await;
    let store = &process.store;
    store
        .withdraw_question(claim.turn, claim.fence, open)
        .await
        .unwrap();
    let over = "Expired: the agent withdrew the question".to_owned();
    assert_eq!(
        read_approval(&process, open).await.outcome().as_ref(),
        Some(&over)
    );
    let verdict = Verdict::Denied {
        reason: over.clone(),
    };
    assert_eq!(next_verdict(&mut process).await, (open, verdict));
    // A later decision is refused with the reason. The other approval stays open.
    let late = decide_as(open, Decision::Allow, "ada");
    let late = process.store.decide(late).await;
    let expected = DecideError::Over {
        id: open,
        outcome: over,
    };
    assert_eq!(late, Err(expected));
    assert_eq!(
        read_approval(&process, other).await.state,
        ApprovalState::Open
    );
    // People see the end at the place of the question.
    for _ in 0..2 {
        assert_eq!(send_next_operation(&mut process).await.kind(), "question");
    }
    match send_next_operation(&mut process).await {
        Operation::Verdict { approval, text } => {
            assert_eq!(approval, open);
            assert!(text.contains("withdrew the question"), "{text}");
        }
        other => panic!("people should be told, not {other:?}"),
    }
}

pub(super) async fn only_what_is_open_and_its_own(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let claim = &started.claim;
    let decided = ask_people(&process, ask_permission(claim)).await;
    let allow = decide_as(decided, Decision::Allow, "ada");
    process.store.decide(allow).await.unwrap();
    let withdraw = |turn, fence, id| process.store.withdraw_question(turn, fence, id);
    withdraw(claim.turn, claim.fence, decided).await.unwrap();
    assert_eq!(
        read_approval(&process, decided).await.state,
        ApprovalState::Allowed
    );
    // An outdated claim cannot withdraw the approval, because the next turn asks the same question.
    let left = ask_people(&process, ask_permission(claim)).await;
    let end = finish_with(claim, TurnEnd::Interrupted);
    process.store.finish(end, None).await.unwrap();
    let lost = withdraw(claim.turn, claim.fence, left).await;
    assert!(is_lost(&lost));
    assert_eq!(
        read_approval(&process, left).await.state,
        ApprovalState::Open
    );
}

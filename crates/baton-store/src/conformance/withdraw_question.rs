//! An approval ends when its agent no longer needs a decision.

use baton_core::approval::{ApprovalState, Decision, Verdict};
use baton_core::delivery::Operation;
use baton_core::store::DecideError;
use baton_core::turn::TurnEnd;

use super::approvals::{asked, carried, decide, kept, question, told, turn};
use super::bed::{Bed, ended, is_lost};

pub(super) async fn its_agent_no_longer_asks(bed: Bed) {
    let mut process = bed.start().await;
    let started = turn(&mut process, "1").await;
    let claim = &started.claim;
    let open = asked(&process, question(claim)).await;
    let other = asked(&process, question(claim)).await;
    let store = &process.store;
    store
        .withdraw_question(claim.turn, claim.fence, open)
        .await
        .unwrap();
    let over = "Expired: the agent no longer asks".to_owned();
    assert_eq!(kept(&process, open).await.outcome().as_ref(), Some(&over));
    let verdict = Verdict::Denied {
        reason: over.clone(),
    };
    assert_eq!(told(&mut process).await, (open, verdict));
    // A later decision is refused with the reason. The other approval stays open.
    let late = decide(open, Decision::Allow, "ada");
    let late = process.store.decide(late).await;
    let expected = DecideError::Over {
        id: open,
        outcome: over,
    };
    assert_eq!(late, Err(expected));
    assert_eq!(kept(&process, other).await.state, ApprovalState::Open);
    // People see the end at the place of the question.
    for _ in 0..2 {
        assert_eq!(carried(&mut process).await.kind(), "question");
    }
    match carried(&mut process).await {
        Operation::Verdict { approval, text } => {
            assert_eq!(approval, open);
            assert!(text.contains("no longer asks"), "{text}");
        }
        other => panic!("people should be told, not {other:?}"),
    }
}

pub(super) async fn only_what_is_open_and_its_own(bed: Bed) {
    let mut process = bed.start().await;
    let started = turn(&mut process, "1").await;
    let claim = &started.claim;
    let decided = asked(&process, question(claim)).await;
    let allow = decide(decided, Decision::Allow, "ada");
    process.store.decide(allow).await.unwrap();
    let withdraw = |turn, fence, id| process.store.withdraw_question(turn, fence, id);
    withdraw(claim.turn, claim.fence, decided).await.unwrap();
    assert_eq!(kept(&process, decided).await.state, ApprovalState::Allowed);
    // An outdated claim cannot withdraw the approval, because the next turn asks the same question.
    let left = asked(&process, question(claim)).await;
    let end = ended(claim, TurnEnd::Interrupted);
    process.store.finish(end, None).await.unwrap();
    let lost = withdraw(claim.turn, claim.fence, left).await;
    assert!(is_lost(&lost));
    assert_eq!(kept(&process, left).await.state, ApprovalState::Open);
}

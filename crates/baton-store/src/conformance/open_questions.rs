//! Open approvals after the end of their turn, their message, or the program.

use baton_core::approval::{ApprovalState, Decision, Verdict};
use baton_core::delivery::Operation;
use baton_core::store::{Asked, DecideError, TurnEffect};
use baton_core::turn::TurnEnd;

use super::approvals::{asked, carried, decide, kept, question, turn};
use super::bed::{Bed, But, LEASE, ended, is_lost};

pub(super) async fn ends_with_its_turn(bed: Bed) {
    let mut process = bed.start().await;
    let started = turn(&mut process, "1").await;
    let asked = asked(&process, question(&started.claim)).await;
    let reason = "stopped".to_owned();
    process.end(started, TurnEnd::Cancelled { reason }).await;
    assert_eq!(kept(&process, asked).await.state, ApprovalState::Expired);
    let late = process
        .store
        .decide(decide(asked, Decision::Allow, "ada"))
        .await;
    assert!(matches!(late, Err(DecideError::Over { .. })), "{late:?}");
}

pub(super) async fn what_came_of_it_goes_out_before_the_reply(bed: Bed) {
    let mut process = bed.start().await;
    let started = turn(&mut process, "1").await;
    let asked = asked(&process, question(&started.claim)).await;
    assert_eq!(carried(&mut process).await.kind(), "question");
    // The agent finishes without a decision.
    process.answer(started, "answer").await;
    match carried(&mut process).await {
        Operation::Verdict { approval, .. } => assert_eq!(approval, asked),
        other => panic!("people should be told first what came of it, not {other:?}"),
    }
    assert_eq!(carried(&mut process).await, Operation::reply("answer"));
}

pub(super) async fn survives_a_restart(bed: Bed) {
    let mut process = bed.start().await;
    let started = turn(&mut process, "1").await;
    let open = asked(&process, question(&started.claim)).await;
    bed.advance(LEASE / 2);
    drop((process, started));
    let mut process = bed.start().await;
    // The time limit begins again in full, because nobody could decide while the program was down.
    bed.advance(LEASE * 3 / 4);
    process.store.expire().await.unwrap();
    assert_eq!(kept(&process, open).await.state, ApprovalState::Open);
    // The turn runs again with the same question, and people do not see a second question.
    let again = process.started().await;
    assert_eq!(asked(&process, question(&again.claim)).await, open);
    let allow = decide(open, Decision::Allow, "grace");
    process.store.decide(allow).await.unwrap();
    match process.effect().await {
        TurnEffect::Decided(turn, approval, Verdict::Allowed) => {
            assert_eq!((turn, approval), (again.claim.turn, open));
        }
        other => panic!("the new turn should be told, not {other:?}"),
    }
    // The verdict was taken, so the same question is a new approval.
    assert_ne!(asked(&process, question(&again.claim)).await, open);
}

pub(super) async fn decided_while_nobody_ran_is_taken_by_the_next(bed: Bed) {
    let mut process = bed.start().await;
    let started = turn(&mut process, "1").await;
    let other = question(&started.claim).but(|ask| "other".clone_into(&mut ask.question.tool));
    let (open, other) = (
        asked(&process, question(&started.claim)).await,
        asked(&process, other).await,
    );
    drop((process, started));
    let mut process = bed.start_idle().await;
    let allow = decide(open, Decision::Allow, "ada");
    process.store.decide(allow).await.unwrap();
    drop(process);
    process = bed.start().await;
    let again = process.started().await;
    let ask = || process.store.ask(question(&again.claim));
    assert_eq!(ask().await.unwrap(), Asked::Decided(Verdict::Allowed));
    // The verdict counts only once. The same question needs a new decision.
    assert!(matches!(ask().await.unwrap(), Asked::Open(_)));
    assert_eq!(kept(&process, other).await.state, ApprovalState::Open);
}

pub(super) async fn ends_with_its_message(bed: Bed) {
    let mut process = bed.start().await;
    let started = turn(&mut process, "1").await;
    let message = started.claim.messages[0].id;
    let asked = asked(&process, question(&started.claim)).await;
    drop((process, started));
    // The turn was interrupted. Its message waits for another try, and is then withdrawn.
    let process = bed.start_idle().await;
    assert_eq!(kept(&process, asked).await.state, ApprovalState::Open);
    process.store.stop(message, &"ada".into()).await.unwrap();
    assert_eq!(kept(&process, asked).await.state, ApprovalState::Expired);
}

pub(super) async fn an_outdated_claim_may_not_ask(bed: Bed) {
    let mut process = bed.start().await;
    let first = turn(&mut process, "1").await;
    let end = ended(&first.claim, TurnEnd::Interrupted);
    process.store.finish(end, None).await.unwrap();
    let asked = process.store.ask(question(&first.claim)).await;
    assert!(is_lost(&asked.map(|_| ())));
}

//! A new program takes over the store after a crash. No message waits for ever, and none runs twice.

use std::time::Duration;

use baton_core::approval::ApprovalState;
use baton_core::message::MessageState;
use baton_core::notice;
use baton_core::store::{ControlError, TurnEffect};
use baton_core::turn::{TurnEnd, TurnState};

use super::bed::{
    ATTEMPTS, Bed, But, ECHO, LEASE, NEARLY_LEASE, claim, claim_next, done, ids, is_lost, job, message, now, retry,
    say, state, web,
};
use super::approvals::{asked, question};

pub(super) async fn what_ran_here_waits_again(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    let turn = process.started().await.claim.turn;
    drop(process);
    // This program runs no turns, so the message stays waiting.
    let process = bed.start_idle().await;
    let waits = now(&*process.store, &kept).await;
    assert_eq!((waits.state, waits.attempts), (MessageState::Waiting, 1));
    let view = process.store.turn_of(kept.id).await.unwrap().unwrap();
    assert_eq!((view.id, view.state), (turn, TurnState::Interrupted));
    drop(process);
    let mut process = bed.start().await;
    let again = process.started().await;
    assert_eq!(again.claim.attempt, 2);
    assert_eq!(again.claim.messages[0].id, kept.id);
    process.answer(again, "answer").await;
    assert_eq!(state(&*process.store, &kept).await, MessageState::Answered);
}

pub(super) async fn order_survives_a_crash(bed: Bed) {
    let mut process = bed.start().await;
    for n in 0..6 {
        say(&*process.store, message("a", &n.to_string())).await;
    }
    for n in 0..6 {
        // The program crashes once in every turn, and then answers.
        let started = process.started().await;
        assert_eq!(ids(&started.claim), [n.to_string()]);
        drop((started, process));
        process = bed.start().await;
        let again = process.started().await;
        assert_eq!(ids(&again.claim), [n.to_string()]);
        process.answer(again, &format!("answer {n}")).await;
        assert_eq!(process.carry().await, format!("answer {n}"));
    }
    process.nothing_starts().await;
}

pub(super) async fn a_poison_message_is_dead_and_its_people_are_told(bed: Bed) {
    let mut process = bed.start().await;
    let poison = say(&*process.store, message("a", "poison")).await;
    say(&*process.store, message("a", "next")).await;
    for attempt in 1..=ATTEMPTS {
        let started = process.started().await;
        assert_eq!(ids(&started.claim), ["poison"]);
        assert_eq!(started.claim.attempt, attempt);
        drop((started, process));
        process = bed.start().await;
    }
    let dead = now(&*process.store, &poison).await;
    assert_eq!(dead.state, MessageState::Dead);
    assert_eq!(dead.reason.as_deref(), Some(notice::HOLDER_GONE));
    let told = process.outgoing().await.delivery;
    let expected = notice::gave_up(poison.id, ATTEMPTS, notice::HOLDER_GONE);
    assert_eq!(told.operation, expected.operation);
    assert_eq!(told.message, Some(poison.id));
    // The conversation continues, and the message can be replayed.
    let next = process.started().await;
    assert_eq!(ids(&next.claim), ["next"]);
    process.answer(next, "answer").await;
    let by = "person-1".into();
    process.store.replay(poison.id.into(), &by).await.unwrap();
    let again = process.started().await;
    assert_eq!((ids(&again.claim)[0], again.claim.attempt), ("poison", 1));
}

pub(super) async fn tries_that_found_the_agent_unavailable_use_up_no_others(bed: Bed) {
    let mut process = bed.start().await;
    say(&*process.store, message("a", "1")).await;
    for tried in 0..=ATTEMPTS {
        let started = process.started().await;
        assert_eq!(started.claim.unavailable, tried);
        let end = TurnEnd::Retry {
            reason: "the model is away".to_owned(),
            pause: LEASE,
            unavailable: true,
        };
        process.end(started, end).await;
        bed.advance(LEASE);
        process.store.expire().await.unwrap();
    }
    // The program crashes in the next try, which is the first interrupted one.
    drop((process.started().await, process));
    let mut process = bed.start().await;
    let again = process.started().await;
    assert_eq!(ids(&again.claim), ["1"]);
    process.answer(again, "answer").await;
}

pub(super) async fn a_claim_from_before_is_outdated(bed: Bed) {
    let mut process = bed.start().await;
    say(&*process.store, message("a", "1")).await;
    let before = process.started().await.claim;
    drop(process);
    let mut process = bed.start().await;
    let late = process.store.finish(done(&before, "late"), None).await;
    assert!(is_lost(&late), "{late:?}");
    let late = process
        .store
        .begin_effects(before.turn, before.fence)
        .await;
    assert!(is_lost(&late), "{late:?}");
    let again = process.started().await;
    assert!(again.claim.fence > before.fence);
    process.answer(again, "answer").await;
    assert_eq!(process.carry().await, "answer");
    process.nothing_goes_out().await;
}

pub(super) async fn a_workers_lease_survives_in_full(bed: Bed) {
    const HOUR: i64 = 3_600_000;
    let process = bed.start_idle().await;
    let kept = say(&*process.store, job("a", "1")).await;
    let held = claim(&*process.store, &kept, "worker").await;
    bed.advance(LEASE / 2);
    drop(process);
    for jump in [HOUR, -2 * HOUR, HOUR] {
        // Neither the calendar nor a long pause of the program ends the lease early.
        bed.jump(jump);
        let process = bed.start_idle().await;
        process.store.expire().await.unwrap();
        bed.jump(jump);
        bed.advance(NEARLY_LEASE);
        process.store.expire().await.unwrap();
        assert_eq!(state(&*process.store, &kept).await, MessageState::Running);
        let none = process.store.claim_next(claim_next("thief")).await.unwrap();
        assert!(none.is_none());
        drop(process);
    }
    let process = bed.start_idle().await;
    bed.advance(LEASE);
    process.store.expire().await.unwrap();
    assert_eq!(state(&*process.store, &kept).await, MessageState::Waiting);
    let late = process.store.finish(done(&held, "late"), None).await;
    assert!(is_lost(&late));
    let next = claim(&*process.store, &kept, "alive").await;
    // The worker can finish its turn across a restart.
    drop(process);
    let process = bed.start_idle().await;
    let finished = process.store.finish(done(&next, "answer"), None).await;
    finished.unwrap();
    assert_eq!(state(&*process.store, &kept).await, MessageState::Answered);
}

pub(super) async fn a_pause_is_not_for_ever(bed: Bed) {
    let mut process = bed.start().await;
    bed.advance(Duration::from_hours(1000));
    let kept = say(&*process.store, message("a", "1")).await;
    say(&*process.store, message("a", "2")).await;
    let started = process.started().await;
    let pause = Duration::from_secs(30);
    process.end(started, retry(pause)).await;
    drop(process);
    // The steady clock begins again, so times of the last run have no meaning.
    let mut process = bed.start().await;
    bed.advance(pause);
    process.store.expire().await.unwrap();
    let again = process.started().await;
    assert_eq!(again.claim.messages[0].id, kept.id);
    assert_eq!(again.claim.attempt, 2);
}

pub(super) async fn what_waits_is_handed_out(bed: Bed) {
    let process = bed.start_idle().await;
    for n in 0..5 {
        let id = n.to_string();
        say(&*process.store, message(&id, &id)).await;
        say(&*process.store, message(&id, &format!("{id} later"))).await;
    }
    drop(process);
    let mut process = bed.start_with(3, &[(ECHO, 3)], 8).await;
    let all = process.all_started().await;
    let order: Vec<_> = all.iter().map(|started| ids(&started.claim)[0]).collect();
    assert_eq!(order, ["0", "1", "2"]);
}

pub(super) async fn what_waits_for_nobody_is_dead_and_its_people_are_told(bed: Bed) {
    let process = bed.start_idle().await;
    let gone = message("a", "1").but(|message| message.route.persona = "gone".into());
    let kept = say(&*process.store, gone).await;
    let other = say(&*process.store, message("b", "2")).await;
    drop(process);
    let mut process = bed.start().await;
    assert_eq!(state(&*process.store, &kept).await, MessageState::Dead);
    let told = process.outgoing().await;
    assert_eq!(told.delivery.message, Some(kept.id));
    assert_eq!(told.delivery.operation.kind(), "notice");
    assert_eq!(process.started().await.claim.messages[0].id, other.id);
    // A replay is refused, because no agent could answer.
    let refused = process.store.replay(kept.id.into(), &"ada".into()).await;
    assert!(matches!(refused, Err(ControlError::NobodyAnswers { .. })), "{refused:?}");
    assert_eq!(state(&*process.store, &kept).await, MessageState::Dead);
}

pub(super) async fn what_a_channel_that_is_gone_would_bring_is_dead(bed: Bed) {
    let mut process = bed.start().await;
    let answered = say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    process.answer(started, "answer").await;
    say(&*process.store, message("b", "2")).await;
    let asking = process.started().await.claim;
    let approval = asked(&process, question(&asking)).await;
    let held = say(&*process.store, job("c", "3")).await;
    let held = claim(&*process.store, &held, "worker").await;
    drop(process);

    let mut process = bed.start_without_channel().await;
    let effect = process.effect().await;
    assert!(matches!(effect, TurnEffect::Decided(..)), "{effect:?}");
    process.nothing_starts().await;
    process.nothing_goes_out().await;
    let finished = process.store.finish(done(&held, "by hand"), None).await;
    finished.unwrap();
    let letters = process.store.dead(10).await.unwrap();
    let reason = notice::nobody_carries(&web());
    // The answers, the interrupted message, its question, and the verdict.
    assert_eq!(letters.len(), 5, "{letters:?}");
    assert!(letters.iter().all(|letter| letter.reason.as_ref() == Some(&reason)));
    let asked = process.store.approval(approval).await.unwrap().unwrap();
    assert_eq!(asked.state, ApprovalState::Expired);
    for letter in &letters {
        let refused = process.store.replay(letter.id, &"ada".into()).await;
        assert!(matches!(refused, Err(ControlError::NobodyCarries { .. })), "{refused:?}");
    }
    drop(process);

    // After the channel is configured again, the dead letters can be replayed.
    let mut process = bed.start().await;
    let reply = letters.iter().find(|letter| letter.text == "answer").unwrap();
    process.store.replay(reply.id, &"ada".into()).await.unwrap();
    let outgoing = process.outgoing().await.delivery;
    assert_eq!(outgoing.message, Some(answered.id));
    // This delivery was in the state `sending` at the crash.
    assert!(outgoing.maybe_repeated);
}

pub(super) async fn what_waits_goes_to_the_agent_that_is_configured_now(bed: Bed) {
    let process = bed.start_idle().await;
    let before = message("a", "1").but(|message| message.route.agent = "old".into());
    let kept = say(&*process.store, before).await;
    drop(process);
    let mut process = bed.start().await;
    let started = process.started().await;
    assert_eq!(started.claim.messages[0].id, kept.id);
    assert_eq!(started.claim.agent, ECHO.into());
}

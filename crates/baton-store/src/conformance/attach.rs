//! A new program takes over the store after a crash. No message waits for ever, and none runs twice.

use std::time::Duration;

use baton_core::approval::ApprovalState;
use baton_core::message::MessageState;
use baton_core::notice;
use baton_core::store::{ControlError, TurnEffect};
use baton_core::turn::{TurnEnd, TurnState};

use super::approvals::{ask_people, ask_permission};
use super::case_context::{
    ATTEMPTS, CaseContext, ECHO, LEASE, NEARLY_LEASE, WithChange, claim_message,
    claim_next_request, external_ids, finish_with_reply, ingest_message, is_lost, new_message,
    read_message, read_state, retry_end, web_channel, worker_message,
};

pub(super) async fn the_data_keep_their_id(context: CaseContext) {
    let process = context.start_process().await;
    let id = process.store.data_id();
    assert!(!id.as_str().is_empty());
    drop(process);
    let process = context.start_process().await;
    assert_eq!(process.store.data_id(), id);
}

pub(super) async fn what_ran_here_waits_again(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    let turn = process.next_started().await.claim.turn;
    drop(process);
    // This program runs no turns, so the message stays waiting.
    let process = context.start_idle().await;
    let waits = read_message(&*process.store, &kept).await;
    assert_eq!((waits.state, waits.attempts), (MessageState::Waiting, 1));
    let view = process.store.turn_of(kept.id).await.unwrap().unwrap();
    assert_eq!((view.id, view.state), (turn, TurnState::Interrupted));
    drop(process);
    let mut process = context.start_process().await;
    let again = process.next_started().await;
    assert_eq!(again.claim.attempt, 2);
    assert_eq!(again.claim.messages[0].id, kept.id);
    process.answer_turn(again, "answer").await;
    assert_eq!(
        read_state(&*process.store, &kept).await,
        MessageState::Answered
    );
}

pub(super) async fn order_survives_a_crash(context: CaseContext) {
    let mut process = context.start_process().await;
    for n in 0..6 {
        ingest_message(&*process.store, new_message("a", &n.to_string())).await;
    }
    for n in 0..6 {
        // The program crashes once in every turn, and then answers.
        let started = process.next_started().await;
        assert_eq!(external_ids(&started.claim), [n.to_string()]);
        drop((started, process));
        process = context.start_process().await;
        let again = process.next_started().await;
        assert_eq!(external_ids(&again.claim), [n.to_string()]);
        process.answer_turn(again, &format!("answer {n}")).await;
        assert_eq!(process.mark_next_sent().await, format!("answer {n}"));
    }
    process.assert_nothing_starts().await;
}

pub(super) async fn a_poison_message_is_dead_and_its_people_are_told(context: CaseContext) {
    let mut process = context.start_process().await;
    let poison = ingest_message(&*process.store, new_message("a", "poison")).await;
    ingest_message(&*process.store, new_message("a", "next")).await;
    for attempt in 1..=ATTEMPTS {
        let started = process.next_started().await;
        assert_eq!(external_ids(&started.claim), ["poison"]);
        assert_eq!(started.claim.attempt, attempt);
        drop((started, process));
        process = context.start_process().await;
    }
    let dead = read_message(&*process.store, &poison).await;
    assert_eq!(dead.state, MessageState::Dead);
    assert_eq!(dead.reason.as_deref(), Some(notice::HOLDER_GONE));
    let told = process.next_outgoing().await.delivery;
    let expected = notice::gave_up(poison.id, ATTEMPTS, notice::HOLDER_GONE);
    assert_eq!(told.operation, expected.operation);
    assert_eq!(told.message, Some(poison.id));
    // The conversation continues, and the message can be replayed.
    let next = process.next_started().await;
    assert_eq!(external_ids(&next.claim), ["next"]);
    process.answer_turn(next, "answer").await;
    let by = "person-1".into();
    process.store.replay(poison.id.into(), &by).await.unwrap();
    let again = process.next_started().await;
    assert_eq!(
        (external_ids(&again.claim)[0], again.claim.attempt),
        ("poison", 1)
    );
}

pub(super) async fn tries_that_found_the_agent_unavailable_use_up_no_others(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, new_message("a", "1")).await;
    for tried in 0..=ATTEMPTS {
        let started = process.next_started().await;
        assert_eq!(started.claim.unavailable, tried);
        let end = TurnEnd::Retry {
            reason: "the model is away".to_owned(),
            pause: LEASE,
            unavailable: true,
        };
        process.end_turn(started, end).await;
        context.advance_clocks(LEASE);
        process.store.expire().await.unwrap();
    }
    // The program crashes in the next try, which is the first interrupted one.
    drop((process.next_started().await, process));
    let mut process = context.start_process().await;
    let again = process.next_started().await;
    assert_eq!(external_ids(&again.claim), ["1"]);
    process.answer_turn(again, "answer").await;
}

pub(super) async fn a_claim_from_before_is_outdated(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, new_message("a", "1")).await;
    let before = process.next_started().await.claim;
    drop(process);
    let mut process = context.start_process().await;
    let late = process
        .store
        .finish(finish_with_reply(&before, "late"), None)
        .await;
    assert!(is_lost(&late), "{late:?}");
    let late = process.store.begin_effects(before.turn, before.fence).await;
    assert!(is_lost(&late), "{late:?}");
    let again = process.next_started().await;
    assert!(again.claim.fence > before.fence);
    process.answer_turn(again, "answer").await;
    assert_eq!(process.mark_next_sent().await, "answer");
    process.assert_nothing_goes_out().await;
}

pub(super) async fn a_workers_lease_survives_in_full(context: CaseContext) {
    const HOUR: i64 = 3_600_000;
    let process = context.start_idle().await;
    let kept = ingest_message(&*process.store, worker_message("a", "1")).await;
    let held = claim_message(&*process.store, &kept, "worker").await;
    context.advance_clocks(LEASE / 2);
    drop(process);
    for jump in [HOUR, -2 * HOUR, HOUR] {
        // Neither the calendar nor a long pause of the program ends the lease early.
        context.move_wall_clock(jump);
        let process = context.start_idle().await;
        process.store.expire().await.unwrap();
        context.move_wall_clock(jump);
        context.advance_clocks(NEARLY_LEASE);
        process.store.expire().await.unwrap();
        assert_eq!(
            read_state(&*process.store, &kept).await,
            MessageState::Running
        );
        let none = process
            .store
            .claim_next(claim_next_request("thief"))
            .await
            .unwrap();
        assert!(none.is_none());
        drop(process);
    }
    let process = context.start_idle().await;
    context.advance_clocks(LEASE);
    process.store.expire().await.unwrap();
    assert_eq!(
        read_state(&*process.store, &kept).await,
        MessageState::Waiting
    );
    let late = process
        .store
        .finish(finish_with_reply(&held, "late"), None)
        .await;
    assert!(is_lost(&late));
    let next = claim_message(&*process.store, &kept, "alive").await;
    // The worker can finish its turn across a restart.
    drop(process);
    let process = context.start_idle().await;
    let finished = process
        .store
        .finish(finish_with_reply(&next, "answer"), None)
        .await;
    finished.unwrap();
    assert_eq!(
        read_state(&*process.store, &kept).await,
        MessageState::Answered
    );
}

pub(super) async fn a_pause_is_not_for_ever(context: CaseContext) {
    let mut process = context.start_process().await;
    context.advance_clocks(Duration::from_hours(1000));
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    ingest_message(&*process.store, new_message("a", "2")).await;
    let started = process.next_started().await;
    let pause = Duration::from_secs(30);
    process.end_turn(started, retry_end(pause)).await;
    drop(process);
    // The steady clock begins again, so times of the last run have no meaning.
    let mut process = context.start_process().await;
    context.advance_clocks(pause);
    process.store.expire().await.unwrap();
    let again = process.next_started().await;
    assert_eq!(again.claim.messages[0].id, kept.id);
    assert_eq!(again.claim.attempt, 2);
}

pub(super) async fn what_waits_is_handed_out(context: CaseContext) {
    let process = context.start_idle().await;
    for n in 0..5 {
        let id = n.to_string();
        ingest_message(&*process.store, new_message(&id, &id)).await;
        ingest_message(&*process.store, new_message(&id, &format!("{id} later"))).await;
    }
    drop(process);
    let mut process = context.start_with(3, &[(ECHO, 3)], 8).await;
    let all = process.all_started().await;
    let order: Vec<_> = all
        .iter()
        .map(|started| external_ids(&started.claim)[0])
        .collect();
    assert_eq!(order, ["0", "1", "2"]);
}

pub(super) async fn what_waits_for_nobody_is_dead_and_its_people_are_told(context: CaseContext) {
    let process = context.start_idle().await;
    let gone = new_message("a", "1").with_change(|message| message.route.persona = "gone".into());
    let kept = ingest_message(&*process.store, gone).await;
    let other = ingest_message(&*process.store, new_message("b", "2")).await;
    drop(process);
    let mut process = context.start_process().await;
    assert_eq!(read_state(&*process.store, &kept).await, MessageState::Dead);
    let told = process.next_outgoing().await;
    assert_eq!(told.delivery.message, Some(kept.id));
    assert_eq!(told.delivery.operation.kind(), "notice");
    assert_eq!(process.next_started().await.claim.messages[0].id, other.id);
    // A replay is refused, because no agent could answer.
    let refused = process.store.replay(kept.id.into(), &"ada".into()).await;
    assert!(
        matches!(refused, Err(ControlError::NobodyAnswers { .. })),
        "{refused:?}"
    );
    assert_eq!(read_state(&*process.store, &kept).await, MessageState::Dead);
}

pub(super) async fn what_a_channel_that_is_gone_would_bring_is_dead(context: CaseContext) {
    let mut process = context.start_process().await;
    let answered = ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    process.answer_turn(started, "answer").await;
    ingest_message(&*process.store, new_message("b", "2")).await;
    let asking = process.next_started().await.claim;
    let approval = ask_people(&process, ask_permission(&asking)).await;
    let held = ingest_message(&*process.store, worker_message("c", "3")).await;
    let held = claim_message(&*process.store, &held, "worker").await;
    drop(process);

    let mut process = context.start_without_channel().await;
    let effect = process.next_effect().await;
    assert!(matches!(effect, TurnEffect::Decided(..)), "{effect:?}");
    process.assert_nothing_starts().await;
    process.assert_nothing_goes_out().await;
    let finished = process
        .store
        .finish(finish_with_reply(&held, "by hand"), None)
        .await;
    finished.unwrap();
    let letters = process.store.dead(10).await.unwrap();
    let reason = notice::nobody_carries(&web_channel());
    // The answers, the interrupted message, its question, and the verdict.
    assert_eq!(letters.len(), 5, "{letters:?}");
    assert!(
        letters
            .iter()
            .all(|letter| letter.reason.as_ref() == Some(&reason))
    );
    let asked = process.store.approval(approval).await.unwrap().unwrap();
    assert_eq!(asked.state, ApprovalState::Expired);
    for letter in &letters {
        let refused = process.store.replay(letter.id, &"ada".into()).await;
        assert!(
            matches!(refused, Err(ControlError::NobodyCarries { .. })),
            "{refused:?}"
        );
    }
    drop(process);

    // After the channel is configured again, the dead letters can be replayed.
    let mut process = context.start_process().await;
    let reply = letters
        .iter()
        .find(|letter| letter.text == "answer")
        .unwrap();
    process.store.replay(reply.id, &"ada".into()).await.unwrap();
    let outgoing = process.next_outgoing().await.delivery;
    assert_eq!(outgoing.message, Some(answered.id));
    // This delivery was in the state `sending` at the crash.
    assert!(outgoing.maybe_repeated);
}

pub(super) async fn what_waits_goes_to_the_agent_that_is_configured_now(context: CaseContext) {
    let process = context.start_idle().await;
    let before = new_message("a", "1").with_change(|message| message.route.agent = "old".into());
    let kept = ingest_message(&*process.store, before).await;
    drop(process);
    let mut process = context.start_process().await;
    let started = process.next_started().await;
    assert_eq!(started.claim.messages[0].id, kept.id);
    assert_eq!(started.claim.agent, ECHO.into());
}

//! The session of a conversation: the next turn gets it, and a reset ends it.

use baton_core::approval::{Decision, Verdict};
use baton_core::name::SessionId;
use baton_core::store::{Asked, LeaseError, Started, TurnEffect};
use baton_core::turn::{SessionChange, Usage};

use super::approvals;
use super::case_context::{
    CaseContext, TestProcess, WORKER_AGENT, WithChange, claim_message, dead_end, finish_with,
    finish_with_reply, ingest_message, is_lost, new_message, web_place,
};

/// Stores a message, and starts its turn.
async fn start_turn(process: &mut TestProcess, address: &str, id: &str) -> Started {
    ingest_message(&*process.store, new_message(address, id)).await;
    process.next_started().await
}

async fn finish_turn(process: &TestProcess, started: Started, session: SessionChange) {
    let finish =
        finish_with_reply(&started.claim, "answer").with_change(|finish| finish.session = session);
    let slot = Some(started.slot);
    process.store.finish(finish, slot).await.unwrap();
}

async fn keep_session(
    process: &TestProcess,
    started: &Started,
    session: &str,
) -> Result<(), LeaseError> {
    let claim = &started.claim;
    let store = &process.store;
    store
        .keep_session(claim.turn, claim.fence, &session.into())
        .await
}

fn set_session(name: &str) -> SessionChange {
    SessionChange::Set(SessionId::from(name))
}

pub(super) async fn is_given_to_the_next_turn(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = start_turn(&mut process, "a", "1").await;
    assert_eq!(first.claim.session, None);
    finish_turn(&process, first, set_session("s-1")).await;
    drop(process);
    let mut process = context.start_process().await;
    let second = start_turn(&mut process, "a", "2").await;
    assert_eq!(second.claim.session, Some("s-1".into()));
}

pub(super) async fn is_kept_or_forgotten_as_the_turn_says(context: CaseContext) {
    let mut process = context.start_process().await;
    let changes = [
        (set_session("s-1"), Some("s-1")),
        (SessionChange::Keep, Some("s-1")),
        (set_session("s-2"), Some("s-2")),
        (SessionChange::Forget, None),
        (SessionChange::Keep, None),
    ];
    let mut expected = None;
    for (n, (change, after)) in changes.into_iter().enumerate() {
        let started = start_turn(&mut process, "a", &n.to_string()).await;
        assert_eq!(started.claim.session, expected.map(SessionId::from));
        finish_turn(&process, started, change).await;
        expected = after;
    }
}

pub(super) async fn a_reset_during_a_turn_is_not_undone(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = start_turn(&mut process, "a", "1").await;
    finish_turn(&process, first, set_session("old")).await;
    let during = start_turn(&mut process, "a", "2").await;
    let generation = during.claim.generation;
    let conversation = during.claim.conversation;
    process.store.reset(conversation).await.unwrap();
    finish_turn(&process, during, set_session("old-again")).await;
    let after = start_turn(&mut process, "a", "3").await;
    assert_eq!(after.claim.session, None);
    assert!(after.claim.generation > generation);
    // The new session is stored as usual.
    finish_turn(&process, after, set_session("new")).await;
    let last = start_turn(&mut process, "a", "4").await;
    assert_eq!(last.claim.session, Some("new".into()));
}

pub(super) async fn a_reset_of_one_session_spares_the_later_ones(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = start_turn(&mut process, "a", "1").await;
    let (conversation, generation) = (first.claim.conversation, first.claim.generation);
    finish_turn(&process, first, set_session("first")).await;
    let reset = || process.store.reset_session(conversation, generation);
    // Of two presses at once, one forgets the session.
    let (one, other) = tokio::join!(reset(), reset());
    assert_ne!(one.unwrap(), other.unwrap());
    let second = start_turn(&mut process, "a", "2").await;
    assert_eq!(second.claim.session, None);
    finish_turn(&process, second, set_session("second")).await;
    let again = process.store.reset_session(conversation, generation).await;
    assert!(!again.unwrap());
    let third = start_turn(&mut process, "a", "3").await;
    assert_eq!(third.claim.session, Some("second".into()));
}

pub(super) async fn belongs_to_one_conversation(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = start_turn(&mut process, "a", "1").await;
    finish_turn(&process, first, set_session("s-1")).await;
    // The same author, persona and agent in another place.
    let elsewhere = start_turn(&mut process, "b", "2").await;
    assert_eq!(elsewhere.claim.session, None);
    finish_turn(&process, elsewhere, set_session("s-2")).await;
    let again = start_turn(&mut process, "b", "3").await;
    let conversation = again.claim.conversation;
    process.store.reset(conversation).await.unwrap();
    let here = start_turn(&mut process, "a", "4").await;
    assert_eq!(here.claim.session, Some("s-1".into()));
}

pub(super) async fn is_never_shared(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = start_turn(&mut process, "a", "1").await;
    finish_turn(&process, first, set_session("s-1")).await;
    // The store refuses a session that another conversation has, because two conversations never write one
    // transcript.
    let elsewhere = start_turn(&mut process, "b", "2").await;
    let message = elsewhere.claim.messages[0].id;
    finish_turn(&process, elsewhere, set_session("s-1")).await;
    let told = process.store.trace(message.into()).await.unwrap();
    assert!(
        told.iter()
            .any(|line| line.what.contains("another conversation's")),
        "{told:?}"
    );
    let again = start_turn(&mut process, "b", "3").await;
    assert_eq!(again.claim.session, None);
    let here = start_turn(&mut process, "a", "4").await;
    assert_eq!(here.claim.session, Some("s-1".into()));
}

pub(super) async fn is_kept_while_its_turn_runs(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = start_turn(&mut process, "a", "1").await;
    keep_session(&process, &first, "s-1").await.unwrap();
    keep_session(&process, &first, "s-2").await.unwrap();
    drop(process);
    let mut process = context.start_process().await;
    let again = process.next_started().await;
    assert_eq!(again.claim.session, Some("s-2".into()));
    // The end of the turn may name no session or another one.
    keep_session(&process, &again, "s-3").await.unwrap();
    let end = finish_with(&again.claim, dead_end());
    process.store.finish(end, Some(again.slot)).await.unwrap();
    let next = start_turn(&mut process, "a", "2").await;
    assert_eq!(next.claim.session, Some("s-3".into()));
    keep_session(&process, &next, "s-4").await.unwrap();
    finish_turn(&process, next, SessionChange::Forget).await;
    let last = start_turn(&mut process, "a", "3").await;
    assert_eq!(last.claim.session, None);
    // The session does not undo a reset.
    let reset = process.store.reset(last.claim.conversation);
    reset.await.unwrap();
    keep_session(&process, &last, "s-5").await.unwrap();
    finish_turn(&process, last, SessionChange::Keep).await;
    assert_eq!(start_turn(&mut process, "a", "4").await.claim.session, None);
}

pub(super) async fn is_kept_by_nobody_but_the_holder(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = start_turn(&mut process, "a", "1").await;
    keep_session(&process, &first, "s-1").await.unwrap();
    let elsewhere = start_turn(&mut process, "b", "2").await;
    keep_session(&process, &elsewhere, "s-1").await.unwrap();
    finish_turn(&process, elsewhere, SessionChange::Keep).await;
    let again = start_turn(&mut process, "b", "3").await;
    assert_eq!(again.claim.session, None);
    drop(process);
    let mut process = context.start_process().await;
    assert!(is_lost(&keep_session(&process, &first, "s-9").await));
    let here = process.next_started().await;
    assert_eq!(here.claim.session, Some("s-1".into()));
}

pub(super) async fn is_forgotten_with_its_agent(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = start_turn(&mut process, "a", "1").await;
    let conversation = first.claim.conversation;
    finish_turn(&process, first, set_session("s-1")).await;
    let model = Some("large".to_owned());
    process.store.set_model(conversation, model).await.unwrap();
    let other =
        new_message("a", "2").with_change(|message| message.route.agent = WORKER_AGENT.into());
    let other = ingest_message(&*process.store, other).await;
    let claim = claim_message(&*process.store, &other, "worker").await;
    assert_eq!((claim.session, claim.model), (None, None));
}

pub(super) async fn a_model_is_given_to_the_next_turn(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = start_turn(&mut process, "a", "1").await;
    assert_eq!(first.claim.model, None);
    let conversation = first.claim.conversation;
    let large = Some("large".to_owned());
    let chosen = process.store.set_model(conversation, large.clone());
    chosen.await.unwrap();
    finish_turn(&process, first, set_session("s-1")).await;
    // The model applies from the next turn on, and the session stays.
    let second = start_turn(&mut process, "a", "2").await;
    assert_eq!(second.claim.model, large);
    assert_eq!(second.claim.session, Some("s-1".into()));
    finish_turn(&process, second, SessionChange::Keep).await;
    process.store.set_model(conversation, None).await.unwrap();
    let third = start_turn(&mut process, "a", "3").await;
    assert_eq!(third.claim.model, None);
}

pub(super) async fn a_conversation_can_be_seen(context: CaseContext) {
    let mut process = context.start_process().await;
    let store = std::sync::Arc::clone(&process.store);
    let (here, bob) = (web_place("a"), "bob".into());
    let see = || store.conversation(&here, &bob);
    assert!(see().await.unwrap().is_none());
    let first = start_turn(&mut process, "a", "1").await;
    let claim = first.claim.clone();
    ingest_message(&*store, new_message("a", "2")).await;
    let busy = see().await.unwrap().unwrap();
    let running = busy.running.unwrap();
    assert_eq!(
        (running.id, running.messages),
        (claim.turn, vec![claim.messages[0].id])
    );
    assert_eq!((busy.waiting, busy.session), (1, None));
    let used = |tokens| Usage {
        input_tokens: Some(tokens),
        cost_micros: Some(7),
        ..Usage::default()
    };
    let end = finish_with_reply(&first.claim, "answer").with_change(|finish| {
        finish.session = set_session("s-1");
        finish.usage = used(10);
    });
    store.finish(end, Some(first.slot)).await.unwrap();
    let second = process.next_started().await;
    let failed = second.claim.messages[0].id;
    let end = finish_with(&second.claim, dead_end()).with_change(|finish| finish.usage = used(5));
    store.finish(end, Some(second.slot)).await.unwrap();
    let seen = see().await.unwrap().unwrap();
    assert_eq!(seen.session, Some("s-1".into()));
    assert_eq!(seen.usage.input_tokens, Some(15));
    assert_eq!(seen.usage.output_tokens, None);
    assert_eq!((seen.waiting, seen.retry), (0, Some(failed)));
    // Wrong token counts of an agent do no harm.
    for id in ["3", "4"] {
        let turn = start_turn(&mut process, "a", id).await;
        let end = finish_with_reply(&turn.claim, "answer")
            .with_change(|finish| finish.usage = used(u64::MAX));
        store.finish(end, Some(turn.slot)).await.unwrap();
    }
    store.reset(seen.id).await.unwrap();
    let reset = see().await.unwrap().unwrap();
    assert_eq!((reset.session, reset.usage), (None, Usage::default()));
}

pub(super) async fn another_begins_with_nothing_allowed_and_nothing_used(context: CaseContext) {
    let mut process = context.start_process().await;
    let store = std::sync::Arc::clone(&process.store);
    let used = |tokens| Usage {
        input_tokens: Some(tokens),
        ..Usage::default()
    };
    let (here, bob) = (web_place("a"), "bob".into());
    let tokens = async || {
        let seen = store.conversation(&here, &bob).await.unwrap().unwrap();
        seen.usage.input_tokens
    };
    let is_allowed = async |started: &Started| {
        let asked = store.ask(approvals::ask_permission(&started.claim)).await;
        asked.unwrap() == Asked::Decided(Verdict::Allowed)
    };
    ingest_message(&*store, new_message("a", "1")).await;
    let started = process.next_started().await;
    keep_session(&process, &started, "s-1").await.unwrap();
    let id = approvals::ask_people(&process, approvals::ask_permission(&started.claim)).await;
    let always = approvals::decide_as(id, Decision::AllowForSession, "ada");
    store.decide(always).await.unwrap();
    assert!(is_allowed(&started).await);
    let end = finish_with_reply(&started.claim, "answer").with_change(|finish| {
        finish.session = set_session("s-1");
        finish.usage = used(10);
    });
    store.finish(end, Some(started.slot)).await.unwrap();
    assert_eq!(tokens().await, Some(10), "its first session replaces none");

    // The agent has lost its session, and begins another.
    ingest_message(&*store, new_message("a", "2")).await;
    let started = next_turn(&mut process).await;
    assert!(is_allowed(&started).await);
    keep_session(&process, &started, "s-2").await.unwrap();
    assert_eq!(tokens().await, None);
    assert!(!is_allowed(&started).await);
    let end = finish_with_reply(&started.claim, "answer").with_change(|finish| {
        finish.session = set_session("s-2");
        finish.usage = used(3);
    });
    store.finish(end, Some(started.slot)).await.unwrap();
    assert_eq!(tokens().await, Some(3), "what it used itself counts");

    // The agent reports the new session only at the end.
    ingest_message(&*store, new_message("a", "3")).await;
    let started = next_turn(&mut process).await;
    let end = finish_with_reply(&started.claim, "answer").with_change(|finish| {
        finish.session = set_session("s-3");
        finish.usage = used(4);
    });
    store.finish(end, Some(started.slot)).await.unwrap();
    assert_eq!(tokens().await, Some(4));
    let seen = store.conversation(&here, &bob).await.unwrap().unwrap();
    assert_eq!(seen.session, Some("s-3".into()));
}

/// The next started turn, after all verdicts.
async fn next_turn(process: &mut TestProcess) -> Started {
    loop {
        if let TurnEffect::Start(started) = process.next_effect().await {
            return started;
        }
    }
}

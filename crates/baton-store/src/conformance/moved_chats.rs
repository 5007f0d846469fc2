//! A chat gets another id. Nothing of the chat is lost or repeated, also while its work goes on.

use baton_core::approval::{Decision, Verdict};
use baton_core::delivery::{DeliveryState, Operation};
use baton_core::message::{MessageState, NewMessage};
use baton_core::name::ExternalId;
use baton_core::store::{
    ChatMove, ConversationView, DeliveryFailure, Gap, Ingest, Ingested, MoveReport, Outgoing, ReserveTopic, Reserved,
    Store,
};

use super::approvals::{
    ask_people, ask_permission, decide_as, next_verdict, read_approval, send_next_operation, start_turn,
};
use super::case_context::{
    CaseContext, LEASE, TestProcess, WithChange, cursor_move, default_account, finish_with_reply,
    ingest_message, new_message, read_state, timeline_of, web_channel, web_place,
};

fn chat_move(from: &str, to: &str) -> ChatMove {
    ChatMove {
        channel: web_channel(),
        account: default_account(),
        from: from.to_owned(),
        to: to.to_owned(),
    }
}

async fn move_chat(store: &dyn Store, from: &str, to: &str) -> MoveReport {
    store.move_chat(chat_move(from, to)).await.unwrap()
}

/// A message whose id is a number of its chat.
fn numbered_message(chat: &str, number: &str) -> NewMessage {
    new_message(chat, number).with_change(|message| {
        message.external_id = ExternalId::within(chat, number);
        message.text = format!("{chat}: {number}");
    })
}

async fn mark_sent(process: &TestProcess, outgoing: Outgoing) {
    let (attempt, slot) = (outgoing.attempt(), Some(outgoing.slot));
    let sent = process.store.delivery_sent(attempt, None, slot).await;
    sent.unwrap();
}

/// The conversation of the persona `bob` in a place.
async fn view_of(store: &dyn Store, address: &str) -> Option<ConversationView> {
    let (place, persona) = (web_place(address), "bob".into());
    store.conversation(&place, &persona).await.unwrap()
}

/// The texts in a place, in order.
async fn texts_in(store: &dyn Store, address: &str) -> Vec<String> {
    let posts = timeline_of(store, address).await;
    posts.into_iter().map(|post| post.text).collect()
}

pub(super) async fn what_waits_runs_and_is_sent_goes_with_the_chat(context: CaseContext) {
    let mut process = context.start_with(1, &[("echo", 1)], 8).await;
    // Of the first message, the reply is being sent. The second message runs, and the third one waits.
    let first = ingest_message(&*process.store, numbered_message("old", "1")).await;
    let started = process.next_started().await;
    process.answer_turn(started, "one").await;
    let sending = process.next_outgoing().await;
    let second = ingest_message(&*process.store, numbered_message("old", "2")).await;
    let running = process.next_started().await;
    let third = ingest_message(&*process.store, numbered_message("old", "3")).await;
    let before = view_of(&*process.store, "old").await.unwrap();

    assert_eq!(
        move_chat(&*process.store, "old", "new").await,
        MoveReport::Moved
    );

    for message in [&first, &second, &third] {
        let message = process.store.message(message.id).await.unwrap().unwrap();
        assert_eq!(message.place, web_place("new"));
        assert_eq!(message.external_id.space(), "old");
    }
    for address in ["new", "old"] {
        let found = view_of(&*process.store, address).await.unwrap();
        assert_eq!((found.id, found.waiting), (before.id, 1), "{address}");
        assert_eq!(
            found.running.map(|turn| turn.fence),
            Some(running.claim.fence)
        );
    }
    // The attempt and the claim are those from before, and their outcomes count.
    mark_sent(&process, sending).await;
    process.answer_turn(running, "two").await;
    let second_reply = process.next_outgoing().await;
    assert_eq!(second_reply.delivery.place, web_place("new"));
    mark_sent(&process, second_reply).await;
    let next = process.next_started().await;
    assert_eq!(next.claim.place, web_place("new"));
    assert_eq!(next.claim.messages[0].id, third.id);
    process.answer_turn(next, "three").await;
    assert_eq!(process.mark_next_sent().await, "three");
    let texts = texts_in(&*process.store, "new").await;
    assert_eq!(
        texts,
        ["old: 1", "old: 2", "old: 3", "one", "two", "three"].map(str::to_owned)
    );
    assert_eq!(
        texts_in(&*process.store, "old").await,
        Vec::<String>::new()
    );
}

pub(super) async fn what_comes_later_from_the_earlier_chat_goes_to_the_moved_one(
    context: CaseContext,
) {
    let mut process = context.start_process().await;
    let known = ingest_message(&*process.store, numbered_message("old", "1")).await;
    let running = process.next_started().await;
    move_chat(&*process.store, "old", "new").await;
    // The platform repeats a message of the earlier chat, and gives another one late.
    let again = process.store.ingest(numbered_message("old", "1").into());
    assert!(matches!(
        again.await.unwrap().remove(0),
        Ingested::Duplicate(_)
    ));
    let late = ingest_message(&*process.store, numbered_message("old", "2")).await;
    assert_eq!(late.place, web_place("new"));
    assert_eq!(late.conversation, known.conversation);
    // The same number in the new chat is another message.
    let new = ingest_message(&*process.store, numbered_message("new", "2")).await;
    assert_eq!(new.conversation, known.conversation);
    process.answer_turn(running, "one").await;
    for _ in 0..2 {
        let started = process.next_started().await;
        process.answer_turn(started, "more").await;
    }
    drop(process);
    // A chat without any row moves too.
    let store = context.open_store().await;
    move_chat(&*store, "unseen", "seen").await;
    let first = ingest_message(&*store, numbered_message("unseen", "1")).await;
    assert_eq!(first.place, web_place("seen"));
    let topic = ingest_message(&*store, numbered_message("unseen/7", "1")).await;
    assert_eq!(topic.place, web_place("seen/7"));
}

pub(super) async fn a_second_report_changes_nothing(context: CaseContext) {
    let store = context.open_store().await;
    ingest_message(&*store, numbered_message("old", "1")).await;
    assert_eq!(move_chat(&*store, "old", "new").await, MoveReport::Moved);
    ingest_message(&*store, numbered_message("new", "1")).await;
    let before = texts_in(&*store, "new").await;
    for (from, to) in [
        ("old", "new"),
        // The first report counts, and nothing moves back.
        ("old", "elsewhere"),
        ("new", "old"),
        ("new", "new"),
        ("old/7", "new/7"),
    ] {
        assert_eq!(move_chat(&*store, from, to).await, MoveReport::Known);
    }
    drop(store);
    let store = context.open_store().await;
    assert_eq!(move_chat(&*store, "old", "new").await, MoveReport::Known);
    assert_eq!(texts_in(&*store, "new").await, before);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.received, counts.conversations), (2, 1));
    let moves = store.moved_chats(&web_channel(), &default_account()).await;
    assert_eq!(moves.unwrap(), [chat_move("old", "new")]);
    let elsewhere = store.moved_chats(&web_channel(), &"other".into()).await;
    assert_eq!(elsewhere.unwrap(), []);
}

pub(super) async fn what_the_new_chat_had_before_is_set_aside_and_answered(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, numbered_message("old", "1")).await;
    let old_turn = process.next_started().await;
    let stray = ingest_message(&*process.store, numbered_message("new", "1")).await;
    let new_turn = process.next_started().await;
    let waiting = ingest_message(&*process.store, numbered_message("new", "2")).await;

    move_chat(&*process.store, "old", "new").await;

    // Both turns of the persona run, each in its own conversation.
    process.assert_nothing_starts().await;
    let kept = old_turn.claim.conversation;
    let later = ingest_message(&*process.store, numbered_message("new", "3")).await;
    assert_eq!(later.conversation, kept);
    assert_ne!(stray.conversation, kept);
    process.answer_turn(old_turn, "old one").await;
    process.answer_turn(new_turn, "new one").await;
    for _ in 0..2 {
        let started = process.next_started().await;
        assert_eq!(started.claim.place, web_place("new"));
        process.answer_turn(started, "more").await;
    }
    for _ in 0..4 {
        let outgoing = process.next_outgoing().await;
        assert_eq!(outgoing.delivery.place, web_place("new"));
        mark_sent(&process, outgoing).await;
    }
    for message in [&stray, &waiting, &later] {
        let state = read_state(&*process.store, message).await;
        assert_eq!(state, MessageState::Answered);
    }
    let texts = texts_in(&*process.store, "new").await;
    assert_eq!(texts.len(), 8, "both places are in the timeline: {texts:?}");
    let view = view_of(&*process.store, "new").await.unwrap();
    assert_eq!(view.id, kept);
    // Each place has its counts.
    let outside = process.store.counts_outside(vec![web_place("new")]).await;
    let outside = outside.unwrap();
    assert_eq!((outside.received, outside.conversations), (0, 0));
    drop(process);
    let mut process = context.start_process().await;
    process.assert_nothing_starts().await;
    process.assert_nothing_goes_out().await;
}

pub(super) async fn topics_move_with_their_chat(context: CaseContext) {
    let store = context.open_store().await;
    let topic_of = async |address: &str| {
        let message = ingest_message(&*store, numbered_message(address, "1")).await;
        let conversation = message.conversation;
        let reserve = ReserveTopic {
            conversation,
            lease: LEASE,
            held: None,
        };
        match store.reserve_topic(reserve.clone()).await.unwrap() {
            Reserved::Yours(fence) => (reserve, fence),
            other => panic!("nobody else wants the topic, so not {other:?}"),
        }
    };
    let (made, fence) = topic_of("old/7").await;
    let done = store.topic_created(made.conversation, fence, "old/7").await;
    done.unwrap();
    // The platform creates this topic while the chat moves.
    let (in_making, fence) = topic_of("old/8").await;
    // These chats only have similar ids.
    let (neighbour, other_fence) = topic_of("old0/7").await;
    let done = store.topic_created(neighbour.conversation, other_fence, "old0/7");
    done.await.unwrap();

    move_chat(&*store, "old", "new").await;

    let taken = store.reserve_topic(in_making.clone()).await.unwrap();
    assert_eq!(taken, Reserved::Taken);
    for _ in 0..2 {
        let done = store.topic_created(in_making.conversation, fence, "old/8");
        done.await.unwrap();
    }
    for (reserve, platform_id) in [(made, "new/7"), (in_making, "new/8"), (neighbour, "old0/7")] {
        let ready = Reserved::Ready {
            platform_id: platform_id.to_owned(),
        };
        assert_eq!(store.reserve_topic(reserve).await.unwrap(), ready);
        let view = view_of(&*store, platform_id).await;
        assert!(view.is_some(), "{platform_id} is a place");
    }
}

pub(super) async fn numbers_of_the_earlier_chat_stay_as_they_are(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let chat = started.claim.place.address.clone();
    let asked = ask_people(&process, ask_permission(&started.claim)).await;
    let gap = Gap {
        channel: web_channel(),
        account: default_account(),
        chat: chat.clone(),
        after: "5".to_owned(),
    };
    let read = Ingest {
        cursor: Some(cursor_move(&chat, "9")),
        gaps: vec![gap.clone()],
        ..Ingest::default()
    };
    process.store.ingest(read).await.unwrap();
    move_chat(&*process.store, &chat, "new").await;
    // The question is still open, now in the new chat.
    assert_eq!(
        read_approval(&process, asked).await.place,
        web_place("new")
    );
    let (channel, account) = (web_channel(), default_account());
    let gaps = process.store.gaps(&channel, &account).await;
    assert_eq!(gaps.unwrap(), [gap]);
    let cursor = process.store.cursor(&channel, &account, &chat).await;
    assert_eq!(cursor.unwrap().as_deref(), Some("9"));
    let cursor = process.store.cursor(&channel, &account, "new").await;
    assert_eq!(cursor.unwrap(), None);
}

pub(super) async fn an_open_question_is_asked_again_in_the_new_chat(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let chat = started.claim.place.address.clone();
    let asked = ask_people(&process, ask_permission(&started.claim)).await;
    assert_eq!(send_next_operation(&mut process).await.kind(), "question");
    let before = read_approval(&process, asked).await;
    for _ in 0..2 {
        move_chat(&*process.store, &chat, "new").await;
    }
    let outgoing = process.next_outgoing().await;
    assert_eq!(outgoing.delivery.place, web_place("new"));
    match &outgoing.delivery.operation {
        Operation::Question { approval, .. } => assert_eq!(*approval, asked),
        other => panic!("the question should be asked again, not {other:?}"),
    }
    mark_sent(&process, outgoing).await;
    process.assert_nothing_goes_out().await;
    let after = read_approval(&process, asked).await;
    assert_eq!(after.expires_at, before.expires_at, "the time goes on");
    let decided = process
        .store
        .decide(decide_as(asked, Decision::Allow, "ada"));
    decided.await.unwrap();
    assert_eq!(next_verdict(&mut process).await, (asked, Verdict::Allowed));
    // What is decided is asked no more.
    assert_eq!(send_next_operation(&mut process).await.kind(), "verdict");
    move_chat(&*process.store, "new", "newer").await;
    process.assert_nothing_goes_out().await;
}

pub(super) async fn a_chat_moves_again(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, numbered_message("a", "1")).await;
    let started = process.next_started().await;
    process.store.finish(
        finish_with_reply(&started.claim, "one"),
        Some(started.slot),
    )
    .await
    .unwrap();
    let failed = process.next_outgoing().await;
    move_chat(&*process.store, "a", "b").await;
    ingest_message(&*process.store, numbered_message("c", "1")).await;
    assert_eq!(move_chat(&*process.store, "b", "c").await, MoveReport::Moved);
    // A late report of the first move.
    assert_eq!(move_chat(&*process.store, "a", "b").await, MoveReport::Known);
    let (channel, account) = (web_channel(), default_account());
    let moves = process.store.moved_chats(&channel, &account).await;
    assert_eq!(moves.unwrap(), [chat_move("a", "c"), chat_move("b", "c")]);
    // The failure of the attempt from before both moves counts, and the next attempt goes to the new chat.
    let (attempt, slot) = (failed.attempt(), Some(failed.slot));
    let failure = DeliveryFailure::Retry {
        reason: "the chat has moved".to_owned(),
        pause: LEASE,
    };
    let failed = process.store.delivery_failed(attempt, failure, slot).await;
    failed.unwrap();
    context.advance_clocks(LEASE);
    process.store.expire().await.unwrap();
    let again = process.next_outgoing().await;
    assert_eq!(again.delivery.attempt, 2);
    assert_eq!(again.delivery.place, web_place("c"));
    mark_sent(&process, again).await;
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.deliveries_in(DeliveryState::Sent), 1);
    let late = ingest_message(&*process.store, numbered_message("a", "2")).await;
    assert_eq!(late.place, web_place("c"));
    // A set-aside place moves too.
    move_chat(&*process.store, "c", "d").await;
    let texts = texts_in(&*process.store, "d").await;
    assert_eq!(texts, ["a: 1", "c: 1", "one", "a: 2"].map(str::to_owned));
}

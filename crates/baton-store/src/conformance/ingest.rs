//! Messages are stored once, completely, and in order.

use baton_core::id::Seq;
use baton_core::message::{Attachment, MessageState};
use baton_core::name::ExternalId;
use baton_core::notice;
use baton_core::store::{
    Ingest, Ingested, MessageEdited, MessagesDeleted, Places, RefusedMessage, WaitingQuery,
};
use serde_json::json;

use super::case_context::{
    CaseContext, WithChange, cursor_move, default_account, ingest_message, new_message,
    priority_of, read_message, read_state, web_channel, web_place, worker_message,
};

pub(super) async fn the_same_message_again_is_a_duplicate(context: CaseContext) {
    let process = context.start_idle().await;
    let first = ingest_message(&*process.store, worker_message("a", "1")).await;
    // The message comes again, twice in one batch, and after a restart. Its text may have changed.
    let again = worker_message("a", "1").with_change(|message| message.text = "edited".into());
    let batch = Ingest {
        messages: vec![
            again.clone(),
            worker_message("a", "2"),
            again.clone(),
            worker_message("a", "2"),
        ],
        ..Ingest::default()
    };
    let outcomes = process.store.ingest(batch).await.unwrap();
    let stored: Vec<_> = outcomes
        .iter()
        .map(|outcome| matches!(outcome, Ingested::Stored(_)))
        .collect();
    assert_eq!(stored, [false, true, false, false]);
    drop(process);
    let process = context.start_idle().await;
    let outcome = process.store.ingest(again.into()).await.unwrap().remove(0);
    assert!(matches!(outcome, Ingested::Duplicate(_)), "{outcome:?}");
    assert_eq!(outcome.message().id, first.id);
    assert_eq!(outcome.message().text, first.text);
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.received, 2);
    assert_eq!(counts.messages_in(MessageState::Waiting), 2);
}

pub(super) async fn a_duplicate_tells_what_became_of_it(context: CaseContext) {
    let mut process = context.start_process().await;
    process
        .complete_exchange(new_message("a", "1"), "answer")
        .await;
    let again = process.store.ingest(new_message("a", "1").into()).await;
    let again = again.unwrap().remove(0);
    assert!(matches!(again, Ingested::Duplicate(_)), "{again:?}");
    assert_eq!(again.message().state, MessageState::Answered);
    process.assert_nothing_starts().await;
}

pub(super) async fn the_same_id_in_another_account_is_another_message(context: CaseContext) {
    let store = context.open_store().await;
    let here = ingest_message(&*store, worker_message("a", "1")).await;
    let there = ingest_message(
        &*store,
        worker_message("a", "1")
            .with_change(|message| message.route.place.account = "other".into()),
    )
    .await;
    let elsewhere = ingest_message(
        &*store,
        worker_message("a", "1").with_change(|message| message.route.place.channel = "chat".into()),
    )
    .await;
    assert_ne!(here.id, there.id);
    assert_ne!(there.id, elsewhere.id);
    let found = store
        .message_by_external_id(&web_channel(), &"other".into(), &"1".into())
        .await
        .unwrap();
    assert_eq!(found.unwrap().id, there.id);
}

pub(super) async fn the_same_id_in_another_chat_is_another_message(context: CaseContext) {
    let store = context.open_store().await;
    let (one, other) = (
        ExternalId::within("chat-1", "7"),
        ExternalId::within("chat-2", "7"),
    );
    let mut kept = Vec::new();
    for (address, id) in [
        ("chat-1", one.clone()),
        ("chat-2", other.clone()),
        // A topic of the first chat: the platform counts in the chat.
        ("chat-1/topic", ExternalId::within("chat-1", "8")),
        ("a", "7".into()),
    ] {
        let message = worker_message(address, "").with_change(|message| {
            message.reply_to = Some(ExternalId::within(id.space(), "6"));
            message.external_id = id.clone();
        });
        let stored = ingest_message(&*store, message.clone()).await;
        assert_eq!(stored.external_id, id);
        assert_eq!(stored.reply_to, message.reply_to);
        let again = store.ingest(Ingest::from(message)).await.unwrap();
        assert!(
            matches!(&again[..], [Ingested::Duplicate(known)] if known.id == stored.id),
            "{again:?}"
        );
        kept.push(stored.id);
    }
    kept.dedup();
    assert_eq!(kept.len(), 4);
    let of = async |id: &ExternalId| {
        let (channel, account) = (web_channel(), default_account());
        let found = store.message_by_external_id(&channel, &account, id);
        found.await.unwrap().unwrap()
    };
    assert_eq!(of(&one).await.id, kept[0]);
    assert_eq!(of(&other).await.id, kept[1]);
    assert_eq!(of(&"7".into()).await.id, kept[3]);

    let edited = MessageEdited {
        channel: web_channel(),
        account: default_account(),
        external_id: other.clone(),
        text: "better".into(),
        is_of_part: false,
    };
    store.message_edited(edited).await.unwrap();
    assert_eq!(of(&other).await.text, "better");
    assert_ne!(of(&one).await.text, "better");
    let deleted = MessagesDeleted {
        channel: web_channel(),
        account: default_account(),
        external_ids: vec![one.clone()],
    };
    store.messages_deleted(deleted).await.unwrap();
    assert_eq!(of(&one).await.state, MessageState::Withdrawn);
    assert_eq!(of(&other).await.state, MessageState::Waiting);
    // Lists name the same ids.
    let queue = store.queue(WaitingQuery::at_most(10)).await.unwrap();
    assert!(queue.iter().any(|queued| queued.external_id == other));
}

pub(super) async fn what_is_handed_in_is_what_is_kept(context: CaseContext) {
    let store = context.open_store().await;
    let given = worker_message("a", "1").with_change(|message| {
        message.text = "tab\t, quote ' \" , nul \0, 𝄞 and שלום\r\n".into();
        message.author.name = "Ada 🦉".into();
        message.attachments = vec![Attachment {
            name: "../../etc/passwd".to_owned(),
            location: "files/1".to_owned(),
            size: 1 << 40,
            transcript: None,
        }];
        message.reply_to = Some("0".into());
        message.reply_route = json!({"thread": 7});
        message.extra = json!({"message-type": "Human", "nested": [1, null]});
        message.priority = priority_of(0);
    });
    let returned = ingest_message(&*store, given.clone()).await;
    drop(store);
    let store = context.open_store().await;
    let read = read_message(&*store, &returned).await;
    let by_id = store
        .message_by_external_id(&web_channel(), &default_account(), &"1".into())
        .await
        .unwrap()
        .unwrap();
    for kept in [returned, read, by_id] {
        assert_eq!(kept.external_id, given.external_id);
        assert_eq!(kept.place, web_place("a"));
        assert_eq!(kept.persona, given.route.persona);
        assert_eq!(kept.text, given.text);
        assert_eq!(kept.author, given.author);
        assert_eq!(kept.attachments, given.attachments);
        assert_eq!(kept.reply_to, given.reply_to);
        assert_eq!(kept.reply_route, given.reply_route);
        assert_eq!(kept.extra, given.extra);
        assert_eq!(u8::from(kept.priority), 0);
        assert_eq!(kept.state, MessageState::Waiting);
        assert_eq!(kept.attempts, 0);
    }
}

pub(super) async fn numbers_grow_in_the_order_given(context: CaseContext) {
    let store = context.open_store().await;
    let messages = (0..20).map(|n| worker_message(&format!("place-{}", n % 3), &n.to_string()));
    let batch = Ingest {
        messages: messages.collect(),
        ..Ingest::default()
    };
    let outcomes = store.ingest(batch).await.unwrap();
    let kept: Vec<_> = outcomes.iter().map(Ingested::message).collect();
    assert_eq!(kept.len(), 20);
    for (n, message) in kept.iter().enumerate() {
        assert_eq!(message.external_id.as_str(), n.to_string());
    }
    assert!(kept.is_sorted_by(|a, b| a.id < b.id), "{kept:?}");
    let later = ingest_message(&*store, worker_message("place-0", "later")).await;
    assert!(later.id > kept[19].id);
    // The newest number is never behind the visible posts.
    assert!(store.newest().await.unwrap() >= later.id.into());
}

pub(super) async fn one_more_than_may_wait_is_kept_as_refused(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &process.store;
    let limited =
        |id: &str| worker_message("a", id).with_change(|message| message.route.waiting_limit = 2);
    let first = ingest_message(&**store, limited("1")).await;
    ingest_message(&**store, limited("2")).await;
    let third = store.ingest(limited("3").into()).await.unwrap().remove(0);
    let Ingested::Refused(third) = third else {
        panic!("it should be refused, not {third:?}");
    };
    assert_eq!(third.state, MessageState::Refused);
    assert_eq!(third.reason, Some(notice::too_many_waiting(2)));
    assert_eq!(read_message(&**store, &third).await.reason, third.reason);
    let again = store.ingest(limited("3").into()).await.unwrap().remove(0);
    assert!(matches!(again, Ingested::Duplicate(_)), "{again:?}");
    assert_eq!(again.message().state, MessageState::Refused);
    // Other places still have room. This place has room again after a claim.
    ingest_message(
        &**store,
        worker_message("b", "4").with_change(|message| message.route.waiting_limit = 2),
    )
    .await;
    super::case_context::claim_message(&**store, &first, "worker").await;
    // The refused message is accepted when it comes again, as the notice told its author.
    let taken = store.ingest(limited("3").into()).await.unwrap().remove(0);
    assert!(matches!(taken, Ingested::Stored(_)), "{taken:?}");
    assert_eq!(taken.message().id, third.id);
    let now = read_message(&**store, &third).await;
    assert_eq!((now.state, now.reason), (MessageState::Waiting, None));
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.received, 4);
    assert_eq!(counts.messages_in(MessageState::Refused), 0);
}

pub(super) async fn a_place_and_a_persona_are_a_conversation(context: CaseContext) {
    let store = context.open_store().await;
    let bob = ingest_message(&*store, new_message("a", "1")).await;
    let bob_again = ingest_message(&*store, new_message("a", "2")).await;
    let hal = ingest_message(&*store, worker_message("a", "3")).await;
    let elsewhere = ingest_message(&*store, new_message("b", "4")).await;
    assert_eq!(bob.conversation, bob_again.conversation);
    assert_ne!(bob.conversation, hal.conversation);
    assert_ne!(bob.conversation, elsewhere.conversation);
    assert_eq!(store.counts().await.unwrap().conversations, 3);
}

fn ingest_unreadable(id: &str, is_told: bool) -> Ingest {
    let refused = RefusedMessage {
        message: new_message("a", id).with_change(|message| message.text.push_str(", in part")),
        reason: "it could not be read".to_owned(),
        raw: "{\"id\": oddly".to_owned(),
        is_told,
    };
    Ingest {
        refused: vec![refused],
        cursor: Some(cursor_move("updates", id)),
        ..Ingest::default()
    }
}

pub(super) async fn what_could_not_be_read_is_kept_as_refused(context: CaseContext) {
    let mut process = context.start_process().await;
    let store = process.store.clone();
    for (id, is_told) in [("1", true), ("2", false)] {
        let ingested = store.ingest(ingest_unreadable(id, is_told)).await.unwrap();
        let [Ingested::Refused(kept)] = &ingested[..] else {
            panic!("it is refused, not {ingested:?}");
        };
        assert_eq!(read_state(&*store, kept).await, MessageState::Refused);
        let trace = store.trace(kept.id.into()).await.unwrap();
        let raw = trace
            .iter()
            .find(|line| line.what == "received as: {\"id\": oddly");
        assert!(raw.is_some(), "{trace:?}");
        // The same message again is a duplicate.
        let again = store.ingest(ingest_unreadable(id, is_told)).await.unwrap();
        assert!(matches!(again[..], [Ingested::Duplicate(_)]), "{again:?}");
    }
    let told = process.next_outgoing().await.delivery;
    assert_eq!(told.operation.text(), "Not taken: it could not be read.");
    process.assert_nothing_goes_out().await;
    process.assert_nothing_starts().await;
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Refused), 2);
    assert_eq!(counts.received, 2);
    let (channel, account) = (web_channel(), default_account());
    let position = store.cursor(&channel, &account, "updates").await.unwrap();
    assert_eq!(position.as_deref(), Some("2"));
}

pub(super) async fn what_could_not_be_read_is_taken_when_it_can(context: CaseContext) {
    let mut process = context.start_process().await;
    let store = process.store.clone();
    store.ingest(ingest_unreadable("1", false)).await.unwrap();
    let kept = ingest_message(&*store, new_message("a", "1")).await;
    assert_eq!(kept.text, "text of 1");
    let started = process.next_started().await;
    assert_eq!(started.claim.messages[0].text, "text of 1");
    assert_eq!(store.counts().await.unwrap().received, 1);
}

pub(super) async fn the_newest_of_some_places_is_theirs_alone(context: CaseContext) {
    let mut process = context.start_process().await;
    let within = |addresses: Option<&[&str]>, not_in: &[&str]| Places {
        channel: web_channel(),
        account: default_account(),
        addresses: addresses.map(|all| all.iter().map(|name| (*name).to_owned()).collect()),
        not_in: not_in.iter().map(|name| web_place(name)).collect(),
    };
    let nothing = process.store.newest_in(within(None, &[])).await.unwrap();
    assert_eq!(nothing, Seq::START);
    process
        .complete_exchange(new_message("a", "1"), "answer")
        .await;
    let in_a = process.store.newest().await.unwrap();
    process
        .complete_exchange(new_message("b", "2"), "answer")
        .await;
    let in_b = process.store.newest().await.unwrap();
    assert!(in_a < in_b);
    let other =
        worker_message("a", "3").with_change(|job| job.route.place.account = "other".into());
    ingest_message(&*process.store, other).await;
    assert!(process.store.newest().await.unwrap() > in_b);
    for (addresses, not_in, newest) in [
        (None, &[][..], in_b),
        (None, &["b"][..], in_a),
        (None, &["a", "nobody was ever there"][..], in_b),
        (Some(&["a"][..]), &[][..], in_a),
        (Some(&["a", "b"][..]), &[][..], in_b),
        (Some(&["a", "b"][..]), &["b"][..], in_a),
        (Some(&[][..]), &[][..], Seq::START),
        (Some(&["elsewhere"][..]), &[][..], Seq::START),
    ] {
        let places = within(addresses, not_in);
        let found = process.store.newest_in(places.clone()).await.unwrap();
        assert_eq!(found, newest, "{addresses:?} {not_in:?}");
        // A number beyond the newest post of these places can be a number of other places only.
        for (cursor, known) in [(Seq::START, true), (newest, true), (Seq(newest.0 + 1), false)] {
            let places = places.clone();
            let is_known = process.store.is_known_cursor(places, cursor).await;
            assert_eq!(is_known, Ok(known), "{addresses:?} {not_in:?} {cursor}");
        }
    }
    // Many messages in a closed place do not change the result.
    for n in 4..304 {
        let job =
            worker_message("b", &n.to_string()).with_change(|job| job.route.waiting_limit = 1_000);
        ingest_message(&*process.store, job).await;
    }
    let without_b = within(None, &["b"]);
    let found = process.store.newest_in(without_b).await.unwrap();
    assert_eq!(found, in_a);
}

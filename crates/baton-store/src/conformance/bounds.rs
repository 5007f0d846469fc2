//! Every read has a limit of bytes, whatever the size of its rows.

use baton_core::approval::Wants;
use baton_core::id::Seq;
use baton_core::store::{ApprovalsQuery, Direction, Queued, WaitingQuery};

use super::approvals::{ask_people, ask_permission};
use super::case_context::{
    CaseContext, WithChange, claim_next_request, dead_end, ingest_message, new_message, web_place,
    worker_message,
};
use super::timeline::{last_posts, read_pages, ten_exchanges};
use super::views::query_all_waiting;

pub(super) async fn s38_what_waits_is_listed_as_far_as_it_fits(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    for id in ["1", "2", "3", "4"] {
        let job = worker_message("a", id).with_change(|job| {
            job.text = "x".repeat(10_000);
            job.extra = serde_json::json!({ "context": ["y".repeat(10_000)] });
        });
        ingest_message(store, job).await;
    }
    store
        .claim_next(claim_next_request("worker"))
        .await
        .unwrap()
        .unwrap();
    for (bytes, fit) in [(0, 1), (30_000, 1), (45_000, 2), (1_000_000, 4)] {
        let fitting = store.waiting(query_all_waiting(), bytes).await.unwrap();
        assert_eq!(fitting.len(), fit, "{bytes}");
    }
    // The queue lists all messages, because it contains no texts.
    let whole = store
        .waiting(query_all_waiting(), usize::MAX)
        .await
        .unwrap();
    let whole: Vec<_> = whole.into_iter().map(Queued::from).collect();
    assert_eq!(store.queue(query_all_waiting()).await.unwrap(), whole);
    let only_waiting = WaitingQuery {
        only_waiting: true,
        ..WaitingQuery::at_most(2)
    };
    assert_eq!(store.queue(only_waiting).await.unwrap(), whole[1..3]);
}

pub(super) async fn s38_long_dead_letters_are_listed_as_far_as_they_fit(context: CaseContext) {
    let mut process = context.start_process().await;
    for n in 0..4 {
        let long = new_message("a", &n.to_string())
            .with_change(|message| message.text = n.to_string().repeat(400_000));
        ingest_message(&*process.store, long).await;
        let started = process.next_started().await;
        process.end_turn(started, dead_end()).await;
    }
    let letters = process.store.dead(100).await.unwrap();
    let texts: Vec<_> = letters.iter().map(|letter| &letter.text[..1]).collect();
    assert_eq!(texts, ["3", "2"]);
}

pub(super) async fn s38_history_ends_by_bytes_and_has_the_last_of_it(context: CaseContext) {
    let mut process = context.start_process().await;
    for n in 0..12 {
        let answer = format!("{n} {}", "x".repeat(1_000_000));
        process
            .complete_exchange(new_message("a", &n.to_string()), &answer)
            .await;
    }
    let history = process
        .store
        .history(&web_place("a"), &"bob".into(), 100)
        .await
        .unwrap();
    let bytes: usize = history.iter().map(|post| post.text.len()).sum();
    assert!(bytes > 7_000_000 && bytes <= 8 * 1024 * 1024, "{bytes}");
    assert!(history.last().unwrap().text.starts_with("11 "));
    assert!(history.is_sorted_by_key(|post| post.seq));
}

pub(super) async fn s38_a_search_looks_at_so_many_bytes_and_goes_on_from_there(
    context: CaseContext,
) {
    let (process, _) = ten_exchanges(&context).await;
    let store = &*process.store;
    let search = last_posts(2).with_change(|query| query.search = Some("ANSWER to m2".to_owned()));
    let in_a = search
        .clone()
        .with_change(|query| query.addresses = Some(vec!["a".to_owned()]));
    let not_in_b = search
        .clone()
        .with_change(|query| query.not_in = vec![web_place("b")]);
    let common = last_posts(2).with_change(|query| query.search = Some("m".to_owned()));
    for query in [search, in_a, not_in_b, common] {
        for direction in [Direction::After(Seq::START), Direction::Last] {
            let query = query
                .clone()
                .with_change(|query| query.direction = direction);
            let (whole, _) = read_pages(store, &query).await;
            for bytes in [0, 1, 30] {
                let query = query.clone().with_change(|query| query.reach_bytes = bytes);
                let (found, pages) = read_pages(store, &query).await;
                assert_eq!(found, whole, "{query:?}");
                assert!(pages > 1, "{query:?}");
            }
        }
    }
}

pub(super) async fn s38_long_questions_are_listed_as_far_as_they_fit(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    let mut numbers = Vec::new();
    for n in 0..4 {
        let ask = ask_permission(&started.claim).with_change(|ask| {
            ask.question.input = serde_json::json!({ "number": n, "whole": "x".repeat(500_000) });
            ask.question.wants = Wants::Permission { grant: None };
            ask.question.title = "y".repeat(400);
        });
        numbers.push(ask_people(&process, ask).await);
    }
    numbers.reverse();
    let fitting = |bytes| ApprovalsQuery {
        limit: 10,
        bytes,
        ..ApprovalsQuery::default()
    };
    // The list does not contain the inputs, so they take no room.
    for (bytes, fit) in [(0, 1), (1_000, 1), (2_000, 2), (100_000, 4)] {
        let listed = process.store.approvals(fitting(bytes)).await.unwrap();
        assert!(listed.iter().all(|asked| asked.question.input.is_null()));
        let listed: Vec<_> = listed.iter().map(|asked| asked.id).collect();
        assert_eq!(listed, numbers[..fit], "{bytes}");
    }
    let whole = process.store.approval(numbers[0]).await.unwrap().unwrap();
    assert_eq!(whole.question.input["number"], 3);
}

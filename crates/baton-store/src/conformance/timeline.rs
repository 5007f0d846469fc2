//! The posts of people and agents, in the store's order.

use baton_core::id::Seq;
use baton_core::store::{Direction, Ingest, Post, PostKind, Store, Timeline};

use super::case_context::{
    CaseContext, WithChange, default_account, ingest_message, new_message, web_channel, web_place,
    worker_message,
};

/// A query for the last posts of the account.
pub(super) fn last_posts(limit: usize) -> Timeline {
    Timeline {
        channel: web_channel(),
        account: default_account(),
        addresses: None,
        not_in: Vec::new(),
        direction: Direction::Last,
        since: None,
        search: None,
        kinds: None,
        author_name: None,
        limit,
        bytes: usize::MAX,
        longest: usize::MAX,
        reach: 1_000,
        reach_bytes: usize::MAX,
    }
}

async fn read_posts(store: &dyn Store, query: Timeline) -> Vec<Post> {
    store.timeline(query).await.unwrap().posts
}

async fn post_ids(store: &dyn Store, query: Timeline) -> Vec<String> {
    let posts = read_posts(store, query).await;
    posts.into_iter().map(|post| post.id).collect()
}

/// Ten exchanges in two places, and the ids of all posts in order.
pub(super) async fn ten_exchanges(
    context: &CaseContext,
) -> (super::case_context::TestProcess, Vec<String>) {
    let mut process = context.start_process().await;
    for n in 0..10 {
        let (address, id) = (["a", "b"][n % 2], format!("m{n}"));
        process
            .complete_exchange(new_message(address, &id), &format!("answer to {id}"))
            .await;
    }
    let all = post_ids(&*process.store, last_posts(1000)).await;
    assert_eq!(all.len(), 20);
    (process, all)
}

pub(super) async fn pages_forwards_without_gap_or_double(context: CaseContext) {
    let (mut process, all_ids) = ten_exchanges(&context).await;
    for limit in [1, 3, 20, 50] {
        let (mut cursor, mut seen) = (Seq::START, Vec::new());
        loop {
            let query =
                last_posts(limit).with_change(|query| query.direction = Direction::After(cursor));
            let page = process.store.timeline(query).await.unwrap();
            assert!(page.posts.len() <= limit);
            let Some(last) = page.posts.last() else {
                assert!(!page.more);
                break;
            };
            cursor = last.seq;
            seen.extend(page.posts.into_iter().map(|post| post.id));
            assert_eq!(page.more, seen.len() < all_ids.len(), "limit {limit}");
        }
        assert_eq!(seen, all_ids);
    }
    // A later post is always behind the last cursor.
    let cursor = process.store.newest().await.unwrap();
    process
        .complete_exchange(new_message("a", "later"), "its answer")
        .await;
    let query = last_posts(10).with_change(|query| query.direction = Direction::After(cursor));
    let later = read_posts(&*process.store, query).await;
    assert_eq!(later.len(), 2);
    assert!(later.is_sorted_by(|a, b| a.seq < b.seq));
    assert!(cursor < later[0].seq);
}

pub(super) async fn pages_backwards_without_gap_or_double(context: CaseContext) {
    let (process, all_ids) = ten_exchanges(&context).await;
    for limit in [1, 3, 20, 50] {
        let (mut direction, mut seen) = (Direction::Last, Vec::new());
        loop {
            let query = last_posts(limit).with_change(|query| query.direction = direction);
            let page = process.store.timeline(query).await.unwrap();
            let Some(first) = page.posts.first() else {
                break;
            };
            direction = Direction::Before(first.seq);
            let page_ids = page.posts.iter().map(|post| post.id.clone());
            seen = page_ids.chain(seen).collect();
            assert_eq!(page.more, seen.len() < all_ids.len(), "limit {limit}");
        }
        assert_eq!(seen, all_ids);
    }
}

pub(super) async fn a_delivery_is_a_post_when_it_is_sent(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    process.answer_turn(started, "the answer").await;
    // Another message arrives before the answer is sent.
    ingest_message(&*process.store, new_message("b", "2")).await;
    assert_eq!(post_ids(&*process.store, last_posts(10)).await, ["1", "2"]);
    process.mark_next_sent().await;
    let posts = read_posts(&*process.store, last_posts(10)).await;
    assert_eq!(posts.len(), 3);
    // A reader that has seen the second message therefore does not miss the answer.
    let answer = &posts[2];
    assert_eq!(answer.text, "the answer");
    assert_eq!(answer.kind, PostKind::Reply);
    assert_eq!(answer.author_name, "bob");
    assert_eq!(answer.reply_to, Some("1".into()));
    assert_eq!(answer.place, web_place("a"));
    assert!(answer.seq > posts[1].seq);
    assert!(answer.id.starts_with("reply-"));
}

pub(super) async fn since_hides_nothing_when_the_clock_jumps(context: CaseContext) {
    let store = context.open_store().await;
    let first = ingest_message(&*store, worker_message("a", "before")).await;
    context.move_wall_clock(10_000);
    let second = ingest_message(&*store, worker_message("a", "at")).await;
    context.move_wall_clock(-3_600_000);
    ingest_message(&*store, worker_message("a", "an hour earlier by the clock")).await;
    context.move_wall_clock(2 * 3_600_000);
    let last = ingest_message(&*store, worker_message("a", "an hour later")).await;
    let since = |wall| last_posts(10).with_change(move |query| query.since = Some(wall));
    let all_ids = post_ids(&*store, last_posts(10)).await;
    assert_eq!(all_ids.len(), 4);
    assert_eq!(post_ids(&*store, since(first.at)).await, all_ids);
    assert_eq!(post_ids(&*store, since(second.at)).await, all_ids[1..]);
    assert_eq!(post_ids(&*store, since(last.at)).await, all_ids[3..]);
    let mut after = last.at;
    after.0 += 1;
    assert_eq!(post_ids(&*store, since(after)).await, [""; 0]);
}

pub(super) async fn shows_what_is_asked_for(context: CaseContext) {
    let (mut process, all_ids) = ten_exchanges(&context).await;
    let shout = new_message("a", "shout").with_change(|message| {
        message.text = "GRÜSSE from far".into();
        message.author.name = "Grace".into();
    });
    process.complete_exchange(shout, "hush").await;
    let elsewhere = worker_message("a", "x")
        .with_change(|message| message.route.place.account = "other".into());
    ingest_message(&*process.store, elsewhere).await;
    let store = &*process.store;
    let place_b = last_posts(100).with_change(|query| query.addresses = Some(vec!["b".to_owned()]));
    let in_b = read_posts(store, place_b).await;
    assert_eq!(in_b.len(), 10);
    assert!(in_b.iter().all(|post| post.place == web_place("b")));
    let nowhere = last_posts(100).with_change(|query| query.addresses = Some(Vec::new()));
    assert!(read_posts(store, nowhere).await.is_empty());
    let people = last_posts(100).with_change(|query| query.kinds = Some(vec![PostKind::Message]));
    assert_eq!(read_posts(store, people).await.len(), 11);
    let replies = last_posts(100).with_change(|query| query.kinds = Some(vec![PostKind::Reply]));
    assert_eq!(read_posts(store, replies).await.len(), 11);
    let grace = last_posts(100).with_change(|query| query.author_name = Some("Grace".to_owned()));
    assert_eq!(post_ids(store, grace).await, ["shout"]);
    let bob = last_posts(100).with_change(|query| query.author_name = Some("bob".to_owned()));
    assert_eq!(read_posts(store, bob).await.len(), 11);
    let found = last_posts(100).with_change(|query| query.search = Some("from FAR".to_owned()));
    assert_eq!(post_ids(store, found).await, ["shout"]);
    let last_two = last_posts(2).with_change(|query| query.search = Some("answer to".to_owned()));
    let page = store.timeline(last_two).await.unwrap();
    assert!(page.more);
    let page: Vec<_> = page.posts.into_iter().map(|post| post.id).collect();
    assert_eq!(page, [all_ids[17].clone(), all_ids[19].clone()]);
}

/// All matching posts from all pages, in order, and the number of pages.
pub(super) async fn read_pages(store: &dyn Store, query: &Timeline) -> (Vec<String>, usize) {
    let backwards = query.direction == Direction::Last;
    let (mut query, mut found, mut pages) = (query.clone(), Vec::new(), 1);
    loop {
        let page = store.timeline(query.clone()).await.unwrap();
        let posts = page.posts.into_iter().map(|post| post.id);
        if backwards {
            found = posts.chain(found).collect();
        } else {
            found.extend(posts);
        }
        if !page.more {
            return (found, pages);
        }
        pages += 1;
        let next = if backwards {
            Direction::Before(page.reached)
        } else {
            Direction::After(page.reached)
        };
        assert_ne!(query.direction, next, "it stands still");
        query.direction = next;
    }
}

pub(super) async fn a_search_looks_so_far_and_goes_on_from_there(context: CaseContext) {
    let (process, all_ids) = ten_exchanges(&context).await;
    let store = &*process.store;
    let search = last_posts(2).with_change(|query| query.search = Some("answer to m2".to_owned()));
    let in_a = search
        .clone()
        .with_change(|query| query.addresses = Some(vec!["a".to_owned()]));
    let not_in_b = search
        .clone()
        .with_change(|query| query.not_in = vec![web_place("b")]);
    let people = last_posts(2).with_change(|query| query.kinds = Some(vec![PostKind::Message]));
    for query in [search, in_a, not_in_b, people] {
        let (whole, _) = read_pages(store, &query).await;
        assert!(!whole.is_empty());
        for direction in [Direction::After(Seq::START), Direction::Last] {
            for reach in [1, 2, 3] {
                let query = query.clone().with_change(|query| {
                    query.direction = direction;
                    query.reach = reach;
                });
                let (found, pages) = read_pages(store, &query).await;
                assert_eq!(found, whole, "{query:?}");
                // Each place has five posts of a kind, so both have ten.
                assert!(
                    pages >= 5 / reach,
                    "more than {reach} were looked at in {pages} pages"
                );
            }
        }
    }
    // A query without a filter has no limit of reach.
    let everything = last_posts(1000).with_change(|query| query.reach = 1);
    assert_eq!(read_pages(store, &everything).await, (all_ids, 1));
}

pub(super) async fn search_takes_every_character_as_itself(context: CaseContext) {
    let store = context.open_store().await;
    let texts = [
        "100% sure",
        "100 sure",
        "snake_case",
        "snakeXcase",
        "a\\b",
        "it's",
    ];
    let messages = texts
        .iter()
        .map(|text| worker_message("a", text).with_change(|message| message.text = (*text).into()));
    let batch = Ingest {
        messages: messages.collect(),
        ..Ingest::default()
    };
    store.ingest(batch).await.unwrap();
    for (search, expected) in [
        ("0%", "100% sure"),
        ("snake_", "snake_case"),
        ("\\b", "a\\b"),
        ("t's", "it's"),
    ] {
        let query = last_posts(10).with_change(|query| query.search = Some(search.to_owned()));
        assert_eq!(
            post_ids(&*store, query).await,
            [expected],
            "search for {search}"
        );
    }
}

pub(super) async fn a_post_is_found_by_its_id(context: CaseContext) {
    let (process, all_ids) = ten_exchanges(&context).await;
    let listed = read_posts(&*process.store, last_posts(100)).await;
    for (id, listed) in all_ids.iter().zip(&listed) {
        let found = process
            .store
            .post(&web_channel(), &default_account(), id)
            .await
            .unwrap();
        let found = found.unwrap();
        assert_eq!(found.id, *id);
        assert_eq!(found.seq, listed.seq);
        assert_eq!(found.text, listed.text);
        assert_eq!(found.kind, listed.kind);
    }
    for unknown in [
        "",
        "nothing",
        "reply-",
        "reply-x",
        "reply-0",
        "reply-99999999",
    ] {
        let found = process
            .store
            .post(&web_channel(), &default_account(), unknown)
            .await;
        assert!(found.unwrap().is_none(), "{unknown}");
    }
    let other = "other".into();
    let elsewhere = process
        .store
        .post(&web_channel(), &other, &all_ids[0])
        .await;
    assert!(elsewhere.unwrap().is_none());
}

pub(super) async fn history_is_what_was_answered(context: CaseContext) {
    let mut process = context.start_process().await;
    process
        .complete_exchange(new_message("a", "1"), "answer 1")
        .await;
    process
        .complete_exchange(new_message("b", "elsewhere"), "answer")
        .await;
    // The history of the place includes other personas.
    let other = new_message("a", "2").with_change(|message| message.route.persona = "eve".into());
    process.complete_exchange(other, "answer 2").await;
    ingest_message(&*process.store, new_message("a", "3")).await;
    let started = process.next_started().await;
    // The history contains neither the running message nor the waiting ones.
    ingest_message(&*process.store, new_message("a", "4")).await;
    let here = web_place("a");
    let texts = async |store: &dyn Store, limit| {
        let posts = store.history(&here, &"bob".into(), limit).await.unwrap();
        let texts = posts.into_iter().map(|post| post.text);
        texts.collect::<Vec<_>>()
    };
    let expected = ["text of 1", "answer 1", "text of 2", "answer 2"];
    assert_eq!(texts(&*process.store, 100).await, expected);
    assert_eq!(texts(&*process.store, 3).await, expected[1..]);
    // The commit of this finish starts the next turn in the place. That turn sees the reply before the
    // platform has it.
    process.answer_turn(started, "answer 3").await;
    assert_eq!(history_ids(&process.next_started().await), ["4"]);
    let last_two = texts(&*process.store, 2).await;
    assert_eq!(last_two, ["text of 3", "answer 3"]);
}

pub(super) async fn history_begins_at_the_last_reset(context: CaseContext) {
    let mut process = context.start_process().await;
    let bob = process
        .complete_exchange(new_message("a", "1"), "answer 1")
        .await;
    let to_eve =
        |id| new_message("a", id).with_change(|message| message.route.persona = "eve".into());
    process.complete_exchange(to_eve("2"), "answer 2").await;
    ingest_message(&*process.store, new_message("a", "3")).await;
    let running = process.next_started().await;
    process.store.reset(bob.conversation).await.unwrap();
    // A running message belongs to the time before the reset, even when it is answered later.
    process.answer_turn(running, "answer 3").await;
    process.mark_next_sent().await;
    let here = web_place("a");
    let texts = async |store: &dyn Store, persona: &str| {
        let posts = store.history(&here, &persona.into(), 100).await.unwrap();
        let texts = posts.into_iter().map(|post| post.text);
        texts.collect::<Vec<_>>()
    };
    assert!(texts(&*process.store, "bob").await.is_empty());
    process
        .complete_exchange(new_message("a", "4"), "answer 4")
        .await;
    process.complete_exchange(to_eve("5"), "answer 5").await;
    let since = ["text of 4", "answer 4", "text of 5", "answer 5"];
    assert_eq!(texts(&*process.store, "bob").await, since);
    // The reset does not affect the other persona.
    let all = texts(&*process.store, "eve").await;
    assert_eq!(all[..4], ["text of 1", "answer 1", "text of 2", "answer 2"]);
    assert_eq!(all.len(), 10);
}

fn history_ids(started: &baton_core::store::Started) -> Vec<&str> {
    super::case_context::external_ids(&started.claim)
}

pub(super) async fn s38_a_page_ends_by_bytes_and_has_the_beginnings_of_long_texts(
    context: CaseContext,
) {
    let mut process = context.start_process().await;
    let long = "y".repeat(1_000_000);
    for n in 0..3 {
        process
            .complete_exchange(new_message("a", &format!("m{n}")), &long)
            .await;
    }
    let all_ids = post_ids(&*process.store, last_posts(1000)).await;
    let store = &*process.store;
    for direction in [Direction::After(Seq::START), Direction::Last] {
        let (mut seen, mut next) = (Vec::new(), direction);
        loop {
            let query = last_posts(1000).with_change(|query| {
                query.direction = next;
                query.longest = 10_000;
                query.bytes = 15_000;
            });
            let page = store.timeline(query).await.unwrap();
            let bytes: usize = page.posts.iter().map(|post| post.text.len()).sum();
            assert!(bytes <= 15_000, "{bytes}");
            for post in &page.posts {
                assert_eq!(post.shortened, post.kind == PostKind::Reply);
                assert!(!post.shortened || post.text == long[..10_000]);
            }
            let page_ids: Vec<_> = page.posts.iter().map(|post| post.id.clone()).collect();
            let at = if direction == Direction::Last {
                0
            } else {
                seen.len()
            };
            seen.splice(at..at, page_ids);
            if !page.more {
                break;
            }
            next = match direction {
                Direction::Last => Direction::Before(page.reached),
                _ => Direction::After(page.reached),
            };
        }
        assert_eq!(seen, all_ids);
    }
    // A page has at least one post, however little room is left. Otherwise a reader could not continue.
    let query = last_posts(1000).with_change(|query| query.bytes = 1);
    let page = store.timeline(query).await.unwrap();
    assert_eq!((page.posts.len(), page.more), (1, true));
    // A single post is read in full.
    let reply = all_ids.last().unwrap();
    let whole = store
        .post(&web_channel(), &default_account(), reply)
        .await
        .unwrap()
        .unwrap();
    assert!(!whole.shortened && whole.text == long);
}

pub(super) async fn several_places_are_one_timeline(context: CaseContext) {
    let (process, all_ids) = ten_exchanges(&context).await;
    ingest_message(&*process.store, new_message("c", "elsewhere")).await;
    let store = &*process.store;
    let of = |addresses: &[&str]| Some(addresses.iter().map(|it| (*it).to_owned()).collect());
    for limit in [1, 3, 30] {
        let (mut cursor, mut seen) = (Seq::START, Vec::new());
        loop {
            let query = last_posts(limit).with_change(|query| {
                query.direction = Direction::After(cursor);
                query.addresses = of(&["a", "b", "nobody's"]);
            });
            let page = store.timeline(query).await.unwrap();
            cursor = page.reached;
            seen.extend(page.posts.into_iter().map(|post| post.id));
            if !page.more {
                break;
            }
        }
        assert_eq!(seen, all_ids);
    }
    let but_for = last_posts(30).with_change(|query| query.not_in = vec![web_place("c")]);
    assert_eq!(post_ids(store, but_for).await, all_ids);
    let none = last_posts(30).with_change(|query| {
        query.addresses = of(&["a"]);
        query.not_in = vec![web_place("a")];
    });
    assert_eq!(post_ids(store, none).await, [""; 0]);
}

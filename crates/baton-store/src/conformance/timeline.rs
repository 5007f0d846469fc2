//! The posts of people and agents, in the store's order.

use baton_core::id::Seq;
use baton_core::store::{Direction, Ingest, Post, PostKind, Store, Timeline};

use super::bed::{Bed, But, account, job, message, place, say, web};

/// A query for the last posts of the account.
pub(super) fn all(limit: usize) -> Timeline {
    Timeline {
        channel: web(),
        account: account(),
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

async fn read(store: &dyn Store, query: Timeline) -> Vec<Post> {
    store.timeline(query).await.unwrap().posts
}

async fn ids(store: &dyn Store, query: Timeline) -> Vec<String> {
    let posts = read(store, query).await;
    posts.into_iter().map(|post| post.id).collect()
}

/// Ten exchanges in two places, and the ids of all posts in order.
pub(super) async fn ten_exchanges(bed: &Bed) -> (super::bed::Process, Vec<String>) {
    let mut process = bed.start().await;
    for n in 0..10 {
        let (address, id) = (["a", "b"][n % 2], format!("m{n}"));
        process
            .exchange(message(address, &id), &format!("answer to {id}"))
            .await;
    }
    let all = ids(&*process.store, all(1000)).await;
    assert_eq!(all.len(), 20);
    (process, all)
}

pub(super) async fn pages_forwards_without_gap_or_double(bed: Bed) {
    let (mut process, all_ids) = ten_exchanges(&bed).await;
    for limit in [1, 3, 20, 50] {
        let (mut cursor, mut seen) = (Seq::START, Vec::new());
        loop {
            let query = all(limit).but(|query| query.direction = Direction::After(cursor));
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
    process.exchange(message("a", "later"), "its answer").await;
    let query = all(10).but(|query| query.direction = Direction::After(cursor));
    let later = read(&*process.store, query).await;
    assert_eq!(later.len(), 2);
    assert!(later.is_sorted_by(|a, b| a.seq < b.seq));
    assert!(cursor < later[0].seq);
}

pub(super) async fn pages_backwards_without_gap_or_double(bed: Bed) {
    let (process, all_ids) = ten_exchanges(&bed).await;
    for limit in [1, 3, 20, 50] {
        let (mut direction, mut seen) = (Direction::Last, Vec::new());
        loop {
            let query = all(limit).but(|query| query.direction = direction);
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

pub(super) async fn a_delivery_is_a_post_when_it_is_sent(bed: Bed) {
    let mut process = bed.start().await;
    say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    process.answer(started, "the answer").await;
    // Another message arrives before the answer is sent.
    say(&*process.store, message("b", "2")).await;
    assert_eq!(ids(&*process.store, all(10)).await, ["1", "2"]);
    process.carry().await;
    let posts = read(&*process.store, all(10)).await;
    assert_eq!(posts.len(), 3);
    // A reader that has seen the second message therefore does not miss the answer.
    let answer = &posts[2];
    assert_eq!(answer.text, "the answer");
    assert_eq!(answer.kind, PostKind::Reply);
    assert_eq!(answer.author_name, "bob");
    assert_eq!(answer.reply_to, Some("1".into()));
    assert_eq!(answer.place, place("a"));
    assert!(answer.seq > posts[1].seq);
    assert!(answer.id.starts_with("reply-"));
}

pub(super) async fn since_hides_nothing_when_the_clock_jumps(bed: Bed) {
    let store = bed.open().await;
    let first = say(&*store, job("a", "before")).await;
    bed.jump(10_000);
    let second = say(&*store, job("a", "at")).await;
    bed.jump(-3_600_000);
    say(&*store, job("a", "an hour earlier by the clock")).await;
    bed.jump(2 * 3_600_000);
    let last = say(&*store, job("a", "an hour later")).await;
    let since = |wall| all(10).but(move |query| query.since = Some(wall));
    let all_ids = ids(&*store, all(10)).await;
    assert_eq!(all_ids.len(), 4);
    assert_eq!(ids(&*store, since(first.at)).await, all_ids);
    assert_eq!(ids(&*store, since(second.at)).await, all_ids[1..]);
    assert_eq!(ids(&*store, since(last.at)).await, all_ids[3..]);
    let mut after = last.at;
    after.0 += 1;
    assert_eq!(ids(&*store, since(after)).await, [""; 0]);
}

pub(super) async fn shows_what_is_asked_for(bed: Bed) {
    let (mut process, all_ids) = ten_exchanges(&bed).await;
    let shout = message("a", "shout").but(|message| {
        message.text = "GRÜSSE from far".into();
        message.author.name = "Grace".into();
    });
    process.exchange(shout, "hush").await;
    let elsewhere = job("a", "x").but(|message| message.route.place.account = "other".into());
    say(&*process.store, elsewhere).await;
    let store = &*process.store;
    let place_b = all(100).but(|query| query.addresses = Some(vec!["b".to_owned()]));
    let in_b = read(store, place_b).await;
    assert_eq!(in_b.len(), 10);
    assert!(in_b.iter().all(|post| post.place == place("b")));
    let nowhere = all(100).but(|query| query.addresses = Some(Vec::new()));
    assert!(read(store, nowhere).await.is_empty());
    let people = all(100).but(|query| query.kinds = Some(vec![PostKind::Message]));
    assert_eq!(read(store, people).await.len(), 11);
    let replies = all(100).but(|query| query.kinds = Some(vec![PostKind::Reply]));
    assert_eq!(read(store, replies).await.len(), 11);
    let grace = all(100).but(|query| query.author_name = Some("Grace".to_owned()));
    assert_eq!(ids(store, grace).await, ["shout"]);
    let bob = all(100).but(|query| query.author_name = Some("bob".to_owned()));
    assert_eq!(read(store, bob).await.len(), 11);
    let found = all(100).but(|query| query.search = Some("from FAR".to_owned()));
    assert_eq!(ids(store, found).await, ["shout"]);
    let last_two = all(2).but(|query| query.search = Some("answer to".to_owned()));
    let page = store.timeline(last_two).await.unwrap();
    assert!(page.more);
    let page: Vec<_> = page.posts.into_iter().map(|post| post.id).collect();
    assert_eq!(page, [all_ids[17].clone(), all_ids[19].clone()]);
}

/// All matching posts from all pages, in order, and the number of pages.
pub(super) async fn paged(store: &dyn Store, query: &Timeline) -> (Vec<String>, usize) {
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

pub(super) async fn a_search_looks_so_far_and_goes_on_from_there(bed: Bed) {
    let (process, all_ids) = ten_exchanges(&bed).await;
    let store = &*process.store;
    let search = all(2).but(|query| query.search = Some("answer to m2".to_owned()));
    let in_a = search.clone().but(|query| query.addresses = Some(vec!["a".to_owned()]));
    let not_in_b = search.clone().but(|query| query.not_in = vec![place("b")]);
    let people = all(2).but(|query| query.kinds = Some(vec![PostKind::Message]));
    for query in [search, in_a, not_in_b, people] {
        let (whole, _) = paged(store, &query).await;
        assert!(!whole.is_empty());
        for direction in [Direction::After(Seq::START), Direction::Last] {
            for reach in [1, 2, 3] {
                let query = query.clone().but(|query| {
                    query.direction = direction;
                    query.reach = reach;
                });
                let (found, pages) = paged(store, &query).await;
                assert_eq!(found, whole, "{query:?}");
                // Each place has five posts of a kind, so both have ten.
                assert!(pages >= 5 / reach, "more than {reach} were looked at in {pages} pages");
            }
        }
    }
    // A query without a filter has no limit of reach.
    let everything = all(1000).but(|query| query.reach = 1);
    assert_eq!(paged(store, &everything).await, (all_ids, 1));
}

pub(super) async fn search_takes_every_character_as_itself(bed: Bed) {
    let store = bed.open().await;
    let texts = ["100% sure", "100 sure", "snake_case", "snakeXcase", "a\\b", "it's"];
    let messages = texts.iter().map(|text| {
        job("a", text).but(|message| message.text = (*text).into())
    });
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
        let query = all(10).but(|query| query.search = Some(search.to_owned()));
        assert_eq!(ids(&*store, query).await, [expected], "search for {search}");
    }
}

pub(super) async fn a_post_is_found_by_its_id(bed: Bed) {
    let (process, all_ids) = ten_exchanges(&bed).await;
    let listed = read(&*process.store, all(100)).await;
    for (id, listed) in all_ids.iter().zip(&listed) {
        let found = process.store.post(&web(), &account(), id).await.unwrap();
        let found = found.unwrap();
        assert_eq!(found.id, *id);
        assert_eq!(found.seq, listed.seq);
        assert_eq!(found.text, listed.text);
        assert_eq!(found.kind, listed.kind);
    }
    for unknown in ["", "nothing", "reply-", "reply-x", "reply-0", "reply-99999999"] {
        let found = process.store.post(&web(), &account(), unknown).await;
        assert!(found.unwrap().is_none(), "{unknown}");
    }
    let other = "other".into();
    let elsewhere = process.store.post(&web(), &other, &all_ids[0]).await;
    assert!(elsewhere.unwrap().is_none());
}

pub(super) async fn history_is_what_was_answered(bed: Bed) {
    let mut process = bed.start().await;
    process.exchange(message("a", "1"), "answer 1").await;
    process.exchange(message("b", "elsewhere"), "answer").await;
    // The history of the place includes other personas.
    let other = message("a", "2").but(|message| message.route.persona = "eve".into());
    process.exchange(other, "answer 2").await;
    say(&*process.store, message("a", "3")).await;
    let started = process.started().await;
    // The history contains neither the running message nor the waiting ones.
    say(&*process.store, message("a", "4")).await;
    let here = place("a");
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
    process.answer(started, "answer 3").await;
    assert_eq!(ids_of(&process.started().await), ["4"]);
    let last_two = texts(&*process.store, 2).await;
    assert_eq!(last_two, ["text of 3", "answer 3"]);
}

pub(super) async fn history_begins_at_the_last_reset(bed: Bed) {
    let mut process = bed.start().await;
    let bob = process.exchange(message("a", "1"), "answer 1").await;
    let to_eve = |id| message("a", id).but(|message| message.route.persona = "eve".into());
    process.exchange(to_eve("2"), "answer 2").await;
    say(&*process.store, message("a", "3")).await;
    let running = process.started().await;
    process.store.reset(bob.conversation).await.unwrap();
    // A running message belongs to the time before the reset, even when it is answered later.
    process.answer(running, "answer 3").await;
    process.carry().await;
    let here = place("a");
    let texts = async |store: &dyn Store, persona: &str| {
        let posts = store.history(&here, &persona.into(), 100).await.unwrap();
        let texts = posts.into_iter().map(|post| post.text);
        texts.collect::<Vec<_>>()
    };
    assert!(texts(&*process.store, "bob").await.is_empty());
    process.exchange(message("a", "4"), "answer 4").await;
    process.exchange(to_eve("5"), "answer 5").await;
    let since = ["text of 4", "answer 4", "text of 5", "answer 5"];
    assert_eq!(texts(&*process.store, "bob").await, since);
    // The reset does not affect the other persona.
    let all = texts(&*process.store, "eve").await;
    assert_eq!(all[..4], ["text of 1", "answer 1", "text of 2", "answer 2"]);
    assert_eq!(all.len(), 10);
}

fn ids_of(started: &baton_core::store::Started) -> Vec<&str> {
    super::bed::ids(&started.claim)
}

pub(super) async fn s38_a_page_ends_by_bytes_and_has_the_beginnings_of_long_texts(bed: Bed) {
    let mut process = bed.start().await;
    let long = "y".repeat(1_000_000);
    for n in 0..3 {
        process.exchange(message("a", &format!("m{n}")), &long).await;
    }
    let all_ids = ids(&*process.store, all(1000)).await;
    let store = &*process.store;
    for direction in [Direction::After(Seq::START), Direction::Last] {
        let (mut seen, mut next) = (Vec::new(), direction);
        loop {
            let query = all(1000).but(|query| {
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
            let at = if direction == Direction::Last { 0 } else { seen.len() };
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
    let query = all(1000).but(|query| query.bytes = 1);
    let page = store.timeline(query).await.unwrap();
    assert_eq!((page.posts.len(), page.more), (1, true));
    // A single post is read in full.
    let reply = all_ids.last().unwrap();
    let whole = store.post(&web(), &account(), reply).await.unwrap().unwrap();
    assert!(!whole.shortened && whole.text == long);
}

pub(super) async fn several_places_are_one_timeline(bed: Bed) {
    let (process, all_ids) = ten_exchanges(&bed).await;
    say(&*process.store, message("c", "elsewhere")).await;
    let store = &*process.store;
    let of = |addresses: &[&str]| Some(addresses.iter().map(|it| (*it).to_owned()).collect());
    for limit in [1, 3, 30] {
        let (mut cursor, mut seen) = (Seq::START, Vec::new());
        loop {
            let query = all(limit).but(|query| {
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
    let but_for = all(30).but(|query| query.not_in = vec![place("c")]);
    assert_eq!(ids(store, but_for).await, all_ids);
    let none = all(30).but(|query| {
        query.addresses = of(&["a"]);
        query.not_in = vec![place("a")];
    });
    assert_eq!(ids(store, none).await, [""; 0]);
}

//! The cost of a search, for the searcher and for others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use baton_core::message::{Author, NewMessage, Priority};
use baton_core::place::{Place, QueueMode, Route};
use baton_core::store::Ingest;
use baton_testkit::agent_run::within;
use baton_testkit::layered::{Layer, Layered};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::world::{Setup, World, field};

/// Lets reads pass while open. When closed, stops all reads until reopened.
#[derive(Clone)]
struct Gate {
    open: Arc<Semaphore>,
    came: Arc<AtomicUsize>,
    arrivals: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self {
            open: Arc::new(Semaphore::new(1)),
            came: Arc::default(),
            arrivals: Arc::new(Semaphore::new(0)),
        }
    }

    async fn close(&self) {
        self.open.acquire().await.unwrap().forget();
        let before = self.came.swap(0, Ordering::SeqCst);
        self.arrivals.forget_permits(before);
    }

    /// Waits until this number of further reads has arrived.
    async fn reached_by(&self, count: u32) {
        let arrived = self.arrivals.acquire_many(count);
        within("the reads come", arrived).await.unwrap().forget();
    }
}

#[async_trait]
impl Layer for Gate {
    async fn before_read(&self) {
        self.came.fetch_add(1, Ordering::SeqCst);
        self.arrivals.add_permits(1);
        drop(self.open.acquire().await.unwrap());
    }
}

#[tokio::test]
async fn searches_leave_room_for_others_and_too_many_are_sent_away() {
    /// Maximum number of running and waiting searches.
    const MOST: usize = 16;
    /// Maximum number of running searches.
    const AT_ONCE: u32 = 2;
    let gate = Gate::new();
    let layer = gate.clone();
    let world = Setup::default()
        .wrap(|store| Layered::over(layer, store))
        .start()
        .await;
    gate.close().await;
    let filters = ["search=x", "user=x", "type=AI"];
    let mut searches: FuturesUnordered<_> = (0..=MOST)
        .map(|n| {
            let path = format!("/api/comments?before=latest&{}", filters[n % filters.len()]);
            world.request(Method::GET, &path).send()
        })
        .collect();
    // One search is refused; the other searches wait.
    let refused = within("an answer", searches.next()).await.unwrap().unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    let body: Value = serde_json::from_slice(&refused.bytes().await.unwrap()).unwrap();
    assert_eq!(body["error"], "busy");
    gate.reached_by(AT_ONCE).await;
    // Reads without a search and polls by time do not wait for the searches.
    let reads = world.read("/api/comments?before=latest");
    let polls = world.read("/api/comments?after=1&domain=main");
    let opens = async {
        gate.reached_by(2).await;
        assert_eq!(gate.came.load(Ordering::SeqCst), AT_ONCE as usize + 2);
        gate.open.add_permits(1);
    };
    tokio::join!(reads, polls, opens);
    while let Some(answer) = within("the others", searches.next()).await {
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
    }
}

pub(crate) async fn remember(world: &World, texts: impl Iterator<Item = String>) {
    remember_in(world, "main", texts, &Value::Null).await;
}

/// Stores messages that wait for a worker in this room, with these client fields.
pub(crate) async fn remember_in(
    world: &World,
    room: &str,
    texts: impl Iterator<Item = String>,
    extra: &Value,
) {
    let message = |(number, text): (usize, String)| NewMessage {
        external_id: format!("{room}-{number}").into(),
        part_ids: Vec::new(),
        route: Route {
            place: Place {
                channel: "web".into(),
                account: "default".into(),
                address: room.to_owned(),
            },
            persona: "worker".into(),
            agent: "workers".into(),
            mode: QueueMode::Queue,
            waiting_limit: u32::MAX,
        },
        author: Author {
            id: "local".into(),
            name: "Ada".to_owned(),
        },
        text,
        attachments: Vec::new(),
        reply_to: None,
        reply_route: Value::Null,
        extra: extra.clone(),
        priority: Priority::default(),
    };
    let messages = texts.enumerate().map(message).collect();
    let ingest = Ingest {
        messages,
        ..Ingest::default()
    };
    world.store.ingest(ingest).await.unwrap();
}

#[tokio::test]
async fn a_search_looks_so_far_at_once_and_says_where_to_go_on() {
    const FAR: usize = 5_000;
    let world = World::start().await;
    let texts = (0..=FAR).map(|n| match n {
        0 | FAR => format!("needle {n}"),
        n => format!("hay {n}"),
    });
    remember(&world, texts).await;
    for (begin, name, order) in [
        ("cursor=0", "cursor", ["needle 0", "needle 5000"]),
        ("before=latest", "before", ["needle 5000", "needle 0"]),
    ] {
        let (mut found, mut pages) = (Vec::new(), 0);
        let mut at = begin.to_owned();
        loop {
            let page = world
                .read(&format!("/api/comments?search=needle&{at}"))
                .await;
            found.extend(field(page["comments"].as_array().unwrap(), "text"));
            pages += 1;
            if page["hasMore"] == false {
                break;
            }
            at = format!("{name}={}", page[name]);
        }
        assert_eq!(found, order);
        assert!(pages > 2, "all was looked at in {pages} pages");
    }
    // Lists without a search need no more pages than before.
    let page = world.read("/api/comments?limit=200").await;
    assert_eq!(page["comments"].as_array().unwrap().len(), 200);
}

/// The longest message of a person, and the most expensive one to search for [`rare`].
fn longest() -> String {
    "😀".repeat(16_000)
}

/// Almost matches at nearly every position of [`longest`], but never matches.
fn rare() -> String {
    format!("{}x", "😀".repeat(199))
}

#[tokio::test]
async fn s38_one_step_of_a_search_looks_at_so_many_bytes_and_says_where_to_go_on() {
    let world = World::start().await;
    let texts = std::iter::repeat_n(longest(), 300);
    remember(&world, texts.chain([format!("here {}", rare())])).await;
    let (mut pages, mut at) = (0, "cursor=0".to_owned());
    let found = loop {
        let path = format!("/api/comments?search={}&{at}", rare());
        let page = world.read(&path).await;
        pages += 1;
        if page["hasMore"] == false {
            break field(page["comments"].as_array().unwrap(), "text");
        }
        assert_eq!(page["comments"], json!([]));
        at = format!("cursor={}", page["cursor"]);
    };
    assert_eq!(found, [format!("here {}", rare())]);
    assert!(pages > 2, "19 MB were looked at in {pages} steps");
}

#[tokio::test]
async fn upper_and_lower_case_of_ascii_are_alike_in_a_search() {
    let world = World::start().await;
    let texts = ["GRÜSSE aus Köln", "grüsse aus köln", "100% a_b\\c"];
    remember(&world, texts.map(str::to_owned).into_iter()).await;
    for (term, found) in [
        ("AUS K", vec![texts[0], texts[1]]),
        ("gr", vec![texts[0], texts[1]]),
        ("ÜSS", vec![texts[0]]),
        ("0% A_B\\", vec![texts[2]]),
        ("a%c", vec![]),
        ("a_k", vec![]),
    ] {
        let term = term.replace('%', "%25").replace('\\', "%5C");
        let page = world.read(&format!("/api/comments?search={term}")).await;
        assert_eq!(
            field(page["comments"].as_array().unwrap(), "text"),
            found,
            "{term}"
        );
    }
}

#[tokio::test]
async fn a_list_by_time_is_empty_only_where_nothing_is_left() {
    let world = World::start().await;
    remember(&world, (0..2_100).map(|n| format!("hay {n}"))).await;
    let replies = "/api/comments?after=1&type=AI";
    assert_eq!(world.read(replies).await, json!([]));
    world
        .say(json!({ "text": "needle", "message-type": "AI" }))
        .await;
    let found = world
        .until(replies, |list| {
            let list = list.as_array().unwrap();
            (!list.is_empty()).then(|| field(list, "text"))
        })
        .await;
    assert_eq!(found, ["needle"]);
    for path in [
        "after=1&search=needle",
        "after=1&uss=echo",
        "after=1&user=echo",
    ] {
        let list = world.read(&format!("/api/comments?{path}")).await;
        assert_eq!(
            field(list.as_array().unwrap(), "text"),
            ["needle"],
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_list_by_time_that_would_have_to_look_too_far_says_so() {
    let setup = Setup::default().settings(crate::access::people);
    let setup = setup.settings(|settings| {
        settings.rooms = [("closed".to_owned(), ["ben".into()].into())].into();
    });
    let world = setup.start().await;
    // With many rooms, one step searches only a part of each room.
    for n in 0..60 {
        let room = format!("room {n}");
        remember_in(&world, &room, ["hay".to_owned()].into_iter(), &Value::Null).await;
    }
    remember(&world, (0..7_000).map(|n| format!("hay {n}"))).await;
    let list = world.request(Method::GET, "/api/comments?after=1&type=AI");
    let list = list.bearer_auth("token of ada").send().await.unwrap();
    assert_eq!(list.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(list.headers().contains_key("retry-after"));
    let body: Value = serde_json::from_slice(&list.bytes().await.unwrap()).unwrap();
    assert_eq!(body["error"], "busy");
    assert!(body["message"].as_str().unwrap().contains("cursor"));
}

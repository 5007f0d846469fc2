//! Authentication and permissions.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use baton_channels::web::{PersonAccount, WebSettings};
use baton_testkit::agent_run::within;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::world::{Setup, World, answer, assert_refused};

pub(crate) fn people(settings: &mut WebSettings) {
    let person = |id: &str, operator| PersonAccount {
        id: id.into(),
        name: id.to_uppercase(),
        token: format!("token of {id}").into(),
        operator,
    };
    settings.people = vec![person("ada", false), person("ben", true)];
    settings.operator_token = Some("the program's own".to_owned().into());
    // Most tests send more wrong tokens than the default limit permits.
    settings.wrong_tokens_per_minute = NonZeroU32::MAX;
}

async fn closed() -> World {
    Setup::default().settings(people).start().await
}

async fn public() -> World {
    Setup::default()
        .settings(people)
        .settings(|settings| settings.public = true)
        .start()
        .await
}

/// Every call of the API.
const PATHS: [(&str, &str); 25] = [
    ("POST", "/api/comments"),
    ("GET", "/api/comments"),
    ("GET", "/api/comments/x"),
    ("POST", "/api/comments/x/stop"),
    ("POST", "/api/comments/x/retry"),
    ("GET", "/api/stream"),
    ("POST", "/api/commands"),
    ("GET", "/api/approvals"),
    ("GET", "/api/approvals/1"),
    ("POST", "/api/approvals/1"),
    ("GET", "/api/stats"),
    ("GET", "/api/session"),
    ("GET", "/api/queue/pending"),
    ("POST", "/api/queue/claim"),
    ("POST", "/api/queue/claim-next"),
    ("POST", "/api/queue/heartbeat"),
    ("POST", "/api/queue/complete"),
    ("POST", "/api/queue/fail"),
    ("GET", "/api/status"),
    ("GET", "/api/trace/1"),
    ("GET", "/api/dead"),
    ("POST", "/api/dead/1/replay"),
    ("POST", "/api/dead/1/drop"),
    ("GET", "/api/comments?domain=lab"),
    ("GET", "/api/stream?domain=lab"),
];

fn request(world: &World, (method, path): (&str, &str)) -> RequestBuilder {
    let method: Method = method.parse().unwrap();
    let request = world.request(method.clone(), path);
    if method == Method::POST {
        request.json(&json!({
            "text": "t", "messageId": "x", "workerId": "w", "error": "e", "decision": "allow", "command": "/status",
        }))
    } else {
        request
    }
}

#[tokio::test]
async fn on_loopback_without_accounts_everybody_is_the_operator() {
    let world = World::start().await;
    let who = world.read("/api/session").await;
    assert_eq!(who["id"], "local");
    assert_eq!(who["operator"], true);
    world.read("/api/status").await;
}

#[tokio::test]
async fn behind_a_proxy_loopback_makes_nobody_the_operator() {
    let behind: [fn(&mut WebSettings); 2] = [
        |settings| settings.hosts = vec!["chat.example".to_owned()],
        |settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()],
    ];
    for behind in behind {
        let world = Setup::default().settings(behind).start().await;
        for path in PATHS {
            assert_refused(&answer(request(&world, path)).await, 401, "unauthorized");
        }
    }
}

#[tokio::test]
async fn with_accounts_nothing_is_open_without_one() {
    let world = closed().await;
    for path in PATHS {
        let refused = answer(request(&world, path)).await;
        assert_eq!(refused.0, StatusCode::UNAUTHORIZED, "{path:?}");
        assert_refused(&refused, 401, "unauthorized");
        let forged = request(&world, path).bearer_auth("token of Ada");
        assert_eq!(answer(forged).await.0, StatusCode::UNAUTHORIZED, "{path:?}");
        let empty = request(&world, path).bearer_auth("");
        assert_eq!(answer(empty).await.0, StatusCode::UNAUTHORIZED, "{path:?}");
    }
    let ada = |path: &str| world.request(Method::GET, path).bearer_auth("token of ada");
    assert_eq!(answer(ada("/api/session")).await.1["name"], "ADA");
    assert_eq!(answer(ada("/api/queue/pending")).await.0, StatusCode::OK);
    let said = world.request(Method::POST, "/api/comments");
    let said = said
        .bearer_auth("token of ada")
        .json(&json!({ "text": "t", "priority": 99 }));
    let (status, said) = answer(said).await;
    assert_eq!(
        (status, &said["username"]),
        (StatusCode::CREATED, &json!("ADA"))
    );
}

#[tokio::test]
async fn only_operators_see_what_is_theirs() {
    let world = closed().await;
    for path in PATHS.into_iter().filter(|(_, path)| {
        ["/api/status", "/api/trace", "/api/dead"]
            .iter()
            .any(|theirs| path.starts_with(theirs))
    }) {
        let ada = request(&world, path).bearer_auth("token of ada");
        assert_refused(&answer(ada).await, 403, "forbidden");
        for token in ["token of ben", "the program's own"] {
            let (status, _) = answer(request(&world, path).bearer_auth(token)).await;
            assert!(
                [StatusCode::OK, StatusCode::NOT_FOUND].contains(&status),
                "{path:?}: {status}"
            );
        }
    }
}

#[tokio::test]
async fn a_public_stream_is_open_and_nothing_else_is() {
    let world = public().await;
    let open = [
        "/api/comments",
        "/api/comments/x",
        "/api/stream",
        "/api/session",
    ];
    for path in PATHS {
        if open.contains(&path.1) {
            continue;
        }
        // A guest is a known caller without the permission, hence 403.
        let (code, refusal) = match path {
            ("POST", "/api/approvals/1") => (403, "forbidden"),
            _ => (401, "unauthorized"),
        };
        assert_refused(&answer(request(&world, path)).await, code, refusal);
    }
    let said = world.say(json!({ "text": "hello", "id": "mine" })).await;
    assert_eq!(said["username"], "anonymous");
    world.read("/api/comments/mine").await;
    assert_eq!(world.read("/api/session").await["id"], "guest");
    for comment in [
        json!({ "text": "t", "domain": "lab" }),
        json!({ "text": "t", "message-type": "AI" }),
        json!({ "text": "t", "priority": 6 }),
    ] {
        assert_refused(
            &world.post("/api/comments", comment).await,
            401,
            "unauthorized",
        );
    }
    world
        .say(json!({ "text": "after you", "priority": 0 }))
        .await;
}

#[tokio::test]
async fn a_guest_hears_nothing_of_closed_rooms() {
    let world = public().await;
    let mut events = world.events("").await.ready().await;
    let secret = json!({ "text": "secret", "domain": "lab", "id": "secret", "entity": "worker" });
    let said = world.request(Method::POST, "/api/comments");
    let (status, _) = answer(said.bearer_auth("token of ada").json(&secret)).await;
    assert_eq!(status, StatusCode::CREATED);
    world
        .say(json!({ "text": "open", "entity": "worker" }))
        .await;
    let (kind, first, _) = events.next().await.unwrap();
    assert_eq!((kind.as_str(), &first["text"]), ("comment", &json!("open")));
    let all = world.all().await;
    assert!(all.iter().all(|comment| comment["domain"] == "main"));
    let found = world.read("/api/comments?search=secret").await;
    assert_eq!(found["comments"], json!([]));
    assert_eq!(
        world.get("/api/comments/secret").await.0,
        StatusCode::NOT_FOUND
    );
    // A guessed id reveals nothing either.
    let guess = json!({ "text": "t", "id": "secret" });
    let (status, body) = world.post("/api/comments", guess).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(!body.to_string().contains("lab"), "{body}");
}

#[tokio::test]
async fn who_signs_in_gets_a_cookie_that_no_script_can_read() {
    let world = closed().await;
    let sign_in = |token: &str| {
        let request = world.request(Method::POST, "/api/session");
        request.json(&json!({ "token": token }))
    };
    assert_refused(&answer(sign_in("nonsense")).await, 401, "unauthorized");
    let response = sign_in("token of ben").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("token of ben"));
    let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(body["operator"], true);
    let pair = cookie.split(';').next().unwrap().to_owned();
    let with = |cookie: &str| {
        let request = world.request(Method::GET, "/api/status");
        request.header("cookie", cookie)
    };
    assert_eq!(answer(with(&pair)).await.0, StatusCode::OK);
    assert_eq!(
        answer(with(&named(&world, &"00".repeat(32)))).await.0,
        StatusCode::UNAUTHORIZED
    );
    let out = world.request(Method::DELETE, "/api/session");
    let out = out.header("cookie", &pair).send().await.unwrap();
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    let gone = out.headers()["set-cookie"].to_str().unwrap();
    assert!(
        gone.starts_with(&format!("{};", named(&world, ""))) && gone.contains("Max-Age=0"),
        "{gone}"
    );
}

#[tokio::test]
async fn a_page_from_elsewhere_can_neither_read_nor_post() {
    let world = World::start().await;
    for path in PATHS {
        let from_elsewhere = request(&world, path).header("origin", "http://evil.example");
        assert_refused(&answer(from_elsewhere).await, 403, "foreign_origin");
        let no_origin = request(&world, path).header("origin", "null");
        assert_refused(&answer(no_origin).await, 403, "foreign_origin");
        let rebound = request(&world, path).header("host", "evil.example");
        assert_refused(&answer(rebound).await, 421, "unknown_host");
    }
    for path in ["/", "/r/lab", "/assets/base.css", "/api/openapi.json"] {
        let rebound = world
            .request(Method::GET, path)
            .header("host", "evil.example");
        assert_refused(&answer(rebound).await, 421, "unknown_host");
    }
    let form = world.request(Method::POST, "/api/comments");
    let form = form
        .header("content-type", "text/plain")
        .body(r#"{"text": "t"}"#);
    assert_refused(&answer(form).await, 415, "not_json");
    let none = world.request(Method::POST, "/api/comments/x/stop");
    assert_refused(&answer(none).await, 415, "not_json");
    assert!(world.all().await.is_empty());
    let ours = world.request(Method::GET, "/api/comments");
    let response = ours.header("origin", world.url("")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        !response
            .headers()
            .contains_key("access-control-allow-origin")
    );
}

#[tokio::test]
async fn every_answer_tells_the_browser_what_it_may_not_do() {
    let world = World::start().await;
    for path in [
        "/",
        "/api/comments",
        "/nowhere",
        "/healthz",
        "/assets/base.css",
    ] {
        let response = world.request(Method::GET, path).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    }
}

#[tokio::test]
async fn a_guest_goes_by_no_name_that_is_somebodys() {
    let world = public().await;
    for name in [
        "ADA",
        "ada",
        " Ada ",
        "A.d\u{200b}a",
        "\u{410}d\u{430}",
        "\u{ff21}da",
        "Echo",
        "w\u{43e}rker",
        "Baton",
    ] {
        let said = json!({ "text": "it is me", "username": name });
        let refused = world.post("/api/comments", said).await;
        assert_refused(&refused, 409, "name_taken");
    }
    world
        .say(json!({ "text": "me", "username": "Adalbert" }))
        .await;
    // A signed-in person may use their own name.
    let said = world.request(Method::POST, "/api/comments");
    let said = said
        .bearer_auth("token of ada")
        .json(&json!({ "text": "it is me", "username": "Ada" }));
    assert_eq!(answer(said).await.0, StatusCode::CREATED);
}

/// Sends this number of wrong tokens from an address named by a proxy.
async fn guess(world: &World, address: &str, times: usize) -> (StatusCode, Value) {
    let mut last = (StatusCode::OK, Value::Null);
    for _ in 0..times {
        let request = world.request(Method::GET, "/api/session");
        let request = request.header("x-forwarded-for", address);
        last = answer(request.bearer_auth("wrong")).await;
    }
    last
}

async fn behind_a_proxy() -> World {
    let setup = Setup::default().settings(people).settings(|settings| {
        settings.wrong_tokens_per_minute = NonZeroU32::new(3).unwrap();
        settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    });
    setup.start().await
}

/// Sends a request, and advances the clock by its pause.
async fn after_a_pause(
    world: &World,
    request: RequestBuilder,
    pause: Duration,
) -> (StatusCode, Value) {
    let passing = async {
        within("it waits", world.clock.someone_sleeps(pause)).await;
        world.clock.advance(pause);
    };
    tokio::join!(answer(request), passing).0
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn wrong_tokens_shut_out_nobody_with_a_right_one() {
    let world = behind_a_proxy().await;
    let from = |address: &str, method: Method| {
        let request = world.request(method, "/api/session");
        request.header("x-forwarded-for", address)
    };
    let bearer = |address, token: &str| from(address, Method::GET).bearer_auth(token);
    let sign_in =
        |address, token: &str| from(address, Method::POST).json(&json!({ "token": token }));
    let cookie = cookie_of(&world, "token of ada").await;
    assert_refused(&guess(&world, "1.1.1.1", 2).await, 401, "unauthorized");
    assert_refused(
        &answer(sign_in("1.1.1.1", "wrong")).await,
        401,
        "unauthorized",
    );
    // From now on, each token from this address is checked after a pause, so guessing is slow.
    for wrong in [bearer("1.1.1.1", "wrong"), sign_in("1.1.1.1", "wrong")] {
        let refused = after_a_pause(&world, wrong, SECOND).await;
        assert_refused(&refused, 429, "too_many_wrong_tokens");
    }
    for right in [
        bearer("1.1.1.1", "token of ada"),
        sign_in("1.1.1.1", "token of ben"),
    ] {
        assert_eq!(after_a_pause(&world, right, SECOND).await.0, StatusCode::OK);
    }
    // More wrong tokens lead to a longer pause.
    let refused = after_a_pause(&world, bearer("1.1.1.1", "wrong"), SECOND).await;
    assert_refused(&refused, 429, "too_many_wrong_tokens");
    let right = bearer("1.1.1.1", "token of ada");
    assert_eq!(
        after_a_pause(&world, right, 2 * SECOND).await.0,
        StatusCode::OK
    );
    // Signed-in browsers send no token and never wait, nor do other addresses and the command line.
    let signed_in = from("1.1.1.1", Method::GET).header("cookie", &cookie);
    assert_eq!(answer(signed_in).await.0, StatusCode::OK);
    for (address, token) in [
        ("2.2.2.2", "token of ada"),
        ("1.1.1.1", "the program's own"),
    ] {
        assert_eq!(answer(bearer(address, token)).await.0, StatusCode::OK);
    }
    // The count expires, and a right token never counts.
    world.clock.advance(Duration::from_mins(1));
    for _ in 0..10 {
        let right = bearer("1.1.1.1", "token of ada");
        assert_eq!(answer(right).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn guessing_from_everywhere_takes_its_time_as_well() {
    let world = behind_a_proxy().await;
    for n in 0..50 {
        assert_refused(
            &guess(&world, &format!("1.1.1.{n}"), 3).await,
            401,
            "unauthorized",
        );
    }
    let fresh = || {
        let request = world.request(Method::GET, "/api/session");
        request.header("x-forwarded-for", "2.2.2.2")
    };
    let wrong = after_a_pause(&world, fresh().bearer_auth("wrong"), SECOND).await;
    assert_refused(&wrong, 401, "unauthorized");
    let right = after_a_pause(&world, fresh().bearer_auth("token of ada"), SECOND).await;
    assert_eq!(right.0, StatusCode::OK);
}

#[tokio::test]
async fn a_worthless_cookie_is_taken_back_and_counts_as_no_guess() {
    let world = behind_a_proxy().await;
    let public = public().await;
    let shown = |world: &World, cookie: &str| {
        let request = world.request(Method::GET, "/");
        request.header("cookie", named(world, cookie)).send()
    };
    // Earlier versions put the token itself into the cookie, in hexadecimal digits.
    for cookie in [&"00".repeat(32), "746f6b656e206f6620616461", "", "zz"] {
        for _ in 0..5 {
            let response = shown(&world, cookie).await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
            let gone = response.headers()["set-cookie"].to_str().unwrap();
            assert!(gone.contains("Max-Age=0"), "{cookie}: {gone}");
        }
        let guest = shown(&public, cookie).await.unwrap();
        assert_eq!(guest.status(), StatusCode::OK, "{cookie}");
    }
    let right = world
        .request(Method::GET, "/api/session")
        .bearer_auth("token of ada");
    assert_eq!(answer(right).await.0, StatusCode::OK);
}

/// A cookie with this value, under the cookie name of this Baton.
fn named(world: &World, value: &str) -> String {
    format!("baton_session_{}={value}", world.address.port())
}

/// The cookie of a browser that has signed in with this token.
async fn cookie_of(world: &World, token: &str) -> String {
    let request = world.request(Method::POST, "/api/session");
    let response = request
        .json(&json!({ "token": token }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

async fn known_by(world: &World, cookie: &str) -> StatusCode {
    let request = world.request(Method::GET, "/api/session");
    answer(request.header("cookie", cookie)).await.0
}

#[tokio::test]
async fn who_signs_out_takes_what_their_browser_showed_out_of_use() {
    let world = closed().await;
    let (one, other) = (
        cookie_of(&world, "token of ada").await,
        cookie_of(&world, "token of ada").await,
    );
    assert_ne!(one, other);
    let out = world
        .request(Method::DELETE, "/api/session")
        .header("cookie", &one);
    assert_eq!(answer(out).await.0, StatusCode::NO_CONTENT);
    assert_eq!(known_by(&world, &one).await, StatusCode::UNAUTHORIZED);
    assert_eq!(known_by(&world, &other).await, StatusCode::OK);
    // A sign-in expires after a month.
    world.clock.advance(Duration::from_hours(24 * 30));
    assert_eq!(known_by(&world, &other).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_restart_signs_nobody_out_but_another_token_does() {
    let world = closed().await;
    let cookie = cookie_of(&world, "token of ada").await;
    let other = |change: fn(&mut WebSettings)| {
        let store = Arc::clone(&world.store);
        let setup = Setup::default().settings(people).settings(change);
        setup.wrap(move |_| store).start()
    };
    // Each of these Batons listens on its own port, and so has another cookie name.
    let (_, secret) = cookie.split_once('=').unwrap();
    let shown = async |world: &World| known_by(world, &named(world, secret)).await;
    assert_eq!(shown(&other(|_| {}).await).await, StatusCode::OK);
    let changed = other(|settings| settings.people[0].token = "another".to_owned().into()).await;
    assert_eq!(shown(&changed).await, StatusCode::UNAUTHORIZED);
    let without =
        other(|settings| settings.people.retain(|person| person.id.as_str() != "ada")).await;
    assert_eq!(shown(&without).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn two_batons_on_one_host_leave_each_others_cookies_alone() {
    let (one, other) = (closed().await, closed().await);
    // A jar like a browser's, which ignores ports.
    let mut jar = std::collections::BTreeMap::new();
    for world in [&one, &other] {
        let cookie = cookie_of(world, "token of ada").await;
        let (name, value) = cookie.split_once('=').unwrap();
        jar.insert(name.to_owned(), value.to_owned());
    }
    let cookies: Vec<_> = jar
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    for world in [&one, &other] {
        let request = world.request(Method::GET, "/api/session");
        let response = request.header("cookie", cookies.join("; ")).send().await;
        let response = response.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert!(!response.headers().contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn a_member_writes_under_no_name_that_is_anothers() {
    let world = closed().await;
    let say = |token: &str, name: &str| {
        let request = world
            .request(Method::POST, "/api/comments")
            .bearer_auth(token);
        answer(request.json(&json!({ "text": "it is me", "username": name })))
    };
    for name in ["BEN", "ben", "B\u{435}n", "echo", "\u{415}cho", "Baton"] {
        assert_refused(&say("token of ada", name).await, 409, "name_taken");
    }
    for name in ["ADA", "Ada", "\u{410}da", "Adalbert"] {
        assert_eq!(
            say("token of ada", name).await.0,
            StatusCode::CREATED,
            "{name}"
        );
    }
    // Operators may use other names, because bridge programs post for other people.
    assert_eq!(say("token of ben", "ADA").await.0, StatusCode::CREATED);
}

//! Access: named people, members of rooms, and strangers.

use reqwest::Method;
use serde_json::{Value, json};

use super::says;
use crate::program::{Home, client};

#[test]
fn nobody_is_named_as_those_who_need_not_sign_in() {
    for name in ["guest", "local"] {
        let person = format!("[people.{name}]\ntoken = {{ env = \"TOKEN\" }}\n");
        says(
            &person,
            &[
                "baton.toml:1:",
                &format!("`{name}` is the reserved name"),
                "choose another name",
            ],
        );
    }
}

#[test]
fn a_room_for_nobody_who_is_known_is_refused() {
    let agent = "[agents.x]\nkind = \"echo\"\n";
    let people = "[people.anna]\ntoken = { env = \"ANNA\" }\n";
    says(
        &format!("{agent}{people}[channels.web.rooms.staff]\nmembers = [\"anna\", \"ana\"]\n"),
        &[
            "baton.toml:6:20:",
            "channels.web.rooms.staff.members.1",
            "no person `ana`",
            "did you mean `anna`?",
        ],
    );
    says(
        &format!("{agent}[channels.web.rooms.staff]\nmembers = [\"ann\"]\n"),
        &["baton.toml:4:12:", "no [people.ann]"],
    );
    says(
        &format!("{agent}[channels.web]\npublic = true\n[channels.web.rooms.main]\nmembers = []\n"),
        &["baton.toml:5:", "channels.web.rooms.main", "public = true"],
    );
}

#[tokio::test]
async fn a_room_for_some_is_open_to_its_members_and_operators() {
    let home = Home::with(
        "[agents.x]\nkind = \"echo\"\n[channels.web.rooms.staff]\nmembers = [\"ann\"]\n\
         [people.ann]\ntoken = { env = \"ANN\" }\n[people.cid]\ntoken = { env = \"CID\" }\n",
    );
    let home = home.env("ANN", "token-of-ann").env("CID", "token-of-cid");
    let baton = home.start();
    let said = serde_json::json!({ "text": "for some", "domain": "staff", "id": "said" });
    for (token, written, read) in [("token-of-ann", 201, 200), ("token-of-cid", 404, 404)] {
        let request = client().post(baton.url("/api/comments")).bearer_auth(token);
        let response = request.json(&said).send().await.unwrap();
        assert_eq!(response.status(), written, "{token}");
        let request = client()
            .get(baton.url("/api/comments/said"))
            .bearer_auth(token);
        assert_eq!(request.send().await.unwrap().status(), read, "{token}");
    }
}

#[test]
fn two_people_with_one_token_are_refused() {
    let home = Home::with(
        "[agents.x]\nkind = \"echo\"\n\
         [people.ann]\ntoken = { env = \"ONE\" }\n[people.ben]\ntoken = { env = \"OTHER\" }\n",
    );
    let same = home.env("ONE", "long-enough").env("OTHER", "long-enough");
    let refused = same.run(&["config", "check"]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    for part in ["baton.toml:6:1:", "people.ben.token", "ann"] {
        assert!(refused.err.contains(part), "{}", refused.err);
    }
    assert!(!refused.err.contains("long-enough"), "{}", refused.err);
}

#[test]
fn beyond_this_machine_only_with_people_or_in_public() {
    let agent = "[agents.x]\nkind = \"echo\"\n";
    let listen = "[server]\nlisten = \"0.0.0.0:0\"\n";
    says(
        &format!("{agent}{listen}"),
        &["baton.toml:4:1:", "[people.NAME]", "public = true"],
    );
    let home = Home::with(agent);
    let refused = home.run(&["--listen", "0.0.0.0:0"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("public = true"), "{}", refused.err);

    let public = Home::with(&format!("{agent}{listen}[channels.web]\npublic = true\n"));
    assert_eq!(public.run(&["config", "check"]).code, Some(0));
    let people = format!("{agent}{listen}[people.ann]\ntoken = {{ env = \"ANN\" }}\n");
    let people = Home::with(&people).env("ANN", "a-long-token");
    assert_eq!(people.run(&["config", "check"]).code, Some(0));
}

#[test]
fn behind_a_proxy_strangers_can_come_even_to_loopback() {
    let agent = "[agents.x]\nkind = \"echo\"\n";
    for (line, at) in [
        ("hosts = [\"chat.example\"]", "baton.toml:4:1:"),
        ("trusted_proxies = [\"127.0.0.1\"]", "baton.toml:4:1:"),
        (
            "listen = \"127.0.0.1:0\"\nhosts = [\"chat.example\"]",
            "baton.toml:5:1:",
        ),
    ] {
        says(
            &format!("{agent}[server]\n{line}\n"),
            &[at, "proxy", "[people.NAME]", "public = true"],
        );
    }
}

#[tokio::test]
async fn behind_a_proxy_a_stranger_is_a_guest_and_their_posts_are_limited() {
    let agent = "[agents.x]\nkind = \"echo\"\n[channels.web]\npublic = true\n";
    let home = Home::with(&format!(
        "{agent}[server]\nhosts = [\"chat.example\"]\ntrusted_proxies = [\"127.0.0.1\"]\n"
    ));
    let baton = home.start();
    let through_the_proxy = |method: Method, path: &str| {
        let request = client().request(method, baton.url(path));
        request
            .header("host", "chat.example")
            .header("x-forwarded-for", "203.0.113.7")
    };
    let get = |path| through_the_proxy(Method::GET, path).send();
    let who: Value = get("/api/session").await.unwrap().json().await.unwrap();
    assert_eq!(who["id"], "guest");
    for path in ["/api/status", "/api/dead", "/api/trace/1", "/api/stats"] {
        assert_eq!(get(path).await.unwrap().status(), 401, "{path}");
    }
    let mut refusals = 0;
    for number in 0..15 {
        let post = through_the_proxy(Method::POST, "/api/comments");
        let body = json!({ "text": format!("number {number}") });
        let answer = post.json(&body).send().await.unwrap();
        refusals += usize::from(answer.status() == 429);
    }
    assert!(refusals > 0);
}

#[tokio::test]
async fn posts_are_limited_as_soon_as_strangers_can_come() {
    let agent = "[agents.x]\nkind = \"echo\"\n[channels.web]\npublic = true\n";
    let refusals = async |listen: &str| {
        let home = Home::with(agent);
        let baton = home.start_with(&["--listen", listen]);
        let url = format!("http://127.0.0.1:{}/api/comments", baton.address().port());
        let mut refusals = 0;
        for number in 0..15 {
            let body = json!({ "text": format!("number {number}") });
            let client = client();
            let response = client.post(&url).json(&body).send().await.unwrap();
            refusals += usize::from(response.status() == 429);
        }
        refusals
    };
    assert!(refusals("0.0.0.0:0").await > 0);
    assert_eq!(refusals("127.0.0.1:0").await, 0);
}

//! s78: secrets do not appear in any output.

use nix::sys::signal::Signal;
use serde_json::json;

use crate::program::{Home, client};

const KEY: &str = "sk-THE-KEY-0123456789";
const TOKEN: &str = "THE-TOKEN-0123456789";

#[tokio::test]
async fn s78_no_secret_in_any_output_nor_in_a_childs_environment() {
    let configuration = "
        [agents.env]
        kind = \"command\"
        command = [\"sh\", \"-c\", \"env; echo THE-END\"]
        [agents.model]
        kind = \"openai\"
        base_url = \"http://127.0.0.1:1/v1\"
        model = \"m\"
        api_key = { env = \"MODEL_KEY\" }
        [personas.env]
        agent = \"env\"
        [personas.model]
        agent = \"model\"
        [channels.web]
        persona = \"env\"
        [people.ann]
        token = { file = \"ann.token\" }
        operator = true
        [limits]
        attempts_unavailable = 1
        [server]
        log = \"trace\"
    ";
    let home = Home::with(configuration).env("MODEL_KEY", KEY);
    std::fs::write(home.path().join("ann.token"), TOKEN).unwrap();
    let baton = home.start();
    let mut seen = baton.started.to_string();
    for entity in ["env", "model"] {
        let body = json!({ "text": "hello", "entity": entity, "id": entity });
        let post = client().post(baton.url("/api/comments")).bearer_auth(TOKEN);
        let response = post.json(&body).send().await.unwrap();
        assert!(response.status().is_success(), "{}", response.status());
    }
    let stream = client().get(baton.url("/api/stream?cursor=0"));
    let mut stream = stream.bearer_auth(TOKEN).send().await.unwrap();
    while !(seen.contains("\"replyTo\":\"env\"") && seen.contains("Not answered, after one try")) {
        let piece = stream.chunk().await.unwrap().expect("the stream goes on");
        seen.push_str(&String::from_utf8_lossy(&piece));
    }
    assert!(
        seen.contains("THE-END"),
        "the child's environment is not in: {seen}"
    );
    for words in [
        vec!["status"],
        vec!["status", "--json"],
        vec!["dead", "list"],
        vec!["trace", "model"],
        vec!["config", "check"],
        vec!["config", "check", "--json"],
        vec!["--listen", "127.0.0.1:0"],
    ] {
        let done = home.run(&words);
        seen.push_str(&done.out);
        seen.push_str(&done.err);
    }
    let daemon = std::fs::read_to_string(home.data().join("daemon.json")).unwrap();
    let daemon: serde_json::Value = serde_json::from_str(&daemon).unwrap();
    let operator = daemon["token"].as_str().unwrap().to_owned();
    let done = baton.stop(Signal::SIGTERM);
    assert!(done.err.contains("TRACE"), "the log is not all there");
    seen.push_str(&done.out);
    seen.push_str(&done.err);
    for secret in [KEY, TOKEN, &operator] {
        let at = seen.find(secret);
        let around = at.map(|at| &seen[at.saturating_sub(200)..at]);
        assert_eq!(around, None, "a secret was shown");
    }
}

#[test]
fn s78_a_secret_in_a_wrong_place_is_not_repeated() {
    for line in [
        format!("[agents.a]\nkind = \"openai\"\nmodel = \"m\"\nbase_url = \"{KEY}\""),
        format!("[agents.a]\nkind = \"openai\"\napi_key = \"{KEY}\""),
        format!("[agents.a]\nkind = \"openai\"\napi_key = {KEY}"),
        format!("[agents.a]\nkind = \"openai\"\napi_key = {{ envv = \"{KEY}\" }}"),
        format!("[agents.a]\nkind = \"echo\"\nat_once = \"{KEY}\""),
        format!("[people.ann]\ntoken = \"{KEY}\""),
        format!("[people.ann]\ntoken = [\"{KEY}\"]"),
        format!("[server]\nlisten = \"{KEY}\""),
        format!("[server]\ntrusted_proxies = [\"{KEY}\"]"),
    ] {
        let refused = Home::with(&line).run(&["config", "check"]);
        assert_eq!(refused.code, Some(2), "{line}");
        assert!(!refused.err.contains("sk-"), "{}", refused.err);
    }
}

#[tokio::test]
async fn what_a_program_complains_about_is_for_the_log_and_operators_and_for_no_guest() {
    let configuration = r#"
        [agents.leaky]
        kind = "command"
        command = ["sh", "-c", "echo \"cannot read /srv/private/key.pem: DB_PASSWORD=hunter2\" >&2; exit 3"]
        [personas.leaky]
        agent = "leaky"
        [channels.web]
        persona = "leaky"
        public = true
        [people.ann]
        token = { file = "ann.token" }
        [limits]
        first_pause_seconds = 0.05
    "#;
    let home = Home::with(configuration);
    std::fs::write(home.path().join("ann.token"), TOKEN).unwrap();
    let baton = home.start();
    baton.post(json!({ "text": "hello", "id": "one" })).await;
    let mut seen = baton.stream_with(&["Not answered, after 3 tries"]).await;
    for path in ["/api/comments", "/api/comments/one", "/", "/api/trace/one"] {
        let answer = client().get(baton.url(path)).send().await.unwrap();
        seen.push_str(&answer.text().await.unwrap());
    }
    // A member without the operator's rights does not see it either.
    let body = json!({ "command": "/trace 1" });
    let trace = client().post(baton.url("/api/commands")).bearer_auth(TOKEN);
    let trace = trace
        .json(&body)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(trace.contains("exit code 3"), "{trace}");
    seen.push_str(&trace);
    for private in ["hunter2", "/srv/private"] {
        assert!(!seen.contains(private), "{seen}");
    }
    assert!(seen.contains("ended with exit code 3"), "{seen}");
    assert!(seen.contains("(message 1)"), "{seen}");

    let trace = home.run(&["trace", "1"]).out;
    assert_eq!(trace.matches("hunter2").count(), 3, "{trace}");
    let log = baton.stop(Signal::SIGTERM).err;
    let told = log.lines().filter(|line| line.contains("hunter2"));
    let told: Vec<_> = told.collect();
    assert_eq!(told.len(), 3, "{log}");
    assert!(
        told.iter().all(|line| line.contains("messages=[1]")),
        "{log}"
    );
}

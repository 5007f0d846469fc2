//! The whole program with the real Claude CLI and a scripted Messages API.

use std::path::PathBuf;

use baton_testkit::claude_cli::ClaudeCli;
use baton_testkit::lifeline::Lifeline;
use baton_testkit::messages_api::{Answer, MessagesApi};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::program::{Home, Running, client};

/// The home folder of a Baton, a CLI, and its API.
struct ClaudeSetup {
    home: Home,
    cli: ClaudeCli,
    api: MessagesApi,
}

impl ClaudeSetup {
    /// A configuration with the lines `agent` in the agent's table, and `more` behind the table.
    async fn new(agent: &str, more: &str) -> Self {
        let (cli, api) = (ClaudeCli::new(), MessagesApi::start().await);
        let env = cli.env(&api).into_iter();
        let env: Vec<_> = env
            .map(|(name, value)| format!("{name} = {value:?}"))
            .collect();
        let (program, directory) = (cli.program(), cli.work().display().to_string());
        let home = Home::with(&format!(
            "[agents.code]\nkind = \"claude\"\nprogram = {program:?}\ndirectory = {directory:?}\n\
             env = {{ {} }}\n{agent}\n{more}\n[limits]\nfirst_pause_seconds = 0.05\n",
            env.join(", ")
        ));
        Self { home, cli, api }
    }

    fn note(&self) -> PathBuf {
        self.cli.work().join("note")
    }

    /// A Baton whose agent has asked for permission to write a note, and the question.
    async fn ask_permission(&self) -> (Running, Value) {
        let input = json!({"file_path": self.note(), "content": "written"});
        self.api.next(Answer::tool("Write", input));
        self.api.always(|_| Answer::text("so be it"));
        let baton = self.home.start();
        let message = json!({"text": "write a note", "id": "one"});
        baton.post(message).await;
        baton.stream_with(&["\"message-type\":\"question\""]).await;
        let list = get(&baton, "/api/approvals?open=true").await;
        let question = list["approvals"][0].clone();
        (baton, question)
    }
}

async fn get(baton: &Running, path: &str) -> Value {
    let response = client().get(baton.url(path)).send().await.unwrap();
    response.json().await.unwrap()
}

async fn decide(baton: &Running, question: &Value, decision: Value) {
    let path = format!("/api/approvals/{}", question["id"]);
    let post = client().post(baton.url(&path)).json(&decision);
    let response = post.send().await.unwrap();
    assert!(
        response.status().is_success(),
        "{}",
        response.text().await.unwrap()
    );
}

/// Part of a comment that is a reply.
const REPLY: &str = "\"message-type\":\"AI\"";

fn replies(told: &str) -> usize {
    told.matches(REPLY).count()
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_write_that_is_allowed_over_http_is_done() {
    let setup = ClaudeSetup::new("", "").await;
    let (baton, question) = setup.ask_permission().await;
    assert_eq!(question["tool"], "Write", "{question}");
    assert!(!setup.note().exists());
    decide(&baton, &question, json!({"decision": "allow"})).await;
    let told = baton.stream_with(&[REPLY]).await;
    assert_eq!(std::fs::read_to_string(setup.note()).unwrap(), "written");
    assert!(told.contains("Allowed"), "{told}");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_write_that_is_denied_over_http_is_not_done_and_the_model_is_told_why() {
    let setup = ClaudeSetup::new("", "").await;
    let (baton, question) = setup.ask_permission().await;
    let decision = json!({"decision": "deny", "reason": "not on a Friday"});
    decide(&baton, &question, decision).await;
    baton.stream_with(&[REPLY]).await;
    assert!(!setup.note().exists());
    let (_, why, _) = setup.api.asked()[1].tool_results().remove(0);
    assert!(why.contains("not on a Friday"), "{why}");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s53_a_write_that_nobody_decides_is_denied() {
    let setup = ClaudeSetup::new("", "[approvals]\nopen_seconds = 0.5").await;
    let (baton, question) = setup.ask_permission().await;
    let told = baton.stream_with(&[REPLY]).await;
    assert!(told.contains("nobody decided within"), "{told}");
    assert!(!setup.note().exists());
    let (_, why, _) = setup.api.asked()[1].tool_results().remove(0);
    assert!(why.contains("nobody decided within"), "{why}");
    // A late decision is refused.
    let path = format!("/api/approvals/{}", question["id"]);
    let late = client()
        .post(baton.url(&path))
        .json(&json!({"decision": "allow"}));
    assert_eq!(late.send().await.unwrap().status(), 409);
    assert!(!setup.note().exists());
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s54_a_question_outlives_baton_and_its_answer_reaches_the_next_try() {
    let setup = ClaudeSetup::new("", "").await;
    let (baton, question) = setup.ask_permission().await;
    baton.stop(Signal::SIGKILL);
    let input = json!({"file_path": setup.note(), "content": "written"});
    // The retried agent wants the same tool.
    setup.api.next(Answer::tool("Write", input));
    let baton = setup.home.start();
    decide(&baton, &question, json!({"decision": "allow"})).await;
    let told = baton.stream_with(&[REPLY]).await;
    assert!(setup.note().exists(), "{told}");
    assert_eq!(replies(&told), 1, "{told}");
    let questions = told.matches("\"message-type\":\"question\"").count();
    assert_eq!(questions, 1, "people are not asked twice: {told}");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s80_a_turn_of_a_killed_baton_goes_on_in_its_session() {
    let setup = ClaudeSetup::new("allowed_tools = [\"Bash\"]", "").await;
    let mut line = Lifeline::new();
    let command = format!("exec 3>{}; echo up >&3; sleep 1000", line.path().display());
    setup
        .api
        .next(Answer::tool("Bash", json!({"command": command})));
    let baton = setup.home.start();
    baton
        .post(json!({"text": "mow the lawn", "id": "one"}))
        .await;
    line.held(1).await;
    baton.stop(Signal::SIGKILL);
    line.let_go().await;

    setup.api.next(Answer::text("it is mown"));
    let baton = setup.home.start();
    let told = baton.stream_with(&[REPLY]).await;
    assert!(told.contains("it is mown"), "{told}");
    assert_eq!(replies(&told), 1, "{told}");
    let asked = setup.api.asked();
    let [first, again] = &asked[..] else {
        panic!("{} requests", asked.len());
    };
    assert_eq!(first.session, again.session);
    let said = again.messages();
    let told = said
        .iter()
        .filter(|(role, said)| *role == "user" && said.contains("mow the lawn"));
    assert_eq!(told.count(), 2, "{said:?}");
    assert!(
        again
            .last_said()
            .contains("Check the finished work before you act again")
    );
    // The next message works as well.
    baton
        .post(json!({"text": "and the hedge", "id": "two"}))
        .await;
    baton.stream_with_times(REPLY, 2).await;
    let asked = setup.api.asked();
    assert_eq!(asked[2].session, first.session);
    assert!(asked[2].mentions("it is mown"));
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s81_a_turn_that_does_not_end_in_time_goes_on_after_the_restart() {
    let limits = "[server]\nlog = \"info\"";
    let setup = ClaudeSetup::new("allowed_tools = [\"Bash\"]", limits).await;
    let configuration = std::fs::read_to_string(setup.home.configuration()).unwrap();
    let configuration = format!("{configuration}shutdown_grace_seconds = 0\n");
    std::fs::write(setup.home.configuration(), configuration).unwrap();
    let mut line = Lifeline::new();
    let command = format!("exec 3>{}; echo up >&3; sleep 1000", line.path().display());
    setup
        .api
        .next(Answer::tool("Bash", json!({"command": command})));
    let baton = setup.home.start();
    baton
        .post(json!({"text": "mow the lawn", "id": "one"}))
        .await;
    line.held(1).await;
    let done = baton.stop(Signal::SIGTERM);
    assert_eq!(done.code, Some(0), "{}", done.err);
    line.let_go().await;
    setup.api.next(Answer::text("it is mown"));
    let baton = setup.home.start();
    baton.stream_with(&[REPLY]).await;
    let asked = setup.api.asked();
    assert_eq!(asked[0].session, asked[1].session);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s78_no_secret_is_told_and_the_cli_has_its_own_only() {
    const KEY: &str = "sk-ant-THE-KEY-0123456789";
    const OTHER: &str = "sk-ANOTHER-KEY-0123456789";
    const TOKEN: &str = "THE-TOKEN-0123456789";
    let setup = ClaudeSetup::new(
        "secrets = { ANTHROPIC_AUTH_TOKEN = { file = \"key\" } }\nallowed_tools = [\"Bash\"]",
        "[agents.model]\nkind = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:1/v1\"\n\
         api_key = { env = \"MODEL_KEY\" }\n[people.ann]\ntoken = { file = \"ann.token\" }\n\
         operator = true\n[channels.web]\nagent = \"code\"\n[server]\nlog = \"trace\"",
    )
    .await;
    let setup = ClaudeSetup {
        home: setup.home.env("MODEL_KEY", OTHER),
        ..setup
    };
    for (name, secret) in [("key", KEY), ("ann.token", TOKEN)] {
        std::fs::write(setup.home.path().join(name), secret).unwrap();
    }
    let baton = setup.home.start();
    let daemon = std::fs::read_to_string(setup.home.data().join("daemon.json")).unwrap();
    let daemon: Value = serde_json::from_str(&daemon).unwrap();
    let operator = daemon["token"].as_str().unwrap();

    let environment = setup.cli.work().join("environment");
    let command = format!("cat /proc/$PPID/environ >{}", environment.display());
    setup
        .api
        .next(Answer::tool("Bash", json!({"command": command})));
    let mut seen = baton.started.to_string();
    // The model's server puts the key into its errors, for an invalid key and for another reason.
    for (id, status) in [("it", 200), ("a", 401), ("b", 400)] {
        if status != 200 {
            setup
                .api
                .always(move |_| Answer::status(status, &format!("what is {KEY}?")));
        }
        let comment = json!({"text": "show it", "id": id});
        let post = client().post(baton.url("/api/comments")).bearer_auth(TOKEN);
        let response = post.json(&comment).send().await.unwrap();
        assert!(response.status().is_success(), "{}", response.status());
        let stream = client().get(baton.url("/api/stream?cursor=0"));
        let mut stream = stream.bearer_auth(TOKEN).send().await.unwrap();
        while !seen.contains(&format!("\"replyTo\":\"{id}\"")) {
            let piece = stream.chunk().await.unwrap().expect("the stream goes on");
            seen.push_str(&String::from_utf8_lossy(&piece));
        }
    }
    for words in [
        vec!["status"],
        vec!["status", "--json"],
        vec!["dead", "list"],
        vec!["trace", "it"],
        vec!["trace", "b"],
        vec!["config", "check"],
    ] {
        let done = setup.home.run(&words);
        seen.push_str(&done.out);
        seen.push_str(&done.err);
    }
    let done = baton.stop(Signal::SIGTERM);
    assert!(done.err.contains("TRACE"), "the log is not all there");
    seen.push_str(&done.out);
    seen.push_str(&done.err);
    for secret in [KEY, OTHER, TOKEN, operator] {
        let at = seen.find(secret);
        let around = at.map(|at| &seen[at.saturating_sub(200)..at]);
        assert_eq!(around, None, "a secret was shown");
    }
    // The CLI gets only its own secret.
    let environment = std::fs::read_to_string(environment).unwrap();
    assert!(environment.contains(KEY), "that is the CLI's environment");
    for secret in [OTHER, TOKEN, operator] {
        assert!(!environment.contains(secret), "{environment}");
    }
}

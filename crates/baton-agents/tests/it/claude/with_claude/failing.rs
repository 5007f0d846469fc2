//! The reasons for a missing reply.

use baton_agents::ClaudeSettings;
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::messages_api::Answer;
use serde_json::json;

use super::{Bed, agent};
use crate::{answer, detail, failed, rejected, unavailable};

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn what_the_models_server_says_decides_whether_it_is_tried_again() {
    let bed = Bed::new().await;
    for status in [400, 401, 403, 404] {
        bed.api
            .always(move |_| Answer::status(status, "the script says no"));
        let reason = rejected(answer(&bed.agent(), "hello").await);
        let secret = matches!(status, 401 | 403);
        assert_eq!(
            reason.contains("the key") || reason.contains("a key"),
            secret,
            "{reason}"
        );
    }
    // The next attempt sends less.
    bed.api
        .always(|_| Answer::status(413, "the script says no"));
    failed(answer(&bed.agent(), "hello").await);
    for status in [429, 500, 503, 529] {
        bed.api
            .always(move |_| Answer::status(status, "the script says no"));
        let end = answer(&bed.agent(), "hello").await;
        let all = format!("{end:?}");
        assert!(!all.contains("sk-ant-made-up"), "{all}");
        let reason = unavailable(end);
        assert!(!reason.contains("the script"), "{reason}");
    }
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_server_that_is_away_is_unavailable() {
    let bed = Bed::new().await;
    let settings = bed.settings();
    let mut env = settings.env.clone();
    env.insert("ANTHROPIC_BASE_URL".to_owned(), "http://127.0.0.1:1".into());
    let away = agent(ClaudeSettings { env, ..settings });
    unavailable(answer(&away, "hello").await);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn without_an_account_it_says_what_to_do() {
    let bed = Bed::new().await;
    let mut settings = bed.settings();
    settings.env.remove("ANTHROPIC_API_KEY");
    let reason = rejected(answer(&agent(settings), "hello").await);
    assert!(reason.contains("not signed in"), "{reason}");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn what_it_does_not_understand_is_kept_for_operators() {
    let bed = Bed::new().await;
    let settings = ClaudeSettings {
        args: vec!["--no-such-option".to_owned()],
        ..bed.settings()
    };
    let detail = detail(answer(&agent(settings), "hello").await);
    assert!(detail.contains("--no-such-option"), "{detail}");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn what_it_used_before_it_failed_is_told() {
    let bed = Bed::new().await;
    let read = json!({"file_path": bed.file("none")});
    bed.api.next(Answer::tool("Read", read));
    bed.api
        .always(|_| Answer::status(400, "the script says no"));
    let mut run = AgentRun::start(&bed.agent(), turn("go"));
    while run.used().cost_micros.is_none() {
        run.meanwhile(tokio::task::yield_now()).await;
    }
    assert!(run.used().input_tokens >= Some(7), "{:?}", run.used());
    rejected(run.end().await);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_limit_of_its_own_is_not_tried_again() {
    let bed = Bed::new().await;
    bed.api
        .next(Answer::tool("Bash", json!({"command": "true"})));
    let settings = ClaudeSettings {
        args: ["--max-turns", "1"].map(str::to_owned).to_vec(),
        allowed_tools: vec!["Bash".to_owned()],
        ..bed.settings()
    };
    let run = AgentRun::start(&agent(settings), turn("go"));
    assert_eq!(
        rejected(run.end().await),
        "Claude reached its limit of turns and was stopped"
    );
}

//! Messages to people about a missing reply, and the class of each error.

use std::time::Duration;

use baton_agents::OpenAiSettings;
use baton_core::agent::{AgentError, Reply};
use baton_testkit::agent_run::{AgentRun, turn, within};
use baton_testkit::model_server::{Answer, ModelServer, delta, event};

use super::{agent, settings, timed};
use crate::{answer, detail, failed, rejected, unavailable};

/// The agent's result for an answer, with a key that must stay secret.
async fn made_of(reply: Answer) -> Result<Reply, AgentError> {
    let server = ModelServer::start().await;
    server.next(reply);
    let settings = OpenAiSettings {
        api_key: Some("sk-hunter2".into()),
        ..settings(&server)
    };
    answer(&agent(settings), "hello").await
}

#[tokio::test]
async fn a_server_that_is_down_is_waited_for() {
    let server = ModelServer::start().await;
    let agent = agent(settings(&server));
    answer(&agent, "hello").await.unwrap();
    server.go_down().await;
    assert_eq!(
        unavailable(answer(&agent, "hello").await),
        "the model server cannot be reached (connection refused; is it running?)"
    );
    server.come_back().await;
    answer(&agent, "hello").await.unwrap();
}

#[tokio::test]
async fn a_host_that_is_not_there_is_waited_for_and_not_told() {
    let address = "http://ann:hunter2@no-such-host.invalid/v1";
    let agent = agent(OpenAiSettings::new(address.parse().unwrap(), "m"));
    let reason = unavailable(answer(&agent, "hello").await);
    assert_eq!(reason, "the model server cannot be reached (no connection)");
}

#[tokio::test]
async fn a_server_that_cannot_now_is_waited_for() {
    assert_eq!(
        unavailable(made_of(Answer::status(500, "out of memory")).await),
        "the model server cannot answer now (500 Internal Server Error)"
    );
    let too_many = made_of(Answer::too_many(7)).await.unwrap_err();
    assert_eq!(
        too_many.to_string(),
        "the model server cannot answer now (429 Too Many Requests)"
    );
    assert_eq!(too_many.retry_after, Some(Duration::from_secs(7)));
    assert_eq!(too_many.detail.as_deref(), Some("slow down"));
    let page = Answer::response(502, "text/html", "<html>Bad Gateway</html>");
    assert_eq!(
        unavailable(made_of(page).await),
        "the model server cannot answer now (502 Bad Gateway)"
    );
}

#[tokio::test]
async fn a_request_that_is_refused_is_not_made_again() {
    let message = "model \"m\" not found, try pulling it first";
    let missing = made_of(Answer::status(404, message)).await.unwrap_err();
    assert_eq!(
        missing.to_string(),
        "the model server refused the request (404 Not Found)"
    );
    assert_eq!(missing.detail.as_deref(), Some(message));
    for body in [
        r#"{"error": "too big"}"#,
        r#"{"object": "error", "message": "too big"}"#,
        r#"{"detail": [{"message": "too big"}]}"#,
        "too big",
    ] {
        let answer = Answer::response(400, "application/json", body);
        let error = made_of(answer).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the model server refused the request (400 Bad Request)"
        );
        assert_eq!(error.detail.as_deref(), Some("too big"));
    }
    let long = detail(made_of(Answer::status(400, &"long ".repeat(100_000))).await);
    assert!(long.chars().count() < 400, "{long}");
}

#[tokio::test]
async fn s78_the_key_is_not_told() {
    for status in [400, 401, 403, 500] {
        let answer = Answer::status(status, "Incorrect API key provided: sk-hunter2.");
        let error = made_of(answer).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let stream = "data: {\"error\": {\"message\": \"bad key sk-hunter2\"}}\n\n";
    let detail = detail(made_of(Answer::pieces([stream])).await);
    assert_eq!(detail, "bad key ***");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let reason = rejected(made_of(Answer::response(308, "text/plain", "")).await);
    assert!(reason.contains("correct the agent's base_url"), "{reason}");
}

#[tokio::test]
async fn a_web_page_is_no_model() {
    let reason = rejected(made_of(Answer::response(200, "text/html", "<html>")).await);
    assert!(
        reason.contains("a web page, not to a model server"),
        "{reason}"
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_failure() {
    assert_eq!(
        failed(made_of(Answer::breaks_after("so far")).await),
        "the model server's answer broke off: the connection broke"
    );
    // A proper end of the connection, but no end of the reply.
    assert_eq!(
        failed(made_of(Answer::pieces([delta("so far")])).await),
        "the model server's answer broke off: the server ended its answer in the middle"
    );
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_a_failure() {
    let reason = "the model server's answer broke off: the server's answer could not be understood";
    assert_eq!(
        failed(made_of(Answer::pieces(["data: {\"cho\n\n"])).await),
        reason
    );
    let document = Answer::response(200, "application/json", "{\"cho");
    assert_eq!(failed(made_of(document).await), reason);
}

#[tokio::test]
async fn a_failure_that_the_stream_tells_is_one() {
    let status = "the model server cannot answer now (500 Internal Server Error)";
    for (code, told) in [("500", status), ("null", "the model server failed")] {
        let stream = format!(r#"{{"error": {{"code": {code}, "message": "out of slots"}}}}"#);
        let error = made_of(Answer::pieces([event(&stream)])).await.unwrap_err();
        assert_eq!(error.to_string(), told);
        assert_eq!(error.detail.as_deref(), Some("out of slots"));
    }
}

/// The agent's default limits of silence, before and after the first text.
const FIRST_SILENCE: Duration = Duration::from_mins(15);
const SILENCE: Duration = Duration::from_mins(3);

#[tokio::test]
async fn s08_a_server_that_never_answers_is_asked_again_later() {
    let (server, agent, clock) = timed().await;
    server.next(Answer::nothing());
    let run = AgentRun::start(&agent, turn("hello"));
    server.until_asked(1).await;
    within("it waits", clock.someone_sleeps(FIRST_SILENCE)).await;
    clock.advance(FIRST_SILENCE);
    let reason = unavailable(run.end().await);
    assert_eq!(reason, "the model server did not answer within 900 s");
    server.until_hung_up(1).await;
}

#[tokio::test]
async fn s08_a_server_that_falls_silent_is_a_failure() {
    let (server, agent, clock) = timed().await;
    server.next(Answer::silent_after("so far"));
    let mut run = AgentRun::start(&agent, turn("hello"));
    run.said("so far").await;
    within("it waits", clock.someone_sleeps(SILENCE)).await;
    clock.advance(SILENCE);
    assert_eq!(
        failed(run.end().await),
        "the model server's answer broke off: the server was silent for 180 s"
    );
    server.until_hung_up(1).await;
}

#[tokio::test]
async fn a_comment_breaks_the_silence() {
    let (server, agent, clock) = timed().await;
    let (written, pen) = Answer::driven();
    server.next(written);
    let mut run = AgentRun::start(&agent, turn("hello"));
    pen.say("so ");
    run.said("so ").await;
    within("it waits", clock.someone_sleeps(SILENCE)).await;
    clock.advance(SILENCE / 2);
    pen.raw(": still at it\n\n");
    within("it waits anew", clock.someone_sleeps(SILENCE)).await;
    clock.advance(SILENCE / 2);
    pen.say("far");
    pen.finish();
    assert_eq!(run.end().await.unwrap().text, "so far");
}

#[tokio::test]
async fn s103_a_model_that_loads_for_ten_minutes_is_waited_for() {
    let (server, agent, clock) = timed().await;
    let (written, pen) = Answer::driven();
    server.next(written);
    let run = AgentRun::start(&agent, turn("hello"));
    within("it waits", clock.someone_sleeps(FIRST_SILENCE)).await;
    clock.advance(Duration::from_mins(10));
    pen.say("ready");
    pen.finish();
    assert_eq!(run.end().await.unwrap().text, "ready");
    assert_eq!(server.asked().len(), 1);
}

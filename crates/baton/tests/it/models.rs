//! A configured model's server answers. While the server is away, messages wait.

use baton_testkit::model_server::ModelServer;
use serde_json::json;

use crate::program::Home;
use crate::stream_checks::{NOTICE, REPLY};

#[tokio::test]
async fn a_message_waits_for_a_model_that_is_away_and_its_author_is_told() {
    let server = ModelServer::start().await;
    let url = server.base_url();
    let home = Home::with(&format!(
        "
        [agents.model]
        kind = \"openai\"
        base_url = \"{url}\"
        model = \"test\"
        [personas.Ada]
        agent = \"model\"
        [limits]
        first_pause_seconds = 0.05
        longest_pause_seconds = 0.1
        attempts_unavailable = 1000000
        "
    ));
    let baton = home.start();
    assert_eq!(baton.started["persona"], "Ada");
    baton
        .post(json!({ "text": "are you there?", "id": "one" }))
        .await;
    baton.stream_with(&["\"replyTo\":\"one\""]).await;

    server.go_down().await;
    baton.post(json!({ "text": "and now?", "id": "two" })).await;
    let told = baton.stream_with(&["Not answered yet"]).await;
    assert!(
        told.contains("The message waits and is tried again"),
        "{told}"
    );
    server.come_back().await;
    let told = baton.stream_with_times(REPLY, 2).await;
    assert_eq!(told.matches(NOTICE).count(), 1, "told once: {told}");
}

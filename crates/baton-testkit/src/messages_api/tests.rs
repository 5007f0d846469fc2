use serde_json::json;

use super::*;

/// Sends a request of a conversation, and returns status and body.
async fn ask(api: &MessagesApi, mut body: Value) -> (u16, String) {
    body["tools"] = json!([{"name": "Bash"}]);
    post(api, "/v1/messages?beta=true", &body).await
}

async fn post(api: &MessagesApi, path: &str, body: &Value) -> (u16, String) {
    // `reqwest` builds no client without a crypto provider, even for plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy();
    let client = client.tls_certs_only([]).build().unwrap();
    let request = client.post(api.base_url() + path).json(body);
    let response = request.header("x-api-key", "made-up").send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.text().await.unwrap())
}

fn said(text: &str) -> Value {
    json!({"stream": true, "messages": [
        {"role": "user", "content": "before"},
        {"role": "assistant", "content": [{"type": "text", "text": "yes?"}]},
        {"role": "user", "content": [
            {"type": "text", "text": text},
            {"type": "text", "text": "<system-reminder>today</system-reminder>"},
        ]},
        {"role": "system", "content": "the time"},
    ]})
}

/// The types of the events. Checks that each event is named after its type.
fn types(stream: &str) -> Vec<String> {
    let events = stream.split_terminator("\n\n").map(|event| {
        let (name, data) = event.split_once('\n').unwrap();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(name.strip_prefix("event: "), data["type"].as_str());
        text(&data["type"]).to_owned()
    });
    events.collect()
}

#[tokio::test]
async fn without_a_script_it_says_what_the_person_said() {
    let api = MessagesApi::start().await;
    let (status, stream) = ask(&api, said("hello there")).await;
    assert_eq!(status, 200);
    assert_eq!(
        types(&stream),
        [
            "message_start",
            "ping",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    assert!(stream.contains("hello ") && stream.contains("end_turn"));
    let asked = &api.asked()[0];
    assert_eq!(asked.key.as_deref(), Some("made-up"));
    assert!(asked.mentions("before"));
    assert_eq!(asked.messages()[1], ("assistant", "yes?".to_owned()));
}

#[tokio::test]
async fn a_tool_is_called_behind_a_text() {
    let api = MessagesApi::start().await;
    let answer = || Answer::text("é").and_tool("Bash", json!({"command": "echo é"}));
    api.next(answer());
    let (_, stream) = ask(&api, said("go")).await;
    let blocks = types(&stream);
    assert_eq!(
        blocks
            .iter()
            .filter(|it| *it == "content_block_stop")
            .count(),
        2
    );
    assert!(stream.contains(r#""stop_reason":"tool_use""#), "{stream}");
    assert!(stream.contains(r#""index":1"#));

    api.next(answer());
    let (_, document) = ask(&api, json!({"messages": []})).await;
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["content"][1]["input"]["command"], "echo é");
}

#[tokio::test]
async fn errors_are_in_the_form_of_the_api() {
    let api = MessagesApi::start().await;
    for (status, kind) in [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (529, "overloaded_error"),
    ] {
        api.next(Answer::status(status, "no"));
        let (got, document) = ask(&api, said("go")).await;
        assert_eq!(got, status);
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["error"], json!({"type": kind, "message": "no"}));
    }
}

#[tokio::test]
async fn what_offers_no_tools_is_kept_apart() {
    let api = MessagesApi::start().await;
    api.next(Answer::status(400, "for the conversation only"));
    let (status, _) = post(&api, "/v1/messages", &said("a title, please")).await;
    assert_eq!(status, 200);
    let (status, _) = post(&api, "/v1/messages/count_tokens", &said("how long?")).await;
    assert_eq!(status, 200);
    let (status, _) = post(&api, "/api/oauth/profile", &json!({})).await;
    assert_eq!(status, 404);
    assert_eq!(api.asked().len(), 0);
    assert_eq!(api.asides().len(), 1);
    assert_eq!(api.unknown(), ["POST /api/oauth/profile"]);
}

#[tokio::test]
async fn an_answer_to_somebody_s_words_waits_for_them() {
    let api = MessagesApi::start().await;
    api.next_to("write it", Answer::status(400, "a"));
    api.next_to("write it", Answer::status(401, "b"));
    for (text, status) in [
        ("what might be said next?", 200),
        ("write it", 400),
        ("You may write it down.", 200),
        ("write it again", 401),
        ("write it", 200),
    ] {
        assert_eq!(ask(&api, said(text)).await.0, status, "{text}");
    }
}

#[tokio::test]
async fn a_caller_who_hangs_up_is_counted() {
    let api = MessagesApi::start().await;
    let (answer, mut pen) = Answer::driven();
    api.next(answer);
    pen.say("Once ");
    let asking = ask(&api, said("a story"));
    tokio::select! {
        _ = asking => panic!("the story does not end"),
        _ = api.until_asked(1) => {}
    }
    api.until_hung_up(1).await;
}

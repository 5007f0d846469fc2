//! Invalid content from model servers: each piece is lost alone.

use baton_core::agent::ErrorClass;
use baton_core::turn::Usage;
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::model_server::{Answer, ModelServer, choice, delta, event, stop_delta};
use serde_json::{Value, json};

use super::streaming::{made_of, text_of};
use super::{agent, settings};

fn done() -> Vec<u8> {
    event("[DONE]")
}

/// The reply for a stream with these events in the middle of a good reply.
async fn with(odd: &[Vec<u8>]) -> String {
    let good = [
        &[delta("Two ")],
        odd,
        &[delta("words."), stop_delta(), done()],
    ];
    text_of(Answer::pieces(good.concat())).await
}

#[tokio::test]
async fn s102_content_in_parts_is_read() {
    let parts = json!([
        {"type": "text", "text": "Two "},
        {"type": "image_url", "image_url": {"url": "data:,"}},
        {"type": "output_text", "text": "words"},
        ".",
    ]);
    let stream = [choice(&json!({"delta": {"content": parts}})), stop_delta()];
    assert_eq!(text_of(Answer::pieces(stream)).await, "Two words.");
    let whole = json!({"choices": [{"message": {"content": parts}}]}).to_string();
    let whole = Answer::response(200, "application/json", whole);
    assert_eq!(text_of(whole).await, "Two words.");
    let text = [choice(&json!({"text": "Two words."})), stop_delta()];
    assert_eq!(text_of(Answer::pieces(text)).await, "Two words.");
}

#[tokio::test]
async fn s102_odd_usage_costs_only_itself() {
    let used = |input, output| Usage {
        input_tokens: input,
        output_tokens: output,
        ..Usage::default()
    };
    for (usage, expected) in [
        (
            json!({"prompt_tokens": -35, "completion_tokens": 2}),
            used(None, Some(2)),
        ),
        (
            json!({"prompt_tokens": 12.0, "completion_tokens": "2"}),
            used(Some(12), Some(2)),
        ),
        (
            json!({"prompt_tokens": 1e300, "completion_tokens": null}),
            used(None, None),
        ),
        (json!(""), used(None, None)),
        (json!([]), used(None, None)),
        (json!(7), used(None, None)),
    ] {
        let with_choice = json!({
            "choices": [{"delta": {"content": "words."}, "finish_reason": "stop"}], "usage": usage,
        });
        let alone = json!({"choices": [], "usage": usage});
        for stream in [
            vec![delta("Two "), event(&with_choice.to_string())],
            vec![
                delta("Two "),
                delta("words."),
                stop_delta(),
                event(&alone.to_string()),
            ],
        ] {
            let reply = made_of(Answer::pieces(stream)).await.unwrap();
            assert_eq!(reply.text, "Two words.", "{usage}");
            assert_eq!(reply.usage, expected, "{usage}");
        }
        let whole = json!({"choices": [{"message": {"content": "Two words."}}], "usage": usage});
        let whole = Answer::response(200, "application/json", whole.to_string());
        assert_eq!(text_of(whole).await, "Two words.", "{usage}");
    }
}

#[tokio::test]
async fn s102_what_says_nothing_is_overlooked() {
    for odd in [
        "data:\n\n",
        "data: \n\n",
        "data\n\n",
        "event: ping\ndata: {}\n\n",
        "event: ping\ndata: ping\n\n",
        "data: : OPENROUTER PROCESSING\n\n",
        "data: # still working\n\n",
        "data: null\n\n",
        "data: []\n\n",
        "data: {\"type\": \"ping\"}\n\n",
        "data: {\"choices\": \"none\"}\n\n",
        "data: {\"choices\": [null, 7]}\n\n",
        "data: {\"choices\": [{\"delta\": \"none\"}]}\n\n",
        "data: {\"choices\": [{\"delta\": {\"content\": {\"odd\": 1}}}]}\n\n",
    ] {
        assert_eq!(with(&[odd.into()]).await, "Two words.", "{odd}");
    }
}

#[tokio::test]
async fn s102_an_error_that_is_empty_is_none() {
    for error in [
        json!(""),
        json!({}),
        json!([]),
        json!(false),
        json!(0),
        json!({"message": ""}),
    ] {
        let piece = json!({"error": error, "choices": [{"delta": {"content": "odd "}}]});
        assert_eq!(
            with(&[event(&piece.to_string())]).await,
            "Two odd words.",
            "{error}"
        );
    }
}

#[tokio::test]
async fn s102_an_emoji_in_two_halves_is_one() {
    let half = |half: &str| {
        event(&format!(
            r#"{{"choices":[{{"delta":{{"content":"{half}"}}}}]}}"#
        ))
    };
    assert_eq!(with(&[half(r"\ud83c\udf89 ")]).await, "Two 🎉 words.");
    assert_eq!(
        with(&[half(r"\ud83c"), half(r"\udf89 ")]).await,
        "Two 🎉 words."
    );
    // A half without its other half is lost alone.
    assert_eq!(
        with(&[half(r"a\ud83c "), half(r"b\udf89 ")]).await,
        "Two a\u{fffd} b\u{fffd} words."
    );
    let last = [delta("Two words"), half(r"\ud83c"), stop_delta(), done()];
    assert_eq!(text_of(Answer::pieces(last)).await, "Two words\u{fffd}");
    let whole = r#"{"choices":[{"message":{"content":"\ud83c\udf89 and \ud83c"}}]}"#;
    let whole = Answer::response(200, "application/json", whole);
    assert_eq!(text_of(whole).await, "🎉 and \u{fffd}");
}

#[tokio::test]
async fn s102_numbers_that_json_has_no_words_for_cost_only_themselves() {
    let piece =
        r#"{"choices":[{"logprobs":[NaN,-Infinity,Infinity],"delta":{"content":"NaN "}}],"t":NaN}"#;
    assert_eq!(with(&[event(piece)]).await, "Two NaN words.");
}

#[tokio::test]
async fn s102_a_key_may_come_twice() {
    let piece = r#"{"id":"a","id":"b","choices":[{"delta":{"role":"x","role":"y","content":"odd ","content":"odd "}}],"usage":null,"usage":null}"#;
    assert_eq!(with(&[event(piece)]).await, "Two odd words.");
}

#[tokio::test]
async fn s102_the_first_byte_tells_the_form_and_not_the_label() {
    for label in [
        "application/json",
        "text/html",
        "text/plain",
        "application/octet-stream",
    ] {
        assert_eq!(
            text_of(Answer::text("all at once").labelled(label)).await,
            "all at once"
        );
    }
    for label in [
        "text/event-stream",
        "text/html; charset=utf-8",
        "text/plain",
    ] {
        assert_eq!(
            text_of(Answer::plain("all at once").labelled(label)).await,
            "all at once"
        );
    }
    let late = Answer::pieces([
        b"\xef\xbb".to_vec(),
        b"\xbf \n".to_vec(),
        b"\n".to_vec(),
        br#"{"choices":[{"message":{"content":"all"}}]}"#.to_vec(),
    ]);
    assert_eq!(text_of(late).await, "all");
    // One document per line.
    let lines = br#"{"choices":[{"delta":{"content":"Two "}}]}
        {"choices":[{"delta":{"content":"words."},"finish_reason":"stop"}]}"#;
    assert_eq!(text_of(Answer::pieces([lines])).await, "Two words.");
}

#[tokio::test]
async fn s102_of_several_answers_one_is_shown() {
    let several = |choices: Value| event(&json!({"choices": choices}).to_string());
    let second = json!({"index": 1, "delta": {"content": "no"}});
    let first = |text: &str| json!({"index": 0, "delta": {"content": text}});
    let stream = [
        several(json!([second, first("Two ")])),
        several(json!([second])),
        several(json!([first("words.")])),
        several(json!([{"index": 1, "finish_reason": "error"}])),
        stop_delta(),
        done(),
    ];
    assert_eq!(text_of(Answer::pieces(stream)).await, "Two words.");
    // A single answer may have any index.
    let only = |text: &str| several(json!([{"index": 1, "delta": {"content": text}}]));
    let ended = several(json!([{"index": 1, "delta": {}, "finish_reason": "stop"}]));
    let stream = [only("Two "), only("words."), ended];
    assert_eq!(text_of(Answer::pieces(stream)).await, "Two words.");
}

#[tokio::test]
async fn s102_a_hole_in_an_answer_is_told() {
    let stream = [
        delta("Two "),
        event(r#"{"choices":[{"del"#),
        delta("words."),
        stop_delta(),
    ];
    let reply = made_of(Answer::pieces(stream)).await.unwrap();
    assert_eq!(reply.text, "Two words.");
    assert_eq!(reply.notes.len(), 1);
    assert!(reply.notes[0].contains("missing"), "{:?}", reply.notes);
}

#[tokio::test]
async fn s102_a_refusal_is_the_models_own_words() {
    let refuses = |text: &str| choice(&json!({"delta": {"content": null, "refusal": text}}));
    let stream = [refuses("I would "), refuses("rather not."), stop_delta()];
    assert_eq!(text_of(Answer::pieces(stream)).await, "I would rather not.");
    let whole = json!({"choices": [{
        "message": {"content": null, "refusal": "I would rather not."}, "finish_reason": "stop",
    }]});
    let whole = Answer::response(200, "application/json", whole.to_string());
    assert_eq!(text_of(whole).await, "I would rather not.");
}

#[tokio::test]
async fn an_error_in_any_form_is_an_error() {
    for stream in [
        "error: {\"code\":500,\"message\":\"out of slots\"}\n\n",
        "event: error\ndata: {\"message\":\"out of slots\"}\n\n",
        "event: error\ndata: out of slots\n\n",
        "data: {\"object\":\"error\",\"message\":\"out of slots\",\"code\":500}\n\n",
        "data: {\"error\":{\"message\":\"out of slots\"},\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n",
        "data: {\"type\":\"error\",\"message\":\"out of slots\"}\n\n",
        "data: {\"detail\":[{\"loc\":[\"body\"],\"msg\":\"out of slots\"}]}\n\n",
        "{\"object\":\"error\",\"message\":\"out of slots\"}",
    ] {
        for size in [1, 1000] {
            let pieces = [delta("so "), stream.into()].concat();
            let pieces = if stream.starts_with('{') {
                stream.into()
            } else {
                pieces
            };
            let pieces: Vec<_> = pieces.chunks(size).map(<[u8]>::to_vec).collect();
            let error = made_of(Answer::pieces(pieces)).await.unwrap_err();
            assert_eq!(error.class, ErrorClass::Failed);
            assert_eq!(error.detail.as_deref(), Some("out of slots"), "{stream}");
        }
    }
}

/// A server that refuses a request with one of these fields.
async fn refusing(fields: &'static [(&'static str, &'static str)], status: u16) -> ModelServer {
    let server = ModelServer::start().await;
    server.always(move |request| {
        let refused = fields
            .iter()
            .find(|(field, _)| request.get(field).is_some());
        match refused {
            Some((_, body)) => Answer::response(status, "application/json", *body),
            None => Answer::text("Read."),
        }
    });
    server
}

#[tokio::test]
async fn s102_options_that_a_server_refuses_are_left_out() {
    let extra = r#"{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}"#;
    let openai = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#;
    let neither = r#"{"error":"unknown field: max_completion_tokens"}"#;
    let leaked: fn(_) -> &'static [_] = |fields: Vec<(&'static str, &'static str)>| fields.leak();
    for (fields, status, left) in [
        (
            leaked(vec![("stream_options", extra)]),
            422,
            Some("max_tokens"),
        ),
        (
            leaked(vec![("max_tokens", openai)]),
            400,
            Some("max_completion_tokens"),
        ),
        (
            leaked(vec![("max_tokens", openai), ("stream_options", extra)]),
            400,
            Some("max_completion_tokens"),
        ),
        (
            leaked(vec![
                ("max_tokens", openai),
                ("max_completion_tokens", neither),
            ]),
            400,
            None,
        ),
    ] {
        let server = refusing(fields, status).await;
        let agent = agent(settings(&server));
        let mut turn = turn("hello");
        turn.persona.sampling.max_tokens = Some(100);
        let reply = AgentRun::start(&agent, turn).end().await.unwrap();
        assert_eq!(reply.text, "Read.");
        let asked = server.asked();
        let last = &asked.last().unwrap().body;
        for field in ["max_tokens", "max_completion_tokens"] {
            let expected = if left == Some(field) {
                json!(100)
            } else {
                json!(null)
            };
            assert_eq!(last[field], expected, "{field} of {last}");
        }
        // From then on, the agent omits the option.
        let before = asked.len();
        AgentRun::start(&agent, baton_testkit::agent_run::turn("again"))
            .end()
            .await
            .unwrap();
        assert_eq!(server.asked().len(), before + 1);
    }
}

#[tokio::test]
async fn s102_an_option_that_an_answer_refuses_is_left_out() {
    let server = ModelServer::start().await;
    server.always(|request| match request.get("stream_options") {
        Some(_) => {
            let error = json!({"code": 400, "message": "unknown field: stream_options"});
            Answer::pieces([event(&json!({ "error": error }).to_string())])
        }
        None => Answer::text("Read."),
    });
    let run = AgentRun::start(&agent(settings(&server)), turn("hello"));
    assert_eq!(run.end().await.unwrap().text, "Read.");
}

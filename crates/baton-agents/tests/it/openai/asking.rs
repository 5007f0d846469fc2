//! The content of a request to the model.

use baton_agents::{OpenAiAgent, OpenAiSettings};
use baton_core::agent::Turn;
use baton_core::clock::{SystemClock, Wall};
use baton_core::id::{ConversationId, Seq};
use baton_core::store::{Post, PostKind};
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::model_server::ModelServer;
use serde_json::{Value, json};

use super::{agent, settings};
use crate::rejected;

/// A post of the history.
pub(super) fn post(kind: PostKind, name: &str, text: &str) -> Post {
    let turn = turn("");
    Post {
        seq: Seq(1),
        id: "1".to_owned(),
        kind,
        place: turn.claim.place,
        conversation: ConversationId(1),
        persona: if kind == PostKind::Reply {
            name
        } else {
            "baton"
        }
        .into(),
        author: None,
        author_name: name.to_owned(),
        text: text.to_owned(),
        shortened: false,
        reply_to: None,
        at: Wall(0),
        priority: None,
        state: None,
        reason: None,
        attempts: 0,
        message: None,
        approval: None,
        activities: Vec::new(),
        files: Vec::new(),
        extra: Value::Null,
    }
}

/// The server's last request.
async fn asked(settings: impl FnOnce(&ModelServer) -> OpenAiSettings, turn: Turn) -> Value {
    let server = ModelServer::start().await;
    let run = AgentRun::start(&agent(settings(&server)), turn);
    run.end().await.unwrap();
    server.asked().pop().unwrap().body
}

#[tokio::test]
async fn the_history_is_seen_as_a_talk() {
    let mut turn = turn("and now?");
    turn.persona.system_prompt = Some("Be kind.".to_owned());
    turn.history = vec![
        // A model's template may demand that a person speaks first.
        post(PostKind::Reply, "baton", "Welcome."),
        post(PostKind::Message, "ann", "hello"),
        post(PostKind::Message, "bob", "hello, too"),
        post(PostKind::Reply, "baton", "Good day."),
        post(PostKind::Notice, "baton", "The message waits."),
        post(PostKind::Reply, "poet", "O day!"),
    ];
    let body = asked(settings, turn).await;
    assert_eq!(
        body["messages"],
        json!([
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "ann: hello\n\nbob: hello, too"},
            {"role": "assistant", "content": "Good day."},
            {"role": "user", "content": "poet: O day!\n\nand now?"},
        ])
    );
}

#[tokio::test]
async fn settings_of_the_persona_are_passed_on() {
    let mut turn = turn("hello");
    turn.persona.user_prompt = Some("{name} says {text}".to_owned());
    turn.persona.sampling.temperature = Some(0.5);
    turn.persona.sampling.max_tokens = Some(100);
    turn.persona.sampling.top_p = Some(0.25);
    turn.persona.sampling.stop = vec!["END".to_owned()];
    let body = asked(settings, turn).await;
    assert_eq!(
        body,
        json!({
            "model": "fake-model",
            "messages": [{"role": "user", "content": "ann says hello"}],
            "stream": true,
            "stream_options": {"include_usage": true},
            "temperature": 0.5,
            "max_tokens": 100,
            "top_p": 0.25,
            "stop": ["END"],
        })
    );
}

#[tokio::test]
async fn what_is_not_set_is_left_to_the_server() {
    let body = asked(settings, turn("hello")).await;
    // The order of the fields is irrelevant.
    let mut fields: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
    fields.sort();
    assert_eq!(fields, ["messages", "model", "stream", "stream_options"]);
}

#[tokio::test]
async fn the_oldest_posts_are_left_out_where_not_all_fit() {
    let mut turn = turn("which one was the last?");
    turn.history = (1..=100)
        .map(|number| {
            post(
                PostKind::Message,
                "ann",
                &format!("this is post number {number}."),
            )
        })
        .collect();
    let narrow = |server: &ModelServer| OpenAiSettings {
        context_tokens: 200,
        ..settings(server)
    };
    let body = asked(narrow, turn).await;
    let seen = body["messages"][0]["content"].as_str().unwrap();
    assert!(
        seen.ends_with("number 99.\n\nann: this is post number 100.\n\nwhich one was the last?")
    );
    assert!(!seen.contains("number 1."));
    // The text is below the size of the context, at four letters a token.
    assert!(seen.len() < 800, "{} bytes", seen.len());
}

#[tokio::test]
async fn a_message_that_does_not_fit_is_refused_and_never_cut() {
    let server = ModelServer::start().await;
    let agent = agent(settings(&server));
    let long = "word ".repeat(4000);
    let reason = rejected(AgentRun::start(&agent, turn(&long)).end().await);
    assert!(
        reason.starts_with("the message is too long for the model"),
        "{reason}"
    );
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_long_reply_leaves_room_for_what_it_answers() {
    let mut turn = turn("hello");
    turn.persona.sampling.max_tokens = Some(u32::MAX);
    asked(settings, turn).await;
}

#[tokio::test]
async fn the_key_is_sent_and_shown_nowhere() {
    let server = ModelServer::start().await;
    let settings = OpenAiSettings {
        api_key: Some("sk-hunter2".into()),
        ..settings(&server)
    };
    assert!(!format!("{settings:?}").contains("hunter2"));
    AgentRun::start(&agent(settings), turn("hello"))
        .end()
        .await
        .unwrap();
    let asked = server.asked().pop().unwrap();
    assert_eq!(asked.authorization.as_deref(), Some("Bearer sk-hunter2"));
}

#[tokio::test]
async fn an_address_that_cannot_be_called_is_refused() {
    for address in ["localhost:11434", "ftp://example.com/v1"] {
        let settings = OpenAiSettings::new(address.parse().unwrap(), "m");
        let error = OpenAiAgent::new(settings, SystemClock::shared())
            .err()
            .unwrap();
        assert!(
            error.to_string().contains("must begin with http://"),
            "{error}"
        );
    }
    let secret = OpenAiSettings::new("http://ann:hunter2@example.com/v1".parse().unwrap(), "m");
    assert!(!format!("{secret:?}").contains("hunter2"));
}

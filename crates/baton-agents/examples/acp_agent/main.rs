//! A scripted agent of the Agent Client Protocol for the tests of the `acp` agent. The script can request
//! misbehaviour. The agent is written with the agent side of the official crate.
//!
//! The arguments choose the abilities:
//!
//! | argument | ability |
//! |---|---|
//! | `--store DIR` | stores sessions in files of this folder, and can load them |
//! | `--resume` | can also resume sessions, without a replay of the messages |
//! | `--resume-in-name-only` | announces resuming, but refuses |
//! | `--choices` | offers models and modes as configuration options, the newer form |
//! | `--no-modes` | offers no choice |
//! | `--auto` | begins in a mode without questions |
//! | `--says-that-it-asks` | the same; of another mode, only the description mentions questions |
//! | `--never-asks` | the same; has no mode with questions |
//! | `--stays` | refuses to change the mode |
//! | `--sees` | accepts images, and repeats them as text |
//! | `--sees-nothing` | announces images, and refuses them |
//! | `--sign-in`, `--sign-in-late` | requires a sign-in before a session, before a prompt |
//! | `--version N` | speaks this version of the protocol |
//! | `--mute` | answers nothing |
//! | `--endless` | never ends a turn unless cancelled |
//! | `--deaf` | ignores a cancel |
//! | `--lingers` | continues after its input has ended |
//!
//! The prompt is the script: each line with a leading `/` is one action, see `actions.rs`. A prompt without any
//! action is repeated.

#![expect(clippy::unwrap_used, reason = "whatever fails fails the test")]
#![expect(
    clippy::wildcard_imports,
    reason = "it has to do with half of the protocol's types"
)]
#![expect(clippy::print_stdout, reason = "it misbehaves on purpose")]

use std::io::Read as _;
use std::sync::{Arc, Mutex};

use agent_client_protocol::v1::ConnectionTo;
use agent_client_protocol::v1::schema::*;
use agent_client_protocol::{
    Agent, Client, Error, Result, Stdio, UntypedMessage, on_receive_notification,
    on_receive_request,
};
use serde_json::{Value, json};
use tokio::sync::watch;

mod actions;
mod prompt;
mod state;

use state::{State, Words};

/// The client, here Baton.
type Cx = ConnectionTo<Client>;

#[tokio::main]
async fn main() -> Result<()> {
    let words = Words(std::env::args().skip(1).collect());
    if words.has("--mute") {
        std::future::pending::<()>().await;
    }
    if let Some(version) = words.after("--version") {
        // The crate speaks no other version, so this answer is written by hand.
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        let request: Value = serde_json::from_str(&line).unwrap();
        let version: u16 = version.parse().unwrap();
        let result = json!({"protocolVersion": version, "agentCapabilities": {}});
        println!(
            "{}",
            json!({"jsonrpc": "2.0", "id": request["id"], "result": result})
        );
        std::io::stdin().read_to_string(&mut line).unwrap();
        return Ok(());
    }
    let lingers = words.has("--lingers");
    let state = Arc::new(State {
        words,
        cancelled: watch::Sender::new(false),
        directory: Mutex::default(),
        chosen: Mutex::default(),
    });
    serve(state).await?;
    if lingers {
        std::future::pending::<()>().await;
    }
    Ok(())
}

async fn serve(state: Arc<State>) -> Result<()> {
    let of = |state: &Arc<State>| Arc::clone(state);
    let (init, new, load, resume) = (of(&state), of(&state), of(&state), of(&state));
    let (option, mode, answers, cancel) = (of(&state), of(&state), of(&state), of(&state));
    Agent
        .v1()
        .on_receive_request(
            async move |request: InitializeRequest, responder, _: Cx| {
                responder.respond(init.initialize(&request))
            },
            on_receive_request!(),
        )
        .on_receive_request(
            async move |request: NewSessionRequest, responder, _: Cx| {
                responder.respond_with_result(new.begin(request))
            },
            on_receive_request!(),
        )
        .on_receive_request(
            async move |request: LoadSessionRequest, responder, cx: Cx| {
                let session = request.session_id;
                let Some(said) = load.said(&session) else {
                    let unknown =
                        agent_client_protocol::v1::schema::Error::session_not_found(session);
                    return responder.respond_with_error(unknown.into());
                };
                // Replays the past messages, and a past tool.
                for text in said {
                    let chunk = || ContentChunk::new(ContentBlock::from(text.clone()));
                    update(&cx, &session, SessionUpdate::UserMessageChunk(chunk()))?;
                    update(&cx, &session, SessionUpdate::AgentMessageChunk(chunk()))?;
                    let tool = ToolCall::new("past", "Something past").kind(ToolKind::Edit);
                    update(&cx, &session, SessionUpdate::ToolCall(tool))?;
                }
                responder.respond(LoadSessionResponse::new())
            },
            on_receive_request!(),
        )
        .on_receive_request(
            async move |request: ResumeSessionRequest, responder, _: Cx| {
                if !resume.words.has("--resume") {
                    return responder.respond_with_error(Error::method_not_found());
                }
                match resume.said(&request.session_id) {
                    Some(_) => responder.respond(ResumeSessionResponse::new()),
                    None => responder.respond_with_error(Error::internal_error()),
                }
            },
            on_receive_request!(),
        )
        .on_receive_request(
            async move |request: SetSessionConfigOptionRequest, responder, _: Cx| {
                let value = request.value.as_value_id().unwrap().to_string();
                let what = request.config_id.to_string();
                option.chosen.lock().unwrap().insert(what, value);
                responder.respond(SetSessionConfigOptionResponse::new(option.options()))
            },
            on_receive_request!(),
        )
        .on_receive_request(
            async move |request: SetSessionModeRequest, responder, _: Cx| {
                if mode.words.has("--stays") {
                    return responder.respond_with_error(Error::invalid_params());
                }
                let value = request.mode_id.to_string();
                mode.chosen.lock().unwrap().insert("mode".to_owned(), value);
                responder.respond(SetSessionModeResponse::new())
            },
            on_receive_request!(),
        )
        .on_receive_notification(
            async move |_: CancelNotification, _: Cx| {
                cancel.cancelled.send_replace(true);
                Ok(())
            },
            on_receive_notification!(),
        )
        // The last handler, because it takes every request. A prompt can then get an answer outside the
        // crate's types.
        .on_receive_request(
            async move |request: UntypedMessage, responder, cx: Cx| {
                if request.method() != AGENT_METHOD_NAMES.session_prompt {
                    return responder.respond_with_error(Error::method_not_found());
                }
                let request = serde_json::from_value(request.into_parts().1)?;
                cx.spawn(prompt::answer(
                    Arc::clone(&answers),
                    request,
                    responder,
                    cx.clone(),
                ))
            },
            on_receive_request!(),
        )
        .connect_to(Stdio::new())
        .await
}

fn update(cx: &Cx, session: &SessionId, update: SessionUpdate) -> Result<()> {
    cx.send_notification(SessionNotification::new(session.clone(), update))
}

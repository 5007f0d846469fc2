//! Handles a prompt.

use std::sync::Arc;

use agent_client_protocol::v1::Responder;
use agent_client_protocol::v1::schema::*;
use agent_client_protocol::{Error, RequestCancellationHandle, Result, UntypedMessage};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::state::State;
use crate::{Cx, actions, update};

/// A running prompt.
pub(crate) struct Prompt {
    pub(crate) state: Arc<State>,
    pub(crate) session: SessionId,
    pub(crate) cx: Cx,
    /// The result of the prompt.
    pub(crate) end: Result<Value>,
    /// The answers to permission requests, by tool id.
    pub(crate) asked: Vec<(String, JoinHandle<String>)>,
    /// The handles to cancel those requests, by tool id.
    pub(crate) handles: Vec<(String, RequestCancellationHandle)>,
}

pub(crate) async fn answer(
    state: Arc<State>,
    request: PromptRequest,
    responder: Responder<Value>,
    cx: Cx,
) -> Result<()> {
    if let Err(error) = state.signed_in("--sign-in-late") {
        return responder.respond_with_error(error);
    }
    let is_image = |block: &ContentBlock| matches!(block, ContentBlock::Image(_));
    if state.words.has("--sees-nothing") && request.prompt.iter().any(is_image) {
        let error = Error::internal_error().data("Could not process image");
        return responder.respond_with_error(error);
    }
    let texts = request.prompt.iter().map(|block| match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) if state.words.has("--sees") => {
            format!("[{} {}]", image.mime_type, image.data)
        }
        other => panic!("{other:?}"),
    });
    let texts: Vec<_> = texts.collect();
    let text = texts.join("\n");
    let mut prompt = Prompt {
        state: Arc::clone(&state),
        session: request.session_id.clone(),
        cx,
        end: Ok(json!({"stopReason": "end_turn"})),
        asked: Vec::new(),
        handles: Vec::new(),
    };
    if state.words.has("--endless") {
        prompt.say("once upon a time")?;
        prompt.until_cancelled().await;
    } else if text.lines().any(|line| line.starts_with('/')) {
        for line in text.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            actions::perform_action(&mut prompt, word, rest).await?;
        }
    } else {
        for piece in text.split_inclusive(' ') {
            prompt.say(piece)?;
        }
    }
    state.keep(&request.session_id, &text);
    responder.respond_with_result(prompt.end)
}

impl Prompt {
    pub(crate) fn update(&self, told: SessionUpdate) -> Result<()> {
        update(&self.cx, &self.session, told)
    }

    pub(crate) fn say(&self, text: &str) -> Result<()> {
        let chunk = ContentChunk::new(ContentBlock::from(text.to_owned()));
        self.update(SessionUpdate::AgentMessageChunk(chunk))
    }

    /// Sends an update without a type in the crate.
    pub(crate) fn raw(&self, told: &Value) -> Result<()> {
        let params = json!({"sessionId": self.session, "update": told});
        let message = UntypedMessage::new(CLIENT_METHOD_NAMES.session_update, params)?;
        self.cx.send_notification(message)
    }

    pub(crate) async fn until_cancelled(&mut self) {
        if self.state.words.has("--deaf") {
            std::future::pending::<()>().await;
        }
        let mut cancelled = self.state.cancelled.subscribe();
        cancelled.wait_for(|cancelled| *cancelled).await.unwrap();
        self.end = Ok(json!({"stopReason": "cancelled"}));
    }

    pub(crate) fn tool(&self, id: &str, fields: ToolCallUpdateFields) -> Result<()> {
        let tool = ToolCallUpdate::new(id.to_owned(), fields);
        self.update(SessionUpdate::ToolCallUpdate(tool))
    }

    /// Requests a permission for a command. The action `/answers` sends the answer.
    pub(crate) fn ask(&mut self, id: &str, command: &str, kinds: &[PermissionOptionKind]) {
        let fields = ToolCallUpdateFields::new()
            .title(format!("Shell: {command}"))
            .kind(ToolKind::Execute)
            .raw_input(json!({"command": command}));
        self.ask_about(id, fields, kinds);
    }

    /// Requests a permission for any tool.
    pub(crate) fn ask_about(
        &mut self,
        id: &str,
        fields: ToolCallUpdateFields,
        kinds: &[PermissionOptionKind],
    ) {
        let tool = ToolCallUpdate::new(id.to_owned(), fields);
        let options = kinds.iter().map(|kind| {
            let name = serde_json::to_value(kind).unwrap();
            let name = name.as_str().unwrap().to_owned();
            PermissionOption::new(format!("option-{name}"), name, *kind)
        });
        let mut options: Vec<_> = options.collect();
        options.reverse();
        let request = RequestPermissionRequest::new(self.session.clone(), tool, options);
        let request = self.cx.send_request(request);
        let handle = request.cancellation_handle();
        self.handles.push((id.to_owned(), handle));
        let answer = request.block_task();
        let answer = tokio::spawn(async move {
            match answer.await.map(|response| response.outcome) {
                Ok(RequestPermissionOutcome::Selected(it)) => it.option_id.to_string(),
                Ok(RequestPermissionOutcome::Cancelled) => "cancelled".to_owned(),
                other => format!("{other:?}"),
            }
        });
        self.asked.push((id.to_owned(), answer));
    }
}

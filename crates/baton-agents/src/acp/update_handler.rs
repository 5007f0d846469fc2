//! Handles the agent's updates during a turn, and shows them to people.

use std::path::Path;

use agent_client_protocol::v1::schema::{
    CLIENT_METHOD_NAMES, Plan, SessionNotification, SessionUpdate, ToolCallUpdate,
};
use baton_core::agent::{Reply, TurnIo};
use baton_core::approval::Question;
use baton_core::name::SessionId;
use baton_core::turn::SessionChange;
use serde::Deserialize;
use serde_json::Value;

use super::acp_errors::AcpError;
use super::permission_policy;
use super::permission_request::PermissionOptions;
use super::reply_text::ReplyText;
use super::tool_calls::{self, AcpToolCalls};
use crate::policy::{Policy, Ruling};

/// A permission request of an agent.
pub(super) struct JudgedRequest {
    /// The id of the tool use.
    pub(super) tool: String,
    pub(super) ruling: Ruling,
    /// The question to people, if the rules leave the decision to people.
    pub(super) question: Question,
}

/// The state of one turn, built from the agent's updates.
pub(super) struct UpdateHandler<'a> {
    io: &'a TurnIo,
    policy: &'a Policy,
    /// The working directory of the agent.
    pub(super) directory: &'a Path,
    pub(super) reply_text: ReplyText,
    tools: AcpToolCalls,
    plan: Option<Plan>,
    /// The session of the turn; `None` before the prompt. Updates before the prompt repeat the past.
    session: Option<SessionId>,
    /// Whether the agent can resume the session later.
    is_resumable: bool,
    /// Notes for people, shown with the reply.
    pub(super) notes: Vec<String>,
    /// Whether the side effects of the turn are recorded.
    has_effects: bool,
    /// Whether people or rules denied a request.
    pub(super) denied: bool,
}

impl<'a> UpdateHandler<'a> {
    /// `directory` is the working directory of the agent; `reply_limit` is in bytes.
    pub(super) fn new(
        io: &'a TurnIo,
        policy: &'a Policy,
        directory: &'a Path,
        reply_limit: usize,
    ) -> Self {
        Self {
            io,
            policy,
            directory,
            reply_text: ReplyText::new(reply_limit),
            tools: AcpToolCalls::default(),
            plan: None,
            session: None,
            is_resumable: false,
            notes: Vec::new(),
            has_effects: false,
            denied: false,
        }
    }

    /// Starts the turn: later updates belong to the turn. A session that can be resumed is recorded now,
    /// whatever the outcome of the turn.
    pub(super) async fn begin_turn(
        &mut self,
        session: SessionId,
        is_resumable: bool,
    ) -> Result<(), AcpError> {
        if is_resumable {
            self.io.keep_session(session.clone()).await?;
        }
        self.session = Some(session);
        self.is_resumable = is_resumable;
        Ok(())
    }

    pub(super) fn session(&self) -> Option<&SessionId> {
        self.session.as_ref()
    }

    /// Whether the agent has neither written nor changed anything.
    pub(super) fn is_untouched(&self) -> bool {
        self.reply_text.is_empty() && !self.has_effects
    }

    /// Handles a notification of the agent.
    pub(super) async fn handle_notification(
        &mut self,
        method: &str,
        params: Value,
    ) -> Result<(), AcpError> {
        if method != CLIENT_METHOD_NAMES.session_update {
            tracing::debug!(method, "an agent sent an unknown notification");
            return Ok(());
        }
        let notification = match SessionNotification::deserialize(&params) {
            Ok(notification) => notification,
            Err(error) => {
                let kind = params.pointer("/update/sessionUpdate");
                tracing::debug!(?kind, %error, "an agent sent an unknown update");
                return Ok(());
            }
        };
        match &self.session {
            Some(session) if *session.as_str() == *notification.session_id.0 => {
                self.handle_update(notification.update).await
            }
            // An agent that loads a session repeats its earlier messages.
            None => Ok(()),
            Some(_) => {
                tracing::debug!(session = %notification.session_id, "an update of an agent belongs to another \
                    session");
                Ok(())
            }
        }
    }

    async fn handle_update(&mut self, update: SessionUpdate) -> Result<(), AcpError> {
        match update {
            SessionUpdate::AgentMessageChunk(chunk) => {
                let piece = self.reply_text.add_chunk(&chunk)?;
                if !piece.is_empty() {
                    self.io.say(piece).await;
                }
            }
            SessionUpdate::ToolCall(call) => self.show_tool(call.into()).await?,
            SessionUpdate::ToolCallUpdate(update) => self.show_tool(update).await?,
            SessionUpdate::Plan(plan) => {
                self.io.show(tool_calls::plan_activity(&plan, false)).await;
                self.plan = Some(plan);
            }
            // Thoughts are not shown, and people know their own messages.
            SessionUpdate::AgentThoughtChunk(_) | SessionUpdate::UserMessageChunk(_) => {}
            other => tracing::debug!(?other, "an agent's update is not shown"),
        }
        Ok(())
    }

    /// Shows a tool, after the side effects of the turn are recorded. The agent does not wait for the record,
    /// except after a permission request.
    async fn show_tool(&mut self, update: ToolCallUpdate) -> Result<(), AcpError> {
        self.reply_text.begin_paragraph();
        let tool = self.tools.apply_update(update);
        let (may_change, activity) = (tool.may_change(), tool.to_activity());
        if may_change {
            self.begin_effects().await?;
        }
        self.io.show(activity).await;
        Ok(())
    }

    /// Shows the tool of a permission request, and applies the rules.
    pub(super) async fn judge_request(
        &mut self,
        tool: ToolCallUpdate,
        options: &PermissionOptions,
    ) -> JudgedRequest {
        self.reply_text.begin_paragraph();
        let tool = self.tools.apply_update(tool);
        let judged = JudgedRequest {
            tool: tool.id().to_owned(),
            ruling: permission_policy::judge_tool(self.policy, tool, self.directory),
            question: options.build_question(tool),
        };
        self.io.show(tool.to_activity()).await;
        judged
    }

    /// Shows that a tool was denied.
    pub(super) async fn show_denial(&mut self, tool: &str) {
        self.denied = true;
        if let Some(activity) = self.tools.mark_denied(tool) {
            self.io.show(activity).await;
        }
    }

    /// Records once that the turn has side effects. Returns after the record is written.
    pub(super) async fn begin_effects(&mut self) -> Result<(), AcpError> {
        if !self.has_effects {
            self.io.begin_effects().await?;
            self.has_effects = true;
        }
        Ok(())
    }

    /// Ends the turn. The plan is shown as done, because an unfinished plan is no failure.
    pub(super) async fn end_turn(&mut self) {
        if let Some(plan) = self.plan.take() {
            self.io.show(tool_calls::plan_activity(&plan, true)).await;
        }
    }

    /// Returns the reply so far.
    pub(super) fn into_reply(self) -> Reply {
        let session = match self.session {
            Some(session) if self.is_resumable => SessionChange::Set(session),
            // The next turn begins a new session, and people need no note about this every time.
            Some(_) => SessionChange::Forget,
            None => SessionChange::Keep,
        };
        Reply {
            notes: self.notes,
            session,
            ..Reply::text(self.reply_text.into_text())
        }
    }
}

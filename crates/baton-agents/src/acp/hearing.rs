//! Handles the agent's updates during a turn, and shows them to people.

use std::path::Path;

use agent_client_protocol::v1::schema::{
    CLIENT_METHOD_NAMES, Plan, SessionNotification, SessionUpdate, ToolCallUpdate,
};
use baton_core::agent::{Reply, Turn, TurnIo};
use baton_core::approval::Question;
use baton_core::name::SessionId;
use baton_core::turn::SessionChange;
use serde::Deserialize;
use serde_json::Value;

use super::AcpAgent;
use super::failure::Trouble;
use super::permission::Options;
use super::reply::Written;
use super::rules;
use super::tools::{self, Tools};
use crate::policy::{Policy, Ruling};

/// A permission request of an agent.
pub(super) struct Asks {
    /// The id of the tool use.
    pub(super) tool: String,
    pub(super) judged: Ruling,
    /// The question to people, if the rules leave the decision to people.
    pub(super) question: Question,
}

/// The state of one turn, built from the agent's updates.
pub(super) struct Hearing<'a> {
    io: &'a TurnIo,
    policy: &'a Policy,
    /// The working directory of the agent.
    pub(super) directory: &'a Path,
    pub(super) written: Written,
    tools: Tools,
    plan: Option<Plan>,
    /// The session of the turn; `None` before the prompt. Updates before the prompt repeat the past.
    session: Option<SessionId>,
    /// Whether the agent can resume the session later.
    lasts: bool,
    /// Notes for people, shown with the reply.
    pub(super) notes: Vec<String>,
    /// Whether the side effects of the turn are recorded.
    acts: bool,
    /// Whether people or rules denied a request.
    pub(super) denied: bool,
}

impl<'a> Hearing<'a> {
    pub(super) fn new(io: &'a TurnIo, agent: &'a AcpAgent, turn: &'a Turn) -> Self {
        Self {
            io,
            policy: &agent.policy,
            directory: agent.directory(turn),
            written: Written::new(agent.settings.reply_limit),
            tools: Tools::default(),
            plan: None,
            session: None,
            lasts: false,
            notes: Vec::new(),
            acts: false,
            denied: false,
        }
    }

    /// Starts the turn: later updates belong to the turn. A session that can be resumed is recorded now,
    /// whatever the outcome of the turn.
    pub(super) async fn begin(&mut self, session: SessionId, lasts: bool) -> Result<(), Trouble> {
        if lasts {
            self.io.keep_session(session.clone()).await?;
        }
        self.session = Some(session);
        self.lasts = lasts;
        Ok(())
    }

    pub(super) fn session(&self) -> Option<&SessionId> {
        self.session.as_ref()
    }

    /// Whether the agent has neither written nor changed anything.
    pub(super) fn is_nothing(&self) -> bool {
        self.written.is_empty() && !self.acts
    }

    /// Handles a notification of the agent.
    pub(super) async fn notified(&mut self, method: &str, params: Value) -> Result<(), Trouble> {
        if method != CLIENT_METHOD_NAMES.session_update {
            tracing::debug!(method, "an agent tells what is not known here");
            return Ok(());
        }
        let told = match SessionNotification::deserialize(&params) {
            Ok(told) => told,
            Err(error) => {
                let kind = params.pointer("/update/sessionUpdate");
                tracing::debug!(?kind, %error, "an agent's update is not known here");
                return Ok(());
            }
        };
        match &self.session {
            Some(session) if *session.as_str() == *told.session_id.0 => {
                self.updated(told.update).await
            }
            // An agent that loads a session repeats its earlier messages.
            None => Ok(()),
            Some(_) => {
                tracing::debug!(session = %told.session_id, "an update is of another session");
                Ok(())
            }
        }
    }

    async fn updated(&mut self, update: SessionUpdate) -> Result<(), Trouble> {
        match update {
            SessionUpdate::AgentMessageChunk(chunk) => {
                let piece = self.written.add(&chunk)?;
                if !piece.is_empty() {
                    self.io.say(piece).await;
                }
            }
            SessionUpdate::ToolCall(call) => self.tool(call.into()).await?,
            SessionUpdate::ToolCallUpdate(update) => self.tool(update).await?,
            SessionUpdate::Plan(plan) => {
                self.io.show(tools::plan(&plan, false)).await;
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
    async fn tool(&mut self, update: ToolCallUpdate) -> Result<(), Trouble> {
        self.written.part();
        let tool = self.tools.told(update);
        let (acts, activity) = (tool.acts(), tool.activity());
        if acts {
            self.begin_effects().await?;
        }
        self.io.show(activity).await;
        Ok(())
    }

    /// Shows the tool of a permission request, and applies the rules.
    pub(super) async fn asks(&mut self, tool: ToolCallUpdate, options: &Options) -> Asks {
        self.written.part();
        let tool = self.tools.told(tool);
        let asks = Asks {
            tool: tool.id().to_owned(),
            judged: rules::judge(self.policy, tool, self.directory),
            question: options.question(tool),
        };
        self.io.show(tool.activity()).await;
        asks
    }

    /// Shows that a tool was denied.
    pub(super) async fn denied(&mut self, tool: &str) {
        self.denied = true;
        if let Some(activity) = self.tools.denied(tool) {
            self.io.show(activity).await;
        }
    }

    /// Records once that the turn has side effects. Returns after the record is written.
    pub(super) async fn begin_effects(&mut self) -> Result<(), Trouble> {
        if !self.acts {
            self.io.begin_effects().await?;
            self.acts = true;
        }
        Ok(())
    }

    /// Ends the turn. The plan is shown as done, because an unfinished plan is no failure.
    pub(super) async fn end(&mut self) {
        if let Some(plan) = self.plan.take() {
            self.io.show(tools::plan(&plan, true)).await;
        }
    }

    /// Returns the reply so far.
    pub(super) fn into_reply(self) -> Reply {
        let session = match self.session {
            Some(session) if self.lasts => SessionChange::Set(session),
            // The next turn begins a new session, and people need no note about this every time.
            Some(_) => SessionChange::Forget,
            None => SessionChange::Keep,
        };
        Reply {
            notes: self.notes,
            session,
            ..Reply::text(self.written.into_text())
        }
    }
}

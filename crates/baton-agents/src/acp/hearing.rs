//! What an agent tells of its turn, brought to people.

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

/// What an agent asks about.
pub(super) struct Asks {
    /// The tool's id.
    pub(super) tool: String,
    pub(super) judged: Ruling,
    /// What people are asked, where they are.
    pub(super) question: Question,
}

/// What was heard in one turn.
pub(super) struct Hearing<'a> {
    io: &'a TurnIo,
    policy: &'a Policy,
    /// Where the agent works.
    pub(super) directory: &'a Path,
    pub(super) written: Written,
    tools: Tools,
    plan: Option<Plan>,
    /// The session that the turn is in. What comes before there is one is of the past.
    session: Option<SessionId>,
    /// The agent can take that up again.
    lasts: bool,
    /// What people are told before the reply.
    pub(super) notes: Vec<String>,
    /// That the turn acts is kept.
    acts: bool,
    /// People said no to something.
    pub(super) denied: bool,
}

impl<'a> Hearing<'a> {
    /// Nothing yet.
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

    /// From now on, what comes is of this turn. Where the session can be taken up again it is kept
    /// now, however the turn ends.
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

    /// Nothing was said or done.
    pub(super) fn is_nothing(&self) -> bool {
        self.written.is_empty() && !self.acts
    }

    /// Brings a notification to people.
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
            // What was said before in the session, which it tells again when that is loaded.
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
            // Its thoughts are not for people, and what they said they know.
            SessionUpdate::AgentThoughtChunk(_) | SessionUpdate::UserMessageChunk(_) => {}
            other => tracing::debug!(?other, "an agent's update is not shown"),
        }
        Ok(())
    }

    /// Shows a tool. That the turn acts is kept first; the agent does not wait for that, unless it
    /// asks.
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

    /// Shows what an agent wants to do, and says what the rules say of it.
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

    /// Shows that people said no to a tool.
    pub(super) async fn denied(&mut self, tool: &str) {
        self.denied = true;
        if let Some(activity) = self.tools.denied(tool) {
            self.io.show(activity).await;
        }
    }

    /// Returns when it is kept that the turn acts.
    pub(super) async fn begin_effects(&mut self) -> Result<(), Trouble> {
        if !self.acts {
            self.io.begin_effects().await?;
            self.acts = true;
        }
        Ok(())
    }

    /// The turn came to its end; a plan that was not followed to its end is not a failure.
    pub(super) async fn end(&mut self) {
        if let Some(plan) = self.plan.take() {
            self.io.show(tools::plan(&plan, true)).await;
        }
    }

    /// What there is of a reply.
    pub(super) fn into_reply(self) -> Reply {
        let session = match self.session {
            Some(session) if self.lasts => SessionChange::Set(session),
            // The next turn begins one anyway, and nobody needs to be told each time.
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

//! What the CLI asks, and the answers: the policy's, people's, or that there is none.

use std::path::Path;

use baton_core::agent::{TurnIo, TurnOver};
use baton_core::approval::{Choice, ChoiceOption, Question, Verdict, Wants};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::events::{Ask, ControlRequest, ToolRequest};
use super::outgoing;
use super::questions::Questions;
use super::rules::{Judged, Rules};
use crate::summary;

/// The id of our hook, which is due before every use of a tool.
pub(super) const BEFORE: &str = "before";

/// Who answers what a CLI asks.
pub(super) struct Asking<'a> {
    io: &'a TurnIo,
    rules: &'a Rules,
    /// Where the CLI works.
    directory: &'a Path,
    /// That the turn acts is kept once.
    acts: OnceCell<()>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(io: &'a TurnIo, rules: &'a Rules, directory: &'a Path) -> Self {
        Self {
            io,
            rules,
            directory,
            acts: OnceCell::new(),
        }
    }

    /// Returns when it is kept that the turn acts.
    pub(super) async fn begin_effects(&self) -> Result<(), TurnOver> {
        let kept = self.acts.get_or_try_init(|| self.io.begin_effects());
        kept.await.copied()
    }

    /// The line that answers a request.
    pub(super) async fn answer(&self, request: ControlRequest) -> String {
        let id = &request.request_id;
        match request.ask {
            Ask::Tool(tool) => match self.tool(id, &tool).await {
                Ok(line) => line,
                Err(over) => outgoing::deny(id, &over.to_string(), true),
            },
            Ask::Hook { input, .. } => self.before(id, &input).await,
            Ask::Other { subtype, .. } => {
                tracing::info!(subtype, "the Claude CLI asks what is not known here");
                outgoing::refuse(id, "this host does not know the request")
            }
        }
    }

    /// Before a tool is used, whoever allows it: what is denied is denied here, and that the turn
    /// acts is kept before it does.
    async fn before(&self, id: &str, input: &Value) -> String {
        let tool = input.get("tool_name").and_then(Value::as_str);
        let given = input.get("tool_input").unwrap_or(&Value::Null);
        // Where it is now: commands change that.
        let directory = input.get("cwd").and_then(Value::as_str).map(Path::new);
        let directory = directory.unwrap_or(self.directory);
        let judged = self.rules.judge(tool.unwrap_or_default(), given, directory);
        if let Judged::Denied(why) = judged {
            return outgoing::hook_deny(id, &why);
        }
        if let Err(over) = self.begin_effects().await {
            return outgoing::hook_deny(id, &over.to_string());
        }
        match judged {
            Judged::Asked(why) => outgoing::hook_ask(id, &why),
            _ => outgoing::hook_continue(id),
        }
    }

    async fn tool(&self, id: &str, request: &ToolRequest) -> Result<String, TurnOver> {
        let judged = self
            .rules
            .judge(&request.tool, &request.input, self.directory);
        if let Judged::Denied(why) = judged {
            return Ok(outgoing::deny(id, &why, false));
        }
        self.begin_effects().await?;
        if let Some(questions) = Questions::of(request) {
            return self.questions(id, request, &questions).await;
        }
        if matches!(judged, Judged::Allowed) {
            return Ok(outgoing::allow(id, &request.input, &[]));
        }
        let grant = (!request.once_only && !request.wants_words)
            .then(|| grant(request))
            .flatten();
        let wants = Wants::Permission { grant };
        let verdict = self
            .io
            .ask(question(request, wants, self.directory))
            .await?;
        Ok(match verdict {
            Verdict::Allowed | Verdict::Answered(_) => outgoing::allow(id, &request.input, &[]),
            Verdict::Denied { reason } => outgoing::deny(id, &reason, false),
        })
    }

    async fn questions(
        &self,
        id: &str,
        request: &ToolRequest,
        questions: &Questions,
    ) -> Result<String, TurnOver> {
        let choices = questions.questions.iter().map(|question| Choice {
            header: question.header.clone().unwrap_or_default(),
            text: question.question.clone(),
            options: question.options.iter().map(option).collect(),
            several: question.multi_select,
        });
        let wants = Wants::Answers {
            choices: choices.collect(),
        };
        let verdict = self
            .io
            .ask(question(request, wants, self.directory))
            .await?;
        let answers = match verdict {
            Verdict::Answered(answers) => answers,
            Verdict::Allowed => Vec::new(),
            Verdict::Denied { reason } => return Ok(outgoing::deny(id, &reason, false)),
        };
        let answers: Vec<_> = answers.into_iter().map(|answer| vec![answer]).collect();
        Ok(match questions.answered(&answers) {
            Ok(input) => outgoing::allow(id, &input, &[]),
            Err(error) => outgoing::deny(id, &error.to_string(), false),
        })
    }
}

fn question(request: &ToolRequest, wants: Wants, directory: &Path) -> Question {
    Question {
        tool: request.tool.clone(),
        title: summary::tool_use(&request.tool, &request.input, directory),
        input: request.input.clone(),
        wants,
    }
}

/// What "allow for this session" covers: a command as it is, of other tools every use. Outside the
/// sandbox only this once can be allowed.
fn grant(request: &ToolRequest) -> Option<String> {
    let outside = request.input.get("dangerouslyDisableSandbox");
    if outside.is_some_and(|outside| outside != &Value::Bool(false)) {
        return None;
    }
    Some(match request.input.get("command").and_then(Value::as_str) {
        Some(command) => format!("{}({command})", request.tool),
        None => request.tool.clone(),
    })
}

fn option(choice: &super::questions::Choice) -> ChoiceOption {
    ChoiceOption {
        label: choice.label.clone(),
        description: choice.description.clone().unwrap_or_default(),
    }
}

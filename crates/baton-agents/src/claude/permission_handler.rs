//! Answers the requests of the CLI: by the policy, by people, or with a refusal.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use baton_core::agent::{TurnIo, TurnOver};
use baton_core::approval::{Choice, ChoiceOption, Question, Verdict, Wants};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::events::{ControlRequest, ControlRequestKind, ToolRequest};
use super::guarded_policy::{GuardedPolicy, ToolRuling};
use super::outgoing;
use super::questions::Questions;
use crate::policy::ToolCall;
use crate::summary;

/// The id of Baton's hook, which the CLI calls before every use of a tool.
pub(super) const HOOK_ID: &str = "before";

/// Answers the requests of one CLI.
pub(super) struct PermissionHandler<'a> {
    io: &'a TurnIo,
    policy: &'a GuardedPolicy,
    /// The working directory at the start of the CLI.
    directory: &'a Path,
    /// The working directories at the last uses of tools. Commands of the CLI can change the directory.
    directories: ToolDirectories,
    /// Set when the side effects of the turn are recorded.
    effects: OnceCell<()>,
}

impl<'a> PermissionHandler<'a> {
    pub(super) fn new(io: &'a TurnIo, policy: &'a GuardedPolicy, directory: &'a Path) -> Self {
        Self {
            io,
            policy,
            directory,
            directories: ToolDirectories::default(),
            effects: OnceCell::new(),
        }
    }

    /// Records once that the turn has side effects. Returns after the record is written.
    pub(super) async fn begin_effects(&self) -> Result<(), TurnOver> {
        let recorded = self.effects.get_or_try_init(|| self.io.begin_effects());
        recorded.await.copied()
    }

    /// Returns the line that answers a request.
    pub(super) async fn answer_request(&self, request: ControlRequest) -> String {
        let id = &request.request_id;
        match request.ask {
            ControlRequestKind::Tool(tool) => match self.answer_tool_request(id, &tool).await {
                Ok(line) => line,
                Err(over) => outgoing::deny_tool(id, &over.to_string(), true),
            },
            ControlRequestKind::Hook {
                tool_use_id, input, ..
            } => self.answer_hook(id, tool_use_id, &input).await,
            ControlRequestKind::Other { subtype, .. } => {
                tracing::info!(subtype, "the Claude CLI sent an unknown request");
                outgoing::refuse(id, "this host does not know the request")
            }
        }
    }

    /// Answers the `PreToolUse` hook. Applies the deny rules to every use of a tool, also to uses that the
    /// CLI allows by itself. Then records that the turn has side effects.
    async fn answer_hook(&self, id: &str, tool_use: Option<String>, input: &Value) -> String {
        let text = |name: &str| input.get(name).and_then(Value::as_str);
        let given = input.get("tool_input").unwrap_or(&Value::Null);
        let cwd = text("cwd").map(Path::new);
        let tool_use = tool_use.or_else(|| text("tool_use_id").map(str::to_owned));
        if let (Some(tool_use), Some(cwd)) = (tool_use, cwd) {
            self.directories.record_directory(tool_use, cwd);
        }
        let tool = text("tool_name").unwrap_or_default();
        let ruling = self.judge_tool_use(tool, given, cwd);
        if let ToolRuling::Denied(why) = ruling {
            return outgoing::hook_deny(id, &why);
        }
        if let Err(over) = self.begin_effects().await {
            return outgoing::hook_deny(id, &over.to_string());
        }
        match ruling {
            ToolRuling::Asked(why) => outgoing::hook_ask(id, &why),
            _ => outgoing::hook_continue(id),
        }
    }

    async fn answer_tool_request(
        &self,
        id: &str,
        request: &ToolRequest,
    ) -> Result<String, TurnOver> {
        let tool_use = request.tool_use_id.as_deref();
        let cwd = tool_use.and_then(|tool_use| self.directories.directory_of(tool_use));
        let ruling = self.judge_tool_use(&request.tool, &request.input, cwd.as_deref());
        if let ToolRuling::Denied(why) = ruling {
            return Ok(outgoing::deny_tool(id, &why, false));
        }
        self.begin_effects().await?;
        if let Some(questions) = Questions::of(request) {
            return self.ask_questions(id, request, &questions).await;
        }
        if matches!(ruling, ToolRuling::Allowed) {
            return Ok(outgoing::allow(id, &request.input, &[]));
        }
        let grant = (!request.once_only && !request.wants_words)
            .then(|| session_grant(request))
            .flatten();
        let wants = Wants::Permission { grant };
        let verdict = self
            .io
            .ask(build_question(request, wants, self.directory))
            .await?;
        Ok(match verdict {
            Verdict::Allowed | Verdict::Answered(_) => outgoing::allow(id, &request.input, &[]),
            Verdict::Denied { reason } => outgoing::deny_tool(id, &reason, false),
        })
    }

    /// Applies the policy. If the CLI's current directory is unknown, paths are ambiguous, and so no rule can
    /// allow the use.
    fn judge_tool_use(&self, tool: &str, input: &Value, cwd: Option<&Path>) -> ToolRuling {
        let ruling = self.policy.judge_tool(ToolCall {
            tool,
            input,
            working_dir: cwd.unwrap_or(self.directory),
            project: self.directory,
        });
        match ruling {
            ToolRuling::Allowed if cwd.is_none() => ToolRuling::Undecided,
            ruling => ruling,
        }
    }

    async fn ask_questions(
        &self,
        id: &str,
        request: &ToolRequest,
        questions: &Questions,
    ) -> Result<String, TurnOver> {
        let choices = questions.questions.iter().map(|question| Choice {
            header: question.header.clone().unwrap_or_default(),
            text: question.question.clone(),
            options: question.options.iter().map(build_option).collect(),
            several: question.multi_select,
        });
        let wants = Wants::Answers {
            choices: choices.collect(),
        };
        let verdict = self
            .io
            .ask(build_question(request, wants, self.directory))
            .await?;
        let answers = match verdict {
            Verdict::Answered(answers) => answers,
            Verdict::Allowed => Vec::new(),
            Verdict::Denied { reason } => return Ok(outgoing::deny_tool(id, &reason, false)),
        };
        let answers: Vec<_> = answers.into_iter().map(|answer| vec![answer]).collect();
        Ok(match questions.answered(&answers) {
            Ok(input) => outgoing::allow(id, &input, &[]),
            Err(error) => outgoing::deny_tool(id, &error.to_string(), false),
        })
    }
}

/// The working directories of tool uses that the CLI may still ask about.
#[derive(Debug, Default)]
struct ToolDirectories(Mutex<VecDeque<(String, PathBuf)>>);

impl ToolDirectories {
    /// The limit of entries; far more than the tools that run at once.
    const LIMIT: usize = 1_000;

    fn record_directory(&self, tool_use: String, cwd: &Path) {
        let mut directories = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if directories.len() == Self::LIMIT {
            directories.pop_front();
        }
        directories.push_back((tool_use, cwd.to_owned()));
    }

    fn directory_of(&self, tool_use: &str) -> Option<PathBuf> {
        let directories = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recorded = directories
            .iter()
            .rev()
            .find(|(recorded, _)| recorded == tool_use);
        recorded.map(|(_, cwd)| cwd.clone())
    }
}

fn build_question(request: &ToolRequest, wants: Wants, directory: &Path) -> Question {
    Question {
        tool: request.tool.clone(),
        title: summary::tool_use(&request.tool, &request.input, directory),
        input: request.input.clone(),
        wants,
    }
}

/// The scope of "allow for this session": the exact command, or every use of a tool without a command.
/// Returns `None` for a command outside the sandbox, because people can allow only one such run.
fn session_grant(request: &ToolRequest) -> Option<String> {
    let outside = request.input.get("dangerouslyDisableSandbox");
    if outside.is_some_and(|outside| outside != &Value::Bool(false)) {
        return None;
    }
    Some(match request.input.get("command").and_then(Value::as_str) {
        Some(command) => format!("{}({command})", request.tool),
        None => request.tool.clone(),
    })
}

fn build_option(choice: &super::questions::QuestionOption) -> ChoiceOption {
    ChoiceOption {
        label: choice.label.clone(),
        description: choice.description.clone().unwrap_or_default(),
    }
}

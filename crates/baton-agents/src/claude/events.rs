//! Parses the CLI's output, one line of JSON at a time.
//!
//! Parsing is tolerant: every field may be absent, new, or in another place in another version. Unknown
//! content becomes [`Event::Unknown`], so no content disappears silently. Known content without an effect
//! becomes [`Event::Quiet`].
//!
//! * [`stream_reader`]: splits bytes into lines, and lines into events.
//! * `line_parser`: finds the kind of a line. `line_events`: collects the events of a line.
//! * `message`, `stream_event`, `system_reports`, `result_message`, `control_messages`: one kind of line each.
//! * `fields`: reads fields that may be absent.

use std::time::Duration;

use serde_json::Value;

mod control_messages;
mod fields;
mod line_events;
mod line_parser;
mod message;
mod result_message;
mod stream_event;
pub mod stream_reader;
mod system_reports;

pub use control_messages::{
    ControlRequest, ControlRequestKind, ControlResponse, RequestRefusal, ToolRequest,
};
pub use result_message::{ModelUse, PermissionDenial, ResultMessage, TokenCounts};
pub use stream_reader::StreamReader;

/// Limit of a line, in bytes. The longest expected line is a picture that a tool read.
pub const LINE_LIMIT: usize = 16 * 1024 * 1024;

/// A part of the CLI's output. One line can hold several events, for example a text and the next tool.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A turn begins. Repeats for every message given to a process.
    SessionStarted(Box<SessionStarted>),
    /// The next piece of a streamed text (`--include-partial-messages`).
    TextDelta(TextDelta),
    /// A complete text, also after its pieces.
    Text(AssistantText),
    /// A message of the model is complete.
    MessageEnded {
        /// The reason for the end: `end_turn`, `tool_use`, `max_tokens`, …
        stop_reason: String,
        /// The tool use of the helper that wrote the message.
        parent: Option<String>,
    },
    /// The model thinks. The content is not kept.
    Thinking {
        /// The tool use of the helper that thinks.
        parent: Option<String>,
    },
    /// A tool begins.
    ToolStarted(ToolStarted),
    /// A tool still runs: a sign of life.
    ToolRuns {
        /// The id of the tool use.
        id: String,
        /// The time since the start of the tool.
        elapsed: Duration,
    },
    /// A tool ended.
    ToolEnded(ToolEnded),
    /// A message of the user's side: an echo of a given message, or a text of the CLI itself.
    UserText(UserText),
    /// The conversation is shortened to fit the model's context.
    Compaction(CompactionStep),
    /// The model's server failed or is overloaded. The CLI tries again by itself.
    ApiRetry(ApiRetry),
    /// The used share of the account's allowance.
    RateLimit(RateLimit),
    /// The state of the CLI: `requesting`, `compacting`, `idle`, `running`, `requires_action`.
    State(String),
    /// The new permission mode.
    PermissionMode(String),
    /// A tool was denied without a question to anybody.
    NotAllowed(PermissionDenied),
    /// All tasks that still run in the background. While a task runs, another result follows.
    BackgroundTasks(Vec<BackgroundTask>),
    /// A task in the background began, made progress, or ended.
    Task(TaskReport),
    /// The CLI began a new conversation by itself, with this session.
    SessionChanged {
        /// The id of the new session.
        session_id: String,
    },
    /// A text of the CLI to people, outside the conversation.
    Notice(CliNotice),
    /// The message is answered, or failed. More can follow, see [`Event::BackgroundTasks`].
    Finished(Box<ResultMessage>),
    /// The CLI asks Baton, and waits for an answer of [`super::outgoing`].
    Request(Box<ControlRequest>),
    /// The CLI answers a request of Baton.
    Response(Box<ControlResponse>),
    /// The CLI no longer waits for the answer to a request.
    RequestWithdrawn {
        /// The id of the request.
        request_id: String,
    },
    /// The new state of a message with a `uuid`.
    MessageMoved {
        /// The `uuid` of the message.
        uuid: String,
        /// `queued`, `started` (the model works on the message), `completed`, …
        state: String,
    },
    /// Known content without an effect.
    Quiet {
        /// The kind, for example `system/hook_started`.
        kind: String,
    },
    /// Unknown content.
    Unknown {
        /// The kind, for example `system/new_thing`, or the name of the missing part.
        kind: String,
        /// The beginning of the content, for a log.
        excerpt: String,
    },
    /// A line outside the protocol.
    Malformed {
        /// The error.
        why: MalformedLine,
        /// The beginning of the line, for a log.
        excerpt: String,
    },
}

/// Why a line could not be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedLine {
    /// The line is not JSON.
    #[error("the line is no JSON")]
    NotJson,
    /// The line is JSON, but no object.
    #[error("the line is no JSON object")]
    NotAnObject,
    /// The line exceeds [`LINE_LIMIT`].
    #[error("the line is longer than {LINE_LIMIT} bytes")]
    TooLong,
    /// The output ended in the middle of the line.
    #[error("the line stops in the middle")]
    CutOff,
}

/// The beginning of a turn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionStarted {
    /// The id to resume the session.
    pub session_id: Option<String>,
    /// The model that answers.
    pub model: Option<String>,
    /// The working directory.
    pub cwd: Option<String>,
    /// The names of the available tools.
    pub tools: Vec<String>,
    /// The permission mode: `default`, `acceptEdits`, `plan`, …
    pub permission_mode: Option<String>,
    /// The CLI's version.
    pub version: Option<String>,
    /// MCP servers: name and state, for example `connected`.
    pub mcp_servers: Vec<(String, String)>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextDelta {
    /// The piece.
    pub text: String,
    /// The model's message that contains the piece.
    pub message_id: Option<String>,
    /// The tool use of the helper that writes the text; `None` for the main conversation.
    pub parent: Option<String>,
}

/// A complete text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssistantText {
    /// The text.
    pub text: String,
    /// The model's message that contains the text. One message can have several texts.
    pub message_id: Option<String>,
    /// The tool use of the helper that wrote the text; `None` for the main conversation.
    pub parent: Option<String>,
    /// Whether the text was interrupted.
    pub aborted: bool,
    /// The error of the model's server. The text then describes the error, and is no answer.
    pub api_error: Option<ModelApiError>,
}

/// A failure of the model's server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelApiError {
    /// The HTTP status.
    pub status: Option<u64>,
    /// The kind, in the CLI's words: `authentication_failed`, `overloaded`, …
    pub kind: Option<String>,
}

/// A tool begins.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolStarted {
    /// The id of the tool use, to match the end of the tool.
    pub id: String,
    /// The name of the tool.
    pub name: String,
    /// The input of the tool.
    pub input: Value,
    /// The tool use of the helper that uses the tool.
    pub parent: Option<String>,
}

/// A tool ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolEnded {
    /// The id of the tool use.
    pub id: String,
    /// The output, as the model reads it. Content other than text is its type in brackets, such as `[image]`.
    pub text: String,
    /// Whether the tool failed, or was not run.
    pub is_error: bool,
    /// Why the tool was not run, in the CLI's words: `permission-rule`, `user-rejected`, …
    pub not_run: Option<String>,
    /// The tool use of the helper that used the tool.
    pub parent: Option<String>,
}

/// A message of the user's side of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserText {
    /// The text.
    pub text: String,
    /// The `uuid` given with the message.
    pub uuid: Option<String>,
    /// Whether the text echoes a given message, or is the output of a command of the CLI.
    pub replay: bool,
    /// Whether the CLI wrote the text by itself.
    pub synthetic: bool,
    /// The tool use of the helper that gets the message.
    pub parent: Option<String>,
}

/// A step of a compaction, which shortens the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompactionStep {
    /// The compaction begins.
    Started,
    /// The compaction succeeded, or failed with this reason.
    Ended(Result<(), String>),
    /// The conversation is shorter from here on.
    Boundary {
        /// `manual` or `auto`.
        trigger: Option<String>,
        /// The length before, in tokens.
        before: Option<u64>,
        /// The length after, in tokens.
        after: Option<u64>,
    },
}

/// The CLI sends a request to the model's server again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiRetry {
    /// The number of the failed attempt, from 1.
    pub attempt: Option<u64>,
    /// The maximum number of attempts.
    pub max: Option<u64>,
    /// The pause before the next attempt.
    pub pause: Option<Duration>,
    /// The error of the failed attempt.
    pub error: ModelApiError,
}

/// The used share of the account's allowance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RateLimit {
    /// `allowed`, `allowed_warning`, `rejected`.
    pub status: Option<String>,
    /// The allowance: `five_hour`, `seven_day`, …
    pub window: Option<String>,
    /// When the allowance is reset, in seconds since 1970.
    pub resets_at: Option<u64>,
    /// The used share, in the CLI's unit.
    pub used: Option<f64>,
}

impl RateLimit {
    /// Whether the server refuses all requests until the reset.
    pub fn is_rejected(&self) -> bool {
        self.status.as_deref() == Some("rejected")
    }
}

/// A use of a tool that a rule, a mode or a hook denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionDenied {
    /// The name of the tool.
    pub tool: String,
    /// The id of the tool use.
    pub tool_use_id: Option<String>,
    /// The reason, in the CLI's words.
    pub message: Option<String>,
}

/// A task that runs in the background.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackgroundTask {
    /// The id of the task.
    pub id: String,
    /// The kind: `local_agent` is a helper, `local_bash` a command.
    pub kind: Option<String>,
    /// A description of the task.
    pub description: Option<String>,
}

impl BackgroundTask {
    /// The description, or the id without one.
    pub fn name(&self) -> &str {
        self.description.as_ref().unwrap_or(&self.id)
    }

    /// Whether the task is a command. A command may run for ever, but a helper ends.
    pub fn is_command(&self) -> bool {
        self.kind.as_deref() == Some("local_bash")
    }
}

/// A report about a task in the background.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskReport {
    /// The id of the task.
    pub id: String,
    /// The tool use that began the task.
    pub tool_use_id: Option<String>,
    /// The progress of the task.
    pub step: TaskStep,
}

/// The progress of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskStep {
    /// The task began.
    Started {
        /// A description of the task.
        description: Option<String>,
    },
    /// The task makes progress.
    Runs {
        /// The current work.
        summary: Option<String>,
    },
    /// The task ended.
    Ended {
        /// `completed`, `failed`, `stopped`, …
        status: Option<String>,
        /// The result.
        summary: Option<String>,
    },
}

/// A text of the CLI to people, outside the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CliNotice {
    /// The kind of notice, for example `system/notification`.
    pub kind: String,
    /// The text.
    pub text: String,
}
